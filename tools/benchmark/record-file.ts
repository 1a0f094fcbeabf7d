import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { readJson } from "../files.ts";
import type { ResultRecord } from "../report/records.ts";

const optionalNumber = z.number().optional();

const recordSchema = z.looseObject({
  environment: z.string(),
  agent: z.string(),
  rewardInput: z.string().optional(),
  setting: z.string().optional(),
  dataset: z.string().optional(),
  trajectories: optionalNumber,
  seed: z.number(),
  environmentSteps: z.number(),
  updates: optionalNumber,
  finalReturn: z.number(),
  bestReturn: z.number(),
  expertReturn: optionalNumber,
  stepsToHold90: z.number().nullable().optional(),
  wallSeconds: z.number(),
  command: z.string(),
  version: z.string(),
});

/** Reads committed records. @throws UserError when the file is none of them */
export function readRecords(file: string): ResultRecord[] {
  const given = readJson(file);
  const parsed = z.array(recordSchema).safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(`${file}: record ${issue.path.join(".")}: ${issue.message}`);
}
