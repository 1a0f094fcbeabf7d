import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import {
  createRun,
  openRun,
  readRun,
  type Run,
  type RunManifest,
  type Snapshot,
} from "../../src/runs/index.ts";
import { readEvents } from "./event-reader.ts";
import { temporaryDirectory, withFileSizeLimit, withTinyFileSystem } from "./full-disk.ts";

const manifest: RunManifest = {
  agent: "sac",
  environment: "Hopper-v5",
  seed: 7,
  config: { learningRate: 3e-4, hidden: [64, 64] },
  versions: { motive: "0.1.0", node: "20.0.0" },
  command: "motive train sac Hopper-v5 --seed 7",
  preset: null,
  startedAt: 1000,
};

let parent: string;
let directory: string;
let runs: Run[];
beforeEach(() => {
  parent = temporaryDirectory();
  directory = join(parent, "deep", "run");
  runs = [];
});
afterEach(() => {
  for (const run of runs) run.close();
  rmSync(parent, { recursive: true, force: true });
});

const create = (path = directory): Run => track(createRun(path, manifest));
const open = (path = directory): Run => track(openRun(path));
function track(run: Run): Run {
  runs.push(run);
  return run;
}

/** The message of the UserError; anything else fails the test. */
function refusal(use: () => unknown): string {
  try {
    use();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).not.toContain("\n");
    return error.message;
  }
  throw new Error("nothing was refused");
}

const at = (step: number): Snapshot => ({
  arrays: { weights: Float32Array.of(step, 0.5) },
  values: { step },
});
const record = (step: number) => ({ environmentSteps: step, wallSeconds: step / 1000, return: step / 3 });
const checkpoints = (): string[] => readdirSync(join(directory, "checkpoints")).sort();
const checkpointFile = (step: number): string => `step-${String(step).padStart(12, "0")}.safetensors`;
const events = () => {
  const name = readdirSync(directory).find((file) => file.startsWith("events.out.tfevents."));
  return readEvents(readFileSync(join(directory, name as string)));
};

describe("createRun", () => {
  it("makes the directory, its parents and a config that says everything", () => {
    create().close();
    expect(JSON.parse(readFileSync(join(directory, "config.json"), "utf8"))).toEqual({
      formatVersion: 1,
      ...manifest,
    });
    expect(readRun(directory).manifest).toEqual(manifest);
    expect(readRun(directory).metrics()).toEqual([]);
    expect(readRun(directory).latestCheckpoint()).toBeUndefined();
    expect(readRun(directory).result()).toBeUndefined();
  });

  it("uses an empty directory", () => {
    mkdirSync(directory, { recursive: true });
    create().close();
    expect(readRun(directory).manifest.agent).toBe("sac");
  });

  it("refuses a file, a run, a directory with other content and a path below a file, and changes nothing", () => {
    create().close();
    const config = readFileSync(join(directory, "config.json"));
    expect(refusal(() => createRun(directory, { ...manifest, seed: 8 }))).toBe(
      `${directory}: already holds a run`,
    );
    expect(readFileSync(join(directory, "config.json")).equals(config)).toBe(true);

    const file = join(parent, "file");
    writeFileSync(file, "mine");
    expect(refusal(() => createRun(file, manifest))).toBe(`${file}: is a file, expected a directory`);
    const below = join(file, "run");
    expect(refusal(() => createRun(below, manifest))).toMatch(/a part of the path is not a directory$/);
    expect(readFileSync(file, "utf8")).toBe("mine");

    const other = join(parent, "other");
    mkdirSync(other);
    writeFileSync(join(other, "thesis.txt"), "mine");
    expect(refusal(() => createRun(other, manifest))).toBe(
      `${other}: is not empty and not a run; choose another directory`,
    );
    expect(readdirSync(other)).toEqual(["thesis.txt"]);
  });

  it("begins where a run was killed before it had its config.json, unless there are checkpoints", () => {
    mkdirSync(join(directory, "checkpoints"), { recursive: true });
    writeFileSync(join(directory, ".config.json.1.partial"), "{");
    create().close();
    expect(readRun(directory).manifest.seed).toBe(manifest.seed);

    const other = join(parent, "other");
    mkdirSync(join(other, "checkpoints"), { recursive: true });
    writeFileSync(join(other, "checkpoints", "step-000000000001.safetensors"), "mine");
    expect(refusal(() => createRun(other, manifest))).toMatch(/other: is not empty and not a run/);
  });

  it.runIf(process.platform === "linux")("leaves nothing behind when it cannot write", () => {
    withFileSizeLimit(120, () => {
      expect(refusal(() => createRun(directory, manifest))).toMatch(/would exceed the size limit$/);
    });
    expect(readdirSync(parent)).toEqual([]);
    expect(refusal(() => createRun("/proc/motive-run", manifest))).toMatch(
      /^\/proc\/motive-run: cannot be created: /,
    );
  });
});

