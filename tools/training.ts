import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { evaluatePolicy } from "../agents/rollout.ts";
import type { Evaluation } from "../agents/rollout.ts";
import type { Policy } from "../agents/policy.ts";
import type { Demonstrations } from "../datasets/demonstrations.ts";
import { make } from "../envs/index.ts";
import { createRandom } from "../src/random/index.ts";
import type { Json, MetricsRecord } from "../src/runs/index.ts";
import { exportWeights } from "./exports.ts";
import { holdSignals } from "./interrupt.ts";
import { formatCount, formatDuration } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { version } from "./project.ts";
import { keepHistory, trimHistory } from "./run-history.ts";
import { modelFile, networksFile, policyFile, rewardFile } from "./run-files.ts";
import type { RunSession } from "./run-session.ts";

import { formatTable } from "./terminal.ts";

/** Episodes of the measurement after the run, and of each one during it. */
const finalEpisodes = 20;
const intermediateEpisodes = 10;
/** Policies that a run keeps on its way, for a look back at how it came about. */
const historyEntries = 24;

export interface TrainingOptions {
  readonly progress: Progress;
  /** Steps between two checkpoints. */
  readonly checkpointInterval: number;
}

/** What a finished run leaves in `result.json`. Returns are the environment's own, by the policy's mean action. */
export interface RunResult {
  readonly environment: string;
  readonly agent: string;
  readonly seed: number;
  readonly preset: string | null;
  /** Every step taken in the environment by the training; those of measurements are not training and not counted. */
  readonly environmentSteps: number;
  /** Progress in the run's own unit, where that is not environment steps: updates. */
  readonly steps?: number;
  /** Mean of 20 episodes of the last iterate; absent, as all about returns, where no policy is trained. */
  readonly finalReturn?: number;
  /** The largest mean among all measurements of this run, the last one included. */
  readonly bestReturn?: number;
  /** Mean return of the demonstrations, and `finalReturn` relative to it; for agents that learn from demonstrations. */
  readonly expertReturn?: number;
  readonly ratio?: number;
  /** In place of these where the demonstrations are of another environment: its returns are no measure here. */
  readonly demonstrations?: { readonly environment: string; readonly meanReturn: number };
  /** Training time, over all sessions of a resumed run; measurements not included. */
  readonly wallSeconds: number;
  readonly evaluation?: Evaluation;
  /** What the last record says, where no policy is trained. */
  readonly metrics?: MetricsRecord;
  readonly command: string;
  readonly version: string;
}

function crossed(interval: number, before: number, after: number): boolean {
  return interval > 0 && Math.floor(after / interval) > Math.floor(before / interval);
}

/** Measures the run's policy in an environment of its own, without touching the run's state or random streams. */
async function measure(
  { facts }: RunSession,
  policy: Policy,
  label: string,
  episodes: number,
): Promise<Evaluation> {
  const seed = createRandom(facts.seed)
    .split(label)
    .integer(2 ** 31);
  const environment = await make(facts.environment);
  try {
    return await evaluatePolicy(environment, policy, { episodes, seed, mode: "mean" });
  } finally {
    environment.close();
  }
}

