import { describe, expect, it } from "vitest";
import { createMetricsLog } from "../../src/viewer/metrics-log.ts";

describe("a metrics log", () => {
  it("gives records back as rows, NaN where one has no such number", () => {
    const log = createMetricsLog("run");
    log.append({ steps: 1, loss: 0.5 });
    log.append({ steps: 2, loss: 0.25, evaluationReturn: 100 });
    expect(log.part(0, 10)).toEqual({
      run: "run",
      generation: log.generation,
      from: 0,
      names: ["steps", "loss", "evaluationReturn"],
      values: Float64Array.of(1, 0.5, NaN, 2, 0.25, 100),
    });
    expect(log.part(1, 1).values).toEqual(Float64Array.of(2, 0.25, 100));
  });

  it("stays below its limit however long a run is, and keeps rare measurements", () => {
    const log = createMetricsLog("run", 100);
    for (let i = 1; i <= 100_000; i++) log.append({ steps: i, ...(i % 5000 === 0 && { evaluationReturn: i }) });
    expect(log.length).toBeLessThan(100);
    const { names, values } = log.part(0, 100);
    const column = (name: string): number[] =>
      Array.from({ length: log.length }, (_, row) => values[row * names.length + names.indexOf(name)]);
    const steps = column("steps");
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    // the curve reaches almost to the end
    expect(steps.at(-1)).toBeGreaterThan(97_000);
    const returns = column("evaluationReturn").filter((value) => !Number.isNaN(value));
    expect(returns.length).toBeGreaterThanOrEqual(19);
    expect(returns).toEqual([...new Set(returns)].sort((a, b) => a - b));
  });

  it("tells by its generation when earlier records have changed", () => {
    const log = createMetricsLog("run", 4);
    log.append({ steps: 1 });
    const before = log.generation;
    log.append({ steps: 2 });
    expect(log.generation).toBe(before);
    log.append({ steps: 3 });
    log.append({ steps: 4 });
    expect(log.generation).toBeGreaterThan(before);
    const merged = log.generation;
    log.clear();
    expect(log.generation).toBeGreaterThan(merged);
    expect(log.length).toBe(0);
  });
});
