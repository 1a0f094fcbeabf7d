import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { loadSafetensors, saveSafetensors, type Tensor } from "../../src/runs/safetensors.ts";
import { temporaryDirectory } from "./full-disk.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory, "weights.safetensors");
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const tensors: Record<string, Tensor> = {
  flags: { shape: [3], values: Uint8Array.of(1, 2, 255) },
  "policy/weight": { shape: [2, 2], values: Float32Array.of(1, -0, NaN, Infinity) },
  exact: { shape: [1], values: Float64Array.of(Math.PI) },
  counts: { shape: [2, 1], values: Int32Array.of(-1, 7) },
  keys: { shape: [1], values: Uint32Array.of(0xffffffff) },
  empty: { shape: [0, 5], values: new Float32Array(0) },
  scalar: { shape: [], values: Float32Array.of(0.5) },
};

/** A file with the given header and as many zero bytes of data. */
function write(header: unknown, dataBytes: number): void {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
}

describe("saveSafetensors and loadSafetensors", () => {
  it("give back every type, shape and bit, and the metadata", () => {
    saveSafetensors(path, tensors, { kind: "policy", é: "ü\n" });
    const file = loadSafetensors(path);
    expect(file.metadata).toEqual({ kind: "policy", é: "ü\n" });
    expect(Object.keys(file.tensors).sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, { shape, values }] of Object.entries(tensors)) {
      const read = file.tensors[name];
      expect(read.shape).toEqual(shape);
      expect(read.values.constructor).toBe(values.constructor);
      expect(Buffer.from(read.values.buffer).equals(Buffer.from(values.buffer))).toBe(true);
    }
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it("follow the published format: length, padded JSON header, little-endian data without gaps", () => {
    saveSafetensors(path, {
      a: { shape: [2], values: Float32Array.of(1, 2) },
      b: { shape: [1], values: Float64Array.of(3) },
    });
    const bytes = readFileSync(path);
    const headerBytes = Number(bytes.readBigUInt64LE(0));
    expect(headerBytes % 8).toBe(0);
    expect(JSON.parse(bytes.subarray(8, 8 + headerBytes).toString())).toEqual({
      b: { dtype: "F64", shape: [1], data_offsets: [0, 8] },
      a: { dtype: "F32", shape: [2], data_offsets: [8, 16] },
    });
    const data = bytes.subarray(8 + headerBytes);
    expect([data.length, data.readDoubleLE(0), data.readFloatLE(8), data.readFloatLE(12)]).toEqual([
      16, 3, 1, 2,
    ]);
  });

  it("refuse a shape that does not fit its values, before anything is written", () => {
    expect(() => saveSafetensors(path, { a: { shape: [3], values: new Float32Array(2) } })).toThrow(
      'tensor "a" has 2 values, its shape [3] 3',
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it("write views of larger arrays, not what lies around them", () => {
    saveSafetensors(path, { a: { shape: [2], values: Float32Array.of(9, 1, 2, 9).subarray(1, 3) } });
    expect(loadSafetensors(path).tensors.a.values).toEqual(Float32Array.of(1, 2));
  });
});

describe("loadSafetensors", () => {
  const f32 = (begin: number, end: number): object => ({
    dtype: "F32",
    shape: [1],
    data_offsets: [begin, end],
  });
  const cases: [string, () => void, string][] = [
    ["a missing file", () => {}, "cannot be read: no such file or directory"],
    [
      "an empty file",
      () => writeFileSync(path, ""),
      "is not a safetensors file: 0 bytes, at least 8 expected",
    ],
    [
      "garbage",
      () => writeFileSync(path, "garbage".repeat(9)),
      "is not a safetensors file: it declares a header of",
    ],
    [
      "a header that is not JSON",
      () => write("nonsense", 0),
      "is not a safetensors file: its header is not JSON",
    ],
    ["a header that is a list", () => write([], 0), "is not a safetensors file: its header is not an object"],
    ["a header cut short", () => write({}, 0), "is truncated"],
    [
      "an unknown type",
      () => write({ a: { dtype: "BF16", shape: [1], data_offsets: [0, 2] } }, 2),
      '"a" has type BF16',
    ],
    ["a bad shape", () => write({ a: { ...f32(0, 4), shape: [-1] } }, 4), '"a" has no valid shape'],
    ["missing offsets", () => write({ a: { dtype: "F32", shape: [1] } }, 4), '"a" has no valid data offsets'],
    [
      "a span of another size",
      () => write({ a: f32(0, 8) }, 8),
      '"a" spans 8 bytes, shape [1] of F32 needs 4',
    ],
    ["an overlap", () => write({ a: f32(0, 4), b: f32(2, 6) }, 6), '"b" overlaps "a"'],
    ["a hole", () => write({ a: f32(0, 4), b: f32(8, 12) }, 12), '4 unused bytes before "b"'],
    [
      "missing data",
      () => write({ a: f32(0, 4) }, 3),
      "is truncated: 3 bytes of data, its header declares 4",
    ],
    ["trailing data", () => write({ a: f32(0, 4) }, 5), "1 unexpected bytes after the last tensor"],
    [
      "metadata of numbers",
      () => write({ __metadata__: { a: 1 } }, 0),
      'the header\'s metadata "a" is not a string',
    ],
  ];
  it.each(cases)("refuses %s in one line", (name, prepare, message) => {
    prepare();
    if (name === "a header cut short") writeFileSync(path, readFileSync(path).subarray(0, 9));
    let error: unknown;
    try {
      loadSafetensors(path);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(`${path}: ${message}`);
    expect((error as Error).message).not.toContain("\n");
  });
});
