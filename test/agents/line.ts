import { box, type Environment } from "../../envs/index.ts";
import { episodic } from "../../envs/episode.ts";
import type { Policy } from "../../agents/policy.ts";
import type { Random } from "../../src/random/index.ts";

const HORIZON = 10;

/** A task on the line −1 … 1 whose best policy is known. */
export interface LineTask {
  readonly title: string;
  readonly next: (x: number, action: number) => number;
  readonly reward: (x: number, action: number) => number;
  readonly best: (x: number) => number;
}

const clip = (x: number): number => Math.max(-1, Math.min(1, x));

/** Go to ½ and stay. Each step moves at most 0.3, so going straight there is best. */
export const goThere: LineTask = {
  title: "Go to ½",
  next: (x, action) => clip(x + 0.3 * clip(action)),
  reward: (x) => -((x - 0.5) ** 2),
  best: (x) => clip((0.5 - x) / 0.3),
};

/** Answer each state with its right action; the next state comes whatever the answer. */
export const answer: LineTask = {
  title: "Answer",
  next: (x) => ((x + 1 + 2 * 0.618) % 2) - 1,
  reward: (x, action) => -((action - 0.6 * x) ** 2),
  best: (x) => 0.6 * x,
};

export function line({ title, next, reward }: LineTask): Environment {
  let x = 0;
  const spec = { id: "Line-v0", title, observationSize: 1, actionSize: 1, maxEpisodeSteps: HORIZON, options: {}, meaning: { observation: [title], action: [title] } };
  return episodic(spec, {
    observationSpace: box([-1], [1]),
    actionSpace: box([-1], [1]),
    dt: 1,
    qpos: () => Float64Array.of(x),
    qvel: () => Float64Array.of(0),
    begin(random: Random) {
      x = 2 * random.uniform() - 1;
      return {};
    },
    place(qpos) {
      x = qpos[0];
    },
    observe: () => Float64Array.of(x),
    advance({ 0: action }) {
      const from = x;
      x = next(from, action);
      return { reward: reward(from, action), terminated: false, info: {} };
    },
    save: () => ({ x: Float64Array.of(x) }),
    restore(arrays) {
      [x] = arrays.x;
    },
    close: () => undefined,
  });
}

/** The best policy; when it is sampled, with noise. */
export function expertOf({ best }: LineTask): Policy {
  return {
    observationSize: 1,
    actionSize: 1,
    act({ 0: x }, mode, random, action) {
      action[0] = clip(best(x) + (mode === "sample" ? 0.1 * random.normal() : 0));
    },
  };
}
