import type { MessagePort } from "node:worker_threads";
import type { Members } from "./batch-members.ts";
import type { BatchShape } from "./batch-memory.ts";

/*
 * How a batch's calling thread and its worker threads talk. Each worker sleeps on a word of its own that counts the
 * commands it was given. A command with a message in the worker's port is a call; one without is a step, whose
 * arguments and results are in the batch's memory. The caller sleeps on the number of workers that are still at work.
 */

/** The word of shared signals that holds the number of workers still at work. */
export const WORKING = 0;

/** The word that counts the commands given to a worker. */
export const commandsOf = (worker: number): number => 1 + worker;

/** What a worker thread is started with. */
export interface WorkerTask {
  readonly worker: number;
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Its members are first … first + count - 1. */
  readonly first: number;
  readonly count: number;
  readonly shape: BatchShape;
  readonly memory: SharedArrayBuffer;
  readonly signals: Int32Array;
  readonly port: MessagePort;
}

/** A call of one of the worker's members' functions. */
export type Call = { [M in keyof Members]: { readonly method: M; readonly args: Parameters<Members[M]> } }[keyof Members];

/** What a function returned or threw. Of a step there is a reply only when it failed. */
export type Reply =
  { readonly value: unknown } | { readonly error: Error; /** A UserError. */ readonly mistake: boolean };
