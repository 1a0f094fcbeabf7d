import type { LearnedReward } from "../../agents/reward-network.ts";
import type { Dataset } from "../../datasets/index.ts";
import { make } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Choice } from "../../src/viewer/scene.ts";
import { formatCount } from "../progress.ts";
import { environmentJudge, panel, rewardJudge, type Judge } from "./judges.ts";
import { observedStates } from "./observed-state.ts";
import { newEpisode, pushFrame, type EpisodeName } from "./performance.ts";
import { prober } from "./probe.ts";
import type { Simulator } from "./simulator.ts";
import type { Source, Take } from "./source.ts";

/** Episodes of a large set that can be chosen; the others are like them. */
const mostChoices = 500;

export interface DatasetSourceOptions {
  readonly id: string;
  readonly label: string;
  readonly dataset: Dataset;
  readonly simulator: Simulator;
  readonly reward?: LearnedReward;
  readonly judges: readonly Judge[];
}

/** How an episode of a set ended, in words. */
const endingOf = ({ terminated, truncated }: { terminated: boolean; truncated: boolean }): string =>
  terminated ? "terminated" : truncated ? "time limit" : "the data end here";

/**
 * The episodes of a dataset. Where it holds the physics states, these are shown; otherwise they are read from the
 * observations. Terms of the reward, which no dataset holds, are those of the same step taken again.
 */
export function datasetSource({ id, label, dataset, simulator, reward, judges }: DatasetSourceOptions): Source {
  const { spec } = simulator.description;
  if (dataset.observationSize !== spec.observationSize || dataset.actionSize !== spec.actionSize) {
    throw new UserError(
      `${label}: has ${dataset.observationSize} observations and ${dataset.actionSize} actions, ${spec.id} has ${spec.observationSize} and ${spec.actionSize}`,
    );
  }
  const judge = panel([environmentJudge(simulator.description), ...(reward ? [rewardJudge(reward)] : []), ...judges]);
  const width = { qpos: simulator.sizes.qpos, qvel: simulator.sizes.qvel };
  const stored = (["qpos", "qvel"] as const).every((name) =>
    dataset.infos.some((info) => info.name === name && info.rowShape.length === 1 && info.rowShape[0] === width[name]),
  );
  const choices = dataset.episodes.slice(0, mostChoices).map((_, i): Choice => ({ id: `episode-${i}`, label: `episode ${i + 1}`, kind: "episode" }));
  const count = dataset.episodes.length;
  const about = `${formatCount(count)} ${count === 1 ? "episode" : "episodes"}, ${formatCount(dataset.size)} transitions`;

  const takeEpisode = async (choice: string, name: EpisodeName): Promise<Take> => {
    const index = choices.findIndex((one) => one.id === choice);
    if (index < 0) throw new UserError(`${label}: there is no episode "${choice}"`);
    const { start, end } = dataset.episodes[index];
    const rows = dataset.read(start, end);
    const length = end - start;
    const episode = newEpisode({ ...name, label: `${label}, ${choices[index].label}`, simulator, judge, limit: length + 1, probes: true });
    const observed = observedStates(simulator);
    const row = (values: ArrayLike<number>, i: number, columns: number): Float64Array =>
      Float64Array.from({ length: columns }, (_, j) => values[i * columns + j]);
    const environment = await make(spec.id);
    try {
      for (let i = 0; i < length; i++) {
        const observation = row(rows.observations, i, spec.observationSize);
        const action = row(rows.actions, i, spec.actionSize);
        const seen = observed(observation);
        const state = stored
          ? { qpos: row(rows.infos.qpos.values as Float64Array, i, width.qpos), qvel: row(rows.infos.qvel.values as Float64Array, i, width.qvel) }
          : seen;
        environment.setState(state.qpos, state.qvel);
        const { info } = environment.step(action);
        const channels = await judge.judge({ observation, action, reward: rows.rewards[i], info });
        pushFrame(episode, simulator, { ...state, observation, action, channels });
      }
      const last = rows.unknownNextObservations?.[length - 1] === 1 ? undefined : row(rows.nextObservations, length - 1, spec.observationSize);
      // one step on from the last state, which is exact where states are stored
      if (last) pushFrame(episode, simulator, { qpos: environment.qpos, qvel: environment.qvel, observation: last });
    } finally {
      environment.close();
    }
    episode.finish(endingOf(dataset.episodes[index]));
    return { episode, probe: prober(simulator, episode, reward) };
  };

  return {
    tracks: [
      {
        track: () => ({ id, label, robot: simulator.robot.id, about, choices, first: choices[0].id }),
        make: takeEpisode,
      },
    ],
    close() {
      judge.close?.();
      dataset.close();
    },
  };
}
