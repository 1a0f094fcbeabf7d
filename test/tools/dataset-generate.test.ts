import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { loadPolicy } from "../../agents/index.ts";
import { contentOf, openDataset, readCatalogue } from "../../datasets/index.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/runs/index.ts";
import { withSets } from "../../tools/catalogue/page.ts";
import { withTinyFileSystem } from "../runs/full-disk.ts";
import { bytes, ending, motive, motiveJson, program, start, temporaryFolder } from "./command-line.ts";

const folder = temporaryFolder();
const root = fileURLToPath(new URL("../..", import.meta.url));
const expert = join(root, "datasets", "policies", "hopper-v5-expert.safetensors");
const inFolder = (name: string) => join(folder, name);

const hopper = { environment: "Hopper-v5" };
const sampled = { ...hopper, policy: "policies/expert.safetensors" };
const entries = {
  random: { ...hopper, name: "hopper-random-v5", kind: "random", seed: 0, transitions: 900 },
  expert: { ...sampled, name: "hopper-expert-v5", kind: "expert", seed: 2, transitions: 1300 },
  both: {
    ...hopper,
    name: "hopper-medium-expert-v5",
    kind: "medium-expert",
    sets: ["hopper-random-v5", "hopper-expert-v5"],
  },
  two: { ...sampled, name: "hopper-expert-2-v5", kind: "demonstrations", seed: 0, episodes: 2, states: true },
  long: { ...hopper, name: "hopper-long-v5", kind: "random", seed: 0, transitions: 2_000_000 },
  replay: {
    ...hopper,
    name: "hopper-medium-replay-v5",
    kind: "medium-replay",
    recording: "replay.safetensors",
  },
  medium: {
    ...hopper,
    name: "hopper-medium-v5",
    kind: "medium",
    policy: "medium.safetensors",
    seed: 1,
    transitions: 300,
  },
};

function writeCatalogue(...sets: object[]): void {
  writeFileSync(inFolder("catalogue.json"), JSON.stringify(sets));
}

const generate = (name: string, ...words: string[]) => [
  "dataset",
  "generate",
  name,
  "--catalogue",
  "catalogue.json",
  ...words,
];

interface Generated {
  readonly sha256: string;
  readonly transitions: number;
  readonly matchesCatalogue: boolean | null;
}

/** Runs a command that has to fail, and returns its one line. */
function refusal(code: number, words: readonly string[]): string {
  const outcome = motive(folder, ...words);
  expect(outcome.stderr).toMatch(/^motive: [^\n]+\n$/);
  expect(outcome.code).toBe(code);
  return outcome.stderr.slice("motive: ".length).trimEnd();
}

/** What a set's file has left behind, under its name or another. */
const traces = (name: string) => readdirSync(folder).filter((file) => file.includes(name));

beforeAll(() => {
  mkdirSync(inFolder("policies"));
  writeFileSync(inFolder("policies/expert.safetensors"), readFileSync(expert));
  writeCatalogue(...Object.values(entries));
  const sac = ["train", "sac", "Hopper-v5", "--seed", "3", "--steps", "2000", "--evaluate-every", "0"];
  const options = ["hidden=8", "batchSize=16", "randomSteps=1500"].flatMap((option) => ["--set", option]);
  expect(motive(folder, ...sac, ...options, "--checkpoint-interval", "1000", "--out", "run").code).toBe(0);
});

