import type { Choice, Coordinate, MetricsPart, ProbeResult, Track } from "../scene.ts";
import type { Analysis } from "./analysis.ts";
import type { Clip } from "./clip.ts";
import { formatNumber, h, setText, themeColor } from "./dom.ts";
import { slotColors } from "./palette.ts";
import { createPlot } from "./plot.ts";
import { choose, focused, frameAt, hide, mostSlots, seek, setPlaying, show, type App, type Slot } from "./state.ts";

export interface Panel {
  readonly element: HTMLElement;
  draw(): void;
}

function panel(title: string, ...content: HTMLElement[]): HTMLElement {
  return h("section", { class: "panel" }, h("h2", {}, title), ...content);
}

/** The tracks, which of them are in view, and which episode of each. */
export function rolloutsPanel(app: App): Panel {
  const list = h("div", { class: "tracks" });
  const element = panel("Rollouts", list);
  const rows = new Map<string, { row: HTMLElement; update(): void }>();

  const build = (track: Track): { row: HTMLElement; update(): void } => {
    let checkpoints: readonly Choice[] = [];
    let key = "";
    const slotOf = (): Slot | undefined => app.slots.find((slot) => slot.track === track.id);
    const pick = (choice: string): void => {
      const slot = slotOf();
      if (slot) void choose(app, slot, choice);
    };
    const shown = h("input", { type: "checkbox", "aria-label": `show ${track.label}`, onchange: () => (shown.checked ? void show(app, track.id) : hide(app, track.id)) });
    const swatch = h("i", { class: "swatch" });
    const name = h("button", { class: "track-name", title: "Show its rewards and states", onclick: () => {
      const index = app.slots.findIndex((slot) => slot.track === track.id);
      if (index >= 0) app.focus = index;
      app.changed();
    } }, track.label);
    const about = h("p", { class: "about" });
    const select = h("select", { "aria-label": `episode of ${track.label}`, onchange: () => pick(select.value) });
    const slider = h("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": `checkpoint of ${track.label}`, oninput: () => pick(checkpoints[Number(slider.value)].id) });
    const sliderLabel = h("span", { class: "hindsight-label" });
    const hindsight = h("label", { class: "hindsight" }, h("span", {}, "in hindsight"), slider, sliderLabel);
    /** Checkpoints come while a run trains; somebody may be moving the slider meanwhile, so it stays where it is. */
    const setChoices = (choices: readonly Choice[]): void => {
      const now = choices.map(({ id }) => id).join();
      if (now === key) return;
      key = now;
      const plain = choices.filter(({ kind }) => kind !== "checkpoint");
      checkpoints = choices.filter(({ kind }) => kind === "checkpoint");
      const held = select.value;
      select.replaceChildren(...plain.map(({ id, label }) => h("option", { value: id }, label)));
      select.value = held;
      slider.max = String(Math.max(0, checkpoints.length - 1));
      hindsight.hidden = checkpoints.length < 2;
      select.hidden = plain.length < 2 && checkpoints.length === 0;
    };
    const row = h("div", { class: "track" }, h("div", { class: "track-head" }, shown, swatch, name, select), hindsight, about);
    return {
      row,
      update() {
        const slot = slotOf();
        setChoices(app.scene.tracks.find(({ id }) => id === track.id)?.choices ?? []);
        shown.checked = slot !== undefined;
        shown.disabled = slot === undefined && app.slots.length >= mostSlots;
        swatch.style.background = slot ? slotColors[slot.color] : "transparent";
        row.classList.toggle("shown", slot !== undefined);
        row.classList.toggle("focused", slot !== undefined && slot === focused(app));
        select.disabled = slider.disabled = slot === undefined;
        const chosen = checkpoints.findIndex(({ id }) => id === slot?.choice);
        if (slot && chosen < 0 && document.activeElement !== select) select.value = slot.choice;
        if (chosen >= 0 && document.activeElement !== slider) slider.value = String(chosen);
        if (chosen < 0 && document.activeElement !== slider) slider.value = slider.max;
        setText(sliderLabel, chosen >= 0 ? `step ${checkpoints[chosen].label}` : "now");
        const { clip, problem } = slot ?? { clip: undefined, problem: "" };
        const facts = [...(clip?.info.ending ? [clip.info.ending] : []), ...(clip?.info.marks ?? []).map(({ frame, label }) => `${label} at frame ${frame}`)];
        const ending = facts.map((fact) => `; ${fact}`).join("");
        setText(about, problem || `${app.scene.tracks.find(({ id }) => id === track.id)?.about ?? track.about}${ending}`);
        about.classList.toggle("problem", problem !== "");
      },
    };
  };

  return {
    element,
    draw() {
      for (const track of app.scene.tracks) {
        if (!rows.has(track.id)) rows.set(track.id, build(track));
      }
      const wanted = app.scene.tracks.flatMap(({ id }) => rows.get(id)?.row ?? []);
      if (wanted.some((row, i) => list.children[i] !== row) || list.children.length !== wanted.length) list.replaceChildren(...wanted);
      for (const { id } of app.scene.tracks) rows.get(id)?.update();
    },
  };
}

