import { terminationOf } from "../../envs/index.ts";
import type { Executor } from "../../src/nn/executor.ts";
import type { Random } from "../../src/random/index.ts";
import type { AgentSampler } from "../agent-samples.ts";
import type { NetworkPolicy } from "../network-policy.ts";
import { trajectoryRows, type EpisodeColumns, type Weighting } from "../trajectory-rows.ts";
import { modelStep, type WorldModel } from "./model.ts";
import { outOfRange, type StartStates } from "./world.ts";

export interface ModelSamplerOptions {
  readonly model: WorldModel;
  /** Its current parameters act, by sampled actions. */
  readonly policy: NetworkPolicy;
  readonly trajectories: number;
  readonly starts: StartStates;
  /** Its horizon is that of the rollouts. */
  readonly weighting: Weighting;
  /** Whether next states are drawn from the Gaussians, or are their means. */
  readonly noise: boolean;
  /** Members that disagree more than this end a trajectory as a fall does; absent: none does. */
  readonly knownUpTo?: number;
  readonly random: Random;
  readonly executor?: Executor;
}

/**
 * Fresh trajectories τᴬ of the current policy in the model (thesis, algorithm 3, "data sampling II"). They cost no step of
 * the environment.
 */
export async function modelSampler({ model, policy, trajectories, starts, weighting, noise: noisy, knownUpTo, random, executor }: ModelSamplerOptions): Promise<AgentSampler> {
  const { observationSize, actionSize, environment } = model.architecture;
  const { horizon } = weighting;
  const step = await modelStep(model, { size: trajectories, disagreement: knownUpTo !== undefined, executor });
  const terminatedIn = terminationOf(environment);
  const cut = outOfRange(model);
  const chosen = new Int32Array(trajectories);
  const noise = new Float32Array(trajectories * actionSize);
  const states = new Float32Array(trajectories * observationSize);
  const row = (array: Float32Array, i: number, width: number): Float32Array => array.subarray(i * width, (i + 1) * width);

  return {
    steps: 0,
    stepsPerSample: 0,
    async sample() {
      const observations = Array.from({ length: trajectories }, () => new Float32Array(horizon * observationSize));
      const actions = Array.from({ length: trajectories }, () => new Float32Array(horizon * actionSize));
      const lengths = new Int32Array(trajectories);
      const ended = new Uint8Array(trajectories);
      const terminated = new Uint8Array(trajectories);
      for (let i = 0; i < trajectories; i++) starts.draw(random, row(states, i, observationSize));
      for (let t = 0; t < horizon && ended.includes(0); t++) {
        random.fillNormal(noise);
        policy.actions(states, noise, step.action);
        step.observation.set(states);
        if (noisy) random.fillNormal(step.noise);
        random.fillIntegers(chosen, model.elites.length);
        step.choose(chosen);
        for (let i = 0; i < trajectories; i++) {
          if (ended[i] === 1) continue;
          observations[i].set(row(states, i, observationSize), t * observationSize);
          actions[i].set(row(step.action, i, actionSize), t * actionSize);
          lengths[i] = t + 1;
        }
        const { nextObservation, disagreement } = await step.run();
        for (let i = 0; i < trajectories; i++) {
          // one that has ended stands still: its numbers are no longer looked at
          if (ended[i] === 1) continue;
          terminated[i] = disagreement[i] > (knownUpTo ?? Infinity) || terminatedIn(nextObservation, i) ? 1 : 0;
          ended[i] = terminated[i] === 1 || cut(nextObservation, i) ? 1 : 0;
          states.set(row(nextObservation, i, observationSize), i * observationSize);
        }
      }
      const episodes = observations.map(
        (values, i): EpisodeColumns => ({
          length: lengths[i],
          observations: values.subarray(0, lengths[i] * observationSize),
          actions: actions[i].subarray(0, lengths[i] * actionSize),
          terminated: terminated[i] === 1,
        }),
      );
      return trajectoryRows(episodes, weighting);
    },
    snapshot: () => ({ arrays: {}, values: { random: random.state() } }),
    restore({ values }) {
      random.restore(values.random as number[]);
    },
    close: () => void step.dispose(),
  };
}
