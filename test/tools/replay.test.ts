import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixture, motive, motiveJson, printed, temporaryFolder } from "./command-line.ts";

interface Trajectory {
  readonly observations: number[][];
  readonly rewards: number[];
  readonly terminated: boolean[];
  readonly qpos: number[][];
  readonly qvel: number[][];
}
type Recorded = Trajectory & {
  readonly initial: { qpos: number[]; qvel: number[]; observation: number[] };
  readonly actions: number[][];
};
type Printed = Trajectory & { readonly observation: number[] };

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
}

describe("motive replay", () => {
  const folder = temporaryFolder();

  it.each(["Hopper-v5", "Hopper-v4"])("follows Gymnasium's recording of %s, past the fall", (id) => {
    const path = fixture(`gymnasium/${id}.json`);
    const recorded = JSON.parse(readFileSync(path, "utf8")) as Recorded;
    const printed = motiveJson(folder, "replay", id, "--from", path) as Printed;

    expect(largestDifference(printed.observation, recorded.initial.observation)).toBeLessThan(1e-12);
    expect(printed.terminated).toEqual(recorded.terminated);
    expect(recorded.terminated).toContain(true);
    for (const name of ["observations", "qpos", "qvel"] as const) {
      const differences = recorded[name].map((row, step) => largestDifference(printed[name][step], row));
      expect(Math.max(...differences.slice(0, 20))).toBeLessThan(1e-9);
      expect(Math.max(...differences)).toBeLessThan(1e-6);
    }
    expect(largestDifference(printed.rewards.slice(0, 20), recorded.rewards.slice(0, 20))).toBeLessThan(1e-9);
    expect(largestDifference(printed.rewards, recorded.rewards)).toBeLessThan(1e-6);
  });

  it("sums up the recordings of every robot for people", async () => {
    const summaries = readdirSync(fixture("gymnasium"))
      .filter((name) => /^[A-Za-z0-9]+-v\d\.json$/.test(name))
      .map((name) => {
        const { rewards, terminated } = JSON.parse(
          readFileSync(fixture(`gymnasium/${name}`), "utf8"),
        ) as Recorded;
        const total = rewards.reduce((sum, reward) => sum + reward, 0).toFixed(3);
        const end = terminated.indexOf(true) + 1;
        return {
          id: name.replace(".json", ""),
          lines: [
            `${rewards.length} steps, sum of rewards ${total}`,
            end > 0 ? `terminated at step ${end}, and was simulated on` : "never terminated",
          ],
        };
      });
    expect(summaries).toHaveLength(12);
    for (const { id, lines } of summaries) {
      expect(await printed("replay", id, "--from", fixture(`gymnasium/${id}.json`))).toBe(
        `${id}: ${lines.join("\n")}\n`,
      );
    }
    const fallen = JSON.stringify({
      initial: { qpos: [0, 0.6, 0, 0, 0, 0], qvel: [0, 0, 0, 0, 0, 0] },
      actions: [[0, 0, 0]],
    });
    writeFileSync(join(folder, "fallen.json"), fallen);
    expect(await printed("replay", "Hopper-v5", "--from", join(folder, "fallen.json"))).toMatch(
      /\nterminated at step 1\n$/,
    );
  });

  it("prints the state that was set to the last bit", () => {
    const qpos = [0.1 + 0.2, 1.2500000000000002, 1e-17, -5e-324, 0, 0];
    const qvel = [1 / 3, 0, 0, 0, 0, -1.7976931348623157e-5];
    writeFileSync(join(folder, "exact.json"), JSON.stringify({ initial: { qpos, qvel }, actions: [] }));
    const printed = motiveJson(folder, "replay", "Hopper-v5", "--from", "exact.json") as Printed;
    expect(printed.observation).toEqual([...qpos.slice(1), ...qvel]);
    expect(printed.observations).toEqual([]);
  });

  it.each([
    ["not JSON", "{", /^motive: bad\.json: not JSON: .*\n$/],
    [
      "no actions",
      '{"initial":{"qpos":[],"qvel":[]}}',
      /^motive: bad\.json: "actions": expected array, received undefined\n$/,
    ],
    [
      "a string",
      '{"initial":{"qpos":["a"],"qvel":[]},"actions":[]}',
      /^motive: bad\.json: "initial\.qpos\.0": expected number, .*\n$/,
    ],
    [
      "a short state",
      '{"initial":{"qpos":[1],"qvel":[0,0,0,0,0,0]},"actions":[]}',
      /^motive: bad\.json: .*Hopper-v5.*6.*\n$/,
    ],
    [
      "a short action",
      '{"initial":{"qpos":[0,1,0,0,0,0],"qvel":[0,0,0,0,0,0]},"actions":[[1,2]]}',
      /^motive: bad\.json: .*action 0 .*3.*\n$/,
    ],
  ])("refuses a file with %s in one line", (_, text, message) => {
    writeFileSync(join(folder, "bad.json"), text);
    const { code, stdout, stderr } = motive(folder, "replay", "Hopper-v5", "--from", "bad.json", "--json");
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(stdout).toBe("");
  });
});
