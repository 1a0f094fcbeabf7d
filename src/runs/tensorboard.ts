/** CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), by table. */
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** TFRecord stores checksums rotated and offset, so that the checksum of a record holding checksums stays good. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** One TFRecord: length (u64), its checksum, the data, its checksum. */
function frame(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(8 + 4 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return record;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** Fields of the protocol buffers Event and Summary: number and wire type in one byte, then the value. */
const doubleField = (number: number, value: number): Buffer => {
  const field = Buffer.alloc(9, (number << 3) | 1);
  field.writeDoubleLE(value, 1);
  return field;
};
const floatField = (number: number, value: number): Buffer => {
  const field = Buffer.alloc(5, (number << 3) | 5);
  field.writeFloatLE(value, 1);
  return field;
};
const varintField = (number: number, value: number): Buffer =>
  Buffer.concat([Buffer.of(number << 3), varint(value)]);
const bytesField = (number: number, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2), varint(value.length), value]);

/** The first record of every event file. */
export function eventFileHeader(wallTime: number): Uint8Array {
  return frame(Buffer.concat([doubleField(1, wallTime), bytesField(3, Buffer.from("brain.Event:2"))]));
}

/**
 * One event with scalar summaries, framed as TensorBoard reads it. Values are stored in single precision.
 *
 * @param step environment steps; a non-negative safe integer
 * @param wallTime seconds since 1970
 */
export function scalarEvent(
  step: number,
  wallTime: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytesField(1, Buffer.concat([bytesField(1, Buffer.from(tag, "utf8")), floatField(2, value)])),
  );
  const summary = bytesField(5, Buffer.concat(values));
  return frame(Buffer.concat([doubleField(1, wallTime), varintField(2, step), summary]));
}
