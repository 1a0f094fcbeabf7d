import { box, type Environment } from "../../envs/index.ts";
import { episodic } from "../../envs/episode.ts";

export interface ChainOptions {
  readonly states: number;
  /** The first state of each episode, one after the other, then over again; [0] by default. */
  readonly starts?: readonly number[];
  /** By default s + 1, and 0 after the last. */
  readonly next?: (state: number) => number;
  readonly reward: (state: number, action: number) => number;
  /** Whether leaving a state ends the task. */
  readonly terminates?: (state: number) => boolean;
  /** Infinity by default. */
  readonly maxEpisodeSteps?: number;
  readonly action?: readonly [low: number, high: number];
  /** One number in place of one-hot. */
  readonly compact?: boolean;
}

/** A deterministic walk through numbered states that actions do not change, so that every value is known. */
export function chain({
  states,
  starts = [0],
  next = (state) => (state + 1) % states,
  reward,
  terminates = () => false,
  maxEpisodeSteps = Infinity,
  action: [low, high] = [-1, 1],
  compact = false,
}: ChainOptions): Environment {
  let state = 0;
  let episodes = 0;
  const observe = (): Float64Array =>
    compact ? Float64Array.of(state) : new Float64Array(states).with(state, 1);
  const size = compact ? 1 : states;
  return episodic(
    { id: "Chain-v0", title: "Chain", observationSize: size, actionSize: 1, maxEpisodeSteps, options: {}, meaning: { observation: ["state"], action: ["any"] } },
    {
      observationSpace: box(new Float64Array(size), new Float64Array(size).fill(compact ? states : 1)),
      actionSpace: box([low], [high]),
      dt: 1,
      qpos: () => Float64Array.of(state),
      qvel: () => Float64Array.of(0),
      begin() {
        state = starts[episodes++ % starts.length];
        return {};
      },
      place(qpos) {
        state = qpos[0];
      },
      observe,
      advance({ 0: action }) {
        const from = state;
        state = next(from);
        return { reward: reward(from, action), terminated: terminates(from), info: {} };
      },
      save: () => ({ state: Int32Array.of(state, episodes) }),
      restore(arrays) {
        [state, episodes] = arrays.state;
      },
      close: () => undefined,
    },
  );
}
