import type { Checkpointable } from "../src/runs/snapshot.ts";
import type { LearnedReward } from "./reward-network.ts";
import type { Metrics } from "./trainer.ts";

/**
 * State-action pairs of several trajectories, with the weight of each in a sum over a trajectory's steps, averaged over
 * the trajectories: Σᵢ wᵢ·r(sᵢ,aᵢ) estimates E[ Σₜ γᵗ r(sₜ,aₜ) ].
 */
export interface TrajectoryRows {
  /** [N, O] and [N, A] */
  readonly observations: Float32Array;
  readonly actions: Float32Array;
  /** [N] */
  readonly weights: Float32Array;
  /** Weight of the steps in the absorbing state. */
  readonly absorbingWeight: number;
}

/** Updates a reward from expert and agent trajectories. */
export interface RewardLearner extends Checkpointable {
  readonly reward: LearnedReward;
  update(expert: TrajectoryRows, agent: TrajectoryRows): Promise<Metrics>;
  close(): Promise<void>;
}
