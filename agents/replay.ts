import type { Random } from "../src/random/index.ts";
import type { Checkpointable, Snapshot } from "../src/runs/snapshot.ts";

/** One transition (s, a, r, s′, terminated), and the step of its episode at which it happened. */
export interface Transition {
  readonly observation: ArrayLike<number>;
  readonly action: ArrayLike<number>;
  readonly reward: number;
  readonly nextObservation: ArrayLike<number>;
  readonly terminated: boolean;
  readonly time: number;
}

/** Where a sampled minibatch goes: row-major arrays of `batch` rows. */
export interface Minibatch {
  readonly observation: Float32Array;
  readonly action: Float32Array;
  readonly reward: Float32Array;
  readonly nextObservation: Float32Array;
  readonly terminated: Float32Array;
}

/** Rows [start, end) of a minibatch, as views. */
export function minibatchRows(batch: Minibatch, start: number, end: number): Minibatch {
  const rows = batch.reward.length;
  const part = (array: Float32Array): Float32Array => array.subarray((start * array.length) / rows, (end * array.length) / rows);
  return {
    observation: part(batch.observation),
    action: part(batch.action),
    reward: part(batch.reward),
    nextObservation: part(batch.nextObservation),
    terminated: part(batch.terminated),
  };
}

/** Where minibatches are drawn from. */
export interface TransitionSource {
  /** Fills a minibatch with rows drawn uniformly with replacement. */
  sample(random: Random, batch: Minibatch): void;
}

/** Consecutive transitions, oldest first. */
export interface Experience {
  /** [N, O] */
  readonly observations: Float32Array;
  /** [N, A] */
  readonly actions: Float32Array;
  /** [N]: the step of its episode at which each happened */
  readonly times: Float32Array;
  /** the episodes that terminated among them: the row of the last step, and the whole episode's length */
  readonly endings: readonly { readonly row: number; readonly length: number }[];
}

/** The newest transitions up to a capacity. A reward that is learned is not in it: it is computed when a batch is used. */
export interface Replay extends Checkpointable, TransitionSource {
  readonly size: number;
  push(transition: Transition): void;
  /** The last `count` transitions, oldest first, in new arrays. */
  recent(count: number): Experience;
}

/** One row per transition, so that drawing one touches one place in memory: s, a, s′, r, terminated, time. */
function rowLayout(observationSize: number, actionSize: number) {
  const actionAt = observationSize;
  const nextAt = actionAt + actionSize;
  const rewardAt = nextAt + observationSize;
  return {
    actionAt,
    nextAt,
    rewardAt,
    terminatedAt: rewardAt + 1,
    timeAt: rewardAt + 2,
    width: rewardAt + 3,
  };
}

