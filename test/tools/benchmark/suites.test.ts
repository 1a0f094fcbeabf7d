import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expandSuite } from "../../../tools/benchmark/expand.ts";
import { jobsOf } from "../../../tools/benchmark/jobs.ts";
import { trainWords } from "../../../tools/benchmark/plan.ts";
import { readRecords } from "../../../tools/benchmark/record-file.ts";
import { recordsOf, tableOfRecords } from "../../../tools/benchmark/result-table.ts";
import { selectCells } from "../../../tools/benchmark/selection.ts";
import { checkSuite, packagedSuites, readSuite } from "../../../tools/benchmark/suite.ts";
import { temporaryFolder } from "../command-line.ts";

const planOf = (name: string, preset: "smoke" | "quick" | "paper" = "paper", seeds = 1) => expandSuite(readSuite(name), preset, seeds);

/** A cell's number in the thesis. */
const published = (suite: string, row: string, column: string) =>
  planOf(suite).cells.find((cell) => cell.row === row && cell.column === column)?.published;

describe("the packaged suites", () => {
  it("are the thesis's tables and figures", () => {
    expect(packagedSuites()).toEqual(["figure-2.1", "figure-3.5", "table-2.1", "table-2.2", "table-3.1", "table-3.2", "table-3.3"]);
  });

  it.each(packagedSuites())("%s can be planned under every preset, and every run's inputs come before it", (name) => {
    for (const preset of ["smoke", "quick", "paper"] as const) {
      const jobs = jobsOf(planOf(name, preset, 2));
      const seen = new Set<string>();
      for (const { id, needs } of jobs) {
        expect([...seen]).toEqual(expect.arrayContaining([...needs]));
        seen.add(id);
      }
      expect(seen.size).toBe(jobs.length);
    }
  });

  // Typed from the thesis by hand.
  it.each([
    ["table-2.1", "Half-Cheetah", "ML-IRL (state-action)", { mean: 4086.92 }],
    ["table-2.1", "Walker", "BC", { mean: -14.01 }],
    ["table-2.1", "Ant", "IQ-Learn", { mean: 4362.9 }],
    ["table-2.1", "Humanoid", "GAIL", { mean: 3016.4 }],
    ["table-2.2", "Data transfer", "ML-IRL (state-only)", { mean: 221.51 }],
    ["table-2.2", "Reward transfer", "AIRL", { mean: 130.3 }],
    ["table-3.1", "medium-replay, Hopper", "Offline ML-IRL", { mean: 3046.36, std: 429.25 }],
    ["table-3.1", "medium-expert, Walker2d", "CLARE", { mean: 959.5, std: 470.64 }],
    ["table-3.2", "medium, HalfCheetah", "ValueDICE", { mean: -175.87, std: 343.57 }],
    ["table-3.3", "medium-expert, Hopper", "BC", { mean: 3236.7, std: 45.97 }],
  ])("%s has the printed number of %s, %s", (suite, row, column, number) => {
    expect(published(suite, row, column)).toEqual(number);
  });

  it.each([
    ["table-2.1", "Hopper", { mean: 3592.63 }],
    ["table-2.2", "Reward transfer", { mean: 320.15 }],
    ["table-3.1", "medium, HalfCheetah", { mean: 12174.61, std: 91.45 }],
    ["table-3.2", "medium, Walker2d", { mean: 5284.33 }],
  ])("%s has the printed reference of %s", (suite, row, number) => {
    expect(planOf(suite).rows.find(({ name }) => name === row)?.published).toEqual(number);
  });

  it("take the thesis's steps for results, one million for Hopper and two for HalfCheetah, and fewer where networks are larger", () => {
    const steps = (preset: "quick" | "paper"): Record<string, unknown> => {
      const runs = [...planOf("table-2.1", preset).runs.values()].filter(({ agent }) => agent === "ml-irl");
      return Object.fromEntries(runs.map((run) => [run.environment, run.config.steps]));
    };
    expect(steps("paper")).toEqual({ "Hopper-v5": 1e6, "HalfCheetah-v5": 2e6, "Walker2d-v5": 4e5, "Ant-v5": 4e5, "Humanoid-v5": 3e5 });
    expect(steps("quick")["Ant-v5"]).toBe(300_000);
  });

  it("run behaviour cloning, which sees no dataset, once for the three datasets of a robot", () => {
    const { cells } = planOf("table-3.1");
    expect(new Set(cells.filter(({ column }) => column === "BC").flatMap(({ runs }) => runs)).size).toBe(3);
    expect(new Set(cells.filter(({ column }) => column === "Offline ML-IRL").flatMap(({ runs }) => runs)).size).toBe(9);
  });

  it("transfer a reward from the run of the same seed", () => {
    const jobs = jobsOf(planOf("table-2.2", "paper", 2));
    const transfer = jobs.filter(({ id }) => id.includes("reward-transfer"));
    expect(transfer.map(({ needs }) => needs)).toEqual([
      ["runs/customant-reward-customant-v0-traj1-seed0"],
      ["runs/customant-reward-customant-v0-traj1-seed1"],
    ]);
    expect(transfer[1].run && trainWords(transfer[1].run).join(" ")).toBe(
      "train sac DisabledAnt-v0 --preset paper --seed 1 --reward runs/customant-reward-customant-v0-traj1-seed1",
    );
  });
});

