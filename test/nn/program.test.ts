import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/random/index.ts";
import { adam, momentLayouts } from "../../src/nn/adam.ts";
import type { Executor } from "../../src/nn/executor.ts";
import { mlp } from "../../src/nn/network.ts";
import * as op from "../../src/nn/operations.ts";
import { onnxExecutor } from "../../src/nn/onnx/executor.ts";
import { compile } from "../../src/nn/program.ts";
import type { Tensor } from "../../src/nn/tensor.ts";
import { tfjsExecutor } from "../../src/nn/tfjs/executor.ts";
import { gradientVector, layoutOf, polyak } from "../../src/nn/vector.ts";
import { expectClose } from "./graphs.ts";

// 128·128 weights have a chunk of their own: the state is several tensors, some of them read after their replacement
const network = mlp({ inputs: 6, hidden: [128, 128], outputs: 2, activation: "relu" });
const ROWS = 16;
const UPDATES = 10;

async function regression(updatesPerRun: number, executor: Executor = onnxExecutor) {
  const optimizer = adam({ learningRate: (update) => 1e-2 / (1 + update) });
  const program = await compile(
    {
      name: "regression",
      updatesPerRun,
      state: { theta: network.layout, ...momentLayouts("theta", network.layout), average: network.layout },
      batch: { x: [ROWS, 6], y: [ROWS, 2] },
      optimizers: { optimizer },
      update({ state, batch, optimizer: coefficients }) {
        const [prediction] = network.apply(state.theta, batch.x);
        const loss = op.mean(op.square(op.sub(prediction, batch.y)));
        const moments = { first: state["theta.m"], second: state["theta.v"] };
        const step = optimizer.step(state.theta, gradientVector(loss, state.theta), moments, coefficients.optimizer);
        return {
          state: {
            theta: step.theta,
            "theta.m": step.moments.first,
            "theta.v": step.moments.second,
            // reads the parameters of before the step, after the step has been computed
            average: polyak(state.average, state.theta, 0.9),
          },
          outputs: { loss, prediction },
        };
      },
    },
    executor,
  );
  const start = network.initialize(createRandom(1));
  program.setState("theta", start);
  program.setState("average", start);
  return program;
}

type Regression = Awaited<ReturnType<typeof regression>>;

/** Fills the batches of the updates that come next; every update has its own. */
async function makeUpdates(program: Regression, count: number): Promise<void> {
  for (let done = 0; done < count; done += program.updatesPerRun) {
    program.batches.forEach((batch, k) => {
      const random = createRandom(program.updates + k);
      random.fillUniform(batch.x, -1, 1);
      random.fillUniform(batch.y, -1, 1);
    });
    await program.run();
  }
}

const names = ["theta", "theta.m", "theta.v", "average"] as const;
const stateOf = (program: Regression): number[][] => names.map((name) => program.state(name).flatMap((chunk) => [...chunk]));

