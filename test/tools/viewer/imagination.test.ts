import { describe, expect, it } from "vitest";
import { loadPolicy } from "../../../agents/index.ts";
import { ensemble, targetSize, type WorldModelArchitecture } from "../../../agents/world-model/ensemble.ts";
import { worldModel } from "../../../agents/world-model/model.ts";
import { make } from "../../../envs/index.ts";
import { createRandom } from "../../../src/random/index.ts";
import { imaginationTrack, partingDistance } from "../../../tools/viewer/imagination.ts";
import { penaltyJudge } from "../../../tools/viewer/judges.ts";
import { startSeed } from "../../../tools/viewer/policy-track.ts";
import { createSimulator } from "../../../tools/viewer/simulator.ts";

describe("what a world model imagines", () => {
  it("begins in the true state, and says at which frame it parts from physics", async () => {
    const policy = loadPolicy("datasets/policies/hopper-v5-expert.safetensors");
    const architecture: WorldModelArchitecture = {
      environment: "Hopper-v5",
      observationSize: 11,
      actionSize: 3,
      members: 2,
      hidden: [8],
      rewards: true,
    };
    const networks = ensemble(architecture);
    const random = createRandom(5);
    const outputs = targetSize(architecture);
    const model = worldModel({
      architecture,
      theta: networks.initialize(random).theta,
      bounds: networks.initialize(random).bounds,
      // changes are small, so that imagination and physics stay together for some frames
      standardization: {
        inputMean: new Float32Array(14),
        inputScale: new Float32Array(14).fill(1),
        targetMean: new Float32Array(outputs),
        targetScale: new Float32Array(outputs).fill(0.05),
      },
      elites: [1],
      holdoutErrors: [1, 1],
      holdout: { rows: 0, ranges: [] },
    });
    const simulator = await createSimulator("Hopper-v5");
    const judges = [await penaltyJudge(model, "max-aleatoric")];
    const track = imaginationTrack({
      id: "i",
      label: "imagined",
      simulator,
      model,
      penalty: "max-aleatoric",
      current: () => ({ policy, label: "now" }),
      judges,
      seed: 0,
      beside: "b",
    });
    expect(track.track()).toMatchObject({ imagined: true, beside: "b" });
    const { episode } = await track.make("start-0", { id: "e", track: "i", choice: "start-0", label: "" });
    const { channels, marks } = episode.info();
    const column = (id: string): number[] => {
      const index = channels.findIndex((channel) => channel.id === id);
      return Array.from({ length: episode.length }, (_, frame) => episode.row("channels", frame)[index]);
    };
    const distance = column("distance");
    // the model sees single precision
    expect(distance[0]).toBeLessThan(1e-6);
    const parted = distance.findIndex((value) => value > partingDistance);
    expect(parted).toBeGreaterThan(1);
    expect(marks[0]).toEqual({ frame: parted, label: "imagination and physics part" });
    expect(column("penalty").slice(0, -1).every((value) => value > 0)).toBe(true);
    // the same start as the policy's own track has
    const environment = await make("Hopper-v5");
    const { observation } = environment.reset({ seed: startSeed(0, 0) });
    expect([...episode.row("observation", 0)]).toEqual([...Float32Array.from(observation)]);
    environment.close();
    for (const judge of judges) judge.close?.();
    simulator.close();
  });
});
