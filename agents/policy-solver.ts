import type { Checkpointable } from "../src/runs/snapshot.ts";
import type { NetworkPolicy } from "./network-policy.ts";
import type { Replay } from "./replay.ts";
import type { Metrics } from "./trainer.ts";

/** Improves a policy under a reward function in a world; both are given when the solver is made. */
export interface PolicySolver extends Checkpointable {
  /** What acts and is improved. */
  readonly policy: NetworkPolicy;
  /** What the run measures and saves: the policy, or its average over the latest updates. */
  readonly result: NetworkPolicy;
  /** Progress so far: steps in a live environment, of which each has an update; in a world model, updates. */
  readonly steps: number;
  /** The solver's own experience. */
  readonly replay: Replay;
  /** Goes on by so many steps, under the current reward. */
  improve(steps: number): Promise<Metrics>;
  close(): Promise<void>;
}
