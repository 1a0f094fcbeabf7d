import { spawnSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobsOf } from "../../../tools/benchmark/jobs.ts";
import { expandSuite } from "../../../tools/benchmark/expand.ts";
import { stagesOf } from "../../../tools/benchmark/slurm.ts";
import { readSuite } from "../../../tools/benchmark/suite.ts";
import { metricsOf, motive, temporaryFolder } from "../command-line.ts";
import { recordsOf, undisturbed } from "./kills.ts";
import { writeTinySuite } from "./tiny.ts";

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const programs = ["munged", "slurmctld", "slurmd", "sbatch"];
const missing = programs.filter((name) => spawnSync("which", [name]).status !== 0);

describe("the stages of a benchmark", () => {
  it("put every job after those whose output it takes", () => {
    const stages = stagesOf(jobsOf(expandSuite(readSuite("figure-3.5"), "paper", 2)));
    const stageOf = (name: string) => stages.findIndex((stage) => stage.some(({ id }) => id.includes(name)));
    expect(stages).toHaveLength(3);
    expect(["datasets/", "references/", "medium-expert-reward-hopper", "mopo-transferred"].map(stageOf)).toEqual([0, 0, 1, 2]);
  });
});

/** Looks five times a second, until something is so. */
async function until(so: () => boolean, seconds = 100): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!so()) {
    if (performance.now() > end) throw new Error("waited too long");
    await sleep(200);
  }
}

describe("a benchmark's script for Slurm", () => {
  const folder = temporaryFolder();
  let suite = "";
  beforeAll(async () => {
    // long enough that a run which has begun can still be stopped
    suite = await writeTinySuite(folder, 20_000);
    expect(undisturbed(folder, suite, "calm")).toMatchObject({ code: 0 });
    for (const out of ["tasks", "cluster"]) {
      const words = ["--preset", "smoke", "--out", out, "--slurm", `${out}.sh`, "--checkpoint-interval", "500"];
      expect(motive(folder, "benchmark", suite, ...words)).toMatchObject({ code: 0, stderr: "" });
    }
  });

  const task = (index: number) => {
    const child = spawn("bash", ["tasks.sh"], {
      cwd: folder,
      env: { ...process.env, SLURM_ARRAY_TASK_ID: `${index}` },
      stdio: "ignore",
    });
    return { child, ended: new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code))) };
  };

  it("is a script that bash can read, with a task for each job", () => {
    expect(spawnSync("bash", ["-n", "tasks.sh"], { cwd: folder })).toMatchObject({ status: 0 });
    const text = readFileSync(join(folder, "tasks.sh"), "utf8");
    expect(text).toContain("stages=(0-2 3-3)");
    expect([...text.matchAll(/^#SBATCH (--requeue|--signal=.*|--cpus-per-task=1)$/gm)].map(([, option]) => option)).toEqual([
      "--cpus-per-task=1",
      "--requeue",
      "--signal=B:USR1@120",
    ]);
  });

  it("has tasks that stop with a checkpoint at SIGTERM, go on when they are started again, and give the same results", async () => {
    // 3 needs 1, which has not begun
    expect(await task(3).ended).toBe(1);
    const sac = join(folder, "tasks", "runs", "sac-regulator-v0-seed0");
    const first = task(1);
    await until(() => existsSync(join(sac, "metrics.jsonl")) && readFileSync(join(sac, "metrics.jsonl"), "utf8").split("\n").length > 2);
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(143);
    expect(existsSync(join(sac, "result.json"))).toBe(false);
    expect(existsSync(join(sac, "lock"))).toBe(false);
    for (const index of [0, 1, 2, 3]) expect(await task(index).ended).toBe(0);
    const result = readFileSync(join(sac, "result.json"), "utf8");
    expect(await task(1).ended).toBe(0);
    expect(readFileSync(join(sac, "result.json"), "utf8")).toBe(result);
    expect(metricsOf(sac)).toEqual(metricsOf(join(folder, "calm", "runs", "sac-regulator-v0-seed0")));
    expect(recordsOf(folder, "tasks")).toEqual(recordsOf(folder, "calm"));
  });

  describe.skipIf(missing.length > 0 || process.getuid?.() !== 0)(
    `on a cluster of one node${missing.length > 0 ? ` (skipped: no ${missing.join(", ")}; Debian: slurmctld slurmd slurm-client munge)` : ""}`,
    () => {
      const place = join(folder, "slurm");
      const environment = { ...process.env, SLURM_CONF: join(place, "slurm.conf") };
      const run = (name: string, ...words: string[]) => {
        const { status, stdout, stderr } = spawnSync(name, words, { cwd: folder, env: environment, encoding: "utf8" });
        if (status !== 0) throw new Error(`${name} ${words.join(" ")}: ${stderr}`);
        return stdout;
      };

      beforeAll(async () => {
        startCluster(place, run);
        await until(() => spawnSync("sinfo", ["-h", "-o", "%t"], { env: environment, encoding: "utf8" }).stdout.trim() === "idle");
      });
      afterAll(() => stopCluster(place));

      it("does all tasks, one of them requeued while it runs", async () => {
        const submitted = run("bash", "cluster.sh", "--time=5");
        const [, first] = /tasks 0-2: job (\d+)/.exec(submitted) ?? [];
        const sac = join(folder, "cluster", "runs", "sac-regulator-v0-seed0");
        await until(() => existsSync(join(sac, "metrics.jsonl")) && readFileSync(join(sac, "metrics.jsonl"), "utf8").split("\n").length > 2);
        run("scontrol", "requeue", `${first}_1`);
        await until(() => /PENDING/.test(run("squeue", "-h", "-r", "-j", `${first}_1`, "-o", "%T")));
        expect(existsSync(join(sac, "result.json"))).toBe(false);
        // Slurm holds a requeued task back for two minutes.
        run("scontrol", "update", `jobid=${first}_1`, "starttime=now");
        await until(() => run("squeue", "-h").trim() === "");
        expect(run("scontrol", "show", "job", `${first}_1`)).toContain("Restarts=1");
        expect(recordsOf(folder, "cluster")).toEqual(recordsOf(folder, "calm"));
      }, 300_000);
    },
  );
});

