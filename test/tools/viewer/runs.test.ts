import { appendFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gaussianOf, networkPolicy } from "../../../agents/network-policy.ts";
import { learnedReward, rewardNetwork } from "../../../agents/reward-network.ts";
import { createRandom } from "../../../src/random/index.ts";
import { acquireLock } from "../../../src/runs/lock.ts";
import { createMetricsLog } from "../../../src/viewer/metrics-log.ts";
import { exportWeights } from "../../../tools/exports.ts";
import { keepHistory, readHistory, trimHistory } from "../../../tools/run-history.ts";
import { tailMetrics } from "../../../tools/viewer/metrics-tail.ts";
import { openSources } from "../../../tools/viewer/sources.ts";
import { temporaryFolder } from "../command-line.ts";

const folder = temporaryFolder();

const architecture = {
  environment: "Hopper-v5",
  observationSize: 11,
  actionSize: 3,
  hidden: [8],
  activation: "relu",
  actionLow: [-1, -1, -1],
  actionHigh: [1, 1, 1],
} as const;

function policyOf(seed: number) {
  const parameters = gaussianOf(architecture).network.initialize(createRandom(seed));
  return networkPolicy(architecture, () => parameters);
}

function rewardOf(seed: number) {
  const network = rewardNetwork({
    environment: "Hopper-v5",
    input: "state-action",
    observationSize: 11,
    actionSize: 3,
    hidden: [8],
    activation: "relu",
    bound: { kind: "clamp", value: 10 },
    absorbing: false,
  });
  const theta = network.initialize(createRandom(seed));
  return learnedReward(network, () => theta);
}

describe("a run's history", () => {
  const run = join(folder, "history-run");
  mkdirSync(run);

  it("is empty of a run that kept none", () => {
    expect(readHistory(run)).toEqual([]);
  });

  it("keeps policies and rewards by step, as many as a slider needs", () => {
    for (let i = 0; i <= 100; i++) keepHistory(run, { policy: policyOf(i), reward: rewardOf(i), steps: 1000 * i });
    const kept = readHistory(run);
    expect(kept.length).toBeLessThanOrEqual(32);
    expect(kept[0].step).toBe(0);
    expect(kept.at(-1)?.step).toBe(100_000);
    expect(kept.every(({ reward }) => reward !== undefined && existsSync(reward))).toBe(true);
    expect(readdirSync(join(run, "history"))).toHaveLength(2 * kept.length);
  });

  it("forgets what came after the step that a run is set back to", () => {
    trimHistory(run, 50_000);
    expect(readHistory(run).at(-1)?.step).toBeLessThanOrEqual(50_000);
    expect(readHistory(run).length).toBeGreaterThan(3);
  });
});

describe("metrics that another process writes", () => {
  const path = join(folder, "metrics.jsonl");

  it("are read as they come, whole lines only", () => {
    const log = createMetricsLog("run");
    const look = tailMetrics(path, log);
    expect(look()).toBe(false);
    writeFileSync(path, '{"environmentSteps":1}\n{"environmentSteps":2,');
    expect(look()).toBe(true);
    expect(log.length).toBe(1);
    expect(look()).toBe(false);
    appendFileSync(path, '"loss":0.5}\nnot a record\n{"environmentSteps":3}\n');
    expect(look()).toBe(true);
    expect(log.part(0, 9).values).toEqual(Float64Array.of(1, NaN, 2, 0.5, 3, NaN));
  });

  it("are read anew when the run was set back", () => {
    const log = createMetricsLog("run");
    const look = tailMetrics(path, log);
    look();
    const { generation } = log;
    writeFileSync(`${path}.new`, '{"environmentSteps":7}\n');
    renameSync(`${path}.new`, path);
    expect(look()).toBe(true);
    expect(log.generation).toBeGreaterThan(generation);
    expect(log.length).toBe(1);
    rmSync(path);
    expect(look()).toBe(false);
  });
});

describe("a run that is watched", () => {
  it("is followed from its directory, from nothing to its end", async () => {
    const run = join(folder, "watched");
    mkdirSync(run);
    const manifest = { formatVersion: 1, agent: "sac", environment: "Hopper-v5", seed: 0, config: {}, versions: {}, command: "motive train" };
    writeFileSync(join(run, "config.json"), JSON.stringify(manifest));
    const release = acquireLock(run);
    const { sources } = await openSources([run], { seed: 0, mode: "mean", live: true });
    const [source] = sources;
    const [track] = source.tracks;
    expect(source.refresh?.()).toEqual({ scene: false, metrics: false });
    expect(source.run?.info().state).toBe("waiting");
    expect(track.track()).toMatchObject({ choices: [] });
    expect(track.track().first).toBeUndefined();

    writeFileSync(join(run, "metrics.jsonl"), '{"environmentSteps":1000,"loss":1}\n');
    exportWeights(policyOf(1), join(run, "policy.safetensors"));
    expect(source.refresh?.()).toEqual({ scene: true, metrics: true });
    expect(track.track().first).toBe("live");
    expect(source.run?.info().state).toBe("training");
    const name = { id: "e", track: "t", choice: "start-0", label: "" };
    const first = await track.make("start-0", name);
    expect(first.episode.info().label).toBe("watched, step 1,000");

    // a newer policy: the same start, another rollout
    appendFileSync(join(run, "metrics.jsonl"), '{"environmentSteps":2000,"loss":0.5}\n');
    keepHistory(run, { policy: policyOf(2), reward: rewardOf(2), steps: 2000 });
    expect(source.refresh?.()).toEqual({ scene: true, metrics: true });
    const second = await track.make("start-0", name);
    expect(second.episode.info().label).toBe("watched, step 2,000");
    expect(second.episode.info().channels.map(({ role }) => role)).toContain("learned");
    expect([...second.episode.row("qpos", 0)]).toEqual([...first.episode.row("qpos", 0)]);
    expect([...second.episode.row("qpos", 5)]).not.toEqual([...first.episode.row("qpos", 5)]);

    // in hindsight: the checkpoint of then gives the rollout of then
    const then = await track.make("checkpoint-2000", name);
    expect([...then.episode.row("qpos", 5)]).toEqual([...second.episode.row("qpos", 5)]);
    // the process went away before its end
    release();
    expect(source.refresh?.().scene).toBe(true);
    expect(source.run?.info().state).toBe("stopped");
    writeFileSync(join(run, "result.json"), "{}");
    expect(source.refresh?.().scene).toBe(true);
    expect(source.run?.info().state).toBe("finished");
    source.close();
  });
});
