import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import {
  openAtomicDirectory,
  openAtomicFile,
  openRecordFile,
  removeAbandoned,
  writeFileAtomically,
  writeTextAtomically,
} from "../../src/runs/atomic-file.ts";
import { temporaryDirectory, withFileSizeLimit, withTinyFileSystem } from "./full-disk.ts";

let directory: string;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const line = (path: string, cause: string): UserError =>
  new UserError(`${path}: cannot be written: ${cause}`);

describe("writeFileAtomically", () => {
  it("writes the appended views in order and leaves no other file", () => {
    const path = join(directory, "file");
    writeFileAtomically(path, (sink) => {
      sink.append(Uint8Array.of(1, 2, 3).subarray(1));
      sink.append(Float32Array.of(1));
      expect(sink.size).toBe(6);
    });
    expect([...readFileSync(path)]).toEqual([2, 3, 0, 0, 0x80, 0x3f]);
    expect(readdirSync(directory)).toEqual(["file"]);
  });

  it("writes arrays larger than one piece", () => {
    const path = join(directory, "file");
    const values = Float64Array.from({ length: 5_000_000 }, (_, index) => index);
    writeFileAtomically(path, (sink) => sink.append(values));
    const read = new Float64Array(new Uint8Array(readFileSync(path)).buffer);
    expect(read.length).toBe(values.length);
    expect(read.findIndex((value, index) => value !== index)).toBe(-1);
  });

  it("keeps the old content when the content cannot be produced", () => {
    const path = join(directory, "file");
    writeTextAtomically(path, "old");
    expect(() =>
      writeFileAtomically(path, (sink) => {
        sink.append(Buffer.from("new"));
        throw new Error("halfway");
      }),
    ).toThrow("halfway");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(directory)).toEqual(["file"]);
  });

  it.runIf(process.platform === "linux")(
    "keeps the old content when the file may not grow to its full size",
    () => {
      const path = join(directory, "file");
      writeTextAtomically(path, "old");
      withFileSizeLimit(65_536, () => {
        expect(() => writeFileAtomically(path, (sink) => sink.append(new Uint8Array(200_000)))).toThrow(
          line(path, "the file would exceed the size limit"),
        );
      });
      expect(readFileSync(path, "utf8")).toBe("old");
      expect(readdirSync(directory)).toEqual(["file"]);
    },
  );

  it.runIf(process.platform === "linux")("keeps the old content when the disk is full", (context) => {
    const mounted = withTinyFileSystem(64, (tiny) => {
      const path = join(tiny, "file");
      writeTextAtomically(path, "old");
      expect(() => writeFileAtomically(path, (sink) => sink.append(new Uint8Array(200_000)))).toThrow(
        line(path, "no space left on the device"),
      );
      expect(readFileSync(path, "utf8")).toBe("old");
      expect(readdirSync(tiny)).toEqual(["file"]);
    });
    if (!mounted)
      context.skip("this user may not mount a file system; the test above covers a refused write");
  });

  it("says why a path cannot be written", () => {
    const file = join(directory, "file");
    writeFileSync(file, "");
    mkdirSync(join(directory, "folder"));
    const causes: [string, string][] = [
      [join(directory, "folder"), "is a directory"],
      [join(file, "below"), "a part of the path is not a directory"],
      [join(directory, "missing", "file"), "no such file or directory"],
    ];
    for (const [path, cause] of causes)
      expect(() => writeTextAtomically(path, "x")).toThrow(line(path, cause));
    if (process.platform !== "win32") {
      expect(() => writeTextAtomically("/dev/null", "x")).toThrow(line("/dev/null", "is not a regular file"));
    }
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
    "reports a directory without permission",
    () => {
      chmodSync(directory, 0o555);
      const path = join(directory, "file");
      expect(() => writeTextAtomically(path, "x")).toThrow(line(path, "permission denied"));
      chmodSync(directory, 0o755);
      expect(existsSync(path)).toBe(false);
    },
  );
});

