import { describe, expect, it } from "vitest";
import {
  formatCount,
  formatDuration,
  formatScore,
  jsonProgress,
  linesProgress,
} from "../../tools/progress.ts";

/** What was written so far, and a clock that is set by hand. */
function screen(isTTY: boolean, columns = 120) {
  const written: string[] = [];
  const clock = { seconds: 100 };
  const progress = linesProgress(
    { isTTY, columns, write: (text: string) => written.push(text) },
    () => clock.seconds,
  );
  return { written, clock, progress };
}

const beginning = { title: "sac in Hopper-v5, seed 0", directory: "runs/x", done: 0, total: 10_000 };

describe("the progress line", () => {
  it("shows steps, share, speed, the last return and the time left, in place on a terminal", () => {
    const { written, clock, progress } = screen(true);
    progress.start(beginning);
    clock.seconds = 102;
    progress.record(1000, { environmentSteps: 1000 });
    expect(written.at(-1)).toBe("1,000 / 10,000 steps  10%  500 steps/s  18s left");
    clock.seconds = 104;
    progress.record(2500, { environmentSteps: 2500, episodeReturn: 123.45 });
    // 2,500 steps in 4 s; 7,500 more take 12 s.
    expect(written.at(-1)).toBe("2,500 / 10,000 steps  25%  625 steps/s  return 123.5  12s left");
    expect(written.at(-2)).toBe("\r\x1b[K");
    clock.seconds = 106;
    progress.record(5000, { environmentSteps: 5000 });
    expect(written.at(-1)).toContain("return 123.5");
    expect(written.join("").split("\n")).toHaveLength(3);
  });

  it("counts the speed of a resumed run from where it goes on", () => {
    const { written, clock, progress } = screen(true);
    progress.start({ ...beginning, done: 8000 });
    expect(written.join("")).toContain("run directory: runs/x (continues at step 8,000)\n");
    clock.seconds = 110;
    progress.record(9000, { environmentSteps: 9000 });
    expect(written.at(-1)).toBe("9,000 / 10,000 steps  90%  100 steps/s  10s left");
  });

  it("follows the speed of the last half minute", () => {
    const { written, clock, progress } = screen(true);
    progress.start(beginning);
    clock.seconds = 110;
    progress.record(5000, { environmentSteps: 5000 });
    clock.seconds = 150;
    progress.record(7000, { environmentSteps: 7000 });
    expect(written.at(-1)).toContain("50 steps/s");
  });

  it("never fills a narrow terminal's line", () => {
    const { written, clock, progress } = screen(true, 30);
    progress.start(beginning);
    clock.seconds = 102;
    progress.record(1000, { environmentSteps: 1000 });
    expect(written.at(-1)).toHaveLength(29);
  });

  it("is left out on a pipe, where notes and the end remain", () => {
    const { written, clock, progress } = screen(false);
    progress.start(beginning);
    clock.seconds = 102;
    progress.record(1000, { environmentSteps: 1000 });
    progress.note("a note");
    progress.end({}, ["done"]);
    expect(written.join("")).toBe("sac in Hopper-v5, seed 0\nrun directory: runs/x\na note\ndone\n");
  });
});

describe("jsonProgress", () => {
  it("writes records and the result to one output and notes to the other", () => {
    const [output, notes]: string[][] = [[], []];
    const progress = jsonProgress(
      { write: (text) => output.push(text) },
      { write: (text) => notes.push(text) },
    );
    progress.start(beginning);
    progress.record(5, { environmentSteps: 5, loss: 0.1 });
    progress.note("stopping");
    progress.end({ finalReturn: 3 }, ["ignored"]);
    expect(output).toEqual(['{"environmentSteps":5,"loss":0.1}\n', '{"finalReturn":3}\n']);
    expect(notes).toEqual(["stopping\n"]);
  });
});

describe("numbers for people", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1234567.4, "1,234,567"],
  ])("writes %d as %s", (value, text) => expect(formatCount(value)).toBe(text));

  it.each([
    [0, "0s"],
    [59.4, "59s"],
    [59.6, "1m 00s"],
    [185, "3m 05s"],
    [3600, "1h 00m"],
    [7625, "2h 07m"],
  ])("writes %d seconds as %s", (value, text) => expect(formatDuration(value)).toBe(text));
});

describe("a score", () => {
  it.each([
    [1, "100.0"],
    [-0.004, "-0.4"],
    [-0.0004, "0.0"],
    [0.0004, "0.0"],
  ])("of %f is printed times 100, without a negative zero", (score, text) => {
    expect(formatScore(score)).toBe(text);
  });
});
