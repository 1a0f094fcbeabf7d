#!/usr/bin/env node
import { join, relative } from "node:path";
import { runProgram } from "./entry.ts";
import { formatCount, linesProgress } from "./progress.ts";
import { projectRoot } from "./project.ts";
import { startRun } from "./run-session.ts";
import { formatTable, printLine } from "./terminal.ts";
import type { Terminal } from "./terminal.ts";
import { runTraining } from "./training.ts";
import type { RunResult } from "./training.ts";

const environment = "Hopper-v5";
/** One episode of the project's own expert; datasets/demonstrations says how it was made. */
const demonstration = join("datasets", "demonstrations", "hopper-v5-1.hdf5");

const introduction = `
This demo recovers the reward behind a motion.

A one-legged robot hops through one packaged demonstration of ${environment}. Maximum-likelihood inverse reinforcement
learning (ML-IRL) sees its states and actions, but never the reward that its expert was trained with. It looks for a
reward under which the demonstration is what an agent would do, and trains such an agent along the way. At the end
the agent is measured by the robot's own reward, which it has not seen.

It takes some minutes. Ctrl-C saves the run before it stops.
`;

function report(result: RunResult, seconds: number): string[] {
  return formatTable(
    [
      ["return of the expert (one demonstration)", (result.expertReturn ?? NaN).toFixed(1)],
      [
        `return of the recovered policy (${result.evaluation?.episodes} episodes)`,
        (result.finalReturn ?? NaN).toFixed(1),
      ],
      ["recovered / expert", (result.ratio ?? NaN).toFixed(3)],
      ["environment steps", formatCount(result.environmentSteps)],
      ["seconds", seconds.toFixed(0)],
    ],
    [1],
  );
}

/** The path of a project's file as somebody in the current folder would type it. */
const packaged = (file: string) => relative(process.cwd(), join(projectRoot, file));

async function demo(terminal: Terminal): Promise<number> {
  const begin = performance.now();
  printLine(terminal, introduction.trim());
  printLine(terminal);
  const session = await startRun({
    agent: "ml-irl",
    environment,
    preset: "quick",
    demos: packaged(demonstration),
  });
  const { result, exitCode } = await runTraining(session, {
    checkpointInterval: 25_000,
    progress: { ...linesProgress(terminal.stdout), end: () => undefined },
  });
  if (!result) return exitCode;

  const directory = session.run.directory;
  const lines = [
    ...report(result, (performance.now() - begin) / 1000),
    "",
    `The run, with the reward and the policy, is in ${directory}. Next:`,
    `  npx motive evaluate ${directory}`,
    `  npx motive export ${directory} --reward --onnx reward.onnx`,
  ];
  for (const line of lines) printLine(terminal, line);
  return 0;
}

await runProgram(demo);
