import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readCheckpoint } from "../../src/runs/index.ts";
import { saveReward } from "./random-reward.ts";
import { bytes, ending, metricsOf, motive, start, temporaryFolder } from "./command-line.ts";

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The checkpoints of a run that may not exist yet, oldest first. */
function checkpointsOf(run: string): string[] {
  const folder = join(run, "checkpoints");
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".safetensors")) : [];
  return names.sort().map((name) => join(folder, name));
}

/** Everything about a run that training decides; not when it ran, and how long. */
function outcomeOf(run: string) {
  const result = JSON.parse(readFileSync(join(run, "result.json"), "utf8")) as Record<string, unknown>;
  return {
    result: { ...result, wallSeconds: 0 },
    metrics: metricsOf(run),
    policy: bytes(run, "policy.safetensors"),
  };
}

const sac = {
  agent: "sac",
  words: ["sac", "Regulator-v0", "--steps", "12000", "--evaluate-every", "3000"],
  options: ["hidden=16,16", "batchSize=32", "randomSteps=500", "replayCapacity=5000"],
  interval: "1000",
};
const mlIrl = {
  agent: "ml-irl",
  words: ["ml-irl", "Regulator-v0", "--steps", "8000", "--evaluate-every", "3000", "--demos", "demos.hdf5"],
  options: [
    "rewardHidden=16",
    "sac.hidden=16,16",
    "sac.batchSize=32",
    "sac.randomSteps=500",
    "sac.replayCapacity=5000",
  ],
  interval: "1000",
};
const bc = {
  agent: "bc",
  words: ["bc", "Regulator-v0", "--steps", "6000", "--evaluate-every", "2000", "--demos", "demos.hdf5"],
  options: ["hidden=16,16"],
  interval: "500",
};

const transferred = {
  agent: "sac-transfer",
  words: ["sac", "Hopper-v5", "--steps", "6000", "--evaluate-every", "3000", "--reward", "hopper-v4.safetensors"],
  options: ["hidden=16,16", "batchSize=32", "randomSteps=500", "replayCapacity=5000"],
  interval: "1000",
};
const demonstratedElsewhere = {
  agent: "ml-irl-transfer",
  words: ["ml-irl", "Hopper-v5", "--steps", "6000", "--evaluate-every", "3000", "--demos", "hopper-v4.hdf5"],
  options: ["rewardInput=state", ...mlIrl.options],
  interval: "1000",
};

function commandOf({ words, options, interval }: typeof sac): string[] {
  const assignments = options.flatMap((option) => ["--set", option]);
  return ["train", ...words, "--seed", "7", "--checkpoint-interval", interval, ...assignments];
}

const agents = [sac, mlIrl, bc, transferred, demonstratedElsewhere];
const folder = temporaryFolder();

beforeAll(() => {
  const expert = [
    "train",
    "sac",
    "Regulator-v0",
    "--preset",
    "smoke",
    "--evaluate-every",
    "0",
    "--out",
    "expert",
  ];
  expect(motive(folder, ...expert).code).toBe(0);
  expect(motive(folder, "collect", "expert", "--episodes", "1", "--out", "demos.hdf5").code).toBe(0);
  saveReward(join(folder, "hopper-v4.safetensors"), "Hopper-v4", "state");
  const elsewhere = ["train", "sac", "Hopper-v4", "--steps", "200", "--set", "hidden=8", "--evaluate-every", "0", "--out", "elsewhere"];
  expect(motive(folder, ...elsewhere).code).toBe(0);
  expect(motive(folder, "collect", "elsewhere", "--episodes", "1", "--out", "hopper-v4.hdf5").code).toBe(0);
  for (const agent of agents) {
    const { code, stderr } = motive(folder, ...commandOf(agent), "--out", agent.agent);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  }
});

