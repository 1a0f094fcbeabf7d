import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UserError } from "../../src/errors.ts";
import { runPeers } from "../../tools/bench/peers.ts";

/**
 * A shell script stands in for Python: it answers the questions about the interpreter and its libraries, writes down
 * every command line, and plays the peer programs. What runs for real is everything of ours: starting, pinning,
 * reading, giving up.
 */
let directory: string;
let python: string;
let peersDirectory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "motive-peers-"));
  python = join(directory, "python");
  peersDirectory = join(directory, "peers");
  mkdirSync(peersDirectory);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** @param cases branches of a `case` over the command line, tried before the ordinary answers */
function install(cases = ""): void {
  writeFileSync(
    python,
    `#!/bin/sh
printf '%s\\n' "$*" >> "${directory}/calls"
case "$*" in
${cases}
*version_info*) echo 3 ;;
*"import torch"*) echo 2.13.0+cpu ;;
*"import jax"*) echo 0.10.2 ;;
*ensemble.py*) echo 'building'; echo '{"peer": "x", "updates_per_s": 47.5}' ;;
*"--hidden 256"*) echo '{"peer": "x", "updates_per_s": 120}' ;;
*) echo '{"peer": "x", "updates_per_s": 500.25}' ;;
esac
`,
  );
  chmodSync(python, 0o755);
}

const calls = (): string[] => readFileSync(join(directory, "calls"), "utf8").trimEnd().split("\n");
/** A killed process may remain as a zombie, whose command line is empty, until its new parent has read its status. */
const isRunning = (pid: string): boolean => {
  const commandLine = `/proc/${pid}/cmdline`;
  return existsSync(commandLine) && readFileSync(commandLine, "utf8") !== "";
};
const measured = { W1: 500.25, W2: 120, W3: 47.5 };

