import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "../src/errors.ts";
import { createDirectory, fileError } from "../src/runs/atomic-file.ts";

/** Whether the path is a directory. @throws UserError when there is nothing at the path */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
}

/** The text of a file. @throws UserError when it cannot be read */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(path, "cannot be read", error);
  }
}

/** What a JSON file holds, to be checked by a schema. @throws UserError when it cannot be read or is not JSON */
export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw error instanceof SyntaxError ? new UserError(`${path}: is not JSON: ${error.message}`) : error;
  }
}

/**
 * Makes sure, before the work whose result goes there, that a file can be written at `path`; creates its directory.
 * @throws UserError
 */
export function prepareOutput(path: string): void {
  const directory = dirname(path);
  createDirectory(directory);
  try {
    accessSync(directory, constants.W_OK);
  } catch (error) {
    throw fileError(path, "cannot be written", error);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(`${path}: cannot be written: is a directory`);
  }
}
