#!/usr/bin/env node
import { Command } from "commander";
import { gaussianOf, networkPolicy } from "../../agents/network-policy.ts";
import { createReplay } from "../../agents/replay.ts";
import { createRandom } from "../../src/random/index.ts";
import { runProgram } from "../entry.ts";
import { formatTable, printJson, printLine, type Terminal } from "../terminal.ts";
import { batchScaling, type BatchScaling } from "./batch.ts";
import { benchRobots, environmentRate, gymnasiumRates, type EnvironmentRate } from "./environments.ts";
import { runPeers, type PeerName, type UpdateRates, type Workload } from "./peers.ts";
import { stackedWorkload } from "./stacked.ts";
import { measure } from "./timing.ts";
import { viewerCost, type ViewerCost } from "./viewer.ts";
import { ensembleWorkload, sacWorkload } from "./workloads.ts";

interface BenchOptions {
  readonly seconds: number;
  readonly python?: string;
  readonly peers?: string;
  readonly json?: boolean;
}

interface Report {
  readonly engine: UpdateRates & { readonly actionMicroseconds: number };
  readonly environments: Readonly<Record<string, EnvironmentRate & { readonly gymnasium?: number }>>;
  /** Of {@link SCALED} in worker threads. */
  readonly batch: BatchScaling;
  /** Updates of W1 per second for one seed, and of all together for several in one graph; minibatches stay as they are. */
  readonly stacked: { readonly seeds: number; readonly one: number; readonly together: number };
  /** Of a training that is watched. */
  readonly viewer: ViewerCost;
  readonly peers: Readonly<Partial<Record<PeerName, UpdateRates>>>;
}

/** SAC updates per second with all that the solver does for one: drawing the minibatch, its noise, and the update. */
async function sacRate(hidden: readonly number[], batch: number, seconds: number): Promise<number> {
  const program = await sacWorkload({ hidden, batch });
  const random = createRandom(1);
  const [observationSize, actionSize] = [17, 6];
  const replay = createReplay(100_000, observationSize, actionSize);
  const normal = (size: number): Float32Array => {
    const values = new Float32Array(size);
    random.fillNormal(values);
    return values;
  };
  for (let i = 0; i < 100_000; i++) {
    replay.push({
      observation: normal(observationSize),
      action: normal(actionSize).map(Math.tanh),
      reward: random.normal(),
      nextObservation: normal(observationSize),
      terminated: random.uniform() < 0.05,
      time: i % 1000,
    });
  }
  const update = async (): Promise<void> => {
    for (const arrays of program.batches) {
      replay.sample(random, arrays);
      random.fillNormal(arrays.noise);
      random.fillNormal(arrays.nextNoise);
    }
    await program.run({ reward: [] });
  };
  const { median } = await measure(update, program.updatesPerRun, { seconds });
  await program.dispose();
  return median;
}

async function ensembleRate(seconds: number): Promise<number> {
  const program = await ensembleWorkload();
  const { median } = await measure(() => program.run(), program.updatesPerRun, { seconds });
  await program.dispose();
  return median;
}

/** Seeds of one graph that gained most where it was tried (docs/engine.md). */
const STACKED_SEEDS = 3;

async function stackedRates(seconds: number): Promise<Report["stacked"]> {
  const w1 = { hidden: [64, 64], batch: 100 };
  const single = await sacWorkload(w1);
  const several = await stackedWorkload({ ...w1, seeds: STACKED_SEEDS, updatesPerRun: 10 });
  const { median: one } = await measure(() => single.run(), single.updatesPerRun, { seconds });
  const { median: together } = await measure(() => several.run(), STACKED_SEEDS * several.updatesPerRun, { seconds });
  await Promise.all([single.dispose(), several.dispose()]);
  return { seeds: STACKED_SEEDS, one, together };
}

/** Microseconds of one sampled action of a 64-64 policy in Hopper-v5. */
async function actionLatency(seconds: number): Promise<number> {
  const architecture = {
    environment: "Hopper-v5",
    observationSize: 11,
    actionSize: 3,
    hidden: [64, 64],
    activation: "relu",
    actionLow: [-1, -1, -1],
    actionHigh: [1, 1, 1],
  } as const;
  const random = createRandom(2);
  const parameters = gaussianOf(architecture).network.initialize(random);
  const policy = networkPolicy(architecture, () => parameters);
  const observation = new Float64Array(11);
  const action = new Float64Array(3);
  random.fillNormal(observation);
  const { median } = await measure(() => policy.act(observation, "sample", random, action), 1, { seconds });
  return 1e6 / median;
}

/** The robot that batches are measured with: of middling cost. */
const SCALED = "Walker2d-v5";

const workloads: Readonly<Record<Workload, string>> = {
  W1: "SAC update, hidden 64-64, batch 100",
  W2: "SAC update, hidden 256-256, batch 256",
  W3: "7-member Gaussian ensemble, hidden 4 × 200, batch 256 each",
};

