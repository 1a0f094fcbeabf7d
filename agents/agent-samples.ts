import type { Environment } from "../envs/index.ts";
import type { Random } from "../src/random/index.ts";
import { combine, select, type Checkpointable } from "../src/runs/snapshot.ts";
import type { PolicySolver } from "./policy-solver.ts";
import type { TrajectoryRows } from "./reward-learner.ts";
import { rollout } from "./rollout.ts";
import { experienceRows, trajectoryRows, type Weighting } from "./trajectory-rows.ts";

/** Where a reward learner's agent trajectories τᴬ come from. */
export interface AgentSampler extends Checkpointable {
  /** Environment steps that the samples have cost so far. */
  readonly steps: number;
  /** The most that one sample costs. */
  readonly stepsPerSample: number;
  sample(): Promise<TrajectoryRows>;
  close(): void;
}

/** The latest transitions of the solver itself: they cost nothing, but lag behind its policy. */
export function experienceSampler(solver: PolicySolver, transitions: number, weighting: Weighting): AgentSampler {
  return {
    steps: 0,
    stepsPerSample: 0,
    sample: () => Promise.resolve(experienceRows(solver.replay.recent(transitions), weighting)),
    snapshot: () => ({ arrays: {}, values: { steps: 0 } }),
    restore: () => undefined,
    close: () => undefined,
  };
}

/** Fresh trajectories of the solver's current stochastic policy in an environment of their own. */
export function rolloutSampler(
  solver: PolicySolver,
  environment: Environment,
  trajectories: number,
  weighting: Weighting,
  random: Random,
): AgentSampler {
  let steps = 0;
  environment.reset({ seed: random.integer(2 ** 31) });
  return {
    get steps() {
      return steps;
    },
    stepsPerSample: trajectories * weighting.horizon,
    async sample() {
      const episodes = [];
      for (let i = 0; i < trajectories; i++) {
        const episode = await rollout(environment, solver.policy, {
          mode: "sample",
          random,
          afterTermination: weighting.afterTermination === "continue" ? "continue" : "stop",
        });
        steps += episode.length;
        episodes.push(episode);
      }
      return trajectoryRows(episodes, weighting);
    },
    snapshot: () =>
      combine({
        environment: environment.save(),
        sampler: { arrays: {}, values: { steps, random: random.state() } },
      }),
    restore(snapshot) {
      environment.restore(select(snapshot, "environment"));
      const { values } = select(snapshot, "sampler");
      steps = Number(values.steps);
      random.restore(values.random as number[]);
    },
    close() {
      environment.close();
    },
  };
}
