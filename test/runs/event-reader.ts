/** A reader of TensorBoard event files, written against TFRecord and event.proto alone, as an oracle for the writer. */
export interface ReadEvent {
  step: number;
  wallTime: number;
  scalars: Record<string, number>;
}

type Field = { number: number; value: bigint | Buffer };

/** The fields of one protocol buffer message; fixed-width values as raw bytes. */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  let position = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[position++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => message.subarray(position, (position += length));
  while (position < message.length) {
    const key = Number(varint());
    const wire = key & 7;
    const value = wire === 0 ? varint() : take(wire === 1 ? 8 : wire === 5 ? 4 : Number(varint()));
    found.push({ number: key >> 3, value });
  }
  return found;
}

/** CRC-32C bit by bit, without a table. */
function checksum(bytes: Buffer): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  crc ^= 0xffffffffn;
  return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
}

export function readEvents(file: Buffer): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let position = 0; position < file.length;) {
    const length = Number(file.readBigUInt64LE(position));
    const data = file.subarray(position + 12, position + 12 + length);
    if (data.length !== length) throw new Error("truncated record");
    if (file.readUInt32LE(position + 8) !== checksum(file.subarray(position, position + 8)))
      throw new Error("length");
    if (file.readUInt32LE(position + 12 + length) !== checksum(data)) throw new Error("data");
    position += length + 16;
    const event: ReadEvent = { step: 0, wallTime: 0, scalars: {} };
    for (const { number, value } of fields(data)) {
      if (number === 1) event.wallTime = (value as Buffer).readDoubleLE();
      if (number === 2) event.step = Number(value);
      if (number !== 5) continue;
      for (const summary of fields(value as Buffer)) {
        const parts = fields(summary.value as Buffer);
        const tag = parts.find((part) => part.number === 1)?.value as Buffer;
        event.scalars[tag.toString("utf8")] = (
          parts.find((part) => part.number === 2)?.value as Buffer
        ).readFloatLE();
      }
    }
    events.push(event);
  }
  return events;
}
