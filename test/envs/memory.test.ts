import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { HOPPER_MJCF } from "../../envs/hopper/model.ts";
import { listEnvironments, make, type Environment } from "../../envs/index.ts";
import { createLocomotion } from "../../envs/locomotion.ts";
import { simulate } from "../../envs/mujoco.ts";
import { createRandom } from "../../src/random/index.ts";
import { ball, ballSpec } from "./ball.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that JavaScript holds on to: objects and array memory. */
async function held(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    // The memory of collected arrays is given back by another thread, a little later.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Everything that programs do over and over: steps, resets, states read, set, saved and restored. */
function work(environment: Environment, steps: number, seed: number): void {
  const random = createRandom(seed);
  const action = new Float64Array(environment.spec.actionSize);
  const { low, high } = environment.actionSpace;
  environment.reset({ seed });
  let saved = environment.save();
  for (let i = 0; i < steps; i++) {
    for (let k = 0; k < action.length; k++) action[k] = low[k] + (high[k] - low[k]) * random.uniform();
    const { terminated, truncated } = environment.step(action);
    if (i % 50 === 0) saved = environment.save();
    if (i % 50 === 20) environment.restore(saved);
    if (i % 50 === 30) environment.setState(environment.qpos, environment.qvel);
    if (terminated || truncated || i % 50 === 40) environment.reset();
  }
}

/** MuJoCo's heap as a simulation that does nothing sees it. */
async function watchHeap(): Promise<{ bytes(): number; fill(): Promise<void>; close(): void }> {
  const open = [await simulate(HOPPER_MJCF)];
  const bytes = (): number => open[0].fields().qpos.buffer.byteLength;
  return {
    bytes,
    /**
     * Leaves less than 2 MB to the heap's end, so that 20 bytes lost per step make it grow in 100,000 steps. Compiling
     * a model takes more than 1 MB for a while: a heap filled further would grow by that.
     */
    async fill() {
      do open.push(await simulate(HOPPER_MJCF));
      while (bytes() - open.at(-1)!.fields().qpos.byteOffset > 2_000_000);
    },
    close: () => open.forEach((simulation) => simulation.close()),
  };
}

describe.each(listEnvironments().map(({ id }) => id))("%s", (id) => {
  it("holds on to nothing that a step, a reset or a saved state made", async () => {
    const environment = await make(id);
    work(environment, 1000, 0);
    // Caches and compiled code grow in some stretches, a leak in every one.
    const growth: number[] = [];
    let before = await held();
    for (let stretch = 1; stretch <= 4; stretch++) {
      work(environment, 1000, stretch);
      const after = await held();
      growth.push(after - before);
      before = after;
    }
    // The smallest array takes more than 100 bytes; a step makes several.
    expect(Math.min(...growth)).toBeLessThan(20 * 1000);
    environment.close();
  });

  it("gives back what it held on close", async () => {
    const heap = await watchHeap();
    const openAndClose = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) (await make(id)).close();
    };
    await openAndClose(3);
    const bytes = heap.bytes();
    await openAndClose(100);
    expect(heap.bytes()).toBe(bytes);
    heap.close();
  });
});

/**
 * Only the adapter can lose MuJoCo's memory, and it does the same for all robots, which get to see nothing but views of
 * it. So the 100,000 steps are made where steps are short: with the two kinds of integrator, and with contact forces.
 */
describe.each([
  ["HalfCheetah-v5", () => make("HalfCheetah-v5")],
  ["Hopper-v5", () => make("Hopper-v5")],
  ["a ball with contact forces", () => createLocomotion(ballSpec, ball)],
])("MuJoCo's memory under %s", (_, create) => {
  it("does not grow over 100,000 steps", async () => {
    const heap = await watchHeap();
    const environment = await create();
    await heap.fill();
    const bytes = heap.bytes();
    work(environment, 100_000, 1);
    expect(heap.bytes()).toBe(bytes);
    environment.close();
    heap.close();
  });
});
