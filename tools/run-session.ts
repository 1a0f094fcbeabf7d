import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { AgentDefinition, RunInputs, Trainer, TrainerContext } from "../agents/trainer.ts";
import type { Demonstrations } from "../datasets/demonstrations.ts";
import { make } from "../envs/index.ts";
import type { EnvironmentSpec } from "../envs/index.ts";
import { UserError } from "../src/errors.ts";
import { createRun, openRun, readCheckpoint, readRun } from "../src/runs/index.ts";
import type { Json, Run, Snapshot } from "../src/runs/index.ts";
import { readAssignments, resolveConfig, valueAt } from "./config.ts";
import { UsageError } from "./errors.ts";
import { findAgent, findEnvironment } from "./names.ts";
import { versions } from "./project.ts";
import { inputFilesSchema, inputWords, openInputs, reopenInputs, type InputRequest } from "./run-inputs.ts";

/** What the command line says of a run to start or to continue. */
export interface RunRequest extends InputRequest {
  readonly agent?: string;
  readonly environment?: string;
  readonly seed?: number;
  readonly steps?: number;
  readonly preset?: string;
  readonly set?: readonly string[];
  readonly out?: string;
  /** Steps between two measurements of the policy; 0 for none. */
  readonly evaluateEvery?: number;
}

/** What makes a run this run, as its config.json keeps it. */
const factsSchema = z.looseObject({
  agent: z.string(),
  environment: z.string(),
  seed: z.number(),
  preset: z.string().nullable(),
  config: z.record(z.string(), z.unknown()),
  inputs: inputFilesSchema,
  evaluateEvery: z.number(),
  command: z.string(),
});

export type RunFacts = z.output<typeof factsSchema>;

/** A run whose trainer is ready to advance. */
export interface RunSession {
  readonly facts: RunFacts;
  readonly run: Run;
  readonly trainer: Trainer;
  readonly demonstrations: Demonstrations | undefined;
  /** The step of the checkpoint that the run continues from; 0 for a new one. */
  readonly startStep: number;
  /** About checkpoints that had to be passed over. */
  readonly warnings: readonly string[];
}

function createTrainer(
  agent: AgentDefinition,
  environment: EnvironmentSpec,
  facts: Pick<RunFacts, "seed" | "config">,
  inputs: RunInputs,
): Promise<Trainer> {
  const context: TrainerContext = {
    environment,
    makeEnvironment: () => make(environment.id),
    seed: facts.seed,
    ...inputs,
  };
  return agent.create(context, facts.config);
}

/** `runs/<agent>-<env>-seed<n>`, with `-2`, `-3` … where that exists already. */
function freeDirectory(agent: string, environment: string, seed: number): string {
  const name = join("runs", `${agent}-${environment}-seed${seed}`);
  let directory = name;
  for (let k = 2; existsSync(directory); k++) directory = `${name}-${k}`;
  return directory;
}