export function createReplay(capacity: number, observationSize: number, actionSize: number): Replay {
  const { actionAt, nextAt, rewardAt, terminatedAt, timeAt, width } = rowLayout(observationSize, actionSize);
  let rows = new Float32Array(Math.min(capacity, 1 << 14) * width);
  let size = 0;
  let head = 0;
  let indices = new Int32Array(0);

  const reserve = (count: number): void => {
    if (count * width <= rows.length) return;
    const larger = new Float32Array(Math.min(capacity, Math.max(count, (2 * rows.length) / width)) * width);
    larger.set(rows);
    rows = larger;
  };

  return {
    get size() {
      return size;
    },
    push({ observation, action, reward, nextObservation, terminated, time }) {
      reserve(Math.min(capacity, size + 1));
      const row = head * width;
      rows.set(observation, row);
      rows.set(action, row + actionAt);
      rows.set(nextObservation, row + nextAt);
      rows[row + rewardAt] = reward;
      rows[row + terminatedAt] = terminated ? 1 : 0;
      rows[row + timeAt] = time;
      head = (head + 1) % capacity;
      size = Math.min(size + 1, capacity);
    },
    sample(random, batch) {
      const count = batch.reward.length;
      if (indices.length !== count) indices = new Int32Array(count);
      random.fillIntegers(indices, size);
      for (let i = 0; i < count; i++) {
        const row = indices[i] * width;
        for (let j = 0; j < observationSize; j++) batch.observation[i * observationSize + j] = rows[row + j];
        for (let j = 0; j < actionSize; j++) batch.action[i * actionSize + j] = rows[row + actionAt + j];
        for (let j = 0; j < observationSize; j++) batch.nextObservation[i * observationSize + j] = rows[row + nextAt + j];
        batch.reward[i] = rows[row + rewardAt];
        batch.terminated[i] = rows[row + terminatedAt];
      }
    },
    recent(count) {
      const taken = Math.min(count, size);
      const observations = new Float32Array(taken * observationSize);
      const actions = new Float32Array(taken * actionSize);
      const times = new Float32Array(taken);
      const endings: { row: number; length: number }[] = [];
      for (let i = 0; i < taken; i++) {
        const row = ((head - taken + i + capacity) % capacity) * width;
        observations.set(rows.subarray(row, row + observationSize), i * observationSize);
        actions.set(rows.subarray(row + actionAt, row + nextAt), i * actionSize);
        times[i] = rows[row + timeAt];
        if (rows[row + terminatedAt] === 1) endings.push({ row: i, length: times[i] + 1 });
      }
      return { observations, actions, times, endings };
    },
    snapshot: () => ({ arrays: { rows: rows.subarray(0, size * width) }, values: { size, head } }),
    restore({ arrays, values }) {
      size = Number(values.size);
      head = Number(values.head);
      reserve(size);
      rows.set(arrays.rows);
    },
  };
}

/** Transitions of a replay that was saved, N of them, oldest first. */
export interface SavedTransitions {
  readonly size: number;
  /** [N, O] */
  readonly observations: Float32Array<ArrayBuffer>;
  /** [N, A] */
  readonly actions: Float32Array<ArrayBuffer>;
  /** [N] */
  readonly rewards: Float32Array<ArrayBuffer>;
  /** [N, O] */
  readonly nextObservations: Float32Array<ArrayBuffer>;
  /** [N] */
  readonly terminals: Uint8Array<ArrayBuffer>;
  /** [N]: the step of its episode at which each happened */
  readonly times: Int32Array<ArrayBuffer>;
}

/**
 * The first `count` transitions of a replay that has seen `pushed` of them, from its snapshot.
 * @throws RangeError when the snapshot does not hold them, or is of other sizes
 */
export function savedTransitions(
  { arrays, values }: Snapshot,
  { observationSize, actionSize }: { readonly observationSize: number; readonly actionSize: number },
  pushed: number,
  count: number,
): SavedTransitions {
  const { actionAt, nextAt, rewardAt, terminatedAt, timeAt, width } = rowLayout(observationSize, actionSize);
  const { rows } = arrays;
  const size = Number(values.size);
  if (rows.length !== size * width)
    throw new RangeError(`the replay has ${rows.length} numbers, ${size} rows of ${width} were expected`);
  if (size !== pushed) throw new RangeError(`the replay holds the last ${size} of ${pushed} transitions`);
  if (count > size) throw new RangeError(`the replay holds ${size} transitions, fewer than ${count}`);
  const column = (at: number, columns: number): Float32Array<ArrayBuffer> => {
    const cut = new Float32Array(count * columns);
    for (let i = 0; i < count; i++) cut.set(rows.subarray(i * width + at, i * width + at + columns), i * columns);
    return cut;
  };
  return {
    size: count,
    observations: column(0, observationSize),
    actions: column(actionAt, actionSize),
    rewards: column(rewardAt, 1),
    nextObservations: column(nextAt, observationSize),
    terminals: Uint8Array.from(column(terminatedAt, 1)),
    times: Int32Array.from(column(timeAt, 1)),
  };
}
