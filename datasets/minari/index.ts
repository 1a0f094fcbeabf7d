export { recordedOptions } from "./metadata.ts";
export { openMinari, readMinari } from "./reader.ts";
export { createMinari, type Bounds, type MinariFacts } from "./writer.ts";
