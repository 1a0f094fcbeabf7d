import type { Tensor } from "../tensor.ts";

/** A piece along the axis of a Split: a slice of the graph, or a gap that no slice uses. */
export interface SplitPart {
  readonly size: number;
  readonly tensor?: Tensor;
}

/** Slices that cut one tensor along one axis without overlap become one Split; the map leads from a slice to it. */
export function findSplits(order: readonly Tensor[]): Map<Tensor, readonly SplitPart[]> {
  const groups = new Map<string, Tensor[]>();
  for (const x of order) {
    if (x.operation !== "slice") continue;
    const key = `${x.inputs[0].id} ${x.attributes.axis}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [x]);
    else group.push(x);
  }
  const splits = new Map<Tensor, readonly SplitPart[]>();
  for (const slices of groups.values()) {
    const sorted = [...slices].sort((x, y) => (x.attributes.start ?? 0) - (y.attributes.start ?? 0));
    const disjoint = sorted.every((x, i) => i === 0 || (x.attributes.start ?? 0) >= (sorted[i - 1].attributes.end ?? 0));
    if (sorted.length < 2 || !disjoint) continue;
    const parts: SplitPart[] = [];
    let offset = 0;
    for (const x of sorted) {
      const { start = 0, end = 0 } = x.attributes;
      if (start > offset) parts.push({ size: start - offset });
      parts.push({ size: end - start, tensor: x });
      offset = end;
    }
    const rest = sorted[0].inputs[0].shape[sorted[0].attributes.axis ?? 0] - offset;
    if (rest > 0) parts.push({ size: rest });
    for (const x of slices) splits.set(x, parts);
  }
  return splits;
}
