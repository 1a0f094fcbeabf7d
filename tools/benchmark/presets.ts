/** The presets of a suite; each agent has presets of these names. */
export const suitePresets = ["smoke", "quick", "paper"] as const;
export type SuitePreset = (typeof suitePresets)[number];