describe("motive dataset generate", () => {
  it("writes the same bytes for any number of workers", async () => {
    const { name } = entries.both;
    const made = [0, 1, 3].map((workers) => {
      const words = ["--workers", `${workers}`, "--out", `${workers}.hdf5`];
      return motiveJson(folder, ...generate(name, ...words)) as Generated;
    });
    expect(bytes(folder, "1.hdf5")).toEqual(bytes(folder, "0.hdf5"));
    expect(bytes(folder, "3.hdf5")).toEqual(bytes(folder, "0.hdf5"));
    expect(made[1].sha256).toBe(made[0].sha256);
    const dataset = await openDataset(inFolder("3.hdf5"), { environment: "Hopper-v5" });
    expect(contentOf(dataset)).toBe(made[0].sha256);
    expect(dataset.size).toBe(made[0].transitions);
    dataset.close();
  });

  it("plays the episodes that collect plays, the physics of which verify finds again", () => {
    expect(motive(folder, ...generate(entries.two.name)).code).toBe(0);
    const collect = [
      "collect",
      "policies/expert.safetensors",
      "--episodes",
      "2",
      "--seed",
      "0",
      "--stochastic",
    ];
    expect(motive(folder, ...collect, "--out", "collected.hdf5").code).toBe(0);
    const show = (file: string) => motiveJson(folder, "dataset", "show", file) as Record<string, unknown>;
    const [one, other] = [show("hopper-expert-2-v5.hdf5"), show("collected.hdf5")];
    for (const fact of ["returns", "transitions", "infos"]) expect(one[fact]).toEqual(other[fact]);
    expect(motiveJson(folder, "dataset", "verify", "hopper-expert-2-v5.hdf5")).toMatchObject({
      replay: {
        terminals: 0,
        reward: expect.closeTo(0, 5) as number,
        nextObservation: expect.closeTo(0, 5) as number,
      },
    });
  });

  it("writes Minari datasets of the same content", async () => {
    const words = ["--format", "minari", "--out", "minari/hopper-random-v5"];
    const { sha256 } = motiveJson(folder, ...generate(entries.random.name, ...words)) as Generated;
    const d4rl = motiveJson(folder, ...generate(entries.random.name)) as Generated;
    expect(sha256).toBe(d4rl.sha256);
    const dataset = await openDataset(inFolder("minari/hopper-random-v5"));
    expect(dataset.format).toBe("minari");
    expect(contentOf(dataset)).toBe(sha256);
    expect(dataset.episodes.every(({ seed }) => seed !== undefined)).toBe(true);
    dataset.close();
    expect(refusal(1, generate(entries.random.name, ...words))).toBe(
      "minari/hopper-random-v5: already exists; remove it or choose another name",
    );
  });

  it("compares what it made with the catalogue", () => {
    const made = motiveJson(folder, ...generate(entries.random.name)) as Generated & Record<string, unknown>;
    expect(made).toMatchObject({
      name: "hopper-random-v5",
      file: "hopper-random-v5.hdf5",
      matchesCatalogue: null,
    });
    const { sha256, transitions, bytes: size, episodes, terminations, returns, normalizedScore } = made;
    const content = { sha256, transitions, bytes: size, episodes, terminations, returns, normalizedScore };
    writeCatalogue({ ...entries.random, content });
    expect(motiveJson(folder, ...generate(entries.random.name))).toMatchObject({ matchesCatalogue: true });
    expect(motive(folder, ...generate(entries.random.name)).stdout).toMatch(
      new RegExp(
        `900 transitions in ${String(episodes)} episodes[^]*return [^]*content ${sha256}, as in the catalogue\n$`,
      ),
    );
    const wrong = "0".repeat(64);
    writeCatalogue({ ...entries.random, content: { ...content, sha256: wrong } });
    expect(refusal(1, generate(entries.random.name))).toBe(
      `hopper-random-v5.hdf5: its content is not that of hopper-random-v5 in the catalogue: ${sha256} instead of ${wrong}`,
    );
    writeCatalogue(...Object.values(entries));
  });

  it("names what is wrong in one line, and leaves nothing behind", () => {
    expect(refusal(2, generate("hopper-randm-v5"))).toMatch(
      /^unknown set "hopper-randm-v5"; did you mean hopper-random-v5/,
    );
    expect(refusal(2, generate(entries.random.name, "--workers", "-1"))).toContain(
      "Expected an integer of at least 0",
    );
    expect(refusal(1, ["dataset", "generate", "x", "--catalogue", "none.json"])).toBe(
      "none.json: cannot be read: no such file or directory",
    );
    expect(refusal(1, generate(entries.replay.name, "--out", "out-a.hdf5"))).toBe(
      "replay.safetensors: cannot be read: no such file or directory",
    );
    writeCatalogue({ ...entries.expert, environment: "Walker2d-v5" });
    expect(refusal(1, generate(entries.expert.name, "--out", "out-a.hdf5"))).toBe(
      "policies/expert.safetensors: a policy for Hopper-v5, the set is of Walker2d-v5",
    );
    writeCatalogue(...Object.values(entries));
    expect(traces("out-a")).toEqual([]);
    writeFileSync(inFolder("file"), "");
    expect(refusal(1, generate(entries.random.name, "--out", "file/out.hdf5"))).toContain("file");
  });
});

