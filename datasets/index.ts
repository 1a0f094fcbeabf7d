export {
  catalogued,
  catalogueFile,
  readCatalogue,
  type Catalogue,
  type CatalogueContent,
  type CatalogueEntry,
  type CatalogueKind,
} from "./catalogue.ts";
export { concatenate } from "./concatenate.ts";
export { contentDigest, contentOf, type ContentDigest } from "./content.ts";
export { createD4rl, openD4rl, readD4rl, writeD4rl, type D4rlFacts } from "./d4rl/index.ts";
export {
  pieceRanges,
  pieces,
  readAll,
  returnsOf,
  type Dataset,
  type DatasetFormat,
  type DatasetOptions,
  type InfoFacts,
} from "./dataset.ts";
export {
  readDemonstrations,
  type Demonstrations,
  type DemonstrationSpec,
  type DemonstrationTrajectory,
} from "./demonstrations.ts";
export { createMinari, openMinari, readMinari, type Bounds, type MinariFacts } from "./minari/index.ts";
export { detectFormat, openDataset, readDataset } from "./open.ts";
export { d4rlReference, normalizedScore, referenceScores, type ReferenceScores } from "./scores.ts";
export { normalize, observationNormalization, type Normalization } from "./statistics.ts";
export {
  episodeReturns,
  rowsWithKnownNext,
  setOfTrajectory,
  splitEpisodes,
  trajectories,
  type Episode,
  type Floats,
  type InfoColumn,
  type Metadata,
  type MetadataArray,
  type Trajectory,
  type Transitions,
  type TransitionSet,
} from "./transition-set.ts";
export type { DatasetWriter } from "./writer.ts";
export { stateCoverage, type Coverage } from "./coverage.ts";
export { summarize, type DatasetSummary, type Range } from "./summary.ts";
export { canReplay, verifyDataset, type ReplayComparison, type Verification } from "./verify.ts";
