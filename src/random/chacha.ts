/**
 * The ChaCha block function (RFC 8439, section 2.3): it scrambles 16 words of input into 16 words of output. Here it
 * is the hash that derives keys of child generators from labels and the first state of a generator from its key;
 * neither happens in a hot path, so all 20 rounds are kept and the RFC's own test vector applies.
 */

const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;

const rotateLeft = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits));

function quarterRound(x: Int32Array, a: number, b: number, c: number, d: number): void {
  x[a] += x[b];
  x[d] = rotateLeft(x[d] ^ x[a], 16);
  x[c] += x[d];
  x[b] = rotateLeft(x[b] ^ x[c], 12);
  x[a] += x[b];
  x[d] = rotateLeft(x[d] ^ x[a], 8);
  x[c] += x[d];
  x[b] = rotateLeft(x[b] ^ x[c], 7);
}

/** One block: `key` has 8 words, `nonce` (counter word first) has 4; the result has 16. All are 32-bit integers. */
export function chachaBlock(key: ArrayLike<number>, nonce: ArrayLike<number>): Int32Array {
  const input = new Int32Array(16);
  input.set(CONSTANTS, 0);
  input.set(key, 4);
  input.set(nonce, 12);
  const x = input.slice();
  for (let round = 0; round < 20; round += 2) {
    quarterRound(x, 0, 4, 8, 12);
    quarterRound(x, 1, 5, 9, 13);
    quarterRound(x, 2, 6, 10, 14);
    quarterRound(x, 3, 7, 11, 15);
    quarterRound(x, 0, 5, 10, 15);
    quarterRound(x, 1, 6, 11, 12);
    quarterRound(x, 2, 7, 8, 13);
    quarterRound(x, 3, 4, 9, 14);
  }
  for (let i = 0; i < 16; i++) x[i] += input[i];
  return x;
}

/**
 * A 4-word digest of `message` under a 4-word `key`: the message enters 4 words (16 bytes) at a time beside the
 * chaining key, with block number, total length and `domain` in the nonce, so that messages which differ only in
 * trailing zero bytes, or in purpose, have unrelated digests.
 */
export function keyedDigest(key: ArrayLike<number>, message: Uint8Array, domain: number): Int32Array {
  let chaining: Int32Array = Int32Array.from(key);
  const blocks = Math.max(1, Math.ceil(message.length / 16));
  const input = new Int32Array(8);
  for (let block = 0; block < blocks; block++) {
    input.fill(0);
    input.set(chaining, 0);
    for (let i = 16 * block; i < Math.min(message.length, 16 * block + 16); i++) {
      input[4 + ((i & 15) >> 2)] |= message[i] << (8 * (i & 3));
    }
    chaining = chachaBlock(input, [block, message.length, domain, 0]).slice(0, 4);
  }
  return chaining;
}
