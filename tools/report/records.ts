import { basename } from "node:path";
import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { readRun, type MetricsRecord } from "../../src/runs/index.ts";

/** A point of a learning curve: a measurement by the environment's own reward. */
export interface CurvePoint {
  /** Environment steps; updates of runs that take none. */
  readonly steps: number;
  readonly evaluationReturn: number;
}

/** One finished run, as `docs/results/*.json` hold it. */
export interface ResultRecord {
  readonly environment: string;
  readonly agent: string;
  /** What the learned reward depends on; absent where none is learned. */
  readonly rewardInput?: string;
  /**
   * What sets the run apart from others of its agent: `data-transfer` (demonstrations of another environment) or
   * `reward-transfer` (a policy trained under a reward that was learned elsewhere; `agent` is what learned it).
   */
  readonly setting?: string;
  readonly trajectories?: number;
  /** Of offline runs: the kind of a generated set, such as `medium-expert`, else the file's name. */
  readonly dataset?: string;
  readonly seed: number;
  readonly environmentSteps: number;
  /** Of runs without an environment: updates of the networks, a world model's included. */
  readonly updates?: number;
  /** Mean of 20 episodes of the last iterate, mean action. */
  readonly finalReturn: number;
  /** The best measurement of the run: chosen by the true reward, so no result of the algorithm. */
  readonly bestReturn: number;
  readonly expertReturn?: number;
  /** Steps of the first measurement from which on all reached 90 % of the expert; null when none did. */
  readonly stepsToHold90?: number | null;
  readonly wallSeconds: number;
  readonly command: string;
  readonly version: string;
}

export interface RunReport {
  readonly record: ResultRecord;
  readonly curve: readonly CurvePoint[];
}

const resultSchema = z.object({
  environment: z.string(),
  agent: z.string(),
  seed: z.number(),
  environmentSteps: z.number(),
  steps: z.number().optional(),
  finalReturn: z.number(),
  bestReturn: z.number(),
  expertReturn: z.number().optional(),
  wallSeconds: z.number(),
  command: z.string(),
  version: z.string(),
});

const configSchema = z.object({ rewardInput: z.string().optional(), trajectories: z.number().optional() });

const datasetSchema = z.object({ inputs: z.object({ dataset: z.object({ file: z.string() }).optional() }).default({}) });

/** `medium-expert` of `…/hopper-medium-expert-v5.hdf5`. */
export function datasetKind(file: string): string {
  const name = basename(file).replace(/\.(hdf5|h5)$/, "");
  return /^[a-z0-9]+-(.+)-v\d+$/.exec(name)?.[1] ?? name;
}

function measurements(records: readonly MetricsRecord[]): CurvePoint[] {
  return records.flatMap(({ environmentSteps, steps = environmentSteps, evaluationReturn }) =>
    evaluationReturn === undefined ? [] : [{ steps, evaluationReturn }],
  );
}

/** Steps of the first point from which on every one reaches the level, or null. */
export function stepsToHold(curve: readonly CurvePoint[], level: number): number | null {
  let held: number | null = null;
  for (const { steps, evaluationReturn } of curve) {
    if (evaluationReturn < level) held = null;
    else held ??= steps;
  }
  return held;
}

/**
 * The record and learning curve of a finished run.
 * @param expertReturn what the expert reaches, where it is not the return of the demonstrations
 * @throws UserError when the run has no result yet
 */
export function reportRun(directory: string, expertReturn?: number): RunReport {
  const run = readRun(directory);
  const parsed = resultSchema.safeParse(run.result());
  if (!parsed.success) throw new UserError(`${directory}: the run has no result; it may not have finished`);
  const result = parsed.data;
  const { rewardInput, trajectories } = configSchema.parse(run.manifest.config);
  const expert = result.expertReturn === undefined ? undefined : (expertReturn ?? result.expertReturn);
  const dataset = datasetSchema.parse(run.manifest).inputs.dataset?.file;
  const last = { steps: result.steps ?? result.environmentSteps, evaluationReturn: result.finalReturn };
  const curve = [...measurements(run.metrics()).filter((point) => point.steps < last.steps), last];
  return {
    curve,
    record: {
      environment: result.environment,
      agent: result.agent,
      ...(rewardInput !== undefined && { rewardInput }),
      ...(trajectories !== undefined && { trajectories }),
      ...(dataset !== undefined && { dataset: datasetKind(dataset) }),
      seed: result.seed,
      environmentSteps: result.environmentSteps,
      ...(result.steps !== undefined && { updates: result.steps }),
      finalReturn: result.finalReturn,
      bestReturn: result.bestReturn,
      ...(expert !== undefined && { expertReturn: expert, stepsToHold90: stepsToHold(curve, 0.9 * expert) }),
      wallSeconds: result.wallSeconds,
      command: result.command,
      version: result.version,
    },
  };
}
