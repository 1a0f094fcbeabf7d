import { combine, select } from "../src/runs/snapshot.ts";
import type { AgentSampler } from "./agent-samples.ts";
import type { PolicySolver } from "./policy-solver.ts";
import type { RewardLearner, TrajectoryRows } from "./reward-learner.ts";
import type { Metrics, SavedWeights, Trainer } from "./trainer.ts";

/** Policy steps of one call of `advance`, at most. */
const UNIT = 1_000;

export interface IrlLoopOptions {
  readonly solver: PolicySolver;
  readonly learner: RewardLearner;
  /** Expert trajectories τᴱ. */
  readonly expert: TrajectoryRows;
  readonly sampler: AgentSampler;
  /** Solver steps per iteration. */
  readonly policySteps: number;
  /** Steps of the whole run: environment steps, those of samples included, or steps of a solver in a world model. */
  readonly totalSteps: number;
  /** The solver acts in a world model: its steps are not the environment's. */
  readonly offline?: boolean;
  /** The world model that it acts in. */
  readonly model?: SavedWeights;
  /** What to report of a unit of work, out of what solver and learner say of it. */
  readonly report?: (metrics: Metrics) => Metrics;
}

/**
 * The loop of the thesis's algorithms 2 and 3, and of adversarial imitation: policy step, sampling, reward step. The
 * algorithms differ in the learner, the worlds in the solver.
 */
export function irlLoop({ solver, learner, expert, sampler, policySteps, totalSteps, offline = false, model, report = (metrics) => metrics }: IrlLoopOptions): Trainer {
  let iteration = 0;
  const steps = (): number => solver.steps + sampler.steps;
  return {
    get environmentSteps() {
      return offline ? 0 : steps();
    },
    get steps() {
      // the last step of a world model may bring more than was asked for
      return Math.min(steps(), totalSteps);
    },
    totalSteps,
    get done() {
      return steps() >= totalSteps;
    },
    policy: solver.result,
    reward: learner.reward,
    ...(model && { model }),
    async advance() {
      const iterationEnd = (iteration + 1) * policySteps;
      const left = totalSteps - steps();
      let metrics: Metrics = await solver.improve(Math.min(UNIT, iterationEnd - solver.steps, left));
      if (solver.steps === iterationEnd) {
        iteration++;
        // a reward that no policy step follows would leave the run with a policy of another reward
        if (steps() + sampler.stepsPerSample < totalSteps) {
          metrics = { ...metrics, ...(await learner.update(expert, await sampler.sample())) };
        }
      }
      return { environmentSteps: offline ? 0 : steps(), iteration, ...report(metrics) };
    },
    snapshot: () =>
      combine({
        solver: solver.snapshot(),
        reward: learner.snapshot(),
        samples: sampler.snapshot(),
        loop: { arrays: {}, values: { iteration } },
      }),
    restore(snapshot) {
      solver.restore(select(snapshot, "solver"));
      learner.restore(select(snapshot, "reward"));
      sampler.restore(select(snapshot, "samples"));
      iteration = Number(select(snapshot, "loop").values.iteration);
    },
    close() {
      sampler.close();
      void solver.close();
      void learner.close();
    },
  };
}
