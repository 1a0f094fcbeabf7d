import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generate, recordReplay, saveRecording, type Recording } from "../../../agents/generation/index.ts";
import { sac } from "../../../agents/sac/index.ts";
import { policyOf, stepsOf } from "../../../agents/sac/checkpoint.ts";
import type { TrainerContext } from "../../../agents/trainer.ts";
import { concatenate } from "../../../datasets/concatenate.ts";
import type { Transitions } from "../../../datasets/index.ts";
import { environmentSpec, make } from "../../../envs/index.ts";
import {
  loadSafetensors,
  readCheckpoint,
  saveSafetensors,
  writeCheckpoint,
  type Snapshot,
} from "../../../src/runs/index.ts";
import { refusalOf, useTemporaryFiles } from "../../datasets/hdf5-files.ts";
import { temporaryDirectory } from "../../runs/full-disk.ts";

const path = useTemporaryFiles();
const config = sac.config.parse({
  steps: 700,
  randomSteps: 600,
  hidden: [8],
  batchSize: 16,
  updatesPerRun: 1,
});
const run = { environment: "Hopper-v5", seed: 4, command: "motive train sac Hopper-v5", path: "checkpoint" };

/** A SAC run of 700 steps as its checkpoint has it, and its policy. */
async function train(overrides: object = {}): Promise<{ snapshot: Snapshot; weights: unknown }> {
  const context: TrainerContext = {
    environment: environmentSpec("Hopper-v5"),
    makeEnvironment: () => make("Hopper-v5"),
    seed: 4,
  };
  const trainer = await sac.create(context, { ...config, ...overrides });
  while (!trainer.done) await trainer.advance();
  const file = join(folder, "checkpoint");
  writeCheckpoint(file, trainer.snapshot());
  const weights = trainer.policy!.weights();
  trainer.close();
  return { snapshot: readCheckpoint(file), weights };
}

async function regenerate(recording: Recording) {
  saveRecording(path("recording"), recording);
  const pieces: Transitions[] = [];
  const calls: string[] = [];
  await generate(
    {
      environment: "Hopper-v5",
      parts: [
        {
          source: { kind: "recording", environment: "Hopper-v5", recording: path("recording") },
          end: { transitions: recording.actions.length / 3, whole: false },
          expected: recording.transitions,
        },
      ],
      infos: ["qpos", "qvel", "action_log_probs"],
      metadata: {},
    },
    () => ({
      append: (piece) => pieces.push(piece),
      commit: () => calls.push("commit"),
      abort: () => calls.push("abort"),
    }),
    { workers: 0 },
  ).catch((error: unknown) => {
    expect(calls).toEqual(["abort"]);
    throw error;
  });
  expect(calls).toEqual(["commit"]);
  return concatenate(pieces);
}

const folder = temporaryDirectory();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let trained: Awaited<ReturnType<typeof train>>;
beforeAll(async () => {
  trained = await train();
});