/** What the frame is worth, by whom, and where the two disagree. */
export function rewardPanel(app: App, analysisOf: (clip: Clip) => Analysis): Panel {
  const cell = (label: string, title: string) => {
    const value = h("strong", {}, "–");
    const element = h("div", { class: "number", title }, h("span", {}, label), value);
    return { element, value };
  };
  const trueNow = cell("true r", "The environment's own reward of this step");
  const learnedNow = cell("learned r(s,a;θ)", "The learned reward of this step");
  const fit = cell("correlation", "Pearson's correlation between true and learned reward over this rollout");
  const returned = cell("return so far", "Sum of the true reward up to this frame");
  learnedNow.value.classList.add("learned");
  const bars = h("div", { class: "bars" });
  const peakList = h("div", { class: "peaks" });
  const peakTitle = h("h3", {}, "Where they disagree");
  const element = panel("Reward", h("div", { class: "numbers" }, trueNow.element, learnedNow.element, fit.element, returned.element), bars, peakTitle, peakList);
  let barKey = "";
  let peakKey = "";
  let barUpdates: (() => void)[] = [];

  return {
    element,
    draw() {
      const clip = focused(app)?.clip;
      const analysis = clip && analysisOf(clip);
      const frame = clip ? Math.min(frameAt(clip, app.time), (analysis?.times.length ?? 1) - 1) : 0;
      setText(trueNow.value, formatNumber(analysis?.trueReward[frame]));
      setText(learnedNow.value, formatNumber(analysis?.learned?.[frame]));
      setText(fit.value, formatNumber(analysis?.correlation));
      fit.value.dataset.correlation = String(analysis?.correlation ?? "");
      setText(returned.value, formatNumber(analysis?.returns[frame], 1));
      learnedNow.element.hidden = fit.element.hidden = analysis?.learned === undefined;

      const quantities = analysis ? [...analysis.terms.map(({ channel }) => channel), ...analysis.extra.map(({ channel }) => channel)] : [];
      const key = quantities.map(({ id }) => id).join();
      if (key !== barKey) {
        barKey = key;
        barUpdates = [];
        bars.replaceChildren(
          ...quantities.map((channel) => {
            const fill = h("i");
            const value = h("span", { class: "bar-value" });
            barUpdates.push(() => {
              const held = focused(app)?.clip;
              const now = held && analysisOf(held);
              const term = now?.terms.find((one) => one.channel.id === channel.id);
              const values = term?.values ?? now?.extra.find((one) => one.channel.id === channel.id)?.values;
              const at = held && values ? values[Math.min(frameAt(held, app.time), values.length - 1)] : NaN;
              const scale = Math.max(1e-12, ...(now?.terms.map(({ largest }) => (Number.isFinite(largest) ? largest : 0)) ?? []));
              setText(value, formatNumber(at));
              const share = term && Number.isFinite(at) ? Math.max(-1, Math.min(1, at / scale)) : 0;
              fill.style.left = `${50 + 50 * Math.min(0, share)}%`;
              fill.style.width = `${50 * Math.abs(share)}%`;
              fill.className = share < 0 ? "negative" : "";
            });
            return h("div", { class: "bar", title: channel.formula }, h("span", { class: "bar-label" }, channel.label), h("span", { class: "bar-track" }, fill), value);
          }),
        );
      }
      for (const update of barUpdates) update();

      const peaks = analysis?.peaks ?? [];
      const wanted = `${clip?.info.id}|${peaks.join()}|${clip?.info.complete}`;
      peakTitle.hidden = peakList.hidden = peaks.length === 0;
      if (wanted === peakKey) return;
      peakKey = wanted;
      peakList.replaceChildren(
        ...peaks.map((at) => {
          const [x, y] = [analysis?.trueZ[at] ?? NaN, analysis?.learnedZ?.[at] ?? NaN];
          const opinion = y > x ? "learned likes it more" : "learned likes it less";
          return h(
            "button",
            { class: "jump", "data-frame": at, title: `true z = ${formatNumber(x, 2)}, learned z = ${formatNumber(y, 2)}`, onclick: () => {
              app.playing = false;
              if (clip) seek(app, at * clip.info.dt);
            } },
            h("b", {}, `frame ${at}`),
            h("span", {}, `${formatNumber(Math.abs(x - y), 1)} σ, ${opinion}`),
          );
        }),
      );
    },
  };
}

