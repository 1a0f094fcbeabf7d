import { formatNumber, h, setText } from "./dom.ts";
import { slotColors } from "./palette.ts";
import { focused, frameAt, slotTrack, type App } from "./state.ts";
import { isOver, type Stage, type View } from "./stage/index.ts";

/** Who is who, over the stage. */
export function createOverlay(app: App, stage: Stage): { readonly element: HTMLElement; draw(): void } {
  const element = h("div", { class: "overlay" });
  let labels: { box: HTMLElement; swatch: HTMLElement; name: HTMLElement; facts: HTMLElement }[] = [];
  const empty = h("div", { class: "empty" });
  element.append(empty);

  const place = (box: HTMLElement, { left, top, width }: View, order: number, ghost: boolean): void => {
    const down = ghost ? 12 + 46 * order : 12;
    box.style.transform = `translate(${left + 14}px, ${top + down}px)`;
    box.style.maxWidth = `${Math.max(60, width - 28)}px`;
  };
  const emptyText = (): string => {
    if (app.scene.tracks.length === 0) return "Connecting …";
    if (app.slots.length === 0) return "Choose a rollout on the right.";
    const robot = app.slots.every((slot) => app.scene.robots.find(({ id }) => id === slotTrack(app, slot)?.robot)?.shapes.length === 0);
    if (robot) return "This task has no bodies to draw.";
    const problem = app.slots.find((slot) => slot.clip === undefined && slot.problem !== "")?.problem;
    return app.slots.some(({ clip }) => clip !== undefined) ? "" : (problem ?? "Simulating …");
  };

  return {
    element,
    draw() {
      if (labels.length !== app.slots.length) {
        for (const { box } of labels) box.remove();
        labels = app.slots.map((_, i) => {
          const [swatch, name, facts] = [h("i"), h("b"), h("span")];
          const box = h("button", { class: "label", title: "Show its rewards and states", onclick: () => {
            app.focus = i;
            app.changed();
          } }, swatch, name, facts);
          element.append(box);
          return { box, swatch, name, facts };
        });
      }
      const views = stage.views();
      app.slots.forEach((slot, i) => {
        const { box, swatch, name, facts } = labels[i];
        const { clip } = slot;
        place(box, views[i], i, app.ghost);
        box.classList.toggle("focused", app.slots.length > 1 && slot === focused(app));
        swatch.style.background = slotColors[slot.color];
        setText(name, clip?.info.label || (slotTrack(app, slot)?.label ?? ""));
        const frame = clip ? frameAt(clip, app.time) : 0;
        const pose = clip?.row("pose", frame);
        const robot = app.scene.robots.find(({ id }) => id === clip?.info.robot);
        const x = pose && robot ? pose[7 * robot.root] : NaN;
        const ended = clip && isOver(clip, app.time) ? ` · ${clip.info.ending} at frame ${clip.length - 1}` : "";
        setText(facts, clip ? `x ${formatNumber(x, 2)} m${ended}` : slot.problem || "simulating …");
        box.dataset.x = String(x);
        box.dataset.shown = String(frame);
      });
      const text = emptyText();
      empty.hidden = text === "";
      setText(empty, text);
    },
  };
}
