import { describe, expect, it } from "vitest";
import { chachaBlock } from "../../src/random/chacha.ts";
import { createRandom, type Random } from "../../src/random/index.ts";
import { nextWord } from "../../src/random/xoshiro.ts";

const uniforms = (random: Random, count: number): Float64Array =>
  Float64Array.from({ length: count }, () => random.uniform());

const normals = (random: Random, count: number): Float64Array =>
  Float64Array.from({ length: count }, () => random.normal());

/** Pearson's statistic over equally likely cells, standardised: its mean is 0 and its deviation about 1. */
function uniformityScore(counts: ArrayLike<number>): number {
  const cells = counts.length;
  let total = 0;
  for (let i = 0; i < cells; i++) total += counts[i];
  let statistic = 0;
  for (let i = 0; i < cells; i++) statistic += (counts[i] - total / cells) ** 2 / (total / cells);
  return (statistic - (cells - 1)) / Math.sqrt(2 * (cells - 1));
}

/** Largest distance of the empirical distribution from `cumulative`, times sqrt(n); above 1.95 once in 1000. */
function kolmogorovSmirnov(sample: Float64Array, cumulative: (x: number) => number): number {
  const sorted = sample.slice().sort();
  const n = sorted.length;
  let distance = 0;
  for (let i = 0; i < n; i++) {
    const p = cumulative(sorted[i]);
    distance = Math.max(distance, Math.abs(p - i / n), Math.abs((i + 1) / n - p));
  }
  return distance * Math.sqrt(n);
}

/** Standard normal distribution function by the series x + x³/3 + x⁵/15 + …, exact to 1e-15 for |x| < 6. */
function normalCumulative(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-18 && k < 400; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (x: Float64Array): number => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i] - meanA) * (b[i] - meanB);
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

describe("published reference values", () => {
  it("xoshiro128++ from the state 1, 2, 3, 4 gives the numbers of the authors' C program", () => {
    const state = Int32Array.of(1, 2, 3, 4);
    const words = Array.from({ length: 10 }, () => nextWord(state) >>> 0);
    expect(words).toEqual([
      641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011,
      621204420,
    ]);
  });

  it("the ChaCha block is that of RFC 8439, section 2.3.2", () => {
    const key = new Int32Array(Uint8Array.from({ length: 32 }, (_, i) => i).buffer);
    const block = chachaBlock(key, [1, 0x09000000, 0x4a000000, 0]);
    expect(Array.from(block, (word) => (word >>> 0).toString(16).padStart(8, "0"))).toEqual([
      "e4e7f110",
      "15593bd1",
      "1fdd0f50",
      "c47120a3",
      "c7f4d1c7",
      "0368c033",
      "9aaa2204",
      "4e6cd4c3",
      "466482d2",
      "09aa9f07",
      "05d7c214",
      "a2028bd9",
      "d19c12b5",
      "b94e16de",
      "e883d0cb",
      "4e3c50a2",
    ]);
  });
});

