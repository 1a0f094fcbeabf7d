/** Arguments of commander's `option`. */
export const catalogueFlag = [
  "--catalogue <file>",
  "a catalogue of your own, as datasets/catalogue.json is one (default: the project's)",
] as const;
