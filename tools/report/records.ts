import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { readRun, type MetricsRecord } from "../../src/runs/index.ts";

/** A point of a learning curve: a measurement by the environment's own reward. */
export interface CurvePoint {
  readonly environmentSteps: number;
  readonly evaluationReturn: number;
}

/** One finished run, as `docs/results/*.json` hold it. */
export interface ResultRecord {
  readonly environment: string;
  readonly agent: string;
  /** What the learned reward depends on; absent where none is learned. */
  readonly rewardInput?: string;
  readonly trajectories?: number;
  readonly seed: number;
  readonly environmentSteps: number;
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
  finalReturn: z.number(),
  bestReturn: z.number(),
  expertReturn: z.number().optional(),
  wallSeconds: z.number(),
  command: z.string(),
  version: z.string(),
});

const configSchema = z.object({ rewardInput: z.string().optional(), trajectories: z.number().optional() });

function measurements(records: readonly MetricsRecord[]): CurvePoint[] {
  return records.flatMap(({ environmentSteps, evaluationReturn }) =>
    evaluationReturn === undefined ? [] : [{ environmentSteps, evaluationReturn }],
  );
}

/** Steps of the first point from which on every one reaches the level, or null. */
export function stepsToHold(curve: readonly CurvePoint[], level: number): number | null {
  let held: number | null = null;
  for (const { environmentSteps, evaluationReturn } of curve) {
    if (evaluationReturn < level) held = null;
    else held ??= environmentSteps;
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
  const last = { environmentSteps: result.environmentSteps, evaluationReturn: result.finalReturn };
  const curve = [...measurements(run.metrics()).filter((point) => point.environmentSteps < last.environmentSteps), last];
  return {
    curve,
    record: {
      environment: result.environment,
      agent: result.agent,
      ...(rewardInput !== undefined && { rewardInput }),
      ...(trajectories !== undefined && { trajectories }),
      seed: result.seed,
      environmentSteps: result.environmentSteps,
      finalReturn: result.finalReturn,
      bestReturn: result.bestReturn,
      ...(expert !== undefined && { expertReturn: expert, stepsToHold90: stepsToHold(curve, 0.9 * expert) }),
      wallSeconds: result.wallSeconds,
      command: result.command,
      version: result.version,
    },
  };
}
