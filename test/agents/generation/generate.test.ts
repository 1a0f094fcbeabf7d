import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { generate, generationOf, openSource, type Generation } from "../../../agents/generation/index.ts";
import { expectedTransitions, type Part } from "../../../agents/generation/generate.ts";
import { concatenate } from "../../../datasets/concatenate.ts";
import { catalogued, readCatalogue, type CatalogueEntry } from "../../../datasets/catalogue.ts";
import { contentDigest, type DatasetWriter, type Transitions } from "../../../datasets/index.ts";
import type { Trajectory } from "../../../agents/rollout.ts";
import { UserError } from "../../../src/errors.ts";
import { loadSafetensors } from "../../../src/runs/index.ts";

const catalogueFile = fileURLToPath(new URL("../../../datasets/catalogue.json", import.meta.url));

const random = (transitions: number, seed = 0, whole = false): Part => ({
  source: { kind: "random", environment: "Hopper-v5", seed },
  end: { transitions, whole },
});

const setOf = (...parts: Part[]): Generation => ({
  environment: "Hopper-v5",
  parts,
  infos: ["qpos", "qvel", "action_log_probs"],
  metadata: {},
});

/** Generates a set into memory. */
async function made(generation: Generation, fail?: () => void) {
  const pieces: Transitions[] = [];
  const calls: string[] = [];
  const progress: number[] = [];
  const open = (size: number): DatasetWriter => {
    calls.push(`open ${size}`);
    return {
      append(piece) {
        fail?.();
        pieces.push(piece);
      },
      commit: () => calls.push("commit"),
      abort: () => calls.push("abort"),
    };
  };
  const content = await generate(generation, open, {
    workers: 0,
    onProgress: (done) => progress.push(done),
  }).catch((error: unknown) => error as Error);
  if (content instanceof Error) return { content: undefined, error: content, calls, progress, pieces };
  return { set: concatenate(pieces), content, calls, progress, pieces, error: undefined };
}

/** The first episodes of a source, played by themselves. */
async function episodesOf(seed: number, count: number) {
  const player = await openSource({ kind: "random", environment: "Hopper-v5", seed });
  const episodes = [];
  for (let i = 0; i < count; i++) episodes.push((await player.play(i)).trajectory);
  player.close();
  return episodes;
}

