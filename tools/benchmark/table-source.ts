import { readBenchmark } from "./directory.ts";
import { expandSuite } from "./expand.ts";
import { readRecords } from "./record-file.ts";
import { seedsOfRecords, tableOfDirectory, tableOfRecords } from "./result-table.ts";
import { readSuite } from "./suite.ts";
import type { ResultTable } from "./table.ts";

/**
 * The table of a benchmark's directory, or of a suite and a file of records.
 * @param path a directory; with `records` a suite's name or path
 * @throws UserError
 */
export function tableOf(path: string, records?: string): ResultTable {
  if (records === undefined) {
    const { suite, preset, seeds } = readBenchmark(path);
    return tableOfDirectory(expandSuite(suite, preset, seeds), path);
  }
  const suite = readSuite(path);
  const found = readRecords(records);
  return tableOfRecords(expandSuite(suite, "paper", seedsOfRecords(found)), found);
}
