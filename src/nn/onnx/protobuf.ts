/**
 * The part of ONNX's protocol-buffer format (onnx.proto, IR version 9) that a float32 graph with static or batch-dynamic
 * shapes needs. Field numbers are those of onnx.proto.
 */

type Bytes = Uint8Array;

const text = new TextEncoder();

function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return bytes;
}

function join(parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

const lengthDelimited = (field: number, body: Bytes): Bytes =>
  join([Uint8Array.from([...varint((field << 3) | 2), ...varint(body.length)]), body]);
const integer = (field: number, value: number): Bytes => Uint8Array.from([...varint(field << 3), ...varint(value)]);
const string = (field: number, value: string): Bytes => lengthDelimited(field, text.encode(value));
function float(field: number, value: number): Bytes {
  const bytes = new Uint8Array(5);
  bytes[0] = (field << 3) | 5;
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

/** A node attribute: an integer, a list of integers, a float or a string. */
export type Attribute = number | readonly number[] | { readonly float: number } | string;

function attribute(name: string, value: Attribute): Bytes {
  const typed =
    typeof value === "string"
      ? [string(4, value), integer(20, 3)]
      : typeof value === "number"
        ? [integer(3, value), integer(20, 2)]
        : "float" in value
          ? [float(2, value.float), integer(20, 1)]
          : [...value.map((item) => integer(8, item)), integer(20, 7)];
  return lengthDelimited(5, join([string(1, name), ...typed]));
}

export interface Node {
  readonly name: string;
  readonly type: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A graph input or output; a string size is a dynamic axis. */
export interface ValueInfo {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** A constant of the graph: float32 or int64. */
export interface Initializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

export interface Model {
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: readonly Initializer[];
  readonly metadata?: Readonly<Record<string, string>>;
}

const FLOAT = 1;
const INT64 = 7;

const encodeNode = (node: Node): Bytes =>
  lengthDelimited(
    1,
    join([
      ...node.inputs.map((name) => string(1, name)),
      ...node.outputs.map((name) => string(2, name)),
      string(3, node.name),
      string(4, node.type),
      ...Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
      ...(node.domain === undefined ? [] : [string(7, node.domain)]),
    ]),
  );

function encodeValue(field: number, { name, shape }: ValueInfo): Bytes {
  const axes = shape.map((size) =>
    lengthDelimited(1, typeof size === "number" ? integer(1, size) : string(2, size)),
  );
  const tensor = lengthDelimited(1, join([integer(1, FLOAT), lengthDelimited(2, join(axes))]));
  return lengthDelimited(field, join([string(1, name), lengthDelimited(2, tensor)]));
}

const encodeInitializer = ({ name, shape, values }: Initializer): Bytes =>
  lengthDelimited(
    5,
    join([
      ...shape.map((size) => integer(1, size)),
      integer(2, values instanceof Float32Array ? FLOAT : INT64),
      string(8, name),
      lengthDelimited(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
    ]),
  );

/** The bytes of a ModelProto: opset 18 of ONNX, and 1 of com.microsoft when a node uses it. */
export function encodeModel(model: Model): Uint8Array {
  const graph = join([
    ...model.nodes.map(encodeNode),
    string(2, "motive"),
    ...model.initializers.map(encodeInitializer),
    ...model.inputs.map((value) => encodeValue(11, value)),
    ...model.outputs.map((value) => encodeValue(12, value)),
  ]);
  const opset = (domain: string, version: number): Bytes =>
    lengthDelimited(8, join([string(1, domain), integer(2, version)]));
  const contrib = model.nodes.some((node) => node.domain === "com.microsoft");
  return join([
    integer(1, 9),
    string(2, "motive"),
    lengthDelimited(7, graph),
    opset("", 18),
    ...(contrib ? [opset("com.microsoft", 1)] : []),
    ...Object.entries(model.metadata ?? {}).map(([key, value]) =>
      lengthDelimited(14, join([string(1, key), string(2, value)])),
    ),
  ]);
}
