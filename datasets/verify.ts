import type { Environment } from "../envs/index.ts";
import { UserError } from "../src/errors.ts";
import { pieceRanges, type Dataset } from "./dataset.ts";
import type { Transitions } from "./transition-set.ts";

/** What reading every row of a dataset showed. */
export interface Verification {
  /** Rows whose next observation was compared with the following row's observation. */
  readonly chained: number;
  /** The largest absolute difference between the two. */
  readonly chainDifference: number;
  /** Next observations that repeat the observation they follow, because the file does not hold them. */
  readonly unknown: number;
  readonly replay?: ReplayComparison;
}

/** Transitions made again by the environment's own physics: largest absolute differences. */
export interface ReplayComparison {
  readonly transitions: number;
  /** Of the recorded observation, from the recorded state. */
  readonly observation: number;
  readonly nextObservation: number;
  readonly reward: number;
  /** Transitions whose recorded `terminals` is not what the environment says. */
  readonly terminals: number;
}

/**
 * Single precision, and what recorders that pass through other formats lose. Beyond it a next observation is another
 * state: readers that split trajectories by a gap between the two take 10⁻⁶ (IQL, Kostrikov et al. 2021).
 */
const chainTolerance = 1e-6;

const replayColumns = ["qpos", "qvel"] as const;

/** Whether a set holds the physics states that replaying needs, in the sizes that the environment has. */
export function canReplay(dataset: Dataset, environment: Environment): boolean {
  const widths = { qpos: environment.qpos.length, qvel: environment.qvel.length };
  const { observationSpace, actionSpace } = environment;
  return (
    dataset.observationSize === observationSpace.low.length &&
    dataset.actionSize === actionSpace.low.length &&
    replayColumns.every((name) => {
      const info = dataset.infos.find((one) => one.name === name);
      return (
        info !== undefined &&
        info.type.startsWith("float") &&
        info.rowShape.length === 1 &&
        info.rowShape[0] === widths[name] &&
        widths[name] > 0
      );
    })
  );
}

/**
 * Reads every row of a dataset. What opening it and reading already refuse: truncated files, missing columns, wrong shapes
 * and types, numbers that are not finite. On top, within an episode each next observation has to be the observation that
 * follows. With an environment, `replays` transitions spread over the set are made again from their recorded states.
 *
 * @throws UserError at the first thing that is wrong
 */
export function* verifyDataset(
  dataset: Dataset,
  environment?: Environment,
  replays = 200,
): Generator<{ readonly rows: number }, Verification> {
  let chained = 0;
  let chainDifference = 0;
  let unknown = 0;
  const replay = environment && createReplay(environment, Math.ceil(dataset.size / replays));
  for (const { start, end } of pieceRanges(dataset)) {
    const set = dataset.read(start, end);
    for (const episode of set.episodes) {
      const difference = checkChain(dataset.path, set, episode, start);
      chainDifference = Math.max(chainDifference, difference);
      chained += episode.end - episode.start - 1;
    }
    for (const flag of set.unknownNextObservations ?? []) unknown += flag;
    replay?.take(set, start);
    yield { rows: end };
  }
  return { chained, chainDifference, unknown, ...(replay && { replay: replay.result() }) };
}

/** @returns the largest difference between next observations and the observations that follow them */
function checkChain(
  path: string,
  set: Transitions,
  { start, end }: { readonly start: number; readonly end: number },
  firstRow: number,
): number {
  const { observationSize: width, observations, nextObservations } = set;
  let largest = 0;
  for (let i = start * width; i < (end - 1) * width; i++) {
    const next = nextObservations[i];
    const following = observations[i + width];
    const difference = Math.abs(next - following);
    if (difference <= largest) continue;
    largest = difference;
    if (difference <= chainTolerance * Math.max(1, Math.abs(following))) continue;
    const row = Math.floor(i / width);
    throw new UserError(
      `${path}: "next_observations" is ${next} at row ${firstRow + row}, column ${i % width}, ` +
        `but the episode goes on with ${following} in "observations" at row ${firstRow + row + 1}`,
    );
  }
  return largest;
}

function createReplay(environment: Environment, every: number) {
  const worst = { transitions: 0, observation: 0, nextObservation: 0, reward: 0, terminals: 0 };
  const difference = (values: ArrayLike<number>, recorded: ArrayLike<number>, at: number): number => {
    let largest = 0;
    for (let i = 0; i < values.length; i++) {
      largest = Math.max(largest, Math.abs(values[i] - recorded[at * values.length + i]));
    }
    return largest;
  };
  return {
    /** @param firstRow the number of the piece's first row in the dataset */
    take(set: Transitions, firstRow: number): void {
      const [qpos, qvel] = replayColumns.map((name) => set.infos[name].values as Float64Array);
      const rowOf = (values: Float64Array, row: number) => {
        const width = values.length / set.size;
        return values.subarray(row * width, (row + 1) * width);
      };
      const first = Math.ceil(firstRow / every) * every - firstRow;
      for (let row = first; row < set.size; row += every) {
        const seen = environment.setState(rowOf(qpos, row), rowOf(qvel, row));
        worst.observation = Math.max(worst.observation, difference(seen, set.observations, row));
        const actions = set.actions.subarray(row * set.actionSize, (row + 1) * set.actionSize);
        const { observation, reward, terminated } = environment.step(actions);
        if (set.unknownNextObservations?.[row] !== 1) {
          worst.nextObservation = Math.max(
            worst.nextObservation,
            difference(observation, set.nextObservations, row),
          );
        }
        worst.reward = Math.max(worst.reward, Math.abs(reward - set.rewards[row]));
        worst.terminals += Number(terminated !== (set.terminals[row] === 1));
        worst.transitions++;
      }
    },
    result: (): ReplayComparison => worst,
  };
}