function printReport(terminal: Terminal, report: Report, reasons: readonly string[]): void {
  const { engine, peers, stacked } = report;
  const names = Object.keys(peers) as PeerName[];
  const rate = (value: number): string => value.toFixed(value < 100 ? 1 : 0);
  const rows = (Object.keys(workloads) as Workload[]).map((id) => [
    id,
    workloads[id],
    rate(engine[id]),
    ...names.map((name) => `${rate(peers[name]?.[id] ?? NaN)} (×${(engine[id] / (peers[name]?.[id] ?? NaN)).toFixed(2)})`),
  ]);
  printLine(terminal, "updates per second on one core (× motive's rate relative to the peer)");
  const header = ["", "", "motive", ...names];
  for (const line of formatTable([header, ...rows], header.map((_, i) => i).slice(2))) printLine(terminal, `  ${line}`);
  for (const reason of reasons) printLine(terminal, `  left out: ${reason}`);
  printLine(terminal);
  const gain = (stacked.together / stacked.one).toFixed(2);
  printLine(
    terminal,
    `W1, update alone: ${stacked.one.toFixed(0)} per second for one seed, ${stacked.together.toFixed(0)} for ${stacked.seeds} seeds in one graph (×${gain})`,
  );
  printLine(terminal, `one policy action: ${engine.actionMicroseconds.toFixed(1)} µs`);
  printLine(terminal);
  printEnvironments(terminal, report);
  const { alone, watched, share } = report.viewer;
  printLine(terminal);
  printLine(
    terminal,
    `SAC in Hopper-v5: ${alone.toFixed(0)} steps per second alone, ${watched.toFixed(0)} with a viewer that follows it ` +
      `(${(100 * share).toFixed(0)} %)`,
  );
}

function printEnvironments(terminal: Terminal, { environments, batch }: Report): void {
  printLine(terminal, "environment steps per second on one core, random actions, resets included");
  const header = ["", "motive", "bare mj_step", "on top of it", "Gymnasium (Python)"];
  const rows = Object.entries(environments).map(([id, { steps, bare, overhead, gymnasium }]) => [
    id,
    steps.toFixed(0),
    bare.toFixed(0),
    `${(100 * overhead).toFixed(1)} %`,
    gymnasium === undefined ? "" : `${gymnasium.toFixed(0)} (×${(steps / gymnasium).toFixed(2)})`,
  ]);
  for (const line of formatTable([header, ...rows], [1, 2, 3, 4])) printLine(terminal, `  ${line}`);
  printLine(terminal);
  const { oneWorker, twoWorkers, speedup } = batch;
  printLine(
    terminal,
    `batches of ${SCALED}: ${oneWorker.toFixed(0)} steps per second in one worker, ` +
      `${twoWorkers.toFixed(0)} in two (×${speedup.toFixed(2)})`,
  );
}

async function bench(terminal: Terminal, words: readonly string[]): Promise<number> {
  const options = new Command("bench")
    .description("Measures the engine, the environments and, where Python has them, the peers in one run.")
    .option("--seconds <n>", "measuring time of each workload", Number, 5)
    .option("--python <path>", "Python interpreter or virtual environment of the peers (default: python3)")
    .option("--peers <dir>", "directory of the peer programs (default: ../shared/peers beside the project)")
    .option("--json", "print one JSON object as the last line")
    .parse([...words], { from: "user" })
    .opts<BenchOptions>();
  const { seconds } = options;
  const say = (text: string): void => {
    if (options.json !== true) terminal.stderr.write(`${text}\n`);
  };
  // first, so that a wrong --python or --peers is reported before minutes have passed
  const { peers, reasons } = await runPeers({
    python: options.python,
    peersDirectory: options.peers,
    seconds,
    onProgress: say,
  });
  say("engine");
  const engine = {
    W1: await sacRate([64, 64], 100, seconds),
    W2: await sacRate([256, 256], 256, seconds),
    W3: await ensembleRate(seconds),
    actionMicroseconds: await actionLatency(seconds / 2),
  };
  const stacked = await stackedRates(seconds / 2);
  say("environments: Gymnasium");
  const gymnasium = await gymnasiumRates({ python: options.python, seconds: seconds / 2 });
  const environments: Record<string, EnvironmentRate & { gymnasium?: number }> = {};
  for (const id of benchRobots) {
    say(`environments: ${id}`);
    const rate = await environmentRate(id, seconds / 2);
    environments[id] = { ...rate, ...("rates" in gymnasium && { gymnasium: gymnasium.rates[id] }) };
  }
  say("batches");
  const batch = await batchScaling(SCALED, seconds);
  say("viewer");
  const report: Report = { engine, environments, batch, stacked, viewer: await viewerCost(seconds), peers };
  const missing = "reason" in gymnasium ? [gymnasium.reason] : [];
  if (options.json === true) printJson(terminal, report);
  else printReport(terminal, report, [...Object.values(reasons), ...missing]);
  return 0;
}

await runProgram(bench);
