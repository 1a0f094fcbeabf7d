import { make, type Environment } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { createRandom, type Random } from "../../src/random/index.ts";
import { loadNetworkPolicy } from "../network-policy.ts";
import type { Policy } from "../policy.ts";
import { rollout, type Trajectory } from "../rollout.ts";
import { readRecording, type Recording } from "./recording.ts";

/** Where a set's episodes come from: plain data, so that worker threads can be told of it. */
export type EpisodeSource =
  /** Actions uniform over the action space. */
  | { readonly kind: "random"; readonly environment: string; readonly seed: number }
  /** Actions sampled from the policy of a file. */
  | { readonly kind: "policy"; readonly environment: string; readonly policy: string; readonly seed: number }
  /** The actions of a training run, from a file. */
  | { readonly kind: "recording"; readonly environment: string; readonly recording: string };

export interface PlayedEpisode {
  readonly trajectory: Trajectory;
  /** [T]: log-densities of the actions in their own units, where they are known. */
  readonly logProbs?: Float32Array<ArrayBuffer>;
  /** The seed that the environment was reset with, where it was. */
  readonly seed?: number;
}

/** Plays the episodes of a source by number. Episode i is the same whatever was played before. */
export interface Player {
  /** How many episodes there are; Infinity for those of a policy. */
  readonly episodes: number;
  play(episode: number): Promise<PlayedEpisode>;
  close(): void;
}

/** A policy that also tells the log-density of its actions, in their own units. */
interface Sampler extends Pick<Policy, "observationSize" | "actionSize"> {
  sample(observation: ArrayLike<number>, random: Random, action: Float64Array): number;
}

/** @throws UserError when an action has no bounds */
function uniformSampler({ spec, actionSpace: { low, high } }: Environment): Sampler {
  const widths = low.map((value, j) => high[j] - value);
  if (!widths.every(Number.isFinite))
    throw new UserError(`${spec.id}: its actions are unbounded, there is no uniform policy`);
  const logProb = -widths.reduce((sum, width) => sum + Math.log(width), 0);
  return {
    observationSize: spec.observationSize,
    actionSize: spec.actionSize,
    sample(_observation, random, action) {
      for (let j = 0; j < action.length; j++) action[j] = low[j] + widths[j] * random.uniform();
      return logProb;
    },
  };
}

/** @throws UserError when the file holds no policy, or one for another environment */
function policySampler(path: string, environment: string): Sampler {
  const policy = loadNetworkPolicy(path);
  const { environment: own } = policy.architecture;
  if (own !== environment) throw new UserError(`${path}: a policy for ${own}, the set is of ${environment}`);
  return policy;
}

/**
 * Opens a source. Episode i of a policy draws its initial state and its actions from a stream of its own, the one that
 * `rolloutEpisodes` gives it. Episodes end with the environment's termination or time limit.
 *
 * @throws UserError when the environment, a policy or a recording is not what the source needs
 */
export async function openSource(source: EpisodeSource): Promise<Player> {
  const environment = await make(source.environment);
  try {
    if (source.kind === "recording")
      return recordingPlayer(environment, readRecording(source.recording), source.recording);
    const sampler =
      source.kind === "random"
        ? uniformSampler(environment)
        : policySampler(source.policy, source.environment);
    return samplingPlayer(environment, sampler, source.seed);
  } catch (error) {
    environment.close();
    throw error;
  }
}

function samplingPlayer(environment: Environment, sampler: Sampler, seed: number): Player {
  const root = createRandom(seed);
  const recordState = environment.qpos.length > 0;
  return {
    episodes: Infinity,
    async play(episode) {
      const random = root.split(`episode ${episode}`);
      const resetSeed = random.integer(2 ** 31);
      const logProbs: number[] = [];
      const policy: Policy = {
        ...sampler,
        act: (observation, _mode, stream, action) =>
          logProbs.push(sampler.sample(observation, stream, action)),
      };
      const trajectory = await rollout(environment, policy, {
        mode: "sample",
        random,
        seed: resetSeed,
        recordState,
      });
      return { trajectory, logProbs: Float32Array.from(logProbs), seed: resetSeed };
    },
    close: () => environment.close(),
  };
}

/**
 * Steps through a run's actions again.
 * @param path the recording's file, for messages
 * @throws UserError when it is of another environment; when playing, where an episode ends at another step
 */
export function recordingPlayer(environment: Environment, recording: Recording, path: string): Player {
  const { spec } = environment;
  if (recording.environment !== spec.id)
    throw new UserError(`${path}: a recording of ${recording.environment}, the set is of ${spec.id}`);
  if (recording.actionSize !== spec.actionSize)
    throw new UserError(
      `${path}: its actions have ${recording.actionSize} numbers, ${spec.id} takes ${spec.actionSize}`,
    );
  const starts = [0];
  for (const length of recording.lengths) starts.push(starts[starts.length - 1] + length);
  const recordState = environment.qpos.length > 0;
  // A run resets one environment again and again: where an episode starts depends on the resets before it.
  let resets = 0;
  return {
    episodes: recording.lengths.length,
    async play(episode) {
      let done = resets;
      resets = 0;
      if (done === 0 || done > episode) {
        environment.reset({ seed: recording.seed });
        done = 1;
      }
      for (; done < episode; done++) environment.reset();
      const length = recording.lengths[episode];
      const last = episode === recording.lengths.length - 1;
      const actions = recording.actions.subarray(
        starts[episode] * spec.actionSize,
        starts[episode + 1] * spec.actionSize,
      );
      const differs = (what: string): UserError =>
        new UserError(
          `${path}: episode ${episode} ${what} ${length} steps of the recorded run: the environment is another one`,
        );
      const policy = recordedActions(environment, actions, () => differs("goes on after the"));
      const trajectory = await rollout(environment, policy, {
        mode: "sample",
        random: createRandom(0),
        recordState,
        ...(episode === 0 && { seed: recording.seed }),
        // The run may have been stopped within its last episode.
        ...(last && { horizon: length }),
      });
      if (trajectory.length < length) throw differs(`ends after ${trajectory.length} of the`);
      resets = episode + 1;
      return {
        trajectory: { ...trajectory, truncated: trajectory.truncated && length === spec.maxEpisodeSteps },
      };
    },
    close: () => environment.close(),
  };
}

/** Acts by rows of `actions`, whatever the observation. @param exhausted the error where there are no more */
function recordedActions({ spec }: Environment, actions: Float32Array, exhausted: () => Error): Policy {
  const { observationSize, actionSize } = spec;
  let next = 0;
  return {
    observationSize,
    actionSize,
    act(_observation, _mode, _random, action) {
      if (next === actions.length) throw exhausted();
      action.set(actions.subarray(next, next + actionSize));
      next += actionSize;
    },
  };
}
