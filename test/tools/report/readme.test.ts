import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tableOf } from "../../../tools/benchmark/table-source.ts";
import { withResults } from "../../../tools/report/readme.ts";

const fileOf = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const recorded = (suite: string) => tableOf(suite, fileOf(`docs/results/${suite}.json`));

describe("the README's results", () => {
  it("are those of the records: npm run -s report -- readme", () => {
    const text = readFileSync(fileOf("README.md"), "utf8");
    expect(withResults("README.md", text, recorded)).toBe(text);
  });

  it("hold the mean ratios of the committed runs, computed here from the records alone", () => {
    const records = JSON.parse(readFileSync(fileOf("docs/results/table-2.1.json"), "utf8")) as {
      environment: string;
      rewardInput?: string;
      finalReturn: number;
      expertReturn: number;
    }[];
    const row = /^\| Hopper \|.*$/m.exec(readFileSync(fileOf("README.md"), "utf8"))?.[0] ?? "";
    for (const input of ["state", "state-action"]) {
      const ratios = records
        .filter(({ environment, rewardInput }) => environment === "Hopper-v5" && rewardInput === input)
        .map(({ finalReturn, expertReturn }) => finalReturn / expertReturn);
      const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
      expect(ratios.length).toBeGreaterThan(0);
      expect(row).toContain(`**${mean.toFixed(3)}**${ratios.length > 1 ? ` ×${ratios.length}` : ""} /`);
    }
  });

  it("are written between their marks, and nothing else is touched", () => {
    const text = "before\n<!-- results of table-2.1 -->\nold\n<!-- end of results of table-2.1 -->\nafter\n";
    const written = withResults("README.md", text, recorded);
    expect(written).toMatch(/^before\n<!-- results of table-2.1 -->\n\n[^]*\| Hopper \|[^]*\n\n<!-- end of results of table-2.1 -->\nafter\n$/);
    expect(written).not.toContain("old");
    expect(withResults("README.md", written, recorded)).toBe(written);
  });

  it("need marks that begin and end", () => {
    expect(() => withResults("README.md", "nothing", recorded)).toThrow(/^README.md: has no line <!-- results of SUITE -->/);
    expect(() => withResults("README.md", "a\n<!-- results of x -->\n", recorded)).toThrow("README.md: line 2 begins the results of x, but no line <!-- end of results of x --> ends them");
  });
});
