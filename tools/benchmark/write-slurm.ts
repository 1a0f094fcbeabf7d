import { writeTextAtomically } from "../../src/runs/index.ts";
import { prepareOutput } from "../files.ts";
import { checkedJobs } from "./benchmark.ts";
import { openBenchmark, type BenchmarkFacts } from "./directory.ts";
import { expandSuite } from "./expand.ts";
import { slurmScript } from "./slurm.ts";

export interface SlurmRequest {
  readonly directory: string;
  readonly only: readonly string[];
  readonly checkpointInterval: number;
}

/**
 * Prepares a benchmark's directory and writes the script that has Slurm fill it.
 * @throws UserError where the directory is of something else, or a run in it of another configuration
 */
export function writeSlurmScript(file: string, facts: BenchmarkFacts, { directory, only, checkpointInterval }: SlurmRequest): void {
  const plan = expandSuite(facts.suite, facts.preset, facts.seeds);
  const jobs = checkedJobs(plan, directory, only);
  prepareOutput(file);
  const release = openBenchmark(directory, facts);
  try {
    writeTextAtomically(file, slurmScript(jobs, { name: plan.suite, directory, checkpointInterval }));
  } finally {
    release();
  }
}
