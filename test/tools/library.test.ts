import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import {
  describeEnvironment,
  describeModel,
  listEnvironments,
  make,
  type EnvironmentDefinition,
} from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { temporaryFolder } from "./command-line.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (name: string): string => readFileSync(join(root, "docs", name), "utf8");
const page = read("environments.md");
const pages = [page, read("datasets.md")];

interface Block {
  readonly language: string;
  /** What follows the language: the path of a file of the example robot. */
  readonly path: string;
  readonly text: string;
}

/** The pages' code blocks in order. */
const blocks: readonly Block[] = pages
  .flatMap((page) => [...page.matchAll(/^```(\w*) ?(.*)\n([\s\S]*?)^```$/gm)])
  .map(([, language, path, text]) => ({ language, path, text }));

/** Programs, each with what its page says that it prints. */
const programs = blocks.flatMap(({ language, path, text }, i) =>
  language === "ts" && path === ""
    ? [{ name: `program-${i}`, text, output: blocks[i + 1].language === "text" ? blocks[i + 1].text : "" }]
    : [],
);

/** The files of the robot that the page adds; here they are outside, and import the built package's files. */
const robotFiles = blocks
  .filter(({ path }) => path !== "")
  .map(({ path, text }) => ({
    name: path.replaceAll("/", "-").replace("envs-cart-pole-", ""),
    text: text
      .replaceAll(/"\.\.\/(.*)\.ts"/g, (_, file: string) =>
        JSON.stringify(join(root, "dist", "envs", `${file}.js`)),
      )
      .replaceAll(/"\.\/(.*)\.ts"/g, '"./$1.js"'),
  }));

/** Every entry of the package, and a check that its types are types: `any` would make the expected error vanish. */
const entries = `
import { agents, loadPolicy } from "motive/agents";
import { readDemonstrations, type TransitionSet } from "motive/datasets";
import { make, makeBatch, type Environment } from "motive/envs";
import { UserError } from "motive/errors";
import { createRandom, type Random } from "motive/random";

const random: Random = createRandom(1);
const environment: Environment = await make("Regulator-v0");
// @ts-expect-error: a number of seconds
const text: string = environment.dt;
// @ts-expect-error: an array of numbers
const refused = () => environment.step("push");
const size = (set: TransitionSet): number => set.size;
const error: Error = new UserError(typeof text);
const kinds = [agents, loadPolicy, readDemonstrations, makeBatch, random.uniform, size, refused, error];
console.log(kinds.map((kind) => typeof kind).join(" "));
`;