describe("a recorded run", () => {
  it("gives every number of its replay buffer again", async () => {
    const { snapshot } = trained;
    expect(stepsOf(snapshot, "checkpoint")).toBe(700);
    const recording = await recordReplay(snapshot, 700, run);
    const set = await regenerate(recording);
    // Rows of the buffer: s, a, s′, r, terminated, step of the episode.
    const rows = snapshot.arrays["replay/rows"];
    const column = (at: number, width: number) =>
      Float32Array.from(
        { length: 700 * width },
        (_, i) => rows[Math.floor(i / width) * 28 + at + (i % width)],
      );
    expect(set.size).toBe(700);
    expect(set.observations).toEqual(column(0, 11));
    expect(set.actions).toEqual(column(11, 3));
    expect(set.nextObservations).toEqual(column(14, 11));
    expect(set.rewards).toEqual(column(25, 1));
    expect(Float32Array.from(set.terminals)).toEqual(column(26, 1));
    const starts = [...column(27, 1)].flatMap((time, row) => (time === 0 ? [row] : []));
    expect(starts.length).toBeGreaterThan(10);
    expect(set.episodes.map(({ start }) => start)).toEqual(starts);
    expect(Object.keys(set.infos)).toEqual(["qpos", "qvel"]);
    expect(set.infos.qpos.values).toHaveLength(700 * 6);
  });

  it("may be stopped anywhere", async () => {
    const { snapshot } = trained;
    const [whole, half] = [await recordReplay(snapshot, 700, run), await recordReplay(snapshot, 333, run)];
    const [all, first] = [await regenerate(whole), await regenerate(half)];
    expect(first.observations).toEqual(all.observations.slice(0, 333 * 11));
    expect(first.episodes.at(-1)).toMatchObject({ end: 333, terminated: false, truncated: false });
  });

  it("is refused where the environment does not give what the run saw", async () => {
    const { snapshot } = trained;
    const changed = (index: number): Snapshot => {
      const rows = (snapshot.arrays["replay/rows"] as Float32Array).slice();
      new Uint32Array(rows.buffer)[index] ^= 1;
      return { ...snapshot, arrays: { ...snapshot.arrays, "replay/rows": rows } };
    };
    expect(await refusalOf(recordReplay(changed(28 * 500 + 25), 700, run))).toBe(
      "checkpoint: the environment gives another reward at step 500 than the run saw",
    );
    expect(await refusalOf(recordReplay(changed(28 * 3 + 14), 700, run))).toContain(
      "another next observation at step 3",
    );
    // Another action leads elsewhere.
    expect(await refusalOf(recordReplay(changed(28 * 7 + 12), 700, run))).toContain(
      "another next observation at step 7 ",
    );
    expect(await refusalOf(recordReplay(snapshot, 700, { ...run, seed: 5 }))).toMatch(
      /another observation at step 0 |steps of the recorded run/,
    );
  });

  it("is refused where the checkpoint does not hold it", async () => {
    const { snapshot } = trained;
    expect(await refusalOf(recordReplay(snapshot, 701, run))).toBe(
      "checkpoint: is of step 700, its run had not taken 701 yet",
    );
    expect(await refusalOf(recordReplay(snapshot, 700, { ...run, environment: "Walker2d-v5" }))).toBe(
      "checkpoint: the replay has 19600 numbers, 700 rows of 43 were expected",
    );
    const small = await train({ replayCapacity: 650 });
    expect(await refusalOf(recordReplay(small.snapshot, 600, run))).toBe(
      "checkpoint: the replay holds the last 650 of 700 transitions",
    );
    expect(() => stepsOf({ arrays: {}, values: {} }, "x")).toThrow("x: no checkpoint of a SAC run");
  });

  it("is refused when it is generated from a file that was changed", async () => {
    const recording = await recordReplay(trained.snapshot, 700, run);
    const actions = recording.actions.slice();
    // Within the last episode, which goes on all the same.
    actions[actions.length - 1] = -actions[actions.length - 1];
    expect(await refusalOf(regenerate({ ...recording, actions }))).toBe(
      `${path("recording")}: its actions lead to other transitions here than in the recorded run`,
    );
    const shorter = recording.lengths.slice();
    shorter[3]--;
    shorter[4]++;
    expect(await refusalOf(regenerate({ ...recording, lengths: shorter }))).toBe(
      `${path("recording")}: episode 3 goes on after the ${shorter[3]} steps of the recorded run: the environment is another one`,
    );
    const longer = recording.lengths.slice();
    longer[3]++;
    longer[4]--;
    expect(await refusalOf(regenerate({ ...recording, lengths: longer }))).toBe(
      `${path("recording")}: episode 3 ends after ${longer[3] - 1} of the ${longer[3]} steps of the recorded run: the environment is another one`,
    );
    longer[4]--;
    expect(await refusalOf(regenerate({ ...recording, lengths: longer }))).toContain(
      "the lengths of its episodes do not sum to its 700 actions",
    );
  });

  it("is told from other files", async () => {
    const recording = await recordReplay(trained.snapshot, 50, run);
    saveRecording(path("recording"), recording);
    const { tensors, metadata } = loadSafetensors(path("recording"));
    const open = async () => {
      const { openSource } = await import("../../../agents/generation/source.ts");
      return openSource({ kind: "recording", environment: "Hopper-v5", recording: path("recording") });
    };
    saveSafetensors(path("recording"), tensors, { ...metadata, kind: "policy" });
    expect(await refusalOf(open())).toContain('no recording of a run: its "kind"');
    saveSafetensors(path("recording"), { lengths: tensors.lengths }, metadata);
    expect(await refusalOf(open())).toContain('"actions" must be a matrix of F32');
    saveSafetensors(path("recording"), tensors, { ...metadata, environment: "Walker2d-v5" });
    expect(await refusalOf(open())).toContain("a recording of Walker2d-v5, the set is of Hopper-v5");
  });
});

describe("the policy of a checkpoint", () => {
  it("is that of the run", async () => {
    const environment = await make("Hopper-v5");
    const { snapshot, weights } = trained;
    expect(policyOf(snapshot, environment, config, "x").weights()).toEqual(weights);
    expect(() => policyOf(snapshot, environment, { ...config, hidden: [9] }, "x")).toThrow(
      "x: holds no policy of the run's configuration",
    );
    environment.close();
  });
});
