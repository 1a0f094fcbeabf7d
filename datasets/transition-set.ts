/** Rows [start, end) of a {@link TransitionSet}: consecutive steps of one trajectory. */
export interface Episode {
  readonly start: number;
  readonly end: number;
  /** The last step ended in a terminal state. */
  readonly terminated: boolean;
  /** The last step reached a time limit. When neither holds, the data end within the episode. */
  readonly truncated: boolean;
  /** The seed that the environment was reset with, where it is known. */
  readonly seed?: number;
}

export type Floats = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Values per transition beyond the transition itself, such as the physics state before the action. */
export interface InfoColumn {
  /** Shape of one row's values: `[6]` for qpos of the hopper, `[]` for a number. */
  readonly rowShape: readonly number[];
  /** [N, ...rowShape], bool as 0 and 1. */
  readonly values: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
}

/** An array that belongs to a whole set, such as the weights of the policy that made it. */
export interface MetadataArray {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Int32Array | BigInt64Array;
}

/** By path: `seed`, `policy/fc0/weight`. */
export type Metadata = Readonly<Record<string, string | number | MetadataArray>>;

/**
 * Steps of one environment in time order, in any precision. N = `size` rows; all arrays are row-major. Every episode but
 * the last ends in a row with `terminals` or `timeouts` set, so the flags tell where episodes begin.
 */
export interface Transitions<F extends Float32Array | Float64Array = Float32Array | Float64Array> {
  /** The environment's id, where it is known: "Hopper-v5". */
  readonly environment?: string;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly size: number;
  /** [N, observationSize] */
  readonly observations: F;
  /** [N, actionSize] */
  readonly actions: F;
  /** [N] */
  readonly rewards: F;
  /** [N, observationSize]: the true next state, at the end of an episode too. */
  readonly nextObservations: F;
  /**
   * [N]: 1 where `nextObservations` is not known and repeats the observation; only ever terminal rows, whose next state
   * no bootstrap uses. World models and rewards of s′ must leave these rows out. Absent when all are known.
   */
  readonly unknownNextObservations?: Uint8Array;
  /** [N]: 1 where the step terminated. */
  readonly terminals: Uint8Array;
  /** [N]: 1 where the step reached a time limit. */
  readonly timeouts: Uint8Array;
  /** By name: `qpos` and `qvel` are the physics state before the action. */
  readonly infos: Readonly<Record<string, InfoColumn>>;
  readonly episodes: readonly Episode[];
  readonly metadata: Metadata;
  /** What the `metadata.json` of a Minari dataset says beyond the set's own facts. */
  readonly minari?: Readonly<Record<string, unknown>>;
}

/** Transitions in single precision, as networks take them. */
export type TransitionSet = Transitions<Float32Array>;

/** Steps of one episode, T = `length`; the arrays are views of a set's. */
export interface Trajectory {
  readonly length: number;
  /** [T, observationSize] */
  readonly observations: Float32Array;
  /** [T, actionSize] */
  readonly actions: Float32Array;
  /** [T, observationSize] */
  readonly nextObservations: Float32Array;
  /** [T]: as a set's; absent when all are known. */
  readonly unknownNextObservations?: Uint8Array;
  /** [T] */
  readonly rewards: Float32Array;
  readonly terminated: boolean;
  readonly truncated: boolean;
}

/** Episodes as the flags delimit them; rows after the last flag are an episode that neither terminated nor timed out. */
export function splitEpisodes(terminals: Uint8Array, timeouts: Uint8Array): Episode[] {
  const episodes: Episode[] = [];
  let start = 0;
  for (let row = 0; row < terminals.length; row++) {
    const terminated = terminals[row] === 1;
    const truncated = timeouts[row] === 1;
    if (!terminated && !truncated && row < terminals.length - 1) continue;
    episodes.push({ start, end: row + 1, terminated, truncated });
    start = row + 1;
  }
  return episodes;
}

/** The undiscounted sum of rewards of each episode, accumulated in double precision. */
export function episodeReturns(set: Pick<Transitions, "rewards" | "episodes">): Float64Array {
  return Float64Array.from(set.episodes, ({ start, end }) => {
    let total = 0;
    for (let row = start; row < end; row++) total += set.rewards[row];
    return total;
  });
}

/** The episodes one after the other, without copying their rows. */
export function* trajectories(set: TransitionSet): Generator<Trajectory> {
  const { observationSize, actionSize } = set;
  for (const { start, end, terminated, truncated } of set.episodes) {
    yield {
      length: end - start,
      observations: set.observations.subarray(start * observationSize, end * observationSize),
      actions: set.actions.subarray(start * actionSize, end * actionSize),
      nextObservations: set.nextObservations.subarray(start * observationSize, end * observationSize),
      ...(set.unknownNextObservations && { unknownNextObservations: set.unknownNextObservations.subarray(start, end) }),
      rewards: set.rewards.subarray(start, end),
      terminated,
      truncated,
    };
  }
}

/** The rows whose next observation is known, in order: what world models and rewards of s′ learn from. */
export function rowsWithKnownNext(set: Pick<Transitions, "size" | "unknownNextObservations">): Uint32Array {
  const unknown = set.unknownNextObservations;
  const all = Uint32Array.from({ length: set.size }, (_, row) => row);
  return unknown === undefined ? all : all.filter((row) => unknown[row] === 0);
}

/** One trajectory as a set of its own. */
export function setOfTrajectory(
  { length, observations, actions, rewards, nextObservations, unknownNextObservations, terminated, truncated }: Trajectory,
  environment?: string,
): TransitionSet {
  return {
    ...(environment !== undefined && { environment }),
    observationSize: observations.length / length,
    actionSize: actions.length / length,
    size: length,
    observations,
    actions,
    rewards,
    nextObservations,
    ...(unknownNextObservations && { unknownNextObservations }),
    terminals: new Uint8Array(length).with(length - 1, terminated ? 1 : 0),
    timeouts: new Uint8Array(length).with(length - 1, truncated ? 1 : 0),
    infos: {},
    episodes: [{ start: 0, end: length, terminated, truncated }],
    metadata: {},
  };
}
