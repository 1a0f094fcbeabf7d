import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadPolicy } from "../../../agents/index.ts";
import { rollout } from "../../../agents/rollout.ts";
import { loadLearnedReward } from "../../../agents/reward-network.ts";
import { rewardValue } from "../../../agents/reward-value.ts";
import { readDataset } from "../../../datasets/index.ts";
import { make } from "../../../envs/index.ts";
import { createRandom } from "../../../src/random/index.ts";
import { startSeed } from "../../../tools/viewer/policy-track.ts";
import { openSources, type SourceOptions } from "../../../tools/viewer/sources.ts";
import { createStage } from "../../../tools/viewer/stage.ts";
import { fixture, temporaryFolder } from "../command-line.ts";

const expert = "datasets/policies/hopper-v5-expert.safetensors";
const demonstration = "datasets/demonstrations/hopper-v5-1.hdf5";
const learned = "docs/results/hopper/ml-irl-state-action-0.reward.safetensors";
const folder = temporaryFolder();

async function stageOf(paths: readonly string[], options: Partial<SourceOptions> = {}) {
  const { sources, simulators } = await openSources(paths, { seed: 0, mode: "mean", live: false, ...options });
  return createStage("test", sources, simulators);
}

describe("what is viewed of a policy", () => {
  it("is its rollout, with rewards and their terms", async () => {
    const stage = await stageOf([expert]);
    const [track] = stage.scene().tracks;
    const episode = await stage.open(track.id, "start-1");
    const environment = await make("Hopper-v5");
    const expected = await rollout(environment, loadPolicy(expert), { mode: "mean", random: createRandom(0), seed: startSeed(0, 1), recordState: true });
    environment.close();
    expect(episode.length).toBe(expected.length + 1);
    const channels = episode.info().channels.map(({ id }) => id);
    expect(channels).toEqual(["true", "reward_forward", "reward_survive", "reward_ctrl"]);
    // actions of a rollout are rounded to float32, so that the two are the same at first, and like each other later
    expect([...episode.row("qpos", 0)]).toEqual([...expected.qpos!.subarray(0, 6)]);
    for (const frame of [0, 5, 20]) {
      const [reward, ...terms] = episode.row("channels", frame);
      expect(reward).toBeCloseTo(expected.rewards[frame], 4);
      expect(terms.reduce((sum, term) => sum + term, 0)).toBeCloseTo(reward, 4);
    }
    expect([...episode.row("channels", episode.length - 1)]).toEqual([NaN, NaN, NaN, NaN]);
    stage.close();
  });

  it("plays on by itself while somebody watches, and not otherwise", async () => {
    const stage = await stageOf([expert], { live: true });
    const [{ id, first }] = stage.scene().tracks;
    expect(first).toBe("live");
    expect(stage.live(id)).toBeUndefined();
    let told = 0;
    stage.onChange((what) => (told += what === "frames" ? 1 : 0));
    const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    stage.watch([id]);
    await pause(1200);
    const frames = stage.live(id)!.length;
    // 125 steps per second, and no faster
    expect(frames).toBeGreaterThan(20);
    expect(frames).toBeLessThan(170);
    expect(told).toBeGreaterThan(5);
    expect(stage.live(id)!.row("qpos", 0)).not.toEqual(stage.live(id)!.row("qpos", 15));
    stage.watch([]);
    await pause(100);
    const stopped = stage.live(id)!.length;
    await pause(200);
    expect(stage.live(id)!.length).toBe(stopped);
    stage.close();
  });
});

