export { openD4rl, readD4rl } from "./reader.ts";
export { createD4rl, writeD4rl, type D4rlFacts } from "./writer.ts";
