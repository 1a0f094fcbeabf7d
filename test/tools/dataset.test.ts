import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { readD4rl, writeD4rl } from "../../datasets/d4rl/index.ts";
import { writeHdf5 } from "../../datasets/hdf5/writer.ts";
import { readDataset } from "../../datasets/open.ts";
import { concatenate } from "../../datasets/concatenate.ts";
import { floats, hopperMinari, hopperRandom, smallDataset } from "../datasets/hdf5-files.ts";
import { bytes, ending, motive, motiveJson, program, start, temporaryFolder } from "./command-line.ts";

const demonstration = fileURLToPath(
  new URL("../../datasets/demonstrations/hopper-v5-1.hdf5", import.meta.url),
);
const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);

/** Runs a command that has to fail, and returns its one line. */
function refusal(code: 1 | 2, ...words: string[]): string {
  const outcome = motive(folder, "dataset", ...words);
  expect(outcome.stdout).toBe("");
  expect(outcome.stderr).toMatch(/^motive: [^\n]+\n$/);
  expect(outcome.code).toBe(code);
  return outcome.stderr.slice("motive: ".length).trimEnd();
}

describe("motive dataset show", () => {
  it("prints for programs what the file holds", () => {
    expect(motiveJson(folder, "dataset", "show", hopperRandom, "--environment", "Hopper-v5")).toMatchObject({
      format: "d4rl",
      environment: "Hopper-v5",
      episodes: 90,
      transitions: 2000,
      observationSize: 11,
      actionSize: 3,
      // By NumPy: the last row, an episode of its own; the sum of all by the number of episodes; the longest episode.
      returns: {
        min: 0.9770170450210571,
        mean: expect.closeTo(1705.9613746919495 / 90, 9) as number,
        max: expect.closeTo(110.87633842229843, 9) as number,
      },
      terminations: 89,
      truncations: 0,
      normalizedScore: expect.closeTo(
        (1705.9613746919495 / 90 + 20.272305) / (3234.3 + 20.272305),
        12,
      ) as number,
      metadata: { algorithm: "SAC", iteration: 1600 },
    });
    expect(motiveJson(folder, "dataset", "show", hopperMinari)).toMatchObject({
      format: "minari",
      environment: "Hopper-v5",
      episodes: 20,
      transitions: 519,
      terminations: 20,
      normalizedScore: expect.closeTo(438.4444360768637 / 20, 9) as number,
      referenceScores: { min: 0, max: 1, source: "Minari" },
    });
    expect(motiveJson(folder, "dataset", "show", hopperRandom)).toMatchObject({
      environment: null,
      normalizedScore: null,
    });
  });

  it("prints for people a page and draws a picture", () => {
    const { stdout, code } = motive(folder, "dataset", "show", hopperRandom, "--svg", "pictures/hopper.svg");
    expect(code).toBe(0);
    expect(stdout).toContain("2,000 in 90 episodes: 89 terminated, 0 truncated, 1 unfinished");
    expect(stdout).toContain("not recorded (say it with --environment)");
    const bars = [...stdout.matchAll(/to\s+\S+\s+(█*)\s+(\d+)$/gm)].map(([, bar, count]) => [
      bar.length,
      Number(count),
    ]);
    expect(bars).toHaveLength(10);
    expect(bars.reduce((sum, [, count]) => sum + count, 0)).toBe(90);
    expect(Math.max(...bars.map(([length]) => length))).toBe(40);
    expect(readFileSync(inFolder("pictures/hopper.svg"), "utf8")).toMatch(
      /^<svg[^]*d4rl_hopper_random\.hdf5[^]*2,000 transitions in 90 episodes[^]*<\/svg>\n$/,
    );
  });
});

describe("motive dataset verify", () => {
  it("replays the transitions of a packaged set", () => {
    const result = motiveJson(folder, "dataset", "verify", demonstration) as Record<string, unknown>;
    expect(result).toMatchObject({
      format: "d4rl",
      environment: "Hopper-v5",
      transitions: 1000,
      chained: 999,
    });
    const { transitions, observation, nextObservation, reward, terminals } = result.replay as Record<
      string,
      number
    >;
    expect([transitions, terminals]).toEqual([200, 0]);
    for (const difference of [observation, nextObservation, reward]) expect(difference).toBeLessThan(1e-6);
    const { stdout, code } = motive(folder, "dataset", "verify", demonstration);
    expect(code).toBe(0);
    expect(stdout).toContain("no fault found");
    expect(stdout).toContain("200 transitions in Hopper-v5 from their recorded states");
  });

  it("says what it did not look at: no states, no environment", () => {
    expect(motiveJson(folder, "dataset", "verify", hopperMinari)).toMatchObject({
      format: "minari",
      transitions: 519,
      chained: 499,
      chainDifference: 0,
      replay: null,
    });
    expect(motive(folder, "dataset", "verify", hopperRandom).stdout).not.toContain("replayed");
  });
});