describe("an interrupted generation", () => {
  const words = generate(entries.long.name, "--out", "long.hdf5");

  /** Starts it, and waits until its file has begun. */
  async function begun() {
    const child = start(folder, ...words);
    let stderr = "";
    child.stderr?.on("data", (text: Buffer) => (stderr += text.toString()));
    const ended = ending(child);
    while (traces("long").length === 0 && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return { child, ended, stderr: () => stderr };
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s says so, and leaves nothing behind", async (signal, code) => {
    const { child, ended, stderr } = await begun();
    child.kill(signal);
    expect(await ended).toBe(code);
    expect(stderr()).toBe(`motive: long.hdf5: stopped by ${signal}; nothing was written\n`);
    expect(traces("long")).toEqual([]);
  });

  it("that was killed leaves no file of that name, and the next one cleans up", async () => {
    const { child, ended } = await begun();
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    expect(traces("long")).toEqual([`.long.hdf5.${child.pid}.partial`]);
    writeCatalogue({ ...entries.long, transitions: 100 });
    expect(motive(folder, ...words).code).toBe(0);
    expect(traces("long")).toEqual(["long.hdf5"]);
    writeCatalogue(...Object.values(entries));
  });

  it("keeps an older file as it was", async () => {
    writeFileSync(inFolder("long.hdf5"), "older");
    const child = start(folder, ...words);
    const ended = ending(child);
    while (traces("long").length < 2 && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(traces("long")).toEqual(["long.hdf5"]);
    expect(readFileSync(inFolder("long.hdf5"), "utf8")).toBe("older");
  });

  it("by a limit of file sizes says so, and leaves nothing behind", () => {
    const command = [
      "--fsize=50000",
      process.execPath,
      program,
      ...generate(entries.random.name, "--out", "limited.hdf5"),
    ];
    const { status, stderr, stdout } = spawnSync("prlimit", command, { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("motive: limited.hdf5: cannot be written: the file would exceed the size limit\n");
    expect(stdout).toBe("");
    expect(status).toBe(1);
    expect(traces("limited")).toEqual([]);
  });

  it("by a full disk says so, and leaves nothing behind", ({ skip }) => {
    const ran = withTinyFileSystem(100, (directory) => {
      for (const format of ["d4rl", "minari"]) {
        const out = join(directory, format === "d4rl" ? "set.hdf5" : "set-v5");
        expect(refusal(1, generate(entries.random.name, "--format", format, "--out", out))).toContain(
          "no space left on the device",
        );
        expect(readdirSync(directory)).toEqual([]);
      }
    });
    if (!ran) skip();
  });
});

describe("motive dataset record-replay", () => {
  it("keeps a run's replay and its policy, from which the sets are generated", () => {
    const [kept] = readdirSync(inFolder("run/checkpoints")).sort();
    const words = ["dataset", "record-replay", "run", "--checkpoint", join("run", "checkpoints", kept)];
    expect(
      motiveJson(folder, ...words, "--out", "replay.safetensors", "--policy", "medium.safetensors"),
    ).toMatchObject({ environment: "Hopper-v5", seed: 3, steps: 1000 });
    expect(statSync(inFolder("replay.safetensors")).size).toBeLessThan(1000 * 3 * 4 + 2000);
    const made = motiveJson(folder, ...generate(entries.replay.name)) as Generated;
    expect(made.transitions).toBe(1000);
    expect(motiveJson(folder, "dataset", "verify", "hopper-medium-replay-v5.hdf5")).toMatchObject({
      replay: { terminals: 0 },
    });
    const summary = motiveJson(folder, "dataset", "show", "hopper-medium-replay-v5.hdf5");
    expect(summary).toMatchObject({ metadata: { algorithm: "SAC", kind: "medium-replay" } });
    expect(motive(folder, ...generate(entries.medium.name)).code).toBe(0);
    // More than one worker, each of which has to find the resets that others made.
    const inThreads = ["--workers", "3", "--out", "threads.hdf5"];
    expect(motive(folder, ...generate(entries.replay.name, ...inThreads)).code).toBe(0);
    expect(bytes(folder, "threads.hdf5")).toEqual(bytes(folder, "hopper-medium-replay-v5.hdf5"));
  });

  it("takes the latest checkpoint, or its first steps, and the policy that the run left", () => {
    const words = ["dataset", "record-replay", "run", "--out", "latest.safetensors"];
    expect(motiveJson(folder, ...words, "--policy", "last.safetensors")).toMatchObject({ steps: 2000 });
    expect(loadPolicy(inFolder("last.safetensors")).weights()).toEqual(
      loadPolicy(inFolder("run/policy.safetensors")).weights(),
    );
    expect(motiveJson(folder, ...words, "--steps", "700")).toMatchObject({ steps: 700 });
    expect(refusal(2, [...words, "--steps", "700", "--policy", "last.safetensors"])).toMatch(
      /^--policy: .* has the policy of step 2000, not of step 700$/,
    );
    expect(refusal(1, [...words, "--steps", "3000"])).toContain("had not taken 3000 yet");
  });

  it("writes nothing where the environment does not give the run again", () => {
    const [kept] = readdirSync(inFolder("run/checkpoints")).sort();
    const snapshot = readCheckpoint(inFolder(join("run/checkpoints", kept)));
    const rows = snapshot.arrays["replay/rows"].slice() as Float32Array;
    // The reward of step 600.
    rows[600 * 28 + 25] += 1e-3;
    writeCheckpoint(inFolder("changed.safetensors"), {
      ...snapshot,
      arrays: { ...snapshot.arrays, "replay/rows": rows },
    });
    const words = ["dataset", "record-replay", "run", "--checkpoint", "changed.safetensors"];
    expect(refusal(1, [...words, "--out", "never.safetensors", "--policy", "never-policy.safetensors"])).toBe(
      "changed.safetensors: the environment gives another reward at step 600 than the run saw",
    );
    expect(traces("never")).toEqual([]);
    expect(refusal(1, ["dataset", "record-replay", "policies", "--out", "never.safetensors"])).toContain(
      "is not a run directory",
    );
  });
});

describe("motive dataset list", () => {
  it("shows every set, what it holds and what it is made of", () => {
    const { sets } = motiveJson(folder, "dataset", "list") as { sets: { name: string; recipe: string }[] };
    const { entries: own } = readCatalogue();
    expect(sets.map(({ name }) => name)).toEqual(own.map(({ name }) => name));
    const text = motive(folder, "dataset", "list").stdout;
    for (const { name, environment, content } of own) {
      const line = text.split("\n").find((one) => one.startsWith(`${name} `));
      expect(line).toContain(environment);
      if (content) expect(line).toContain(content.returns.mean.toFixed(1));
    }
    const mine = motive(folder, "dataset", "list", "--catalogue", "catalogue.json").stdout;
    expect(mine).toContain("hopper-random-v5, then hopper-expert-v5");
    expect(mine).toContain("2 full episodes of policies/expert.safetensors, seed 0");
  });
});

describe("the catalogue's program", () => {
  const catalogueProgram = join(root, "dist", "tools", "catalogue", "index.js");
  const files = ["--catalogue", "mine.json", "--page", "mine.md"];
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [catalogueProgram, ...words], { cwd: folder, encoding: "utf8" });
  const demonstrations = { ...entries.two, episodes: 1, file: "kept.hdf5" };
  const read = () => JSON.parse(readFileSync(inFolder("mine.json"), "utf8")) as Record<string, unknown>[];

  it("writes down what sets hold, keeps demonstrations, and draws up the page", () => {
    writeFileSync(inFolder("mine.json"), JSON.stringify([entries.random, demonstrations]));
    writeFileSync(inFolder("mine.md"), "# Mine\n\n<!-- sets -->\nold\n<!-- end of sets -->\n\nThe end.\n");
    expect(run(...files, "record", "hopper-random-v5").stderr).toBe("");
    const [random, untouched] = read();
    expect(random).toMatchObject({ ...entries.random, content: { transitions: 900 } });
    expect(Object.keys(random)).toEqual([...Object.keys(entries.random), "content"]);
    expect(untouched).toEqual(demonstrations);
    // Without names: what was never generated.
    expect(run(...files, "record").stdout).toMatch(
      /^hopper-expert-2-v5: 1,000 transitions, mean return [0-9.]+\n$/,
    );
    const first = bytes(folder, "kept.hdf5");
    const { sha256 } = read()[1].content as { sha256: string };
    expect(motiveJson(folder, "dataset", "show", "kept.hdf5")).toMatchObject({ transitions: 1000 });
    const page = readFileSync(inFolder("mine.md"), "utf8");
    expect(page).toMatch(/^# Mine\n\n<!-- sets -->\n\n\| set [^]*\n\n<!-- end of sets -->\n\nThe end\.\n$/);
    expect(page).not.toContain("old");
    expect(page).toContain(
      `1 full episode of policies/expert.safetensors, seed 0; kept in \`kept.hdf5\` | 1,000 | 0.2 |`,
    );
    expect(page).toContain(sha256);

    // A file that holds the set stays; one that does not is made again.
    const { mtimeMs } = statSync(inFolder("kept.hdf5"));
    expect(run(...files, "record", "hopper-expert-2-v5").status).toBe(0);
    expect(statSync(inFolder("kept.hdf5")).mtimeMs).toBe(mtimeMs);
    writeFileSync(inFolder("kept.hdf5"), bytes(folder, "hopper-random-v5.hdf5"));
    expect(run(...files, "record", "hopper-expert-2-v5").status).toBe(0);
    expect(bytes(folder, "kept.hdf5")).toEqual(first);
    expect(run(...files, "record", "hopper-x-v5").stderr).toBe(
      'motive: mine.json: there is no set "hopper-x-v5"\n',
    );
  });

  it("prints a policy's row for the table of experts", () => {
    const { stdout } = run("experts", "run");
    const [, file, agent, command, steps, , mean, sampled] = stdout.split("|").map((cell) => cell.trim());
    expect([file, agent, steps]).toEqual(["`hopper-v5-expert.safetensors`", "SAC, 8", "2,000"]);
    expect(command).toContain("npx motive train sac Hopper-v5 --seed 3");
    for (const [cell, ...words] of [[mean], [sampled, "--stochastic"]]) {
      const evaluation = motiveJson(folder, "evaluate", "run", ...words) as { mean: number; std: number };
      expect(cell).toBe(`${evaluation.mean.toFixed(1)} ± ${evaluation.std.toFixed(1)}`);
    }
    const [kept] = readdirSync(inFolder("run/checkpoints")).sort();
    expect(run("experts", "run", "--checkpoint", join("run", "checkpoints", kept)).stdout).toMatch(
      /^\| `hopper-v5-medium\.safetensors` .* \| 1,000 \| /,
    );
  });

  it("has brought the project's page up to date", () => {
    const page = readFileSync(join(root, "docs", "catalogue.md"), "utf8");
    expect(withSets(page, readCatalogue())).toBe(page);
    expect(() => withSets("no table", readCatalogue())).toThrow("the page has no lines <!-- sets -->");
  });
});
