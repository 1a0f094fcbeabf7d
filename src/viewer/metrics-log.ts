import type { MetricsPart } from "./scene.ts";

type Metrics = Readonly<Record<string, number>>;

/** A run's metrics as a viewer draws them: of a long run only so many records that curves lose nothing to the eye. */
export interface MetricsLog {
  /** Counts up whenever earlier records have changed. */
  readonly generation: number;
  readonly length: number;
  append(record: Metrics): void;
  /** Forgets all, as when a run was set back to a checkpoint. */
  clear(): void;
  /** Records [from, from + most). */
  part(from: number, most: number): MetricsPart;
}

/**
 * Holds fewer than `limit` records: when they are that many, neighbours are merged, and from then on twice as many that
 * come. Of two merged records the later one's numbers stand; what only the earlier one has, as rare measurements, stays.
 */
export function createMetricsLog(run: string, limit = 2000): MetricsLog {
  let names: string[] = [];
  let records: Metrics[] = [];
  let stride = 1;
  let open: Metrics = {};
  let merged = 0;
  let generation = 0;
  return {
    get generation() {
      return generation;
    },
    get length() {
      return records.length;
    },
    append(record) {
      const added = Object.keys(record).filter((name) => !names.includes(name));
      if (added.length > 0) {
        names = [...names, ...added];
        generation++;
      }
      open = { ...open, ...record };
      if (++merged < stride) return;
      records.push(open);
      open = {};
      merged = 0;
      if (records.length < limit) return;
      records = records.filter((_, i) => i % 2 === 1).map((later, i) => ({ ...records[2 * i], ...later }));
      stride *= 2;
      generation++;
    },
    clear() {
      names = [];
      records = [];
      stride = 1;
      open = {};
      merged = 0;
      generation++;
    },
    part(from, most) {
      const rows = records.slice(from, from + most);
      const values = new Float64Array(rows.length * names.length);
      rows.forEach((row, i) => names.forEach((name, j) => (values[i * names.length + j] = row[name] ?? NaN)));
      return { run, generation, from: Math.min(from, records.length), names, values };
    },
  };
}