/** munged, slurmctld and slurmd with everything they write in one folder, on ports of their own. */
function startCluster(place: string, run: (name: string, ...words: string[]) => string): void {
  for (const name of ["state", "spool", "run", "log", "munge"]) mkdirSync(join(place, name), { recursive: true, mode: name === "munge" ? 0o700 : 0o755 });
  writeFileSync(join(place, "munge", "munge.key"), Buffer.alloc(64, "motive"), { mode: 0o400 });
  const host = hostname().split(".")[0];
  const [controller, node] = [20_000 + (process.pid % 20_000), 40_000 + (process.pid % 20_000)];
  writeFileSync(
    join(place, "slurm.conf"),
    [
      "ClusterName=motive",
      `SlurmctldHost=${host}(127.0.0.1)`,
      "SlurmUser=root",
      "SlurmdUser=root",
      `SlurmctldPort=${controller}`,
      `SlurmdPort=${node}`,
      `AuthInfo=socket=${place}/run/munge.socket`,
      `StateSaveLocation=${place}/state`,
      `SlurmdSpoolDir=${place}/spool`,
      `SlurmctldPidFile=${place}/run/slurmctld.pid`,
      `SlurmdPidFile=${place}/run/slurmd.pid`,
      `SlurmctldLogFile=${place}/log/slurmctld.log`,
      `SlurmdLogFile=${place}/log/slurmd.log`,
      "ProctrackType=proctrack/linuxproc",
      "TaskPlugin=task/none",
      "JobAcctGatherType=jobacct_gather/none",
      "SelectType=select/cons_tres",
      "SelectTypeParameters=CR_CPU",
      "SchedulerParameters=sched_interval=2,batch_sched_delay=1",
      "MpiDefault=none",
      "ReturnToService=2",
      `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} RealMemory=500 State=UNKNOWN`,
      `PartitionName=all Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
      "",
    ].join("\n"),
  );
  const inPlace = (name: string) => join(place, name);
  run("munged", "--force", "-S", inPlace("run/munge.socket"), `--key-file=${inPlace("munge/munge.key")}`, `--pid-file=${inPlace("run/munged.pid")}`, `--log-file=${inPlace("log/munged.log")}`, `--seed-file=${inPlace("munge/seed")}`);
  run("slurmctld", "-c");
  run("slurmd");
}

function stopCluster(place: string): void {
  for (const name of ["slurmd", "slurmctld", "munged"]) {
    const file = join(place, "run", `${name}.pid`);
    if (existsSync(file)) process.kill(Number(readFileSync(file, "utf8")), "SIGTERM");
  }
}