describe("what is viewed of a dataset", () => {
  it("is every recorded state, to the last bit", async () => {
    const stage = await stageOf([demonstration], { reward: learned });
    const [track] = stage.scene().tracks;
    const episode = await stage.open(track.id, track.first!);
    const set = await readDataset(demonstration);
    expect(episode.length).toBe(set.episodes[0].end + 1);
    const value = rewardValue(loadLearnedReward(learned));
    for (const frame of [0, 1, 499, 999]) {
      const recorded = (name: "qpos" | "qvel") => [...(set.infos[name].values as Float32Array).subarray(6 * frame, 6 * frame + 6)];
      expect([...episode.row("qpos", frame)]).toEqual(recorded("qpos"));
      expect([...episode.row("qvel", frame)]).toEqual(recorded("qvel"));
      const { channels } = episode.info();
      const row = episode.row("channels", frame);
      const channel = (id: string) => row[channels.findIndex((one) => one.id === id)];
      expect(channel("true")).toBe(set.rewards[frame]);
      const observation = set.observations.subarray(11 * frame, 11 * frame + 11);
      expect(channel("learned")).toBeCloseTo(value(observation, set.actions.subarray(3 * frame, 3 * frame + 3)), 5);
    }
    stage.close();
  });

  it("can be asked what a state would be worth if it were another", async () => {
    const stage = await stageOf([demonstration], { reward: learned });
    const [track] = stage.scene().tracks;
    const episode = await stage.open(track.id, track.first!);
    const { id } = episode.info();
    const [frame, speed] = [300, 1.25];
    const same = await stage.probe({ episode: id, frame, qpos: [], qvel: [] });
    expect(same.learned).toBe(same.learnedBefore);
    expect(same.pose).toEqual(episode.row("pose", frame));
    // observation 5 is the velocity along x: qpos without x has 5 numbers
    const observation = episode.row("observation", frame).slice();
    observation[5] = speed;
    const value = rewardValue(loadLearnedReward(learned));
    const moved = await stage.probe({ episode: id, frame, qpos: [], qvel: [[0, speed]] });
    expect(moved.learned).toBeCloseTo(value(observation, episode.row("action", frame)), 5);
    expect(moved.learned).not.toBe(same.learned);
    expect(moved.pose).toEqual(same.pose);
    // a bent knee moves the leg and what hangs on it, and nothing above
    const bent = await stage.probe({ episode: id, frame, qpos: [[4, -1]], qvel: [] });
    expect(bent.pose.subarray(0, 21)).toEqual(same.pose.subarray(0, 21));
    expect(bent.pose.subarray(21)).not.toEqual(same.pose.subarray(21));
    await expect(stage.probe({ episode: id, frame: 5000, qpos: [], qvel: [] })).rejects.toThrow(/no frame 5000/);
    await expect(stage.probe({ episode: id, frame, qpos: [[99, 1]], qvel: [] })).rejects.toThrow(/no coordinate 99/);
    stage.close();
  });
});

describe("what can be viewed", () => {
  it("takes recorded actions again", async () => {
    const stage = await stageOf([fixture("gymnasium/Hopper-v5.json")], { environment: "Hopper-v5" });
    const [track] = stage.scene().tracks;
    const episode = await stage.open(track.id, track.first!);
    const { rewards } = JSON.parse(readFileSync(fixture("gymnasium/Hopper-v5.json"), "utf8")) as { rewards: number[] };
    expect(episode.length).toBe(rewards.length + 1);
    for (const frame of [0, 10, 19]) expect(episode.row("channels", frame)[0]).toBeCloseTo(rewards[frame], 5);
    stage.close();
  });

  it("draws a task without bodies as a bead", async () => {
    const run = join(folder, "regulator");
    mkdirSync(run);
    writeFileSync(join(run, "recording.json"), JSON.stringify({ initial: { qpos: [0.5], qvel: [0] }, actions: [[0], [1]] }));
    const stage = await stageOf([join(run, "recording.json")], { environment: "Regulator-v0" });
    const [track] = stage.scene().tracks;
    const episode = await stage.open(track.id, track.first!);
    expect([...episode.row("pose", 0)].slice(7)).toEqual([0.5, 0, 0, 1, 0, 0, 0]);
    stage.close();
  });

  it("keeps to what it has announced", async () => {
    const stage = await stageOf([expert]);
    const [{ id }] = stage.scene().tracks;
    await expect(stage.open("../" + id, "start-0")).rejects.toThrow(/no track/);
    await expect(stage.open(id, "../../etc/passwd")).rejects.toThrow(/no episode/);
    await expect(stage.open(id, "checkpoint-5")).rejects.toThrow(/no episode/);
    stage.close();
  });

  it.each([
    ["nothing there", ["nowhere.safetensors"], {}, /nowhere\.safetensors: cannot be read: no such file/],
    ["a folder of something else", ["src"], {}, /src: neither a run directory nor a Minari dataset/],
    ["a reward alone", [learned], {}, /a reward, expected a policy; judge rollouts by it with --reward/],
    ["actions of an unknown robot", [fixture("gymnasium/Hopper-v5.json")], {}, /name it with --env/],
    ["a reward for another robot", ["datasets/policies/ant-v5-expert.safetensors"], { reward: learned }, /the reward takes 11 observations and 3 actions, Ant-v5 has 105 and 8/],
    ["an unknown environment", [expert], { environment: "Hopper-v9" }, /Hopper-v9/],
  ])("refuses %s in one line", async (_, paths, options, message) => {
    await expect(stageOf(paths, options)).rejects.toThrow(message);
  });

  it("names what is given so that it can be told apart", async () => {
    for (const name of ["a", "b"]) {
      mkdirSync(join(folder, name));
      copyFileSync(expert, join(folder, name, "policy.safetensors"));
    }
    const stage = await stageOf([join(folder, "a", "policy.safetensors"), join(folder, "b", "policy.safetensors")]);
    expect(stage.scene().tracks.map(({ label }) => label)).toEqual(["a/policy", "b/policy"]);
    stage.close();
  });
});
