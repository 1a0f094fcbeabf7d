import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { loadPolicy } from "../../agents/index.ts";
import type { ActionMode } from "../../agents/policy.ts";
import { loadLearnedReward, type LearnedReward } from "../../agents/reward-network.ts";
import { loadWorldModel, type WorldModel } from "../../agents/world-model/model.ts";
import { penaltyKinds, type PenaltyKind } from "../../agents/world-model/penalties.ts";
import { openDataset } from "../../datasets/index.ts";
import { UserError } from "../../src/errors.ts";
import { loadSafetensors, readRun } from "../../src/runs/index.ts";
import { UsageError } from "../errors.ts";
import { isDirectory } from "../files.ts";
import { findEnvironment } from "../names.ts";
import { modelFile, rewardFile, runFile } from "../run-files.ts";
import { datasetSource } from "./dataset-source.ts";
import { penaltyJudge, type Judge } from "./judges.ts";
import { policyTrack, type Actor } from "./policy-track.ts";
import { recordingSource } from "./recording-source.ts";
import { runSource } from "./run-source.ts";
import { createSimulator, type Simulator } from "./simulator.ts";
import type { Source } from "./source.ts";

export interface SourceOptions {
  /** A run or file whose learned reward judges every rollout. */
  readonly reward?: string;
  /** A run or file whose world model says how uncertain it is about every rollout. */
  readonly model?: string;
  /** The environment of files that do not name theirs. */
  readonly environment?: string;
  readonly seed: number;
  readonly mode: ActionMode;
  /** Whether policies are shown growing at first, or whole episodes of them. */
  readonly live: boolean;
}

interface Named {
  readonly id: string;
  readonly label: string;
  readonly path: string;
}

/** Simulators by environment, one each. */
function simulatorPool(): { get(environment: string): Promise<Simulator>; readonly all: readonly Simulator[] } {
  const made = new Map<string, Simulator>();
  return {
    async get(environment) {
      const simulator = made.get(environment) ?? (await createSimulator(findEnvironment(environment).id));
      made.set(environment, simulator);
      return simulator;
    },
    get all() {
      return [...made.values()];
    },
  };
}

/** The shortest names that tell paths apart: the last part, or two of them. */
function labelsOf(paths: readonly string[]): string[] {
  const parts = paths.map((path) => resolve(path).split("/").filter((part) => part !== ""));
  return parts.map((one, i) => {
    for (let count = 1; count < one.length; count++) {
      const label = one.slice(-count).join("/");
      if (parts.every((other, j) => j === i || other.slice(-count).join("/") !== label)) return label.replace(/\.(safetensors|hdf5|json)$/, "");
    }
    return one.join("/");
  });
}

/** U is computed as the run's configuration says. */
const penaltySchema = z.object({ penalty: z.object({ kind: z.enum(penaltyKinds) }) });
const defaultPenalty: PenaltyKind = "max-aleatoric";

interface Context {
  readonly options: SourceOptions;
  readonly pool: ReturnType<typeof simulatorPool>;
  readonly reward: LearnedReward | undefined;
  readonly model: WorldModel | undefined;
}

/** @throws UserError when a reward or a model is for robots with other observations or actions */
function checkFit(where: string, what: string, made: { observationSize: number; actionSize: number }, { description: { spec } }: Simulator): void {
  if (made.observationSize === spec.observationSize && made.actionSize === spec.actionSize) return;
  throw new UserError(
    `${where}: the ${what} takes ${made.observationSize} observations and ${made.actionSize} actions, ${spec.id} has ${spec.observationSize} and ${spec.actionSize}`,
  );
}

async function penaltyJudges(path: string, model: WorldModel | undefined, kind: PenaltyKind, simulator: Simulator): Promise<Judge[]> {
  if (model === undefined) return [];
  checkFit(path, "world model", model.architecture, simulator);
  return [await penaltyJudge(model, kind)];
}

async function openRunSource({ id, label, path }: Named, { options, pool, ...context }: Context): Promise<Source> {
  const { manifest } = readRun(path);
  const simulator = await pool.get(manifest.environment);
  const own = existsSync(join(path, modelFile)) ? loadWorldModel(join(path, modelFile)) : undefined;
  const kind = penaltySchema.safeParse(manifest.config).data?.penalty.kind ?? defaultPenalty;
  const model = context.model ?? own;
  if (context.reward) checkFit(path, "reward", context.reward.network.architecture, simulator);
  const judges = await penaltyJudges(path, model, kind, simulator);
  return runSource({
    ...options,
    id,
    label,
    directory: path,
    agent: manifest.agent,
    simulator,
    reward: context.reward,
    judges,
    ...(model && { imagination: { model, penalty: kind } }),
  });
}