describe("openAtomicFile", () => {
  it("takes bytes at the end and, once reserved, anywhere", () => {
    const path = join(directory, "file");
    const written = openAtomicFile(path);
    written.append(Uint8Array.of(1, 2));
    written.reserve(4);
    written.append(Uint8Array.of(7));
    written.write(Uint8Array.of(5, 6), 3);
    written.write(Uint8Array.of(9), 0);
    written.reserve(2);
    expect(written.size).toBe(9);
    expect(existsSync(path)).toBe(false);
    written.commit();
    expect([...readFileSync(path)]).toEqual([9, 2, 0, 5, 6, 0, 7, 0, 0]);
    written.abort();
    expect(readdirSync(directory)).toEqual(["file"]);
    const other = openAtomicFile(path);
    expect(() => other.write(Uint8Array.of(1), 0)).toThrow("beyond its 0 bytes");
    other.abort();
    expect(readFileSync(path)).toHaveLength(9);
  });

  it("names the path that it is told to", () => {
    expect(() => openAtomicFile(join(directory, "missing", "file"), "shown")).toThrow(
      line("shown", "no such file or directory"),
    );
  });
});

describe("openAtomicDirectory", () => {
  it("appears with its content at once, or not at all", () => {
    const path = join(directory, "folder");
    const aborted = openAtomicDirectory(path);
    writeFileSync(join(aborted.staging, "file"), "half");
    aborted.abort();
    expect(readdirSync(directory)).toEqual([]);
    const made = openAtomicDirectory(path);
    writeFileSync(join(made.staging, "file"), "whole");
    expect(existsSync(path)).toBe(false);
    made.commit();
    made.abort();
    expect(readdirSync(directory)).toEqual(["folder"]);
    expect(readFileSync(join(path, "file"), "utf8")).toBe("whole");
  });

  it("never replaces what there is", () => {
    const path = join(directory, "folder");
    const late = openAtomicDirectory(path);
    mkdirSync(path);
    const refusal = new UserError(`${path}: already exists; remove it or choose another name`);
    expect(() => late.commit()).toThrow(refusal);
    late.abort();
    expect(() => openAtomicDirectory(path)).toThrow(refusal);
    expect(readdirSync(directory)).toEqual(["folder"]);
  });
});

describe("openRecordFile", () => {
  it("continues an existing file", () => {
    const path = join(directory, "records");
    for (const text of ["one\n", "two\n"]) {
      const records = openRecordFile(path);
      records.append(Buffer.from(text));
      records.close();
    }
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  });

  it.runIf(process.platform === "linux")("never leaves half a record", () => {
    const path = join(directory, "records");
    const records = openRecordFile(path);
    const whole = Buffer.alloc(60_000, "a");
    records.append(whole);
    withFileSizeLimit(65_536, () => {
      expect(() => records.append(whole)).toThrow(line(path, "the file would exceed the size limit"));
    });
    expect(readFileSync(path).equals(whole)).toBe(true);
    records.append(Buffer.from("b"));
    records.close();
    expect(readFileSync(path, "utf8")).toBe(`${whole.toString()}b`);
  });
});

describe("removeAbandoned", () => {
  it("removes what killed processes left of a path, and nothing else", () => {
    const dead = spawnSync(process.execPath, ["--eval", ""]).pid;
    const abandoned = [`.set.hdf5.${dead}.partial`, `.set-v0.${dead}.partial`];
    const others = [
      `.set.hdf5.${process.ppid}.partial`,
      `.other.hdf5.${dead}.partial`,
      ".set.hdf5.x.partial",
      "set.hdf5",
    ];
    for (const name of [abandoned[0], ...others]) writeFileSync(join(directory, name), "");
    mkdirSync(join(directory, abandoned[1], "data"), { recursive: true });
    removeAbandoned(join(directory, "set.hdf5"));
    removeAbandoned(join(directory, "set-v0"));
    removeAbandoned(join(directory, "missing", "set.hdf5"));
    expect(readdirSync(directory).sort()).toEqual([...others].sort());
  });
});
