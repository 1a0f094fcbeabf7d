/** Rows [start, end) of a {@link TransitionSet}: consecutive steps of one trajectory. */
export interface Episode {
  readonly start: number;
  readonly end: number;
  /** The last step ended in a terminal state. */
  readonly terminated: boolean;
  /** The last step reached a time limit. When neither holds, the data end within the episode. */
  readonly truncated: boolean;
}

/** Steps of one environment in time order. N = `size` rows; all arrays are row-major. */
export interface TransitionSet {
  /** The environment's id, where it is known: "Hopper-v5". */
  readonly environment?: string;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly size: number;
  /** [N, observationSize] */
  readonly observations: Float32Array;
  /** [N, actionSize] */
  readonly actions: Float32Array;
  /** [N] */
  readonly rewards: Float32Array;
  /** [N, observationSize]: the true next state, at the end of an episode too. */
  readonly nextObservations: Float32Array;
  /**
   * [N]: 1 where `nextObservations` is not known and repeats the observation; only ever terminal rows, whose next state
   * no bootstrap uses. World models and rewards of s′ must leave these rows out. Absent when all are known.
   */
  readonly unknownNextObservations?: Uint8Array;
  /** [N]: 1 where the step terminated. */
  readonly terminals: Uint8Array;
  /** [N]: 1 where the step reached a time limit. */
  readonly timeouts: Uint8Array;
  /** [N, nq] and [N, nv]: the physics state before the action. */
  readonly qpos?: Float32Array | Float64Array;
  readonly qvel?: Float32Array | Float64Array;
  readonly episodes: readonly Episode[];
  readonly metadata: Readonly<Record<string, string | number>>;
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
export function episodeReturns(set: Pick<TransitionSet, "rewards" | "episodes">): Float64Array {
  return Float64Array.from(set.episodes, ({ start, end }) => {
    let total = 0;
    for (let row = start; row < end; row++) total += set.rewards[row];
    return total;
  });
}