describe("a generated set", () => {
  it("is the source's episodes in order, the last one cut within", async () => {
    const episodes = await episodesOf(0, 4);
    const lengths = episodes.map(({ length }) => length);
    const [a, b, c] = lengths;
    const size = a + b + c + 3;
    expect(lengths[3]).toBeGreaterThan(3);
    const { set, content, calls, progress } = await made(setOf(random(size)));
    expect(calls).toEqual([`open ${size}`, "commit"]);
    expect(progress).toEqual([a, a + b, a + b + c, size]);
    expect(
      set?.episodes.map(({ start, end, terminated, truncated }) => [start, end, terminated, truncated]),
    ).toEqual([
      [0, a, true, false],
      [a, a + b, true, false],
      [a + b, a + b + c, true, false],
      [a + b + c, size, false, false],
    ]);
    expect([...(set?.terminals ?? [])].flatMap((flag, row) => (flag === 1 ? [row] : []))).toEqual([
      a - 1,
      a + b - 1,
      a + b + c - 1,
    ]);
    expect(set?.timeouts.includes(1)).toBe(false);
    const rows = (of: (episode: Trajectory) => Float32Array | Float64Array, width: number) =>
      episodes.flatMap((episode) => [...of(episode)]).slice(0, size * width);
    expect([...(set?.observations ?? [])]).toEqual(rows(({ observations }) => observations, 11));
    expect([...(set?.nextObservations ?? [])]).toEqual(rows(({ nextObservations }) => nextObservations, 11));
    expect([...(set?.actions ?? [])]).toEqual(rows(({ actions }) => actions, 3));
    expect([...(set?.rewards ?? [])]).toEqual(rows(({ rewards }) => rewards, 1));
    expect(set?.infos.qpos.rowShape).toEqual([6]);
    expect([...(set?.infos.qvel.values ?? [])]).toEqual(rows(({ qvel }) => qvel ?? new Float64Array(), 6));
    expect(set?.infos.action_log_probs).toEqual({
      rowShape: [],
      values: new Float32Array(size).fill(-3 * Math.log(2)),
    });

    const digest = contentDigest();
    if (set) digest.add(set);
    expect(content).toMatchObject({
      sha256: digest.digest(),
      transitions: size,
      episodes: 4,
      terminations: 3,
      truncations: 0,
      // Observations twice, action, reward, log-density; the flags; the state in double precision.
      bytes: size * ((11 + 11 + 3 + 1 + 1) * 4 + 2 + 12 * 8),
    });
    expect(content?.returns[1]).toBeCloseTo(
      episodes[1].rewards.reduce((sum, reward) => sum + reward, 0),
      5,
    );
  });

  it("keeps the flag of an episode that the cut does not touch", async () => {
    const [first] = await episodesOf(0, 1);
    const { set } = await made(setOf(random(first.length)));
    expect(set?.episodes).toMatchObject([{ end: first.length, terminated: true }]);
  });

  it("joins a first part without its unfinished episode with the other", async () => {
    const [a, b, c] = (await episodesOf(1, 3)).map(({ length }) => length);
    const first = random(a + b + c - 1, 1, true);
    const { set, calls, pieces } = await made(setOf(first, random(40, 2)));
    expect(calls).toEqual([`open ${a + b + 40}`, "commit"]);
    expect(set?.episodes.slice(0, 2)).toMatchObject([
      { end: a, terminated: true },
      { end: a + b, terminated: true },
    ]);
    const [alone, other] = [await made(setOf(random(a + b, 1))), await made(setOf(random(40, 2)))];
    expect(set).toEqual(alone.set && other.set && concatenate([alone.set, other.set]));
    expect(pieces[0].episodes.at(-1)).toMatchObject({ terminated: true });
    // Exactly as long as its episodes, nothing is left out.
    const exact = await made(setOf(random(a + b, 1, true), random(40, 2)));
    expect(exact.set).toEqual(set);
  });

  it("of complete episodes leaves out those that fall", async () => {
    // Of uniform actions, the HalfCheetah's episodes all reach the limit, and the Hopper's do not.
    const cheetah: Part = {
      source: { kind: "random", environment: "HalfCheetah-v5", seed: 3 },
      end: { complete: 1 },
    };
    const { calls, set } = await made({ ...setOf(cheetah), environment: "HalfCheetah-v5", infos: [] });
    expect(calls).toEqual(["open 1000", "commit"]);
    expect(set?.episodes).toMatchObject([{ start: 0, end: 1000, terminated: false, truncated: true }]);
    expect(set?.infos).toEqual({});
    const hopper: Part = { ...random(1), end: { complete: 1 } };
    const failed = await made(setOf(hopper));
    expect(failed.error).toEqual(
      new UserError("Hopper-v5: 0 of 20 episodes reach the time limit, 1 were to be kept"),
    );
    expect(failed.calls).toEqual([]);
    expect(expectedTransitions(setOf({ ...hopper, end: { complete: 2 } }, random(7)))).toBe(2007);
  });

  it("keeps what episodes were seeded with", async () => {
    const { pieces } = await made(setOf(random(60)));
    const seeds = pieces.flatMap(({ episodes }) => episodes.map(({ seed }) => seed));
    expect(seeds.length).toBeGreaterThan(1);
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seeds.every((seed) => Number.isSafeInteger(seed))).toBe(true);
  });

  it("is aborted when writing fails, and not begun when playing does", async () => {
    const full = await made(setOf(random(60)), () => {
      throw new Error("the disk is full");
    });
    expect(full.error).toEqual(new Error("the disk is full"));
    expect(full.calls).toEqual(["open 60", "abort"]);
    const missing: Part = {
      ...random(60),
      source: { kind: "policy", environment: "Hopper-v5", policy: "none.safetensors", seed: 0 },
    };
    const failed = await made(setOf(missing, random(60)));
    expect(failed.error?.message).toMatch(/^none\.safetensors: /);
    expect(failed.calls).toEqual([]);
  });
});

