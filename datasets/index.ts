export { readD4rl, writeD4rl, type D4rlOptions } from "./d4rl.ts";
export {
  readDemonstrations,
  type Demonstrations,
  type DemonstrationSpec,
  type DemonstrationTrajectory,
} from "./demonstrations.ts";
export { episodeReturns, splitEpisodes, type Episode, type TransitionSet } from "./transition-set.ts";