describe("updates", () => {
  it.each([2, 5, 10])("%i in a run leave exactly the state that as many runs of one leave", async (updatesPerRun) => {
    const one = await regression(1);
    const many = await regression(updatesPerRun);
    await makeUpdates(one, UPDATES);
    await makeUpdates(many, UPDATES);
    expect(many.updates).toBe(UPDATES);
    expect(stateOf(many)).toEqual(stateOf(one));
    await Promise.all([one.dispose(), many.dispose()]);
  });

  it("read the state of before the run, also with one tensor per matrix: the interpreter agrees", async () => {
    expect(network.layout.chunks.length).toBeGreaterThan(1);
    const fast = await regression(1);
    const slow = await regression(1, tfjsExecutor());
    await makeUpdates(fast, UPDATES);
    await makeUpdates(slow, UPDATES);
    const expected = stateOf(slow);
    stateOf(fast).forEach((values, i) => expectClose(values, expected[i], { relative: 1e-4, absolute: 1e-5 }, names[i]));
    await Promise.all([fast.dispose(), slow.dispose()]);
  });

  it("continue from a snapshot as if nothing had been in between", async () => {
    const straight = await regression(1);
    await makeUpdates(straight, UPDATES);
    const first = await regression(1);
    await makeUpdates(first, 5);
    const saved = structuredClone(first.snapshot());
    const second = await regression(5);
    await makeUpdates(second, 5);
    second.restore(saved);
    expect(second.updates).toBe(5);
    await makeUpdates(second, 5);
    expect(stateOf(second)).toEqual(stateOf(straight));
    expect(() => second.restore({ arrays: { ...saved.arrays, "theta#0": new Float32Array(3) }, values: saved.values })).toThrow(
      /^regression: the saved state has 3 numbers for "theta#0", needed are \d+$/,
    );
    await Promise.all([straight, first, second].map((program) => program.dispose()));
  });

  it("keep a state that they do not replace, and give back outputs that are inputs or constants", async () => {
    const layout = layoutOf({ value: [3] });
    for (const executor of [onnxExecutor, tfjsExecutor()]) {
      const program = await compile(
        {
          name: "identity",
          state: { kept: layout, replaced: layout },
          context: { offset: layout },
          batch: { x: [1, 3] },
          update: ({ state, context, batch }) => ({
            state: { replaced: { layout, chunks: [op.add(batch.x, context.offset.chunks[0])] } },
            outputs: { x: batch.x, again: batch.x, seven: op.constant(7, [2]), stopped: op.stopGradient(state.kept.chunks[0]) },
          }),
        },
        executor,
      );
      program.setState("kept", [Float32Array.of(1, 2, 3)]);
      for (let run = 1; run <= 3; run++) {
        program.batches[0].x.fill(run);
        const outputs = await program.run({ offset: [Float32Array.of(0, 10, 20)] });
        expect(Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, [...values]]))).toEqual({
          x: [run, run, run],
          again: [run, run, run],
          seven: [7, 7],
          stopped: [1, 2, 3],
        });
        expect([...program.state("kept")[0]]).toEqual([1, 2, 3]);
        expect([...program.state("replaced")[0]]).toEqual([run, run + 10, run + 20]);
      }
      await program.dispose();
    }
  });
});

describe("mistakes", () => {
  const layout = layoutOf({ value: [2] });

  it("a state that is not declared", async () => {
    const build = compile({
      name: "reward update",
      state: { theta: layout },
      batch: {},
      update: ({ state }) => ({ state: { theta: state.theta, thetta: state.theta }, outputs: {} }),
    });
    await expect(build).rejects.toThrow(new Error('reward update: the update returns state "thetta", which is not declared'));
  });

  it("a state of another shape", async () => {
    const build = compile({
      name: "reward update",
      state: { theta: layout },
      batch: { x: [3, 2] },
      update: ({ state, batch }) => ({
        state: { theta: { layout, chunks: [op.add(batch.x, state.theta.chunks[0])] } },
        outputs: {},
      }),
    });
    await expect(build).rejects.toThrow(/^reward update: state "theta" has shape \[1,2\], the update returns add \[3,2\]$/);
  });

  it("a tensor from elsewhere", async () => {
    const build = compile({
      name: "reward update",
      state: { theta: layout },
      batch: {},
      update: ({ state }) => ({ state: {}, outputs: { y: op.mul(state.theta.chunks[0], op.input("noise", [1, 2])) } }),
    });
    await expect(build).rejects.toThrow(new Error('the graph uses input "noise" [1,2], which is no input of it'));
  });

  it("a context that is missing or of another size", async () => {
    const program = await compile({
      name: "reward update",
      state: {},
      context: { theta: layout },
      batch: {},
      update: ({ context }) => ({ state: {}, outputs: { sum: op.sum(context.theta.chunks[0]) } }),
    });
    await expect(program.run({ theta: [new Float32Array(3)] })).rejects.toThrow(
      new Error('reward update: context "theta" needs 2 numbers in chunk 0, got 3'),
    );
    await expect(program.run()).rejects.toThrow(new Error('reward update: context "theta" needs 2 numbers in chunk 0, got none'));
    expect((await program.run({ theta: [Float32Array.of(1, 2)] })).sum[0]).toBe(3);
    await program.dispose();
  });
});

