/** A reader of ONNX models, written from onnx.proto and the encoding rules of protocol buffers. */

type Field = { readonly number: number; readonly value: bigint | Uint8Array };

function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (at >= bytes.length || shift > 63n) throw new Error("a varint does not end");
      const byte = bytes[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error("a field ends after its message");
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >> 3;
    switch (key & 7) {
      case 0:
        found.push({ number, value: varint() });
        break;
      case 1:
        found.push({ number, value: take(8) });
        break;
      case 2:
        found.push({ number, value: take(Number(varint())) });
        break;
      case 5:
        found.push({ number, value: take(4) });
        break;
      default:
        throw new Error(`wire type ${key & 7} is not in use`);
    }
  }
  return found;
}

const all = (message: readonly Field[], number: number): (bigint | Uint8Array)[] =>
  message.filter((field) => field.number === number).map(({ value }) => value);
const bytesOf = (value: bigint | Uint8Array | undefined): Uint8Array => {
  if (value === undefined) return new Uint8Array();
  if (typeof value === "bigint") throw new Error("a number stands where bytes belong");
  return value;
};
const messages = (message: readonly Field[], number: number): Field[][] => all(message, number).map((value) => fields(bytesOf(value)));
const textOf = (value: bigint | Uint8Array | undefined): string => new TextDecoder("utf-8", { fatal: true }).decode(bytesOf(value));
const text = (message: readonly Field[], number: number): string => textOf(all(message, number)[0]);
const integers = (message: readonly Field[], number: number): number[] =>
  all(message, number).map((value) => {
    if (typeof value !== "bigint") throw new Error("bytes stand where a number belongs");
    return Number(BigInt.asIntN(64, value));
  });

export interface DecodedNode {
  readonly type: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, number | readonly number[] | string>>;
}

export interface DecodedModel {
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: readonly DecodedNode[];
  readonly initializers: Readonly<Record<string, { shape: number[]; values: number[] }>>;
  readonly inputs: Readonly<Record<string, (number | string)[]>>;
  readonly outputs: Readonly<Record<string, (number | string)[]>>;
}

function attributeOf(message: readonly Field[]): number | readonly number[] | string {
  const [type] = integers(message, 20);
  if (type === 1) {
    const bytes = bytesOf(all(message, 2)[0]);
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
  }
  if (type === 2) return integers(message, 3)[0];
  if (type === 3) return text(message, 4);
  if (type === 7) return integers(message, 8);
  throw new Error(`attribute type ${type} is not in use`);
}

function initializerOf(message: readonly Field[]): { shape: number[]; values: number[] } {
  // a copy, since raw data need not be aligned
  const { buffer } = bytesOf(all(message, 9)[0]).slice();
  const [type] = integers(message, 2);
  if (type !== 1 && type !== 7) throw new Error(`element type ${type} is not in use`);
  const values = type === 1 ? [...new Float32Array(buffer)] : [...new BigInt64Array(buffer)].map(Number);
  return { shape: integers(message, 1), values };
}

function valuesOf(graph: readonly Field[], number: number): Record<string, (number | string)[]> {
  return Object.fromEntries(
    messages(graph, number).map((value) => {
      const [tensor] = messages(messages(value, 2)[0], 1);
      if (integers(tensor, 1)[0] !== 1) throw new Error("a value is not float32");
      const axes = messages(messages(tensor, 2)[0], 1);
      return [text(value, 1), axes.map((axis) => integers(axis, 1)[0] ?? text(axis, 2))];
    }),
  );
}

export function decodeModel(bytes: Uint8Array): DecodedModel {
  const model = fields(bytes);
  const [graph] = messages(model, 7);
  return {
    irVersion: integers(model, 1)[0],
    opsets: Object.fromEntries(messages(model, 8).map((opset) => [text(opset, 1), integers(opset, 2)[0]])),
    metadata: Object.fromEntries(messages(model, 14).map((entry) => [text(entry, 1), text(entry, 2)])),
    nodes: messages(graph, 1).map((node) => ({
      type: text(node, 4),
      domain: text(node, 7),
      name: text(node, 3),
      inputs: all(node, 1).map(textOf),
      outputs: all(node, 2).map(textOf),
      attributes: Object.fromEntries(messages(node, 5).map((attribute) => [text(attribute, 1), attributeOf(attribute)])),
    })),
    initializers: Object.fromEntries(messages(graph, 5).map((tensor) => [text(tensor, 8), initializerOf(tensor)])),
    inputs: valuesOf(graph, 11),
    outputs: valuesOf(graph, 12),
  };
}

/** How many nodes of each type a model has. */
export function countTypes({ nodes }: DecodedModel): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of nodes) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
