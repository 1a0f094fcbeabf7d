/** Arguments of commander's `option`. */
export const environmentFlag = [
  "--environment <id>",
  "the environment that the data are of, for files that do not say it, as D4RL's own do not",
] as const;
