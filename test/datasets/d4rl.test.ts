import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { File, ready } from "h5wasm/node";
import { describe, expect, it } from "vitest";
import { pieces, returnsOf } from "../../datasets/dataset.ts";
import { createD4rl, openD4rl, readD4rl, writeD4rl } from "../../datasets/d4rl/index.ts";
import { writeHdf5, type Hdf5Value } from "../../datasets/hdf5/writer.ts";
import { episodeReturns, type Transitions } from "../../datasets/transition-set.ts";
import { withFileSizeLimit } from "../runs/full-disk.ts";
import {
  flags,
  floats,
  hopperRandom,
  refusalOf,
  smallDataset,
  useTemporaryFiles,
  writeSmall,
} from "./hdf5-files.ts";

const file = useTemporaryFiles();

const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

describe("readD4rl on a file of D4RL", () => {
  it("gives the numbers that h5py and NumPy give", async () => {
    // From Python: h5py.File(path)[name][:].astype("f8").sum(), and the element [1234, 2]; episodes from terminals.
    const set = await readD4rl(hopperRandom, {
      environment: "Hopper-v5",
      observationSize: 11,
      actionSize: 3,
    });
    expect(set).toMatchObject({ environment: "Hopper-v5", size: 2000, observationSize: 11, actionSize: 3 });
    const columns: [ArrayLike<number>, number, number, number][] = [
      [set.observations, 11, -2947.7803102163457, -0.057070255279541016],
      [set.actions, 3, -15.740197715978866, 0.4585680663585663],
      [set.nextObservations, 11, -3630.7822718061007, -0.07067923247814178],
      [set.infos.qpos.values as Float32Array, 6, 2226.5973146513757, -0.16051968932151794],
      [set.infos.qvel.values as Float32Array, 6, -5171.864067056014, -4.151901721954346],
    ];
    for (const [values, width, total, element] of columns) {
      expect(values.length).toBe(2000 * width);
      expect(sum(values)).toBeCloseTo(total, 8);
      expect(values[1234 * width + 2]).toBe(element);
    }
    expect(sum(set.terminals)).toBe(89);
    expect(sum(set.timeouts)).toBe(0);
    expect(set.episodes).toHaveLength(90);
    expect(set.episodes[0]).toEqual({ start: 0, end: 26, terminated: true, truncated: false });
    expect(set.episodes[89]).toEqual({ start: 1999, end: 2000, terminated: false, truncated: false });
    const returns = episodeReturns(set);
    expect(returns[0]).toBeCloseTo(19.441417157649994, 10);
    expect(returns[88]).toBeCloseTo(21.506457448005676, 10);
    expect(sum(returns)).toBeCloseTo(1705.9613746919495, 9);
    expect(Object.keys(set.infos)).toEqual(["action_log_probs", "qpos", "qvel"]);
    expect(sum(set.infos.action_log_probs.values as Float32Array)).toBeCloseTo(-4158.883094787598, 8);
    const { "policy/fc1/weight": weight, ...others } = set.metadata;
    expect(others).toMatchObject({
      algorithm: "SAC",
      iteration: 1600,
      "policy/nonlinearity": "relu",
      "policy/output_distribution": "tanh_gaussian",
    });
    expect(Object.keys(others)).toHaveLength(11);
    expect(weight).toMatchObject({ shape: [256, 256] });
    expect(set.unknownNextObservations).toBeUndefined();
  });

  it("derives the next observations that the file would have had", async () => {
    const whole = await readD4rl(hopperRandom);
    const entries: Record<string, Hdf5Value> = {
      observations: floats([2000, 11], whole.observations),
      actions: floats([2000, 3], whole.actions),
      rewards: floats([2000, 1], whole.rewards),
      terminals: { kind: "bool", shape: [2000, 1], values: whole.terminals },
    };
    writeHdf5(file("without.hdf5"), entries);
    const derived = await readD4rl(file("without.hdf5"));
    // The last row is a cut episode of one step: nothing is known of what follows it.
    expect(derived.size).toBe(1999);
    expect(derived.episodes).toEqual(whole.episodes.slice(0, 89));
    expect(derived.unknownNextObservations).toEqual(whole.terminals.subarray(0, 1999));
    for (let row = 0; row < derived.size; row++) {
      const source = whole.terminals[row] === 1 ? whole.observations : whole.nextObservations;
      const expected = source.subarray(row * 11, row * 11 + 11);
      expect(derived.nextObservations.subarray(row * 11, row * 11 + 11)).toEqual(expected);
    }
  });

  it("reads fewer columns than expected as the wrong robot", async () => {
    expect(
      await refusalOf(readD4rl(hopperRandom, { environment: "Ant-v5", observationSize: 27, actionSize: 8 })),
    ).toBe(`${hopperRandom}: "observations" has 11 columns, Ant-v5 expects 27`);
    expect(await refusalOf(readD4rl(hopperRandom, { environment: "Swimmer-v5", actionSize: 2 }))).toBe(
      `${hopperRandom}: "actions" has 3 columns, Swimmer-v5 expects 2`,
    );
  });
});

