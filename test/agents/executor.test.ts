import { describe, expect, it } from "vitest";
import { sac } from "../../agents/sac/index.ts";
import { environmentSpec, make } from "../../envs/index.ts";

const spec = environmentSpec("Regulator-v0");

async function trained(executor: string): Promise<Float32Array> {
  const config = sac.config.parse({ steps: 140, randomSteps: 100, hidden: [8], batchSize: 16, executor });
  const trainer = await sac.create({ environment: spec, makeEnvironment: () => make(spec.id), seed: 3 }, config);
  while (!trainer.done) await trainer.advance();
  const weights = Float32Array.from(Object.values(trainer.policy!.weights()).flatMap(({ values }) => [...values]));
  trainer.close();
  return weights;
}

describe("the executor of a configuration", () => {
  it("trains the same policy on TensorFlow.js as on ONNX, but for rounding", async () => {
    const onnx = await trained("onnx");
    const tfjs = await trained("@tensorflow/tfjs-backend-cpu");
    expect(tfjs).not.toEqual(onnx);
    tfjs.forEach((weight, i) => {
      expect(Math.abs(weight - onnx[i])).toBeLessThan(1e-4);
    });
  });

  it("is refused in one line where its package is missing", async () => {
    await expect(trained("@tensorflow/tfjs-node-gpu")).rejects.toThrow("is not installed");
  });
});
