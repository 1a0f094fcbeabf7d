import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { ending, metricsOf, motive, motiveJson, start, temporaryFolder } from "../command-line.ts";
import { benchmarkWithKills, recordsOf, undisturbed } from "./kills.ts";
import { tinySuite, writeTinySuite } from "./tiny.ts";

/** `MOTIVE_KILLS=20 npx vitest run … test/tools/benchmark/kill.test.ts` for a longer test. */
const kills = Number(process.env.MOTIVE_KILLS ?? 6);

describe("a benchmark", () => {
  const folder = temporaryFolder();
  let suite: string;
  beforeAll(async () => {
    suite = await writeTinySuite(folder, 4000);
    expect(undisturbed(folder, suite, "calm")).toMatchObject({ code: 0 });
  });

  it("makes every run once, and finds all done when it is started again", () => {
    const before = readFileSync(join(folder, "calm", "runs", "sac-regulator-v0-seed0", "result.json"), "utf8");
    const again = motive(folder, "benchmark", suite, "--preset", "smoke", "--out", "calm");
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toMatch(/4 of 4 done\n$/);
    expect(again.stdout).not.toContain("started");
    expect(readFileSync(join(folder, "calm", "runs", "sac-regulator-v0-seed0", "result.json"), "utf8")).toBe(before);
    const records = recordsOf(folder, "calm") as { agent: string; setting?: string; expertReturn: number }[];
    expect(records.map(({ agent, setting }) => [agent, setting])).toEqual([
      ["bc", undefined],
      ["sac", undefined],
      ["sac", "continued"],
    ]);
    const [reference] = motive(folder, "evaluate", "expert.safetensors", "--episodes", "20", "--json").stdout.split("\n");
    const { mean } = JSON.parse(reference) as { mean: number };
    expect(new Set(records.map(({ expertReturn }) => expertReturn))).toEqual(new Set([mean]));
  });

  it(
    `that is killed ${kills} times ends with the same records and metrics`,
    async () => {
      const counts = await benchmarkWithKills(folder, suite, "killed", kills, 11);
      expect(counts.code).toBe(0);
      expect(counts.group + counts.parent + counts.run).toBe(kills);
      expect(recordsOf(folder, "killed")).toEqual(recordsOf(folder, "calm"));
      for (const run of ["bc-regulator-v0-traj1-seed0", "sac-regulator-v0-seed0", "again-regulator-v0-continued-seed0"])
        expect(metricsOf(join(folder, "killed", "runs", run))).toEqual(metricsOf(join(folder, "calm", "runs", run)));
    },
    Math.max(120_000, kills * 30_000),
  );

  it("that is asked to stop saves its runs, refuses a second start meanwhile, and goes on later", async () => {
    // Long enough not to end by itself.
    writeFileSync(join(folder, "long.json"), JSON.stringify(tinySuite(400_000)));
    const words = ["benchmark", "long.json", "--preset", "smoke", "--out", "stopped", "--workers", "1", "--only", "one / SAC"];
    const metrics = join(folder, "stopped", "runs", "sac-regulator-v0-seed0", "metrics.jsonl");
    const records = () => (existsSync(metrics) ? readFileSync(metrics, "utf8").split("\n").length - 1 : 0);
    let [before, output] = [0, ""];
    for (const round of ["new", "continued"]) {
      const child = start(folder, ...words);
      child.stdout?.on("data", (part: Buffer) => (output += part.toString()));
      const ended = ending(child);
      while (records() < before + 2) await new Promise((resolve) => setTimeout(resolve, 20));
      if (round === "new") {
        const second = motive(folder, ...words);
        expect(second).toMatchObject({ code: 1, stderr: `motive: stopped: in use by process ${child.pid ?? 0}\n` });
      }
      child.kill("SIGTERM");
      expect(await ended).toBe(143);
      const { jobs } = motiveJson(folder, "benchmark", "status", "stopped") as { jobs: { id: string; state: string; step?: number }[] };
      const sac = jobs.find(({ id }) => id === "runs/sac-regulator-v0-seed0");
      expect(sac).toMatchObject({ state: "stopped", step: 1000 * records() });
      before = records();
    }
    expect(output).toMatch(/started: sac-regulator-v0-seed0\n.*\nstopped: sac-regulator-v0-seed0 at step.*continued: sac-regulator-v0-seed0 from its last checkpoint/s);
  });

  it("does the other runs when one fails, says why, and tries it again at the next start", () => {
    const broken = join(folder, "broken.json");
    // A wrong input that only the run itself can notice.
    const text = readFileSync(suite, "utf8").replace('"networks":{"run":"SAC"}', '"networks":{"run":"BC"}');
    writeFileSync(broken, text);
    for (let attempt = 0; attempt < 2; attempt++) {
      const failed = motive(folder, "benchmark", broken, "--preset", "smoke", "--out", "broken", "--only", "BC", "--only", "again", "--json");
      expect(failed.code).toBe(1);
      const lines = failed.stdout.trim().split("\n").map((line) => JSON.parse(line) as { event?: string; id?: string; state?: string; message?: string });
      const end = lines.find(({ event, id }) => event === "ended" && id === "runs/again-regulator-v0-continued-seed0");
      expect(end).toMatchObject({ state: "failed", message: expect.stringContaining("networks.safetensors") as string });
    }
    const status = motive(folder, "benchmark", "status", "broken", "--only", "BC", "--only", "again");
    expect(status.stdout).toMatch(/2 of 3 done, 1 failed\n$/);
    expect(status.stdout).toMatch(/failed: again-regulator-v0-continued-seed0: .*networks\.safetensors/);
  });
});
