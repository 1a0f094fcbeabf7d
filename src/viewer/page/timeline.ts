import type { Analysis } from "./analysis.ts";
import type { Clip } from "./clip.ts";
import { icon, type IconName } from "./icons.ts";
import { formatNumber, h, setText, themeColor } from "./dom.ts";
import { slotColors } from "./palette.ts";
import { createPlot, type Curve, type Plot } from "./plot.ts";
import { duration, focused, frameAt, goLive, seek, setPlaying, slotTrack, speeds, step, type App } from "./state.ts";

export interface Timeline {
  readonly element: HTMLElement;
  draw(): void;
  themeChanged(): void;
}

/** Of all plots under the scrubber, so that time runs alike in them. */
const gutter = 46;
const margin = 14;
const colors = { terms: ["#2e8fa8", "#8a9a2f", "#b65a8d", "#6d7fd6", "#a8763e"], penalty: "#c4453b", distance: "#7a6ff0" } as const;

const speedText = (speed: number): string => (speed < 1 ? `1/${Math.round(1 / speed)}×` : `${speed}×`);

/** What a plot shows, each curve beside its colour. */
function showTitle(element: HTMLElement, words: string, curves: readonly Curve[]): void {
  element.replaceChildren(
    ...(words === "" ? [] : [words]),
    ...curves.map(({ label, color }) => {
      const swatch = h("i");
      swatch.style.background = color;
      return h("span", {}, swatch, label);
    }),
  );
}

