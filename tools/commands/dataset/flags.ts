/** Arguments of commander's `option`. */
export const environmentFlag = [
  "--environment <id>",
  "the environment that the data are of, for files that do not say it, as D4RL's own do not",
] as const;

export const catalogueFlag = [
  "--catalogue <file>",
  "a catalogue of your own, as datasets/catalogue.json is one (default: the project's)",
] as const;
