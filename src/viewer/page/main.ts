import "uplot/dist/uPlot.min.css";
import "./style.css";
import type { Scene } from "../scene.ts";
import { createAnalyst } from "./analysis.ts";
import { advance } from "./clock.ts";
import { formatNumber, h, setText } from "./dom.ts";
import { icon } from "./icons.ts";
import { keysOf, listenToKeys, type Actions } from "./keyboard.ts";
import { fileLink, serverLink, type Link, type Listener, type Status } from "./link.ts";
import { createOverlay } from "./overlay.ts";
import { curvesPanel, rewardPanel, rolloutsPanel, statePanel } from "./panels.ts";
import { providePictures } from "./pictures.ts";
import { createStage } from "./stage/index.ts";
import { completeAll, fillGaps, follow, mostSlots, show, takeEpisode, type App, type CameraMode } from "./state.ts";
import { currentTheme, initialTheme, setTheme } from "./theme.ts";
import { createTimeline } from "./timeline.ts";

setTheme(initialTheme());

const statusTexts: Readonly<Record<Status, string>> = {
  connecting: "connecting …",
  connected: "connected",
  lost: "connection lost, trying again …",
  file: "from this file",
};
let status: Status = "connecting";
let opened = false;

/** What is in view at first: what a model imagines only where it does not take the place of something live. */
const firstTracks = ({ tracks }: Scene): string[] =>
  tracks.filter(({ imagined, beside }) => imagined !== true || tracks.find(({ id }) => id === beside)?.first !== "live").map(({ id }) => id);

const listener: Listener = {
  scene(scene) {
    const waiting = new Set(app.scene.tracks.filter(({ first }) => first === undefined).map(({ id }) => id));
    app.scene = scene;
    // a connection that came back has other episodes; a run that waited may have a policy by now
    const ready = scene.tracks.filter(({ id, first }) => first !== undefined && waiting.has(id)).map(({ id }) => id);
    app.slots = app.slots.filter(({ track }) => !ready.includes(track) && scene.tracks.some(({ id }) => id === track));
    const wanted = opened ? ready : firstTracks(scene).slice(0, mostSlots);
    if (!opened) app.live = scene.tracks.some(({ first }) => first === "live");
    opened = true;
    document.title = `${scene.title} – motive`;
    setText(title, scene.title);
    title.title = scene.title;
    void wanted.reduce((before, id) => before.then(() => show(app, id)), Promise.resolve()).then(app.changed);
    app.changed();
  },
  episode: (info) => takeEpisode(app, info),
  frames(frames, length) {
    for (const { clip, newest } of app.slots) {
      const target = [clip, newest].find((one) => one?.info.id === frames.episode);
      target?.take(frames, length);
    }
    app.changed();
  },
  metrics(part) {
    curves.take(part);
    app.changed();
  },
  status(now) {
    // episodes of a server that was restarted are gone
    if (now === "connected" && status === "lost") opened = false;
    if (now === "connected" && !opened) app.slots = [];
    status = now;
    app.changed();
  },
};

const title = h("h1", {}, "motive");
const exhibit = document.getElementById("exhibit");
const unlinked = { open: () => Promise.reject(new Error()) } as unknown as Link;
const app: App = {
  scene: { title: "motive", robots: [], tracks: [], runs: [] },
  link: unlinked,
  slots: [],
  focus: 0,
  time: 0,
  playing: true,
  speed: 1,
  loop: undefined,
  live: false,
  ghost: false,
  camera: "side",
  contacts: false,
  torques: false,
  listeners: new Set(),
  changed() {
    dirty = true;
    for (const notify of app.listeners) notify();
  },
};
let dirty = true;

const analysisOf = createAnalyst();
const stage = createStage(app);
const overlay = createOverlay(app, stage);
const timeline = createTimeline(app, analysisOf);
const curves = curvesPanel(app);
const panels = [rolloutsPanel(app), rewardPanel(app, analysisOf), statePanel(app, stage.setProbe), curves];

