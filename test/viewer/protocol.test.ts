import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { decode, encode } from "../../src/viewer/protocol.ts";
import { readRequest } from "../../src/viewer/requests.ts";

const kinds = [
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
] as const;

const bytesOf = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

describe("the codec", () => {
  it("brings typed arrays of every kind and size back bit by bit", () => {
    const random = createRandom(7);
    const sizes = [0, 1, 2, 3, 7, 15, 16, 31, 32, 255, 256, 1000];
    for (const Kind of kinds) {
      for (const size of [...sizes, ...Array.from({ length: 20 }, () => random.integer(400)), 65_536 + random.integer(100)]) {
        // random bytes hold NaNs with payloads, infinities, denormal numbers and negative zeros; as part of a larger buffer
        const offset = Kind.BYTES_PER_ELEMENT * random.integer(4);
        const bytes = new Uint8Array(offset + size * Kind.BYTES_PER_ELEMENT);
        for (let i = 0; i < bytes.length; i++) bytes[i] = random.integer(256);
        const array = new Kind(bytes.buffer, offset, size);
        const message = decode(encode({ before: [1.5, "x"], array, nested: [{ array }], after: null })) as {
          before: unknown;
          array: ArrayBufferView;
          nested: [{ array: ArrayBufferView }];
          after: unknown;
        };
        for (const arrived of [message.array, message.nested[0].array]) {
          // Node hands plain bytes out as a Buffer, which is a Uint8Array
          expect(arrived).toBeInstanceOf(Kind);
          expect(arrived.byteLength).toBe(array.byteLength);
          expect(bytesOf(arrived).equals(bytesOf(array))).toBe(true);
        }
        expect(message.before).toEqual([1.5, "x"]);
        expect(message.after).toBeNull();
      }
    }
  });

  it("gives messages of their own, which later ones do not overwrite", () => {
    const first = encode({ array: new Float32Array([1, 2, 3]) });
    for (let i = 0; i < 100; i++) encode({ array: new Float32Array(1000).fill(i) });
    expect(decode(first)).toEqual({ array: new Float32Array([1, 2, 3]) });
  });

  // the sign of a zero outside of typed arrays is lost: msgpackr sends it as an integer
  it("keeps float64 numbers, and text beyond ASCII", () => {
    const values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, 2 ** 53, -(2 ** 31), NaN, Infinity];
    const arrived = decode(encode({ values, text: "r(s,a;θ) → ∞" })) as { values: number[]; text: string };
    arrived.values.forEach((value, i) => expect(Object.is(value, values[i])).toBe(true));
    expect(arrived.text).toBe("r(s,a;θ) → ∞");
  });
});

describe("what pages may say", () => {
  it("is read where it is a message of the protocol", () => {
    const fetch = { type: "fetch", request: 3, episode: "e", from: 0, to: 10, columns: ["pose"] };
    expect(readRequest(encode(fetch))).toEqual(fetch);
    const probe = { type: "probe", request: 1, probe: { episode: "e", frame: 2, qpos: [[3, 0.5]], qvel: [] } };
    expect(readRequest(encode(probe))).toEqual(probe);
  });

  it.each([
    ["no message", Uint8Array.of(0xc1, 0xff, 0x00)],
    ["nothing", new Uint8Array(0)],
    ["a number", encode(7)],
    ["an unknown type", encode({ type: "shutdown" })],
    ["a negative frame", encode({ type: "fetch", request: 1, episode: "e", from: -1, to: 2, columns: [] })],
    ["an unknown column", encode({ type: "fetch", request: 1, episode: "e", from: 0, to: 2, columns: ["secret"] })],
    ["a path that is a number", encode({ type: "open", request: 1, track: 5, choice: "x" })],
    ["arrays in arrays without end", Uint8Array.from({ length: 60_000 }, () => 0x91)],
    ["a map that promises more than it holds", Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61)],
  ])("is refused where it is %s", (_, bytes) => {
    expect(readRequest(bytes)).toBeUndefined();
  });
});
