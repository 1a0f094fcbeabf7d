import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { File, ready, type Dataset } from "h5wasm/node";
import { describe, expect, it } from "vitest";
import { lookup3 } from "../../../datasets/hdf5/lookup3.ts";
import { writeHdf5, type Hdf5Value } from "../../../datasets/hdf5/writer.ts";
import { withFileSizeLimit } from "../../runs/full-disk.ts";
import { useTemporaryFiles } from "../hdf5-files.ts";

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
  terminals: { kind: "bool", shape: [3], values: Uint8Array.of(0, 1, 0) },
  empty: { kind: "float", shape: [0], values: new Float32Array(0) },
  "metadata/environment": { kind: "scalar", value: "Hopper-v5" },
  "metadata/note": { kind: "scalar", value: "é, ü" },
  "metadata/nothing": { kind: "scalar", value: "" },
  "metadata/seed": { kind: "scalar", value: -2147483648 },
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

  const hasH5py = spawnSync("python3", ["-c", "import h5py"]).status === 0;
  it.runIf(hasH5py)("is read by h5py, booleans as bool", () => {
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
    const result = spawnSync("python3", ["-c", program, file("out.hdf5")], { encoding: "utf8" });
    expect(result.stderr).toBe("");
    expect(JSON.parse(result.stdout)).toEqual({
      observations: [
        "float32",
        [
          [1, -0, 3.5],
          [4, 5, Math.fround(1e-45)],
        ],
      ],
      "infos/qpos": ["float64", [[Math.PI], [-1e300]]],
      terminals: ["bool", [false, true, false]],
      empty: ["float32", []],
      "metadata/environment": ["|S9", "Hopper-v5"],
      "metadata/note": ["|S6", "é, ü"],
      "metadata/nothing": ["|S1", ""],
      "metadata/seed": ["int32", -2147483648],
      "metadata/deep/mean": ["float64", 3234.3],
    });
  });
});
