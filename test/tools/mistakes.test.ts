import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeD4rl } from "../../datasets/d4rl/index.ts";
import { writeHdf5 } from "../../datasets/hdf5/writer.ts";
import type { TransitionSet } from "../../datasets/transition-set.ts";
import { readCheckpoint } from "../../src/runs/index.ts";
import { bytes, motive, program, temporaryFolder } from "./command-line.ts";

/** A demonstration of `rows` steps whose numbers are all zero. */
function demonstration(observationSize: number, actionSize: number, rows = 8): TransitionSet {
  const timeouts = new Uint8Array(rows);
  timeouts[rows - 1] = 1;
  return {
    observationSize,
    actionSize,
    size: rows,
    observations: new Float32Array(rows * observationSize),
    actions: new Float32Array(rows * actionSize),
    rewards: new Float32Array(rows),
    nextObservations: new Float32Array(rows * observationSize),
    terminals: new Uint8Array(rows),
    timeouts,
    infos: {},
    episodes: [{ start: 0, end: rows, terminated: false, truncated: true }],
    metadata: {},
  };
}

describe("a mistake gives one line, a non-zero exit code and no damage", () => {
  const folder = temporaryFolder();
  const inFolder = (name: string) => join(folder, name);

  /** Runs a command that has to fail, and returns its one line. */
  function refusal(code: 1 | 2, ...words: string[]): string {
    const outcome = motive(folder, ...words);
    expect(outcome.stdout).toBe("");
    expect(outcome.stderr).toMatch(/^motive: [^\n]+\n$/);
    expect(outcome.code).toBe(code);
    return outcome.stderr.slice("motive: ".length).trimEnd();
  }

  const trainOnDemos = (file: string) =>
    refusal(1, "train", "bc", "Hopper-v5", "--demos", file, "--out", "refused");

  it.each([
    [["train", "sca", "Hopper-v5"], 'unknown agent "sca"; did you mean sac?'],
    [["train", "sac", "Hoper-v5"], 'unknown environment "Hoper-v5"; did you mean Hopper-v5 or Hopper-v4?'],
    [["train", "sac"], "train needs an agent and an environment, as in: motive train sac Hopper-v5"],
    [["train", "sac", "Hopper-v5", "--sede", "1"], "unknown option '--sede' (Did you mean --seed?)"],
    [["trian"], "unknown command 'trian' (Did you mean train?)"],
    [["evaluate"], "missing required argument 'run|policy'"],
    [
      ["list", "robots"],
      "command-argument value 'robots' is invalid for argument 'topic'. Allowed choices are envs, agents, presets, suites.",
    ],
    [["list", "agents", "sca"], 'unknown agent "sca"; did you mean sac?'],
    [
      ["train", "sac", "Hopper-v5", "--seed", "one"],
      "option '--seed <n>' argument 'one' is invalid. Expected an integer of at least 0.",
    ],
    [
      ["train", "sac", "Hopper-v5", "--steps", "-5"],
      "option '--steps <n>' argument '-5' is invalid. Expected an integer of at least 1.",
    ],
    [
      ["train", "sac", "Hopper-v5", "--preset", "fast"],
      "--preset fast: sac has no such preset for Hopper-v5; there are smoke, quick, paper",
    ],
    [
      ["train", "sac", "Hopper-v5", "--set", "policyLearningRate=abc"],
      '--set policyLearningRate=abc: expected number, received string "abc"',
    ],
    [
      ["train", "sac", "Hopper-v5", "--set", "batchSise=3"],
      '--set batchSise=3: sac has no option "batchSise"; did you mean batchSize?',
    ],
    [["train", "ml-irl", "Hopper-v5"], "ml-irl learns from demonstrations: name their file with --demos"],
    [
      ["train", "sac", "Hopper-v5", "--demos", "x.hdf5"],
      "sac does not learn from demonstrations: leave --demos out",
    ],
    [["export", "nowhere"], "export needs --onnx FILE or --safetensors FILE"],
    [
      ["collect", "x", "--episodes", "1", "--out", "y", "--stochastic", "--deterministic"],
      "--stochastic and --deterministic contradict each other; give one",
    ],
  ])("on the command line: motive %j", (words, message) => {
    expect(refusal(2, ...words)).toBe(message);
    expect(existsSync(inFolder("runs"))).toBe(false);
  });

  it("in demonstrations of another robot, by their columns or by what they say", async () => {
    writeD4rl(inFolder("walker.hdf5"), demonstration(17, 6));
    expect(trainOnDemos("walker.hdf5")).toBe(
      'walker.hdf5: "observations" has 17 columns, Hopper-v5 expects 11',
    );
    writeD4rl(inFolder("older.hdf5"), { ...demonstration(11, 3), environment: "Hopper-v4" });
    expect(trainOnDemos("older.hdf5")).toBe(
      "older.hdf5: recorded in Hopper-v4, this run needs Hopper-v5: the expert's actions answer to another body, and bc imitates them",
    );
    expect(existsSync(inFolder("refused"))).toBe(false);
  });

  it("in demonstrations that are missing, cut off, or no HDF5", async () => {
    expect(trainOnDemos("missing.hdf5")).toMatch(/^missing\.hdf5: .*no such file/);
    writeD4rl(inFolder("cut.hdf5"), demonstration(11, 3, 400));
    truncateSync(inFolder("cut.hdf5"), Math.floor(bytes(folder, "cut.hdf5").length / 2));
    expect(trainOnDemos("cut.hdf5")).toMatch(/^cut\.hdf5: /);
    writeFileSync(inFolder("text.hdf5"), "not a dataset");
    expect(trainOnDemos("text.hdf5")).toMatch(/^text\.hdf5: /);
    expect(existsSync(inFolder("refused"))).toBe(false);
  });

  it("in demonstrations that hold a NaN", async () => {
    const set = demonstration(11, 3);
    set.observations[2 * 11 + 4] = NaN;
    const float = (values: Float32Array, columns: number) => ({
      kind: "float" as const,
      shape: [set.size, columns],
      values,
    });
    const flags = (values: Uint8Array) => ({ kind: "bool" as const, shape: [set.size], values });
    writeHdf5(inFolder("nan.hdf5"), {
      observations: float(set.observations, 11),
      actions: float(set.actions, 3),
      rewards: float(set.rewards, 1),
      next_observations: float(set.nextObservations, 11),
      terminals: flags(set.terminals),
      timeouts: flags(set.timeouts),
    });
    expect(trainOnDemos("nan.hdf5")).toBe(
      'nan.hdf5: "observations" is NaN at row 2, column 4, expected a finite number',
    );
    expect(existsSync(inFolder("refused"))).toBe(false);
  });

  it("in an output directory that cannot be written", () => {
    writeFileSync(inFolder("file"), "");
    mkdirSync(inFolder("full"));
    writeFileSync(inFolder("full/notes.txt"), "mine");
    const train = (out: string) =>
      refusal(1, "train", "sac", "Regulator-v0", "--preset", "smoke", "--out", out);
    expect(train("/proc/run")).toMatch(/^\/proc\/run: cannot be created: /);
    expect(train("file/run")).toMatch(/^file\/run: .*not a directory/);
    expect(train("file")).toBe("file: is a file, expected a directory");
    expect(train("full")).toBe("full: is not empty and not a run; choose another directory");
    expect(readdirSync(inFolder("full"))).toEqual(["notes.txt"]);
  });

  it("in a policy that is missing or none", () => {
    expect(refusal(1, "evaluate", "nowhere")).toMatch(/^nowhere: .*no such file/);
    writeFileSync(inFolder("noise.safetensors"), "noise, and enough of it for a header");
    expect(refusal(1, "evaluate", "noise.safetensors")).toMatch(
      /^noise\.safetensors: is not a safetensors file/,
    );
    mkdirSync(inFolder("empty"));
    expect(refusal(1, "evaluate", "empty")).toBe("empty: is not a run directory: it has no config.json");
    expect(refusal(1, "train", "--resume", "empty")).toBe(
      "empty: is not a run directory: it has no config.json",
    );
  });

  describe("about a run that exists", () => {
    const small = ["--preset", "smoke", "--set", "hidden=4", "--evaluate-every", "0"];

    beforeAll(() => {
      const outcome = motive(
        folder,
        "train",
        "sac",
        "Regulator-v0",
        ...small,
        "--steps",
        "2000",
        "--out",
        "run",
      );
      expect(outcome.code).toBe(0);
    });

    it.each([
      [["--seed", "3"], "--seed 3 conflicts with run, where it is 0; a resumed run keeps its configuration"],
      [
        ["--steps", "5000"],
        "--steps 5000 conflicts with run, where it is 2000; a resumed run keeps its configuration",
      ],
      [
        ["--preset", "quick"],
        '--preset quick conflicts with run, where it is "smoke"; a resumed run keeps its configuration',
      ],
      [
        ["--set", "hidden=8"],
        "--set hidden=8 conflicts with run, where it is [4]; a resumed run keeps its configuration",
      ],
      [["--out", "other"], "--out and --resume contradict each other; give one"],
      [["bc"], 'agent "bc" conflicts with run, where it is "sac"; a resumed run keeps its configuration'],
    ])("and flags that ask for another: %j", (words, message) => {
      const before = bytes(folder, "run", "metrics.jsonl");
      expect(refusal(2, "train", ...words, "--resume", "run")).toBe(message);
      expect(bytes(folder, "run", "metrics.jsonl")).toEqual(before);
      expect(existsSync(inFolder("run/result.json"))).toBe(true);
    });

    it("and networks to go on from that do not fit, or that its agent cannot use", () => {
      const from = (code: 1 | 2, agent: string, environment: string, ...words: string[]) =>
        refusal(code, "train", agent, environment, "--out", "refused", ...words);
      expect(from(1, "sac", "Hopper-v5", "--networks", "run")).toBe(
        "run/networks.safetensors: a policy for Regulator-v0, the run is in Hopper-v5",
      );
      expect(from(1, "sac", "Regulator-v0", "--networks", "run", "--set", "hidden=8")).toBe(
        "the given networks have hidden=4 activation=relu criticLayerNorm=false, the run asks for hidden=8 activation=relu criticLayerNorm=false",
      );
      expect(from(1, "sac", "Regulator-v0", "--networks", "run/policy.safetensors")).toBe(
        'run/policy.safetensors: not the networks of a SAC run, its metadata says kind "policy"',
      );
      expect(from(1, "sac", "Regulator-v0", "--networks", "nowhere.safetensors")).toMatch(
        /^nowhere\.safetensors: .*no such file/,
      );
      expect(from(2, "bc", "Regulator-v0", "--networks", "run", "--demos", "x.hdf5")).toBe(
        "bc cannot go on from given networks: leave --networks out",
      );
      expect(existsSync(inFolder("refused"))).toBe(false);
      expect(refusal(2, "train", "--resume", "run", "--networks", "run")).toBe(
        "run was started without --networks: leave it out",
      );

      const words = ["train", "sac", "Regulator-v0", "--preset", "smoke", "--set", "hidden=4", "--steps", "1500"];
      expect(motive(folder, ...words, "--networks", "run/networks.safetensors", "--out", "second").code).toBe(0);
      copyFileSync(inFolder("run/networks.safetensors"), inFolder("other.safetensors"));
      // the same bytes under another name will do, others will not
      expect(motive(folder, "train", "--resume", "second", "--networks", "other.safetensors").code).toBe(0);
      expect(refusal(1, "train", "--resume", "second", "--networks", "second")).toBe(
        "second/networks.safetensors: not the networks that second was started with (its SHA-256 differs)",
      );
    });

    it("and a directory that holds it already", () => {
      expect(refusal(1, "train", "sac", "Regulator-v0", "--out", "run")).toBe("run: already holds a run");
    });

    it("and a version that another motive wrote", () => {
      mkdirSync(inFolder("foreign"));
      const config = JSON.parse(readFileSync(inFolder("run/config.json"), "utf8")) as Record<string, unknown>;
      writeFileSync(inFolder("foreign/config.json"), JSON.stringify({ ...config, formatVersion: 3 }));
      copyFileSync(inFolder("run/policy.safetensors"), inFolder("foreign/policy.safetensors"));
      const line = "foreign: was written by motive run format 3, this version reads 1";
      for (const words of [["train", "--resume"], ["evaluate"], ["export", "--onnx", "x.onnx"]]) {
        expect(refusal(1, ...words, "foreign")).toBe(line);
      }
      expect(readdirSync(inFolder("foreign")).sort()).toEqual(["config.json", "policy.safetensors"]);
    });

    it("and a reward that its agent does not learn", () => {
      expect(refusal(2, "export", "run", "--reward", "--onnx", "reward.onnx")).toBe(
        "run: this agent learns no reward; leave --reward out",
      );
    });

    it.runIf(process.platform === "linux")("and a disk that is full when a checkpoint is due", () => {
      const words = [
        "train",
        "sac",
        "Regulator-v0",
        ...small,
        "--steps",
        "4000",
        "--checkpoint-interval",
        "1000",
      ];
      const capacity = ["--set", "replayCapacity=20000"];
      // No file may grow beyond 16 KiB: metrics fit, a checkpoint with its replay does not.
      const command = 'ulimit -f 16; exec "$0" "$@"';
      const limited = [command, process.execPath, program, ...words, ...capacity, "--out", "tight"];
      const outcome = spawnSync("bash", ["-c", ...limited], { cwd: folder, encoding: "utf8" });
      expect(outcome.stderr).toMatch(
        /^motive: tight\/checkpoints\/step-0+1000\.safetensors: cannot be written: [^\n]+\n$/,
      );
      expect(outcome.status).toBe(1);
      expect(readdirSync(inFolder("tight/checkpoints"))).toEqual([]);

      // With room again the same run goes on to its end.
      expect(motive(folder, "train", "--resume", "tight").code).toBe(0);
      const [last] = readdirSync(inFolder("tight/checkpoints")).sort().reverse();
      expect(() => readCheckpoint(inFolder(`tight/checkpoints/${last}`))).not.toThrow();
    });
  });
});

describe("an error of the program", () => {
  const folder = temporaryFolder();

  it("keeps its stack trace for --debug", () => {
    const entry = new URL("../../dist/tools/entry.js", import.meta.url).href;
    const script = join(folder, "broken.mjs");
    writeFileSync(
      script,
      `import { runProgram } from ${JSON.stringify(entry)};
      await runProgram(async () => { throw new TypeError("broken\\nin two lines"); });`,
    );
    const run = (...words: string[]) => spawnSync(process.execPath, [script, ...words], { encoding: "utf8" });
    const plain = run();
    expect(plain.stderr).toMatch(/^motive: unexpected error: broken \(please report it[^\n]*\)\n$/);
    expect(plain.status).toBe(70);
    expect(run("--debug").stderr).toMatch(
      /^motive: unexpected error\nTypeError: broken\nin two lines\n\s+at /,
    );
  });
});

describe("a reader that stops reading", () => {
  it("ends the program without a word", () => {
    const command = `"${process.execPath}" "${program}" list --json | head -c 1`;
    const outcome = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    expect(outcome.stdout).toBe("{");
    expect(outcome.stderr).toBe("");
  });
});
