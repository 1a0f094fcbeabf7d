import { describe, expect, it } from "vitest";
import { canonicalReward, epicDistance, type Coverage, type RewardOf } from "../../../agents/reward-quality/epic.ts";
import { createRandom } from "../../../src/random/index.ts";

type Tabular = RewardOf<number, number>;

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** All transitions of so many states and actions, all of them as likely. */
function everything(states: number, actions: number, gamma: number): Coverage<number, number> {
  const draws = range(actions).flatMap((action) => range(states).map((next) => ({ action, next })));
  return { transitions: range(states).flatMap((state) => draws.map(({ action, next }) => ({ state, action, next }))), draws, gamma };
}

const [S, A, gamma] = [4, 3, 0.9];
const all = everything(S, A, gamma);

function randomReward(seed: number): Tabular {
  const random = createRandom(seed);
  const table = range(S).map(() => range(A).map(() => range(S).map(() => random.normal())));
  return (s, a, next) => table[s][a][next];
}

const R = randomReward(1);

describe("the canonical reward", () => {
  it("is what is worked out by hand", () => {
    // R(0,·,0) = 1, R(0,·,1) = 2, R(1,·,0) = 4, R(1,·,1) = 8: E R(0,A,S′) = 1.5, E R(1,A,S′) = 6, E R(S,A,S′) = 3.75
    const two: Tabular = (s, _a, next) => [[1, 2], [4, 8]][s][next];
    const canonical = canonicalReward(two, everything(2, 1, 0.5));
    // 1 + 0.75 − 1.5 − 1.875, 2 + 3 − 1.5 − 1.875, 4 + 0.75 − 6 − 1.875, 8 + 3 − 6 − 1.875
    expect([...canonical]).toEqual([-1.625, 1.625, -3.125, 3.125]);
    // that of s′ is s′ − 1/2: ρ = 4.75/√24.8125
    const distance = epicDistance(two, (_s, _a, next) => next, everything(2, 1, 0.5));
    expect(distance).toBeCloseTo(Math.sqrt((1 - 4.75 / Math.sqrt(24.8125)) / 2), 12);
  });

  it("is the definition's, with every expectation enumerated", () => {
    const canonical = canonicalReward(R, all);
    let row = 0;
    for (let s = 0; s < S; s++) {
      for (let a = 0; a < A; a++) {
        for (let next = 0; next < S; next++) {
          let expectation = 0;
          for (let S1 = 0; S1 < S; S1++) {
            for (let A1 = 0; A1 < A; A1++) {
              for (let S2 = 0; S2 < S; S2++) expectation += (gamma * R(next, A1, S2) - R(s, A1, S2) - gamma * R(S1, A1, S2)) / (S * A * S);
            }
          }
          expect(canonical[row++]).toBeCloseTo(R(s, a, next) + expectation, 12);
        }
      }
    }
    expect(row).toBe(canonical.length);
  });

  it("of a reward of states is that of the next state alone", () => {
    const worth = [3, -1, 4, 1.5];
    const canonical = canonicalReward<number, number>((s) => worth[s], all);
    all.transitions.forEach(({ next }, i) => expect(canonical[i]).toBeCloseTo(gamma * (worth[next] - 7.5 / 4), 12));
  });
});

describe("the EPIC distance", () => {
  const potential = [5, -2, 0.3, 11];
  const shaped: Tabular = (s, a, next) => 0.2 * R(s, a, next) + 40 + gamma * potential[next] - potential[s];

  it("is 0 for a reward that is shaped by a potential, scaled and shifted", () => {
    expect(epicDistance(R, shaped, all)).toBeLessThan(1e-7);
    // the shaping is far from nothing
    expect(epicDistance(R, (s, a, next) => 0.2 * R(s, a, next) + 40 + potential[next] - gamma * potential[s], all)).toBeGreaterThan(0.05);
  });

  it("is 0 there on any sample, too, not only where all is enumerated", () => {
    const random = createRandom(5);
    const sample = {
      gamma,
      transitions: range(20).map(() => all.transitions[random.integer(all.transitions.length)]),
      draws: range(3).map(() => all.draws[random.integer(all.draws.length)]),
    };
    expect(epicDistance(R, shaped, sample)).toBeLessThan(1e-7);
  });

  it("is 1 for the opposite, between them for others, and the same both ways", () => {
    expect(epicDistance(R, (s, a, next) => 2 - 3 * R(s, a, next), all)).toBeCloseTo(1, 12);
    const [there, back] = [epicDistance(R, randomReward(2), all), epicDistance(randomReward(2), R, all)];
    expect(there).toBe(back);
    expect(there).toBeGreaterThan(0.4);
    expect(there).toBeLessThan(0.9);
  });

  it("does not exist for a reward that says nothing, as one that is shaping alone", () => {
    expect(epicDistance(R, (s, _a, next) => gamma * potential[next] - potential[s] + 3, all)).toBeNaN();
    expect(epicDistance(R, () => 1, all)).toBeNaN();
  });
});