function saveCheckpoint({ run, trainer }: RunSession): void {
  run.saveCheckpoint(trainer.steps, trainer.snapshot());
  if (trainer.policy) exportWeights(trainer.policy, join(run.directory, policyFile));
  if (trainer.reward) exportWeights(trainer.reward, join(run.directory, rewardFile));
  if (trainer.networks) exportWeights(trainer.networks, join(run.directory, networksFile));
  if (trainer.model) exportWeights(trainer.model, join(run.directory, modelFile));
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function summary(result: RunResult, directory: string): string[] {
  const { evaluation, metrics } = result;
  const rows = [
    ...(evaluation === undefined
      ? []
      : [
          ["return", `${evaluation.mean.toFixed(1)} ± ${evaluation.std.toFixed(1)} (${evaluation.episodes} episodes)`],
          ["mean length", `${evaluation.meanLength.toFixed(1)} steps`],
        ]),
    ...(result.expertReturn === undefined
      ? []
      : [
          ["expert's return", result.expertReturn.toFixed(1)],
          ["ratio", (result.ratio ?? NaN).toFixed(3)],
        ]),
    ...(result.demonstrations === undefined
      ? []
      : [["demonstrated", `${result.demonstrations.meanReturn.toFixed(1)}, in ${result.demonstrations.environment}`]]),
    ...Object.entries(metrics ?? {})
      .filter(([name]) => name !== "environmentSteps" && name !== "wallSeconds")
      .map(([name, value]) => [name, `${+value.toPrecision(5)}`]),
    ["environment steps", formatCount(result.environmentSteps)],
    ["training time", formatDuration(result.wallSeconds)],
  ];
  return [
    `finished: ${result.agent} in ${result.environment}, seed ${result.seed}`,
    ...formatTable(rows).map((line) => `  ${line}`),
    `the run is in ${directory}`,
  ];
}

interface Totals {
  /** Seconds of training so far. */
  trained: number;
  /** Largest mean return measured so far. */
  best: number;
}

/** What the metrics already say of a run: of a resumed one, those up to its checkpoint. */
function totalsOf(records: readonly MetricsRecord[]): Totals {
  return {
    trained: records.at(-1)?.wallSeconds ?? 0,
    best: Math.max(...records.map((record) => record.evaluationReturn ?? -Infinity)),
  };
}

/** A return relative to the demonstrations', where these are of the same environment. */
function compared({ environment, returns }: Demonstrations, here: string, finalReturn: number): Partial<RunResult> {
  const meanReturn = mean(returns);
  if (environment !== here) return { demonstrations: { environment, meanReturn } };
  return { expertReturn: meanReturn, ratio: finalReturn / meanReturn };
}

async function finalResult(session: RunSession, totals: Totals): Promise<RunResult> {
  const { facts, trainer, demonstrations, run } = session;
  const common = {
    environment: facts.environment,
    agent: facts.agent,
    seed: facts.seed,
    preset: facts.preset,
    environmentSteps: trainer.environmentSteps,
    ...(trainer.steps !== trainer.environmentSteps && { steps: trainer.steps }),
    wallSeconds: totals.trained,
    command: facts.command,
    version,
  };
  if (trainer.policy === undefined) return { ...common, metrics: run.metrics().at(-1) };
  const evaluation = await measure(session, trainer.policy, "final evaluation", finalEpisodes);
  return {
    ...common,
    finalReturn: evaluation.mean,
    bestReturn: Math.max(evaluation.mean, totals.best),
    ...(demonstrations && compared(demonstrations, facts.environment, evaluation.mean)),
    evaluation,
  };
}

/** One unit of work and, where one is due, a measurement: the record of both. */
async function advance(session: RunSession, totals: Totals): Promise<MetricsRecord> {
  const { facts, trainer } = session;
  const before = trainer.steps;
  const begin = performance.now();
  const metrics = await trainer.advance();
  totals.trained += (performance.now() - begin) / 1000;
  const { steps, environmentSteps } = trainer;
  if (steps === before && !trainer.done)
    throw new Error(`${facts.agent} does not advance beyond step ${steps}`);
  const record = {
    ...metrics,
    environmentSteps,
    ...(steps !== environmentSteps && { steps }),
    wallSeconds: totals.trained,
  };
  if (trainer.policy === undefined || !crossed(facts.evaluateEvery, before, steps)) return record;
  const evaluation = await measure(session, trainer.policy, `evaluation at ${steps}`, intermediateEpisodes);
  totals.best = Math.max(totals.best, evaluation.mean);
  return {
    ...record,
    evaluationReturn: evaluation.mean,
    evaluationStd: evaluation.std,
    evaluationLength: evaluation.meanLength,
  };
}

/** How a training session ended. */
export interface TrainingOutcome {
  /** Absent when a signal stopped the run. */
  readonly result?: RunResult;
  readonly exitCode: number;
}

/**
 * Advances a run to its end, or until SIGINT or SIGTERM asks it to stop; then it saves a checkpoint and says how to
 * continue. Closes the session.
 */
export async function runTraining(session: RunSession, options: TrainingOptions): Promise<TrainingOutcome> {
  const { run, trainer, facts } = session;
  const { progress, checkpointInterval } = options;
  const interrupt = holdSignals(() => progress.note("stopping: saving a checkpoint …"));
  try {
    const totals = totalsOf(run.metrics());
    progress.start({
      title: `${facts.agent} in ${facts.environment}, seed ${facts.seed}${facts.preset ? `, preset ${facts.preset}` : ""}`,
      directory: run.directory,
      done: session.startStep,
      total: trainer.totalSteps,
    });
    for (const warning of session.warnings) progress.note(`warning: ${warning}; an older checkpoint is used`);
    trimHistory(run.directory, session.startStep);
    if (session.startStep === 0) keepHistory(run.directory, trainer);
    const historyInterval = Math.max(1, Math.ceil(trainer.totalSteps / historyEntries));
    let saved = trainer.steps;
    while (!trainer.done && interrupt.signal === undefined) {
      // A trainer that never waits would keep signals from being seen.
      await setImmediate();
      const before = trainer.steps;
      const record = await advance(session, totals);
      run.appendMetrics(record);
      progress.record(trainer.steps, record);
      if (crossed(historyInterval, before, trainer.steps)) keepHistory(run.directory, trainer);
      if (trainer.steps - saved >= checkpointInterval && !trainer.done) {
        saveCheckpoint(session);
        saved = trainer.steps;
      }
    }
    saveCheckpoint(session);
    if (!trainer.done) {
      progress.note(`stopped at step ${formatCount(trainer.steps)}; continue with:`);
      progress.note(`  npx motive train --resume ${run.directory}`);
      return { exitCode: interrupt.exitCode };
    }
    const result = await finalResult(session, totals);
    // Plain data, though its interface does not say so.
    run.writeResult({ ...result } as unknown as Json);
    progress.end({ ...result }, summary(result, run.directory));
    return { result, exitCode: 0 };
  } finally {
    interrupt.release();
    trainer.close();
    run.close();
  }
}