describe("readD4rl", () => {
  it("splits episodes at terminals and timeouts", async () => {
    writeSmall(file("small.hdf5"));
    const set = await readD4rl(file("small.hdf5"));
    expect(set.episodes).toEqual([
      { start: 0, end: 3, terminated: true, truncated: false },
      { start: 3, end: 6, terminated: false, truncated: true },
    ]);
    expect(episodeReturns(set)).toEqual(Float64Array.of(7, 56));
    expect(set.environment).toBeUndefined();
    expect(set.nextObservations[0]).toBe(100);
  });

  it("counts steps where the file has no timeouts", async () => {
    writeSmall(file("small.hdf5"), { timeouts: undefined });
    const set = await readD4rl(file("small.hdf5"), { maxEpisodeSteps: 2 });
    expect([...set.timeouts]).toEqual([0, 1, 0, 0, 1, 0]);
    expect(set.episodes.map(({ start, end }) => [start, end])).toEqual([
      [0, 2],
      [2, 3],
      [3, 5],
      [5, 6],
    ]);
    expect([...(await readD4rl(file("small.hdf5"))).timeouts]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("leaves out rows without a next observation, unless they are terminal", async () => {
    writeSmall(file("small.hdf5"), {
      next_observations: undefined,
      "infos/qpos": floats([6, 1], Float64Array.of(0, 1, 2, 3, 4, 5)),
    });
    const set = await readD4rl(file("small.hdf5"));
    expect(set.size).toBe(5);
    expect([...set.observations]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...set.nextObservations]).toEqual([2, 3, 4, 5, 4, 5, 8, 9, 10, 11]);
    expect([...(set.unknownNextObservations ?? [])]).toEqual([0, 0, 1, 0, 0]);
    expect([...set.timeouts]).toEqual([0, 0, 0, 0, 1]);
    expect([...set.rewards]).toEqual([1, 2, 4, 8, 16]);
    expect(set.infos).toEqual({ qpos: { rowShape: [1], values: Float64Array.of(0, 1, 2, 3, 4) } });
    expect(set.episodes).toEqual([
      { start: 0, end: 3, terminated: true, truncated: false },
      { start: 3, end: 5, terminated: false, truncated: true },
    ]);
  });

  it("reads double precision, and 8-bit integers as flags", async () => {
    await ready;
    const path = file("old.hdf5");
    const old = new File(path, "w");
    old.create_dataset({ name: "observations", data: new Float64Array([1, 2, 3, 4]), shape: [2, 2] });
    old.create_dataset({ name: "actions", data: new Float32Array([0, 1]), shape: [2, 1] });
    old.create_dataset({ name: "rewards", data: new Float64Array([0.1, 0.2]), shape: [2, 1] });
    old.create_dataset({ name: "next_observations", data: new Float64Array(4), shape: [2, 2] });
    old.create_dataset({ name: "terminals", data: new Uint8Array([0, 1]), shape: [2, 1] });
    old.create_dataset({ name: "timeouts", data: new Int8Array([0, 0]) });
    old.create_group("metadata");
    old.create_dataset({ name: "metadata/algorithm", data: "BEAR", dtype: "S" });
    old.close();
    const set = await readD4rl(path);
    expect(set.observations).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(set.rewards).toEqual(Float32Array.of(0.1, 0.2));
    expect(set.metadata).toEqual({ algorithm: "BEAR" });
    expect(set.episodes).toEqual([{ start: 0, end: 2, terminated: true, truncated: false }]);
  });

  it("reads compressed datasets of many chunks, piece by piece", async () => {
    await ready;
    const path = file("large.hdf5");
    const rows = 700_000;
    const large = new File(path, "w");
    const values = Float32Array.from({ length: rows * 11 }, (_, index) => index % 65_521);
    const gzip = { compression: 1, chunks: [3001, 11] };
    large.create_dataset({ name: "observations", data: values, shape: [rows, 11], ...gzip });
    large.create_dataset({ name: "next_observations", data: values, shape: [rows, 11], ...gzip });
    large.create_dataset({ name: "actions", data: new Float32Array(rows), shape: [rows, 1] });
    large.create_dataset({ name: "rewards", data: new Float32Array(rows) });
    large.create_dataset({ name: "terminals", data: new Uint8Array(rows) });
    large.close();
    const set = await readD4rl(path);
    expect(Buffer.from(set.observations.buffer).equals(Buffer.from(values.buffer))).toBe(true);
    expect(set.episodes).toHaveLength(700);
  });

  const nan = (values: Float32Array, index: number, value = NaN): Float32Array => {
    values[index] = value;
    return values;
  };
  const rejected: [string, Record<string, Hdf5Value | undefined>, string][] = [
    ["a missing column", { rewards: undefined }, '"rewards" is missing'],
    ["missing observations", { observations: undefined }, '"observations" is missing'],
    ["missing terminals", { terminals: undefined }, '"terminals" is missing'],
    [
      "too few rows",
      { actions: floats([5, 1], new Float32Array(5)) },
      '"actions" has 5 rows, "observations" has 6',
    ],
    [
      "too many flags",
      { timeouts: flags([0, 0, 0, 0, 0, 0, 1]) },
      '"timeouts" has 7 rows, "observations" has 6',
    ],
    [
      "flat observations",
      { observations: floats([12], new Float32Array(12)) },
      '"observations" has shape [12], expected rows and columns',
    ],
    [
      "rewards in two columns",
      { rewards: floats([6, 2], new Float32Array(12)) },
      '"rewards" has shape [6, 2], expected [6]',
    ],
    ["a scalar column", { rewards: { kind: "scalar", value: 1.5 } }, '"rewards" has shape [], expected [6]'],
    [
      "other next observations",
      { next_observations: floats([6, 1], new Float32Array(6)) },
      '"next_observations" has 1 columns, "observations" expects 2',
    ],
    [
      "flags as observations",
      { observations: { kind: "bool", shape: [6, 2], values: new Uint8Array(12) } },
      '"observations" is bool, expected float32 or float64',
    ],
    [
      "numbers as flags",
      { terminals: floats([6], new Float32Array(6)) },
      '"terminals" is float32, expected bool',
    ],
    [
      "flags that are not 0 or 1",
      { terminals: flags([0, 0, 2, 0, 0, 0]) },
      '"terminals" is 2 at row 2, expected 0 or 1',
    ],
    [
      "a NaN",
      { observations: floats([6, 2], nan(new Float32Array(12), 7)) },
      '"observations" is NaN at row 3, column 1, expected a finite number',
    ],
    [
      "an infinite reward",
      { rewards: floats([6], nan(new Float32Array(6), 4, -Infinity)) },
      '"rewards" is -Infinity at row 4, expected a finite number',
    ],
    [
      "a double that overflows",
      { actions: floats([6, 1], Float64Array.of(0, 1e39, 0, 0, 0, 0)) },
      '"actions" is Infinity at row 1, expected a finite number',
    ],
    [
      "a NaN in a state",
      { "infos/qvel": floats([6, 3], nan(new Float32Array(18), 17)) },
      '"infos/qvel" is NaN at row 5, column 2, expected a finite number',
    ],
    [
      "no transitions",
      Object.fromEntries(
        Object.keys(smallDataset()).map((key) => [
          key,
          floats(key.includes("ob") || key === "actions" ? [0, 2] : [0], new Float32Array(0)),
        ]),
      ),
      "holds no transitions",
    ],
  ];
  it.each(rejected)("refuses %s in one line", async (_, changes, message) => {
    writeSmall(file("small.hdf5"), changes);
    expect(await refusalOf(readD4rl(file("small.hdf5")))).toBe(`${file("small.hdf5")}: ${message}`);
  });

  it("refuses a file recorded in another environment before it looks at its columns", async () => {
    writeSmall(file("ant.hdf5"), { "metadata/environment": { kind: "scalar", value: "Ant-v5" } });
    const options = { environment: "Hopper-v5", observationSize: 11 };
    expect(await refusalOf(readD4rl(file("ant.hdf5"), options))).toBe(
      `${file("ant.hdf5")}: recorded in Ant-v5, this run needs Hopper-v5`,
    );
    expect((await readD4rl(file("ant.hdf5"))).environment).toBe("Ant-v5");
  });
});

describe("openD4rl", () => {
  /** Rows of pieces, joined as plain numbers. */
  const joined = (
    sets: readonly Transitions[],
    key: "observations" | "nextObservations" | "rewards" | "terminals" | "timeouts",
  ) => sets.flatMap((set) => [...set[key]]);

  it.each([
    ["with next observations", {}],
    ["without", { next_observations: undefined, timeouts: undefined }],
  ])("reads in pieces of whole episodes what it reads at once, %s", async (_, changes) => {
    const rows = 5000;
    const flagsOf = (every: number) =>
      flags(Array.from({ length: rows }, (__, i) => Number(i % every === every - 1)));
    const values = Float32Array.from({ length: rows * 2 }, (__, i) => i);
    writeSmall(file("large.hdf5"), {
      observations: floats([rows, 2], values),
      next_observations: floats([rows, 2], values),
      actions: floats([rows, 1], values.slice(0, rows)),
      rewards: floats([rows], values.slice(0, rows)),
      terminals: flagsOf(37),
      timeouts: flagsOf(50),
      "infos/qpos": floats([rows, 1], Float64Array.from(values.subarray(0, rows))),
      ...changes,
    });
    const dataset = await openD4rl(file("large.hdf5"), { maxEpisodeSteps: 23 });
    const whole = await readD4rl(file("large.hdf5"), { maxEpisodeSteps: 23 });
    expect(whole.size).toBe(dataset.size);
    const sets = [...pieces(dataset, 10_000)];
    expect(sets.length).toBeGreaterThan(20);
    for (const key of ["observations", "nextObservations", "rewards", "terminals", "timeouts"] as const)
      expect(joined(sets, key)).toEqual([...whole[key]]);
    expect(sets.flatMap(({ infos }) => [...(infos.qpos.values as Float64Array)])).toEqual([
      ...(whole.infos.qpos.values as Float64Array),
    ]);
    let start = 0;
    const episodes = sets.flatMap((set) => {
      const shifted = set.episodes.map((one) => ({ ...one, start: one.start + start, end: one.end + start }));
      start += set.size;
      return shifted;
    });
    expect(episodes).toEqual(whole.episodes);
    expect(returnsOf(dataset)).toEqual(episodeReturns(whole));
    // A range that cuts episodes.
    const cut = dataset.read(30, 90);
    expect(cut.nextObservations).toEqual(whole.nextObservations.slice(60, 180));
    expect(cut.episodes.at(-1)).toMatchObject({ end: 60, terminated: false, truncated: false });
    expect(dataset.readColumn("rewards", 30, 90)).toEqual(whole.rewards.slice(30, 90));
    dataset.close();
  });

  it("keeps the file's precision, and infos of every numeric type", async () => {
    writeSmall(file("small.hdf5"), {
      rewards: floats([6, 1], Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
      "infos/deep/steps": { kind: "integer", shape: [6], values: Int32Array.of(0, 1, 2, 0, 1, 2) },
      "infos/ticks": { kind: "integer", shape: [6], values: BigInt64Array.of(2n ** 60n, 1n, 2n, 3n, 4n, 5n) },
      "infos/done": flags([0, 1, 0, 1, 0, 1]),
      "infos/image": floats(
        [6, 2, 2],
        Float32Array.from({ length: 24 }, (_, i) => i),
      ),
      "infos/length": { kind: "scalar", value: 6 },
      "metadata/environment": { kind: "scalar", value: "Small-v0" },
    });
    const dataset = await openD4rl(file("small.hdf5"));
    const { rewards, infos } = dataset.read(2, 4);
    dataset.close();
    expect(rewards).toEqual(Float64Array.of(0.3, 0.4));
    expect(infos).toEqual({
      "deep/steps": { rowShape: [], values: Int32Array.of(2, 0) },
      ticks: { rowShape: [], values: BigInt64Array.of(2n, 3n) },
      done: { rowShape: [], values: Uint8Array.of(0, 1) },
      image: { rowShape: [2, 2], values: Float32Array.of(8, 9, 10, 11, 12, 13, 14, 15) },
    });
    expect(dataset.notes).toEqual(['"infos/length" is a single value, not one per transition: left out']);
    expect(dataset.environment).toBe("Small-v0");
    expect(dataset.metadata).toEqual({});
  });

  it("says what it derived from other columns", async () => {
    writeSmall(file("old.hdf5"), { next_observations: undefined, timeouts: undefined });
    const dataset = await openD4rl(file("old.hdf5"), { maxEpisodeSteps: 2 });
    dataset.close();
    expect(dataset.notes).toEqual([
      '"timeouts" is missing: episodes are cut after 2 steps',
      '"next_observations" is missing: taken from the following rows; 3 rows without one are left out, ' +
        "the states after 1 terminations are not known",
    ]);
  });
});

describe("readD4rl on damaged files", () => {
  it("says what is wrong with a path", async () => {
    const path = file("x.hdf5");
    expect(await refusalOf(readD4rl(path))).toBe(`${path}: cannot be read: no such file or directory`);
    writeFileSync(path, "");
    expect(await refusalOf(readD4rl(path))).toBe(`${path}: is empty, expected an HDF5 file`);
    writeFileSync(path, "observations,actions\n1,2\n");
    expect(await refusalOf(readD4rl(path))).toBe(`${path}: is not an HDF5 file`);
    const directory = file("folder");
    mkdirSync(directory);
    expect(await refusalOf(readD4rl(directory))).toBe(`${directory}: is not a regular file`);
  });

  it("recognises a truncated file of D4RL and of ours", async () => {
    const path = file("cut.hdf5");
    const whole = readFileSync(hopperRandom);
    for (const size of [607_037, 300_000, 2_000, 64]) {
      writeFileSync(path, whole.subarray(0, size));
      expect(await refusalOf(readD4rl(path))).toBe(`${path}: is truncated: ${size} of 607038 bytes`);
    }
    writeSmall(path);
    const ours = readFileSync(path);
    writeFileSync(path, ours.subarray(0, ours.length - 1));
    expect(await refusalOf(readD4rl(path))).toBe(
      `${path}: is truncated: ${ours.length - 1} of ${ours.length} bytes`,
    );
  });

  it("reports damage in one line wherever it is, and still reads the next file", async () => {
    const whole = readFileSync(hopperRandom);
    let refused = 0;
    for (let trial = 0; trial < 60; trial++) {
      const damaged = Buffer.from(whole);
      const position = (trial * 300_007) % (whole.length - 64);
      for (let byte = 0; byte < 64; byte++) damaged[position + byte] ^= 0x5a;
      writeFileSync(file("damaged.hdf5"), damaged);
      try {
        await readD4rl(file("damaged.hdf5"));
      } catch {
        // Damage in the stored policy's weights goes unnoticed: nothing reads them.
        expect(await refusalOf(readD4rl(file("damaged.hdf5")))).toContain(`${file("damaged.hdf5")}: `);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
    expect((await readD4rl(hopperRandom)).size).toBe(2000);
  });

  it("prints nothing of its own to standard error", () => {
    // The HDF5 library and its runtime write to descriptor 2 directly: only another process can see all of it.
    const path = file("damaged.hdf5");
    const damaged = Buffer.from(readFileSync(hopperRandom));
    damaged.fill(0x5a, 96, 4_000);
    writeFileSync(path, damaged);
    const program = `
      import { createServer } from "vite";
      const server = await createServer({ configFile: false, server: { middlewareMode: true }, appType: "custom", logLevel: "silent" });
      const { readD4rl } = await server.ssrLoadModule("/datasets/d4rl/index.ts");
      try { await readD4rl(process.argv[1]); } catch (error) { console.log(error.name + ": " + error.message); }
      await server.close();`;
    const result = spawnSync(process.execPath, ["--input-type=module", "-e", program, path], {
      encoding: "utf8",
    });
    expect(result.stderr).toBe("");
    expect(result.stdout).toMatch(new RegExp(`^UserError: ${path}: .*damaged.*\\n$`));
  });
});

describe("writeD4rl", () => {
  it("writes what readD4rl reads back, bit for bit", async () => {
    const set = await readD4rl(hopperRandom);
    const qpos = Float64Array.from(set.infos.qpos.values as Float32Array, (value) => value + 1e-12);
    const written = {
      ...set,
      infos: { ...set.infos, qpos: { rowShape: [6], values: qpos } },
      environment: "Hopper-v5",
      metadata: { seed: 3, note: "random", mean: -0.1 },
    };
    writeD4rl(file("copy.hdf5"), written);
    const read = await readD4rl(file("copy.hdf5"), {
      environment: "Hopper-v5",
      observationSize: 11,
      actionSize: 3,
    });
    expect(read).toEqual(written);
    writeD4rl(file("again.hdf5"), read);
    expect(readFileSync(file("again.hdf5")).equals(readFileSync(file("copy.hdf5")))).toBe(true);
  });

  it("keeps seeds, arrays in the metadata and what came from Minari", async () => {
    const set = await readD4rl(hopperRandom);
    const written = {
      ...set,
      episodes: set.episodes.map((episode, i) => ({ ...episode, seed: 2 ** 40 + i })),
      // A text too long for a header of HDF5.
      minari: { author: ["é"], env_spec: "{}", ref_min_score: 0.5, description: "x".repeat(70_000) },
    };
    writeD4rl(file("copy.hdf5"), written);
    expect(await readD4rl(file("copy.hdf5"))).toEqual(written);
  });

  it("writes the same bytes in pieces as at once", async () => {
    const dataset = await openD4rl(hopperRandom);
    const writer = createD4rl(file("pieces.hdf5"), dataset);
    for (const piece of pieces(dataset, 20_000)) writer.append(piece);
    expect(readdirSync(dirname(file("x")))).not.toContain("pieces.hdf5");
    writer.commit();
    writeD4rl(file("whole.hdf5"), dataset.read(0, dataset.size));
    dataset.close();
    expect(readFileSync(file("pieces.hdf5")).equals(readFileSync(file("whole.hdf5")))).toBe(true);
  });

  it("never joins an episode with the next piece's", async () => {
    writeSmall(file("small.hdf5"), {
      terminals: flags([0, 0, 0, 0, 0, 0]),
      timeouts: flags([0, 0, 0, 0, 0, 0]),
    });
    const set = await readD4rl(file("small.hdf5"));
    const writer = createD4rl(file("twice.hdf5"), { size: 12, metadata: {} });
    writer.append(set);
    writer.append(set);
    writer.commit();
    expect((await readD4rl(file("twice.hdf5"))).episodes).toEqual([
      { start: 0, end: 6, terminated: false, truncated: true },
      { start: 6, end: 12, terminated: false, truncated: false },
    ]);
  });

  it("leaves an older file as it was when it is given up", async () => {
    const set = await readD4rl(hopperRandom);
    writeD4rl(file("out.hdf5"), set);
    const before = readFileSync(file("out.hdf5"));
    const writer = createD4rl(file("out.hdf5"), { size: 4000, metadata: {} });
    writer.append(set);
    expect(() => writer.commit()).toThrow("2000 of 4000 rows");
    writer.abort();
    expect(readFileSync(file("out.hdf5")).equals(before)).toBe(true);
    expect(readdirSync(dirname(file("x")))).toEqual(["out.hdf5"]);
  });

  it.runIf(process.platform === "linux")(
    "says that the disk is full, and leaves nothing behind",
    async () => {
      const set = await readD4rl(hopperRandom);
      withFileSizeLimit(65_536, () => {
        expect(() => writeD4rl(file("out.hdf5"), set)).toThrow(
          `${file("out.hdf5")}: cannot be written: the file would exceed the size limit`,
        );
      });
      expect(readdirSync(dirname(file("x")))).toEqual([]);
    },
  );

  it("refuses a set it cannot hold", async () => {
    writeSmall(file("small.hdf5"), { next_observations: undefined });
    const set = await readD4rl(file("small.hdf5"));
    expect(() => writeD4rl(file("out.hdf5"), set)).toThrow(
      `${file("out.hdf5")}: cannot be written: the states after some terminations are not known`,
    );
    const missing = file("missing/out.hdf5");
    const complete = { ...set, unknownNextObservations: undefined };
    expect(() => writeD4rl(missing, complete)).toThrow(
      `${missing}: cannot be written: no such file or directory`,
    );
  });
});
