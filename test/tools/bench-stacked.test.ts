import { expect, it } from "vitest";
import { stackedWorkload } from "../../tools/bench/stacked.ts";
import { sacWorkload } from "../../tools/bench/workloads.ts";

const small = { hidden: [8], batch: 4, updatesPerRun: 2 };

it("seeds in one graph do what each does alone", async () => {
  const single = await sacWorkload(small);
  const together = await stackedWorkload({ ...small, seeds: 2 });
  // both seeds get the single one's networks and minibatches, the second with other rewards
  for (const part of ["phi", "theta", "target", "logAlpha"] as const) {
    const [alone] = single.state(part);
    together.setState(part, [Float32Array.from([...alone, ...alone])]);
  }
  together.batches.forEach((batch, i) => {
    for (const [name, values] of Object.entries(batch)) {
      const alone = single.batches[i][name as keyof typeof batch];
      values.set(alone);
      values.set(name === "reward" ? alone.map((value) => value + 3) : alone, alone.length);
    }
  });
  for (let run = 0; run < 5; run++) {
    await single.run();
    await together.run();
  }
  for (const part of ["phi", "theta", "target", "logAlpha"] as const) {
    const [alone] = single.state(part);
    const [both] = together.state(part);
    const first = both.subarray(0, alone.length);
    alone.forEach((value, i) => expect(first[i], `${part} ${i}`).toBeCloseTo(value, 5));
    // the other seed has gone elsewhere, so that seeds do not share what they learn
    if (part === "theta") expect(Math.max(...alone.map((value, i) => Math.abs(both[alone.length + i] - value)))).toBeGreaterThan(1e-3);
  }
  await Promise.all([single.dispose(), together.dispose()]);
});
