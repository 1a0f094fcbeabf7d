const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

/** Bob Jenkins's lookup3 hash of bytes with initial value 0: the checksum of HDF5's metadata. Unsigned 32 bits. */
export function lookup3(bytes: Uint8Array): number {
  // A last block of 12 bytes or less is padded with zeros, which add nothing.
  const view = new DataView(new ArrayBuffer(Math.max(12, Math.ceil(bytes.length / 12) * 12)));
  new Uint8Array(view.buffer).set(bytes);
  let a = (0xdeadbeef + bytes.length) | 0;
  let b = a;
  let c = a;
  if (bytes.length === 0) return c >>> 0;
  for (let offset = 0; ; offset += 12) {
    a = (a + view.getInt32(offset, true)) | 0;
    b = (b + view.getInt32(offset + 4, true)) | 0;
    c = (c + view.getInt32(offset + 8, true)) | 0;
    if (offset + 12 >= bytes.length) break;
    a = ((a - c) | 0) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = ((a - c) | 0) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = ((b - a) | 0) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = ((c - b) | 0) ^ rotate(b, 4);
    b = (b + a) | 0;
  }
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}
