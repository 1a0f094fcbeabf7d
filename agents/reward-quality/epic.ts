import { pearson } from "../../src/statistics/correlation.ts";

/** R(s, a, s′) in plain numbers. */
export type RewardOf<State, Action> = (state: State, action: Action, next: State) => number;

/**
 * What rewards are compared on. All distributions are the uniform ones over these lists, so that what follows is exact and
 * not an estimate: sampling decides only which lists these are.
 */
export interface Coverage<State, Action> {
  /** The coverage distribution 𝒟. */
  readonly transitions: readonly { readonly state: State; readonly action: Action; readonly next: State }[];
  /** (A, S′), from D_A and D_S, for the expectations of the canonical form. */
  readonly draws: readonly { readonly action: Action; readonly next: State }[];
  /** γ */
  readonly gamma: number;
}

/** Differences smaller than this, relative to the rewards themselves, are rounding. */
const ROUNDING = 1e-10;

/**
 * The canonically shaped reward C(R)(s, a, s′) = R(s, a, s′) + E[ γ·R(s′, A, S′) − R(s, A, S′) − γ·R(S, A, S′) ] on every
 * transition of the coverage (Gleave et al. 2021, section 4), [transitions]. S is drawn from the transitions' states. Where
 * all values are the same up to rounding, as of a reward that is shaping alone, they are 0.
 */
export function canonicalReward<State, Action>(reward: RewardOf<State, Action>, { transitions, draws, gamma }: Coverage<State, Action>): Float64Array {
  // consecutive transitions share their states
  const known = new Map<State, number>();
  const mean = (state: State): number => {
    const before = known.get(state);
    if (before !== undefined) return before;
    const value = draws.reduce((sum, { action, next }) => sum + reward(state, action, next), 0) / draws.length;
    known.set(state, value);
    return value;
  };
  const overall = transitions.reduce((sum, { state }) => sum + mean(state), 0) / transitions.length;
  let largest = 0;
  const canonical = Float64Array.from(transitions, ({ state, action, next }) => {
    const terms = [reward(state, action, next), gamma * mean(next), -mean(state), -gamma * overall];
    largest = Math.max(largest, ...terms.map(Math.abs));
    return terms.reduce((sum, term) => sum + term);
  });
  return canonical.every((value) => Math.abs(value - canonical[0]) <= ROUNDING * largest) ? canonical.fill(0) : canonical;
}

/** √((1 − ρ)/2) for Pearson's ρ: 0 for values that are the same up to scale and shift, 1 for opposite ones. */
export const pearsonDistance = (x: ArrayLike<number>, y: ArrayLike<number>): number => Math.sqrt((1 - pearson(x, y)) / 2);

/**
 * The EPIC distance of two rewards (Gleave et al. 2021, section 4), in [0, 1]; NaN where one of them is constant after
 * canonicalisation. Shaping by a potential γΦ(s′) − Φ(s), scale and shift of either change nothing.
 */
export function epicDistance<State, Action>(a: RewardOf<State, Action>, b: RewardOf<State, Action>, coverage: Coverage<State, Action>): number {
  return pearsonDistance(canonicalReward(a, coverage), canonicalReward(b, coverage));
}
