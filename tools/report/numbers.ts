import type { Interval } from "../../src/statistics/index.ts";
import { formatCount } from "../progress.ts";

const minus = "−";

/** With a minus sign that is as wide as a digit, never −0, and thousands apart from 10,000 on. */
export function formatFixed(value: number, decimals: number): string {
  const digits = Math.abs(value).toFixed(decimals);
  const [whole, fraction] = digits.split(".");
  const grouped = whole.length > 4 ? formatCount(Number(whole)) : whole;
  const sign = value < 0 && Number(digits) !== 0 ? minus : "";
  return `${sign}${grouped}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** Decimals for returns that reach so far: four digits and none, three and one, fewer and two. */
export function returnDecimals(values: readonly number[]): number {
  const largest = Math.max(0, ...values.map(Math.abs));
  return largest >= 1000 ? 0 : largest >= 100 ? 1 : 2;
}

export const formatRatio = (ratio: number): string => formatFixed(ratio, 3);

export const formatInterval = ({ low, high }: Interval, decimals = 3): string =>
  `${formatFixed(low, decimals)} to ${formatFixed(high, decimals)}`;

/** 800000 as 800,000; a range where the two differ. */
export const formatRange = ([least, most]: readonly [number, number]): string =>
  least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;

/** `1 run`, `3 runs`. */
export const counted = (count: number, singular: string, plural = `${singular}s`): string =>
  `${formatCount(count)} ${count === 1 ? singular : plural}`;
