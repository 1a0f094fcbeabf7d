import { keyedDigest } from "./chacha.ts";
import { nextUniform, nextWord } from "./xoshiro.ts";
import { nextNormal } from "./ziggurat.ts";

/** Everything a generator consists of, as plain JSON: 4 key words, then 4 state words, all unsigned 32-bit. */
export type RandomState = readonly number[];

/**
 * A stream of random numbers that is a pure function of its seed and of the labels it was split by. Every source of
 * chance in the project is one of these, so that a run can be repeated, and resumed in mid-stream.
 *
 * @example
 * const random = createRandom(7);
 * const exploration = random.split("exploration");
 * const index = random.integer(100);
 */
export interface Random {
  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform over 0 … bound - 1 without bias. Throws RangeError unless bound is an integer in [1, 2^53]. */
  integer(bound: number): number;
  /** A uniformly drawn ordering of 0 … n - 1. Throws RangeError unless n is an integer in [0, 2^31]. */
  permutation(n: number): Int32Array;
  /** Fills with numbers uniform in [low, high); rounding to the array's precision can yield `high` itself. */
  fillUniform(target: Float32Array | Float64Array, low: number, high: number): void;
  /** Fills with standard normal numbers. */
  fillNormal(target: Float32Array | Float64Array): void;
  /** Fills with `integer(bound)`. Throws RangeError unless bound is an integer in [1, 2^31]. */
  fillIntegers(target: Int32Array, bound: number): void;
  /**
   * An independent stream, determined by this generator's key and `label` alone: drawing from the parent does not
   * change its children, splitting does not consume from the parent, and the same label gives the same child.
   */
  split(label: string): Random;
  /** The complete state; the generator it is restored into continues this stream exactly. */
  state(): RandomState;
  /** Continues from `state`. Throws RangeError unless it has the form that `state()` returns. */
  restore(state: RandomState): void;
}

// Purposes of a digest; keys of children, keys of seeds and first states must never coincide.
const DOMAIN_SEED = 1;
const DOMAIN_SPLIT = 2;
const DOMAIN_STREAM = 3;

const NOTHING = new Uint8Array(0);

/**
 * The generator of a seed. Throws RangeError unless the seed is a safe integer (negative ones are allowed).
 */
export function createRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed must be an integer below 2^53, got ${seed}`);
  const message = new Uint8Array(8);
  // -0 and 0 are one seed.
  new DataView(message.buffer).setBigInt64(0, BigInt(seed), true);
  return fromKey(keyedDigest([0, 0, 0, 0], message, DOMAIN_SEED));
}

function requireBound(bound: number, limit: number, name: string): void {
  if (!Number.isInteger(bound) || bound < 1 || bound > limit) {
    throw new RangeError(`${name}: bound must be an integer from 1 to ${limit}, got ${bound}`);
  }
}

/** Uniform over 0 … bound - 1 for bound ≤ 2^32 - 1: words below 2^32 mod bound are rejected, the rest divides evenly. */
function nextBounded(words: Int32Array, bound: number, rejected: number): number {
  for (;;) {
    const word = nextWord(words) >>> 0;
    if (word >= rejected) return word % bound;
  }
}

/** 2^32 mod bound, in 32-bit arithmetic. */
const rejectedBelow = (bound: number): number => (-bound >>> 0) % bound;

/** `integer` for bounds of 2^32 and more, where one word is not enough. */
function nextWide(words: Int32Array, bound: number): number {
  const highBound = Math.floor((bound - 1) / 4294967296);
  const mask = 2 ** Math.ceil(Math.log2(highBound + 1)) - 1;
  for (;;) {
    const value = (nextWord(words) & mask) * 4294967296 + (nextWord(words) >>> 0);
    if (value < bound) return value;
  }
}

function fromKey(firstKey: Int32Array): Random {
  const key = firstKey.slice();
  const words = keyedDigest(key, NOTHING, DOMAIN_STREAM);
  // The one state that xoshiro never leaves; reached with probability 2^-128.
  if (words.every((word) => word === 0)) words[0] = 1;

  return {
    uniform: () => nextUniform(words),
    normal: () => nextNormal(words),
    integer(bound) {
      requireBound(bound, 9007199254740992, "integer");
      return bound > 0xffffffff ? nextWide(words, bound) : nextBounded(words, bound, rejectedBelow(bound));
    },
    permutation(n) {
      if (!Number.isInteger(n) || n < 0 || n > 2147483648) {
        throw new RangeError(`permutation: n must be an integer from 0 to 2147483648, got ${n}`);
      }
      const order = new Int32Array(n);
      for (let i = 0; i < n; i++) {
        const j = nextBounded(words, i + 1, rejectedBelow(i + 1));
        order[i] = order[j];
        order[j] = i;
      }
      return order;
    },
    fillUniform(target, low, high) {
      const width = high - low;
      for (let i = 0; i < target.length; i++) target[i] = low + width * nextUniform(words);
    },
    fillNormal(target) {
      for (let i = 0; i < target.length; i++) target[i] = nextNormal(words);
    },
    fillIntegers(target, bound) {
      requireBound(bound, 2147483648, "fillIntegers");
      const rejected = rejectedBelow(bound);
      for (let i = 0; i < target.length; i++) target[i] = nextBounded(words, bound, rejected);
    },
    split: (label) => fromKey(keyedDigest(key, new TextEncoder().encode(label), DOMAIN_SPLIT)),
    state: () => Array.from([...key, ...words], (word) => word >>> 0),
    restore(state) {
      const valid =
        Array.isArray(state) &&
        state.length === 8 &&
        state.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffffffff) &&
        state.slice(4).some((word) => word !== 0);
      if (!valid)
        throw new RangeError("restore: a generator's state is 8 unsigned 32-bit integers, not all zero");
      key.set(state.slice(0, 4));
      words.set(state.slice(4));
    },
  };
}
