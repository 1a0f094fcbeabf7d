import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { loadSacNetworks } from "../agents/sac/networks.ts";
import type { AgentDefinition, InputName, RunInputs } from "../agents/trainer.ts";
import { loadWorldModel } from "../agents/world-model/model.ts";
import { readDataset } from "../datasets/open.ts";
import type { EnvironmentSpec } from "../envs/index.ts";
import { UserError } from "../src/errors.ts";
import { fileError } from "../src/runs/atomic-file.ts";
import { readRun } from "../src/runs/index.ts";
import { UsageError } from "./errors.ts";
import { isDirectory } from "./files.ts";
import { modelFile, networksFile, rewardFile, runFile } from "./run-files.ts";
import { readDemonstrationsFor, readRewardFor, type Purpose } from "./transfer.ts";

/** The flags of `motive train` that name inputs, and the paths given. */
export interface InputRequest {
  readonly demos?: string;
  readonly networks?: string;
  readonly dataset?: string;
  readonly model?: string;
  readonly reward?: string;
}

/** A file that a run was started with, as its config.json keeps it. */
const fileSchema = z.object({ file: z.string(), sha256: z.string() });
type InputFile = z.output<typeof fileSchema>;

const names = ["demonstrations", "networks", "dataset", "model", "reward"] as const satisfies readonly InputName[];

export const inputFilesSchema = z.partialRecord(z.enum(names), fileSchema);
export type InputFiles = z.output<typeof inputFilesSchema>;

interface InputKind<Name extends InputName> {
  readonly option: keyof InputRequest;
  /** What it is, in messages. */
  readonly title: string;
  /** The file in a run directory, for inputs that a run can be named for. */
  readonly inRun?: string;
  read(file: string, purpose: Purpose): RunInputs[Name] | Promise<RunInputs[Name]>;
}

/** @throws UserError when something was made for another environment */
function checkEnvironment(file: string, what: string, made: string, { id }: EnvironmentSpec): void {
  if (made !== id) throw new UserError(`${file}: a ${what} for ${made}, the run is in ${id}`);
}

const kinds: { readonly [Name in InputName]-?: InputKind<Name> } = {
  demonstrations: { option: "demos", title: "demonstrations", read: readDemonstrationsFor },
  networks: {
    option: "networks",
    title: "networks",
    inRun: networksFile,
    read(file, { environment }) {
      const networks = loadSacNetworks(file);
      checkEnvironment(file, "policy", networks.architecture.environment, environment);
      return networks;
    },
  },
  dataset: {
    option: "dataset",
    title: "dataset",
    read: (file, { environment: { id, observationSize, actionSize } }) => readDataset(file, { environment: id, observationSize, actionSize }),
  },
  model: {
    option: "model",
    title: "world model",
    inRun: modelFile,
    read(file, { environment }) {
      const model = loadWorldModel(file);
      checkEnvironment(file, "world model", model.architecture.environment, environment);
      return model;
    },
  },
  reward: {
    option: "reward",
    title: "reward",
    inRun: rewardFile,
    read: (file, { environment }) => readRewardFor(file, environment),
  },
};

/** The file that a path means: in a run directory, the run's own one of that kind. */
const fileOf = (name: InputName, path: string): string => {
  const { inRun } = kinds[name];
  return inRun !== undefined && isDirectory(path) ? runFile(path, inRun) : path;
};

/** The file whose SHA-256 stands for an input: a Minari folder's is its data. */
const hashedFile = (path: string): string =>
  isDirectory(path) ? [join(path, "data", "main_data.hdf5"), join(path, "main_data.hdf5")].find(existsSync) ?? path : path;

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(hashedFile(path)), hash);
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
  return hash.digest("hex");
}

async function readInput<Name extends InputName>(name: Name, file: string, purpose: Purpose): Promise<Pick<RunInputs, Name>> {
  return { [name]: await kinds[name].read(file, purpose) } as Pick<RunInputs, Name>;
}