describe("openRun and readRun", () => {
  it("refuse what is not a run of this version", () => {
    expect(refusal(() => openRun(directory))).toBe(`${directory}: no such run directory`);
    mkdirSync(directory, { recursive: true });
    expect(refusal(() => openRun(directory))).toBe(
      `${directory}: is not a run directory: it has no config.json`,
    );
    const config = join(directory, "config.json");
    const cases: [string, string][] = [
      ["{", `${config}: is not JSON`],
      ["[]", `${config}: is not that of a run: it has no formatVersion`],
      ['{"name": "x"}', `${config}: is not that of a run: it has no formatVersion`],
      ['{"formatVersion": 3}', `${directory}: was written by motive run format 3, this version reads 1`],
      ['{"formatVersion": "é"}', `${directory}: was written by motive run format "é", this version reads 1`],
    ];
    for (const [text, message] of cases) {
      writeFileSync(config, text);
      expect(refusal(() => openRun(directory))).toBe(message);
      expect(refusal(() => readRun(directory))).toBe(message);
    }
    writeFileSync(config, JSON.stringify({ formatVersion: 1, ...manifest, seed: "seven" }));
    expect(refusal(() => openRun(directory))).toContain(`${config}: "seed": `);
    expect(refusal(() => openRun(config))).toBe(`${config}: is a file, expected a run directory`);
    expect(readdirSync(directory)).toEqual(["config.json"]);
  });
});

describe("a run's metrics", () => {
  it("are one JSON line and one TensorBoard event each", () => {
    const run = create();
    run.appendMetrics({ environmentSteps: 1000, wallSeconds: 2.5, return: 0.1, "loss/critic": -0 });
    run.appendMetrics({ environmentSteps: 2000, return: 1e-300 });
    expect(readFileSync(join(directory, "metrics.jsonl"), "utf8")).toBe(
      '{"environmentSteps":1000,"wallSeconds":2.5,"return":0.1,"loss/critic":-0}\n' +
        '{"environmentSteps":2000,"return":1e-300}\n',
    );
    expect(events().slice(1)).toEqual([
      { step: 1000, wallTime: 1002.5, scalars: { return: Math.fround(0.1), "loss/critic": -0 } },
      { step: 2000, wallTime: 1000, scalars: { return: 0 } },
    ]);
  });

  it("name the metric that is not finite, and write nothing of the record", () => {
    const run = create();
    expect(() => run.appendMetrics({ environmentSteps: 1, loss: NaN })).toThrow('"loss" is NaN');
    expect(() => run.appendMetrics({ environmentSteps: -1 })).toThrow('"environmentSteps"');
    expect(run.metrics()).toEqual([]);
    expect(events()).toHaveLength(1);
  });

  it("lose only the half line that a killed process left", () => {
    const run = create();
    run.appendMetrics(record(1000));
    run.close();
    writeFileSync(join(directory, "metrics.jsonl"), '{"environmentSteps":2000,"ret', { flag: "a" });
    const opened = open();
    opened.appendMetrics(record(2000));
    expect(opened.metrics()).toEqual([record(1000), record(2000)]);
    expect(events().map(({ step }) => step)).toEqual([0, 1000, 2000]);
  });

  it("are refused when a line in the middle is not a record", () => {
    create().close();
    writeFileSync(
      join(directory, "metrics.jsonl"),
      '{"environmentSteps":1}\nnonsense\n{"environmentSteps":2}\n',
    );
    expect(refusal(() => readRun(directory).metrics())).toBe(
      `${join(directory, "metrics.jsonl")}: line 2 is not a metrics record`,
    );
  });
});

describe("a run's checkpoints", () => {
  it("are the newest two", () => {
    const run = create();
    for (const step of [1000, 2000, 123456]) run.saveCheckpoint(step, at(step));
    expect(checkpoints()).toEqual([checkpointFile(2000), checkpointFile(123456)]);
    const latest = readRun(directory).latestCheckpoint();
    expect(latest).toMatchObject({ step: 123456, snapshot: at(123456), warnings: [] });
  });

  it("fall back to the older one when the newest is damaged, and say so", () => {
    const run = create();
    for (const step of [1000, 2000]) run.saveCheckpoint(step, at(step));
    const newest = join(directory, "checkpoints", checkpointFile(2000));
    truncateSync(newest, readFileSync(newest).length - 1);
    const latest = run.latestCheckpoint();
    expect(latest).toMatchObject({ step: 1000, snapshot: at(1000) });
    expect(latest?.warnings).toEqual([expect.stringContaining(`${newest}: is truncated`)]);

    // Continuing from it must not leave the damaged one in the way of the next.
    run.resumeAt(1000);
    run.saveCheckpoint(1500, at(1500));
    expect(run.latestCheckpoint()).toMatchObject({ step: 1500, warnings: [] });

    for (const name of checkpoints()) writeFileSync(join(directory, "checkpoints", name), "garbage");
    expect(refusal(() => run.latestCheckpoint())).toContain(`${directory}: no checkpoint can be read: `);
  });

  it.runIf(process.platform === "linux")("survive a write that the system refuses halfway", () => {
    const run = create();
    run.saveCheckpoint(1000, at(1000));
    const large = { arrays: { replay: new Float32Array(100_000) }, values: {} };
    withFileSizeLimit(65_536, () => {
      expect(refusal(() => run.saveCheckpoint(2000, large))).toBe(
        `${join(directory, "checkpoints", checkpointFile(2000))}: cannot be written: the file would exceed the size limit`,
      );
    });
    expect(checkpoints()).toEqual([checkpointFile(1000)]);
    run.saveCheckpoint(2000, large);
    expect(run.latestCheckpoint()?.step).toBe(2000);
  });

  it.runIf(process.platform === "linux")("survive a full disk", (context) => {
    const mounted = withTinyFileSystem(256, (tiny) => {
      const run = createRun(join(tiny, "run"), manifest);
      run.saveCheckpoint(1000, at(1000));
      const large = { arrays: { replay: new Float32Array(100_000) }, values: {} };
      expect(refusal(() => run.saveCheckpoint(2000, large))).toMatch(
        /: cannot be written: no space left on the device$/,
      );
      expect(run.latestCheckpoint()).toMatchObject({ step: 1000, snapshot: at(1000), warnings: [] });
      expect(readdirSync(join(tiny, "run", "checkpoints"))).toEqual([checkpointFile(1000)]);
      run.appendMetrics(record(2000));
      run.close();
    });
    if (!mounted)
      context.skip("this user may not mount a file system; the test above covers a refused write");
  });
});