/** Transport, scrubber, and under it what every frame is worth. */
export function createTimeline(app: App, analysisOf: (clip: Clip) => Analysis): Timeline {
  const play = h("button", { class: "play", "aria-label": "play or pause (space)", title: "Play or pause (space)", onclick: () => setPlaying(app, !app.playing) });
  const [playing, paused] = [icon("pause"), icon("play")];
  const button = (name: IconName, title: string, act: () => void): HTMLButtonElement =>
    h("button", { class: "icon", title, "aria-label": title, onclick: act }, icon(name));
  const speed = h("select", {
    "aria-label": "speed",
    title: "Speed (, and .)",
    onchange: () => {
      app.speed = Number(speed.value);
      app.live = false;
      app.changed();
    },
  });
  for (const value of speeds) speed.append(h("option", { value }, speedText(value)));
  const live = h("button", { class: "live", title: "Keep to the newest frames (L)", onclick: () => goLive(app) }, "live");
  const clock = h("output", { class: "clock", "data-clock": true });
  const loopInfo = h("span", { class: "loop-info" });
  const bar = h(
    "div",
    { class: "transport" },
    play,
    button("first", "First frame (Home)", () => seek(app, app.loop?.[0] ?? 0)),
    button("back", "One frame back (←)", () => step(app, -1)),
    button("on", "One frame on (→)", () => step(app, 1)),
    speed,
    live,
    clock,
    loopInfo,
  );

  const range = h("div", { class: "loop-range" });
  const marks = h("div", { class: "marks" });
  const handle = h("div", { class: "handle" });
  const filled = h("div", { class: "filled" });
  const scrubber = h(
    "div",
    { class: "scrubber", role: "slider", tabindex: 0, "aria-label": "time", "aria-valuemin": 0, title: "Drag to scrub, Shift-drag to loop a range" },
    h("div", { class: "rail" }, filled, range),
    marks,
    handle,
  );
  const rewards = createPlot({ height: 118, gutter, showX: true, right: margin });
  const terms = createPlot({ height: 92, gutter, showX: false, right: margin });
  const extra = createPlot({ height: 62, gutter, showX: false, right: margin });
  const termsTitle = h("span", { class: "plot-title" });
  const termsRow = h("div", { class: "plot-row" }, termsTitle, terms.element);
  const extraTitle = h("span", { class: "plot-title" });
  const extraRow = h("div", { class: "plot-row" }, extraTitle, extra.element);
  const rewardTitle = h("span", { class: "plot-title" });
  const playhead = h("div", { class: "playhead" });
  const plots = h("div", { class: "plots" }, scrubber, h("div", { class: "plot-row" }, rewardTitle, rewards.element), termsRow, extraRow, playhead);
  const element = h("section", { class: "timeline", "aria-label": "timeline" }, bar, plots);

  const span = (): number => Math.max(duration(app), 1e-9);
  const timeOf = (event: PointerEvent): number => {
    const box = plots.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left - gutter) / (box.width - gutter - margin))) * span();
  };
  /** Where somebody began to drag a loop. */
  let loopFrom: number | undefined;
  plots.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || (event.target as Element).closest("button")) return;
    plots.setPointerCapture(event.pointerId);
    const time = timeOf(event);
    if (event.shiftKey) loopFrom = time;
    else {
      app.playing = false;
      seek(app, snap(time));
    }
    scrubber.focus();
    event.preventDefault();
  });
  plots.addEventListener("pointermove", (event) => {
    if (!plots.hasPointerCapture(event.pointerId)) return;
    const time = timeOf(event);
    if (loopFrom === undefined) { seek(app, snap(time)); return; }
    app.loop = [Math.min(loopFrom, time), Math.max(loopFrom, time)];
    app.live = false;
    app.changed();
  });
  plots.addEventListener("pointerup", () => {
    if (loopFrom !== undefined && app.loop && app.loop[1] - app.loop[0] < 0.02 * span()) app.loop = undefined;
    loopFrom = undefined;
    app.changed();
  });
  /** The nearest frame of the clip in focus. */
  const snap = (time: number): number => {
    const clip = focused(app)?.clip;
    return clip ? Math.min(Math.round(time / clip.info.dt), Math.max(0, clip.length - 1)) * clip.info.dt : time;
  };

  let shown = "";
  let markKey = "";
  const showCurves = (clip: Clip | undefined): void => {
    const slot = focused(app);
    const analysis = clip && analysisOf(clip);
    // what a live episode adds is drawn when it was analysed anew
    const key = `${clip?.info.id}|${analysis?.revision}|${span().toFixed(3)}|${app.slots.map(({ color }) => color).join()}|${app.focus}`;
    if (key === shown) return;
    shown = key;
    const end: [number, number] = [0, span()];
    const accent = slot ? slotColors[slot.color] : themeColor("--text");
    const curves: Curve[] = [];
    if (analysis?.learnedZ) {
      curves.push({ label: "true reward", color: accent, values: analysis.trueZ });
      curves.push({ label: "learned reward", color: themeColor("--learned"), values: analysis.learnedZ, width: 1.7 });
    } else if (analysis) curves.push({ label: "true reward", color: accent, values: analysis.trueReward });
    showTitle(rewardTitle, analysis?.learnedZ ? "z-scored" : "", curves);
    rewards.set(analysis?.times ?? [], curves, end);
    const termCurves = analysis?.terms.map(({ channel, values }, i): Curve => ({ label: channel.label, color: colors.terms[i % colors.terms.length], values })) ?? [];
    termsRow.hidden = termCurves.length === 0;
    showTitle(termsTitle, "true reward is the sum of", termCurves);
    if (analysis && termCurves.length > 0) terms.set(analysis.times, termCurves, end);
    const extraCurves = analysis?.extra.map(({ channel, values }): Curve => ({ label: channel.label, color: channel.role === "penalty" ? colors.penalty : colors.distance, values })) ?? [];
    extraRow.hidden = extraCurves.length === 0;
    showTitle(extraTitle, "", extraCurves);
    if (analysis && extraCurves.length > 0) extra.set(analysis.times, extraCurves, end);
    showMarks(clip, analysis);
  };
  const showMarks = (clip: Clip | undefined, analysis: Analysis | undefined): void => {
    const entries = [
      ...(analysis?.peaks ?? []).map((frame) => ({ frame, kind: "peak", label: `true and learned reward disagree, frame ${frame}` })),
      ...app.slots.flatMap((slot) => (slot.clip?.info.marks ?? []).map(({ frame, label }) => ({ frame, kind: "event", label: `${label}, frame ${frame}` }))),
    ];
    const key = JSON.stringify([entries, span()]);
    if (key === markKey) return;
    markKey = key;
    const dt = clip?.info.dt ?? 1;
    marks.replaceChildren(
      ...entries.map(({ frame, kind, label }) => {
        const mark = h("button", { class: `mark ${kind}`, title: label, "aria-label": label, "data-frame": frame, onclick: () => {
          app.playing = false;
          seek(app, frame * dt);
        } });
        mark.style.left = `${(100 * frame * dt) / span()}%`;
        return mark;
      }),
    );
  };

  return {
    element,
    themeChanged() {
      shown = markKey = "";
      for (const plot of [rewards, terms, extra] as Plot[]) plot.themeChanged();
    },
    draw() {
      const slot = focused(app);
      const clip = slot?.clip;
      const frame = clip ? frameAt(clip, app.time) : 0;
      const sign = app.playing ? playing : paused;
      if (play.firstChild !== sign) play.replaceChildren(sign);
      speed.value = String(app.speed);
      live.hidden = !app.slots.some(({ choice }) => choice === "live");
      live.classList.toggle("on", app.live);
      setText(clock, clip ? `${formatNumber(app.time, 2)} s · frame ${frame} of ${Math.max(0, clip.length - 1)}` : "no frames yet");
      clock.dataset.frame = String(frame);
      setText(loopInfo, app.loop ? `loop ${formatNumber(app.loop[0], 2)}–${formatNumber(app.loop[1], 2)} s` : "");
      showCurves(clip);
      const fraction = Math.min(1, app.time / span());
      const { left, width } = rewards.area();
      playhead.style.transform = handle.style.transform = `translateX(${left + fraction * width}px)`;
      filled.style.width = `${100 * fraction}%`;
      range.hidden = app.loop === undefined;
      if (app.loop) {
        range.style.left = `${(100 * app.loop[0]) / span()}%`;
        range.style.width = `${(100 * (app.loop[1] - app.loop[0])) / span()}%`;
      }
      scrubber.setAttribute("aria-valuemax", span().toFixed(2));
      scrubber.setAttribute("aria-valuenow", app.time.toFixed(2));
      scrubber.setAttribute("aria-valuetext", `${slot ? (slotTrack(app, slot)?.label ?? "") : ""} frame ${frame}`);
    },
  };
}
