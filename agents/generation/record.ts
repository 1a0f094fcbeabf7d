import { contentDigest } from "../../datasets/content.ts";
import { make } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { bytesOf } from "../../src/runs/atomic-file.ts";
import { select, type Snapshot } from "../../src/runs/index.ts";
import { savedTransitions, type SavedTransitions } from "../replay.ts";
import type { Trajectory } from "../rollout.ts";
import { stepsOf } from "../sac/checkpoint.ts";
import type { Recording } from "./recording.ts";
import { recordingPlayer } from "./source.ts";
import { layOut } from "./transitions.ts";

/** What a run's configuration says, beside its checkpoint. */
export interface RecordedRun {
  readonly environment: string;
  readonly seed: number;
  readonly command: string;
  /** The checkpoint's file, for messages. */
  readonly path: string;
}

/** The steps of each episode. */
function lengthsOf({ times, size }: SavedTransitions): Int32Array {
  const starts = Array.from(times.keys()).filter((row) => times[row] === 0);
  return Int32Array.from(starts, (start, i) => (starts[i + 1] ?? size) - start);
}

/**
 * The actions of a SAC run's first `steps` steps, from a checkpoint that still has all of them in its replay. Steps
 * through them, and makes sure that the environment gives every observation, reward and ending of the run, bit for bit.
 *
 * @throws UserError when the checkpoint does not hold the steps, or the environment gives anything else
 */
export async function recordReplay(
  snapshot: Snapshot,
  steps: number,
  { environment: id, seed, command, path }: RecordedRun,
): Promise<Recording> {
  const pushed = stepsOf(snapshot, path);
  if (steps > pushed)
    throw new UserError(`${path}: is of step ${pushed}, its run had not taken ${steps} yet`);
  const environment = await make(id);
  try {
    const { observationSize, actionSize } = environment.spec;
    const saved = savedOf(snapshot, environment.spec, { pushed, steps, path });
    const lengths = lengthsOf(saved);
    const unchecked = {
      environment: id,
      seed,
      actionSize,
      actions: saved.actions,
      lengths,
      transitions: "",
      command,
    };
    const player = recordingPlayer(environment, unchecked, path);
    const digest = contentDigest();
    let row = 0;
    for (const [episode, length] of lengths.entries()) {
      const { trajectory } = await player.play(episode);
      requireSame(saved, row, trajectory, path);
      const piece = layOut([{ trajectory }], { environment: id, observationSize, actionSize, infos: [] });
      digest.add(piece);
      row += length;
    }
    return { ...unchecked, transitions: digest.digest() };
  } finally {
    environment.close();
  }
}

function savedOf(
  snapshot: Snapshot,
  sizes: { readonly observationSize: number; readonly actionSize: number },
  { pushed, steps, path }: { readonly pushed: number; readonly steps: number; readonly path: string },
): SavedTransitions {
  try {
    return savedTransitions(select(snapshot, "replay"), sizes, pushed, steps);
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${path}: ${error.message}`);
    throw error;
  }
}

/** @throws UserError where a trajectory is not, in every bit, the rows of the run from `first` on */
function requireSame(saved: SavedTransitions, first: number, trajectory: Trajectory, path: string): void {
  const { length } = trajectory;
  const terminals = new Uint8Array(length);
  terminals[length - 1] = Number(trajectory.terminated);
  const columns = [
    ["observation", saved.observations, trajectory.observations],
    ["reward", saved.rewards, trajectory.rewards],
    ["next observation", saved.nextObservations, trajectory.nextObservations],
    ["termination", saved.terminals, terminals],
  ] as const;
  for (let t = 0; t < length; t++) {
    for (const [name, all, again] of columns) {
      const width = again.length / length;
      const before = bytesOf(all.subarray((first + t) * width, (first + t + 1) * width));
      const now = bytesOf(again.subarray(t * width, (t + 1) * width));
      if (Buffer.compare(before, now) === 0) continue;
      throw new UserError(
        `${path}: the environment gives another ${name} at step ${first + t} than the run saw`,
      );
    }
  }
}
