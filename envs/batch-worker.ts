/*
 * The thread of some members of a batch. Once its members are made it never returns to its event loop: it sleeps until
 * the next command, and ends when it is terminated.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { UserError } from "../src/errors.ts";
import { createMembers, type Members } from "./batch-members.ts";
import { viewMemory } from "./batch-memory.ts";
import { commandsOf, WORKING, type Call, type Reply, type WorkerTask } from "./batch-signals.ts";
import type { Environment } from "./environment.ts";
import { make } from "./registry.ts";

const { worker, id, options, first, count, shape, memory, signals, port } = workerData as WorkerTask;

function answer(members: Members, { method, args }: Call): Reply {
  try {
    return { value: (members[method] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    return { error: error as Error, mistake: error instanceof UserError };
  }
}

/**
 * Looks for a command before the thread sleeps: about 50 µs, what falling asleep and waking up take. Callers that only
 * hand on actions are back sooner.
 */
const LOOKS = 3000;

function nextCommand(seen: number): number {
  const word = commandsOf(worker);
  for (let look = 0; look < LOOKS; look++) {
    const given = Atomics.load(signals, word);
    if (given !== seen) return given;
  }
  while (Atomics.load(signals, word) === seen) Atomics.wait(signals, word, seen);
  return Atomics.load(signals, word);
}

function serve(members: Members): never {
  let commands = 0;
  while (true) {
    commands = nextCommand(commands);
    const call = receiveMessageOnPort(port)?.message as Call | undefined;
    const reply = answer(members, call ?? { method: "step", args: [] });
    if (call || "error" in reply) port.postMessage(reply);
    if (Atomics.sub(signals, WORKING, 1) === 1) Atomics.notify(signals, WORKING);
  }
}

const environments: Environment[] = [];
for (let i = 0; i < count; i++) environments.push(await make(id, options));
const members = createMembers(environments, first, shape, viewMemory(shape, memory));
parentPort?.postMessage("ready");
serve(members);
