import type { DatasetFormat } from "../../../datasets/index.ts";
import { formatCount } from "../../progress.ts";

export const formatNames: Readonly<Record<DatasetFormat, string>> = {
  d4rl: "D4RL's layout",
  minari: "Minari",
};

/** `1 episode`, `2,000 episodes`. */
export const plural = (count: number, one: string): string =>
  `${formatCount(count)} ${one}${count === 1 ? "" : "s"}`;
