import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDemonstrations } from "../../../datasets/index.ts";
import { tableOf } from "../../../tools/benchmark/table-source.ts";
import { motive, temporaryFolder } from "../command-line.ts";

it("a part of a packaged suite makes the demonstrations and measures the expert that it needs", async () => {
  const folder = temporaryFolder();
  const words = ["benchmark", "table-2.1", "--preset", "smoke", "--only", "Hopper / BC", "--out", "table"];
  const { code, stderr, stdout } = motive(folder, ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/3 of 3 done\n$/);
  expect(readdirSync(join(folder, "table", "runs"))).toEqual(["bc-hopper-v5-traj1-seed0"]);
  // Those that are packaged were made long before, by another command.
  const spec = { id: "Hopper-v5", observationSize: 11, actionSize: 3 };
  const [made, packaged] = [join(folder, "table", "datasets", "hopper-expert-1-v5.hdf5"), "datasets/demonstrations/hopper-v5-1.hdf5"];
  const [{ trajectories }, expected] = [await readDemonstrations(made, spec), await readDemonstrations(packaged, spec)];
  expect(trajectories[0].observations).toEqual(expected.trajectories[0].observations);
  expect(trajectories[0].actions).toEqual(expected.trajectories[0].actions);
  const table = tableOf(join(folder, "table"));
  // 3612.5 ± 3.0 is what docs/results/hopper.md has of the expert.
  expect(table.rows[0].reference.published).toEqual({ mean: 3592.63 });
  expect(table.rows[0].reference.measured?.mean).toBeCloseTo(3612.5, 1);
  expect(table.rows[0].reference.measured?.std).toBeCloseTo(3.0, 1);
  const cell = table.cells.find(({ row, column }) => row === "Hopper" && column === "BC");
  expect(cell?.seeds[0]).toMatchObject({ state: "done", record: { agent: "bc", trajectories: 1, expertReturn: table.rows[0].reference.measured?.mean } });
});