describe("runPeers", () => {
  it("reads the rates of all peers and asks each program for the sizes of the three workloads", async () => {
    install();
    const progress: string[] = [];
    const report = await runPeers({
      python,
      peersDirectory,
      seconds: 4,
      onProgress: (text) => progress.push(text),
    });

    expect(report.peers).toEqual({ torchEager: measured, torchCompiled: measured, jaxScan: measured });
    expect(report.reasons).toEqual({});
    expect(report.versions).toEqual({
      torchEager: "2.13.0+cpu",
      torchCompiled: "2.13.0+cpu",
      jaxScan: "0.10.2",
    });
    expect(progress).toContain("torchEager W3: 47.5 updates/s");

    const programs = calls().filter((line) => line.includes(".py"));
    expect(programs).toHaveLength(9);
    for (const line of programs) expect(line).toMatch(/ --seconds 4$/);
    const find = (file: string, ...options: string[]) =>
      programs.filter((line) =>
        [join(peersDirectory, file), ...options].every((part) => line.includes(part)),
      );
    for (const [library, mode] of [
      ["torch", "--mode eager"],
      ["torch", "--mode compile"],
      ["jax", "--scan 100"],
    ]) {
      expect(find(`${library}_sac.py`, mode, "--obs 17 --act 6 --hidden 64 --batch 100 ")).toHaveLength(1);
      expect(find(`${library}_sac.py`, mode, "--obs 17 --act 6 --hidden 256 --batch 256 ")).toHaveLength(1);
    }
    const ensemble = "--members 7 --inputs 23 --outputs 18 --hidden 200 --layers 4 --batch 256 ";
    expect(find("torch_ensemble.py", "--mode eager", ensemble)).toHaveLength(1);
    expect(find("torch_ensemble.py", "--mode compile", ensemble)).toHaveLength(1);
    expect(find("jax_ensemble.py", "--scan", ensemble)).toHaveLength(1);
  });

  it("leaves out a peer whose library is missing, without running it, and says why", async () => {
    install(`*"import jax"*) echo "ModuleNotFoundError: No module named 'jax'" >&2; exit 1 ;;`);
    const report = await runPeers({ python, peersDirectory, seconds: 1 });
    expect(Object.keys(report.peers)).toEqual(["torchEager", "torchCompiled"]);
    expect(report.reasons).toEqual({
      jaxScan: "jax cannot be imported: exit code 1: ModuleNotFoundError: No module named 'jax'",
    });
    expect(calls().some((line) => line.includes("jax_"))).toBe(false);
  });

  it("leaves out a peer of which one workload fails, and goes on with the next", async () => {
    install(
      `*"--mode compile"*"--hidden 256"*) echo Traceback >&2; echo "CppCompileError: no compiler" >&2; exit 1 ;;`,
    );
    const report = await runPeers({ python, peersDirectory, seconds: 1 });
    expect(report.peers).toEqual({ torchEager: measured, jaxScan: measured });
    expect(report.reasons).toEqual({
      torchCompiled: "torch_sac.py (W2): exit code 1: CppCompileError: no compiler",
    });
  });

  it.each([
    ["echo 'all went well'", "its last line is not JSON: all went well"],
    [":", "printed nothing"],
    [
      `echo '{"updates_per_s": "fast"}'`,
      `its last line has no positive "updates_per_s": {"updates_per_s": "fast"}`,
    ],
    [`echo '{"updates_per_s": 0}'`, `its last line has no positive "updates_per_s": {"updates_per_s": 0}`],
    ["kill -SEGV $$", "killed by SIGSEGV"],
  ])("does not take `%s` for a result", async (command, reason) => {
    install(`*jax_sac.py*) ${command} ;;`);
    const report = await runPeers({ python, peersDirectory, seconds: 1 });
    expect(report.peers).toEqual({ torchEager: measured, torchCompiled: measured });
    expect(report.reasons).toEqual({ jaxScan: `jax_sac.py (W1): ${reason}` });
  });

  it("gives up a program that hangs, and ends what it started", async () => {
    install(`*jax_ensemble.py*) sleep 300 & echo $! > "${directory}/worker"; wait ;;`);
    const report = await runPeers({ python, peersDirectory, seconds: 1, timeoutSeconds: 2 });
    expect(report.peers).toEqual({ torchEager: measured, torchCompiled: measured });
    expect(report.reasons).toEqual({ jaxScan: "jax_ensemble.py (W3): no result within 2 s" });
    const worker = readFileSync(join(directory, "worker"), "utf8").trim();
    await vi.waitFor(() => expect(isRunning(worker)).toBe(false));
  });

  it("accepts a virtual environment in place of its interpreter", async () => {
    mkdirSync(join(directory, "venv/bin"), { recursive: true });
    python = join(directory, "venv/bin/python");
    install();
    const report = await runPeers({ python: join(directory, "venv"), peersDirectory, seconds: 1 });
    expect(report.peers.torchEager).toEqual(measured);
  });

  it("says what is wrong with an interpreter or a directory that was asked for", async () => {
    install("*version_info*) echo 2 ;;");
    await expect(runPeers({ python, peersDirectory, seconds: 1 })).rejects.toThrow(
      new UserError(
        `${python}: is not Python 3; --python expects a Python 3 interpreter or a virtual environment`,
      ),
    );
    const missing = join(directory, "missing");
    await expect(runPeers({ python: missing, peersDirectory, seconds: 1 })).rejects.toThrow(
      new UserError(
        `${missing}: not found; --python expects a Python 3 interpreter or a virtual environment`,
      ),
    );
    await expect(runPeers({ python, peersDirectory: missing, seconds: 1 })).rejects.toThrow(
      new UserError(`${missing}: no such directory; --peers expects the one that holds torch_sac.py`),
    );
  });

  it.runIf(process.platform === "linux" && existsSync("/usr/bin/taskset"))(
    "runs every program on one core",
    async () => {
      const own = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))![1];
      const core = Number(/\d+/.exec(own)![0]);
      install(
        `*.py*) grep Cpus_allowed_list /proc/self/status >> "${directory}/cores"; echo '{"updates_per_s": 1}' ;;`,
      );
      const report = await runPeers({ python, peersDirectory, seconds: 1, core });
      expect(report.core).toBe(core);
      const cores = readFileSync(join(directory, "cores"), "utf8").trimEnd().split("\n");
      expect(cores).toEqual(Array(9).fill(`Cpus_allowed_list:\t${core}`));
    },
  );

  it("runs unpinned where there is no such core", async () => {
    install();
    const report = await runPeers({ python, peersDirectory, seconds: 1, core: 100_000 });
    expect(report.core).toBeUndefined();
    expect(report.peers.torchEager).toEqual(measured);
  });
});
