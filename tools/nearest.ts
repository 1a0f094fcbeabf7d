/** The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)]);
  for (let j = 0; j <= b.length; j++) rows[0][j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const substitution = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.length][b.length];
}

/** A dotted path also matches by its last part: `hidden` is near `policy.hidden`. */
function distance(name: string, candidate: string): number {
  const [a, b] = [name.toLowerCase(), candidate.toLowerCase()];
  const last = b.slice(b.lastIndexOf(".") + 1);
  return Math.min(
    editDistance(a, b),
    editDistance(a, last),
    last.includes(a) || a.includes(last) ? 1 : Infinity,
  );
}

/**
 * The candidates that somebody who wrote `name` may have meant, best first.
 * @param count at most so many
 */
export function nearest(name: string, candidates: readonly string[], count = 3): string[] {
  const limit = Math.max(1, Math.floor(name.length * 0.4));
  return candidates
    .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
    .filter((entry) => entry.distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map((entry) => entry.candidate);
}

/** `; did you mean a, b or c?`, or what there is to choose from where nothing is near. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates);
  if (near.length === 0) return `; there is ${candidates.join(", ")}`;
  const last = near[near.length - 1];
  return `; did you mean ${near.length === 1 ? last : `${near.slice(0, -1).join(", ")} or ${last}`}?`;
}
