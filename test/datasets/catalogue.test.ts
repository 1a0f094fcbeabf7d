import { existsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { catalogued, partsOf, readCatalogue } from "../../datasets/catalogue.ts";
import { contentOf, openDataset } from "../../datasets/index.ts";
import { environmentSpec } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { useTemporaryFiles } from "./hdf5-files.ts";

const random = {
  name: "hopper-random-v5",
  environment: "Hopper-v5",
  kind: "random",
  seed: 0,
  transitions: 10,
};

describe("a catalogue", () => {
  const path = useTemporaryFiles();
  const read = (entries: unknown) => {
    writeFileSync(path("catalogue.json"), JSON.stringify(entries));
    return readCatalogue(path("catalogue.json"));
  };
  const refusal = (entries: unknown): string => {
    try {
      read(entries);
    } catch (error) {
      if (error instanceof UserError) return error.message.replace(path("catalogue.json"), "FILE");
      throw error;
    }
    throw new Error("nothing was refused");
  };

  it("knows its sets, where their files lie, and the parts of joined ones", () => {
    const joined = {
      name: "hopper-both-v5",
      environment: "Hopper-v5",
      kind: "medium-expert",
      sets: ["hopper-random-v5"],
    };
    const catalogue = read([random, joined]);
    expect(catalogue.entries).toEqual([random, joined]);
    expect(catalogued(catalogue, "policies/a.safetensors")).toBe(path("policies/a.safetensors"));
    expect(dirname(catalogue.file)).toBe(catalogue.folder);
    const [, entry] = catalogue.entries;
    expect(entry.kind === "medium-expert" && partsOf(catalogue, entry)).toEqual([random]);
  });

  it("is refused, with the set and the place, where something is wrong", () => {
    const joined = (...sets: string[]) => ({
      name: "hopper-both-v5",
      environment: "Hopper-v5",
      kind: "medium-expert",
      sets,
    });
    expect(refusal([{ ...random, seed: -1 }])).toMatch(/^FILE: set "hopper-random-v5": "seed": /);
    expect(refusal([{ ...random, kind: "rondom" }])).toMatch(/^FILE: set "hopper-random-v5": "kind": /);
    expect(refusal([{ ...random, policy: "x" }])).toContain("policy");
    expect(refusal([{ ...random, name: "Hopper" }])).toContain("lower-case words and a version");
    expect(refusal([random, 3])).toMatch(/^FILE: set 1: /);
    expect(refusal({})).toMatch(/^FILE: .*array/);
    expect(refusal([random, random])).toBe('FILE: there are two sets "hopper-random-v5"');
    expect(refusal([joined("hopper-x-v5")])).toBe(
      'FILE: set "hopper-both-v5": there is no set "hopper-x-v5"',
    );
    expect(refusal([joined("hopper-both-v5")])).toContain("is a joined set itself");
    expect(refusal([{ ...random, environment: "Ant-v5" }, joined("hopper-random-v5")])).toBe(
      'FILE: set "hopper-both-v5": "hopper-random-v5" is of Ant-v5, not of Hopper-v5',
    );
    writeFileSync(path("catalogue.json"), "[{");
    expect(() => readCatalogue(path("catalogue.json"))).toThrow(/catalogue\.json: is not JSON/);
    expect(() => readCatalogue(path("none.json"))).toThrow("no such file");
  });
});

describe("the project's catalogue", () => {
  const catalogue = readCatalogue();

  it.each(catalogue.entries)("has what $name is made of", (entry) => {
    expect(environmentSpec(entry.environment).id).toBe(entry.environment);
    if ("policy" in entry) expect(existsSync(catalogued(catalogue, entry.policy))).toBe(true);
    if ("recording" in entry) expect(existsSync(catalogued(catalogue, entry.recording))).toBe(true);
    if ("transitions" in entry && entry.content) expect(entry.content.transitions).toBe(entry.transitions);
    if ("episodes" in entry && entry.content) expect(entry.content.episodes).toBe(entry.episodes);
  });

  const kept = catalogue.entries.flatMap((entry) =>
    entry.kind === "demonstrations" && entry.file !== undefined ? [{ ...entry, file: entry.file }] : [],
  );

  it.each(kept)("says what $file holds", async ({ file, environment, content }) => {
    const path = catalogued(catalogue, file);
    expect(statSync(path).size).toBeLessThan(2e6);
    const dataset = await openDataset(path, { environment });
    expect(contentOf(dataset)).toBe(content?.sha256);
    expect(dataset.episodes.length).toBe(content?.episodes);
    dataset.close();
  });
});