describe("distributions", () => {
  it("uniform() fills [0, 1) evenly, in its leading and in its trailing bits", () => {
    const random = createRandom(1);
    const leading = new Int32Array(1000);
    const trailing = new Int32Array(256);
    let outside = 0;
    for (let i = 0; i < 400_000; i++) {
      const x = random.uniform();
      if (!(x >= 0 && x < 1)) outside++;
      leading[Math.floor(x * 1000)]++;
      trailing[(x * 2 ** 53) % 256]++;
    }
    expect(outside).toBe(0);
    expect(Math.abs(uniformityScore(leading))).toBeLessThan(3.5);
    expect(Math.abs(uniformityScore(trailing))).toBeLessThan(3.5);
  });

  it("successive pairs fill the unit square evenly", () => {
    const random = createRandom(2);
    const cells = new Int32Array(64 * 64);
    for (let i = 0; i < 400_000; i++) {
      cells[64 * Math.floor(64 * random.uniform()) + Math.floor(64 * random.uniform())]++;
    }
    expect(Math.abs(uniformityScore(cells))).toBeLessThan(3.5);
  });

  it("normal() has the moments of a standard normal", () => {
    const n = 1_000_000;
    const sample = new Float64Array(n);
    createRandom(3).fillNormal(sample);
    const moment = (power: number): number => sample.reduce((sum, x) => sum + x ** power, 0) / n;
    // Bounds are 4 standard errors of each moment's mean.
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    expect(Math.abs(moment(6) - 15)).toBeLessThan(4 * Math.sqrt(10170 / n));
  });

  it("normal() passes Kolmogorov and Smirnov's test, whole and in each half", () => {
    const sample = normals(createRandom(4), 200_000);
    expect(kolmogorovSmirnov(sample, normalCumulative)).toBeLessThan(1.95);
    const halfNormal = (x: number): number => 2 * normalCumulative(x) - 1;
    expect(
      kolmogorovSmirnov(
        sample.filter((x) => x > 0),
        halfNormal,
      ),
    ).toBeLessThan(1.95);
    expect(
      kolmogorovSmirnov(
        sample.filter((x) => x < 0).map((x) => -x),
        halfNormal,
      ),
    ).toBeLessThan(1.95);
  });

  it("normal() fills the cells between and around the ziggurat's edges evenly", () => {
    const random = createRandom(5);
    const cells = new Int32Array(2000);
    for (let i = 0; i < 400_000; i++)
      cells[Math.min(1999, Math.floor(2000 * normalCumulative(random.normal())))]++;
    expect(Math.abs(uniformityScore(cells))).toBeLessThan(3.5);
  });

  it("normal() has the right tails, on both sides and beyond the ziggurat's last edge", () => {
    const n = 6_000_000;
    const sample = new Float64Array(1000);
    const random = createRandom(6);
    // Upper tail probabilities from SciPy's stats.norm.sf.
    const thresholds = [3, 3.6541528853610088, 4, 4.5];
    const probabilities = [
      1.3498980316300957e-3, 1.2901624382695038e-4, 3.167124183311986e-5, 3.3976731247300603e-6,
    ];
    const above = new Int32Array(4);
    const below = new Int32Array(4);
    for (let i = 0; i < n / 1000; i++) {
      random.fillNormal(sample);
      for (const x of sample) {
        if (Math.abs(x) <= 3) continue;
        for (let k = 0; k < 4; k++) if (Math.abs(x) > thresholds[k]) (x > 0 ? above : below)[k]++;
      }
    }
    for (let k = 0; k < 4; k++) {
      const expected = n * probabilities[k];
      expect(Math.abs(above[k] - expected)).toBeLessThan(4 * Math.sqrt(expected));
      expect(Math.abs(below[k] - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
  });

  it.each([1, 2, 3, 7, 10, 641, 1000, 1025])("integer(%i) takes every value equally often", (bound) => {
    const random = createRandom(bound);
    const counts = new Int32Array(bound);
    for (let i = 0; i < 200_000; i++) counts[random.integer(bound)]++;
    if (bound > 1) expect(Math.abs(uniformityScore(counts))).toBeLessThan(3.5);
    expect(counts.every((count) => count > 0)).toBe(true);
  });

  // At 3/4 of the range, taking a remainder without rejection makes the lower third twice as likely.
  it.each([3 * 2 ** 30, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 3 * 2 ** 51, 2 ** 53])(
    "integer(%i) is unbiased over twelfths of the range",
    (bound) => {
      const random = createRandom(11);
      const counts = new Int32Array(12);
      let outside = 0;
      for (let i = 0; i < 120_000; i++) {
        const value = random.integer(bound);
        if (!Number.isInteger(value) || value < 0 || value >= bound) outside++;
        counts[Math.floor((value / bound) * 12)]++;
      }
      expect(outside).toBe(0);
      expect(Math.abs(uniformityScore(counts))).toBeLessThan(3.5);
    },
  );

  it("fillIntegers draws what integer draws", () => {
    const values = new Int32Array(1000);
    createRandom(12).fillIntegers(values, 77);
    const random = createRandom(12);
    expect(Array.from(values)).toEqual(Array.from({ length: 1000 }, () => random.integer(77)));
  });

  it("fillUniform and fillNormal draw what uniform and normal draw, in the array's precision", () => {
    const single = new Float32Array(500);
    const double = new Float64Array(500);
    createRandom(13).fillUniform(double, -2, 3);
    const uniform = createRandom(13);
    for (const x of double) expect(x).toBe(-2 + 5 * uniform.uniform());
    createRandom(13).fillNormal(single);
    const normal = createRandom(13);
    for (const x of single) expect(x).toBe(Math.fround(normal.normal()));
  });

  it("permutation gives every ordering equally often and each element once", () => {
    const random = createRandom(14);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(Math.abs(uniformityScore([...counts.values()]))).toBeLessThan(3.5);
    expect(Array.from(random.permutation(1000).sort())).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(random.permutation(0)).toHaveLength(0);
  });
});

describe("reproducibility", () => {
  it("one seed is one stream; other seeds are other streams", () => {
    const stream = (seed: number): number[] => Array.from(uniforms(createRandom(seed), 20));
    expect(stream(5)).toEqual(stream(5));
    const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map((seed) => stream(seed)[0])).size).toBe(seeds.length);
  });

  it("keeps its streams from release to release", () => {
    const random = createRandom(42);
    const child = random.split("replay");
    const drawn = [random.uniform(), random.normal(), random.integer(1000), child.uniform()];
    expect(drawn).toEqual([0.532945878159745, -1.7258523969155957, 726, 0.20441709083228998]);
  });

  it("state and restore continue in mid-stream, through JSON too", () => {
    const random = createRandom(9);
    for (let i = 0; i < 101; i++) {
      random.normal();
      random.uniform();
      random.integer(10);
    }
    const saved = JSON.parse(JSON.stringify(random.state())) as number[];
    const next = (): unknown => [
      Array.from(normals(random, 50)),
      random.integer(1e9),
      Array.from(random.permutation(20)),
      random.split("child").uniform(),
    ];
    const expected = next();
    random.restore(saved);
    expect(next()).toEqual(expected);
    const other = createRandom(1234);
    other.restore(saved);
    expect([Array.from(normals(other, 50)), other.integer(1e9), Array.from(other.permutation(20))]).toEqual(
      (expected as unknown[]).slice(0, 3),
    );
    expect(other.split("child").uniform()).toBe((expected as unknown[])[3]);
  });
});

describe("split", () => {
  it("does not consume from the parent and does not depend on what the parent has drawn", () => {
    const [plain, splitting] = [createRandom(20), createRandom(20)];
    const early = splitting.split("a").uniform();
    expect(splitting.uniform()).toBe(plain.uniform());
    normals(splitting, 1000);
    expect(splitting.split("a").uniform()).toBe(early);
  });

  it("gives unrelated streams to parent, siblings and grandchildren", () => {
    const parent = createRandom(21);
    const streams = [
      createRandom(21),
      createRandom(22),
      parent.split(""),
      parent.split("\0"),
      parent.split("a"),
      parent.split("b"),
      parent.split("environment/0"),
      parent.split("environment/1"),
      parent.split("a").split("b"),
      parent.split("b").split("a"),
      parent.split("ab"),
      parent.split("sixteen bytes ab"),
      parent.split("sixteen bytes ab\0"),
    ].map((random) => normals(random, 20_000));
    const limit = 4 / Math.sqrt(20_000);
    for (let i = 0; i < streams.length; i++) {
      for (let j = 0; j < i; j++) {
        expect(Math.abs(correlation(streams[i], streams[j]))).toBeLessThan(limit);
        // Shifted by one, too: a child must not be the parent a step later.
        expect(Math.abs(correlation(streams[i].subarray(1), streams[j].subarray(0, -1)))).toBeLessThan(limit);
      }
    }
  });

  it("first numbers of many children, and of many seeds, are uniform", () => {
    const parent = createRandom(23);
    const children = new Int32Array(100);
    const seeds = new Int32Array(100);
    for (let i = 0; i < 20_000; i++) {
      children[Math.floor(100 * parent.split(`episode ${i}`).uniform())]++;
      seeds[Math.floor(100 * createRandom(i).uniform())]++;
    }
    expect(Math.abs(uniformityScore(children))).toBeLessThan(3.5);
    expect(Math.abs(uniformityScore(seeds))).toBeLessThan(3.5);
  });
});

describe("mistakes", () => {
  it("names what was wrong", () => {
    const random = createRandom(0);
    for (const seed of [1.5, NaN, Infinity, 2 ** 53])
      expect(() => createRandom(seed)).toThrow("seed must be");
    for (const bound of [0, -1, 2.5, NaN, 2 ** 54])
      expect(() => random.integer(bound)).toThrow("bound must be");
    expect(() => random.fillIntegers(new Int32Array(1), 2 ** 31 + 1)).toThrow("bound must be");
    expect(() => random.permutation(-1)).toThrow("permutation: n must be");
  });

  it("refuses a state of another form and stays as it was", () => {
    const random = createRandom(0);
    const before = random.state();
    const bad = [
      [],
      [1, 2, 3],
      [1, 2, 3, 4, 0, 0, 0, 0],
      [1, 2, 3, 4, 5, 6, 7, 1.5],
      [1, 2, 3, 4, 5, 6, 7, -1],
    ];
    for (const state of bad) expect(() => random.restore(state)).toThrow("8 unsigned 32-bit integers");
    expect(random.state()).toEqual(before);
  });
});
