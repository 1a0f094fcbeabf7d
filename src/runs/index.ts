export { writeFileAtomically, writeTextAtomically, type FileSink } from "./atomic-file.ts";
export { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
export {
  createRun,
  openRun,
  readRun,
  runFormatVersion,
  type LoadedCheckpoint,
  type Run,
  type RunManifest,
  type RunReader,
} from "./directory.ts";
export { isLocked } from "./lock.ts";
export { type MetricsRecord } from "./metrics.ts";
export { loadSafetensors, saveSafetensors, type SafetensorsFile, type Tensor } from "./safetensors.ts";
export {
  combine,
  select,
  type Checkpointable,
  type Json,
  type NumericArray,
  type Snapshot,
} from "./snapshot.ts";
