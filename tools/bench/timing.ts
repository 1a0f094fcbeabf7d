/** Units per second: median, slowest and fastest of the repetitions. */
export interface Timing {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface TimingOptions {
  /** Measuring time of all repetitions together; the warm-up comes on top (about a fifth). */
  readonly seconds: number;
  readonly repetitions?: number;
}

/**
 * Measures how many units of work per second `fn` does. All repetitions make the same number of calls, chosen in a
 * warm-up; the first call, which may compile or allocate, counts in neither.
 * @param unitsPerCall how many units (updates, steps, actions) one call of `fn` does
 */
export async function measure(
  fn: () => unknown,
  unitsPerCall: number,
  { seconds, repetitions = 7 }: TimingOptions,
): Promise<Timing> {
  if (!(seconds > 0 && unitsPerCall > 0 && Number.isInteger(repetitions) && repetitions > 0)) {
    throw new RangeError(
      `cannot measure ${repetitions} repetitions in ${seconds} s with ${unitsPerCall} units per call`,
    );
  }
  await fn();
  const callSeconds = await warmUp(fn, seconds / 5);
  const calls = Math.max(1, Math.round(seconds / repetitions / callSeconds));
  const rates: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    rates.push((calls * unitsPerCall) / (await secondsOf(fn, calls)));
  }
  rates.sort((a, b) => a - b);
  const middle = Math.floor(repetitions / 2);
  const median = repetitions % 2 === 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2;
  return { median, min: rates[0], max: rates[repetitions - 1] };
}

/** Calls `fn` for the given time, in doubling batches, and returns the seconds per call of the last batch. */
async function warmUp(fn: () => unknown, seconds: number): Promise<number> {
  let elapsed = 0;
  for (let calls = 1; ; calls *= 2) {
    const batch = await secondsOf(fn, calls);
    elapsed += batch;
    if (elapsed >= seconds) return batch / calls;
  }
}

async function secondsOf(fn: () => unknown, calls: number): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    const result = fn();
    // Awaiting every call would charge a synchronous function of a few microseconds for a turn of the microtask queue.
    if (result instanceof Promise) await result;
  }
  return (performance.now() - start) / 1000;
}
