import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { renderHtml } from "../../../tools/report/html.ts";
import { renderCompact, renderMarkdown } from "../../../tools/report/markdown.ts";
import { findChromium, launchChromium } from "../../../tools/viewer/chromium.ts";
import { curveOf, doneSeed, smallTable } from "./tables.ts";

const page = renderHtml(smallTable());

/** What a reader sees of a part of the page, tags left out. */
const textOf = (markup: string): string =>
  markup.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ").trim();

/** The cells of the row of the table of all numbers that stands under `group` and begins with `agent`. */
function numbersOf(group: string, agent: string): string[] {
  const under = page.split(`<tr class="group">`).find((part) => textOf(part).startsWith(group)) ?? "";
  const row = under.split("</tr>").find((part) => textOf(part).startsWith(`${agent} `)) ?? "";
  return [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, content]) => textOf(content));
}

describe("the page of a table", () => {
  it("has all numbers of a cell: published, last iterate, best, seeds, steps, when 90 % is held, time", () => {
    expect(numbersOf("Hopper", "A")).toEqual([
      "A", "1500 ± 20", "0.500", "1900 ± 100", "0.950", "2000 ± 100", "1.000", "3", "800,000", "400,000 (2 of 3)", "1m 30s",
    ]);
    expect(numbersOf("Hopper", "B")).toEqual([
      "B", "750", "0.250", "1000", "0.500", "1100", "0.550", "1 of 3 1 failed 1 running", "800,000", "400,000", "1m 30s",
    ]);
  });

  it("names what is missing, and why", () => {
    expect(numbersOf("Hopper", "C")).toEqual(["C", "300", "0.100", "not run"]);
    expect(numbersOf("Ant", "C")).toEqual(["C", "not published", "–", "1 done without a result"]);
    const text = textOf(page);
    expect(text).toContain("5 cells: 1 complete, 2 with some runs done, 1 with runs, none of them done, 1 that nobody has run.");
    expect(text).toContain("10 runs: 6 done, 1 failed, 1 running, 2 waiting.");
    expect(text).toContain("Hopper, B, seed 1 failed : hopper.hdf5: &lt;b&gt;broken&lt;/b&gt; &amp; gone");
    expect(text).toContain("Our own reference was not measured, so that there are no ratios of ours: Ant.");
    expect(text).toContain("not in the suite");
    expect(page).not.toContain("<b>broken</b>");
    expect(page).toContain("<title>A small &lt;table&gt;</title>");
  });

  it("has the command of every run that has one", () => {
    const commands = [...page.matchAll(/<code>(.*?)<\/code>/g)].map(([, command]) => command);
    expect(commands).toEqual([
      ...[0, 1, 2].map((seed) => `motive train ml-irl Hopper-v5 --seed ${seed}`),
      "motive train ml-irl Hopper-v5 --seed 0",
      "motive train --seed 1",
      "motive train ml-irl Hopper-v5 --seed 0",
    ]);
    // a running and two waiting ones, and one that lost its result
    expect(page.match(/No command was kept/g)).toHaveLength(4);
  });

  it("is the same each time", () => {
    expect(renderHtml(smallTable())).toBe(page);
  });

  it("draws an interval from three seeds on, and leaves unfinished runs out of the mean", () => {
    const table = smallTable();
    const [first, second, ...rest] = table.cells;
    const seeds = first.seeds.map((seed, i) => ({ ...seed, curve: curveOf(100 * i, 100, 200) }));
    const unfinished = { seed: 9, state: "running" as const, curve: curveOf(0, 90_000) };
    const drawn = renderHtml({ ...table, cells: [{ ...first, seeds: [...seeds, unfinished] }, { ...second, seeds: [doneSeed(0, 5)] }, ...rest] });
    expect(drawn.match(/class="band"/g)).toHaveLength(1);
    expect(drawn.match(/class="unfinished"/g)).toHaveLength(1);
    const band = /class="band" d="M(\S+) (\S+)L(\S+) (\S+)L(\S+) (\S+)L(\S+) (\S+)L(\S+) (\S+)L(\S+) (\S+)Z"/.exec(drawn)?.slice(1).map(Number) ?? [];
    const mean = /class="mean" d="M(\S+) (\S+)L/.exec(drawn)?.slice(1).map(Number) ?? [];
    // 0, 100 and 200 at the first step: the interval is their range, the mean its middle
    expect(band).toHaveLength(12);
    const [high, low] = [band[1], band[11]];
    expect(mean[1]).toBeCloseTo((high + low) / 2, 0);
    // all agree on 100 at the second
    expect(band[3]).toBe(band[9]);
  });
});

describe("a table in Markdown", () => {
  it("has the same numbers", () => {
    const lines = renderMarkdown(smallTable()).split("\n");
    expect(lines).toContain("| Hopper | A | 1500 ± 20 | 0.500 | 1900 ± 100 | **0.950** | 2000 ± 100 | 1.000 | 3 | 800,000 | 400,000 (2 of 3) | 1m 30s |");
    expect(lines).toContain("| Hopper | C | 300 | 0.100 | not run | – | – | – | – | – | – | – |");
    expect(lines).toContain("| A | 0.950 | 0.900 to 1.000 | 1 of 2 | 3 |");
    expect(lines).toContain("* Hopper, B, seed 1 failed: hopper.hdf5: <b>broken</b> & gone");
  });

  it("is short where it is a glance", () => {
    const lines = renderCompact(smallTable()).split("\n");
    expect(lines).toContain("|  | expert | A | B |");
    expect(lines).toContain("| Hopper | 2000 / 3000 | **0.950** ×3 / 0.500 | **0.500** (1 failed, 1 running) / 0.250 |");
    expect(lines).toContain("| Ant | – / 4000 | no ratio / – | not in the suite |");
    expect(lines[0]).toContain("Without any: C.");
  });

  it("does not repeat the reference where it is a column", () => {
    expect(renderCompact({ ...smallTable(), referenceName: "A" })).toContain("|  | A | B |\n");
  });
});

describe.skipIf(findChromium() === undefined)("the page in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "motive-report-"));
  const file = join(folder, "report.html");
  let browser: Browser;
  const requests: string[] = [];
  const complaints: string[] = [];

  async function open(width: number, colorScheme: "light" | "dark"): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    opened.on("request", (request) => requests.push(request.url()));
    opened.on("console", (message) => complaints.push(message.text()));
    opened.on("pageerror", (error) => complaints.push(error.message));
    await opened.goto(pathToFileURL(file).href);
    return opened;
  }

  beforeAll(async () => {
    writeFileSync(file, page);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it("fits screens wide and narrow, is light and dark, and asks for nothing", async () => {
    const backgrounds: unknown[] = [];
    for (const [width, theme] of [[1280, "light"], [360, "dark"]] as const) {
      const opened = await open(width, theme);
      expect(await opened.evaluate("document.documentElement.scrollWidth")).toBe(width);
      backgrounds.push(await opened.evaluate("getComputedStyle(document.body).backgroundColor"));
    }
    expect(backgrounds).toEqual(["rgb(255, 255, 255)", "rgb(22, 24, 29)"]);
    expect(requests.filter((url) => url !== pathToFileURL(file).href && !url.startsWith("data:"))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("copies commands", async () => {
    const opened = await open(1000, "light");
    await opened.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await opened.locator("summary").first().click();
    const button = opened.locator("button[data-copy]").nth(1);
    await button.click();
    await opened.locator("button:text-is(\"copied\")").waitFor();
    expect(await opened.evaluate("navigator.clipboard.readText()")).toBe("motive train ml-irl Hopper-v5 --seed 1");
  });
});