/** Coordinates to move by hand, and what the learned reward says of the state that results. */
export function statePanel(app: App, setProbe: (slot: Slot | undefined, result: ProbeResult | undefined) => void): Panel {
  const hint = h("p", { class: "hint" });
  const verdict = h("p", { class: "verdict", "data-verdict": true });
  const reset = h("button", { class: "reset", onclick: () => clear() }, "back to the recorded state");
  const sliders = h("div", { class: "sliders" });
  const element = panel("State", hint, verdict, sliders, reset);
  const changes = { qpos: new Map<number, number>(), qvel: new Map<number, number>() };
  let robotKey = "";
  let frameKey = "";
  let updates: (() => void)[] = [];
  let asked = false;
  let wanted = false;

  const clear = (): void => {
    changes.qpos.clear();
    changes.qvel.clear();
    setProbe(undefined, undefined);
    setText(verdict, "");
    frameKey = "";
    app.changed();
  };
  const ask = async (): Promise<void> => {
    const slot = focused(app);
    const clip = slot?.clip;
    if (slot === undefined || clip === undefined) return;
    wanted = true;
    if (asked) return;
    asked = true;
    try {
      while (wanted) {
        wanted = false;
        const result = await app.link.probe({ episode: clip.info.id, frame: frameAt(clip, app.time), qpos: [...changes.qpos], qvel: [...changes.qvel] });
        if (changes.qpos.size + changes.qvel.size === 0) break;
        setProbe(slot, result);
        const { learned, learnedBefore } = result;
        if (learned === undefined || learnedBefore === undefined) setText(verdict, "there is no learned reward to ask; give one with --reward");
        else {
          const change = learned - learnedBefore;
          setText(verdict, `r(s,a;θ): ${formatNumber(learnedBefore)} → ${formatNumber(learned)}  (${change < 0 ? "" : "+"}${formatNumber(change)})`);
          verdict.classList.toggle("better", change > 0);
          verdict.classList.toggle("worse", change < 0);
        }
        app.changed();
      }
    } catch (error) {
      setText(verdict, (error as Error).message);
    } finally {
      asked = false;
    }
  };

  const slider = (kind: "qpos" | "qvel", { name, index, unit, range }: Coordinate): HTMLElement => {
    const [low, high] = range;
    const value = h("output");
    const input = h("input", { type: "range", min: low, max: high, step: (high - low) / 500, "aria-label": `${name} ${unit}`, "data-coordinate": `${kind}:${index}`, oninput: () => {
      if (app.playing) setPlaying(app, false);
      changes[kind].set(index, Number(input.value));
      setText(value, formatNumber(Number(input.value)));
      void ask();
    } });
    updates.push(() => {
      const clip = focused(app)?.clip;
      const recorded = clip?.row(kind, frameAt(clip, app.time))?.[index];
      if (changes[kind].has(index) || recorded === undefined) return;
      input.value = String(recorded);
      setText(value, formatNumber(recorded));
    });
    return h("label", { class: "slider" }, h("span", { title: unit }, name), input, value);
  };

  return {
    element,
    draw() {
      const slot = focused(app);
      const clip = slot?.clip;
      const robot = app.scene.robots.find(({ id }) => id === clip?.info.robot);
      const key = `${robot?.id}|${clip?.info.probes}`;
      if (key !== robotKey) {
        robotKey = key;
        updates = [];
        clear();
        const can = robot !== undefined && clip?.info.probes === true;
        element.hidden = !can;
        sliders.replaceChildren(
          ...(can
            ? [
                h("h3", {}, "Positions"),
                ...robot.positions.map((coordinate) => slider("qpos", coordinate)),
                h("h3", {}, "Velocities"),
                ...robot.velocities.map((coordinate) => slider("qvel", coordinate)),
              ]
            : []),
        );
      }
      const held = `${clip?.info.id}|${clip ? frameAt(clip, app.time) : 0}`;
      if (held !== frameKey && (changes.qpos.size > 0 || changes.qvel.size > 0) && frameKey !== "") clear();
      frameKey = held;
      setText(hint, app.playing ? "Pause, then move a joint or a velocity." : "Move a joint or a velocity to see what the learned reward says.");
      reset.hidden = changes.qpos.size + changes.qvel.size === 0;
      for (const update of updates) update();
    },
  };
}

