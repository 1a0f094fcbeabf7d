import { extname } from "node:path";
import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from "node:worker_threads";
import { UserError } from "../src/errors.ts";
import type { Members } from "./batch-members.ts";
import type { BatchShape } from "./batch-memory.ts";
import { commandsOf, WORKING, type Call, type Reply, type WorkerTask } from "./batch-signals.ts";

/** Beside this file, and in the same form: source or compiled. */
const workerFile = new URL(`./batch-worker${extname(import.meta.url)}`, import.meta.url);

/** Milliseconds of waiting after which it is checked whether the awaited threads still live. */
const PATIENCE = 100;

interface Thread {
  readonly index: number;
  readonly worker: Worker;
  readonly port: MessagePort;
  /** Its members are first … first + count - 1. */
  readonly first: number;
  readonly count: number;
  /** Why the thread ended, once the event loop has heard of it. */
  ended?: string;
}

export interface ThreadsOptions {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** From 1 to the number of members. */
  readonly workers: number;
  readonly shape: BatchShape;
  readonly memory: SharedArrayBuffer;
}

/**
 * The members of a batch in worker threads: contiguous blocks, whose sizes differ by one at most. The threads do not
 * keep the process alive. Rejects, and leaves no thread behind, when a thread cannot make its members.
 */
export async function startThreads({ workers, ...batch }: ThreadsOptions): Promise<Members> {
  const { size } = batch.shape;
  const signals = new Int32Array(new SharedArrayBuffer(4 * commandsOf(workers)));
  const started = Array.from({ length: workers }, (_, index) => {
    const first = Math.floor((index * size) / workers);
    const count = Math.floor(((index + 1) * size) / workers) - first;
    return startThread({ ...batch, worker: index, first, count, signals });
  });
  try {
    await Promise.all(started.map(({ ready }) => ready));
  } catch (error) {
    await Promise.all(started.map(({ thread }) => thread.worker.terminate()));
    throw error;
  }
  return callThreads(
    batch.id,
    started.map(({ thread }) => thread),
    signals,
  );
}

function startThread(task: Omit<WorkerTask, "port">): { thread: Thread; ready: Promise<void> } {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(workerFile, {
    workerData: { ...task, port: port2 },
    transferList: [port2],
    // Options of the calling program, as --input-type, would not fit the worker's file.
    execArgv: [],
  });
  const thread: Thread = { index: task.worker, worker, port: port1, first: task.first, count: task.count };
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", () => {
      // The first look at a thread's event loop has to find it alive, see hasEnded.
      worker.performance.eventLoopUtilization();
      worker.unref();
      resolve();
    });
    worker.on("error", (error: Error) => {
      thread.ended = error.message;
      reject(error);
    });
    worker.on("exit", (code) => {
      thread.ended ??= `exit code ${code}`;
      reject(new Error(`${task.id}: a worker thread of the batch ended while it started`));
    });
  });
  return { thread, ready };
}

/** Whether a thread has ended, also while this one waits and cannot hear of it: the loop's idle time is then negative. */
const hasEnded = ({ worker, ended }: Thread): boolean =>
  ended !== undefined || worker.performance.eventLoopUtilization().idle < 0;

function callThreads(id: string, threads: readonly Thread[], signals: Int32Array): Members {
  /** Lets threads carry out a step, or the call that each is given, and returns what the calls returned. */
  const command = (addressed: readonly Thread[], callOf?: (thread: Thread) => Call): unknown[] => {
    requireAll(({ ended }) => ended === undefined);
    if (callOf) for (const thread of addressed) thread.port.postMessage(callOf(thread));
    Atomics.store(signals, WORKING, addressed.length);
    for (const { index } of addressed) {
      Atomics.add(signals, commandsOf(index), 1);
      Atomics.notify(signals, commandsOf(index));
    }
    let working: number;
    while ((working = Atomics.load(signals, WORKING)) > 0) {
      if (Atomics.wait(signals, WORKING, working, PATIENCE) === "timed-out") requireAll((thread) => !hasEnded(thread));
    }
    const replies = addressed.map(({ port }) => receiveMessageOnPort(port)?.message as Reply | undefined);
    return replies.map((reply) => {
      if (reply === undefined) return undefined;
      if ("value" in reply) return reply.value;
      throw reply.mistake ? new UserError(reply.error.message, { cause: reply.error }) : reply.error;
    });
  };
  let lost: Error | undefined;
  const requireAll = (isAlive: (thread: Thread) => boolean): void => {
    const thread = threads.find((candidate) => !isAlive(candidate));
    if (thread !== undefined && lost === undefined) {
      const { first, count, ended } = thread;
      const cause = ended === undefined ? "" : ` (${ended})`;
      const members = `members ${first} to ${first + count - 1}`;
      lost = new Error(`${id}: the worker thread of ${members} has ended${cause}; make a new batch`);
      close();
    }
    if (lost) throw lost;
  };
  const close = (): void => {
    for (const { worker } of threads) void worker.terminate();
  };
  /** Calls the thread of one member; `callOf` gets the member's place among the thread's members. */
  const ask = (member: number, callOf: (place: number) => Call): unknown => {
    const thread = threads.filter(({ first }) => first <= member).slice(-1);
    return command(thread, ({ first }) => callOf(member - first))[0];
  };

  return {
    step: () => void command(threads),
    reset(seeds) {
      command(threads, ({ first, count }) => ({ method: "reset", args: [seeds?.slice(first, first + count)] }));
    },
    setState(member, qpos, qvel) {
      ask(member, (place) => ({ method: "setState", args: [place, qpos, qvel] }));
    },
    qpos: (member) => ask(member, (place) => ({ method: "qpos", args: [place] })) as Float64Array,
    qvel: (member) => ask(member, (place) => ({ method: "qvel", args: [place] })) as Float64Array,
    save: () => command(threads, () => ({ method: "save", args: [] })).flat() as ReturnType<Members["save"]>,
    restore(states) {
      command(threads, ({ first, count }) => ({ method: "restore", args: [states.slice(first, first + count)] }));
    },
    close,
  };
}
