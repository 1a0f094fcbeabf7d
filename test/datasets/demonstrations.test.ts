import { describe, expect, it } from "vitest";
import { readDemonstrations } from "../../datasets/demonstrations.ts";
import { flags, floats, hopperRandom, refusalOf, useTemporaryFiles, writeSmall } from "./hdf5-files.ts";

const file = useTemporaryFiles();
const hopper = { id: "Hopper-v5", observationSize: 11, actionSize: 3 };
const small = { id: "Small-v0", observationSize: 2, actionSize: 1 };

describe("readDemonstrations", () => {
  it("gives all trajectories, or the first of them, with their returns", async () => {
    writeSmall(file("small.hdf5"), { "metadata/environment": { kind: "scalar", value: "Small-v0" } });
    const all = await readDemonstrations(file("small.hdf5"), small);
    expect(all).toEqual({
      environment: "Small-v0",
      observationSize: 2,
      actionSize: 1,
      returns: Float64Array.of(7, 56),
      trajectories: [
        {
          length: 3,
          observations: Float32Array.of(0, 1, 2, 3, 4, 5),
          actions: Float32Array.of(0.5, -0.5, 0.25),
          nextObservations: Float32Array.of(100, 101, 102, 103, 104, 105),
          rewards: Float32Array.of(1, 2, 4),
          terminated: true,
          truncated: false,
        },
        {
          length: 3,
          observations: Float32Array.of(6, 7, 8, 9, 10, 11),
          actions: Float32Array.of(1, -1, 0),
          nextObservations: Float32Array.of(106, 107, 108, 109, 110, 111),
          rewards: Float32Array.of(8, 16, 32),
          terminated: false,
          truncated: true,
        },
      ],
    });
    const first = await readDemonstrations(file("small.hdf5"), small, 1);
    expect(first).toEqual({
      ...all,
      trajectories: all.trajectories.slice(0, 1),
      returns: Float64Array.of(7),
    });
  });

  it("reads D4RL's own files, which do not say their environment, by their columns", async () => {
    const { trajectories, returns } = await readDemonstrations(hopperRandom, hopper, 2);
    expect(trajectories.map(({ length }) => length)).toEqual([26, 73]);
    expect(returns[1]).toBeCloseTo(110.87633842229843, 10);
    expect(
      await refusalOf(
        readDemonstrations(hopperRandom, { id: "Walker2d-v5", observationSize: 17, actionSize: 6 }),
      ),
    ).toBe(`${hopperRandom}: "observations" has 11 columns, Walker2d-v5 expects 17`);
  });

  it("refuses another robot, another version of the robot, and too few trajectories", async () => {
    for (const recorded of ["Ant-v5", "Hopper-v4"]) {
      writeSmall(file("demo.hdf5"), { "metadata/environment": { kind: "scalar", value: recorded } });
      expect(await refusalOf(readDemonstrations(file("demo.hdf5"), hopper))).toBe(
        `${file("demo.hdf5")}: recorded in ${recorded}, this run needs Hopper-v5`,
      );
    }
    expect(await refusalOf(readDemonstrations(hopperRandom, hopper, 91))).toBe(
      `${hopperRandom}: holds 90 trajectories, 91 were asked for`,
    );
    writeSmall(file("one.hdf5"), { terminals: flags([0, 0, 0, 0, 0, 1]) });
    expect(await refusalOf(readDemonstrations(file("one.hdf5"), small, 2))).toBe(
      `${file("one.hdf5")}: holds 1 trajectory, 2 were asked for`,
    );
    expect(await refusalOf(readDemonstrations(hopperRandom, hopper, 0))).toBe(
      `${hopperRandom}: 0 trajectories were asked for, expected a positive integer`,
    );
  });

  it("refuses a NaN", async () => {
    writeSmall(file("nan.hdf5"), { actions: floats([6, 1], Float32Array.of(0, 0, NaN, 0, 0, 0)) });
    expect(await refusalOf(readDemonstrations(file("nan.hdf5"), small))).toBe(
      `${file("nan.hdf5")}: "actions" is NaN at row 2, expected a finite number`,
    );
  });
});
