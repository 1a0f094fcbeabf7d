import { describe, expect, it } from "vitest";
import { createReplay, savedTransitions, type Minibatch, type Replay } from "../../agents/replay.ts";
import { createRandom } from "../../src/random/index.ts";
import type { Snapshot } from "../../src/runs/snapshot.ts";

/** Transition k carries its number in every column, so that a mixed-up row shows. */
function push(replay: Replay, k: number, { terminated = false, time = k } = {}): void {
  replay.push({
    observation: [k, -k],
    action: [k + 0.25],
    reward: 10 * k,
    nextObservation: [k + 1, -k - 1],
    terminated,
    time,
  });
}

const minibatch = (rows: number): Minibatch => ({
  observation: new Float32Array(2 * rows),
  action: new Float32Array(rows),
  reward: new Float32Array(rows),
  nextObservation: new Float32Array(2 * rows),
  terminated: new Float32Array(rows),
});

function filled(capacity: number, count: number): Replay {
  const replay = createReplay(capacity, 2, 1);
  for (let k = 0; k < count; k++) push(replay, k, { terminated: k % 7 === 3 });
  return replay;
}

function drawn(replay: Replay, count: number, seed = 1): number[] {
  const batch = minibatch(count);
  replay.sample(createRandom(seed), batch);
  return Array.from(batch.reward, (reward) => reward / 10);
}

/** Σ (observed − expected)²/expected over equally likely cells. */
function chiSquare(draws: readonly number[], cells: readonly number[]): number {
  const expected = draws.length / cells.length;
  return cells.reduce((sum, cell) => {
    const observed = draws.filter((value) => value === cell).length;
    return sum + (observed - expected) ** 2 / expected;
  }, 0);
}

describe("replay", () => {
  it("keeps the columns of a transition together", () => {
    const batch = minibatch(300);
    filled(20, 33).sample(createRandom(4), batch);
    for (let i = 0; i < 300; i++) {
      const k = batch.reward[i] / 10;
      expect([...batch.observation.subarray(2 * i, 2 * i + 2)]).toEqual([k, -k]);
      expect(batch.action[i]).toBe(k + 0.25);
      expect([...batch.nextObservation.subarray(2 * i, 2 * i + 2)]).toEqual([k + 1, -k - 1]);
      expect(batch.terminated[i]).toBe(k % 7 === 3 ? 1 : 0);
    }
  });

  it("forgets the oldest beyond its capacity", () => {
    const replay = filled(5, 8);
    expect(replay.size).toBe(5);
    expect([...new Set(drawn(replay, 400))].sort()).toEqual([3, 4, 5, 6, 7]);
  });

  it.each([
    { capacity: 100, count: 30 },
    { capacity: 30, count: 77 },
  ])("draws uniformly from $count of $capacity", ({ capacity, count }) => {
    const kept = Math.min(capacity, count);
    const cells = Array.from({ length: kept }, (_, i) => count - kept + i);
    // 29 degrees of freedom: 58.3 is exceeded once in a thousand times, 10.2 undercut as rarely
    const statistic = chiSquare(drawn(filled(capacity, count), 30_000, 11), cells);
    expect(statistic).toBeLessThan(58.3);
    expect(statistic).toBeGreaterThan(10.2);
  });

  it("gives the latest in order, across the seam of the ring", () => {
    const replay = createReplay(6, 2, 1);
    // episodes of lengths 4 (terminated), 3 (cut), and 2 so far
    const times = [0, 1, 2, 3, 0, 1, 2, 0, 1];
    times.forEach((time, k) => {
      push(replay, k, { time, terminated: k === 3 });
    });
    const { observations, actions, times: kept, endings } = replay.recent(100);
    expect([...observations]).toEqual([3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8]);
    expect([...actions]).toEqual([3.25, 4.25, 5.25, 6.25, 7.25, 8.25]);
    expect([...kept]).toEqual([3, 0, 1, 2, 0, 1]);
    expect(endings).toEqual([{ row: 0, length: 4 }]);
    const latest = replay.recent(2);
    expect([...latest.actions]).toEqual([7.25, 8.25]);
    expect(latest.endings).toEqual([]);
    // the arrays are the caller's
    latest.actions.fill(0);
    expect([...replay.recent(1).actions]).toEqual([8.25]);
  });

  it("grows to its capacity without losing a row", () => {
    const count = 40_000;
    const replay = filled(50_000, count);
    expect(replay.recent(count).actions).toEqual(Float32Array.from({ length: count }, (_, k) => k + 0.25));
  });

  it.each([
    { capacity: 50_000, count: 20_000 },
    { capacity: 30, count: 77 },
  ])("continues from a snapshot with $count of $capacity", ({ capacity, count }) => {
    const original = filled(capacity, count);
    const { arrays, values } = original.snapshot();
    const copy: Snapshot = {
      arrays: Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, array.slice()])),
      values: JSON.parse(JSON.stringify(values)) as Snapshot["values"],
    };
    const restored = createReplay(capacity, 2, 1);
    restored.restore(copy);
    for (const replay of [original, restored]) for (let k = count; k < count + 13; k++) push(replay, k);
    expect(restored.size).toBe(Math.min(capacity, count + 13));
    expect(restored.recent(capacity)).toEqual(original.recent(capacity));
    expect(drawn(restored, 500)).toEqual(drawn(original, 500));
  });
});

describe("saved transitions", () => {
  const sizes = { observationSize: 2, actionSize: 1 };

  it("are the first that were pushed", () => {
    const saved = savedTransitions(filled(20, 12).snapshot(), sizes, 12, 11);
    expect(saved.size).toBe(11);
    expect([...saved.observations]).toEqual(Array.from({ length: 11 }, (_, k) => [k, -k]).flat());
    expect([...saved.actions]).toEqual(Array.from({ length: 11 }, (_, k) => k + 0.25));
    expect([...saved.rewards]).toEqual(Array.from({ length: 11 }, (_, k) => 10 * k));
    expect([...saved.nextObservations]).toEqual(Array.from({ length: 11 }, (_, k) => [k + 1, -k - 1]).flat());
    expect([...saved.terminals]).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
    expect([...saved.times]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(savedTransitions(filled(20, 20).snapshot(), sizes, 20, 20).rewards.at(-1)).toBe(190);
  });

  it("cannot be had once some were dropped, or where there are fewer", () => {
    for (const pushed of [21, 40]) {
      expect(() => savedTransitions(filled(20, pushed).snapshot(), sizes, pushed, 5)).toThrow(
        `the replay holds the last 20 of ${pushed} transitions`,
      );
    }
    expect(() => savedTransitions(filled(20, 4).snapshot(), sizes, 4, 5)).toThrow(
      "holds 4 transitions, fewer than 5",
    );
    expect(() => savedTransitions(filled(20, 4).snapshot(), { ...sizes, actionSize: 2 }, 4, 4)).toThrow(
      "4 rows of 9 were expected",
    );
  });
});
