/* Worker threads run the built program: Node 20 cannot load TypeScript in them. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Worker } from "node:worker_threads";
import { afterAll, describe, expect, it } from "vitest";
import { listEnvironments } from "../../envs/index.ts";
import { describeBatch, mistake, trace, type MakeBatch } from "./batch-contract.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const built = pathToFileURL(join(root, "dist", "envs", "index.js")).href;
const { makeBatch } = (await import(built)) as { makeBatch: MakeBatch };

/** The threads that are started while `action` runs. */
async function threadsOf<T>(action: () => Promise<T>): Promise<{ result: T; threads: Worker[] }> {
  const threads: Worker[] = [];
  const onWorker = (worker: Worker) => threads.push(worker);
  process.on("worker", onWorker);
  try {
    return { result: await action(), threads };
  } finally {
    process.removeListener("worker", onWorker);
  }
}

/** Runs a module in a Node of its own, which has to end by itself. */
function run(code: string) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, signal, stdout: stdout.trim(), stderr };
}

/** One version of each robot. */
const ids = listEnvironments()
  .map(({ id }) => id)
  .filter((id) => !id.endsWith("-v4"));

describe.each([
  { workers: 1, ids: ["Hopper-v5"] },
  { workers: 2, ids },
  { workers: 3, ids: ["Hopper-v5", "Regulator-v0"] },
])("a batch in worker threads: $workers", (given) => {
  describeBatch(makeBatch, given.workers, given.ids);
});

describe("the threads of a batch", () => {
  it("are at most one per member, and by default as many as there are processors", async () => {
    const workersOf = async (size: number, workers?: number): Promise<number> => {
      const { result: batch, threads } = await threadsOf(() => makeBatch("Regulator-v0", { size, workers }));
      expect(threads).toHaveLength(batch.workers);
      batch.close();
      return batch.workers;
    };
    expect(await workersOf(2, 5)).toBe(2);
    expect(await workersOf(1)).toBe(0);
    const processors = availableParallelism();
    expect(await workersOf(3)).toBe(processors === 1 ? 0 : Math.min(processors, 3));
  });

  it("end when it is closed", async () => {
    const { result: batch, threads } = await threadsOf(() => makeBatch("Hopper-v5", { size: 3, workers: 3 }));
    const ended = Promise.all(threads.map((thread) => once(thread, "exit")));
    batch.close();
    await ended;
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1, -1]);
  });

  it("are not started for what the user has to correct", async () => {
    const { threads } = await threadsOf(async () => {
      await expect(makeBatch("Hopper-v6", { size: 2, workers: 2 })).rejects.toEqual(mistake("Hopper-v6"));
      const options = { reset_noise_scale: -1 };
      await expect(makeBatch("Hopper-v5", { size: 2, workers: 2, options })).rejects.toEqual(mistake("noise"));
      await expect(makeBatch("Hopper-v5", { size: 2, workers: 2, seed: 1.5 })).rejects.toThrow("a seed");
    });
    expect(threads).toEqual([]);
  });

  it("are missed when one of them dies, before the others are waited for or during that", async () => {
    for (const isNoticed of [true, false]) {
      const { result: batch, threads } = await threadsOf(() => makeBatch("Regulator-v0", { size: 4, workers: 2 }));
      trace(batch, 3);
      const ended = Promise.all(threads.map((thread) => once(thread, "exit")));
      const killed = threads[1].terminate();
      if (isNoticed) await killed;
      const message = /^Regulator-v0: the worker thread of members 2 to 3 has ended.*; make a new batch$/;
      expect(() => batch.step(new Float64Array(4))).toThrow(message);
      expect(() => batch.reset()).toThrow(message);
      expect(() => batch.qpos(0)).toThrow(message);
      await ended;
      expect(() => batch.save()).toThrow("call reset() or restore() first: Regulator-v0: the worker thread");
      batch.close();
    }
  });

  it("do not keep a process alive", () => {
    const code = `
      const { makeBatch } = await import(${JSON.stringify(built)});
      const batch = await makeBatch("Hopper-v5", { size: 2, workers: 2 });
      batch.step(new Float64Array(6));
      console.log(batch.workers);`;
    expect(run(code)).toEqual({ status: 0, signal: null, stdout: "2", stderr: "" });
  });
});

describe("threads that cannot start", () => {
  const folder = mkdtempSync(join(tmpdir(), "motive-batch-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("leave nothing behind", () => {
    // The program with a fault in it: its second thread finds no memory for its members.
    mkdirSync(join(folder, "dist"));
    for (const layer of ["envs", "src"]) cpSync(join(root, "dist", layer), join(folder, "dist", layer), { recursive: true });
    cpSync(join(root, "package.json"), join(folder, "package.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const worker = join(folder, "dist", "envs", "batch-worker.js");
    renameSync(worker, join(folder, "dist", "envs", "sound-worker.js"));
    writeFileSync(
      worker,
      `import { workerData } from "node:worker_threads";
       if (workerData.worker === 1) throw new Error("out of memory");
       await import("./sound-worker.js");`,
    );
    const copy = pathToFileURL(join(folder, "dist", "envs", "index.js")).href;
    const code = `
      const { makeBatch } = await import(${JSON.stringify(copy)});
      const threads = [];
      process.on("worker", (thread) => threads.push(thread));
      try {
        await makeBatch("Hopper-v5", { size: 3, workers: 3 });
      } catch (error) {
        console.log(error.message, threads.map(({ threadId }) => threadId).join());
      }`;
    expect(run(code)).toEqual({ status: 0, signal: null, stdout: "out of memory -1,-1,-1", stderr: "" });
  });
});
