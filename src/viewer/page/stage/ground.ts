import { Color, Group, Mesh, PlaneGeometry, ShaderMaterial, ShadowMaterial, type Object3D } from "three";

export interface Ground {
  readonly object: Object3D;
  /** Follows whoever is in view, so that it never ends. */
  follow(x: number, y: number): void;
  setColors(colors: { readonly plane: string; readonly line: string; readonly fog: string }): void;
}

/** Metres in each direction; fades out well before. */
const reach = 60;

const vertex = `
varying vec2 place;
void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  place = world.xy;
  gl_Position = projectionMatrix * viewMatrix * world;
}`;

// lines of one pixel or more, whatever the distance; every fifth is stronger, and x = 0 and y = 0 are marked
const fragment = `
varying vec2 place;
uniform vec3 plane;
uniform vec3 line;
uniform vec3 fog;
uniform vec2 center;
float grid(vec2 p, float width) {
  vec2 slope = fwidth(p);
  vec2 d = abs(fract(p - 0.5) - 0.5) / max(slope, vec2(1e-5));
  float drawn = 1.0 - smoothstep(0.0, width, min(d.x, d.y));
  return drawn * (1.0 - smoothstep(0.25, 0.6, max(slope.x, slope.y)));
}
void main() {
  float strength = max(0.34 * grid(place, 1.3), 0.75 * grid(place / 5.0, 1.8));
  vec2 square = floor(place);
  vec3 color = plane * (1.0 - 0.018 * mod(square.x + square.y, 2.0));
  color = mix(color, line, strength);
  float far = smoothstep(6.0, 34.0, length(place - center));
  gl_FragColor = vec4(mix(color, fog, far), 1.0);
  #include <colorspace_fragment>
}`;

export function createGround(): Ground {
  const uniforms = {
    plane: { value: new Color() },
    line: { value: new Color() },
    fog: { value: new Color() },
    center: { value: [0, 0] },
  };
  const geometry = new PlaneGeometry(2 * reach, 2 * reach);
  const surface = new Mesh(geometry, new ShaderMaterial({ uniforms, vertexShader: vertex, fragmentShader: fragment }));
  const shade = new Mesh(geometry, new ShadowMaterial({ opacity: 0.3 }));
  // just above, so that the two do not fight for the same depth
  shade.position.z = 0.002;
  shade.receiveShadow = true;
  const object = new Group();
  object.add(surface, shade);
  return {
    object,
    follow(x, y) {
      object.position.set(x, y, 0);
      uniforms.center.value = [x, y];
    },
    setColors({ plane, line, fog }) {
      uniforms.plane.value.set(plane);
      uniforms.line.value.set(line);
      uniforms.fog.value.set(fog);
    },
  };
}
