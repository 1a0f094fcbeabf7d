import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { decode, encode, subprotocol, type Sequenced, type ServerMessage } from "../../src/viewer/protocol.ts";
import { projectRoot } from "../project.ts";

/** What it costs a training to be watched. */
export interface ViewerCost {
  /** Environment steps per second of training, alone and with a page that follows it live; medians. */
  readonly alone: number;
  readonly watched: number;
  readonly share: number;
  /** Frames that the page got, so that somebody did watch. */
  readonly frames: number;
}

const pairs = 3;
/** The shape of workload W1, with few steps that are not learned from. */
const settings = ["--set", "hidden=64,64", "--set", "batchSize=100", "--set", "randomSteps=500"];
/** About what SAC takes per second, for the length of a run. */
const stepsPerSecond = 1500;

/** Follows everything live at a viewer's link, as a page does; counts frames. */
function follow(link: string): { frames(): number; close(): void } {
  const url = new URL(link);
  const socket = new WebSocket(`ws://${url.host}/${url.search}`, subprotocol, { origin: url.origin });
  let frames = 0;
  socket.on("error", () => undefined);
  socket.on("message", (data: Buffer) => {
    const message = decode(data) as Sequenced<ServerMessage>;
    socket.send(encode({ type: "ack", seq: message.seq }));
    if (message.type === "frames") frames += message.frames.count;
    if (message.type !== "scene") return;
    const tracks = message.scene.tracks.map(({ id }) => id);
    socket.send(encode({ type: "follow", tracks, columns: ["pose", "channels", "action", "qpos", "qvel"] }));
  });
  return { frames: () => frames, close: () => socket.terminate() };
}

/** Steps per second of one training of SAC, from its own clock. */
function train(steps: number, watched: boolean): Promise<{ rate: number; frames: number }> {
  const folder = mkdtempSync(join(tmpdir(), "motive-bench-"));
  const words = ["train", "sac", "Hopper-v5", ...settings, "--steps", `${steps}`, "--evaluate-every", "0", "--out", join(folder, "run"), "--json"];
  const program = join(projectRoot, "dist", "tools", "motive.js");
  const child = spawn(process.execPath, [program, ...words, ...(watched ? ["--view"] : [])], { stdio: ["ignore", "pipe", "pipe"] });
  let last = "";
  let notes = "";
  let page: ReturnType<typeof follow> | undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => (last = (last + text).split("\n").slice(-2).join("\n")));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    notes += text;
    const link = /http:\/\/\S+/.exec(notes)?.[0];
    if (link !== undefined) page ??= follow(link);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const frames = page?.frames() ?? 0;
      page?.close();
      rmSync(folder, { recursive: true, force: true });
      if (code !== 0) {
        reject(new Error(`the training ended with ${code}: ${notes.trim()}`));
        return;
      }
      const { environmentSteps, wallSeconds } = JSON.parse(last.trim()) as { environmentSteps: number; wallSeconds: number };
      resolve({ rate: environmentSteps / wallSeconds, frames });
    });
  });
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Trains alone and watched in turns, so that whatever else the machine does weighs on both. */
export async function viewerCost(seconds: number): Promise<ViewerCost> {
  const steps = Math.max(6000, Math.round(seconds * stepsPerSecond));
  const [alone, watched]: [number[], number[]] = [[], []];
  let frames = 0;
  for (let i = 0; i < pairs; i++) {
    alone.push((await train(steps, false)).rate);
    const run = await train(steps, true);
    watched.push(run.rate);
    frames += run.frames;
  }
  return { alone: median(alone), watched: median(watched), share: median(watched) / median(alone), frames };
}
