import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { RewardQuality } from "../../agents/reward-quality/index.ts";
import { motive, printed, temporaryFolder } from "./command-line.ts";
import { saveReward } from "./random-reward.ts";

const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);
const quick = ["--episodes", "2", "--transitions", "20", "--draws", "3"];

interface Report extends RewardQuality {
  readonly input: string;
  readonly learnedIn: string;
  readonly environment: string;
}

const judged = async (file: string, ...words: string[]) => JSON.parse(await printed("reward", inFolder(file), ...quick, ...words, "--json")) as Report;
const sourcesOf = ({ sources }: Report): string[] => sources.map(({ source }) => source);

beforeAll(() => {
  saveReward(inFolder("regulator.safetensors"), "Regulator-v0", "state");
  saveReward(inFolder("hopper.safetensors"), "Hopper-v4", "state-action");
  saveReward(inFolder("ant.safetensors"), "CustomAnt-v0", "state-action");
  const smoke = ["--steps", "1000", "--set", "sac.hidden=8", "--set", "sac.randomSteps=200", "--evaluate-every", "0"];
  for (const words of [
    ["train", "sac", "Regulator-v0", "--steps", "300", "--set", "hidden=8", "--set", "randomSteps=200", "--evaluate-every", "0", "--out", "expert"],
    ["collect", "expert", "--episodes", "3", "--stochastic", "--out", "demos.hdf5"],
    ["train", "ml-irl", "Regulator-v0", ...smoke, "--demos", "demos.hdf5", "--out", "irl"],
  ]) {
    expect(motive(folder, ...words).stderr).toBe("");
  }
});

describe("motive reward", () => {
  it("judges by all the rollouts that there are, the same ones each time", async () => {
    const alone = await judged("regulator.safetensors");
    expect(sourcesOf(alone)).toEqual(["random"]);
    expect(alone).toMatchObject({ input: "state", learnedIn: "Regulator-v0", environment: "Regulator-v0" });
    expect(alone.sources[0].bySteps.count).toBe(100);
    expect(alone.epic).toMatchObject({ transitions: 20, draws: 3, gamma: 0.99 });
    expect(await judged("regulator.safetensors")).toEqual(alone);
    expect((await judged("regulator.safetensors", "--seed", "1")).epic?.distance).not.toBe(alone.epic?.distance);

    const ofRun = await judged("irl", "--expert", inFolder("expert"), "--dataset", inFolder("demos.hdf5"));
    expect(sourcesOf(ofRun)).toEqual(["expert", "own", "random", "dataset", "all"]);
    expect(ofRun.sources.map(({ byTrajectories }) => byTrajectories.count)).toEqual([2, 2, 2, 3, 9]);
    expect(ofRun.epic?.transitions).toBe(60);
  });

  it("judges in another environment that the reward can go to, by the packaged expert there", async () => {
    const { learnedIn, environment, sources } = await judged("hopper.safetensors", "--env", "Hopper-v5");
    expect([learnedIn, environment]).toEqual(["Hopper-v4", "Hopper-v5"]);
    expect(sources.map(({ source }) => source)).toEqual(["expert", "random", "all"]);
    // the packaged expert hops; what is random falls
    expect(sources[0].bySteps.count).toBeGreaterThan(10 * sources[1].bySteps.count);
    await expect(judged("ant.safetensors", "--env", "DisabledAnt-v0")).rejects.toThrow("their actions differ");
  });

  it("takes a dataset alone, without an EPIC distance", async () => {
    const report = await judged("regulator.safetensors", "--rollouts", "none", "--dataset", inFolder("demos.hdf5"));
    expect(sourcesOf(report)).toEqual(["dataset"]);
    expect(report.epic).toBeNull();
  });

  it("prints a table for people and draws a picture", async () => {
    const text = await printed("reward", inFolder("irl"), ...quick, "--svg", inFolder("pictures/reward.svg"));
    expect(text).toMatch(/^irl: r\(s, a\) in Regulator-v0\n/);
    expect(text).toMatch(/\n +own +100 +-?\d\.\d{3} +-?\d\.\d{3} +2 +-?\d/);
    expect(text).toMatch(/\nEPIC distance \d\.\d{3} \(γ 0\.99, 40 transitions, 3 actions\)\n/);
    const picture = readFileSync(inFolder("pictures/reward.svg"), "utf8");
    expect(picture).toMatch(/^<svg[^]*irl: r\(s, a\) in Regulator-v0[^]*<\/svg>\n$/);
    // one dot for every step and every trajectory of both sources
    expect(picture.match(/h0/g)).toHaveLength(2 * 100 + 2 * 2 + 2);
    expect(picture).not.toContain("NaN");
  });

  it.each([
    [["regulator.safetensors", "--rollouts", "expert"], "--rollouts expert: no expert of Regulator-v0 is packaged: name one with --expert"],
    [["regulator.safetensors", "--rollouts", "own"], "has no policy for Regulator-v0"],
    [["regulator.safetensors", "--rollouts", "none"], "--rollouts none leaves nothing to judge by: give --dataset FILE"],
    [["hopper.safetensors", "--expert", inFolder("expert")], "expert: a policy for Regulator-v0, the reward is judged in Hopper-v4"],
    [["expert"], "the run has no reward.safetensors"],
    [["demos.hdf5"], "is not a safetensors file"],
  ])("refuses %j", async ([file, ...words], message) => {
    await expect(printed("reward", inFolder(file), ...words, "--svg", inFolder("refused.svg"))).rejects.toThrow(message);
    expect(existsSync(inFolder("refused.svg"))).toBe(false);
  });
});
