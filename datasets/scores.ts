import type { Transitions } from "./transition-set.ts";

/** The returns that stand for 0 and 1 on a normalised scale. */
export interface ReferenceScores {
  readonly min: number;
  readonly max: number;
  /** Whose scale it is. */
  readonly source: "D4RL" | "Minari";
}

/**
 * D4RL's returns of a random policy and of an expert (Fu et al. 2020, `infos.py` of its repository). All versions of a
 * robot's sets share one pair, and by it returns in later versions of the robot are compared as well.
 */
const d4rlReferences: Readonly<Record<string, readonly [min: number, max: number]>> = {
  Hopper: [-20.272305, 3234.3],
  HalfCheetah: [-280.178953, 12135.0],
  Walker2d: [1.629008, 4592.3],
  Ant: [-325.6, 3879.7],
};

/** D4RL's scale of an environment, by its robot; undefined for robots that D4RL does not have. */
export function d4rlReference(environment: string): ReferenceScores | undefined {
  const robot = environment.replace(/-v\d+$/, "");
  if (!Object.hasOwn(d4rlReferences, robot)) return undefined;
  const [min, max] = d4rlReferences[robot];
  return { min, max, source: "D4RL" };
}

/** The scale that a set's returns are read on: the one that came with it from Minari, else D4RL's of its robot. */
export function referenceScores(
  set: Pick<Transitions, "environment" | "minari">,
): ReferenceScores | undefined {
  const { ref_min_score: min, ref_max_score: max } = set.minari ?? {};
  if (typeof min === "number" && typeof max === "number" && max > min) return { min, max, source: "Minari" };
  return set.environment === undefined ? undefined : d4rlReference(set.environment);
}

/** (return − min) / (max − min), as D4RL and Minari define it; papers print it times 100. */
export function normalizedScore(episodeReturn: number, { min, max }: ReferenceScores): number {
  return (episodeReturn - min) / (max - min);
}
