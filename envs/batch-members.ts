import { UserError } from "../src/errors.ts";
import type { BatchMemory, BatchShape } from "./batch-memory.ts";
import type { Environment, EnvironmentState, Info } from "./environment.ts";

/** Consecutive members of a batch; `member` counts among these. Actions and results are in the batch's memory. */
export interface Members {
  /**
   * Applies every member's action, and resets those whose episode ended. All members take the step before an error of
   * one of them is thrown, so that what the others did does not depend on who stood where.
   */
  step(): void;
  /** Starts new episodes; with `seeds`, of one seed per member. */
  reset(seeds?: readonly number[]): void;
  setState(member: number, qpos: ArrayLike<number>, qvel: ArrayLike<number>): void;
  /** Copies. */
  qpos(member: number): Float64Array;
  qvel(member: number): Float64Array;
  save(): EnvironmentState[];
  restore(states: readonly EnvironmentState[]): void;
  close(): void;
}

/** Live environments as members `first`, `first + 1`, … of a batch. */
export function createMembers(
  environments: readonly Environment[],
  first: number,
  { observationSize, actionSize }: BatchShape,
  memory: BatchMemory,
): Members {
  const { observations, nextObservations, rewards, terminated, truncated, info, resetInfo } = memory;
  const actions = environments.map((_, i) =>
    memory.actions.subarray((first + i) * actionSize, (first + i + 1) * actionSize),
  );

  const begin = (environment: Environment, row: number, seed?: number): void => {
    const start = environment.reset(seed === undefined ? undefined : { seed });
    observations.set(start.observation, row * observationSize);
    writeInfo(resetInfo, start.info, row);
  };
  const step = (environment: Environment, action: Float64Array, row: number): void => {
    const result = environment.step(action);
    nextObservations.set(result.observation, row * observationSize);
    rewards[row] = result.reward;
    terminated[row] = Number(result.terminated);
    truncated[row] = Number(result.truncated);
    writeInfo(info, result.info, row);
    if (result.terminated || result.truncated) begin(environment, row);
    else observations.set(result.observation, row * observationSize);
  };

  return {
    step() {
      let failure: Error | undefined;
      for (let i = 0; i < environments.length; i++) {
        try {
          step(environments[i], actions[i], first + i);
        } catch (error) {
          failure ??= ofMember(first + i, error);
        }
      }
      if (failure) throw failure;
    },
    reset(seeds) {
      environments.forEach((environment, i) => begin(environment, first + i, seeds?.[i]));
    },
    setState(member, qpos, qvel) {
      const row = first + member;
      try {
        observations.set(environments[member].setState(qpos, qvel), row * observationSize);
      } catch (error) {
        throw ofMember(row, error);
      }
      for (const column of Object.values(resetInfo)) column[row] = NaN;
    },
    qpos: (member) => environments[member].qpos,
    qvel: (member) => environments[member].qvel,
    save: () => environments.map((environment) => environment.save()),
    restore(states) {
      environments.forEach((environment, i) => {
        try {
          environment.restore(states[i]);
        } catch (error) {
          throw ofMember(first + i, error);
        }
      });
    },
    close() {
      for (const environment of environments) environment.close();
    },
  };
}

/** The error of a member, which stays a user's mistake where it was one. */
function ofMember(row: number, error: unknown): Error {
  const { message } = error as Error;
  const Kind = error instanceof UserError ? UserError : Error;
  return new Kind(`member ${row} of the batch: ${message}`, { cause: error });
}

function writeInfo(columns: Readonly<Record<string, Float64Array>>, info: Info, row: number): void {
  for (const name in columns) columns[name][row] = info[name];
}

/** The names of the terms of a step's info and of a reset's. Leaves the environment as it was. */
export function infoNames(environment: Environment): Pick<BatchShape, "infoNames" | "resetInfoNames"> {
  const before = environment.save();
  const resetInfo = environment.reset().info;
  const { info } = environment.step(new Float64Array(environment.spec.actionSize));
  environment.restore(before);
  return { infoNames: Object.keys(info), resetInfoNames: Object.keys(resetInfo) };
}
