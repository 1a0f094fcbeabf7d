import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ChildProcess } from "node:child_process";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDataset } from "../../../datasets/index.ts";
import { findChromium, launchChromium } from "../../../tools/viewer/chromium.ts";
import { ending, motive, start, temporaryFolder } from "../command-line.ts";

const root = join(import.meta.dirname, "../../..");
const at = (path: string): string => join(root, path);
const demonstration = at("datasets/demonstrations/hopper-v5-1.hdf5");
const expert = at("datasets/policies/hopper-v5-expert.safetensors");
const learned = at("docs/results/hopper/ml-irl-state-action-0.policy.safetensors");
const reward = at("docs/results/hopper/ml-irl-state-action-0.reward.safetensors");
const folder = temporaryFolder();

const chromium = findChromium();
const reason = chromium === undefined ? " (skipped: no Chromium is installed; Debian: apt-get install chromium)" : "";

const viewers: ChildProcess[] = [];
afterAll(() => {
  for (const child of viewers) child.kill("SIGKILL");
});

/** Starts `motive view` and waits for its link. */
async function view(...words: string[]): Promise<{ link: string; end(): Promise<void> }> {
  const child: ChildProcess = start(folder, "view", ...words, "--json");
  viewers.push(child);
  const link = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (text.includes("\n")) resolve((JSON.parse(text) as { link: string }).link);
    });
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (part: string) => (errors += part));
    child.on("exit", (code) => reject(new Error(`motive view ended with ${code}: ${errors}`)));
  });
  return {
    link,
    async end() {
      child.kill("SIGINT");
      expect(await ending(child)).toBe(0);
    },
  };
}

