#!/usr/bin/env node
import { runProgram } from "./entry.ts";
import { runCommandLine } from "./program.ts";

await runProgram(runCommandLine);
