import {
  closeSync,
  existsSync,
  fsyncSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../errors.ts";

/** Large views are handed to the system in pieces, so that no call needs a buffer of the whole array's size. */
const pieceBytes = 16 * 1024 * 1024;

/** Ends the names of files that are still being written. */
export const partialSuffix = ".partial";

const causes: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is exhausted",
  EFBIG: "the file would exceed the size limit",
  EIO: "the device reports an input/output error",
  EISDIR: "is a directory",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "too many open files on this machine",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on the device",
  ENOTDIR: "a part of the path is not a directory",
  ENOTEMPTY: "the directory is not empty",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
};

/** `path: what: cause` for an error of the file system. Errors of another kind come back as they are. */
export function fileError(path: string, what: string, error: unknown): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) return error;
  return new UserError(`${path}: ${what}: ${causes[code] ?? code}`);
}

/** The bytes that a view shows, without a copy. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Writes all bytes of a view, however many calls the system needs. Throws the system's error. */
function writeAll(descriptor: number, view: ArrayBufferView, position: number | null): void {
  const bytes = bytesOf(view);
  let offset = 0;
  while (offset < bytes.length) {
    const length = Math.min(pieceBytes, bytes.length - offset);
    offset += writeSync(descriptor, bytes, offset, length, position === null ? null : position + offset);
  }
}

