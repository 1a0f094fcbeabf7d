import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/runs/checkpoint.ts";
import { saveSafetensors } from "../../src/runs/safetensors.ts";
import type { Json, Snapshot } from "../../src/runs/snapshot.ts";
import { temporaryDirectory, withFileSizeLimit } from "./full-disk.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = temporaryDirectory();
  path = join(directory, "step.safetensors");
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const snapshot: Snapshot = {
  arrays: {
    "replay/rewards": Float32Array.of(1.5, NaN, -0),
    "physics/state": Float64Array.of(Number.MIN_VALUE, Math.E),
    "random/state": Uint32Array.of(1, 0xdeadbeef),
    empty: new Int32Array(0),
  },
  values: {
    steps: 123456789012345,
    "adam/step": 0.1 + 0.2,
    tiny: 5e-324,
    negativeZero: -0,
    nested: { list: [1, "two", null, true], text: 'quo"te\u2028é', __proto__text: {} },
  },
};

describe("writeCheckpoint and readCheckpoint", () => {
  it("give back every bit", () => {
    writeCheckpoint(path, snapshot);
    const read = readCheckpoint(path);
    expect(read.values).toStrictEqual(snapshot.values);
    expect(Object.is(read.values.negativeZero, -0)).toBe(true);
    expect(Object.keys(read.arrays).sort()).toEqual(Object.keys(snapshot.arrays).sort());
    for (const [name, values] of Object.entries(snapshot.arrays)) {
      expect(read.arrays[name].constructor).toBe(values.constructor);
      expect(Buffer.from(read.arrays[name].buffer).equals(Buffer.from(values.buffer))).toBe(true);
    }
  });

  it("write the same bytes for the same snapshot", () => {
    writeCheckpoint(path, snapshot);
    const other = join(directory, "other.safetensors");
    writeCheckpoint(other, snapshot);
    expect(readFileSync(other).equals(readFileSync(path))).toBe(true);
  });

  it.each([
    ["agent/loss", { "agent/loss": NaN }, '"agent/loss" is NaN; JSON holds finite numbers only'],
    ["a nested value", { a: { b: [1, Infinity] } }, '"a.b[1]" is Infinity; JSON holds finite numbers only'],
    ["undefined", { a: { b: undefined as unknown as Json } }, '"a.b" is not plain JSON data'],
    [
      "an array among the values",
      { a: new Float32Array(1) as unknown as Json },
      '"a" is not plain JSON data',
    ],
  ])("name the key of a value that JSON cannot hold: %s", (_, values, message) => {
    writeCheckpoint(path, snapshot);
    expect(() => writeCheckpoint(path, { arrays: {}, values })).toThrow(message);
    expect(readCheckpoint(path).values.steps).toBe(123456789012345);
  });

  it.runIf(process.platform === "linux")(
    "keep the older checkpoint when the new one cannot be written whole",
    () => {
      writeCheckpoint(path, snapshot);
      withFileSizeLimit(65_536, () => {
        expect(() =>
          writeCheckpoint(path, { arrays: { replay: new Float32Array(100_000) }, values: {} }),
        ).toThrow(UserError);
      });
      expect(readCheckpoint(path).values).toStrictEqual(snapshot.values);
      expect(readdirSync(directory)).toHaveLength(1);
    },
  );
});

describe("readCheckpoint", () => {
  const refusal = (): string => {
    try {
      readCheckpoint(path);
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
    return "";
  };

  it("refuses every truncation", () => {
    writeCheckpoint(path, snapshot);
    for (let size = readFileSync(path).length - 1; size >= 0; size -= 13) {
      truncateSync(path, size);
      expect(refusal()).toMatch(/: (is truncated|is not a safetensors file)/);
    }
  });

  it("finds a flipped bit anywhere in the arrays", () => {
    writeCheckpoint(path, snapshot);
    const bytes = readFileSync(path);
    const data = 8 + Number(bytes.readBigUInt64LE(0));
    for (let position = data; position < bytes.length; position++) {
      const damaged = Buffer.from(bytes);
      damaged[position] ^= 0x10;
      writeFileSync(path, damaged);
      expect(refusal()).toContain("is damaged: wrong checksum of");
    }
  });

  it("refuses other safetensors files and other versions", () => {
    saveSafetensors(path, {}, { format: "pt" });
    expect(refusal()).toBe(`${path}: is a safetensors file, but not a checkpoint`);
    saveSafetensors(path, {}, { format: "motive-checkpoint", version: "2" });
    expect(refusal()).toBe(`${path}: is a checkpoint of format 2, this version reads 1`);
    saveSafetensors(path, {}, { format: "motive-checkpoint", version: "1", values: "[]", crc32: "{}" });
    expect(refusal()).toBe(`${path}: is damaged: its values are not a JSON object`);
  });
});
