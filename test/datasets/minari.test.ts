import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { pieces } from "../../datasets/dataset.ts";
import { readD4rl } from "../../datasets/d4rl/index.ts";
import type { Hdf5Value } from "../../datasets/hdf5/writer.ts";
import { writeHdf5 } from "../../datasets/hdf5/writer.ts";
import { createMinari, openMinari, readMinari, recordedOptions } from "../../datasets/minari/index.ts";
import { episodeReturns, type Transitions } from "../../datasets/transition-set.ts";
import { flags, floats, hopperMinari, hopperRandom, refusalOf, useTemporaryFiles } from "./hdf5-files.ts";

const file = useTemporaryFiles();

const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

/** The fixture under another name, which a test may damage. */
function copyFixture(): { folder: string; data: string; metadata: string } {
  const folder = file("copy-v0");
  cpSync(hopperMinari, folder, { recursive: true });
  return { folder, data: join(folder, "data/main_data.hdf5"), metadata: join(folder, "data/metadata.json") };
}

function changeMetadata(path: string, changes: Record<string, unknown>): void {
  const document = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...document, ...changes }));
}

/** Two episodes of a robot with two observations and one action: one terminates after three steps, one is cut after two. */
function smallEpisodes(): Record<string, Hdf5Value> {
  const episode = (index: number, steps: number, ends: "terminations" | "truncations") => {
    const last = Array.from({ length: steps }, (_, i) => Number(i === steps - 1));
    const none = last.map(() => 0);
    const observations = Float64Array.from({ length: 2 * (steps + 1) }, (_, i) => 10 * index + i);
    return {
      [`episode_${index}/observations`]: floats([steps + 1, 2], observations),
      [`episode_${index}/actions`]: floats([steps, 1], new Float32Array(steps).fill(0.5)),
      [`episode_${index}/rewards`]: floats([steps], new Float64Array(steps).fill(index + 0.1)),
      [`episode_${index}/terminations`]: flags(ends === "terminations" ? last : none),
      [`episode_${index}/truncations`]: flags(ends === "truncations" ? last : none),
    };
  };
  return { ...episode(0, 3, "terminations"), ...episode(1, 2, "truncations") };
}

/** Writes {@link smallEpisodes} with some datasets replaced, or left out where undefined. */
function writeSmallMinari(
  changes: Record<string, Hdf5Value | undefined> = {},
  metadata: Record<string, unknown> = {},
): string {
  const folder = file("small-v0");
  mkdirSync(join(folder, "data"), { recursive: true });
  const entries = Object.entries({ ...smallEpisodes(), ...changes });
  writeHdf5(
    join(folder, "data/main_data.hdf5"),
    Object.fromEntries(entries.filter((entry): entry is [string, Hdf5Value] => entry[1] !== undefined)),
  );
  const document = { total_episodes: 2, total_steps: 5, data_format: "hdf5", ...metadata };
  writeFileSync(join(folder, "data/metadata.json"), JSON.stringify(document));
  return folder;
}

