import type { Episode, InfoColumn, Transitions } from "../../datasets/index.ts";
import type { PlayedEpisode } from "./source.ts";

/** Columns beyond the transitions that generated sets may have: the physics state before each action, and log π(a|s). */
export type InfoName = "qpos" | "qvel" | "action_log_probs";

export interface LayoutFacts {
  readonly environment: string;
  readonly observationSize: number;
  readonly actionSize: number;
  /** The info columns to keep, as far as they are known. */
  readonly infos: readonly InfoName[];
}

type Float = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

function join<T extends Float>(columns: readonly T[]): T {
  const size = columns.reduce((sum, { length }) => sum + length, 0);
  const joined = new (columns[0].constructor as new (length: number) => T)(size);
  let offset = 0;
  for (const column of columns) {
    joined.set(column, offset);
    offset += column.length;
  }
  return joined;
}

/** Episodes one after the other as a set in single precision; physics states keep their double precision. */
export function layOut(
  played: readonly PlayedEpisode[],
  facts: LayoutFacts,
): Transitions<Float32Array<ArrayBuffer>> {
  const size = played.reduce((sum, { trajectory }) => sum + trajectory.length, 0);
  const column = (of: (episode: PlayedEpisode) => Float32Array): Float32Array<ArrayBuffer> =>
    join(played.map((episode) => of(episode) as Float32Array<ArrayBuffer>));
  const terminals = new Uint8Array(size);
  const timeouts = new Uint8Array(size);
  const episodes: Episode[] = [];
  let start = 0;
  for (const { trajectory, seed } of played) {
    const { length, terminated, truncated } = trajectory;
    const end = start + length;
    episodes.push({ start, end, terminated, truncated, ...(seed !== undefined && { seed }) });
    terminals[end - 1] = Number(terminated);
    timeouts[end - 1] = Number(truncated);
    start = end;
  }
  const { infos, ...sizes } = facts;
  return {
    ...sizes,
    size,
    observations: column(({ trajectory }) => trajectory.observations),
    actions: column(({ trajectory }) => trajectory.actions),
    rewards: column(({ trajectory }) => trajectory.rewards),
    nextObservations: column(({ trajectory }) => trajectory.nextObservations),
    terminals,
    timeouts,
    infos: Object.fromEntries(infos.flatMap((name) => infoColumn(name, played, size))),
    episodes,
    metadata: {},
  };
}

function infoColumn(name: InfoName, played: readonly PlayedEpisode[], size: number): [string, InfoColumn][] {
  const of = ({ trajectory, logProbs }: PlayedEpisode) =>
    name === "action_log_probs" ? logProbs : trajectory[name];
  const columns = played.map(of).filter((column) => column !== undefined) as Float[];
  if (columns.length < played.length) return [];
  const values = join(columns);
  return [[name, { rowShape: name === "action_log_probs" ? [] : [values.length / size], values }]];
}

/** The first `length` steps of an episode; the data then end within it. */
export function cut({ trajectory, logProbs, ...rest }: PlayedEpisode, length: number): PlayedEpisode {
  if (length >= trajectory.length) return { trajectory, ...(logProbs && { logProbs }), ...rest };
  const rows = <T extends Float32Array | Float64Array>(values: T): T =>
    values.slice(0, (values.length / trajectory.length) * length) as T;
  return {
    ...rest,
    ...(logProbs && { logProbs: rows(logProbs) }),
    trajectory: {
      ...trajectory,
      length,
      observations: rows(trajectory.observations),
      actions: rows(trajectory.actions),
      nextObservations: rows(trajectory.nextObservations),
      rewards: rows(trajectory.rewards),
      terminated: false,
      truncated: false,
      lengthUntilTermination: length,
      return: rows(trajectory.rewards).reduce((sum, reward) => sum + reward, 0),
      ...(trajectory.qpos && { qpos: rows(trajectory.qpos) }),
      ...(trajectory.qvel && { qvel: rows(trajectory.qvel) }),
    },
  };
}