describe("motive as a library", () => {
  const folder = temporaryFolder();
  const file = (...path: string[]): string => join(folder, ...path);
  const run = (name: string) =>
    spawnSync(process.execPath, [file("out", `${name}.js`)], { cwd: folder, encoding: "utf8" });

  beforeAll(() => {
    mkdirSync(file("node_modules"));
    symlinkSync(root, file("node_modules", "motive"), "junction");
    writeFileSync(file("package.json"), JSON.stringify({ type: "module", private: true }));
    writeFileSync(file("tsconfig.json"), blocks.find(({ language }) => language === "json")!.text);
    writeFileSync(file("entries.ts"), entries);
    for (const { name, text } of programs) writeFileSync(file(`${name}.ts`), text);
    for (const { name, text } of robotFiles) writeFileSync(file(name), text);
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const { status, stdout } = spawnSync(process.execPath, [compiler, "--skipLibCheck", "false"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  it("has programs, each with its output, and a robot's three files in its documentation", () => {
    expect(programs.length).toBeGreaterThanOrEqual(4);
    for (const { output } of programs) expect(output).not.toBe("");
    expect(robotFiles.map(({ name }) => name)).toEqual(["model.ts", "task.ts", "index.ts"]);
  });

  it.each(programs)("prints what the documentation says: $name", ({ name, output }) => {
    const { stdout, stderr, status } = run(name);
    expect(stderr).toBe("");
    expect(stdout).toBe(output);
    expect(status).toBe(0);
  });

  it("has an entry with types for each of its layers", () => {
    expect(run("entries").stdout).toBe(
      "object function function function function function function object\n",
    );
  });

  it("takes the documentation's robot as one of its own", async () => {
    const { definitions } = (await import(pathToFileURL(file("out", "index.js")).href)) as {
      definitions: EnvironmentDefinition[];
    };
    const environment = await definitions[0].create({ healthy_angle_range: [-0.1, 0.1] });
    expect(environment.spec).toMatchObject({ id: "CartPole-v0", observationSize: 4, actionSize: 1 });
    expect(environment.dt).toBe(0.02);
    // Left alone the pole falls; pushed after it, the cart keeps it up.
    const fall = (gain: number): { steps: number; terminated: boolean } => {
      environment.setState([0, 0.05], [0, 0]);
      for (let steps = 1; ; steps++) {
        const [x, angle] = environment.qpos;
        const [speed, rotation] = environment.qvel;
        const action = gain * (angle + 0.2 * rotation + 0.05 * x + 0.1 * speed);
        const { reward, terminated, truncated } = environment.step([action]);
        expect(reward).toBeCloseTo((terminated ? 0 : 1) - 0.01 * action ** 2, 12);
        if (terminated || truncated) return { steps, terminated };
      }
    };
    const left = fall(0);
    expect(left.terminated).toBe(true);
    expect(left.steps).toBeLessThan(50);
    expect(fall(5)).toEqual({ steps: 500, terminated: false });
    environment.close();
  });

  it("packs what its entries need, and no more", () => {
    const listing = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [{ files }] = JSON.parse(listing) as [{ files: { path: string }[] }];
    const packed = files.map(({ path }) => path);
    const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      exports: Record<string, string | Record<string, string>>;
    };
    const targets = Object.values(exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    expect(packed).toEqual(expect.arrayContaining(targets.map((target) => target.replace("./", ""))));
    expect(packed.filter((path) => dirname(path) === ".").sort()).toEqual(["README.md", "package.json"]);
    expect(packed.filter((path) => /\.map$|tsbuildinfo|\btest\b/.test(path))).toEqual([]);
  });
});

/** The rows of the page's table whose first line begins like this, as cells without their code marks. */
function table(beginning: string): string[][] {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith(beginning));
  const end = lines.indexOf("", start);
  return [lines[start], ...lines.slice(start + 2, end)].map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

/** Whether a column or row that is headed `names` speaks of an environment: `Hopper` does of both versions. */
const speaksOf = (names: string, id: string): boolean =>
  names.split(", ").some((name) => id === name || id.replace(/-v\d+$/, "") === name);

describe("docs/environments.md", () => {
  const specs = listEnvironments();

  it("lists every environment with its sizes", async () => {
    const rows = table("| id | robot |").slice(1);
    expect(rows.map(([id]) => id)).toEqual(specs.map(({ id }) => id));
    for (const [i, [id, , observation, action, dt, steps, mass]] of rows.entries()) {
      const environment = await make(id);
      const { observationSize, actionSize, maxEpisodeSteps } = specs[i];
      expect([observation, action, steps].map(Number)).toEqual([
        observationSize,
        actionSize,
        maxEpisodeSteps,
      ]);
      expect(environment.dt).toBeCloseTo(Number(dt), 12);
      environment.close();
      const { physics } = describeEnvironment(id);
      const { bodies } = physics ? await describeModel(physics.xml) : { bodies: [] };
      const total = bodies.reduce((sum, body) => sum + body.mass, 0);
      expect(mass).toBe(physics ? total.toFixed(2) : "");
    }
  });

  it("has every option of every robot with its default", () => {
    const [header, ...rows] = table("| option |");
    const documented = (id: string): Record<string, unknown> => {
      const column = header.findIndex((names, i) => i > 0 && speaksOf(names, id));
      return Object.fromEntries(
        rows.filter((cells) => cells[column] !== "").map((cells) => [cells[0], valueOf(cells[column])]),
      );
    };
    for (const { id, options } of specs) {
      if (id !== "Regulator-v0") expect(documented(id), id).toEqual(options);
    }
  });

  it("names the info terms of every environment, in their order", async () => {
    const rows = table("| id | from `reset` |").slice(1);
    const names = (cell: string): string[] => (cell === "" ? [] : cell.split(", "));
    for (const { id, actionSize } of specs) {
      const row = rows.find(([ids]) => speaksOf(ids, id));
      const environment = await make(id);
      const { info } = environment.reset();
      expect(Object.keys(info), id).toEqual(names(row![1]));
      const step = environment.step(new Float64Array(actionSize));
      expect(Object.keys(step.info), id).toEqual(names(row![2]));
      environment.close();
    }
  });

  it("shows a Humanoid-v4 that observes zeros of the world and the root", async () => {
    const environment = await make("Humanoid-v4");
    const random = createRandom(3);
    environment.reset({ seed: 1 });
    for (let i = 0; i < 100; i++) {
      const { observation } = environment.step(environment.actionSpace.sample(random));
      const constant = [
        [45, 10],
        [185, 6],
        [269, 6],
        [292, 6],
      ] as const;
      for (const [first, count] of constant) {
        expect(observation.subarray(first, first + count).every((x) => x === 0)).toBe(true);
      }
    }
    environment.close();
  });
});

/** A default as the table writes it. */
function valueOf(text: string): unknown {
  const numbers = text.split(", ").map((number) => Number(number.replace("−", "-").replace("∞", "Infinity")));
  if (text === "true" || text === "false") return text === "true";
  return numbers.length === 1 ? numbers[0] : numbers;
}