/** How an agent without an input it must have, or with one that it does not know, is told so. */
function checkTaken({ name: agent, takes }: AgentDefinition, name: InputName, given: boolean): void {
  const { option, title } = kinds[name];
  if (takes[name] === "required" && !given) {
    throw new UsageError(
      name === "demonstrations"
        ? `${agent} learns from demonstrations: name their file with --demos`
        : `${agent} needs a ${title}: name it with --${option}`,
    );
  }
  if (takes[name] === undefined && given) {
    const reasons: Partial<Record<InputName, string>> = {
      demonstrations: "does not learn from demonstrations",
      networks: "cannot go on from given networks",
    };
    throw new UsageError(`${agent} ${reasons[name] ?? `takes no ${title}`}: leave --${option} out`);
  }
}

/** What an agent cannot do without: "needs --demos". */
export function neededFlags({ takes }: AgentDefinition): string[] {
  const needed = names.filter((name) => takes[name] === "required").map((name) => `--${kinds[name].option}`);
  return needed.length > 0 ? [`needs ${needed.join(" and ")}`] : [];
}

/** The flags and files of a request, for the command line of a run. */
export function inputWords(request: InputRequest): string[] {
  return names.flatMap((name) => {
    const { option } = kinds[name];
    const path = request[option];
    return path === undefined ? [] : [`--${option}`, path];
  });
}

/**
 * The inputs of a new run, and the files that they are in.
 * @throws UserError when the agent takes others, or when one cannot be read or belongs elsewhere
 */
export async function openInputs(
  purpose: Purpose,
  request: InputRequest,
): Promise<{ inputs: RunInputs; files: InputFiles }> {
  for (const name of names) checkTaken(purpose.agent, name, request[kinds[name].option] !== undefined);
  let inputs: RunInputs = {};
  const files: Partial<Record<InputName, InputFile>> = {};
  for (const name of names) {
    const path = request[kinds[name].option];
    if (path === undefined) continue;
    const file = fileOf(name, path);
    inputs = { ...inputs, ...(await readInput(name, file, purpose)) };
    files[name] = { file, sha256: await sha256(file) };
  }
  return { inputs, files };
}

async function checkUnchanged(run: string, name: InputName, file: string, kept: InputFile): Promise<void> {
  if ((await sha256(file)) !== kept.sha256) {
    throw new UserError(`${file}: not the ${kinds[name].title} that ${run} was started with (its SHA-256 differs)`);
  }
}

/** The file of an input that a run was started with; undefined without one. @throws UserError when it is gone or another one now */
export async function inputFile(run: string, name: InputName): Promise<string | undefined> {
  const kept = inputFilesSchema.parse(readRun(run).manifest.inputs)[name];
  if (kept === undefined) return undefined;
  await checkUnchanged(run, name, kept.file, kept);
  return kept.file;
}

/**
 * The inputs that a run was started with, and no others.
 * @param request other places of the same files, where they have moved
 * @throws UserError
 */
export async function reopenInputs(
  run: string,
  purpose: Purpose,
  files: InputFiles,
  request: InputRequest = {},
): Promise<RunInputs> {
  let inputs: RunInputs = {};
  for (const name of names) {
    const { option, title } = kinds[name];
    const path = request[option];
    const kept = files[name];
    if (kept === undefined) {
      if (path === undefined) continue;
      checkTaken(purpose.agent, name, true);
      throw new UsageError(`${run} was started without --${option}: leave it out`);
    }
    const file = path === undefined ? kept.file : fileOf(name, path);
    if (!existsSync(file)) {
      throw new UserError(`${file}: not found, and ${run} was started with it; name the file of its ${title} with --${option}`);
    }
    await checkUnchanged(run, name, file, kept);
    inputs = { ...inputs, ...(await readInput(name, file, purpose)) };
  }
  return inputs;
}