describe("the recipe of an entry", () => {
  const catalogue = readCatalogue(catalogueFile);
  const shared = { environment: "Hopper-v5", policy: "policies/hopper-v5-expert.safetensors" };
  const expert: CatalogueEntry = { ...shared, name: "a-v5", kind: "expert", seed: 2, transitions: 70 };

  it("of an expert's set is samples of its policy, which is in the metadata as D4RL has it", () => {
    const { parts, infos, metadata } = generationOf(catalogue, expert);
    expect(parts).toMatchObject([
      { source: { kind: "policy", seed: 2 }, end: { transitions: 70, whole: false } },
    ]);
    expect(infos).toEqual(["qpos", "qvel", "action_log_probs"]);
    expect(metadata).toMatchObject({
      algorithm: "SAC",
      policy_file: shared.policy,
      "policy/nonlinearity": "relu",
      "policy/output_distribution": "tanh_gaussian",
    });
    const { tensors } = loadSafetensors(catalogued(catalogue, shared.policy));
    const [hidden, output] = [tensors["1/weight"], tensors["2/weight"]];
    const array = (name: string) => metadata[name] as { shape: number[]; values: Float32Array };
    expect(array("policy/fc0/weight").shape).toEqual([64, 11]);
    expect(array("policy/fc1/weight").shape).toEqual([64, 64]);
    expect(array("policy/fc1/weight").values[3 * 64 + 5]).toBe(hidden.values[5 * 64 + 3]);
    expect(array("policy/last_fc/weight").shape).toEqual([3, 64]);
    expect(array("policy/last_fc/weight").values[2 * 64 + 9]).toBe(output.values[9 * 6 + 2]);
    expect(array("policy/last_fc_log_std/weight").values[2 * 64 + 9]).toBe(output.values[9 * 6 + 5]);
    expect([...array("policy/last_fc_log_std/bias").values]).toEqual([
      ...tensors["2/bias"].values.subarray(3),
    ]);
    expect(Object.keys(metadata).filter((name) => name.startsWith("policy/"))).toHaveLength(12);
  });

  it("of demonstrations is whole episodes, with the states where they are wanted, without the weights", () => {
    const demonstrations = { ...shared, name: "a-v5", kind: "demonstrations", seed: 0, episodes: 2 } as const;
    const [withStates, without] = [true, false].map((states) =>
      generationOf(catalogue, { ...demonstrations, states }),
    );
    expect(withStates.infos).toEqual(["qpos", "qvel"]);
    expect(without.infos).toEqual([]);
    expect(without.parts).toMatchObject([{ end: { complete: 2 } }]);
    expect(Object.keys(without.metadata).some((name) => name.startsWith("policy/"))).toBe(false);
  });

  it("of a joined set is its parts, all but the last whole", () => {
    const entries: CatalogueEntry[] = [
      { ...expert, name: "medium-v5", kind: "medium", seed: 1, transitions: 50 },
      { ...expert, name: "expert-v5" },
    ];
    const joined: CatalogueEntry = {
      name: "both-v5",
      environment: "Hopper-v5",
      kind: "medium-expert",
      sets: ["medium-v5", "expert-v5"],
    };
    const { parts, infos } = generationOf({ ...catalogue, entries: [...entries, joined] }, joined);
    expect(parts).toMatchObject([
      { source: { seed: 1 }, end: { transitions: 50, whole: true } },
      { source: { seed: 2 }, end: { transitions: 70, whole: false } },
    ]);
    expect(infos).toContain("action_log_probs");
  });
});
