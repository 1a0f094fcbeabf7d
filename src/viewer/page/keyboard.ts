import type { Analysis } from "./analysis.ts";
import type { Clip } from "./clip.ts";
import { duration, focused, frameAt, goLive, seek, setPlaying, speeds, step, type App, type CameraMode } from "./state.ts";

export interface Actions {
  toggleTheme(): void;
  toggleHelp(): void;
  setCamera(mode: CameraMode): void;
  toggle(what: "ghost" | "contacts" | "torques"): void;
  analysisOf(clip: Clip): Analysis;
}

interface Key {
  /** What is pressed, as `KeyboardEvent.key` names it. */
  readonly keys: readonly string[];
  /** How it is shown. */
  readonly shown: string;
  readonly does: string;
  act(event: KeyboardEvent): void;
}

/** Goes to the next or the last place, in time, where true and learned reward disagree. */
export function jumpToPeak(app: App, analysisOf: (clip: Clip) => Analysis, direction: 1 | -1): void {
  const clip = focused(app)?.clip;
  if (clip === undefined) return;
  const frame = frameAt(clip, app.time);
  const ordered = [...analysisOf(clip).peaks].sort((a, b) => direction * (a - b));
  const next = ordered.find((peak) => direction * (peak - frame) > 0) ?? ordered[0];
  if (next === undefined) return;
  app.playing = false;
  seek(app, next * clip.info.dt);
}

export function changeSpeed(app: App, by: 1 | -1): void {
  const index = speeds.findIndex((speed) => speed === app.speed);
  app.speed = speeds[Math.max(0, Math.min(speeds.length - 1, index + by))];
  if (app.speed !== 1) app.live = false;
  app.changed();
}

function setLoopEnd(app: App, end: 0 | 1): void {
  const loop: [number, number] = app.loop ? [...app.loop] : [0, duration(app)];
  loop[end] = app.time;
  app.loop = loop[1] > loop[0] ? loop : undefined;
  app.live = false;
  app.changed();
}

export function keysOf(app: App, actions: Actions): readonly Key[] {
  return [
    { keys: [" ", "k"], shown: "Space", does: "play, pause", act: () => setPlaying(app, !app.playing) },
    { keys: ["ArrowLeft"], shown: "← →", does: "one frame back, on (Shift: ten)", act: ({ shiftKey }) => step(app, shiftKey ? -10 : -1) },
    { keys: ["ArrowRight"], shown: "", does: "", act: ({ shiftKey }) => step(app, shiftKey ? 10 : 1) },
    { keys: ["Home"], shown: "Home End", does: "first, last frame", act: () => seek(app, 0) },
    { keys: ["End"], shown: "", does: "", act: () => seek(app, duration(app)) },
    { keys: [",", "-"], shown: ", .", does: "slower, faster (1/16 to 8 times)", act: () => changeSpeed(app, -1) },
    { keys: [".", "+", "="], shown: "", does: "", act: () => changeSpeed(app, 1) },
    { keys: ["["], shown: "[ ] \\", does: "loop from here, to here, not at all", act: () => setLoopEnd(app, 0) },
    { keys: ["]"], shown: "", does: "", act: () => setLoopEnd(app, 1) },
    { keys: ["\\"], shown: "", does: "", act: () => {
      app.loop = undefined;
      app.changed();
    } },
    { keys: ["n"], shown: "N P", does: "next, previous disagreement of the rewards", act: () => jumpToPeak(app, actions.analysisOf, 1) },
    { keys: ["p"], shown: "", does: "", act: () => jumpToPeak(app, actions.analysisOf, -1) },
    { keys: ["l"], shown: "L", does: "keep to the newest frames of a live run", act: () => goLive(app) },
    { keys: ["o"], shown: "O F S", does: "camera: orbit, follow, side", act: () => actions.setCamera("orbit") },
    { keys: ["f"], shown: "", does: "", act: () => actions.setCamera("follow") },
    { keys: ["s"], shown: "", does: "", act: () => actions.setCamera("side") },
    { keys: ["g"], shown: "G", does: "robots side by side, or over one another", act: () => actions.toggle("ghost") },
    { keys: ["c"], shown: "C T", does: "contact forces, torques", act: () => actions.toggle("contacts") },
    { keys: ["t"], shown: "", does: "", act: () => actions.toggle("torques") },
    ...[1, 2, 3, 4].map((n) => ({
      keys: [String(n)],
      shown: n === 1 ? "1 … 4" : "",
      does: n === 1 ? "rewards and states of that robot" : "",
      act: () => {
        if (n <= app.slots.length) app.focus = n - 1;
        app.changed();
      },
    })),
    { keys: ["d"], shown: "D", does: "light, dark", act: () => actions.toggleTheme() },
    { keys: ["?", "h"], shown: "?", does: "this help", act: () => actions.toggleHelp() },
  ];
}

/** Listens to keys, except where somebody types or moves a slider. */
export function listenToKeys(keys: readonly Key[]): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const typing = target.closest("select, input:not([type=checkbox])") !== null;
    // what moves a slider moves the slider
    if (typing && (/^(Arrow|Home|End|Page| )/.test(event.key) || target.tagName === "SELECT")) return;
    // a button that has the focus is pressed by the space bar
    const found = keys.find(({ keys: names }) => names.includes(event.key.length === 1 ? event.key.toLowerCase() : event.key));
    if (found === undefined) return;
    event.preventDefault();
    if (target.tagName === "BUTTON") target.blur();
    found.act(event);
  });
}
