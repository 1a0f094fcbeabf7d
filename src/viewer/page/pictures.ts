import type { Stage } from "./stage/index.ts";
import { currentTheme, setTheme, type Theme } from "./theme.ts";
import { duration, stepOf, type App, type CameraMode } from "./state.ts";

/** What a program that draws this page is given; tools/viewer/chromium.ts uses it. */
export interface Pictures {
  ready(looks: { camera: CameraMode; theme: Theme; ghost: boolean }): Promise<{ frames: number; rate: number }>;
  show(frame: number): Promise<void>;
  /** Puts robots and labels, and nothing else, at a frame at once. */
  pose(frame: number): void;
  canvas(): HTMLCanvasElement;
  labels(): { readonly text: string; readonly color: string; readonly left: number; readonly top: number }[];
}

const nextPicture = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()));

/** @param draw draws the page at once, `drawStage` only robots and labels */
export function providePictures(app: App, stage: Stage, draw: () => void, drawStage: () => void, themeChanged: () => void): void {
  const pictures: Pictures = {
    async ready({ camera, theme, ghost }) {
      document.documentElement.classList.add("picture");
      if (currentTheme() !== theme) setTheme(theme);
      themeChanged();
      app.playing = false;
      stage.setFine(true);
      app.camera = camera;
      app.ghost = ghost || app.ghost;
      while (app.slots.length === 0 || app.slots.some(({ clip, problem }) => clip === undefined && problem === "")) await nextPicture();
      dispatchEvent(new Event("resize"));
      await nextPicture();
      const dt = stepOf(app);
      return { frames: Math.round(duration(app) / dt) + 1, rate: 1 / dt };
    },
    async show(frame) {
      app.time = frame * stepOf(app);
      draw();
      await nextPicture();
    },
    pose(frame) {
      app.time = frame * stepOf(app);
      drawStage();
    },
    canvas: () => stage.canvas,
    labels: () =>
      [...document.querySelectorAll<HTMLElement>(".overlay .label")].map((label) => {
        const { left, top } = label.getBoundingClientRect();
        const color = label.querySelector("i")?.style.background ?? "";
        return { text: label.querySelector("b")?.textContent ?? "", color, left, top };
      }),
  };
  Object.assign(globalThis, { motivePictures: pictures });
}
