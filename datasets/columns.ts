import type { InfoColumn, Transitions } from "./transition-set.ts";

/** All columns of a set by D4RL's names, in the order of its files; infos as `infos/…`. */
export function columnsOf(set: Transitions): Record<string, InfoColumn> {
  const infos = Object.entries(set.infos).map(([name, column]) => [`infos/${name}`, column] as const);
  return {
    observations: { rowShape: [set.observationSize], values: set.observations },
    actions: { rowShape: [set.actionSize], values: set.actions },
    rewards: { rowShape: [], values: set.rewards },
    next_observations: { rowShape: [set.observationSize], values: set.nextObservations },
    terminals: { rowShape: [], values: set.terminals },
    timeouts: { rowShape: [], values: set.timeouts },
    ...Object.fromEntries(infos),
  };
}
