import { formatCount } from "../progress.ts";
import type { CurvePanel } from "./curves.ts";
import { markdownTable } from "./markdown.ts";
import type { ResultRecord, RunReport } from "./records.ts";

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

const environmentOf = ({ record }: RunReport): string => record.environment;

/** The same for runs of one environment that differ in their seed only. */
function agentOf({ record: { agent, rewardInput, dataset } }: RunReport): string {
  return [agent, ...(rewardInput === undefined ? [] : [`${rewardInput} reward`]), ...(dataset === undefined ? [] : [dataset])].join(", ");
}

const header = [
  "environment",
  "agent",
  "seed",
  "environment steps",
  "return",
  "ratio to the expert",
  "best measurement",
  "steps until 90 % is held",
  "seconds",
];

function runRow(name: string, record: ResultRecord): string[] {
  const { environment, seed, environmentSteps, finalReturn, bestReturn, expertReturn, stepsToHold90, wallSeconds } = record;
  return [
    environment,
    name,
    `${seed}`,
    formatCount(environmentSteps),
    finalReturn.toFixed(0),
    expertReturn === undefined ? "–" : (finalReturn / expertReturn).toFixed(3),
    bestReturn.toFixed(0),
    expertReturn === undefined ? "–" : typeof stepsToHold90 === "number" ? formatCount(stepsToHold90) : "not held",
    wallSeconds.toFixed(0),
  ];
}

/** A Markdown row for each run, runs of the same agent together. */
export function runsMarkdown(reports: readonly RunReport[]): string[] {
  const rows = [...groupBy(reports, environmentOf).values()].flatMap((ofEnvironment) =>
    [...groupBy(ofEnvironment, agentOf)].flatMap(([name, runs]) => runs.map(({ record }) => runRow(name, record))),
  );
  return markdownTable(header, rows, 2);
}

/** One panel, named by `title`, where all runs are of one environment; one per environment otherwise. */
export function panelsOf(reports: readonly RunReport[], title: string | undefined): CurvePanel[] {
  const environments = [...groupBy(reports, environmentOf)];
  return environments.map(([environment, runs]) => ({
    title: environments.length === 1 ? (title ?? environment) : environment,
    groups: [...groupBy(runs, agentOf)].map(([name, group]) => ({ name, curves: group.map(({ curve }) => curve) })),
    expertReturn: runs.find(({ record }) => record.expertReturn !== undefined)?.record.expertReturn,
    ...(runs.every(({ record }) => record.updates !== undefined) && { unit: "updates of the networks" }),
  }));
}
