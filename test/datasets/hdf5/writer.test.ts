import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { File, ready, type Dataset } from "h5wasm/node";
import { describe, expect, it } from "vitest";
import { lookup3 } from "../../../datasets/hdf5/lookup3.ts";
import { openHdf5 } from "../../../datasets/hdf5/reader.ts";
import { createHdf5, writeHdf5, type Hdf5Value } from "../../../datasets/hdf5/writer.ts";
import { withFileSizeLimit } from "../../runs/full-disk.ts";
import { useTemporaryFiles } from "../hdf5-files.ts";
import { pythonWith, runPython } from "../python.ts";

const file = useTemporaryFiles();

describe("lookup3", () => {
  it("gives the values of its author's self-test", () => {
    expect(lookup3(new Uint8Array(0))).toBe(0xdeadbeef);
    expect(lookup3(Buffer.from("Four score and seven years ago"))).toBe(0x17770551);
  });
});

const entries: Record<string, Hdf5Value> = {
  observations: { kind: "float", shape: [2, 3], values: Float32Array.of(1, -0, 3.5, 4, 5, 1e-45) },
  "infos/qpos": { kind: "float", shape: [2, 1], values: Float64Array.of(Math.PI, -1e300) },
  "infos/steps": { kind: "integer", shape: [2], values: Int32Array.of(-5, 2147483647) },
  "infos/ticks": { kind: "integer", shape: [2], values: BigInt64Array.of(2n ** 40n, -1n) },
  terminals: { kind: "bool", shape: [3], values: Uint8Array.of(0, 1, 0) },
  empty: { kind: "float", shape: [0], values: new Float32Array(0) },
  "metadata/environment": { kind: "scalar", value: "Hopper-v5" },
  "metadata/note": { kind: "scalar", value: "é, ü" },
  "metadata/nothing": { kind: "scalar", value: "" },
  "metadata/seed": { kind: "scalar", value: -2147483648 },
  "metadata/serial": { kind: "scalar", value: 7n },
  "metadata/deep/mean": { kind: "scalar", value: 3234.3 },
};

describe("writeHdf5", () => {
  it("writes a file that the HDF5 library reads as h5py's: types, shapes, groups and values", async () => {
    const path = file("out.hdf5");
    writeHdf5(path, entries);
    await ready;
    const read = new File(path, "r");
    const dataset = (name: string): Dataset => read.get(name) as Dataset;
    expect(read.keys().sort()).toEqual(["empty", "infos", "metadata", "observations", "terminals"]);
    expect(dataset("observations").dtype).toBe("<f");
    expect(dataset("observations").shape).toEqual([2, 3]);
    expect(dataset("observations").value).toEqual(Float32Array.of(1, -0, 3.5, 4, 5, 1e-45));
    expect(dataset("infos/qpos").dtype).toBe("<d");
    expect(dataset("infos/qpos").value).toEqual(Float64Array.of(Math.PI, -1e300));
    expect(dataset("infos/steps").value).toEqual(Int32Array.of(-5, 2147483647));
    expect(dataset("infos/ticks").value).toEqual(BigInt64Array.of(2n ** 40n, -1n));
    expect(dataset("metadata/serial").dtype).toBe("<q");
    expect(dataset("terminals").metadata).toMatchObject({
      size: 1,
      signed: true,
      enum_type: { nmembers: 2, members: { FALSE: 0, TRUE: 1 } },
    });
    expect(dataset("terminals").json_value).toEqual([false, true, false]);
    expect(dataset("empty").shape).toEqual([0]);
    expect(dataset("metadata/environment").value).toBe("Hopper-v5");
    expect(dataset("metadata/note").value).toBe("é, ü");
    expect(dataset("metadata/nothing").value).toBe("");
    expect(dataset("metadata/seed").value).toBe(-2147483648);
    expect(dataset("metadata/deep/mean").value).toBe(3234.3);
    read.close();
  });

  it("writes the same bytes at another time", async () => {
    writeHdf5(file("one.hdf5"), entries);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    writeHdf5(file("two.hdf5"), entries);
    expect(readFileSync(file("two.hdf5")).equals(readFileSync(file("one.hdf5")))).toBe(true);
  });

  it.runIf(process.platform === "linux")(
    "keeps the older file when the new one cannot be written whole",
    () => {
      const path = file("out.hdf5");
      writeHdf5(path, entries);
      const before = readFileSync(path);
      withFileSizeLimit(65_536, () => {
        const large: Hdf5Value = { kind: "float", shape: [50_000], values: new Float32Array(50_000) };
        expect(() => writeHdf5(path, { large })).toThrow(
          `${path}: cannot be written: the file would exceed the size limit`,
        );
      });
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readdirSync(dirname(path))).toEqual(["out.hdf5"]);
    },
  );

  it("refuses values that do not fill their shape", () => {
    const values = new Float32Array(5);
    expect(() => writeHdf5(file("out.hdf5"), { a: { kind: "float", shape: [2, 3], values } })).toThrow(
      "5 values for shape [2, 3]",
    );
  });

  const python = pythonWith("h5py");
  it.skipIf(python === undefined)("is read by h5py, booleans as bool [needs Python with h5py]", () => {
    writeHdf5(file("out.hdf5"), entries);
    const program = `
import h5py, json, sys
out = {}
def visit(name, item):
    if isinstance(item, h5py.Dataset):
        value = item[()]
        out[name] = [str(item.dtype), value.decode() if isinstance(value, bytes) else value.tolist()]
h5py.File(sys.argv[1], "r").visititems(visit)
print(json.dumps(out))`;
    expect(runPython(python!, program, file("out.hdf5"))).toEqual({
      observations: [
        "float32",
        [
          [1, -0, 3.5],
          [4, 5, Math.fround(1e-45)],
        ],
      ],
      "infos/qpos": ["float64", [[Math.PI], [-1e300]]],
      "infos/steps": ["int32", [-5, 2147483647]],
      "infos/ticks": ["int64", [2 ** 40, -1]],
      terminals: ["bool", [false, true, false]],
      empty: ["float32", []],
      "metadata/environment": ["|S9", "Hopper-v5"],
      "metadata/note": ["|S6", "é, ü"],
      "metadata/nothing": ["|S1", ""],
      "metadata/seed": ["int32", -2147483648],
      "metadata/serial": ["int64", 7],
      "metadata/deep/mean": ["float64", 3234.3],
    });
  });
});

