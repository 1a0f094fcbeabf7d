import { availableParallelism } from "node:os";
import { UserError } from "../src/errors.ts";
import { createRandom } from "../src/random/index.ts";
import { combine, select, type Snapshot } from "../src/runs/snapshot.ts";
import { createMembers, infoNames, type Members } from "./batch-members.ts";
import { allocateMemory, viewMemory, type BatchMemory, type BatchShape } from "./batch-memory.ts";
import { startThreads } from "./batch-threads.ts";
import type { Box } from "./box.ts";
import type { Environment, EnvironmentSpec } from "./environment.ts";
import { make } from "./registry.ts";

/** Terms of an info by name, [size] each. */
export type InfoColumns = Readonly<Record<string, Float64Array>>;

/** What one step of a batch gave, row by row. */
export interface BatchStep {
  /** [size, O]: the states that the next actions answer; of a member that was reset, the first of its new episode */
  readonly observations: Float64Array;
  /** [size, O]: the states that the actions led to, before any reset */
  readonly nextObservations: Float64Array;
  /** [size] */
  readonly rewards: Float64Array;
  /** [size]: 1 where the task ended; only this stops bootstrapping */
  readonly terminated: Uint8Array;
  /** [size]: 1 where a time limit cut the episode */
  readonly truncated: Uint8Array;
  /** What each action did; of the old episode where a new one began. */
  readonly info: InfoColumns;
}

export interface BatchReset {
  /** [size, O] */
  readonly observations: Float64Array;
  readonly info: InfoColumns;
}

/**
 * Independent environments of one kind, stepped together. What they give does not depend, in any bit, on the threads
 * that step them: it is what each environment would give by itself, member i seeded with seed + i.
 *
 * A member whose episode ended (`terminated` or `truncated`) is reset within the same step, as in Gymnasium's autoreset
 * mode SAME_STEP: `observations` then has its first observation after the reset, `nextObservations` the last one
 * before. (Gymnasium's `final_obs` are those rows of `nextObservations`, its `final_info` those rows of `info`; what
 * it then has in `info` is here in `resetInfo`.)
 *
 * The arrays are views of memory that the threads share: the next step or reset writes into them, so copy what is to
 * be kept.
 */
export interface Batch {
  readonly spec: EnvironmentSpec;
  /** Of one member, like all of the following. */
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  /** Seconds of simulated time per step. */
  readonly dt: number;
  readonly size: number;
  /** Threads that step the members; 0 when the calling thread does. */
  readonly workers: number;
  /** [size, O]: the states that the next actions answer */
  readonly observations: Float64Array;
  /** What was told at the start of each member's current episode; NaN where `setState` began it. */
  readonly resetInfo: InfoColumns;
  /**
   * Starts a new episode of every member. With `seed`, member i draws from seed + i; without, each goes on where its
   * last draw ended. Throws RangeError, and changes nothing, where these are not safe integers.
   */
  reset(options?: { readonly seed?: number }): BatchReset;
  /**
   * Applies one action per member and waits for all of them.
   * @param actions [size, A]; as of an {@link Environment}, they may lie outside the action space
   * @throws UserError for a wrong length or a number that is not finite; all members are then as they were
   * @throws Error when a simulation becomes unstable; the message names the member, and nothing but `reset` or
   * `restore` lets the batch go on
   */
  step(actions: ArrayLike<number>): BatchStep;
  /** Starts an episode of one member from a given state, as {@link Environment.setState} does. */
  setState(member: number, qpos: ArrayLike<number>, qvel: ArrayLike<number>): Float64Array;
  /** The member's positions [nq] and velocities [nv] as a copy. */
  qpos(member: number): Float64Array;
  qvel(member: number): Float64Array;
  /** A copy of the complete state of all members. */
  save(): Snapshot;
  /**
   * Continues from a saved state of a batch of the same size and configuration, bit for bit, with any number of
   * workers. Throws, with all members as they were, when the state is of another form.
   */
  restore(snapshot: Snapshot): void;
  /** Ends the threads and frees the members; every later call but `close` throws. */
  close(): void;
}

