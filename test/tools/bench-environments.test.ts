import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { listEnvironments } from "../../envs/index.ts";
import { benchRobots, environmentRate, gymnasiumRates } from "../../tools/bench/environments.ts";

describe("environmentRate", () => {
  it("times every robot once", () => {
    const robots = listEnvironments().map(({ id }) => id.replace(/-v\d+$/, ""));
    expect(benchRobots.map((id) => id.replace(/-v\d+$/, "")).sort()).toEqual(
      [...new Set(robots)].filter((robot) => robot !== "Regulator").sort(),
    );
  });

  // Hopper falls, so that resets are part of it; HalfCheetah is the one with the shortest steps.
  it.each(["HalfCheetah-v5", "Hopper-v5"])("steps %s and bare physics through the same states", async (id) => {
    const { steps, bare, overhead } = await environmentRate(id, 0.1);
    expect(steps).toBeGreaterThan(100);
    expect(bare).toBeGreaterThan(100);
    // What is measured is below 0.1; other programs may run beside this test.
    expect(Math.abs(overhead)).toBeLessThan(0.5);
  });

  it("refuses what MuJoCo does not simulate", async () => {
    await expect(environmentRate("Regulator-v0", 0.1)).rejects.toThrow("Regulator-v0 is not simulated by MuJoCo");
  });
});

describe("gymnasiumRates", () => {
  const directory = mkdtempSync(join(tmpdir(), "motive-gymnasium-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** A shell script stands in for Python; it gets the program, the ids and the seconds. */
  const python = (name: string, command: string): string => {
    const path = join(directory, name);
    const cases = `*version_info*) echo 3 ;;\n*gymnasium_rate.py*) ${command} ;;`;
    writeFileSync(path, `#!/bin/sh\ncase "$*" in\n${cases}\nesac\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it("asks for all of Gymnasium's robots at once and reads their rates", async () => {
    const answer = python("good", `echo "$2 $3" > "${directory}/asked"; echo noise; echo '{"Ant-v5": 5000.5}'`);
    expect(await gymnasiumRates({ python: answer, seconds: 2 })).toEqual({ rates: { "Ant-v5": 5000.5 } });
    const asked = readFileSync(join(directory, "asked"), "utf8").trim();
    expect(asked).toBe("Hopper-v5,HalfCheetah-v5,Walker2d-v5,Ant-v5,Humanoid-v5 2");
  });

  it("says why there are none", async () => {
    const failing = python("bad", `echo "ModuleNotFoundError: No module named 'gymnasium'" >&2; exit 1`);
    expect(await gymnasiumRates({ python: failing, seconds: 2 })).toEqual({
      reason: "Gymnasium: exit code 1: ModuleNotFoundError: No module named 'gymnasium'",
    });
  });

  it("does not take another program's words for rates", async () => {
    for (const [name, words] of [
      ["words", "echo all went well"],
      ["number", `echo '{"Ant-v5": 0}'`],
      ["silent", "true"],
    ]) {
      const result = await gymnasiumRates({ python: python(name, words), seconds: 2 });
      expect(result).toEqual({ reason: expect.stringMatching(/^Gymnasium: its last line has no rates: /) as string });
    }
  });
});
