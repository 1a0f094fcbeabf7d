import { Option } from "commander";
import { suitePresets } from "../../benchmark/presets.ts";
import { gather } from "../options.ts";

export const presetOption = (): Option =>
  new Option("--preset <name>", "the runs' presets: smoke (seconds, only shows that it runs), quick (minutes a run), paper (for results)")
    .choices(suitePresets)
    .default("quick");

/** For `option`: cells to choose. */
export const onlyFlag = [
  "--only <pattern>",
  "only cells whose `row / column` has this in it; * stands for anything; may be repeated",
  gather,
  [] as string[],
] as const;
