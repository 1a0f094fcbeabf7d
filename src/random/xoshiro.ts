/**
 * xoshiro128++ 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021): period 2^128 - 1,
 * 32-bit output, no multiplication. `state` has 4 words, not all zero; the result is a signed 32-bit integer.
 */
export function nextWord(state: Int32Array): number {
  const s0 = state[0];
  const s1 = state[1];
  let s2 = state[2];
  let s3 = state[3];
  const sum = (s0 + s3) | 0;
  const result = (((sum << 7) | (sum >>> 25)) + s0) | 0;
  s2 ^= s0;
  s3 ^= s1;
  state[0] = s0 ^ s3;
  state[1] = s1 ^ s2;
  state[2] = s2 ^ (s1 << 9);
  state[3] = (s3 << 11) | (s3 >>> 21);
  return result;
}

/** A uniform number in [0, 1): a multiple of 2^-53, every multiple equally likely. */
export function nextUniform(state: Int32Array): number {
  const high = nextWord(state) >>> 5;
  return (high * 67108864 + (nextWord(state) >>> 6)) * 1.1102230246251565e-16;
}
