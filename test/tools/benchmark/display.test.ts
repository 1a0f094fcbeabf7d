import { describe, expect, it } from "vitest";
import { linesObserver, stateLines } from "../../../tools/benchmark/display.ts";
import type { Job } from "../../../tools/benchmark/jobs.ts";
import type { JobReport } from "../../../tools/benchmark/schedule.ts";

const job = (id: string): Job => ({ id, kind: "run", needs: [], words: [] });
const running = (id: string): JobReport => ({ job: job(`runs/${id}`), state: "running", step: 250_000, totalSteps: 1_000_000, speed: 2500, lastReturn: 1234.56 });

describe("the table of what runs", () => {
  it("has step, total, speed, last return and the time that is left", () => {
    // 750,000 steps at 2,500 a second are five minutes
    expect(stateLines([running("a-seed0")])[1].split(/ {2,}/)).toEqual(["a-seed0", "running", "250,000", "1,000,000", "2,500", "1234.6", "5m 00s"]);
  });

  it("fits a terminal of 80 columns, whatever the names", () => {
    const lines = stateLines([running("ml-irl-state-action-halfcheetah-v5-traj10-seed0"), running("ml-irl-state-action-halfcheetah-v5-traj10-seed1")], 80);
    for (const line of lines) expect(line.length).toBeLessThan(80);
    expect(lines[1]).toMatch(/^ml-irl.*seed0 /);
    expect(lines[2]).toMatch(/^ml-irl.*seed1 /);
  });

  it("is rewritten in place on a terminal, and not written elsewhere", () => {
    for (const isTTY of [true, false]) {
      let text = "";
      const observer = linesObserver({ isTTY, columns: 80, write: (part) => (text += part) });
      const done: JobReport = { job: job("runs/b"), state: "done" };
      observer.progress([running("a"), done]);
      observer.ended(done);
      observer.progress([running("a"), done]);
      observer.close();
      expect(text.replaceAll(/^.*(step|250,000).*$/gm, "table")).toBe(
        isTTY ? "table\ntable\n1 of 2 done, 1 running\n\x1b[3A\x1b[Jdone: b\ntable\ntable\n1 of 2 done, 1 running\n\x1b[3A\x1b[J" : "done: b\n",
      );
    }
  });
});
