import { describe, expect, it } from "vitest";
import { describeEnvironment, listEnvironments, make, observedState, rewardWhereObserved } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { mean } from "../../src/statistics/index.ts";

const ids = listEnvironments().map(({ id }) => id);

describe("what an observation shows of the state", () => {
  it.each(ids)("of %s are all velocities, and all positions but the first ones", async (id) => {
    const environment = await make(id);
    const { hidden, read } = observedState(describeEnvironment(id), { qpos: environment.qpos.length, qvel: environment.qvel.length });
    const { qpos, qvel } = read(environment.reset({ seed: 1 }).observation);
    expect(qpos.subarray(0, hidden)).toEqual(new Float64Array(hidden));
    expect(qpos.subarray(hidden)).toEqual(environment.qpos.subarray(hidden));
    expect(qvel).toEqual(environment.qvel);
    environment.close();
  });

  it("is not read from observations of another form", () => {
    expect(() => observedState(describeEnvironment("Hopper-v5"), { qpos: 12, qvel: 6 })).toThrow("Hopper-v5: its observations do not show its state");
  });
});

describe("the reward where an observation is from", () => {
  it.each(ids)("of %s is the one that the environment pays on its way there", async (id) => {
    const [environment, other] = [await make(id), await make(id)];
    const reward = rewardWhereObserved(other, describeEnvironment(id));
    const random = createRandom(2);
    const differences: number[] = [];
    let { observation } = environment.reset({ seed: 2 });
    for (let t = 0; t < 100; t++) {
      const action = environment.actionSpace.sample(random);
      const step = environment.step(action);
      // some robots' observed velocities are clipped to ±10
      if (environment.qvel.every((v) => Math.abs(v) < 10)) differences.push(Math.abs(reward(observation, action) - step.reward));
      observation = step.terminated ? environment.reset().observation : step.observation;
    }
    expect(differences.length).toBeGreaterThan(10);
    // not to the bit: the contact solver starts from nothing here
    expect(mean(differences)).toBeLessThan(0.03);
    expect(Math.max(...differences)).toBeLessThan(0.2);
    for (const each of [environment, other]) each.close();
  });
});
