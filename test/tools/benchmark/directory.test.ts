import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRun, type RunManifest } from "../../../src/runs/index.ts";
import { checkedJobs } from "../../../tools/benchmark/benchmark.ts";
import { openBenchmark, readBenchmark } from "../../../tools/benchmark/directory.ts";
import { expandSuite } from "../../../tools/benchmark/expand.ts";
import { jobsOf, jobState } from "../../../tools/benchmark/jobs.ts";
import { recordsOf, tableOfDirectory } from "../../../tools/benchmark/result-table.ts";
import { checkSuite } from "../../../tools/benchmark/suite.ts";
import { temporaryFolder } from "../command-line.ts";

const definition = (steps = 1000) => ({
  name: "own",
  title: "Mine",
  rows: [{ name: "a", environment: "Regulator-v0", published: { SAC: -4 } }],
  columns: [{ name: "SAC", run: { agent: "sac", steps } }, { name: "GAIL" }],
});
const suiteOf = (steps?: number) => checkSuite(definition(steps), "own.json", "/");
const planOf = (steps?: number, seeds = 4) => expandSuite(suiteOf(steps), "smoke", seeds);

/** Puts a run of the plan into the directory as `motive train` does. */
function begin(directory: string, seed: number, change: Partial<RunManifest> = {}) {
  const run = [...planOf().runs.values()][seed];
  const folder = join(directory, "runs", run.id);
  const { agent, environment, preset, config } = run;
  return createRun(folder, {
    ...{ agent, environment, seed, preset, inputs: {}, totalSteps: 1000, versions: {}, command: "motive train sac" },
    config: JSON.parse(JSON.stringify(config)) as RunManifest["config"],
    ...change,
  });
}

describe("a benchmark's directory", () => {
  const facts = { suite: suiteOf(), preset: "smoke", seeds: 2 } as const;

  it("keeps the suite, and the most seeds that were asked for", () => {
    const folder = join(temporaryFolder(), "new", "one");
    for (const [seeds, kept] of [
      [2, 2],
      [3, 3],
      [1, 3],
    ]) {
      openBenchmark(folder, { ...facts, seeds })();
      expect(readBenchmark(folder)).toMatchObject({ preset: "smoke", seeds: kept, suite: { definition: { name: "own" } } });
    }
  });

  it("belongs to one process at a time", () => {
    const folder = join(temporaryFolder(), "busy");
    const release = openBenchmark(folder, facts);
    expect(() => openBenchmark(folder, facts)).toThrow(`${folder}: in use by process ${process.pid}`);
    release();
    openBenchmark(folder, facts)();
  });

  it("is not made in a place of something else, which stays as it is", () => {
    const folder = temporaryFolder();
    for (const [name, file, complaint] of [
      ["papers", "thesis.pdf", /papers: is not empty and not a benchmark's; choose another with --out/],
      ["run", "config.json", /run: is a run's directory; choose another with --out/],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, file), "mine");
      expect(() => openBenchmark(join(folder, name), facts)).toThrow(complaint);
      expect(readFileSync(join(folder, name, file), "utf8")).toBe("mine");
    }
    writeFileSync(join(folder, "file"), "");
    expect(() => openBenchmark(join(folder, "file"), facts)).toThrow(/file: is a file, expected a directory/);
    expect(() => readBenchmark(join(folder, "papers"))).toThrow(/papers: is not a benchmark's directory/);
    expect(() => readBenchmark(join(folder, "none"))).toThrow(/none: no such benchmark directory/);
  });

  it("is of one suite and one preset", () => {
    const folder = join(temporaryFolder(), "own");
    openBenchmark(folder, facts)();
    expect(() => openBenchmark(folder, { ...facts, preset: "paper" })).toThrow(/own: holds preset smoke of own, not paper/);
    const other = checkSuite({ ...definition(), name: "other" }, "other.json", "/");
    expect(() => openBenchmark(folder, { ...facts, suite: other })).toThrow(/own: holds the suite own, not other/);
  });

  it("whose runs were started otherwise is refused, with what differs", () => {
    const folder = temporaryFolder();
    begin(folder, 0).close();
    expect(checkedJobs(planOf(), folder, [])).toHaveLength(4);
    expect(() => checkedJobs(planOf(2000), folder, [])).toThrow(
      /runs\/sac-regulator-v0-seed0: was started otherwise: steps is 1000, the suite has 2000; choose another --out, or remove this run/,
    );
    begin(folder, 1, { inputs: { networks: { file: "old.safetensors", sha256: "" } } }).close();
    expect(() => checkedJobs(planOf(), folder, [])).toThrow(/seed1: .*networks is old\.safetensors, the suite has nothing/);
  });
});

describe("the state of a benchmark", () => {
  const folder = temporaryFolder();
  const plan = planOf();
  const states = () => jobsOf(plan).map((job) => jobState(folder, job));
  const result = { environment: "Regulator-v0", agent: "sac", seed: 0, environmentSteps: 1000, finalReturn: -3.5, bestReturn: -3, wallSeconds: 5, command: "motive train sac", version: "0" };

  it("follows from the runs' directories", () => {
    expect(states()).toEqual(Array.from({ length: 4 }, () => ({ state: "waiting" })));
    const done = begin(folder, 0);
    done.appendMetrics({ environmentSteps: 500, wallSeconds: 2, episodeReturn: -9 });
    done.appendMetrics({ environmentSteps: 1000, wallSeconds: 4, evaluationReturn: -5 });
    done.writeResult(result);
    done.close();
    const running = begin(folder, 1);
    running.appendMetrics({ environmentSteps: 300, wallSeconds: 1, episodeReturn: -8 });
    begin(folder, 2).close();
    begin(folder, 3).close();
    mkdirSync(join(folder, "logs"));
    writeFileSync(join(folder, "logs", "runs-sac-regulator-v0-seed3.err"), "(node) a warning\nmotive: disk full\n");
    expect(states()).toEqual([
      // 500 steps in the two seconds between the records
      { state: "done", step: 1000, totalSteps: 1000, speed: 250, lastReturn: -3.5 },
      { state: "running", step: 300, totalSteps: 1000, lastReturn: -8 },
      { state: "stopped", totalSteps: 1000 },
      { state: "failed", totalSteps: 1000, message: "disk full" },
    ]);
    running.close();
  });

  it("is what the table of results is made of", () => {
    const table = tableOfDirectory(plan, folder);
    expect(table.cells.map(({ column, published, seeds }) => [column, published, seeds.map(({ state }) => state)])).toEqual([
      ["SAC", { mean: -4 }, ["done", "stopped", "stopped", "failed"]],
      ["GAIL", undefined, []],
    ]);
    const [first] = table.cells[0].seeds;
    expect(first.curve).toEqual([{ steps: 1000, evaluationReturn: -3.5 }]);
    expect(table.cells[0].seeds[2].command).toBe("motive train sac Regulator-v0 --preset smoke --seed 2 --steps 1000");
    expect(recordsOf(table)).toMatchObject([{ agent: "sac", seed: 0, finalReturn: -3.5 }]);
  });
});