describe("motive dataset convert", () => {
  it("writes the same file again after a way through Minari", async () => {
    const set = {
      ...(await readD4rl(hopperRandom)),
      environment: "Hopper-v5",
      metadata: { algorithm: "SAC" },
    };
    writeD4rl(inFolder("first.hdf5"), set);
    const there = motive(folder, "dataset", "convert", "first.hdf5", "there-v0");
    expect(there).toEqual({
      code: 0,
      stdout: "there-v0: 2,000 transitions in 90 episodes, Minari\n",
      stderr: "",
    });
    expect(motiveJson(folder, "dataset", "convert", "there-v0", "back.hdf5")).toEqual({
      file: "back.hdf5",
      format: "d4rl",
      transitions: 2000,
      episodes: 90,
      notes: [],
    });
    expect(bytes(folder, "back.hdf5").equals(bytes(folder, "first.hdf5"))).toBe(true);
    const { action_space } = JSON.parse(bytes(folder, "there-v0/data/metadata.json").toString()) as Record<
      string,
      string
    >;
    expect(action_space).toContain('"low": [-1, -1, -1], "high": [1, 1, 1]');
  });

  it("writes the same Minari dataset again after a way through D4RL's layout", () => {
    for (const [input, output] of [
      [hopperMinari, "one-v0"],
      ["one-v0", "one.hdf5"],
      ["one.hdf5", "two/one-v0"],
    ])
      expect(motive(folder, "dataset", "convert", input, output).stderr).toBe("");
    for (const name of ["data/main_data.hdf5", "data/metadata.json"])
      expect(bytes(folder, "two/one-v0", name).equals(bytes(folder, "one-v0", name))).toBe(true);
  });

  it("takes the id from --id or from Minari's folder of datasets", () => {
    const idOf = (path: string) =>
      (JSON.parse(bytes(folder, path, "data/metadata.json").toString()) as { dataset_id: string }).dataset_id;
    motive(folder, "dataset", "convert", hopperMinari, "root/mujoco/hopper/a-v1", "--id", "hopper/a-v1");
    expect(idOf("root/mujoco/hopper/a-v1")).toBe("hopper/a-v1");
    const words = [program, "dataset", "convert", hopperMinari, "root/mujoco/hopper/b-v1"];
    const env = { ...process.env, MINARI_DATASETS_PATH: inFolder("root") };
    expect(spawnSync(process.execPath, words, { cwd: folder, env }).status).toBe(0);
    expect(idOf("root/mujoco/hopper/b-v1")).toBe("mujoco/hopper/b-v1");
    expect(existsSync(inFolder("root/mujoco/namespace_metadata.json"))).toBe(true);
  });

  it("says what the new format has no place for", () => {
    expect(motive(folder, "dataset", "convert", hopperRandom, "weights-v0").stdout).toContain(
      'Note: "metadata/policy/fc0/bias" and 7 more are left out: Minari has no place for arrays in metadata',
    );
  });

  it("leaves nothing behind when it is interrupted", async () => {
    const small = await readD4rl(hopperRandom);
    writeD4rl(inFolder("large.hdf5"), concatenate(new Array(400).fill(small)));
    const before = readdirSync(folder).sort();
    for (const output of ["stopped.hdf5", "stopped-v0"]) {
      const child = start(folder, "dataset", "convert", "large.hdf5", output);
      while (child.exitCode === null && !readdirSync(folder).some((name) => name.startsWith(`.${output}.`)))
        await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill("SIGINT");
      expect(await ending(child)).toBe(130);
      expect(readdirSync(folder).sort()).toEqual(before);
    }
  });
});

