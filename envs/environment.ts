import type { Snapshot } from "../src/runs/snapshot.ts";
import type { Box } from "./box.ts";
import type { VectorMeanings } from "./meaning.ts";

/** Scalars about one reset or step, by name; the names are Gymnasium's. */
export type Info = Record<string, number>;

/** What is known of an environment without making it. */
export interface EnvironmentSpec {
  readonly id: string;
  readonly title: string;
  readonly observationSize: number;
  readonly actionSize: number;
  /** Steps after which an episode is truncated; Infinity for never. */
  readonly maxEpisodeSteps: number;
  /** What observations and actions mean: it decides where a reward or a demonstration of this environment can go. */
  readonly meaning: VectorMeanings;
  /** Every option that `make` takes, with its value (for a listed spec: the default). */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface StepResult {
  /** [observationSize], the caller's to keep. */
  readonly observation: Float64Array;
  readonly reward: number;
  /** The task ended: nothing follows, so values must not be bootstrapped. */
  readonly terminated: boolean;
  /** The time limit was reached: the episode is cut, but the task goes on. */
  readonly truncated: boolean;
  readonly info: Info;
}

export interface ResetResult {
  readonly observation: Float64Array;
  readonly info: Info;
}

/** The complete state of an environment, for {@link Environment.restore}. */
export type EnvironmentState = Snapshot;

/**
 * A task with Gymnasium's meaning of `reset` and `step`. All numbers are float64. Equal seeds and actions give equal
 * results, bit for bit.
 *
 * @example
 * const environment = await make("Hopper-v5");
 * environment.reset({ seed: 1 });
 * const { observation, reward } = environment.step([0, 0.5, -0.5]);
 * environment.close();
 */
export interface Environment {
  readonly spec: EnvironmentSpec;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
  /** Seconds of simulated time per step. */
  readonly dt: number;
  /** Positions [nq] and velocities [nv] as a copy. */
  readonly qpos: Float64Array;
  readonly qvel: Float64Array;
  /**
   * Starts an episode from a randomly drawn state. With `seed`, draws begin anew; without, they go on where the last
   * episode's ended, at first from seed 0. `options` are for environments that have reset options.
   */
  reset(options?: { seed?: number; options?: Record<string, unknown> }): ResetResult;
  /**
   * Applies an action for `dt` seconds. The action may lie outside the action space (actuators clip, the reward sees
   * it as given). Going on after `terminated` or `truncated` is allowed: the simulation simply continues. Throws
   * UserError for an action of the wrong length or with a number that is not finite, and leaves the state as it was.
   */
  step(action: ArrayLike<number>): StepResult;
  /**
   * Starts an episode from the given state: what follows depends on nothing that happened before. Returns the
   * observation. Throws UserError for wrong lengths and numbers that are not finite.
   */
  setState(qpos: ArrayLike<number>, qvel: ArrayLike<number>): Float64Array;
  /** A copy of the complete state: physics, elapsed steps, the generator of resets. */
  save(): EnvironmentState;
  /** Continues from a saved state of an equally configured environment, bit for bit. */
  restore(state: EnvironmentState): void;
  /** Frees what the environment holds; every later call but `close` throws. */
  close(): void;
}

/** A task in words, for people. */
export interface TaskDescription {
  /** Parts of the observation in order; their sizes sum to `observationSize`. Numbers of a part with a `range` are clipped to it. */
  readonly observation: readonly { readonly name: string; readonly size: number; readonly range?: readonly [number, number] }[];
  /** Terms whose sum is the reward of a step; x′ is a quantity after the step. */
  readonly reward: readonly { readonly name: string; readonly formula: string }[];
  /** When an episode terminates. */
  readonly termination: string;
}

/**
 * Whether the step that led to an observation terminated, as far as the observation shows: the environment's own rule,
 * for models that predict observations. `observations` are [rows, observationSize]; without `row`, the first. Nothing is
 * allocated.
 *
 * Numbers that are not finite are judged like any others: NaN lies in no range, so it terminates where the rule looks at
 * it, and goes unnoticed where it does not; a model that may predict such has to check for itself. In float32 a state
 * that is closer to a limit than the rounding, about 6e-8 of it, may fall on the other side.
 *
 * Throws UserError for a number of values that is no whole number of rows, and for a row that is not there.
 */
export type Termination = (observations: ArrayLike<number>, row?: number) => boolean;

/** An environment with given options, as far as it is known without making it. */
export interface EnvironmentDescription {
  readonly spec: EnvironmentSpec;
  readonly task: TaskDescription;
  readonly terminated: Termination;
  /** MJCF and the number of its time steps per action; none where MuJoCo does not simulate. */
  readonly physics?: { readonly xml: string; readonly frameSkip: number };
}

/** An environment that can be listed and made. */
export interface EnvironmentDefinition {
  /** With default options. */
  readonly spec: EnvironmentSpec;
  /** Throws UserError as `create` does. */
  describe(options: Readonly<Record<string, unknown>>): EnvironmentDescription;
  /** Throws UserError for options that are unknown or of a wrong type. */
  create(options: Readonly<Record<string, unknown>>): Promise<Environment>;
}
