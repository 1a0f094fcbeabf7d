import { afterEach, describe, expect, it, vi } from "vitest";
import { measure } from "../../tools/bench/timing.ts";

/** Work that takes exactly the given milliseconds, call by call; the last duration holds for all further calls. */
function scripted(durations: readonly number[]): () => void {
  let clock = 0;
  let call = 0;
  vi.spyOn(performance, "now").mockImplementation(() => clock);
  return () => {
    clock += durations[Math.min(call++, durations.length - 1)];
  };
}

describe("measure", () => {
  afterEach(() => vi.restoreAllMocks());

  it("gives the rate of even work exactly, in units and not in calls", async () => {
    expect(await measure(scripted([125]), 5, { seconds: 7 })).toEqual({ median: 40, min: 40, max: 40 });
  });

  it("counts neither the first call nor a slow start", async () => {
    // 900 ms to compile, then 40, 20, 20 ms while caches fill, then 10 ms; the warm-up lasts 0.7 / 5 s.
    const timing = await measure(scripted([900, 40, 20, 20, 10]), 1, { seconds: 0.7 });
    expect(timing).toEqual({ median: 100, min: 100, max: 100 });
  });

  it("takes the median over repetitions, so that one disturbed repetition does not move it", async () => {
    // Warm-up: first call, then batches of 1 and 2 calls fill 0.6 / 5 s. Then 3 repetitions of 4 calls of 50 ms each.
    const work = scripted([50, 50, 50, 50, 50, 50, 50, 50, 650, 50, 50, 50, 25]);
    const timing = await measure(work, 1, { seconds: 0.6, repetitions: 3 });
    expect(timing.min).toBeCloseTo(4 / 0.8, 10);
    expect(timing.median).toBeCloseTo(20, 10);
    expect(timing.max).toBeCloseTo(40, 10);
  });

  it("averages the middle two of an even number of repetitions", async () => {
    const timing = await measure(scripted([100, 100, 100, 50]), 1, { seconds: 0.2, repetitions: 2 });
    expect(timing).toEqual({ median: 15, min: 10, max: 20 });
  });

  it("waits for asynchronous work", async () => {
    let running = 0;
    let overlapped = false;
    const work = async (): Promise<void> => {
      overlapped ||= running > 0;
      running++;
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    };
    const timing = await measure(work, 1, { seconds: 0.1 });
    expect(overlapped).toBe(false);
    expect(timing.max).toBeLessThan(600);
  });

  it("passes on a failure of the work", async () => {
    await expect(measure(() => Promise.reject(new Error("diverged")), 1, { seconds: 1 })).rejects.toThrow(
      "diverged",
    );
  });

  it("rejects measurements that cannot be made", async () => {
    await expect(measure(() => undefined, 1, { seconds: 0 })).rejects.toThrow(RangeError);
    await expect(measure(() => undefined, 1, { seconds: 1, repetitions: 0 })).rejects.toThrow(RangeError);
  });
});