describe("readMinari on a dataset of Minari", () => {
  it("gives the numbers that h5py and NumPy give, episodes by index", async () => {
    // From Python: sums over episode_0 … episode_19 in double precision; the listing has episode_10 after episode_1.
    const dataset = await openMinari(hopperMinari);
    expect(dataset).toMatchObject({
      format: "minari",
      environment: "Hopper-v5",
      size: 519,
      observationSize: 11,
      actionSize: 3,
      infos: [],
      notes: [],
    });
    const set = dataset.read(0, 519);
    dataset.close();
    expect(set.observations).toBeInstanceOf(Float64Array);
    expect(set.actions).toBeInstanceOf(Float32Array);
    expect(set.episodes.map(({ start, end }) => end - start)).toEqual([
      26, 72, 23, 43, 31, 13, 41, 15, 13, 32, 13, 15, 12, 28, 28, 16, 18, 10, 44, 26,
    ]);
    expect(set.episodes.map(({ seed }) => seed)).toEqual(Array.from({ length: 20 }, (_, i) => 123 + i));
    expect(set.episodes.every(({ terminated, truncated }) => terminated && !truncated)).toBe(true);
    expect(sum(set.actions)).toBeCloseTo(22.835116151807597, 9);
    expect(sum(set.rewards)).toBeCloseTo(438.4444360768637, 9);
    expect([...episodeReturns(set)].slice(0, 3)).toEqual([
      expect.closeTo(18.191624642122694, 10),
      expect.closeTo(108.18646193203338, 10),
      expect.closeTo(16.004887262089504, 10),
    ]);
    const start = set.episodes[2].start;
    expect(set.observations[(start + 5) * 11 + 3]).toBe(0.004469799348084809);
    expect(set.actions[(start + 5) * 3 + 1]).toBe(-0.657957136631012);
    expect(set.rewards[start + 5]).toBe(0.9666674846553602);
    // The last observation of an episode is the next one of its last step, and of no other.
    expect(set.nextObservations[(set.episodes[2].end - 1) * 11]).toBe(1.2036090991692059);
    expect(set.observations[set.episodes[10].start * 11]).toBe(1.250122053166945);
    const lastStates = set.episodes.map(({ end }) => set.nextObservations.subarray((end - 1) * 11, end * 11));
    expect(sum(set.observations) + sum(lastStates.map(sum))).toBeCloseTo(-602.6015809741723, 9);
    for (const { start: first, end } of set.episodes) {
      expect(set.nextObservations.subarray(first * 11, (end - 1) * 11)).toEqual(
        set.observations.subarray((first + 1) * 11, end * 11),
      );
    }
  });

  it("takes the folder, the folder in it or either file", async () => {
    const whole = await readMinari(hopperMinari);
    expect(whole.observations).toBeInstanceOf(Float32Array);
    for (const path of ["data", "data/main_data.hdf5", "data/metadata.json"])
      expect(await readMinari(join(hopperMinari, path))).toEqual(whole);
  });

  it("reads in pieces what it reads at once", async () => {
    const dataset = await openMinari(hopperMinari);
    const whole = dataset.read(0, dataset.size);
    const joined = [...pieces(dataset, 20_000)];
    expect(joined.length).toBeGreaterThan(3);
    for (const key of ["observations", "actions", "rewards", "nextObservations"] as const)
      expect(Float64Array.from(joined.flatMap((one) => [...one[key]]))).toEqual(
        Float64Array.from(whole[key]),
      );
    const cut = dataset.read(20, 100);
    expect(cut.episodes).toEqual([
      { start: 0, end: 6, terminated: true, truncated: false, seed: 123 },
      { start: 6, end: 78, terminated: true, truncated: false, seed: 124 },
      { start: 78, end: 80, terminated: false, truncated: false, seed: 125 },
    ]);
    expect(cut.nextObservations).toEqual(whole.nextObservations.slice(220, 1100));
    expect(dataset.readColumn("rewards", 20, 100)).toEqual(whole.rewards.slice(20, 100));
    dataset.close();
  });

  it("refuses another environment, or columns that do not fit one", async () => {
    const data = join(hopperMinari, "data/main_data.hdf5");
    expect(await refusalOf(openMinari(hopperMinari, { environment: "Hopper-v4" }))).toBe(
      `${data}: recorded in Hopper-v5, this run needs Hopper-v4`,
    );
    expect(await refusalOf(openMinari(hopperMinari, { environment: "Hopper-v5", observationSize: 12 }))).toBe(
      `${data}: "episode_0/observations" has 11 columns, Hopper-v5 expects 12`,
    );
  });
});

