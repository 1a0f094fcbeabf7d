import type { Policy, ActionMode } from "../../agents/policy.ts";
import { make } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { createEpisode, type Episode } from "../../src/viewer/episode.ts";
import type { Judge } from "./judges.ts";
import type { Simulator } from "./simulator.ts";

/** What an episode is called, and where it belongs. */
export interface EpisodeName {
  readonly id: string;
  readonly track: string;
  readonly choice: string;
  readonly label: string;
}

export interface EpisodeSetup extends EpisodeName {
  readonly simulator: Simulator;
  readonly judge: Judge;
  /** Frames that it has at most. */
  readonly limit: number;
  readonly probes: boolean;
}

export function newEpisode(setup: EpisodeSetup): Episode {
  const { simulator, judge, id, track, choice, label, limit, probes } = setup;
  const { channels } = judge;
  const { dt } = simulator.sizes;
  const columns = simulator.columns(channels.length);
  return createEpisode({ id, track, choice, label, robot: simulator.robot.id, dt, columns, channels, probes, limit });
}

/** A state, and the action that answers it with what it was worth; the last state of an episode has none. */
export interface StateFrame {
  readonly qpos: ArrayLike<number>;
  readonly qvel: ArrayLike<number>;
  readonly observation: ArrayLike<number>;
  readonly action?: ArrayLike<number>;
  readonly channels?: readonly number[];
}

/** Adds a state to an episode, with what can be drawn of it. */
export function pushFrame(episode: Episode, simulator: Simulator, { qpos, qvel, observation, action, channels }: StateFrame): void {
  const pose = new Float32Array(7 * simulator.robot.bodies);
  simulator.pose(qpos, pose);
  const acting = action ?? new Float32Array(simulator.description.spec.actionSize);
  episode.push({
    pose,
    qpos,
    qvel,
    observation,
    ...simulator.forces(qpos, qvel, acting),
    ...(action && { action }),
    ...(channels && { channels }),
  });
}

/** A policy's episode in the making. */
export interface Performance {
  readonly episode: Episode;
  /** Takes a step; false when there is none left. */
  advance(): Promise<boolean>;
  close(): void;
}

export interface PerformanceOptions extends EpisodeName {
  readonly simulator: Simulator;
  readonly policy: Policy;
  readonly judge: Judge;
  readonly seed: number;
  readonly mode: ActionMode;
}

/** Episodes of environments without a time limit are cut here. */
const longestEpisode = 5000;

/** Plays `policy` from the initial state of `seed` until the task ends. */
export async function perform(options: PerformanceOptions): Promise<Performance> {
  const { simulator, policy, judge, seed, mode } = options;
  const environment = await make(simulator.description.spec.id);
  const random = createRandom(seed).split("action noise");
  const limit = Math.min(environment.spec.maxEpisodeSteps, longestEpisode);
  const episode = newEpisode({ ...options, limit: limit + 1, probes: true });
  const action = new Float64Array(policy.actionSize);
  let { observation } = environment.reset({ seed });

  return {
    episode,
    async advance() {
      if (episode.complete) return false;
      policy.act(observation, mode, random, action);
      const state = { qpos: environment.qpos, qvel: environment.qvel, observation };
      const { reward, info, terminated, ...after } = environment.step(action);
      const channels = await judge.judge({ observation, action, reward, info });
      pushFrame(episode, simulator, { ...state, action, channels });
      observation = after.observation;
      if (!terminated && episode.length < limit) return true;
      pushFrame(episode, simulator, { qpos: environment.qpos, qvel: environment.qvel, observation });
      episode.finish(terminated ? "terminated" : "time limit");
      return false;
    },
    close: () => environment.close(),
  };
}

/** Milliseconds of work after which others get their turn. */
const turn = 12;

/** Plays an episode to its end, letting others in between. */
export async function performAll(options: PerformanceOptions): Promise<Episode> {
  const play = await perform(options);
  try {
    let began = performance.now();
    while (await play.advance()) {
      if (performance.now() - began < turn) continue;
      await new Promise((resolve) => setImmediate(resolve));
      began = performance.now();
    }
    return play.episode;
  } finally {
    play.close();
  }
}