// Chromium draws by software here, on machines that are busy with other things
describe.skipIf(chromium === undefined)(`the viewer in a browser${reason}`, { timeout: 280_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  /** A page, and what went wrong in it. */
  async function open(link: string): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1100, height: 720 } });
    page.setDefaultTimeout(60_000);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(link);
    await until(page, 'Number.isFinite(Number(document.querySelector(".label")?.dataset.x))');
    return { page, problems };
  }
  const frameOf = async (page: Page): Promise<number> => Number(await page.locator(".clock").getAttribute("data-frame"));
  const placeOf = async (page: Page, index = 0): Promise<number> => Number(await page.locator(".label").nth(index).getAttribute("data-x"));
  /** Not by playwright's own waiting: it evaluates text in the page, which the page's policy forbids. */
  async function until(page: Page, condition: string): Promise<void> {
    const began = performance.now();
    while (!((await page.evaluate(condition)) as boolean)) {
      await page.waitForTimeout(100);
      if (performance.now() - began > 90_000) throw new Error(`not within 90 s: ${condition}`);
    }
  }
  /** Clicks where a frame lies in the timeline. */
  async function scrub(page: Page, frame: number, frames: number): Promise<void> {
    const box = await page.locator(".plots").boundingBox();
    if (box === null) throw new Error("the timeline is not shown");
    await page.mouse.click(box.x + 46 + ((box.width - 60) * frame) / frames, box.y + 60);
  }

  it("follows a run in training: the robot moves, the curves grow, and newer policies come", async () => {
    const run = join(folder, "live");
    const training = start(folder, "train", "sac", "Hopper-v5", "--steps", "240000", "--set", "hidden=16,16", "--set", "batchSize=16", "--evaluate-every", "0", "--out", run, "--json");
    try {
      while (!existsSync(join(run, "history")) || !existsSync(join(run, "metrics.jsonl"))) await new Promise((resolve) => setTimeout(resolve, 200));
      const viewer = await view(run);
      const { page, problems } = await open(viewer.link);
      expect(await page.locator(".live").getAttribute("class")).toContain("on");
      const records = 'Number([...document.querySelectorAll(".panel")].find((one) => one.dataset.records)?.dataset.records)';
      await until(page, `${records} >= 1`);
      const before = { records: Number(await page.evaluate(records)), label: await page.locator(".label b").textContent() };
      const seen = new Set<number>();
      for (let i = 0; i < 12; i++) {
        seen.add(await placeOf(page));
        await page.waitForTimeout(150);
      }
      expect(seen.size).toBeGreaterThan(4);
      await until(page, `${records} > ${before.records + 1}`);
      // policies are kept 24 times a run
      await until(page, `document.querySelector(".label b").textContent !== ${JSON.stringify(before.label)}`);
      // in hindsight: the first policy of all
      const slider = page.locator(".hindsight input");
      await slider.focus();
      await page.keyboard.press("Home");
      await until(page, 'document.querySelector(".label b").textContent.endsWith("step 0")');
      expect(problems).toEqual([]);
      await page.close();
      await viewer.end();
    } finally {
      training.kill("SIGTERM");
      await ending(training);
    }
  });

  it("scrubs to exact frames, steps, jumps to disagreements, compares, and asks what states are worth", async () => {
    const viewer = await view(demonstration, learned, "--reward", reward);
    const { page, problems } = await open(viewer.link);
    // the demonstration alone: its states are known
    await page.getByLabel(/^show ml-irl/).uncheck();
    const set = await readDataset(demonstration);
    const x = (frame: number): number => (set.infos.qpos.values as Float32Array)[6 * frame];
    for (const frame of [700, 250]) {
      await scrub(page, frame, 1000);
      await until(page, `Math.abs(Number(document.querySelector(".clock").dataset.frame) - ${frame}) <= 2`);
      const shown = await frameOf(page);
      await until(page, `Number(document.querySelector(".label").dataset.shown) === ${shown}`);
      expect(await placeOf(page)).toBeCloseTo(x(shown), 5);
    }
    const frame = await frameOf(page);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowLeft");
    await until(page, `Number(document.querySelector(".label").dataset.shown) === ${frame + 1}`);
    expect(await placeOf(page)).toBeCloseTo(x(frame + 1), 5);
    await page.keyboard.press("Home");
    await until(page, 'document.querySelector(".clock").dataset.frame === "0"');

    const jump = page.locator(".jump").first();
    const wanted = Number(await jump.getAttribute("data-frame"));
    await jump.click();
    await until(page, `Number(document.querySelector(".clock").dataset.frame) === ${wanted}`);
    expect(Math.abs(Number(await page.locator("[data-correlation]").getAttribute("data-correlation")))).toBeLessThan(1);

    // a state that was never recorded
    const velocity = page.locator('[data-coordinate="qvel:0"]');
    await velocity.focus();
    await page.keyboard.press("PageUp");
    await until(page, 'document.querySelector("[data-verdict]").textContent.includes("→")');
    const verdict = await page.locator("[data-verdict]").textContent();
    await page.keyboard.press("PageUp");
    await until(page, `document.querySelector("[data-verdict]").textContent !== ${JSON.stringify(verdict)}`);
    await page.locator(".reset").click();
    await until(page, 'document.querySelector("[data-verdict]").textContent === ""');

    // two robots on one clock, side by side and over one another
    await page.getByLabel(/^show ml-irl/).check();
    await page.getByLabel(/^episode of ml-irl/).selectOption("start-0");
    await until(page, 'document.querySelectorAll(".label").length === 2 && Number.isFinite(Number(document.querySelectorAll(".label")[1].dataset.x))');
    await scrub(page, 500, 1000);
    await until(page, '[...document.querySelectorAll(".label")].every((label) => Math.abs(Number(label.dataset.shown) - 500) < 3)');
    expect(await placeOf(page, 0)).not.toBe(await placeOf(page, 1));
    const left = await page.locator(".label").nth(1).boundingBox();
    await page.keyboard.press("g");
    await until(page, 'document.querySelectorAll(".tools button")[3].getAttribute("aria-pressed") === "true"');
    await until(page, `Math.abs(document.querySelectorAll(".label")[1].getBoundingClientRect().x - ${left?.x}) > 100`);

    // playing moves on, at a speed that can be changed
    await page.keyboard.press(".");
    await page.keyboard.press("Space");
    await until(page, 'Number(document.querySelector(".clock").dataset.frame) > 520');
    await page.keyboard.press("Space");
    expect(problems).toEqual([]);
    await page.close();
    await viewer.end();
  });

  it("writes a page that works from the file system, with no server and no connection", async () => {
    const file = join(folder, "shared.html");
    const { code, stderr } = motive(folder, "view", expert, learned, "--reward", reward, "--html", file);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const context = await browser.newContext({ offline: true });
    const page = await context.newPage();
    const asked: string[] = [];
    const problems: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(pathToFileURL(file).href);
    await until(page, 'document.querySelectorAll(".label").length === 2 && Number(document.querySelectorAll(".label")[1].dataset.x) > 0.2');
    await page.locator(".jump").first().click();
    await until(page, 'document.querySelector(".clock").dataset.frame === document.querySelector(".jump").dataset.frame');
    expect(asked.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([]);
    expect(problems).toEqual([]);
    await context.close();
  });

  it("draws pictures and videos without a display", async () => {
    const [png, webm] = [join(folder, "still.png"), join(folder, "clip.webm")];
    const { code, stderr } = motive(folder, "view", demonstration, "--png", png, "--webm", webm, "--frame", "300", "--size", "320x240", "--seconds", "1");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const header = readFileSync(png);
    expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([320, 240]);
    const page = await browser.newPage();
    writeFileSync(join(folder, "player.html"), "<!doctype html><video muted></video>");
    await page.goto(pathToFileURL(join(folder, "player.html")).href);
    const video = (await page.evaluate(
      `new Promise((resolve, reject) => {
        const video = document.querySelector("video");
        video.onloadeddata = () => resolve({ width: video.videoWidth, height: video.videoHeight, seconds: video.duration });
        video.onerror = () => reject(new Error(video.error.message));
        video.src = "clip.webm";
      })`,
    )) as { width: number; height: number; seconds: number };
    expect(video).toMatchObject({ width: 320, height: 240 });
    expect(video.seconds).toBeGreaterThan(0.9);
    expect(video.seconds).toBeLessThan(1.2);
    await page.close();
  });
});

describe("pictures where there is no Chromium", () => {
  it("are refused in one line that says what would help", () => {
    const { code, stderr } = motive(folder, "view", expert, "--png", "x.png", "--chromium", "/nowhere/chromium");
    expect(stderr).toBe("motive: /nowhere/chromium: there is no Chromium\n");
    expect(code).toBe(1);
  });
});