export interface BatchOptions {
  /** Number of members. */
  readonly size: number;
  /**
   * Threads over which the members are spread in contiguous blocks, at most one per member. Each loads a simulator of
   * its own (about 70 MB). 0 steps the members in the calling thread. Default: one per processor; 0 where that is one.
   */
  readonly workers?: number;
  /** The environment's options, as `make` takes them. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Of the first episodes; default 0. */
  readonly seed?: number;
}

/**
 * Makes a batch of environments, all at the start of an episode. An open batch does not keep the process alive.
 * Throws UserError as `make` does, and for a size or a number of workers that is none.
 *
 * @example
 * const batch = await makeBatch("Hopper-v5", { size: 8, workers: 2, seed: 1 });
 * const actions = new Float64Array(batch.size * batch.spec.actionSize);
 * for (let t = 0; t < 1000; t++) {
 *   const { nextObservations, rewards, terminated } = batch.step(actions);
 * }
 * batch.close();
 */
export async function makeBatch(id: string, given: BatchOptions): Promise<Batch> {
  const { size, options = {}, seed = 0 } = given;
  requireCount(size, 1, `${id}: the size of a batch`);
  const threads = Math.min(given.workers ?? availableParallelism(), size);
  requireCount(threads, 0, `${id}: the number of a batch's workers`);
  requireSeeds(seed, size);
  // One thread is slower than none; whoever asks for one, to measure it, gets it.
  const workers = given.workers === undefined && threads === 1 ? 0 : threads;

  const environments: Environment[] = [];
  const close = (): void => {
    for (const environment of environments) environment.close();
  };
  try {
    // Threads make their own; the first one here says what they are, and what is wrong with the options.
    for (let i = 0; i < (workers === 0 ? size : 1); i++) environments.push(await make(id, options));
    if (workers === 0) return batchOf(environments, seed);
    const facts = factsOf(environments[0], size);
    close();
    const memory = allocateMemory(facts.shape);
    const members = await startThreads({ id, options, workers, shape: facts.shape, memory });
    return createBatch(facts, viewMemory(facts.shape, memory), members, workers, seed);
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * A batch of environments that were made before, stepped in the calling thread. They are equally configured, and from
 * now on the batch's: it resets them, and closing it closes them.
 */
export function batchOf(environments: readonly Environment[], seed = 0): Batch {
  requireCount(environments.length, 1, "the size of a batch");
  requireSeeds(seed, environments.length);
  const facts = factsOf(environments[0], environments.length);
  const memory = viewMemory(facts.shape, allocateMemory(facts.shape));
  return createBatch(facts, memory, createMembers(environments, 0, facts.shape, memory), 0, seed);
}

interface BatchFacts extends Pick<Environment, "spec" | "observationSpace" | "actionSpace" | "dt"> {
  readonly shape: BatchShape;
}

function factsOf(environment: Environment, size: number): BatchFacts {
  const { spec, observationSpace, actionSpace, dt } = environment;
  const { observationSize, actionSize } = spec;
  const shape = { size, observationSize, actionSize, ...infoNames(environment) };
  return { spec, observationSpace, actionSpace, dt, shape };
}

function requireCount(value: number, least: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UserError(`${what} must be an integer of at least ${least}, got ${value}`);
}

/** The seeds of all members. Throws RangeError unless they are seeds. */
function requireSeeds(seed: number, size: number): number[] {
  createRandom(seed);
  createRandom(seed + size - 1);
  return Array.from({ length: size }, (_, i) => seed + i);
}

function createBatch(
  { shape, ...facts }: BatchFacts,
  memory: BatchMemory,
  members: Members,
  workers: number,
  firstSeed: number,
): Batch {
  const { size, observationSize, actionSize } = shape;
  const { id } = facts.spec;
  const { observations, nextObservations, rewards, terminated, truncated, info, resetInfo } = memory;
  const result: BatchStep = { observations, nextObservations, rewards, terminated, truncated, info };
  const start: BatchReset = { observations, info: resetInfo };
  /** What the members' rows hold that their environments do not know. */
  const kept: Readonly<Record<string, Float64Array>> = {
    observations,
    ...Object.fromEntries(Object.entries(resetInfo).map(([name, column]) => [`resetInfo/${name}`, column])),
  };
  let closed = false;
  /** Why a step failed, after which members are at different times. */
  let failure: string | undefined;

  const requireOpen = (): void => {
    if (closed) throw new Error(`${id}: the batch is closed`);
  };
  const requireReady = (): void => {
    requireOpen();
    if (failure !== undefined) throw new Error(`${id}: call reset() or restore() first: ${failure}`);
  };
  const requireMember = (member: number): void => {
    requireOpen();
    if (Number.isInteger(member) && member >= 0 && member < size) return;
    throw new UserError(`${id}: a batch of ${size} has members 0 to ${size - 1}, there is no member ${member}`);
  };
  const requireActions = (actions: ArrayLike<number>): void => {
    if (actions.length !== size * actionSize) {
      throw new UserError(
        `${id}: the actions have ${actions.length} numbers, ${size} × ${actionSize} expected`,
      );
    }
    for (let i = 0; i < actions.length; i++) {
      if (Number.isFinite(actions[i])) continue;
      const member = Math.floor(i / actionSize);
      throw new UserError(
        `${id}: the action of member ${member} must be finite numbers, element ${i % actionSize} is ${actions[i]}`,
      );
    }
  };
  const reset = (seed?: number): BatchReset => {
    members.reset(seed === undefined ? undefined : requireSeeds(seed, size));
    failure = undefined;
    return start;
  };
  try {
    reset(firstSeed);
  } catch (error) {
    members.close();
    throw error;
  }

  return {
    ...facts,
    size,
    workers,
    observations,
    resetInfo,
    reset({ seed } = {}) {
      requireOpen();
      return reset(seed);
    },
    step(actions) {
      requireReady();
      requireActions(actions);
      memory.actions.set(actions);
      try {
        members.step();
      } catch (error) {
        failure = (error as Error).message;
        throw error;
      }
      return result;
    },
    setState(member, qpos, qvel) {
      requireReady();
      requireMember(member);
      members.setState(member, qpos, qvel);
      return observations.slice(member * observationSize, (member + 1) * observationSize);
    },
    qpos(member) {
      requireMember(member);
      return members.qpos(member);
    },
    qvel(member) {
      requireMember(member);
      return members.qvel(member);
    },
    save() {
      requireReady();
      const states = members.save().map((state, i) => [`member${i}`, state] as const);
      const arrays = Object.fromEntries(Object.entries(kept).map(([name, array]) => [name, array.slice()]));
      return combine({ ...Object.fromEntries(states), batch: { arrays, values: { size } } });
    },
    restore(snapshot) {
      requireOpen();
      const { arrays, values } = select(snapshot, "batch");
      if (values.size !== size) {
        throw new Error(`${id}: a batch of ${size} cannot continue from a state of ${JSON.stringify(values.size)} members`);
      }
      for (const [name, array] of Object.entries(kept)) {
        if (!(arrays[name] instanceof Float64Array) || arrays[name].length !== array.length)
          throw new Error(`${id}: the saved state has no array "${name}" of this batch's form`);
      }
      const states = Array.from({ length: size }, (_, i) => select(snapshot, `member${i}`));
      const before = members.save();
      try {
        members.restore(states);
      } catch (error) {
        members.restore(before);
        throw error;
      }
      for (const [name, array] of Object.entries(kept)) array.set(arrays[name]);
      failure = undefined;
    },
    close() {
      if (closed) return;
      closed = true;
      members.close();
    },
  };
}
