import type { Random } from "../random/index.ts";
import { gradient } from "./gradient.ts";
import * as op from "./operations.ts";
import { sizeOf, type Shape, type Tensor } from "./tensor.ts";

/**
 * Matrices from this size on live in a chunk of their own: cutting them out of a common vector and joining their
 * gradients back would copy them at each update.
 */
const OWN_CHUNK_SIZE = 16_384;

/**
 * Members of an ensemble with this many numbers per chunk share no chunk: each then takes its optimiser step while its
 * gradients are in the cache. W3 gains 4 %, W2 1 %; W1, whose members are smaller, would lose 1 %.
 */
const OWN_PART_SIZE = 6_000;

export interface Entry {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
}

export interface Chunk {
  readonly size: number;
  readonly entries: readonly Entry[];
}

/**
 * Where the named arrays of a parameter vector θ lie. Algorithms see θ as a whole; the arrays are kept in as few flat
 * chunks as is fast, so that an optimiser touches few tensors.
 */
export interface Layout {
  readonly chunks: readonly Chunk[];
}

/**
 * A parameter vector in a graph: one tensor [1, size] per chunk of its layout. A row and not [size], because biases cut
 * out of it then are the matrices that a product needs: 34 of 243 nodes of a SAC update were reshapes of biases.
 */
export interface Vector {
  readonly layout: Layout;
  readonly chunks: readonly Tensor[];
}

/** The numbers of a parameter vector: one array per chunk of its layout. */
export type VectorValues = readonly Float32Array[];

/** Lays out named arrays in the order given. */
export function layoutOf(shapes: Readonly<Record<string, Shape>>): Layout {
  const small: Entry[] = [];
  const large: Chunk[] = [];
  let offset = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const size = sizeOf(shape);
    if (size >= OWN_CHUNK_SIZE) large.push({ size, entries: [{ name, shape, offset: 0 }] });
    else {
      small.push({ name, shape, offset });
      offset += size;
    }
  }
  return { chunks: small.length > 0 ? [{ size: offset, entries: small }, ...large] : large };
}

/**
 * One layout out of several whose names get a prefix: `critic` and `0/weight` give `critic/0/weight`. Parts that are large
 * enough keep chunks of their own.
 */
export function joinLayouts(parts: Readonly<Record<string, Layout>>): Layout {
  const prefixed = Object.entries(parts).flatMap(([prefix, { chunks }]) =>
    chunks.map(({ size, entries }) => ({ size, entries: entries.map((entry) => ({ ...entry, name: `${prefix}/${entry.name}` })) })),
  );
  if (prefixed.every(({ size }) => size >= OWN_PART_SIZE)) return { chunks: prefixed };
  const entries = prefixed.flatMap((chunk) => chunk.entries);
  return layoutOf(Object.fromEntries(entries.map(({ name, shape }) => [name, shape])));
}

/** A vector that is fed at each run, as inputs `name#0`, `name#1` … */
export const inputVector = (name: string, layout: Layout): Vector => ({
  layout,
  chunks: layout.chunks.map(({ size }, i) => op.input(`${name}#${i}`, [1, size])),
});

/** A vector of fixed numbers. */
export const constantVector = (layout: Layout, values: VectorValues): Vector => ({
  layout,
  chunks: values.map((chunk) => op.constant(chunk, [1, chunk.length])),
});

/** The named arrays of a vector as tensors of their shapes. */
export function unpack({ layout, chunks }: Vector): Record<string, Tensor> {
  const arrays: Record<string, Tensor> = {};
  layout.chunks.forEach(({ entries }, i) => {
    for (const { name, shape, offset } of entries) {
      arrays[name] = op.reshape(op.slice(chunks[i], 1, offset, offset + sizeOf(shape)), shape);
    }
  });
  return arrays;
}

/** Applies a function chunk by chunk to vectors of one layout. */
export function mapVectors(f: (...chunks: Tensor[]) => Tensor, ...vectors: readonly [Vector, ...Vector[]]): Vector {
  const [{ layout }] = vectors;
  return { layout, chunks: layout.chunks.map((_, i) => f(...vectors.map(({ chunks }) => chunks[i]))) };
}

/** ∂L/∂θ. */
export function gradientVector(loss: Tensor, theta: Vector): Vector {
  return { layout: theta.layout, chunks: gradient(loss, theta.chunks) };
}

/** Polyak averaging: ρ·target + (1 − ρ)·θ. */
export function polyak(target: Vector, theta: Vector, rho: number): Vector {
  return mapVectors((t, p) => op.add(op.mul(t, rho), op.mul(p, 1 - rho)), target, theta);
}

export const zeros = (layout: Layout): Float32Array[] => layout.chunks.map(({ size }) => new Float32Array(size));

/** A view of one named array in the numbers of a vector. */
export function view(layout: Layout, values: VectorValues, name: string): { shape: Shape; values: Float32Array } {
  for (let i = 0; i < layout.chunks.length; i++) {
    const entry = layout.chunks[i].entries.find((candidate) => candidate.name === name);
    if (entry !== undefined) {
      return { shape: entry.shape, values: values[i].subarray(entry.offset, entry.offset + sizeOf(entry.shape)) };
    }
  }
  throw new Error(`the layout has no array "${name}"`);
}

/** All named arrays as views. */
export function views(layout: Layout, values: VectorValues): Record<string, { shape: Shape; values: Float32Array }> {
  return Object.fromEntries(
    layout.chunks.flatMap(({ entries }) => entries.map(({ name }) => [name, view(layout, values, name)])),
  );
}

/** How the arrays of a layout get their first values. */
export type Initializer = (target: Float32Array, entry: Entry, random: Random) => void;

export function initialize(layout: Layout, initializer: Initializer, random: Random): Float32Array[] {
  const values = zeros(layout);
  for (const { entries } of layout.chunks) {
    for (const entry of entries) initializer(view(layout, values, entry.name).values, entry, random.split(entry.name));
  }
  return values;
}