describe.each(agents)("a run of $agent", (agent) => {
  it("that is killed again and again ends with the same weights, metrics and result", async () => {
    const undisturbed = join(folder, agent.agent);
    const name = `${agent.agent}-killed`;
    const run = join(folder, name);
    const resume = ["train", "--resume", name, "--checkpoint-interval", agent.interval];
    let kills = 0;
    for (let attempt = 0; attempt < 3; attempt++) {
      const before = checkpointsOf(run).at(-1);
      const child =
        attempt === 0 ? start(folder, ...commandOf(agent), "--out", name) : start(folder, ...resume);
      const ended = ending(child);
      while (child.exitCode === null && checkpointsOf(run).at(-1) === before) await sleep(5);
      // At a moment that no code knows of, somewhere behind a checkpoint.
      await sleep((process.pid * (attempt + 1)) % 50);
      child.kill("SIGKILL");
      if ((await ended) === "SIGKILL") kills++;
    }
    expect(kills).toBeGreaterThan(0);
    const last = motive(folder, ...resume);
    expect(last.stderr).toBe("");
    expect(last.code).toBe(0);

    expect(outcomeOf(run)).toEqual(outcomeOf(undisturbed));
    const [checkpoint, expected] = [run, undisturbed].map((directory) => checkpointsOf(directory).at(-1)!);
    expect(readCheckpoint(checkpoint)).toEqual(readCheckpoint(expected));
    expect(bytes(checkpoint)).toEqual(bytes(expected));
  });
});

describe("a run", () => {
  const undisturbed = join(folder, "sac");

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("saves itself on %s, says how to continue, and ends the same", async (signal, code) => {
    const name = `stopped-by-${signal}`;
    const child = start(folder, ...commandOf(sac), "--out", name);
    let printed = "";
    let sent = false;
    child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      if (sent || !printed.includes("run directory")) return;
      // Twice, as npm does: the terminal signals the program, and npm passes the signal on.
      sent = child.kill(signal);
      child.kill(signal);
    });
    expect(await ending(child)).toBe(code);
    expect(printed).toMatch(
      new RegExp(`stopped at step [\\d,]+; continue with:\n  npx motive train --resume ${name}\n$`),
    );
    expect(() => readCheckpoint(checkpointsOf(join(folder, name)).at(-1)!)).not.toThrow();
    expect(existsSync(join(folder, name, "result.json"))).toBe(false);

    expect(motive(folder, "train", "--resume", name).code).toBe(0);
    expect(outcomeOf(join(folder, name))).toEqual(outcomeOf(undisturbed));
  });

  it("that is done stays as it is when it is resumed", () => {
    cpSync(undisturbed, join(folder, "again"), { recursive: true });
    expect(motive(folder, "train", "--resume", "again").code).toBe(0);
    expect(outcomeOf(join(folder, "again"))).toEqual(outcomeOf(undisturbed));
  });

  it("whose newest checkpoint was damaged goes on from the one before", () => {
    const run = join(folder, "damaged");
    cpSync(undisturbed, run, { recursive: true });
    const path = checkpointsOf(run).at(-1)!;
    const content = bytes(path);
    content[content.length - 5] ^= 1;
    writeFileSync(path, content);
    const resumed = motive(folder, "train", "--resume", "damaged");
    expect(resumed.stdout).toMatch(/warning: .*checksum.*; an older checkpoint is used/);
    expect(resumed.code).toBe(0);
    expect(outcomeOf(run)).toEqual(outcomeOf(undisturbed));
  });

  it("learns from no other demonstrations when it is resumed", () => {
    cpSync(join(folder, "bc"), join(folder, "other-demos"), { recursive: true });
    expect(
      motive(folder, "collect", "expert", "--episodes", "1", "--seed", "5", "--out", "other.hdf5").code,
    ).toBe(0);
    const { code, stderr } = motive(folder, "train", "--resume", "other-demos", "--demos", "other.hdf5");
    expect(stderr).toMatch(
      /^motive: other\.hdf5: not the demonstrations that other-demos was started with .*\n$/,
    );
    expect(code).toBe(1);
  });
});
