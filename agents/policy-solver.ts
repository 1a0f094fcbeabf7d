import type { Checkpointable } from "../src/runs/snapshot.ts";
import type { NetworkPolicy } from "./network-policy.ts";
import type { Replay } from "./replay.ts";
import type { Metrics } from "./trainer.ts";

/** Improves a policy under a reward function in a world; both are given when the solver is made. */
export interface PolicySolver extends Checkpointable {
  readonly policy: NetworkPolicy;
  /** Steps that the solver has taken in its world. */
  readonly steps: number;
  /** The solver's own experience. */
  readonly replay: Replay;
  /** Takes so many steps in the world, and the updates that belong to them, under the current reward. */
  improve(steps: number): Promise<Metrics>;
  close(): Promise<void>;
}
