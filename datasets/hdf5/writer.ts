/*
 * A writer for the small part of HDF5 that datasets need: groups, contiguous columns, scalars. h5wasm reads HDF5 but
 * does not serve for writing: it cannot create the booleans that D4RL's files hold, it stamps every dataset with the
 * time, so that no two files are the same, and a full disk leaves it with a file that it can neither finish nor close.
 * Columns are not compressed: gzip takes 8 % off such data, and its output changes from one zlib to the next.
 *
 * Format: HDF5 File Format Specification 3.0; superblock 2, version 2 object headers (which record no times).
 */
import { writeFileAtomically } from "../../src/runs/atomic-file.ts";
import { lookup3 } from "./lookup3.ts";

export type Hdf5Value =
  | {
      readonly kind: "float";
      readonly shape: readonly number[];
      readonly values: Float32Array | Float64Array;
    }
  /** Written as h5py writes NumPy's bool: an enumeration FALSE, TRUE of 8-bit integers. */
  | { readonly kind: "bool"; readonly shape: readonly number[]; readonly values: Uint8Array }
  | { readonly kind: "scalar"; readonly value: number | string };

const superblockBytes = 48;
const undefinedAddress = 0xffff_ffff_ffff_ffffn;

const messageTypes = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  fillValue: 5,
  link: 6,
  layout: 8,
  groupInfo: 10,
} as const;

const u8 = (...values: number[]): Buffer => Buffer.from(values);
const u16 = (value: number): Buffer => u8(value & 0xff, value >>> 8);
function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
function u64(value: number | bigint): Buffer {
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

function dataspace(shape: readonly number[]): Message {
  const kind = shape.length === 0 ? 0 : 1;
  return {
    type: messageTypes.dataspace,
    data: Buffer.concat([u8(2, shape.length, 0, kind), ...shape.map(u64)]),
  };
}

/** Class and version, three bytes of class bits, size; then what the class adds. */
const datatypes = {
  float32: Buffer.concat([u8(0x11, 0x20, 31, 0), u32(4), u16(0), u16(32), u8(23, 8, 0, 23), u32(127)]),
  float64: Buffer.concat([u8(0x11, 0x20, 63, 0), u32(8), u16(0), u16(64), u8(52, 11, 0, 52), u32(1023)]),
  int32: Buffer.concat([u8(0x10, 0x08, 0, 0), u32(4), u16(0), u16(32)]),
  bool: Buffer.concat([
    u8(0x18, 2, 0, 0),
    u32(1),
    // The base type, a signed 8-bit integer; the members' names, padded to 8 bytes; their values.
    Buffer.concat([u8(0x10, 0x08, 0, 0), u32(1), u16(0), u16(8)]),
    Buffer.from("FALSE\0\0\0TRUE\0\0\0\0"),
    u8(0, 1),
  ]),
  /** Null-padded UTF-8 of fixed length. */
  text: (length: number): Buffer => Buffer.concat([u8(0x13, 0x11, 0, 0), u32(length)]),
};

/** No fill value; storage is allocated at once (compact) or when written (contiguous). */
const fillValue = (compact: boolean): Message => ({
  type: messageTypes.fillValue,
  data: u8(3, compact ? 0x09 : 0x0a),
});

/** A scalar's data stand in its header. */
function scalarHeader(value: number | string): Buffer {
  let datatype: Buffer = datatypes.float64;
  let data: Buffer = Buffer.alloc(8);
  if (typeof value === "string") {
    const text = Buffer.from(value, "utf8");
    data = text.length === 0 ? u8(0) : text;
    datatype = datatypes.text(data.length);
  } else if (value === (value | 0) && !Object.is(value, -0)) {
    data = Buffer.alloc(4);
    data.writeInt32LE(value);
    datatype = datatypes.int32;
  } else {
    data.writeDoubleLE(value);
  }
  if (data.length > 60_000)
    throw new Error(`a string of ${data.length} bytes does not fit into an HDF5 header`);
  return objectHeader([
    dataspace([]),
    { type: messageTypes.datatype, data: datatype },
    fillValue(true),
    { type: messageTypes.layout, data: Buffer.concat([u8(3, 0), u16(data.length), data]) },
  ]);
}

function columnHeader(value: Exclude<Hdf5Value, { kind: "scalar" }>, address: number): Buffer {
  const { kind, shape, values } = value;
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== values.length) throw new Error(`${values.length} values for shape [${shape.join(", ")}]`);
  const float = values instanceof Float32Array ? datatypes.float32 : datatypes.float64;
  const where = values.length === 0 ? undefinedAddress : address;
  return objectHeader([
    dataspace(shape),
    { type: messageTypes.datatype, data: kind === "bool" ? datatypes.bool : float },
    fillValue(false),
    { type: messageTypes.layout, data: Buffer.concat([u8(3, 1), u64(where), u64(values.byteLength)]) },
  ]);
}

function groupHeader(links: ReadonlyMap<string, number>): Buffer {
  return objectHeader([
    // Links stand in the header itself: there is no heap and no index.
    {
      type: messageTypes.linkInfo,
      data: Buffer.concat([u8(0, 0), u64(undefinedAddress), u64(undefinedAddress)]),
    },
    { type: messageTypes.groupInfo, data: u8(0, 0) },
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

type Tree = Map<string, Tree | Hdf5Value>;

function treeOf(entries: Readonly<Record<string, Hdf5Value>>): Tree {
  const root: Tree = new Map();
  // In the order of their names: the order in which a caller filled its record must not show in the bytes.
  for (const [path, value] of Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = path.split("/");
    const last = names.pop() as string;
    let group = root;
    for (const name of names) {
      const child = group.get(name) ?? (new Map() as Tree);
      if (!(child instanceof Map)) throw new Error(`"${path}" lies under a dataset`);
      group.set(name, child);
      group = child;
    }
    group.set(last, value);
  }
  return root;
}

/**
 * Writes an HDF5 file atomically. The same entries give the same bytes, everywhere and at any time.
 *
 * @param entries by path, such as `infos/qpos`; groups come from the paths
 * @throws UserError when the file cannot be written; an older file is then untouched
 */
export function writeHdf5(path: string, entries: Readonly<Record<string, Hdf5Value>>): void {
  const parts: ArrayBufferView[] = [];
  let end = superblockBytes;
  const place = (bytes: ArrayBufferView): number => {
    const address = end;
    const padding = Buffer.alloc((8 - (bytes.byteLength % 8)) % 8);
    parts.push(bytes, padding);
    end += bytes.byteLength + padding.length;
    return address;
  };
  const placeAll = (tree: Tree): number => {
    const links = new Map<string, number>();
    for (const [name, child] of tree) {
      if (child instanceof Map) links.set(name, placeAll(child));
      else if (child.kind === "scalar") links.set(name, place(scalarHeader(child.value)));
      else links.set(name, place(columnHeader(child, place(child.values))));
    }
    return place(groupHeader(links));
  };
  const root = placeAll(treeOf(entries));
  const superblock = withChecksum(
    Buffer.concat([
      u8(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 2, 8, 8, 0),
      ...[u64(0), u64(undefinedAddress), u64(end), u64(root)],
    ]),
  );
  writeFileAtomically(path, (sink) => {
    sink.append(superblock);
    for (const part of parts) sink.append(part);
  });
}
