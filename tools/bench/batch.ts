import { makeBatch } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { measure } from "./timing.ts";

/** Environment steps per second of all members together, resets included. */
export interface BatchScaling {
  readonly oneWorker: number;
  readonly twoWorkers: number;
  /** twoWorkers / oneWorker: 2 is the ideal, and two idle cores are needed to come near it. */
  readonly speedup: number;
}

/** Members of a measured batch: with few, waking the threads up takes as long as their steps. */
const SIZE = 64;

/** How a batch's rate grows from one worker thread to two, under random actions. */
export async function batchScaling(id: string, seconds: number): Promise<BatchScaling> {
  const oneWorker = await batchRate(id, 1, seconds / 2);
  const twoWorkers = await batchRate(id, 2, seconds / 2);
  return { oneWorker, twoWorkers, speedup: twoWorkers / oneWorker };
}

async function batchRate(id: string, workers: number, seconds: number): Promise<number> {
  const batch = await makeBatch(id, { size: SIZE, workers });
  try {
    const { low, high } = batch.actionSpace;
    const random = createRandom(4);
    const actions = Array.from({ length: 64 }, () =>
      Float64Array.from({ length: SIZE * low.length }, (_, k) => {
        const j = k % low.length;
        return low[j] + (high[j] - low[j]) * random.uniform();
      }),
    );
    let steps = 0;
    const { median } = await measure(() => batch.step(actions[steps++ % actions.length]), SIZE, { seconds });
    return median;
  } finally {
    batch.close();
  }
}