describe("createHdf5", () => {
  /** A group of many members, each with attributes and a dataset of its number. */
  function writeMany(path: string, names: readonly string[]): void {
    const output = createHdf5(path);
    const links = new Map<string, number>();
    names.forEach((name, i) => {
      const values = Int32Array.of(i);
      const members = new Map([["value", output.column({ kind: "integer", shape: [1], values })]]);
      links.set(name, output.group(members, { id: BigInt(i), share: 0.5 + i, name }));
    });
    output.commit(output.group(links));
  }
  // One leaf holds 8 names, a node of the tree 32 leaves: 65 is the first indexed group, 9,000 takes three levels.
  const counts = [64, 65, 257, 9000];
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `episode_${i}`);

  it.each(counts)("links %i members, found by name in the HDF5 library", async (count) => {
    const path = file("many.hdf5");
    writeMany(path, names(count));
    const read = await openHdf5(path);
    expect(read.members("")).toEqual(names(count).sort());
    for (let i = 0; i < count; i += Math.ceil(count / 200)) {
      expect(read.readValues(`episode_${i}/value`)).toEqual(Int32Array.of(i));
      expect(read.attribute(`episode_${i}`, "id")).toBe(i);
      expect(read.attribute(`episode_${i}`, "share")).toBe(0.5 + i);
      expect(read.attribute(`episode_${i}`, "name")).toBeUndefined();
      expect(read.attribute(`episode_${i}`, "other")).toBeUndefined();
    }
    expect(read.isGroup("episode_")).toBe(false);
    expect(read.isGroup(`episode_${count}`)).toBe(false);
    read.close();
  });

  it("puts the values of a reserved column where they belong, in any order", async () => {
    const output = createHdf5(file("out.hdf5"));
    const { header, write } = output.reserve({ kind: "reserved", type: "float64", shape: [3, 2] });
    const flags = output.reserve({ kind: "reserved", type: "bool", shape: [3] });
    write(4, Float64Array.of(5, 6));
    write(0, Float64Array.of(1, 2, 3, 4));
    flags.write(1, Uint8Array.of(1));
    output.commit(
      output.group(
        new Map([
          ["x", header],
          ["flags", flags.header],
        ]),
      ),
    );
    const read = await openHdf5(file("out.hdf5"));
    expect(read.readFloats("x")).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
    expect(read.readFloats("x", 1, 2)).toEqual(Float64Array.of(3, 4));
    expect(read.readFlags("flags")).toEqual(Uint8Array.of(0, 1, 0));
    read.close();
    expect(() => write(5, Float64Array.of(1, 2))).toThrow("do not fit");
    expect(() => write(0, Float32Array.of(1))).toThrow("float32");
  });

  const python = pythonWith("h5py");
  it.skipIf(python === undefined)(
    "links as many as h5py finds, and takes another from it [needs Python with h5py]",
    () => {
      const program = `
import h5py, json, sys
with h5py.File(sys.argv[1], "a") as file:
    count = len(file)
    wrong = [i for i in range(count) if file[f"episode_{i}/value"][0] != i or file[f"episode_{i}"].attrs["id"] != i]
    first = {key: [str(getattr(value, "dtype", type(value).__name__)), str(value)] for key, value in file["episode_0"].attrs.items()}
    for i in range(count, count + 40):
        file.create_group(f"episode_{i}")
with h5py.File(sys.argv[1]) as file:
    print(json.dumps([count, wrong, first, list(file) == sorted(f"episode_{i}" for i in range(count + 40))]))`;
      for (const count of counts) {
        const path = file(`${count}.hdf5`);
        writeMany(path, names(count));
        const first = { id: ["int64", "0"], name: ["|S9", "b'episode_0'"], share: ["float64", "0.5"] };
        expect(runPython(python!, program, path)).toEqual([count, [], first, true]);
      }
    },
  );
});
