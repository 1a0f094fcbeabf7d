import { nextUniform, nextWord } from "./xoshiro.ts";

/**
 * Normal numbers by the ziggurat method with 256 layers of equal area (Marsaglia and Tsang, 2000), with the two
 * corrections of Doornik (2005): the layer's number and the position inside it come from different bits, and the
 * tail beyond R is sampled exactly.
 */
const LAYERS = 256;
/** Where the tail begins, and the area of every layer under exp(-x²/2), tail included in the lowest one. */
const R = 3.6541528853610088;
const AREA = 0.004928673233974655;

/** Right edges, the lowest layer's (a pseudo-edge that makes its area right) first; EDGE[LAYERS] = 0 is the top. */
const EDGE = new Float64Array(LAYERS + 1);
/** EDGE[i + 1] / EDGE[i]: a position below this is under the curve without evaluating it. */
const INSIDE = new Float64Array(LAYERS);

const density = (x: number): number => Math.exp(-0.5 * x * x);

EDGE[0] = AREA / density(R);
EDGE[1] = R;
for (let i = 2; i < LAYERS; i++)
  EDGE[i] = Math.sqrt(-2 * Math.log(AREA / EDGE[i - 1] + density(EDGE[i - 1])));
for (let i = 0; i < LAYERS; i++) INSIDE[i] = EDGE[i + 1] / EDGE[i];

/** What happens to the 1.2 % of candidates that the fast test cannot settle; NaN rejects the candidate. */
function edgeOfLayer(state: Int32Array, layer: number, position: number): number {
  if (layer === 0) {
    // Marsaglia's (1964) exact tail: 1 - uniform lies in (0, 1], so the logarithms are finite.
    for (;;) {
      const x = -Math.log(1 - nextUniform(state)) / R;
      const y = -Math.log(1 - nextUniform(state));
      if (2 * y >= x * x) return position < 0 ? -(R + x) : R + x;
    }
  }
  const x = position * EDGE[layer];
  const outer = density(EDGE[layer]);
  const inner = density(EDGE[layer + 1]);
  return outer + nextUniform(state) * (inner - outer) < density(x) ? x : NaN;
}

/** One standard normal number. */
export function nextNormal(state: Int32Array): number {
  for (;;) {
    const low = nextWord(state);
    const position = (nextWord(state) * 2097152 + (low >>> 11)) * 2.220446049250313e-16;
    const layer = low & 255;
    if (Math.abs(position) < INSIDE[layer]) return position * EDGE[layer];
    const x = edgeOfLayer(state, layer, position);
    if (!Number.isNaN(x)) return x;
  }
}