describe("committed records", () => {
  it.each([
    ["table-2.1", 3, "Hopper", "ML-IRL (state-only)", [0, 1, 2]],
    ["table-3.1", 24, "medium-replay, Hopper", "Offline ML-IRL", [0]],
  ])("of %s, all %i, stand in their cells", (suite, count, row, column, seeds) => {
    const records = readRecords(`docs/results/${suite}.json`);
    const plan = planOf(suite, "paper", 3);
    const table = tableOfRecords(plan, records);
    expect(recordsOf(table).length).toBeGreaterThanOrEqual(count);
    const cell = table.cells.find((one) => one.row === row && one.column === column);
    expect(cell?.seeds.filter(({ state }) => state === "done").map(({ seed }) => seed)).toEqual(seeds);
    for (const { record } of cell?.seeds ?? []) if (record) expect(records).toContainEqual(record);
  });
});

describe("--only", () => {
  const plan = planOf("table-3.1");
  it.each([
    [["hopper"], 12],
    [["medium, "], 12],
    [["Hopper*BC"], 3],
    [["medium-replay, Hopper / Off"], 1],
    [["Hopper*BC", "walker2d*bc"], 6],
    [[], 36],
  ])("%j chooses %i cells", (patterns, count) => {
    expect(selectCells(plan, patterns)).toHaveLength(count);
  });

  it("leaves out what the chosen cells do not need", () => {
    const jobs = jobsOf(plan, selectCells(plan, ["medium, Hopper / BC"])).map(({ id }) => id.replace(/-[0-9a-f]{12}/, ""));
    expect(jobs).toEqual(["datasets/hopper-expert-10-v5.hdf5", "runs/bc-hopper-v5-traj5-seed0", "references/hopper-v5-expert.json"]);
  });

  it("refuses a pattern that fits nothing, and says what there is", () => {
    expect(() => selectCells(plan, ["Hoper"])).toThrow(/--only Hoper: no cell of that name; rows: medium, Hopper \| .*columns: Offline ML-IRL \| BC/);
  });
});

const base = {
  name: "own",
  title: "Mine",
  rows: [{ name: "a", environment: "Hopper-v5", variables: { kind: "medium" } }],
  columns: [{ name: "BC", run: { agent: "bc", demos: "{robot}-expert-1-{version}" } }],
};

