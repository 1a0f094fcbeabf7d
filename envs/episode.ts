import { UserError } from "../src/errors.ts";
import { createRandom, type Random } from "../src/random/index.ts";
import type { NumericArray } from "../src/runs/snapshot.ts";
import type { Box } from "./box.ts";
import type { Environment, EnvironmentSpec, Info, StepResult } from "./environment.ts";

/** What one step did, before time limits. */
export interface Transition {
  readonly reward: number;
  readonly terminated: boolean;
  readonly info: Info;
}

/** A task without the rules that all environments share; arguments have been checked when it is called. */
export interface Dynamics {
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  readonly dt: number;
  /** Copies. */
  qpos(): Float64Array;
  qvel(): Float64Array;
  /** Goes to an initial state drawn from `random`. */
  begin(random: Random): Info;
  /** Goes to a given state, as if nothing had happened before. */
  place(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void;
  /** A new array [observationSize]. */
  observe(): Float64Array;
  /** Throws when the simulation cannot go on from here. */
  advance(action: ArrayLike<number>): Transition;
  /** Copies of all that the next `advance` or `observe` depends on. */
  save(): Record<string, NumericArray>;
  /** Throws, with the state as it was, when the arrays are not of this form. */
  restore(arrays: Readonly<Record<string, NumericArray>>): void;
  close(): void;
}

/** Adds to `dynamics` what all environments share: checks, seeds, the time limit, saving and closing. */
export function episodic(spec: EnvironmentSpec, dynamics: Dynamics): Environment {
  const { id, maxEpisodeSteps } = spec;
  const actionSize = dynamics.actionSpace.low.length;
  const actionName = `${id}: the action`;
  let random = createRandom(0);
  let elapsedSteps = 0;
  /** Whether there is a state to step from. */
  let started = false;
  let closed = false;

  const requireOpen = (): void => {
    if (closed) throw new Error(`${id}: the environment is closed`);
  };

  return {
    spec,
    observationSpace: dynamics.observationSpace,
    actionSpace: dynamics.actionSpace,
    dt: dynamics.dt,
    get qpos() {
      requireOpen();
      return dynamics.qpos();
    },
    get qvel() {
      requireOpen();
      return dynamics.qvel();
    },
    reset(options = {}) {
      requireOpen();
      if (options.seed !== undefined) random = createRandom(options.seed);
      const info = dynamics.begin(random);
      elapsedSteps = 0;
      started = true;
      return { observation: dynamics.observe(), info };
    },
    step(action): StepResult {
      requireOpen();
      if (!started) throw new Error(`${id}: call reset() or setState() before step()`);
      requireFinite(action, actionSize, actionName);
      // Until the step has succeeded there is no state to go on from.
      started = false;
      const { reward, terminated, info } = dynamics.advance(action);
      started = true;
      elapsedSteps++;
      return {
        observation: dynamics.observe(),
        reward,
        terminated,
        truncated: elapsedSteps >= maxEpisodeSteps,
        info,
      };
    },
    setState(qpos, qvel) {
      requireOpen();
      requireFinite(qpos, dynamics.qpos().length, `${id}: qpos`);
      requireFinite(qvel, dynamics.qvel().length, `${id}: qvel`);
      dynamics.place(qpos, qvel);
      elapsedSteps = 0;
      started = true;
      return dynamics.observe();
    },
    save() {
      requireOpen();
      return { arrays: dynamics.save(), values: { id, elapsedSteps, started, random: random.state() } };
    },
    restore({ arrays, values }) {
      requireOpen();
      if (values.id !== id)
        throw new Error(`${id}: cannot continue from a state of ${JSON.stringify(values.id)}`);
      if (typeof values.elapsedSteps !== "number" || typeof values.started !== "boolean") {
        throw new Error(`${id}: the saved state is incomplete`);
      }
      const restored = createRandom(0);
      restored.restore(values.random as number[]);
      dynamics.restore(arrays);
      random = restored;
      elapsedSteps = values.elapsedSteps;
      started = values.started;
    },
    close() {
      if (closed) return;
      closed = true;
      dynamics.close();
    },
  };
}

/** Throws UserError unless `values` are `length` finite numbers; `what` names them. */
export function requireFinite(values: ArrayLike<number>, length: number, what: string): void {
  if (values.length !== length)
    throw new UserError(`${what} has ${values.length} numbers, ${length} expected`);
  for (let i = 0; i < length; i++) {
    if (!Number.isFinite(values[i]))
      throw new UserError(`${what} must be finite numbers, element ${i} is ${values[i]}`);
  }
}