const themeChanged = (): void => {
  stage.themeChanged();
  timeline.themeChanged();
  curves.themeChanged();
  app.changed();
};
const actions: Actions = {
  analysisOf,
  toggleTheme() {
    setTheme(currentTheme() === "dark" ? "light" : "dark");
    themeChanged();
  },
  toggleHelp() {
    if (help.open) help.close();
    else help.showModal();
  },
  setCamera(mode: CameraMode) {
    app.camera = mode;
    stage.resetCamera();
    app.changed();
  },
  toggle(what) {
    app[what] = !app[what];
    follow(app);
    completeAll(app);
    app.changed();
  },
};
const keys = keysOf(app, actions);
listenToKeys(keys);

const help = h(
  "dialog",
  { class: "help", onclick: () => help.close() },
  h("h2", {}, "Keys"),
  h("dl", {}, ...keys.filter(({ does }) => does !== "").flatMap(({ shown, does }) => [h("dt", {}, shown), h("dd", {}, does)])),
  h("p", {}, "Drag the stage to turn the camera, wheel to come closer. Drag in the curves to scrub, Shift-drag to loop a range."),
);
const tool = (text: string, tip: string, act: () => void, isOn: () => boolean): HTMLElement => {
  const button = h("button", { title: tip, "aria-pressed": false, onclick: act }, text);
  app.listeners.add(() => button.setAttribute("aria-pressed", String(isOn())));
  return button;
};
const tools = h(
  "div",
  { class: "tools", role: "toolbar", "aria-label": "view" },
  ...(["side", "follow", "orbit"] as const).map((mode) => tool(mode, `Camera: ${mode} (${mode[0].toUpperCase()})`, () => actions.setCamera(mode), () => app.camera === mode)),
  h("span", { class: "gap" }),
  tool("ghost", "Draw robots over one another (G)", () => actions.toggle("ghost"), () => app.ghost),
  tool("contacts", "Contact forces (C)", () => actions.toggle("contacts"), () => app.contacts),
  tool("torques", "Torques of the motors (T)", () => actions.toggle("torques"), () => app.torques),
);
const statusLine = h("span", { class: "status" });
const header = h(
  "header",
  {},
  h("span", { class: "brand" }, "motive"),
  title,
  statusLine,
  h("button", { title: "Light or dark (D)", "aria-label": "light or dark", onclick: () => actions.toggleTheme() }, icon("theme")),
  h("button", { title: "Keys (?)", "aria-label": "keys", onclick: () => actions.toggleHelp() }, "?"),
);
stage.element.append(overlay.element, tools);
document.getElementById("viewer")?.append(
  header,
  h("main", {}, h("div", { class: "left" }, stage.element, timeline.element), h("aside", {}, ...panels.map(({ element }) => element))),
  help,
);
Object.assign(app, { link: exhibit ? fileLink(exhibit, listener) : serverLink(listener) });

const drawStage = (): void => {
  stage.draw();
  overlay.draw();
};
const drawAll = (): void => {
  drawStage();
  timeline.draw();
  for (const panel of panels) panel.draw();
};
providePictures(app, stage, drawAll, drawStage, themeChanged);
themeChanged();
new ResizeObserver(() => app.changed()).observe(stage.element);

let last = performance.now();
/** Milliseconds between two looks at what a live episode has skipped. */
const gapInterval = 1000;
let receivedBefore = 0;
let measuredAt = last;
const measure = (now: number): void => {
  if (now - measuredAt < gapInterval) return;
  const bandwidth = (1000 * (app.link.received - receivedBefore)) / (now - measuredAt) / 1024;
  receivedBefore = app.link.received;
  measuredAt = now;
  if (app.live) fillGaps(app);
  const numbers = [...(app.playing ? [`${Math.round(stage.rate)} fps`] : []), ...(status === "connected" ? [`${formatNumber(bandwidth, 1)} KB/s`] : [])];
  setText(statusLine, [statusTexts[status], ...numbers].join(" · "));
  statusLine.dataset.rate = stage.rate.toFixed(1);
  statusLine.dataset.bandwidth = (1024 * bandwidth).toFixed(0);
  statusLine.dataset.status = status;
};
const tick = (now: number): void => {
  requestAnimationFrame(tick);
  const seconds = Math.min(0.25, Math.max(0, (now - last) / 1000));
  last = now;
  if (app.playing) advance(app, seconds);
  // a paused page with nothing new to show costs nothing
  if (app.playing || dirty) {
    dirty = false;
    drawAll();
  }
  measure(now);
};
requestAnimationFrame(tick);
