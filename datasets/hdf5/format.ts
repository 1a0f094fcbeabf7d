/*
 * The bytes of the small part of HDF5 that datasets need: groups, contiguous columns, scalars, attributes.
 *
 * Format: HDF5 File Format Specification 3.0; superblock 2, version 2 object headers (which record no times).
 */
import { elementBytes, type ColumnType } from "./column-type.ts";
import { lookup3 } from "./lookup3.ts";

/** A bigint is written as a 64-bit integer, a whole number as one of 32 bits where it fits. */
export type ScalarValue = number | string | bigint;

export const superblockBytes = 48;
/** Stands where there is nothing to point at. */
export const undefinedAddress = 0xffff_ffff_ffff_ffffn;

const messageTypes = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  fillValue: 5,
  link: 6,
  layout: 8,
  groupInfo: 10,
  attribute: 12,
  symbolTable: 17,
} as const;

const u8 = (...values: number[]): Buffer => Buffer.from(values);
export const u16 = (value: number): Buffer => u8(value & 0xff, value >>> 8);
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
export function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

const withChecksum = (bytes: Buffer): Buffer => Buffer.concat([bytes, u32(lookup3(bytes))]);

interface Message {
  readonly type: number;
  readonly data: Buffer;
}

function objectHeader(messages: readonly Message[]): Buffer {
  const body = Buffer.concat(messages.flatMap(({ type, data }) => [u8(type), u16(data.length), u8(0), data]));
  // Flags 2: the size of the messages has 4 bytes, and no times are stored.
  return withChecksum(Buffer.concat([Buffer.from("OHDR"), u8(2, 2), u32(body.length), body]));
}

function dataspace(shape: readonly number[]): Buffer {
  const kind = shape.length === 0 ? 0 : 1;
  return Buffer.concat([u8(2, shape.length, 0, kind), ...shape.map(u64)]);
}

/** Class and version, three bytes of class bits, size; then what the class adds. */
const datatypes: Readonly<Record<ColumnType, Buffer>> = {
  float32: Buffer.concat([u8(0x11, 0x20, 31, 0), u32(4), u16(0), u16(32), u8(23, 8, 0, 23), u32(127)]),
  float64: Buffer.concat([u8(0x11, 0x20, 63, 0), u32(8), u16(0), u16(64), u8(52, 11, 0, 52), u32(1023)]),
  int32: Buffer.concat([u8(0x10, 0x08, 0, 0), u32(4), u16(0), u16(32)]),
  int64: Buffer.concat([u8(0x10, 0x08, 0, 0), u32(8), u16(0), u16(64)]),
  // As h5py writes NumPy's bool: an enumeration FALSE, TRUE of 8-bit integers.
  bool: Buffer.concat([
    u8(0x18, 2, 0, 0),
    u32(1),
    // The base type, a signed 8-bit integer; the members' names, padded to 8 bytes; their values.
    Buffer.concat([u8(0x10, 0x08, 0, 0), u32(1), u16(0), u16(8)]),
    Buffer.from("FALSE\0\0\0TRUE\0\0\0\0"),
    u8(0, 1),
  ]),
};

/** Null-padded UTF-8 of fixed length. */
const textDatatype = (length: number): Buffer => Buffer.concat([u8(0x13, 0x11, 0, 0), u32(length)]);

/** No fill value; storage is allocated at once (compact) or when written (contiguous). */
const fillValue = (compact: boolean): Message => ({
  type: messageTypes.fillValue,
  data: u8(3, compact ? 0x09 : 0x0a),
});

function encodeScalar(value: ScalarValue): { datatype: Buffer; data: Buffer } {
  if (typeof value === "string") {
    const text = Buffer.from(value, "utf8");
    const data = text.length === 0 ? u8(0) : text;
    return { datatype: textDatatype(data.length), data };
  }
  if (typeof value === "bigint") {
    const data = Buffer.alloc(8);
    data.writeBigInt64LE(value);
    return { datatype: datatypes.int64, data };
  }
  if (value === (value | 0) && !Object.is(value, -0)) {
    const data = Buffer.alloc(4);
    data.writeInt32LE(value);
    return { datatype: datatypes.int32, data };
  }
  const data = Buffer.alloc(8);
  data.writeDoubleLE(value);
  return { datatype: datatypes.float64, data };
}

