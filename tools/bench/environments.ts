import { join } from "node:path";
import { z } from "zod";
import { describeEnvironment, listEnvironments, make } from "../../envs/index.ts";
import { simulate } from "../../envs/mujoco.ts";
import { createRandom } from "../../src/random/index.ts";
import { projectRoot } from "../project.ts";
import { lastLine } from "./child.ts";
import { openPython } from "./python.ts";

/** Of one robot under random actions, resets included. */
export interface EnvironmentRate {
  /** Environment steps per second: physics, observation, reward, info and all checks. */
  readonly steps: number;
  /** The same states stepped by nothing but mj_step, in environment steps per second. */
  readonly bare: number;
  /** What our code costs on top of mj_step, as a fraction of it: the median over alternating stretches. */
  readonly overhead: number;
}

/** One id of each robot: versions differ in their reward only. */
export const benchRobots: readonly string[] = listEnvironments()
  .map(({ id }) => id)
  .filter((id) => !id.endsWith("-v4") && describeEnvironment(id).physics !== undefined);

/** Steps of one action sequence, and of a stretch that is timed as a whole. */
const LENGTH = 2000;
const STRETCH = 100;

type State = readonly [qpos: Float64Array, qvel: Float64Array];

/**
 * Steps the environment and, in turns, a bare simulation that goes through the same states: both feel what else the
 * machine does at the time alike.
 */
export async function environmentRate(id: string, seconds: number): Promise<EnvironmentRate> {
  const { physics } = describeEnvironment(id);
  if (physics === undefined) throw new RangeError(`${id} is not simulated by MuJoCo`);
  const environment = await make(id);
  const simulation = await simulate(physics.xml);
  const random = createRandom(3);
  const actions = Array.from({ length: LENGTH }, () => environment.actionSpace.sample(random));

  /** States that later episodes begin with, by the step before which they do. */
  const starts = new Map<number, State>();
  environment.reset({ seed: 0 });
  const initial: State = [environment.qpos, environment.qvel];
  for (let i = 0; i < LENGTH; i++) {
    const { terminated, truncated } = environment.step(actions[i]);
    if (!terminated && !truncated) continue;
    environment.reset();
    starts.set(i + 1, [environment.qpos, environment.qvel]);
  }

  const begin = ([qpos, qvel]: State): void => {
    simulation.reset();
    const fields = simulation.fields();
    fields.qpos.set(qpos);
    fields.qvel.set(qvel);
    simulation.forward();
  };
  const bare = (i: number): void => {
    simulation.step(actions[i], physics.frameSkip);
    const start = starts.get(i + 1);
    if (start !== undefined) begin(start);
  };
  const full = (i: number): void => {
    const { terminated, truncated } = environment.step(actions[i]);
    if (terminated || truncated) environment.reset();
  };
  const secondsOf = (step: (i: number) => void, from: number): number => {
    const start = performance.now();
    for (let i = from; i < from + STRETCH; i++) step(i);
    return (performance.now() - start) / 1000;
  };

  const stretches: { readonly full: number; readonly bare: number }[] = [];
  const end = performance.now() + 1000 * seconds;
  // The first pass warms up.
  for (let pass = 0; pass < 2 || performance.now() < end; pass++) {
    environment.reset({ seed: 0 });
    begin(initial);
    if (pass === 1) stretches.length = 0;
    for (let from = 0; from < LENGTH; from += STRETCH) {
      const bareFirst = (from / STRETCH) % 2 === 0;
      const first = secondsOf(bareFirst ? bare : full, from);
      const second = secondsOf(bareFirst ? full : bare, from);
      stretches.push(bareFirst ? { full: second, bare: first } : { full: first, bare: second });
    }
    if (environment.qpos.some((x, i) => x !== simulation.fields().qpos[i])) {
      throw new Error(`${id}: the bare simulation did not go through the environment's states`);
    }
  }
  environment.close();
  simulation.close();
  return {
    steps: STRETCH / median(stretches.map((stretch) => stretch.full)),
    bare: STRETCH / median(stretches.map((stretch) => stretch.bare)),
    overhead: median(stretches.map((stretch) => stretch.full / stretch.bare)) - 1,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const ratesSchema = z.record(z.string(), z.number().positive());

/** Gymnasium's rates for the ids that it has; a line that says why where Python has it not. */
export async function gymnasiumRates(options: {
  readonly python?: string;
  readonly seconds: number;
}): Promise<{ readonly rates: Readonly<Record<string, number>> } | { readonly reason: string }> {
  const ids = benchRobots.filter((id) => id.endsWith("-v5"));
  const { seconds } = options;
  const python = await openPython({ python: options.python, timeoutSeconds: 120 + 2 * seconds * ids.length });
  if (python === undefined) return { reason: "no Python 3 found (--python PATH names one)" };
  const program = join(projectRoot, "tools", "bench", "gymnasium_rate.py");
  const outcome = await python.run([program, ids.join(), `${seconds}`]);
  if ("reason" in outcome) return { reason: `Gymnasium: ${outcome.reason}` };
  return readRates(lastLine(outcome.output) ?? "");
}

function readRates(line: string): { readonly rates: Record<string, number> } | { readonly reason: string } {
  const reason = `Gymnasium: its last line has no rates: ${line.slice(0, 80)}`;
  try {
    const { data } = ratesSchema.safeParse(JSON.parse(line));
    return data === undefined ? { reason } : { rates: data };
  } catch {
    return { reason };
  }
}
