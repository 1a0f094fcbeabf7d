import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bytes, metricsOf, motive, temporaryFolder } from "./command-line.ts";

const readJson = (...path: string[]) =>
  JSON.parse(readFileSync(join(...path), "utf8")) as Record<string, unknown>;

describe("motive train", () => {
  const folder = temporaryFolder();
  const small = [
    "sac",
    "Regulator-v0",
    "--steps",
    "3000",
    "--set",
    "hidden=8",
    "--set",
    "randomSteps=500",
    "--set",
    "replayCapacity=3000",
  ];

  it("prints with --json one object per record and the result last, and nothing else", () => {
    const { code, stdout, stderr } = motive(
      folder,
      "train",
      ...small,
      "--seed",
      "2",
      "--out",
      "json",
      "--json",
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const result = lines.pop();
    expect(lines.map((line) => line.environmentSteps)).toEqual([1000, 2000, 3000]);
    expect(lines).toEqual(
      readFileSync(join(folder, "json", "metrics.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    );
    expect(result).toEqual(readJson(folder, "json", "result.json"));
    expect(result).toMatchObject({
      agent: "sac",
      environment: "Regulator-v0",
      seed: 2,
      environmentSteps: 3000,
      evaluation: { episodes: 20, mode: "mean", meanLength: 50, terminations: 0 },
      command:
        "motive train sac Regulator-v0 --seed 2 --steps 3000 --set hidden=8 --set randomSteps=500 --set replayCapacity=3000",
    });
  });

  it("says on a pipe only where the run is and how it ended", () => {
    const { code, stdout, stderr } = motive(folder, "train", ...small);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).not.toContain("\r");
    expect(stdout.trimEnd().split("\n")).toEqual([
      "sac in Regulator-v0, seed 0",
      "run directory: runs/sac-Regulator-v0-seed0",
      "finished: sac in Regulator-v0, seed 0",
      expect.stringMatching(/^ {2}return +-[\d.]+ ± [\d.]+ \(20 episodes\)$/),
      expect.stringMatching(/^ {2}mean length +50\.0 steps$/),
      expect.stringMatching(/^ {2}environment steps +3,000$/),
      expect.stringMatching(/^ {2}training time +\d+s$/),
      "the run is in runs/sac-Regulator-v0-seed0",
    ]);
  });

  it("leaves an older run of the same name alone, and repeats it to the last bit", () => {
    const { stdout } = motive(folder, "train", ...small);
    expect(stdout).toContain("run directory: runs/sac-Regulator-v0-seed0-2\n");
    const [first, second] = ["", "-2"].map((suffix) =>
      join(folder, "runs", `sac-Regulator-v0-seed0${suffix}`),
    );
    expect(bytes(second, "policy.safetensors")).toEqual(bytes(first, "policy.safetensors"));
    expect(metricsOf(second)).toEqual(metricsOf(first));
    const other = motive(folder, "train", ...small, "--seed", "1");
    expect(other.stdout).toContain("run directory: runs/sac-Regulator-v0-seed1\n");
    expect(bytes(folder, "runs", "sac-Regulator-v0-seed1", "policy.safetensors")).not.toEqual(
      bytes(first, "policy.safetensors"),
    );
  });

  it("trains the same whether or not it saves and measures on the way", () => {
    const run = (name: string, ...words: string[]) => {
      expect(motive(folder, "train", ...small, "--out", name, ...words).code).toBe(0);
      return readJson(folder, name, "result.json");
    };
    const quiet = run("quiet", "--evaluate-every", "0");
    const busy = run("busy", "--evaluate-every", "1000", "--checkpoint-interval", "1000");
    expect(bytes(folder, "busy", "policy.safetensors")).toEqual(bytes(folder, "quiet", "policy.safetensors"));
    expect(busy.evaluation).toEqual(quiet.evaluation);
    expect(metricsOf(join(folder, "quiet")).some((record) => "evaluationReturn" in record)).toBe(false);
    const measured = metricsOf(join(folder, "busy")).map((record) => record.evaluationReturn);
    expect(measured).toHaveLength(3);
    expect(busy.bestReturn).toBe(Math.max(...measured, busy.finalReturn as number));
  });

  it("keeps the resolved configuration, versions and command with the run", () => {
    expect(readJson(folder, "quiet", "config.json")).toMatchObject({
      formatVersion: 1,
      agent: "sac",
      environment: "Regulator-v0",
      seed: 0,
      preset: null,
      inputs: {},
      config: { steps: 3000, hidden: [8], batchSize: 256 },
      versions: { node: process.versions.node },
    });
    expect(existsSync(join(folder, "quiet", "reward.safetensors"))).toBe(false);
  });
});

describe("motive list", () => {
  const folder = temporaryFolder();

  it("shows every agent and environment, and an agent's options with their defaults", () => {
    const all = motive(folder, "list");
    for (const name of [
      "Hopper-v5",
      "Hopper-v4",
      "Regulator-v0",
      "sac",
      "ml-irl",
      "bc",
      "smoke",
      "quick",
      "paper",
    ]) {
      expect(all.stdout).toContain(name);
    }
    expect(motive(folder, "list", "agents", "ml-irl").stdout).toMatch(
      /sac\.batchSize +integer +256 +transitions per update/,
    );
    expect(JSON.parse(motive(folder, "list", "envs", "--json").stdout)).toMatchObject({
      envs: expect.arrayContaining([
        expect.objectContaining({ id: "Hopper-v5", maxEpisodeSteps: 1000 }),
      ]) as unknown,
    });
  });
});

describe("motive --help", () => {
  const folder = temporaryFolder();

  it.each(["train", "evaluate", "collect", "export", "replay", "list"])(
    "explains %s with an example",
    (command) => {
      const { code, stdout } = motive(folder, command, "--help");
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: motive ${command}`);
      expect(stdout).toMatch(new RegExp(`Examples?:\n {2}\\$ motive ${command}\\b`));
    },
  );

  it("names every command, also without a word", () => {
    const { code, stdout } = motive(folder, "--help");
    expect(code).toBe(0);
    expect(motive(folder)).toEqual({ code: 0, stdout, stderr: "" });
    for (const command of ["train", "evaluate", "collect", "export", "replay", "list"])
      expect(stdout).toContain(command);
  });
});
