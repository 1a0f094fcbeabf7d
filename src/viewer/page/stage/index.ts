import { Color, DirectionalLight, Fog, HemisphereLight, PCFShadowMap, Scene as World, Vector3, WebGLRenderer } from "three";
import type { ProbeResult } from "../../scene.ts";
import type { Clip } from "../clip.ts";
import { h, themeColor } from "../dom.ts";
import { slotColors } from "../palette.ts";
import { durationOf, frameAt, slotTrack, type App, type Slot } from "../state.ts";
import { createActing, type Acting } from "./acting.ts";
import { aim, createCamera, eyeOf, turnByPointer, type Eye } from "./camera.ts";
import { createGround } from "./ground.ts";
import { createRobotMesh, type RobotMesh } from "./robot-mesh.ts";

/** Where a slot's robot is drawn, in CSS pixels from the stage's upper left corner. */
export interface View {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Stage {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** Draws everything as of the clock's time. */
  draw(): void;
  /** The views of all slots in order; those that lie over one another are the same. */
  views(): readonly View[];
  /** Goes back to the camera's own angle. */
  resetCamera(): void;
  /** A pose to draw instead of the recorded one of a slot, while somebody moves it by hand. */
  setProbe(slot: Slot | undefined, result: ProbeResult | undefined): void;
  themeChanged(): void;
  /** Draws in full resolution whatever it takes, as pictures want. */
  setFine(fine: boolean): void;
  /** Frames drawn in the last second. */
  readonly rate: number;
}

interface Actor {
  readonly mesh: RobotMesh;
  readonly acting: Acting;
  readonly robotId: string;
  /** What the camera looks at. */
  readonly target: Vector3;
}

/** The side of the square that shadows are computed for, in units of the extent. */
const shadowReach = 2.6;
const sun = new Vector3(-0.45, -0.75, 1.5).normalize();
/** Higher resolutions cost more than they show. */
const mostPixelRatio = 2;
/** Coarser than this, robots are hard to make out. */
const leastPixelRatio = 0.5;
/** Milliseconds between frames from which on motion is drawn coarser, and below which finer. */
const patience = { slow: 42, fast: 19 } as const;

export function createStage(app: App): Stage {
  const canvas = h("canvas", { class: "stage-canvas" });
  const element = h("div", { class: "stage" }, canvas);
  const renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: "high-performance" });
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = PCFShadowMap;
  renderer.setScissorTest(true);
  const world = new World();
  const camera = createCamera();
  const ground = createGround();
  const sky = new HemisphereLight("#ffffff", "#8d8a84", 1.5);
  const light = new DirectionalLight("#fff6e8", 2.4);
  light.castShadow = true;
  light.shadow.mapSize.set(1024, 1024);
  light.shadow.radius = 4;
  light.shadow.normalBias = 0.02;
  world.add(ground.object, sky, light, light.target);

  const actors = new Map<Slot, Actor>();
  let eye: Eye = eyeOf(app.camera);
  let mode = app.camera;
  let probed: { slot: Slot; result: ProbeResult } | undefined;
  let fine = false;
  /** What motion is drawn at; a still picture is always drawn in full. */
  let ratio = Math.min(mostPixelRatio, devicePixelRatio);
  let interval = 25;
  let drawnAt = 0;
  let rate = 0;
  let drawn = 0;
  let rateSince = performance.now();

  turnByPointer(canvas, () => eye, () => {
    if (app.camera === "orbit") return;
    // the angle stays, and is the watcher's from now on
    app.camera = mode = "orbit";
    app.changed();
  });

  const themeChanged = (): void => {
    const [plane, line, fog] = ["--ground", "--ground-line", "--stage"].map(themeColor);
    ground.setColors({ plane, line, fog });
    world.background = new Color(fog);
    world.fog = new Fog(fog, 20, 60);
  };

  const actorOf = (slot: Slot): Actor | undefined => {
    const robot = app.scene.robots.find(({ id }) => id === slotTrack(app, slot)?.robot);
    let actor = actors.get(slot);
    if (actor && actor.robotId !== robot?.id) {
      remove(slot);
      actor = undefined;
    }
    if (actor || robot === undefined) return actor;
    const mesh = createRobotMesh(robot, slotColors[slot.color]);
    actor = { mesh, acting: createActing(mesh), robotId: robot.id, target: new Vector3(NaN, NaN, NaN) };
    world.add(mesh.object, actor.acting.object);
    actors.set(slot, actor);
    return actor;
  };
  const remove = (slot: Slot): void => {
    const actor = actors.get(slot);
    if (actor === undefined) return;
    world.remove(actor.mesh.object, actor.acting.object);
    actor.mesh.dispose();
    actor.acting.dispose();
    actors.delete(slot);
  };

  /** Puts a robot where it is at the clock's time. False while no frame near it has come. */
  const place = (slot: Slot, clip: Clip, { mesh, acting, target }: Actor): boolean => {
    const frame = frameAt(clip, app.time);
    // of a live episode whose frames come in groups, the last one that is here
    let shown = frame;
    while (shown > 0 && !clip.has("pose", shown)) shown--;
    const pose = clip.row("pose", shown);
    if (pose === undefined) return false;
    const next = clip.row("pose", shown + 1);
    const fraction = Math.min(1, Math.max(0, app.time / clip.info.dt - shown));
    const result = probed?.slot === slot && !app.playing ? probed.result : undefined;
    if (result) mesh.pose(result.pose);
    else if (app.playing && next && fraction > 1e-6 && shown === frame) mesh.between(pose, next, fraction);
    else mesh.pose(pose);
    acting.setContacts(app.contacts && !result ? clip.row("contacts", shown) : undefined);
    acting.setTorques(app.torques && !result ? clip.row("torques", shown) : undefined);

    const root = mesh.bodies[mesh.robot.root].position;
    const height = Math.max(0.3, root.z * 0.72);
    // the height is followed slowly, or the picture would bounce with the robot
    const z = Number.isNaN(target.z) || !app.playing ? (Number.isNaN(target.z) ? height : target.z) : target.z + 0.04 * (height - target.z);
    target.set(root.x, root.y, z);
    return true;
  };

  /** Machines without a GPU draw motion coarser rather than late. */
  const adapt = (now: number): void => {
    const since = now - drawnAt;
    drawnAt = now;
    // the first frames compile shaders, and a page in the background is not drawn at all
    if (!app.playing || since > 1000) return;
    interval += 0.06 * (since - interval);
    if (interval > patience.slow && ratio > leastPixelRatio) {
      ratio = Math.max(leastPixelRatio, 0.8 * ratio);
      interval = 25;
    } else if (interval < patience.fast && ratio < mostPixelRatio) ratio *= 1.02;
  };

  const visible = (): Slot[] => app.slots.filter(({ clip }) => clip !== undefined);
  const views = (): View[] => {
    const { clientWidth: width, clientHeight: height } = element;
    const count = Math.max(1, app.slots.length);
    if (app.ghost || count === 1) return app.slots.map(() => ({ left: 0, top: 0, width, height }));
    const columns = width / height < 0.9 ? 1 : count === 4 ? 2 : count;
    const rows = Math.ceil(count / columns);
    return app.slots.map((_, i) => ({
      left: ((i % columns) * width) / columns,
      top: (Math.floor(i / columns) * height) / rows,
      width: width / columns,
      height: height / rows,
    }));
  };

  const render = (view: View, shown: readonly Slot[], looked: Actor | undefined): void => {
    for (const [slot, { mesh, acting }] of actors) {
      mesh.object.visible = acting.object.visible = shown.includes(slot);
    }
    const { clientHeight } = element;
    const bottom = clientHeight - view.top - view.height;
    renderer.setViewport(view.left, bottom, view.width, view.height);
    renderer.setScissor(view.left, bottom, view.width, view.height);
    const target = looked?.target ?? new Vector3(0, 0, 0.7);
    const extent = Math.max(0.6, looked?.mesh.extent ?? 1);
    aim(camera, eye, target, extent, view.width / view.height);
    ground.follow(target.x, target.y);
    light.target.position.copy(target).setZ(0);
    light.position.copy(light.target.position).addScaledVector(sun, 12);
    const reach = shadowReach * extent;
    const { camera: caster } = light.shadow;
    if (caster.right !== reach) {
      Object.assign(caster, { left: -reach, right: reach, top: reach, bottom: -reach, near: 1, far: 30 });
      caster.updateProjectionMatrix();
    }
    renderer.render(world, camera);
  };

  return {
    element,
    canvas,
    views,
    themeChanged,
    setProbe(slot, result) {
      probed = slot && result ? { slot, result } : undefined;
    },
    setFine(wanted) {
      fine = wanted;
    },
    resetCamera() {
      eye = eyeOf(app.camera);
    },
    get rate() {
      return rate;
    },
    draw() {
      if (mode !== app.camera) {
        mode = app.camera;
        eye = eyeOf(mode);
      }
      const { clientWidth, clientHeight } = element;
      if (clientWidth === 0 || clientHeight === 0) return;
      adapt(performance.now());
      const full = Math.min(mostPixelRatio, devicePixelRatio);
      const wanted = app.playing && !fine ? Math.min(full, ratio) : full;
      renderer.setPixelRatio(wanted);
      if (canvas.width !== Math.floor(clientWidth * wanted) || canvas.height !== Math.floor(clientHeight * wanted)) {
        renderer.setSize(clientWidth, clientHeight, false);
      }
      for (const slot of actors.keys()) if (!app.slots.includes(slot)) remove(slot);
      const placed: Slot[] = [];
      for (const slot of visible()) {
        const actor = actorOf(slot);
        if (actor && slot.clip && place(slot, slot.clip, actor)) placed.push(slot);
        const imagined = slotTrack(app, slot)?.imagined === true;
        actor?.mesh.setTranslucent(imagined || (app.ghost && app.slots.length > 1 && app.slots.indexOf(slot) !== app.focus));
      }
      const list = views();
      if (app.ghost || app.slots.length <= 1) {
        const looked = placed.includes(app.slots[app.focus]) ? app.slots[app.focus] : placed[0];
        render(list[0] ?? { left: 0, top: 0, width: clientWidth, height: clientHeight }, placed, looked && actors.get(looked));
      } else {
        app.slots.forEach((slot, i) => render(list[i], placed.filter((one) => one === slot), actors.get(slot)));
      }
      drawn++;
      const now = performance.now();
      if (now - rateSince < 1000) return;
      rate = (1000 * drawn) / (now - rateSince);
      drawn = 0;
      rateSince = now;
    },
  };
}

/** Whether the clock is beyond a clip's end, where its robot stands still. */
export const isOver = (clip: Clip, time: number): boolean => clip.info.complete && time > durationOf(clip) + 1e-9;