function quote(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command line that starts this run. */
function commandLine(agent: string, environment: string, seed: number, request: RunRequest): string {
  const words = ["motive", "train", agent, environment];
  if (request.preset) words.push("--preset", request.preset);
  words.push("--seed", `${seed}`);
  if (request.steps !== undefined) words.push("--steps", `${request.steps}`);
  for (const assignment of request.set ?? []) words.push("--set", assignment);
  words.push(...inputWords(request));
  if (request.evaluateEvery !== undefined) words.push("--evaluate-every", `${request.evaluateEvery}`);
  return words.map(quote).join(" ");
}

/** Checks a request for a new run, makes its trainer and then its directory. @throws UserError */
export async function startRun(request: RunRequest): Promise<RunSession> {
  if (request.agent === undefined || request.environment === undefined) {
    throw new UsageError("train needs an agent and an environment, as in: motive train sac Hopper-v5");
  }
  const agent = findAgent(request.agent);
  const environment = findEnvironment(request.environment);
  const seed = request.seed ?? 0;
  const config = resolveConfig(agent, environment, { ...request, set: request.set ?? [] });
  const { inputs, files } = await openInputs({ agent, environment, config }, request);

  const trainer = await createTrainer(agent, environment, { seed, config }, inputs);
  try {
    const facts = {
      agent: agent.name,
      environment: environment.id,
      seed,
      preset: request.preset ?? null,
      config: config as Record<string, Json>,
      inputs: files,
      evaluateEvery: request.evaluateEvery ?? Math.ceil(trainer.totalSteps / 20),
      totalSteps: trainer.totalSteps,
      command: commandLine(agent.name, environment.id, seed, request),
    };
    const directory = request.out ?? freeDirectory(agent.name, environment.id, seed);
    const run = createRun(directory, { ...facts, versions, startedAt: Date.now() / 1000 });
    return { facts, run, trainer, demonstrations: inputs.demonstrations, startStep: 0, warnings: [] };
  } catch (error) {
    trainer.close();
    throw error;
  }
}

function readFacts(directory: string, manifest: unknown): RunFacts {
  const result = factsSchema.safeParse(manifest);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError(`${join(directory, "config.json")}: "${issue.path.join(".")}": ${issue.message}`);
}

/** Refuses flags that ask for another run than the one in the directory. */
function checkUnchanged(path: string, agent: AgentDefinition, facts: RunFacts, request: RunRequest): void {
  const conflict = (flag: string, value: unknown) =>
    new UsageError(
      `${flag} conflicts with ${path}, where it is ${JSON.stringify(value)}; a resumed run keeps its configuration`,
    );
  if (request.out !== undefined) throw new UsageError("--out and --resume contradict each other; give one");
  for (const [flag, asked, kept] of [
    [`agent "${request.agent}"`, request.agent, facts.agent],
    [`environment "${request.environment}"`, request.environment, facts.environment],
    [`--seed ${request.seed}`, request.seed, facts.seed],
    [`--preset ${request.preset}`, request.preset, facts.preset],
    [`--evaluate-every ${request.evaluateEvery}`, request.evaluateEvery, facts.evaluateEvery],
  ] as const) {
    if (asked !== undefined && asked !== kept) throw conflict(flag, kept);
  }
  for (const { flag, path: option, value } of readAssignments(agent, {
    ...request,
    set: request.set ?? [],
  })) {
    const kept = valueAt(facts.config, option);
    if (JSON.stringify(value) !== JSON.stringify(kept)) throw conflict(flag, kept);
  }
}

/** Opens a run directory and puts its trainer into the state of the latest checkpoint. @throws UserError */
export async function resumeRun(path: string, request: RunRequest): Promise<RunSession> {
  const run = openRun(path);
  let trainer: Trainer | undefined;
  try {
    const facts = readFacts(path, run.manifest);
    const agent = findAgent(facts.agent);
    const environment = findEnvironment(facts.environment);
    checkUnchanged(path, agent, facts, request);
    const inputs = await reopenInputs(path, { agent, environment, config: facts.config }, facts.inputs, request);
    trainer = await createTrainer(agent, environment, facts, inputs);
    const checkpoint = run.latestCheckpoint();
    if (checkpoint) await trainer.restore(checkpoint.snapshot);
    run.resumeAt(checkpoint?.step);
    return {
      facts,
      run,
      trainer,
      demonstrations: inputs.demonstrations,
      startStep: checkpoint?.step ?? 0,
      warnings: checkpoint?.warnings ?? [],
    };
  } catch (error) {
    trainer?.close();
    run.close();
    throw error;
  }
}

/** A checkpoint of a SAC run, and what the run is. */
export interface SacCheckpoint {
  readonly facts: RunFacts;
  /** The checkpoint's file. */
  readonly file: string;
  readonly snapshot: Snapshot;
}

/**
 * Reads a checkpoint of a SAC run; the run may be in progress elsewhere.
 * @param file one that was kept; by default the run's latest
 * @throws UserError when the run is of another agent, or the checkpoint cannot be read
 */
export function readSacCheckpoint(path: string, file?: string): SacCheckpoint {
  const run = readRun(path);
  const facts = readFacts(path, run.manifest);
  if (facts.agent !== "sac") throw new UserError(`${path}: a run of ${facts.agent}, expected one of sac`);
  if (file !== undefined) return { facts, file, snapshot: readCheckpoint(file) };
  const checkpoint = run.latestCheckpoint();
  if (!checkpoint) throw new UserError(`${path}: the run has no checkpoint yet`);
  return { facts, file: checkpoint.path, snapshot: checkpoint.snapshot };
}

/**
 * The trainer of a run as of its latest checkpoint, for reading; the run may be in progress elsewhere.
 * @throws UserError
 */
export async function readTrainer(path: string): Promise<Trainer> {
  const run = readRun(path);
  const facts = readFacts(path, run.manifest);
  const checkpoint = run.latestCheckpoint();
  if (!checkpoint) throw new UserError(`${path}: the run has no checkpoint yet`);
  const agent = findAgent(facts.agent);
  const environment = findEnvironment(facts.environment);
  const inputs = await reopenInputs(path, { agent, environment, config: facts.config }, facts.inputs);
  const trainer = await createTrainer(agent, environment, facts, inputs);
  try {
    await trainer.restore(checkpoint.snapshot);
    return trainer;
  } catch (error) {
    trainer.close();
    throw error;
  }
}