/** A message of a header has at most 65,535 bytes. */
const longestInHeader = 60_000;

/**
 * A scalar's data stand in its header, unless they are a long text.
 * @param place appends bytes to the file and returns their address
 */
export function scalarHeader(value: ScalarValue, place: (bytes: Buffer) => number): Buffer {
  const { datatype, data } = encodeScalar(value);
  const compact = data.length <= longestInHeader;
  const layout = compact
    ? Buffer.concat([u8(3, 0), u16(data.length), data])
    : Buffer.concat([u8(3, 1), u64(place(data)), u64(data.length)]);
  return objectHeader([
    { type: messageTypes.dataspace, data: dataspace([]) },
    { type: messageTypes.datatype, data: datatype },
    fillValue(compact),
    { type: messageTypes.layout, data: layout },
  ]);
}

/** @param address where the values lie, row-major; of no meaning where there are none */
export function columnHeader(type: ColumnType, shape: readonly number[], address: number): Buffer {
  const bytes = shape.reduce((product, size) => product * size, elementBytes[type]);
  return objectHeader([
    { type: messageTypes.dataspace, data: dataspace(shape) },
    { type: messageTypes.datatype, data: datatypes[type] },
    fillValue(false),
    {
      type: messageTypes.layout,
      data: Buffer.concat([u8(3, 1), u64(bytes === 0 ? undefinedAddress : address), u64(bytes)]),
    },
  ]);
}

function attribute(name: string, value: ScalarValue): Message {
  const { datatype, data } = encodeScalar(value);
  const space = dataspace([]);
  const text = Buffer.from(`${name}\0`, "utf8");
  const sizes = [text.length, datatype.length, space.length].map(u16);
  // Version 3, no flags; after the sizes the character set, 1 for UTF-8.
  return {
    type: messageTypes.attribute,
    data: Buffer.concat([u8(3, 0), ...sizes, u8(1), text, datatype, space, data]),
  };
}

const attributesOf = (attributes: Readonly<Record<string, ScalarValue>>): Message[] =>
  Object.entries(attributes).map(([name, value]) => attribute(name, value));

/** A small group: its links stand in the header itself, there is no heap and no index. */
export function groupHeader(
  links: ReadonlyMap<string, number>,
  attributes: Readonly<Record<string, ScalarValue>>,
): Buffer {
  return objectHeader([
    {
      type: messageTypes.linkInfo,
      data: Buffer.concat([u8(0, 0), u64(undefinedAddress), u64(undefinedAddress)]),
    },
    { type: messageTypes.groupInfo, data: u8(0, 0) },
    ...attributesOf(attributes),
    ...[...links].map(([name, address]) => {
      const bytes = Buffer.from(name, "utf8");
      // Flags 0x10: the character set is given, 1 for UTF-8. The length of the name has one byte.
      return {
        type: messageTypes.link,
        data: Buffer.concat([u8(1, 0x10, 1, bytes.length), bytes, u64(address)]),
      };
    }),
  ]);
}

/** A group whose links are indexed by a B-tree (version 1) over names in a local heap. */
export function indexedGroupHeader(
  tree: number,
  heap: number,
  attributes: Readonly<Record<string, ScalarValue>>,
): Buffer {
  return objectHeader([
    { type: messageTypes.symbolTable, data: Buffer.concat([u64(tree), u64(heap)]) },
    ...attributesOf(attributes),
  ]);
}

/** The file's first bytes. @param end the file's length @param root the address of the root group's header */
export function superblock(end: number, root: number): Buffer {
  return withChecksum(
    Buffer.concat([
      u8(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 2, 8, 8, 0),
      ...[u64(0), u64(undefinedAddress), u64(end), u64(root)],
    ]),
  );
}