/** Metrics that only place a record. */
const axes = ["steps", "environmentSteps", "wallSeconds"];

/** Learning curves of the runs in view, which grow while they train. */
export function curvesPanel(app: App): Panel & { take(part: MetricsPart): void; themeChanged(): void } {
  interface Log {
    generation: number;
    names: readonly string[];
    rows: Float64Array[];
  }
  const logs = new Map<string, Log>();
  const charts = [0, 1].map(() => {
    const select = h("select", { "aria-label": "metric", onchange: () => {
      chosen = true;
      dirty = true;
    } });
    const plot = createPlot({ height: 128, gutter: 44, showX: true, right: 10 });
    return { select, plot, element: h("div", { class: "curve" }, select, plot.element) };
  });
  const state = h("p", { class: "about" });
  const element = panel("Learning", state, ...charts.map((chart) => chart.element));
  let dirty = true;
  let chosen = false;
  let names = "";
  let colorKey = "";

  const xOf = ({ names: list, rows }: Log): Float64Array => {
    const index = axes.map((axis) => list.indexOf(axis)).find((i) => i >= 0) ?? 0;
    return Float64Array.from(rows, (row) => row[index]);
  };
  /** Curves through what was measured only now and then, without the records between. */
  const points = (log: Log, name: string): { x: number[]; y: number[] } => {
    const index = log.names.indexOf(name);
    const x = xOf(log);
    const kept = log.rows.flatMap((row, i) => (Number.isFinite(row[index]) ? [i] : []));
    return { x: kept.map((i) => x[i]), y: kept.map((i) => log.rows[i][index]) };
  };

  return {
    element,
    take({ run, generation, from, names: list, values }) {
      let log = logs.get(run);
      if (log?.generation !== generation) logs.set(run, (log = { generation, names: list, rows: [] }));
      const rows = list.length === 0 ? 0 : values.length / list.length;
      log.rows.length = Math.min(log.rows.length, from);
      for (let i = 0; i < rows; i++) log.rows.push(values.slice(i * list.length, (i + 1) * list.length));
      element.dataset.records = String(log.rows.length);
      dirty = true;
    },
    themeChanged() {
      for (const { plot } of charts) plot.themeChanged();
    },
    draw() {
      element.hidden = app.scene.runs.length === 0;
      const key = app.slots.map(({ track, color }) => `${track}:${color}`).join();
      if (!dirty && key === colorKey) return;
      dirty = false;
      colorKey = key;
      const known = [...new Set([...logs.values()].flatMap((log) => log.names))].filter((name) => !axes.includes(name));
      if (known.join() !== names) {
        names = known.join();
        // what is measured of the policy says most; then whatever the algorithm reports first
        const first = known.find((name) => /evaluation.*return/i.test(name)) ?? known.find((name) => /return/i.test(name)) ?? known[0];
        const second = known.find((name) => name !== first);
        charts.forEach(({ select }, i) => {
          const before = select.value;
          select.replaceChildren(...known.map((name) => h("option", { value: name }, name)));
          select.value = (chosen && known.includes(before) ? before : [first, second][i]) ?? "";
        });
      }
      const rows = Math.max(0, ...[...logs.values()].map((log) => log.rows.length));
      setText(state, rows === 0 ? "no metrics yet" : app.scene.runs.map(({ label, state: word }) => `${label}: ${word}`).join(" · "));
      for (const { select, plot, element: box } of charts) {
        box.hidden = select.value === "";
        const curves = [...logs.entries()].map(([run, log]) => ({ run, ...points(log, select.value) }));
        const x = [...new Set(curves.flatMap((curve) => curve.x))].sort((a, b) => a - b);
        plot.set(
          x,
          curves.map(({ run, x: own, y }) => {
            const at = new Map(own.map((value, i) => [value, y[i]]));
            const slot = app.slots.find(({ track }) => track === run);
            return { label: run, color: slot ? slotColors[slot.color] : themeColor("--faint"), values: interpolated(x, at) };
          }),
        );
      }
    },
  };
}

/** Several runs on one axis: between two of its points a curve goes straight, outside of them it is not drawn. */
function interpolated(x: readonly number[], at: ReadonlyMap<number, number>): number[] {
  const own = x.flatMap((value, i) => (at.has(value) ? [i] : []));
  const result = x.map((value) => at.get(value) ?? NaN);
  for (let k = 0; k + 1 < own.length; k++) {
    const [i, j] = [own[k], own[k + 1]];
    for (let m = i + 1; m < j; m++) result[m] = result[i] + ((x[m] - x[i]) / (x[j] - x[i])) * (result[j] - result[i]);
  }
  return result;
}
