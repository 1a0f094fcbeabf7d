/** The lengths and names that the memory of a batch is laid out by. */
export interface BatchShape {
  readonly size: number;
  readonly observationSize: number;
  readonly actionSize: number;
  /** Terms of a step's info, and of a reset's. */
  readonly infoNames: readonly string[];
  readonly resetInfoNames: readonly string[];
}

/** What the members of a batch read and write, one row per member. N members, O and A sizes of observation and action. */
export interface BatchMemory {
  /** [N, A] */
  readonly actions: Float64Array;
  /** [N, O] */
  readonly observations: Float64Array;
  /** [N, O] */
  readonly nextObservations: Float64Array;
  /** [N] */
  readonly rewards: Float64Array;
  /** [N], 0 or 1 */
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** By name, [N] each. */
  readonly info: Readonly<Record<string, Float64Array>>;
  readonly resetInfo: Readonly<Record<string, Float64Array>>;
}

/** Zeroed memory that threads can share, large enough for {@link viewMemory}. */
export function allocateMemory(shape: BatchShape): SharedArrayBuffer {
  const { size, observationSize, actionSize, infoNames, resetInfoNames } = shape;
  const numbers = actionSize + 2 * observationSize + 1 + infoNames.length + resetInfoNames.length;
  return new SharedArrayBuffer(size * (8 * numbers + 2));
}

/** The arrays in a batch's memory; every thread makes its own views of the same buffer. */
export function viewMemory(shape: BatchShape, buffer: SharedArrayBuffer): BatchMemory {
  const { size, observationSize, actionSize } = shape;
  let offset = 0;
  const numbers = (width: number): Float64Array => {
    const array = new Float64Array(buffer, offset, size * width);
    offset += array.byteLength;
    return array;
  };
  const flags = (): Uint8Array => {
    const array = new Uint8Array(buffer, offset, size);
    offset += array.byteLength;
    return array;
  };
  const columns = (names: readonly string[]): Record<string, Float64Array> =>
    Object.fromEntries(names.map((name) => [name, numbers(1)]));
  // Numbers before flags keeps them aligned.
  return {
    actions: numbers(actionSize),
    observations: numbers(observationSize),
    nextObservations: numbers(observationSize),
    rewards: numbers(1),
    info: columns(shape.infoNames),
    resetInfo: columns(shape.resetInfoNames),
    terminated: flags(),
    truncated: flags(),
  };
}