describe("a broken dataset gives one line", () => {
  const small = (changes: Parameters<typeof writeHdf5>[1] = {}) => ({ ...smallDataset(), ...changes });

  beforeAll(() => {
    writeFileSync(inFolder("cut.hdf5"), bytes(hopperRandom));
    truncateSync(inFolder("cut.hdf5"), 400_000);
    writeFileSync(inFolder("text.hdf5"), "observations, actions");
    const { terminals, ...rest } = small();
    writeHdf5(inFolder("flags.hdf5"), rest);
    writeHdf5(inFolder("type.hdf5"), { ...rest, terminals: floats([6], new Float32Array(6)) });
    writeHdf5(inFolder("nan.hdf5"), small({ rewards: floats([6], Float32Array.of(1, 2, NaN, 4, 5, 6)) }));
    writeHdf5(inFolder("gap.hdf5"), small());
    const chained = Float32Array.of(2, 3, 4, 5, 0, 0, 8, 9, 10, 11, 12, 13);
    writeHdf5(inFolder("fine.hdf5"), small({ next_observations: floats([6, 2], chained) }));
    writeHdf5(
      inFolder("column.hdf5"),
      small({
        next_observations: floats([6, 2], chained),
        rewards: floats([6, 1], Float32Array.of(1, 2, 4, 8, 16, 32)),
      }),
    );
    writeHdf5(inFolder("old.hdf5"), {
      observations: rest.observations,
      actions: rest.actions,
      rewards: rest.rewards,
      terminals,
    });
    mkdirSync(inFolder("bare/data"), { recursive: true });
    writeFileSync(inFolder("bare/data/metadata.json"), "{}");
  });

  it.each([
    ["cut.hdf5", "cut.hdf5: is truncated: 400000 of 607038 bytes"],
    ["text.hdf5", "text.hdf5: is not an HDF5 file"],
    ["flags.hdf5", 'flags.hdf5: "terminals" is missing'],
    ["type.hdf5", 'type.hdf5: "terminals" is float32, expected bool'],
    ["nan.hdf5", 'nan.hdf5: "rewards" is NaN at row 2, expected a finite number'],
    [
      "gap.hdf5",
      'gap.hdf5: "next_observations" is 100 at row 0, column 0, but the episode goes on with 2 in "observations" at row 1',
    ],
    ["missing.hdf5", "missing.hdf5: cannot be read: no such file or directory"],
    ["bare", "bare/data/main_data.hdf5: is missing, beside it lies metadata.json"],
  ])("%s", (name, message) => {
    expect(refusal(1, "verify", name)).toBe(message);
  });

  it("while rewards of shape [N, 1], and no timeouts and next observations, are read", async () => {
    expect(motive(folder, "dataset", "verify", "fine.hdf5").code).toBe(0);
    expect(await readDataset(inFolder("column.hdf5"))).toEqual(await readDataset(inFolder("fine.hdf5")));
    expect(motive(folder, "dataset", "verify", "old.hdf5").stdout).toContain(
      'Note: "timeouts" is missing: episodes are cut after 1000 steps',
    );
  });

  it("and a conversion of it leaves nothing behind", () => {
    const before = readdirSync(folder).sort();
    for (const [name, message] of [
      ["nan.hdf5", 'nan.hdf5: "rewards" is NaN at row 2'],
      ["cut.hdf5", "cut.hdf5: is truncated"],
      ["gap.hdf5", "row 0 has a next observation that is not the following row's observation"],
      ["old.hdf5", "row 2 terminated in a state that is not known"],
    ])
      expect(refusal(1, "convert", name, "broken-v0")).toContain(message);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it("about columns and the environment", () => {
    expect(refusal(1, "verify", hopperRandom, "--environment", "Walker2d-v5")).toBe(
      `${hopperRandom}: "observations" has 11 columns, Walker2d-v5 expects 17`,
    );
    expect(refusal(1, "show", demonstration, "--environment", "Hopper-v4")).toBe(
      `${demonstration}: recorded in Hopper-v5, this run needs Hopper-v4`,
    );
    expect(refusal(2, "show", demonstration, "--environment", "Hoper-v5")).toBe(
      'unknown environment "Hoper-v5"; did you mean Hopper-v5 or Hopper-v4?',
    );
  });

  it("about where to write", () => {
    mkdirSync(inFolder("taken-v0"));
    expect(refusal(1, "convert", hopperRandom, "taken-v0")).toBe(
      "taken-v0: already exists; remove it or choose another name",
    );
    expect(refusal(2, "convert", hopperRandom, "somewhere")).toContain("the name does not tell the format");
    expect(refusal(2, "convert", hopperMinari, "x.hdf5", "--id", "a-v0")).toContain(
      "--id is a Minari dataset's",
    );
    expect(refusal(1, "convert", hopperRandom, "x-v0", "--id", "a/b-v0")).toContain(
      'Minari finds "a/b-v0" only in a folder of that name',
    );
    expect(refusal(1, "show", hopperRandom, "--svg", "fine.hdf5/x.svg")).toBe(
      "fine.hdf5: is a file, expected a directory",
    );
    expect(refusal(2, "shw")).toBe("unknown command 'shw' (Did you mean show?)");
    expect(existsSync(inFolder("x.hdf5"))).toBe(false);
  });

  it.runIf(process.platform === "linux")("about a full disk", () => {
    const before = readdirSync(folder).sort();
    for (const output of ["tight.hdf5", "tight-v0"]) {
      // No file may grow beyond 64 KiB.
      const command = ['ulimit -f 64; exec "$0" "$@"', process.execPath, program];
      const words = ["dataset", "convert", hopperRandom, output];
      const outcome = spawnSync("bash", ["-c", ...command, ...words], { cwd: folder, encoding: "utf8" });
      expect(outcome.stderr).toMatch(
        /^motive: tight(\.hdf5|-v0\/data\/main_data\.hdf5): cannot be written: the file would exceed the size limit\n$/,
      );
      expect(outcome.status).toBe(1);
      expect(readdirSync(folder).sort()).toEqual(before);
    }
  });
});
