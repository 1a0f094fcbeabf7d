import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { UserError } from "../../src/errors.ts";
import { writeFileAtomically } from "../../src/runs/index.ts";
import { pageFolder } from "./serving.ts";

export interface Looks {
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
  readonly camera: "side" | "follow" | "orbit";
  readonly ghost?: boolean;
  readonly frame?: number;
  /** Of the video, at most. */
  readonly seconds: number;
  readonly png?: string;
  readonly webm?: string;
  readonly chromium?: string;
}

const usualPlaces = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The Chromium of this machine, if it has one. */
export const findChromium = (): string | undefined => usualPlaces.find((path) => existsSync(path));

/** WebGL in software, no display, and nothing that calls out by itself. */
export const chromiumFlags = [
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--force-color-profile=srgb",
];

/** @throws UserError when there is no Chromium, or it does not start */
export async function launchChromium(path = findChromium()): Promise<Browser> {
  if (path === undefined || !existsSync(path)) {
    throw new UserError(
      path === undefined
        ? "pictures and videos need a Chromium, and none is installed (Debian: apt-get install chromium); --html needs none"
        : `${path}: there is no Chromium`,
    );
  }
  const { chromium } = await import("playwright-core");
  try {
    return await chromium.launch({ executablePath: path, headless: true, args: chromiumFlags });
  } catch (error) {
    throw new UserError(`${path}: does not start: ${(error as Error).message.split("\n")[0]}`);
  }
}

/** What a page lets a program do that draws it; see src/viewer/page/pictures.ts. */
interface PictureWindow {
  readonly motivePictures: {
    /** Resolves when all episodes are there. */
    ready(looks: { camera: string; theme: string; ghost: boolean }): Promise<{ frames: number; rate: number }>;
    show(frame: number): Promise<void>;
  };
  /** Of src/viewer/page/recorder.ts: the stage as a video, base64. */
  motiveRecord(frames: number, rate: number, width: number, height: number): Promise<string>;
}

async function draw(page: Page, looks: Looks): Promise<void> {
  const { frames, rate } = await page.evaluate(
    (wanted) => (globalThis as unknown as PictureWindow).motivePictures.ready(wanted),
    { camera: looks.camera, theme: looks.theme, ghost: looks.ghost ?? false },
  );
  const { png, webm } = looks;
  if (png !== undefined) {
    const frame = looks.frame ?? Math.floor(frames / 2);
    if (frame >= frames) throw new UserError(`--frame ${frame}: the rollouts have ${frames} frames`);
    await page.evaluate((at) => (globalThis as unknown as PictureWindow).motivePictures.show(at), frame);
    const bytes = await page.screenshot({ type: "png" });
    writeFileAtomically(png, (sink) => sink.append(bytes));
  }
  if (webm !== undefined) {
    // videos are a large part that pages do without
    await page.addScriptTag({ path: join(pageFolder, "recorder.js") });
    const text = await page.evaluate(
      ([count, perSecond, width, height]) => (globalThis as unknown as PictureWindow).motiveRecord(count, perSecond, width, height),
      [Math.min(frames, Math.round(looks.seconds * rate) + 1), rate, looks.width, looks.height] as const,
    );
    writeFileAtomically(webm, (sink) => sink.append(Buffer.from(text, "base64")));
  }
}

/** Opens a self-contained page in a Chromium and writes what it shows. @throws UserError */
export async function drawPage(html: string, looks: Looks): Promise<void> {
  const browser = await launchChromium(looks.chromium);
  const folder = mkdtempSync(join(tmpdir(), "motive-view-"));
  try {
    const file = join(folder, "page.html");
    writeFileSync(file, html);
    const page = await browser.newPage({
      viewport: { width: looks.width, height: looks.height },
      colorScheme: looks.theme,
      // the recorder is added to a page whose policy allows its own script alone
      bypassCSP: true,
    });
    page.setDefaultTimeout(600_000);
    await page.goto(pathToFileURL(file).href);
    await page.waitForFunction(() => "motivePictures" in globalThis);
    await draw(page, looks);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
