import type { ResultRecord } from "../report/records.ts";

/** What a record is matched by: two runs that agree in it are two tries of the same. */
export type RunIdentity = Readonly<
  Pick<ResultRecord, "environment" | "agent" | "rewardInput" | "setting" | "dataset" | "trajectories" | "seed">
>;

const fields = ["environment", "agent", "rewardInput", "setting", "dataset", "trajectories", "seed"] as const;

/** The record's identity, and nothing else of it. */
export const identityOf = (record: RunIdentity): RunIdentity =>
  Object.fromEntries(fields.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]]))) as unknown as RunIdentity;

/** Whether both are of the same run. */
export const sameIdentity = (a: RunIdentity, b: RunIdentity): boolean => fields.every((name) => a[name] === b[name]);
