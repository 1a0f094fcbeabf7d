import { PerspectiveCamera, Vector3 } from "three";
import type { CameraMode } from "../state.ts";

/** From where robots are looked at; the same for every robot in view, each from its own place. */
export interface Eye {
  /** Radians around z, from −y; radians above the horizon; metres, in units of the robot's extent. */
  azimuth: number;
  elevation: number;
  distance: number;
}

const eyes: Readonly<Record<CameraMode, Eye>> = {
  side: { azimuth: 0, elevation: 0.09, distance: 2.8 },
  follow: { azimuth: -1.05, elevation: 0.26, distance: 2.7 },
  orbit: { azimuth: -0.55, elevation: 0.22, distance: 2.9 },
};

export const eyeOf = (mode: CameraMode): Eye => ({ ...eyes[mode] });

/** Degrees, of the view's smaller side where it is upright. */
const fieldOfView = 34;

export function createCamera(): PerspectiveCamera {
  const camera = new PerspectiveCamera(fieldOfView, 1, 0.05, 400);
  camera.up.set(0, 0, 1);
  return camera;
}

const offset = new Vector3();

/** Points a camera at a target, `extent` metres large, in a view of this aspect. */
export function aim(camera: PerspectiveCamera, eye: Eye, target: Vector3, extent: number, aspect: number): void {
  camera.aspect = aspect;
  // a narrow view needs the distance that its width asks for
  const distance = eye.distance * extent * Math.max(1, 1.25 / aspect);
  const flat = Math.cos(eye.elevation);
  offset.set(distance * flat * Math.sin(eye.azimuth), -distance * flat * Math.cos(eye.azimuth), distance * Math.sin(eye.elevation));
  camera.position.copy(target).add(offset);
  camera.position.z = Math.max(0.05, camera.position.z);
  camera.lookAt(target);
  camera.updateProjectionMatrix();
}

/** Turns an eye by dragging and wheel. `changed` is called when somebody has turned it. */
export function turnByPointer(element: HTMLElement, eye: () => Eye, changed: () => void): void {
  const pointers = new Map<number, { x: number; y: number }>();
  const spread = (): number => {
    const [a, b] = [...pointers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  const zoom = (factor: number): void => {
    eye().distance = Math.max(0.8, Math.min(25, eye().distance * factor));
    changed();
  };
  element.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const far = spread();
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) {
      if (far > 0 && spread() > 0) zoom(far / spread());
      return;
    }
    eye().azimuth -= 0.008 * (event.clientX - before.x);
    eye().elevation = Math.max(-0.05, Math.min(1.5, eye().elevation + 0.006 * (event.clientY - before.y)));
    changed();
  });
  const end = (event: PointerEvent): void => void pointers.delete(event.pointerId);
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      zoom(Math.exp(0.0012 * event.deltaY));
    },
    { passive: false },
  );
}
