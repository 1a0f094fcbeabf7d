import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openDataset } from "../../datasets/open.ts";
import { readD4rl, writeD4rl } from "../../datasets/d4rl/index.ts";
import { canReplay, verifyDataset, type Verification } from "../../datasets/verify.ts";
import { make, type Environment } from "../../envs/index.ts";
import {
  floats,
  hopperMinari,
  hopperRandom,
  refusalOf,
  useTemporaryFiles,
  writeSmall,
} from "./hdf5-files.ts";

const file = useTemporaryFiles();
const demonstration = fileURLToPath(
  new URL("../../datasets/demonstrations/hopper-v5-1.hdf5", import.meta.url),
);

async function verify(path: string, environment?: Environment): Promise<Verification> {
  const dataset = await openDataset(path);
  try {
    const steps = verifyDataset(dataset, environment, 50);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  } finally {
    dataset.close();
  }
}

describe("verifyDataset", () => {
  it("finds no fault in files of D4RL's layout and of Minari", async () => {
    // 2000 rows of which 90 end an episode, and 519 of which 20 do.
    expect(await verify(hopperRandom)).toEqual({ chained: 1910, chainDifference: 0, unknown: 0 });
    expect(await verify(hopperMinari)).toEqual({ chained: 499, chainDifference: 0, unknown: 0 });
  });

  it("refuses a next observation that is not the one that follows", async () => {
    const set = await readD4rl(hopperRandom);
    const nextObservations = set.nextObservations.slice();
    // The last row of the first episode may end anywhere; the row before may not.
    nextObservations[25 * 11] += 1;
    writeD4rl(file("fine.hdf5"), { ...set, nextObservations });
    expect((await verify(file("fine.hdf5"))).chainDifference).toBe(0);
    const [following] = set.observations.subarray(25 * 11 + 2);
    nextObservations[24 * 11 + 2] = following + 0.001;
    writeD4rl(file("torn.hdf5"), { ...set, nextObservations });
    expect(await refusalOf(verify(file("torn.hdf5")))).toBe(
      `${file("torn.hdf5")}: "next_observations" is ${Math.fround(following + 0.001)} at row 24, column 2, ` +
        `but the episode goes on with ${following} in "observations" at row 25`,
    );
  });

  it("tells rounding from a gap", async () => {
    const set = await readD4rl(hopperRandom);
    const nextObservations = set.nextObservations.slice();
    nextObservations[1] += 5e-7;
    writeD4rl(file("rounded.hdf5"), { ...set, nextObservations });
    const { chainDifference } = await verify(file("rounded.hdf5"));
    expect(chainDifference).toBeGreaterThan(4e-7);
    expect(chainDifference).toBeLessThan(6e-7);
  });

  it("counts the states that a file does not hold, and refuses what reading refuses", async () => {
    writeSmall(file("small.hdf5"), { next_observations: undefined });
    expect(await verify(file("small.hdf5"))).toEqual({ chained: 3, chainDifference: 0, unknown: 1 });
    writeSmall(file("nan.hdf5"), { rewards: floats([6], Float32Array.of(1, 2, 3, 4, 5, NaN)) });
    expect(await refusalOf(verify(file("nan.hdf5")))).toContain('"rewards" is NaN at row 5');
  });
});

describe("verifyDataset with an environment", () => {
  it("makes transitions again from their recorded states", async () => {
    const environment = await make("Hopper-v5");
    try {
      const { replay } = await verify(demonstration, environment);
      expect(replay?.transitions).toBe(50);
      expect(replay?.terminals).toBe(0);
      // Recorded in single precision, of states in double precision.
      for (const difference of [replay?.observation, replay?.nextObservation, replay?.reward])
        expect(difference).toBeLessThan(1e-6);
    } finally {
      environment.close();
    }
  });

  it("shows by how much a set is not its environment's", async () => {
    const set = await readD4rl(demonstration);
    const rewards = set.rewards.map((reward) => reward + 0.25);
    const terminals = set.terminals.map((_, i) => Number(i % 40 === 0));
    writeD4rl(file("other.hdf5"), { ...set, rewards, terminals });
    const environment = await make("Hopper-v5");
    try {
      const { replay } = await verify(file("other.hdf5"), environment);
      expect(replay?.reward).toBeCloseTo(0.25, 5);
      // Rows 0, 20, 40, … were replayed, every second of them marked; in truth no step of the episode terminated.
      expect(replay?.terminals).toBe(25);
      expect(replay?.nextObservation).toBeLessThan(1e-6);
    } finally {
      environment.close();
    }
  });

  it("needs states of the environment's sizes", async () => {
    const [hopper, walker, regulator] = await Promise.all(
      ["Hopper-v5", "Walker2d-v5", "Regulator-v0"].map((id) => make(id)),
    );
    const [states, none] = [await openDataset(demonstration), await openDataset(hopperMinari)];
    expect(canReplay(states, hopper)).toBe(true);
    expect(canReplay(states, walker)).toBe(false);
    expect(canReplay(states, regulator)).toBe(false);
    expect(canReplay(none, hopper)).toBe(false);
    for (const one of [states, none, hopper, walker, regulator]) one.close();
  });
});
