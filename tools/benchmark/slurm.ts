import { resolve } from "node:path";
import { program } from "./child.ts";
import { errorFile, outputFile, unverifiedFile, type Job } from "./jobs.ts";

export interface SlurmOptions {
  readonly name: string;
  readonly directory: string;
  readonly checkpointInterval: number;
}

/** Seconds before its time limit at which a task is asked to save itself: more than a unit of work and a checkpoint take. */
const graceSeconds = 120;

const quote = (word: string): string => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
const line = (words: readonly string[]): string => words.map(quote).join(" ");

/** Jobs by stage: those of a stage need nothing but what earlier ones make. */
export function stagesOf(jobs: readonly Job[]): Job[][] {
  const levels = new Map<string, number>();
  for (const { id, needs } of jobs) levels.set(id, 1 + Math.max(-1, ...needs.map((need) => levels.get(need) ?? -1)));
  const stages: Job[][] = [];
  for (const job of jobs) (stages[levels.get(job.id) ?? 0] ??= []).push(job);
  return stages;
}

function taskLine(job: Job, checkpointInterval: number): string {
  const logs = [outputFile(job), errorFile(job)];
  switch (job.kind) {
    case "run":
      return line(["run", job.id, ...logs, ...job.words.slice(0, -2), "--checkpoint-interval", `${checkpointInterval}`]);
    case "dataset":
      return line(["make", job.id, unverifiedFile(job.id), ...logs, ...job.words]);
    case "reference":
      return line(["make", job.id, outputFile(job), ...logs, ...job.words]);
  }
}

/** What a task checks before it begins: files that other tasks make. */
function needsLine({ needs }: Job): string[] {
  const files = needs.map((id) => (id.startsWith("runs/") ? `${id}/result.json` : id));
  return files.length === 0 ? [] : [line(["needs", ...files])];
}

function taskCase(job: Job, index: number, checkpointInterval: number): string {
  const lines = [...needsLine(job), taskLine(job, checkpointInterval)];
  return `  ${index})\n${lines.map((text) => `    ${text}\n`).join("")}    ;;`;
}

/**
 * A script for Slurm that does all jobs as tasks of job arrays, one array a stage. `bash SCRIPT` submits the arrays, each
 * after the one before it; as a task, with SLURM_ARRAY_TASK_ID, it does one job. What is done already is left alone, what
 * was begun goes on: the run's directory says which, so a task can be requeued at any time.
 */
export function slurmScript(jobs: readonly Job[], { name, directory, checkpointInterval }: SlurmOptions): string {
  const stages = stagesOf(jobs);
  const tasks = stages.flat();
  const ends = stages.map((_, i) => stages.slice(0, i + 1).flat().length);
  const ranges = stages.map((stage, i) => `${ends[i] - stage.length}-${ends[i] - 1}`);
  const folder = resolve(directory);
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
  return `#!/bin/bash
# The benchmark ${name}: ${count(tasks.length, "task")} in ${count(stages.length, "stage")}.
# Submit:  bash THIS-FILE [options of sbatch, such as --partition=cpu --time=24:00:00]
# Again, with what is done left alone: the same. How far it is:  motive benchmark status ${quote(folder)}
#SBATCH --job-name=${name}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@${graceSeconds}
set -u

stages=(${ranges.join(" ")})
MOTIVE=\${MOTIVE:-${line([process.execPath, program])}}
export SCRIPT=\${SCRIPT:-$(realpath "$0")}

if [ -z "\${SLURM_ARRAY_TASK_ID:-}" ]; then
  previous=
  for stage in "\${stages[@]}"; do
    previous=$(sbatch --parsable --array="$stage" --output=${quote(`${folder}/logs/slurm-%A_%a.out`)} \\
      \${previous:+--dependency=afterany:$previous} "$@" "$SCRIPT") || exit 1
    previous=\${previous%%;*}
    echo "tasks $stage: job $previous"
  done
  exit 0
fi

cd ${quote(folder)} || exit 1

# What another task makes has to be there.
needs() {
  for file in "$@"; do
    if [ ! -e "$file" ]; then
      echo "needs $file, which is not there: its task failed or is not done" >&2
      exit 1
    fi
  done
}

# Runs a command with its output in two files, passes SIGTERM on to it, and leaves its exit code in $code.
# SIGUSR1 says that the time limit is near: the command saves itself, and the task is queued again.
guarded() {
  local out=$1 err=$2
  shift 2
  limit=
  "$@" >"$out" 2>"$err" </dev/null &
  local child=$!
  trap 'kill -TERM $child 2>/dev/null' TERM INT
  trap 'limit=1; kill -TERM $child 2>/dev/null' USR1
  while wait $child; code=$?; kill -0 $child 2>/dev/null; do :; done
  cat "$err" >&2
  if [ $code -ne 0 ] && [ -n "$limit" ] && [ -n "\${SLURM_ARRAY_JOB_ID:-}" ]; then
    echo "time limit: queued again"
    scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
  fi
}

# run DIRECTORY OUT ERR WORDS...: starts a run, or continues it where it is.
run() {
  local directory=$1 out=$2 err=$3
  shift 3
  if [ -e "$directory/result.json" ]; then
    echo "$directory: done before"
    return
  fi
  if [ -e "$directory/config.json" ]; then
    set -- train --resume "$directory" --checkpoint-interval ${checkpointInterval}
  else
    set -- "$@" --out "$directory"
  fi
  guarded "$out" "$err" $MOTIVE "$@"
}

# make FILE UNFINISHED OUT ERR WORDS...: has a command make a file, which gets its name when it is complete.
make() {
  local file=$1 unfinished=$2 out=$3 err=$4
  shift 4
  if [ -e "$file" ]; then
    echo "$file: done before"
    return
  fi
  guarded "$out" "$err" $MOTIVE "$@"
  if [ $code -eq 0 ]; then mv "$unfinished" "$file" || code=1; fi
}

code=0
case $SLURM_ARRAY_TASK_ID in
${tasks.map((job, index) => taskCase(job, index, checkpointInterval)).join("\n")}
  *)
    echo "there is no task $SLURM_ARRAY_TASK_ID" >&2
    exit 1
    ;;
esac
exit $code
`;
}
