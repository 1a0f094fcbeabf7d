import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDemonstrations } from "../../datasets/demonstrations.ts";
import { detectFormat, openDataset, readDataset } from "../../datasets/open.ts";
import { writeHdf5 } from "../../datasets/hdf5/writer.ts";
import { floats, hopperMinari, hopperRandom, refusalOf, useTemporaryFiles } from "./hdf5-files.ts";

const file = useTemporaryFiles();

describe("openDataset", () => {
  it("tells the format by content, whatever the names are", async () => {
    cpSync(hopperRandom, file("main_data.bin"));
    cpSync(join(hopperMinari, "data"), file("d4rl"), { recursive: true });
    cpSync(file("d4rl/main_data.hdf5"), file("d4rl/hopper.h5"));
    expect(await detectFormat(file("main_data.bin"))).toBe("d4rl");
    for (const name of ["d4rl", "d4rl/hopper.h5", "d4rl/main_data.hdf5", "d4rl/metadata.json"]) {
      expect(await detectFormat(file(name))).toBe("minari");
      const dataset = await openDataset(file(name));
      dataset.close();
      expect([dataset.format, dataset.size]).toEqual(["minari", 519]);
    }
    expect((await readDataset(hopperRandom)).size).toBe(2000);
  });

  it("refuses what is neither", async () => {
    writeFileSync(file("x.hdf5"), "text");
    expect(await refusalOf(openDataset(file("x.hdf5")))).toBe(`${file("x.hdf5")}: is not an HDF5 file`);
    expect(await refusalOf(openDataset(file("y")))).toBe(
      `${file("y")}: cannot be read: no such file or directory`,
    );
    writeHdf5(file("z.hdf5"), { states: floats([1], new Float32Array(1)) });
    expect(await refusalOf(openDataset(file("z.hdf5")))).toBe(`${file("z.hdf5")}: "observations" is missing`);
  });

  it("gives demonstrations from Minari datasets too", async () => {
    const hopper = { id: "Hopper-v5", observationSize: 11, actionSize: 3 };
    const { trajectories, returns } = await readDemonstrations(hopperMinari, hopper, 2);
    expect(trajectories.map(({ length }) => length)).toEqual([26, 72]);
    expect(returns[1]).toBeCloseTo(108.18646193203338, 4);
    expect(await refusalOf(readDemonstrations(hopperMinari, { ...hopper, id: "Hopper-v4" }))).toContain(
      "recorded in Hopper-v5, this run needs Hopper-v4",
    );
  });
});