describe("readMinari", () => {
  it("counts an episode without a flag as truncated, but for the last", async () => {
    const unflagged = { "episode_0/terminations": flags([0, 0, 0]), "episode_1/truncations": flags([0, 0]) };
    const set = await readMinari(writeSmallMinari(unflagged));
    expect(set.episodes).toEqual([
      { start: 0, end: 3, terminated: false, truncated: true },
      { start: 3, end: 5, terminated: false, truncated: false },
    ]);
    expect([...set.timeouts]).toEqual([0, 0, 1, 0, 0]);
    expect(set.environment).toBeUndefined();
  });

  it("gives each transition the info before its action, and says what it leaves out", async () => {
    const folder = writeSmallMinari({
      // One entry from the reset, as Minari's collector records.
      "episode_0/infos/qpos": floats([4, 1], Float64Array.of(0, 1, 2, 3)),
      "episode_1/infos/qpos": floats([3, 1], Float64Array.of(4, 5, 6)),
      "episode_0/infos/deep/count": { kind: "integer", shape: [3], values: BigInt64Array.of(7n, 8n, 9n) },
      "episode_1/infos/deep/count": { kind: "integer", shape: [2], values: BigInt64Array.of(10n, 11n) },
      "episode_0/infos/odd": floats([2], Float64Array.of(1, 2)),
      "episode_0/infos/name": { kind: "scalar", value: "x" },
    });
    const dataset = await openMinari(folder);
    const { infos } = dataset.read(0, 5);
    expect(infos).toEqual({
      qpos: { rowShape: [1], values: Float64Array.of(0, 1, 2, 4, 5) },
      "deep/count": { rowShape: [], values: BigInt64Array.of(7n, 8n, 9n, 10n, 11n) },
    });
    expect([...dataset.notes].sort()).toEqual([
      '"infos/name" is string: left out',
      '"infos/odd" has 2 entries for 3 transitions: left out',
      '"infos/qpos" has an entry after each episode\'s last step: left out',
    ]);
    dataset.close();
  });

  it("reads the options of the environment, infinities among them", async () => {
    const spec =
      '{"id": "Hopper-v5", "kwargs": {"healthy_z_range": [0.5, Infinity], "terminate_when_unhealthy": false}}';
    const dataset = await openMinari(writeSmallMinari({}, { env_spec: spec }));
    dataset.close();
    expect(dataset.environment).toBe("Hopper-v5");
    expect(recordedOptions(dataset)).toEqual({
      healthy_z_range: [0.5, Infinity],
      terminate_when_unhealthy: false,
    });
    expect(recordedOptions({})).toEqual({});
  });

  const box = (shape: string, type = "Box") =>
    `{"type": "${type}", "shape": ${shape}, "low": [-Infinity, NaN]}`;
  const refused: [string, Record<string, Hdf5Value | undefined>, Record<string, unknown>, string][] = [
    [
      "a missing episode",
      Object.fromEntries(
        Object.entries(smallEpisodes()).flatMap(([name, value]) =>
          name.startsWith("episode_1/")
            ? [
                [name, undefined],
                [name.replace("_1/", "_2/"), value],
              ]
            : [],
        ),
      ),
      {},
      'data/main_data.hdf5: "episode_1" is missing, metadata.json says 2 episodes',
    ],
    ["another number of episodes", {}, { total_episodes: 3 }, "holds 2 episodes, metadata.json says 3"],
    ["another number of steps", {}, { total_steps: 6 }, "holds 5 transitions, metadata.json says 6"],
    ["a missing column", { "episode_1/actions": undefined }, {}, '"episode_1/actions" is missing'],
    ["missing flags", { "episode_1/truncations": undefined }, {}, '"episode_1/truncations" is missing'],
    [
      "as many observations as actions",
      { "episode_1/observations": floats([2, 2], new Float64Array(4)) },
      {},
      '"episode_1/observations" has 2 rows, expected 3',
    ],
    [
      "other columns in a later episode",
      { "episode_1/observations": floats([3, 3], new Float64Array(9)) },
      {},
      '"episode_1/observations" has 3 columns, "episode_0/observations" expects 2',
    ],
    [
      "other columns than the space",
      {},
      { observation_space: box("[3]") },
      '"episode_0/observations" has 2 columns, metadata.json expects 3',
    ],
    [
      "a NaN",
      { "episode_1/observations": floats([3, 2], Float64Array.of(1, 2, 3, NaN, 5, 6)) },
      {},
      '"episode_1/observations" is NaN at row 1, column 1, expected a finite number',
    ],
    [
      "rewards of another type",
      { "episode_1/rewards": flags([0, 1]) },
      {},
      '"episode_1/rewards" is bool, expected float32 or float64',
    ],
    [
      "an early termination",
      { "episode_0/terminations": flags([0, 1, 1]) },
      {},
      '"episode_0/terminations" is true at row 1, but the episode goes on to row 2',
    ],
    [
      "another precision in a later episode",
      { "episode_1/rewards": floats([2], new Float32Array(2)) },
      {},
      "episode_1 has another precision than the one before",
    ],
    [
      "an info that is missing later",
      { "episode_0/infos/qpos": floats([3], new Float64Array(3)) },
      {},
      '"episode_1/infos/qpos" is missing',
    ],
    [
      "observations in parts",
      {
        "episode_0/observations": undefined,
        "episode_0/observations/goal": floats([4, 2], new Float64Array(8)),
      },
      {},
      '"episode_0/observations" is a group of several parts, only vectors can be read',
    ],
    [
      "other spaces",
      {},
      { action_space: box("[1]", "Discrete") },
      '"action_space" is "Discrete", only "Box" can be read',
    ],
    [
      "images",
      {},
      { observation_space: box("[64, 64]") },
      '"observation_space" has shape [64,64], only vectors can be read',
    ],
    ["Arrow files", {}, { data_format: "arrow" }, '"data_format" is "arrow", only "hdf5" can be read'],
    [
      "no count",
      {},
      { total_episodes: undefined },
      '"total_episodes" is missing, expected a positive integer',
    ],
    ["a broken specification", {}, { env_spec: "{" }, '"env_spec" is not JSON: '],
  ];
  it.each(refused)("refuses %s in one line", async (_, changes, metadata, message) => {
    const folder = writeSmallMinari(changes, metadata);
    const refusal = await refusalOf(readMinari(folder));
    expect(refusal.startsWith(join(folder, "data"))).toBe(true);
    expect(refusal).toContain(message);
  });

  it("refuses damage around the data", async () => {
    const { folder, data, metadata } = copyFixture();
    truncateSync(data, 300_000);
    expect(await refusalOf(readMinari(folder))).toBe(`${data}: is truncated: 300000 of 388600 bytes`);
    writeFileSync(metadata, '{"total_episodes": 20,');
    expect(await refusalOf(readMinari(folder))).toMatch(/metadata\.json: is not JSON: /);
    writeFileSync(metadata, "[]");
    expect(await refusalOf(readMinari(folder))).toBe(`${metadata}: is not a JSON object`);
    mkdirSync(file("empty"));
    expect(await refusalOf(readMinari(file("empty")))).toBe(
      `${file("empty")}: holds no dataset, expected main_data.hdf5 and metadata.json in a folder data`,
    );
    expect(await refusalOf(readMinari(file("missing")))).toBe(
      `${file("missing")}: cannot be read: no such file or directory`,
    );
    const alone = writeSmallMinari();
    writeFileSync(file("main_data.hdf5"), readFileSync(join(alone, "data/main_data.hdf5")));
    expect(await refusalOf(readMinari(file("main_data.hdf5")))).toBe(
      `${file("metadata.json")}: is missing, beside it lies main_data.hdf5`,
    );
  });
});

