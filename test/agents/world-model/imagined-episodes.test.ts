import { describe, expect, it } from "vitest";
import { rollout, type Trajectory } from "../../../agents/rollout.ts";
import { imaginedEpisodes, type StepReward } from "../../../agents/world-model/imagined-episodes.ts";
import { OBSERVATION_RANGE } from "../../../agents/world-model/world.ts";
import { make } from "../../../envs/index.ts";
import { ACTION_COST, VELOCITY_COST } from "../../../envs/regulator/riccati.ts";
import { createRandom } from "../../../src/random/index.ts";
import { optimalRegulator } from "../demonstrations.ts";
import { handMade, regulatorChanges, regulatorMember } from "./hand-made.ts";

const sizes = { environment: "Regulator-v0", observationSize: 2, actionSize: 1 };
const exact = handMade({ ...sizes, members: [regulatorChanges] });

const cost: StepReward = ({ 0: position, 1: velocity }, { 0: action }) => -(position ** 2) - VELOCITY_COST * velocity ** 2 - ACTION_COST * action ** 2;

const defaults = {
  model: exact,
  policy: optimalRegulator(),
  reward: cost as StepReward | undefined,
  starts: Float32Array.of(1, 0, -0.5, 0.5),
  horizon: 50,
  noise: false,
};
const play = (options: Partial<typeof defaults> = {}) => imaginedEpisodes({ ...defaults, ...options, random: createRandom(1) });

describe("imagined episodes", () => {
  it("of an exact model pay what the environment pays", async () => {
    const environment = await make("Regulator-v0");
    const starts = new Float32Array(6);
    const real: Trajectory[] = [];
    for (const seed of [0, 1, 2]) {
      starts.set(environment.reset({ seed }).observation, 2 * seed);
      real.push(await rollout(environment, optimalRegulator(), { mode: "mean", random: createRandom(0), seed }));
    }
    environment.close();
    const imagined = await play({ starts });
    imagined.forEach(({ return: sum, length }, i) => {
      expect(sum).toBeCloseTo(real[i].return, 4);
      expect(length).toBe(real[i].length);
    });
  });

  it("are paid what the model predicts where no reward is given", async () => {
    const model = handMade({ ...sizes, rewards: true, members: [regulatorMember] });
    const predicted: StepReward = ({ 0: position }, { 0: action }) => 2 * position - action;
    const [given, own] = [await play({ reward: predicted }), await play({ model, reward: undefined })];
    own.forEach(({ return: sum }, i) => expect(sum).toBeCloseTo(given[i].return, 4));
    await expect(play({ reward: undefined })).rejects.toThrow(RangeError);
  });

  it("end where they leave the data, each for itself", async () => {
    // a mass that nothing moves drifts away with the model's error: from 0 it takes this many steps, from far out fewer
    const drifting = handMade({ ...sizes, members: [{ offset: [2, 0] }] });
    const still = { ...optimalRegulator(), act: (_: unknown, __: unknown, ___: unknown, action: Float64Array) => void action.fill(0) };
    const outcomes = await play({ model: drifting, policy: still, starts: Float32Array.of(0, 0, 7, 0), reward: () => 1 });
    expect(outcomes.map(({ length }) => length)).toEqual([OBSERVATION_RANGE / 2 + 1, 2]);
    expect(outcomes.map((one) => one.return)).toEqual([OBSERVATION_RANGE / 2 + 1, 2]);
  });

  it("follow the means, or scatter about them with noise", async () => {
    const noisy = handMade({ ...sizes, members: [{ ...regulatorChanges, logVariance: -6 }] });
    expect(await play({ model: noisy })).toEqual(await play());
    expect(await play({ model: noisy, noise: true })).not.toEqual(await play());
  });
});