describe("a suite of one's own", () => {
  const folder = temporaryFolder();
  const fault = (change: object): string => {
    try {
      expandSuite(checkSuite({ ...base, ...change }, "own.json", folder), "smoke", 1);
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const run = (change: object) => ({ columns: [{ name: "BC", run: { ...base.columns[0].run, ...change } }] });

  it("needs little more than rows and columns", () => {
    const { runs } = expandSuite(checkSuite(base, "own.json", folder), "smoke", 2);
    expect([...runs.values()].map((one) => trainWords(one).join(" "))).toEqual([
      "train bc Hopper-v5 --preset smoke --seed 0 --demos datasets/hopper-expert-1-v5.hdf5",
      "train bc Hopper-v5 --preset smoke --seed 1 --demos datasets/hopper-expert-1-v5.hdf5",
    ]);
    expect([...runs.values()][1].identity).toEqual({ environment: "Hopper-v5", agent: "bc", trajectories: 1, seed: 1 });
  });

  it("is what the documentation shows", () => {
    const [, text = ""] = /```json\n(.*?)```/s.exec(readFileSync("docs/benchmarks.md", "utf8")) ?? [];
    const suite = checkSuite(JSON.parse(text), "docs/benchmarks.md", folder);
    const steps = [...expandSuite(suite, "paper", 1).runs.values()].map(({ config }) => [config.trajectories, config.steps]);
    expect(steps).toEqual([
      [1, 1e6],
      [1, 1e6],
      [10, 2e6],
      [10, 2e6],
    ]);
  });

  it("has variables keep their type, and runs of different options apart", () => {
    const rows = [0.001, 0.01].map((rate) => ({ name: `rate ${rate}`, environment: "Hopper-v5", variables: { rate } }));
    const { runs } = expandSuite(checkSuite({ ...base, ...run({ set: { learningRate: "{rate}" } }), rows }, "own.json", folder), "smoke", 1);
    expect([...runs.values()].map(({ id, config }) => [id, config.learningRate])).toEqual([
      ["bc-hopper-v5-traj1-rate-0-001-seed0", 0.001],
      ["bc-hopper-v5-traj1-rate-0-01-seed0", 0.01],
    ]);
  });

  it.each([
    [{ title: 3 }, /^own\.json: "title": .*string/],
    [{ colums: [] }, /^own\.json: .*colums/],
    [{ rows: [] }, /^own\.json: "rows": /],
    [{ rows: [{ name: "a", environment: "Hoper-v5" }] }, /^own\.json: row "a": unknown environment "Hoper-v5"; did you mean Hopper-v5/],
    [{ rows: [base.rows[0], base.rows[0]] }, /^own\.json: "rows": there are two of the name "a"/],
    [{ rows: [{ ...base.rows[0], published: { BCC: 1 } }] }, /^own\.json: "rows\.0\.published": no column "BCC"; did you mean BC/],
    [{ rows: [{ ...base.rows[0], published: { BC: [1, 2, 3] } }] }, /^own\.json: "rows\.0\.published\.BC": expected a number, or \[mean, standard deviation\]/],
    [run({ agent: "cb" }), /^own\.json: row "a", "BC": unknown agent "cb"; did you mean bc/],
    [run({ set: { learningrate: 1 } }), /row "a", "BC": --set learningrate=1: bc has no option "learningrate"; did you mean learningRate/],
    [run({ steps: "{stps}" }), /row "a", "BC": "run\.steps": no variable "stps"/],
    [run({ steps: "{kind}" }), /row "a", "BC": "run\.steps": expected an integer, received "medium"/],
    [run({ demos: "hopper-expert-2-v5" }), /row "a", "BC": unknown set "hopper-expert-2-v5"; did you mean hopper-expert-/],
    [run({ demos: "mine.hdf5" }), /row "a", "BC": .*mine\.hdf5: no such file/],
    [run({ demos: { run: "SAC" } }), /row "a", "BC": "run\.demos": no run "SAC"/],
    [run({ demos: { run: "BC" } }), /takes something from itself: BC from BC/],
    [{ reference: { name: "x", column: "SAC" } }, /"reference\.column": no column "SAC"/],
    [{ reference: { policy: "hopper-v6-expert" } }, /own\.json: reference: no packaged policy "hopper-v6-expert"/],
  ])("with the mistake %j says what and where", (change, message) => {
    expect(fault(change)).toMatch(message);
  });

  it("that is no JSON, or not there, is refused by its name", () => {
    const path = join(folder, "broken.json");
    writeFileSync(path, "{");
    expect(() => readSuite(path)).toThrow(/broken\.json: is not JSON/);
    expect(() => readSuite(join(folder, "none.json"))).toThrow(/none\.json: no such suite file/);
    expect(() => readSuite("table-2.11")).toThrow(/unknown suite "table-2\.11"; did you mean .*table-2\.1/);
  });
});