describe("createMinari", () => {
  /** Writes a set, and nothing where that fails. */
  function write(path: string, sets: Iterable<Transitions>, facts: Parameters<typeof createMinari>[1]): void {
    const writer = createMinari(path, facts);
    try {
      for (const set of sets) writer.append(set);
      writer.commit();
    } catch (error) {
      writer.abort();
      throw error;
    }
  }

  it("writes what was read, bit for bit, and the metadata as they were", async () => {
    const dataset = await openMinari(hopperMinari);
    write(file("copy-v0"), pieces(dataset, 20_000), dataset);
    const copy = await openMinari(file("copy-v0"));
    expect(copy.read(0, 519)).toEqual({
      ...dataset.read(0, 519),
      minari: { ...dataset.minari, dataset_id: "copy-v0" },
    });
    const read = (folder: string) =>
      JSON.parse(readFileSync(join(folder, "data/metadata.json"), "utf8")) as Record<string, unknown>;
    const size = expect.any(Number) as number;
    expect(read(file("copy-v0"))).toEqual({
      ...read(hopperMinari),
      dataset_id: "copy-v0",
      dataset_size: size,
    });
    dataset.close();
    copy.close();
  });

  it("writes the same bytes whatever the pieces, and leaves nothing beside them", async () => {
    const dataset = await openMinari(hopperMinari);
    mkdirSync(file("a"));
    for (const [name, bytes] of [
      ["a/set-v0", 20_000],
      ["set-v0", 1e9],
    ] as const)
      write(file(name), pieces(dataset, bytes), { ...dataset, id: "set-v0" });
    dataset.close();
    for (const name of ["main_data.hdf5", "metadata.json"])
      expect(
        readFileSync(file(`a/set-v0/data/${name}`)).equals(readFileSync(file(`set-v0/data/${name}`))),
      ).toBe(true);
    expect(readdirSync(file("a"))).toEqual(["set-v0"]);
    expect(readdirSync(file("set-v0/data")).sort()).toEqual(["main_data.hdf5", "metadata.json"]);
  });

  it("describes a set of D4RL's layout: environment, spaces, algorithm", async () => {
    const set = await readD4rl(hopperRandom);
    const actionSpace = { low: [-1, -1, -0.5], high: [1, Infinity, 1] };
    const facts = { ...set, environment: "Hopper-v4", id: "mujoco/hopper/random-v3", actionSpace };
    write(file("mujoco/hopper/random-v3"), [set], facts);
    const path = file("mujoco/hopper/random-v3/data/metadata.json");
    const document = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
    expect(document).toMatchObject({
      total_episodes: 90,
      total_steps: 2000,
      data_format: "hdf5",
      dataset_id: "mujoco/hopper/random-v3",
      algorithm_name: "SAC",
      minari_version: "0.5.3",
      converted_from: "d4rl",
      action_space:
        '{"type": "Box", "dtype": "float32", "shape": [3], "low": [-1, -1, -0.5], "high": [1, Infinity, 1]}',
    });
    expect(JSON.parse(document.env_spec)).toMatchObject({
      id: "Hopper-v4",
      entry_point: "gymnasium.envs.mujoco.hopper_v4:HopperEnv",
      max_episode_steps: 1000,
      additional_wrappers: [],
    });
    for (const namespace of ["mujoco", "mujoco/hopper"])
      expect(readFileSync(file(`${namespace}/namespace_metadata.json`), "utf8")).toBe("{}");
    const { "policy/nonlinearity": nonlinearity, algorithm, iteration } = set.metadata;
    const read = await readMinari(file("mujoco/hopper/random-v3"));
    expect(read.minari).toBeUndefined();
    expect(read.metadata).toEqual({
      algorithm,
      iteration,
      "policy/nonlinearity": nonlinearity,
      "policy/output_distribution": "tanh_gaussian",
    });
    expect(read).toEqual({ ...set, environment: "Hopper-v4", metadata: read.metadata });
  });

  it("keeps the id of an environment that Gymnasium does not have", async () => {
    const set = await readMinari(writeSmallMinari());
    write(file("ours-v0"), [set], { metadata: {}, environment: "CustomAnt-v0" });
    expect((await readMinari(file("ours-v0"))).environment).toBe("CustomAnt-v0");
  });

  it("refuses what Minari cannot hold, and leaves nothing behind", async () => {
    const set = await readMinari(writeSmallMinari());
    const broken = { ...set, nextObservations: set.nextObservations.slice() };
    broken.nextObservations[2] += 1;
    const before = readdirSync(dirname(file("x")));
    expect(() => write(file("out-v0"), [broken], set)).toThrow(
      `${file("out-v0")}: cannot be written: row 1 has a next observation that is not the following row's observation`,
    );
    const unknown = { ...set, unknownNextObservations: Uint8Array.of(0, 0, 1, 0, 0) };
    expect(() => write(file("out-v0"), [set, unknown], set)).toThrow(
      "row 7 terminated in a state that is not known",
    );
    expect(() => createMinari(file("hopper"), set)).toThrow('"hopper" is no name of a Minari dataset');
    expect(() => createMinari(file("hopper-v0"), { ...set, id: "a/hopper-v0" })).toThrow(
      'Minari finds "a/hopper-v0" only in a folder of that name',
    );
    expect(() => createMinari(file("small-v0"), set)).toThrow(
      `${file("small-v0")}: already exists; remove it or choose another name`,
    );
    expect(readdirSync(dirname(file("x")))).toEqual(before);
  });

  it("appears only when it is complete", async () => {
    const set = await readMinari(writeSmallMinari());
    const writer = createMinari(file("late-v0"), set);
    writer.append(set);
    expect(existsSync(file("late-v0"))).toBe(false);
    writer.commit();
    expect(existsSync(file("late-v0/data/metadata.json"))).toBe(true);
    const aborted = createMinari(file("never-v0"), set);
    aborted.append(set);
    aborted.abort();
    expect(readdirSync(dirname(file("x"))).sort()).toEqual(["late-v0", "small-v0"]);
  });

  it("refuses metadata that say something else than the data", async () => {
    const { folder, metadata } = copyFixture();
    changeMetadata(metadata, { total_steps: 518 });
    expect(await refusalOf(readMinari(folder))).toContain("holds 519 transitions, metadata.json says 518");
  });
});