describe("a value that is not finite", () => {
  const layout = layoutOf({ total: [1] });
  const accumulating = (name: string, f: (x: Tensor) => Tensor, executor?: Executor) =>
    compile(
      {
        name,
        state: { total: layout },
        batch: { x: [1, 1] },
        update({ state, batch }) {
          const y = f(batch.x);
          return { state: { total: { layout, chunks: [op.add(state.total.chunks[0], y)] } }, outputs: { loss: op.mul(y, 2) } };
        },
      },
      executor,
    );

  it.each([
    ["sqrt", (x: Tensor) => op.sqrt(op.sub(x, 3)), 1, 'root: "loss" is not finite; the first such value is in sqrt [1,1] of sub [1,1] in [-2, -2]'],
    ["log", (x: Tensor) => op.exp(op.neg(op.log(x))), 0, 'root: "loss" is not finite; the first such value is in log [1,1] of input "x@0" [1,1] in [0, 0]'],
    ["div", (x: Tensor) => op.div(1, op.sub(x, 2)), 2, 'root: "loss" is not finite; the first such value is in div [1,1] of constant [] and sub [1,1] in [0, 0]'],
    ["overflow", (x: Tensor) => op.exp(op.mul(x, 20)), 5, 'root: "loss" is not finite; the first such value is in exp [1,1] of mul [1,1] in [100, 100]'],
    ["its input", (x: Tensor) => op.tanh(x), NaN, 'root: "loss" is not finite; the input "x@0" already holds a value that is not finite'],
  ])("is traced to where it came from: %s", async (_, f, bad, message) => {
    for (const executor of [onnxExecutor, tfjsExecutor()]) {
      const program = await accumulating("root", f, executor);
      program.batches[0].x[0] = 4;
      await program.run();
      const before = program.state("total")[0][0];
      program.batches[0].x[0] = bad;
      await expect(program.run()).rejects.toThrow(new Error(message));
      // nothing happened: the state and the count of updates are those of before, and the next good batch goes on from there
      expect(program.state("total")[0][0]).toBe(before);
      expect(program.updates).toBe(1);
      program.batches[0].x[0] = 4;
      await program.run();
      expect(program.state("total")[0][0]).toBe(Math.fround(2 * before));
      expect(program.updates).toBe(2);
      await program.dispose();
    }
  });

  it("in the state is kept out of snapshots, where the outputs did not show it", async () => {
    const program = await compile({
      name: "root",
      state: { total: layout },
      batch: { x: [1, 1] },
      update: ({ batch }) => ({ state: { total: { layout, chunks: [op.sqrt(batch.x)] } }, outputs: { loss: batch.x } }),
    });
    program.batches[0].x[0] = -1;
    await program.run();
    expect(() => program.snapshot()).toThrow(new Error('root: the state "total#0" holds a value that is not finite'));
    expect(() => {
      program.setState("total", [Float32Array.of(1, 2)]);
    }).toThrow('root: state "total" needs 1 numbers in chunk 0, got 2');
    await program.dispose();
  });

  it("carries the name that the tensor was given", async () => {
    const critic = mlp({ inputs: 1, hidden: [], outputs: 1, name: "critic" });
    const program = await compile({
      name: "update",
      state: { theta: critic.layout },
      batch: { x: [4, 1] },
      update: ({ state, batch }) => ({ state: {}, outputs: { loss: op.mean(critic.apply(state.theta, batch.x)[0]) } }),
    });
    program.setState("theta", [Float32Array.of(1e30, 0)]);
    program.batches[0].x.set([1, 2, 3, 1e20]);
    await expect(program.run()).rejects.toThrow(/^update: "loss" is not finite; the first such value is in (matmul|add "critic layer 0") \[4,1\] of /);
    await program.dispose();
  });
});

describe("memory", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  it.each([
    ["onnx", onnxExecutor, 2000],
    ["tfjs", tfjsExecutor(), 200],
  ] as const)("does not grow with the number of runs on %s", async (_, executor, runs) => {
    const program = await regression(1, executor);
    await makeUpdates(program, 100);
    const used = async () => {
      // the memory of collected arrays is given back by another thread, a little later
      for (let i = 0; i < 5; i++) {
        collect();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
      return { heap: heapUsed + arrayBuffers, rss, tensors: tf.memory().numTensors };
    };
    // a leak shows in every stretch of runs; caches and the collector's own pace in some
    const heap: number[] = [];
    const rss: number[] = [];
    let last = await used();
    const { tensors } = last;
    for (let stretch = 0; stretch < 4; stretch++) {
      for (let i = 0; i < runs / 4; i++) await program.run();
      const now = await used();
      heap.push(now.heap - last.heap);
      rss.push(now.rss - last.rss);
      last = now;
    }
    expect(last.tensors).toBe(tensors);
    // a stretch allocates some 15 MB on tfjs, and wrappers on onnx
    expect(Math.min(...heap)).toBeLessThan(5e5);
    expect(Math.min(...rss)).toBeLessThan(10e6);
    await program.dispose();
  });
});