describe("resuming", () => {
  it("drops records, events, checkpoints and the result after the step, and nothing else", () => {
    const run = create();
    for (const step of [1000, 2000, 3000, 4000]) {
      run.appendMetrics(record(step));
      if (step > 2000) run.saveCheckpoint(step, at(step));
    }
    run.writeResult({ finalReturn: 3000.5 });
    run.close();
    expect(readRun(directory).result()).toEqual({ finalReturn: 3000.5 });

    const resumed = open();
    resumed.resumeAt(3000);
    resumed.appendMetrics(record(3500));
    expect(resumed.metrics()).toEqual([1000, 2000, 3000, 3500].map(record));
    expect(events().map(({ step }) => step)).toEqual([0, 1000, 2000, 3000, 3500]);
    expect(checkpoints()).toEqual([checkpointFile(3000)]);
    expect(resumed.result()).toBeUndefined();
  });

  it("gives the same files as a run that was never interrupted", () => {
    const undisturbed = create(join(parent, "undisturbed"));
    const killed = create();
    for (const step of [0, 1000, 2000]) undisturbed.appendMetrics(record(step));
    for (const step of [0, 1000]) killed.appendMetrics(record(step));
    killed.close();
    const resumed = open();
    resumed.resumeAt(0);
    for (const step of [1000, 2000]) resumed.appendMetrics(record(step));
    for (const name of ["config.json", "metrics.jsonl", "events.out.tfevents.0000000000.motive"]) {
      expect(
        readFileSync(join(directory, name)).equals(readFileSync(join(parent, "undisturbed", name))),
      ).toBe(true);
    }
  });

  it("starts over without a step", () => {
    const run = create();
    run.appendMetrics(record(0));
    run.saveCheckpoint(0, at(0));
    run.resumeAt(undefined);
    expect([run.metrics(), run.latestCheckpoint(), events().length]).toEqual([[], undefined, 1]);
  });

  it("removes the temporary files of a process killed while writing", () => {
    create().close();
    const partial = join(directory, "checkpoints", `.${checkpointFile(1000)}.12345.partial`);
    writeFileSync(partial, "half");
    open();
    expect(existsSync(partial)).toBe(false);
  });
});

describe("the lock", () => {
  const lock = () => join(directory, "lock");
  const holder = (pid: number, host = hostname(), started = "") => JSON.stringify({ pid, host, started });

  it("admits one writer, in this process too, and gives way after close", () => {
    const run = create();
    expect(refusal(() => openRun(directory))).toBe(`${directory}: in use by process ${process.pid}`);
    expect(readRun(directory).manifest).toEqual(manifest);
    run.close();
    run.close();
    expect(existsSync(lock())).toBe(false);
    open().close();
    expect(() => run.appendMetrics(record(1))).toThrow("closed");
  });

  it("refuses a live process, and one on another machine", () => {
    create().close();
    writeFileSync(lock(), holder(process.ppid));
    expect(refusal(() => openRun(directory))).toBe(`${directory}: in use by process ${process.ppid}`);
    writeFileSync(lock(), holder(1, "another-host"));
    expect(refusal(() => openRun(directory))).toBe(
      `${directory}: in use by process 1 on another-host; if that no longer runs, remove ${lock()}`,
    );
    expect(existsSync(lock())).toBe(true);
  });

  it("is taken over from a process that died, from one whose id was reused, and from a half-written file", () => {
    create().close();
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    for (const stale of [holder(dead), holder(process.pid, hostname(), "another boot/1"), "", "garbage"]) {
      writeFileSync(lock(), stale);
      const run = open();
      expect(JSON.parse(readFileSync(lock(), "utf8"))).toMatchObject({ pid: process.pid });
      run.close();
    }
    expect(readdirSync(directory).filter((name) => name.startsWith("."))).toEqual([]);
  });
});
