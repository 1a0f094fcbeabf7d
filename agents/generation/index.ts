export {
  expectedTransitions,
  generate,
  type GeneratedContent,
  type GenerateOptions,
  type Generation,
  type Part,
  type PartEnd,
} from "./generate.ts";
export { generationOf } from "./recipe.ts";
export { recordReplay, type RecordedRun } from "./record.ts";
export { readRecording, saveRecording, type Recording } from "./recording.ts";
export { openSource, type EpisodeSource, type PlayedEpisode, type Player } from "./source.ts";
export { playEpisodes, type PlayOptions } from "./threads.ts";
export { layOut, type InfoName, type LayoutFacts } from "./transitions.ts";