/** Makes a rename or a new name in the directory durable. Windows cannot open directories, and needs no such step. */
function syncDirectory(directory: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Removes what processes of this machine that were killed while they wrote `path`, a file or a directory, left beside it.
 */
export function removeAbandoned(path: string): void {
  const [prefix, directory] = [`.${basename(path)}.`, dirname(resolve(path))];
  if (!existsSync(directory)) return;
  try {
    for (const name of readdirSync(directory)) {
      if (!name.startsWith(prefix) || !name.endsWith(partialSuffix)) continue;
      const writer = name.slice(prefix.length, -partialSuffix.length);
      if (/^\d+$/.test(writer) && !isRunning(Number(writer)))
        rmSync(join(directory, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw fileError(path, "cannot be written", error);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Where the content of a file that is being written goes. */
export interface FileSink {
  /** Bytes appended so far. */
  readonly size: number;
  append(bytes: ArrayBufferView): void;
}

/** A file that is written over some time, under a temporary name. Its methods throw UserErrors that name `path`. */
export interface AtomicFile extends FileSink {
  /** Sets aside bytes at the end, zero until {@link write} fills them. */
  reserve(bytes: number): void;
  /** Overwrites bytes that were appended or reserved. */
  write(bytes: ArrayBufferView, position: number): void;
  /** Gives the file its name, once its content is on the disk. */
  commit(): void;
  /** Removes what was written; does nothing after the file got its name. */
  abort(): void;
}

/** A name beside `path` for what is not yet complete. */
function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}${partialSuffix}`);
}

/**
 * Starts a file so that, at every moment and after a crash or power cut, the path holds either the old content or the
 * complete new one: temporary name in the same directory, sync, rename, sync of the directory. The caller ends with
 * `commit` or, when anything fails, a full disk included, with `abort`: the old file is then untouched.
 *
 * @param shownAs the path in messages, where `path` itself lies in a directory that has yet to get its name
 * @throws UserError naming the path and the cause when the file system refuses
 */
export function openAtomicFile(path: string, shownAs = path): AtomicFile {
  const temporary = temporaryName(path);
  const attempt = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw fileError(shownAs, "cannot be written", error);
    }
  };
  let descriptor: number | undefined = attempt(() => {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing !== undefined && !existing.isFile()) {
      const kind = existing.isDirectory() ? "a directory" : "not a regular file";
      throw new UserError(`${shownAs}: cannot be written: is ${kind}`);
    }
    return openSync(temporary, "w");
  });
  let size = 0;
  const opened = (): number => {
    if (descriptor === undefined) throw new Error(`${path} is closed`);
    return descriptor;
  };
  return {
    get size() {
      return size;
    },
    append(bytes) {
      attempt(() => writeAll(opened(), bytes, size));
      size += bytes.byteLength;
    },
    reserve(bytes) {
      size += bytes;
    },
    write(bytes, position) {
      if (position + bytes.byteLength > size) throw new Error(`${path}: written beyond its ${size} bytes`);
      attempt(() => writeAll(opened(), bytes, position));
    },
    commit() {
      attempt(() => {
        // Reserved bytes at the end that nothing filled.
        ftruncateSync(opened(), size);
        fsyncSync(opened());
        closeSync(opened());
        descriptor = undefined;
        renameSync(temporary, path);
        syncDirectory(dirname(path));
      });
    },
    abort() {
      try {
        if (descriptor !== undefined) closeSync(descriptor);
        descriptor = undefined;
        rmSync(temporary, { force: true });
      } catch {
        // The error that led here says what went wrong; the directory may not even exist.
      }
    },
  };
}

/**
 * Writes a file at once as {@link openAtomicFile} does.
 * @throws UserError naming the path and the cause when the file system refuses
 */
export function writeFileAtomically(path: string, produce: (sink: FileSink) => void): void {
  const file = openAtomicFile(path);
  try {
    produce(file);
    file.commit();
  } catch (error) {
    file.abort();
    throw fileError(path, "cannot be written", error);
  }
}

/** A directory that is filled under a temporary name. */
export interface AtomicDirectory {
  /** Where its files go until {@link commit}. */
  readonly staging: string;
  /** Gives the directory its name. @throws UserError when there is something of that name by now */
  commit(): void;
  /** Removes what was written; does nothing after the directory got its name. */
  abort(): void;
}

/**
 * Starts a new directory that appears under its name only when it is complete.
 * @throws UserError when there is something at `path` already, or the file system refuses
 */
export function openAtomicDirectory(path: string): AtomicDirectory {
  const staging = temporaryName(path);
  const refuseExisting = (): void => {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
    throw new UserError(`${path}: already exists; remove it or choose another name`);
  };
  try {
    refuseExisting();
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging);
  } catch (error) {
    throw fileError(path, "cannot be created", error);
  }
  return {
    staging,
    commit() {
      try {
        refuseExisting();
        syncDirectory(staging);
        renameSync(staging, path);
        syncDirectory(dirname(path));
      } catch (error) {
        throw fileError(path, "cannot be created", error);
      }
    },
    abort() {
      try {
        rmSync(staging, { recursive: true, force: true });
      } catch {
        // The error that led here says what went wrong.
      }
    },
  };
}

/** {@link writeFileAtomically} for text. */
export function writeTextAtomically(path: string, text: string): void {
  writeFileAtomically(path, (sink) => sink.append(Buffer.from(text, "utf8")));
}

/** A file that grows by whole records. */
export interface RecordFile {
  append(record: Uint8Array): void;
  close(): void;
}

/**
 * Opens a file for appending, created when missing. Each record is one write; when the system takes only part of it
 * (a full disk), the file is cut back to its last whole record before the UserError is thrown.
 */
export function openRecordFile(path: string): RecordFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "a");
  } catch (error) {
    throw fileError(path, "cannot be written", error);
  }
  return {
    append(record) {
      if (descriptor === undefined) throw new Error(`${path} is closed`);
      const before = fstatSync(descriptor).size;
      try {
        writeAll(descriptor, record, null);
      } catch (error) {
        ftruncateSync(descriptor, before);
        throw fileError(path, "cannot be written", error);
      }
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/**
 * Creates a directory and its missing parents. Not by mkdir's `recursive`: Node 20 never returns from it where a
 * directory exists but takes no entries, such as /proc.
 *
 * @returns the topmost directory that did not exist before, if any
 * @throws UserError when one cannot be created
 */
export function createDirectory(path: string): string | undefined {
  try {
    const missing: string[] = [];
    for (let current = resolve(path); statSync(current, { throwIfNoEntry: false }) === undefined;) {
      missing.unshift(current);
      current = dirname(current);
    }
    for (const directory of missing) {
      try {
        mkdirSync(directory);
      } catch (error) {
        // Two runs that start together both find the parent missing.
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
    if (missing.length === 0 && !statSync(path).isDirectory())
      throw new UserError(`${path}: is a file, expected a directory`);
    return missing[0];
  } catch (error) {
    throw fileError(path, "cannot be created", error);
  }
}
