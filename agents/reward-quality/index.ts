import type { TransitionSet } from "../../datasets/transition-set.ts";
import type { Environment } from "../../envs/index.ts";
import type { Random } from "../../src/random/index.ts";
import { pearson, spearman } from "../../src/statistics/correlation.ts";
import type { Policy } from "../policy.ts";
import type { LearnedReward } from "../reward-network.ts";
import { rewardValue } from "../reward-value.ts";
import { canonicalReward, pearsonDistance, type RewardOf } from "./epic.ts";
import { judgedSteps, judgeRollouts, type JudgedSteps, type SeenState, type SeenTransition } from "./rollouts.ts";

/** Correlation of the learned reward with the environment's own; null where one of them has no spread. */
export interface Correlation {
  readonly count: number;
  readonly pearson: number | null;
  readonly spearman: number | null;
}

export interface RewardQuality {
  /** By source and, last, of all steps together. */
  readonly sources: readonly {
    readonly source: string;
    readonly meanLearned: number;
    readonly meanTrue: number;
    readonly bySteps: Correlation;
    /** Of sums over trajectories. */
    readonly byTrajectories: Correlation;
  }[];
  /** Of rollouts; null where there were none. */
  readonly epic: {
    readonly distance: number | null;
    readonly gamma: number;
    /** Transitions of the coverage distribution, and actions of the expectations. */
    readonly transitions: number;
    readonly draws: number;
  } | null;
}

export interface RewardQualityOptions {
  readonly reward: LearnedReward;
  /** Where the reward is judged: its observations and, for r(s, a), its actions mean what the reward's do. */
  readonly environment: Environment;
  readonly policies: readonly { readonly source: string; readonly policy: Policy }[];
  readonly episodes: number;
  /** Recorded steps to judge as well. */
  readonly dataset?: TransitionSet;
  /** γ of EPIC. */
  readonly gamma: number;
  /** Transitions of EPIC's coverage distribution per policy. */
  readonly transitions: number;
  /** Actions of its expectations. */
  readonly draws: number;
  readonly random: Random;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const correlation = (learned: ArrayLike<number>, rewarded: ArrayLike<number>): Correlation => ({
  count: learned.length,
  pearson: finite(pearson(learned, rewarded)),
  spearman: finite(spearman(learned, rewarded)),
});

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function together(parts: readonly JudgedSteps[]): JudgedSteps {
  return {
    source: "all",
    learned: Float64Array.from(parts.flatMap(({ learned }) => [...learned])),
    rewarded: Float64Array.from(parts.flatMap(({ rewarded }) => [...rewarded])),
    trajectories: parts.flatMap(({ trajectories }) => trajectories),
  };
}

function quality({ source, learned, rewarded, trajectories }: JudgedSteps): RewardQuality["sources"][number] {
  return {
    source,
    meanLearned: mean(learned),
    meanTrue: mean(rewarded),
    bySteps: correlation(learned, rewarded),
    byTrajectories: correlation(
      trajectories.map((one) => one.learned),
      trajectories.map((one) => one.rewarded),
    ),
  };
}

/** The steps of recorded episodes, with the rewards that were recorded. */
function judgeDataset(set: TransitionSet, value: (observation: ArrayLike<number>, action: ArrayLike<number>) => number): JudgedSteps {
  const { observationSize: O, actionSize: A } = set;
  const steps = judgedSteps("dataset");
  for (const { start, end } of set.episodes) {
    steps.begin();
    for (let row = start; row < end; row++) {
      steps.step(value(set.observations.subarray(row * O, (row + 1) * O), set.actions.subarray(row * A, (row + 1) * A)), set.rewards[row]);
    }
  }
  return steps.take();
}

/**
 * What the environment pays for an action in a state, R(s, a, T(s, a)), as a reward that EPIC can compare: a function of state
 * and action, as the learned one is. It is asked by putting the environment into the state and taking the step.
 */
export const payment =
  (environment: Environment): RewardOf<SeenState, Float64Array> =>
  ({ state }, action) => {
    environment.restore(state);
    return environment.step(action).reward;
  };

/**
 * How like the environment's own a learned reward is: correlations on steps that it has not learned from, and the EPIC
 * distance (docs/transfer.md).
 */
export function judgeReward(options: RewardQualityOptions): { report: RewardQuality; steps: readonly JudgedSteps[] } {
  const { reward, environment, policies, episodes, dataset, gamma, transitions: perPolicy, draws: count, random } = options;
  const value = rewardValue(reward);
  const judged: JudgedSteps[] = [];
  const coverage: SeenTransition[] = [];
  for (const { source, policy } of policies) {
    const { steps, transitions } = judgeRollouts({ environment, policy, source, episodes, kept: perPolicy, random: random.split(source), value });
    judged.push(steps);
    coverage.push(...transitions);
  }
  if (dataset !== undefined) judged.push(judgeDataset(dataset, value));
  const sources = [...judged, ...(judged.length > 1 ? [together(judged)] : [])].map(quality);
  if (coverage.length === 0) return { report: { sources, epic: null }, steps: judged };

  // D_A and D_S are the marginals of the coverage, as in the paper's experiments
  const drawing = random.split("draws");
  const draw = () => coverage[drawing.integer(coverage.length)];
  const shaped = { transitions: coverage, draws: Array.from({ length: count }, () => ({ action: draw().action, next: draw().state })), gamma };
  const learned = canonicalReward<SeenState, Float64Array>(({ observation }, action) => value(observation, action), shaped);
  const distance = finite(pearsonDistance(learned, canonicalReward(payment(environment), shaped)));
  return { report: { sources, epic: { distance, gamma, transitions: coverage.length, draws: count } }, steps: judged };
}
