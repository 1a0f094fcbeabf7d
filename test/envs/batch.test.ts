import { describe, expect, it } from "vitest";
import { batchOf, listEnvironments, make, makeBatch } from "../../envs/index.ts";
import { describeBatch, mistake, trace, traceByHand } from "./batch-contract.ts";

describe("a batch in the calling thread", () => {
  describeBatch(
    makeBatch,
    0,
    listEnvironments().map(({ id }) => id),
  );
});

describe("a batch of environments made before", () => {
  const makeMembers = () => Promise.all([0, 1, 2].map(() => make("Hopper-v5")));

  it("starts them from its own seeds, whatever they did before", async () => {
    const environments = await makeMembers();
    environments[1].reset({ seed: 99 });
    environments[1].step([1, 1, 1]);
    const batch = batchOf(environments, 20);
    expect(trace(batch, 60)).toEqual(await traceByHand("Hopper-v5", { size: 3, seed: 20 }, 60));
    batch.close();
  });

  it("closes them with itself", async () => {
    const environments = await makeMembers();
    batchOf(environments).close();
    for (const environment of environments) expect(() => environment.qpos).toThrow("is closed");
  });

  it("has a member at least", () => {
    expect(() => batchOf([])).toThrow(mistake("the size of a batch must be an integer of at least 1, got 0"));
  });
});