async function openPolicySource({ id, label, path }: Named, { options, pool, reward, model }: Context): Promise<Source> {
  const policy = loadPolicy(path);
  const simulator = await pool.get(options.environment ?? policy.architecture.environment);
  checkFit(path, "policy", policy, simulator);
  if (reward) checkFit(path, "reward", reward.network.architecture, simulator);
  const judges = await penaltyJudges(path, model, defaultPenalty, simulator);
  const actor: Actor = { policy, ...(reward && { reward }), label: options.mode === "mean" ? "mean actions" : "sampled actions" };
  const track = policyTrack({
    ...options,
    id,
    label,
    about: () => `a policy, ${actor.label}`,
    simulator,
    current: () => actor,
    checkpoints: () => [],
    judges,
  });
  return { tracks: [track], close: () => judges.forEach((judge) => judge.close?.()) };
}

async function openDatasetSource({ id, label, path }: Named, { options, pool, reward, model }: Context): Promise<Source> {
  const dataset = await openDataset(path);
  const environment = options.environment ?? dataset.environment;
  if (environment === undefined) throw new UserError(`${path}: does not say in which environment it was recorded; name it with --env`);
  const simulator = await pool.get(environment);
  if (reward) checkFit(path, "reward", reward.network.architecture, simulator);
  const judges = await penaltyJudges(path, model, defaultPenalty, simulator);
  return datasetSource({ id, label, dataset, simulator, ...(reward && { reward }), judges });
}

async function openRecordingSource({ id, label, path }: Named, { options, pool, reward, model }: Context): Promise<Source> {
  if (options.environment === undefined) throw new UsageError(`${path}: recorded actions do not say of which environment; name it with --env`);
  const simulator = await pool.get(options.environment);
  if (reward) checkFit(path, "reward", reward.network.architecture, simulator);
  const judges = await penaltyJudges(path, model, defaultPenalty, simulator);
  return recordingSource({ id, label, path, simulator, ...(reward && { reward }), judges });
}

async function openSource(named: Named, context: Context): Promise<Source> {
  const { path } = named;
  if (isDirectory(path)) {
    if (existsSync(join(path, "config.json"))) return openRunSource(named, context);
    if (existsSync(join(path, "data")) || existsSync(join(path, "main_data.hdf5"))) return openDatasetSource(named, context);
    throw new UserError(`${path}: neither a run directory nor a Minari dataset`);
  }
  if (path.endsWith(".json")) return openRecordingSource(named, context);
  if (!path.endsWith(".safetensors")) return openDatasetSource(named, context);
  const { kind } = loadSafetensors(path).metadata;
  if (kind === "policy") return openPolicySource(named, context);
  const hint = kind === "reward" ? "; judge rollouts by it with --reward" : kind === "world-model" ? "; use it with --model" : "";
  throw new UserError(`${path}: a ${kind ?? "file of an unknown kind"}, expected a policy${hint}`);
}

/** A folder of runs stands for all of them. */
function expand(path: string): string[] {
  if (!isDirectory(path) || existsSync(join(path, "config.json"))) return [path];
  const runs = readdirSync(path)
    .map((name) => join(path, name))
    .filter((inner) => existsSync(join(inner, "config.json")))
    .sort();
  return runs.length > 0 ? runs : [path];
}

const fileOf = (path: string, inRun: string): string => (isDirectory(path) ? runFile(path, inRun) : path);

/**
 * Opens what was named on the command line.
 * @throws UserError for what is none of a run, a folder of runs, a policy, a dataset and recorded actions
 */
export async function openSources(paths: readonly string[], options: SourceOptions): Promise<{ sources: Source[]; simulators: readonly Simulator[] }> {
  const expanded = paths.flatMap(expand);
  const labels = labelsOf(expanded);
  const context: Context = {
    options,
    pool: simulatorPool(),
    reward: options.reward === undefined ? undefined : loadLearnedReward(fileOf(options.reward, rewardFile)),
    model: options.model === undefined ? undefined : loadWorldModel(fileOf(options.model, modelFile)),
  };
  const sources: Source[] = [];
  for (const [i, path] of expanded.entries()) {
    sources.push(await openSource({ id: `${i + 1}-${basename(labels[i])}`, label: labels[i], path }, context));
  }
  return { sources, simulators: context.pool.all };
}
