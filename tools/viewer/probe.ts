import type { LearnedReward } from "../../agents/reward-network.ts";
import { rewardValue } from "../../agents/reward-value.ts";
import type { Episode } from "../../src/viewer/episode.ts";
import type { Probe, ProbeResult } from "../../src/viewer/scene.ts";
import { UserError } from "../../src/errors.ts";
import type { Simulator } from "./simulator.ts";

type Changes = Probe["qpos"];

function changed(values: ArrayLike<number>, changes: Changes, what: string): Float64Array {
  const result = Float64Array.from(values);
  for (const [index, value] of changes) {
    if (index >= result.length || !Number.isFinite(value)) throw new UserError(`${what} has no coordinate ${index} that could be ${value}`);
    result[index] = value;
  }
  return result;
}

/** @throws UserError for states that MuJoCo cannot evaluate, such as limbs that are deep inside one another */
function observed(simulator: Simulator, { qpos, qvel }: { readonly qpos: Float64Array; readonly qvel: Float64Array }): Float64Array {
  try {
    return simulator.observe(qpos, qvel);
  } catch {
    throw new UserError("MuJoCo cannot evaluate this state; move it back a little");
  }
}

/**
 * Answers what a state of an episode would look like, and be worth under its own action, with some coordinates changed.
 * The observation is the recorded one plus what the change alone does to it: contact forces and other traces of the past,
 * which no state that is set by hand has, stay as they were.
 */
export function prober(simulator: Simulator, episode: Episode, reward?: LearnedReward): (probe: Probe) => ProbeResult {
  const value = reward && rewardValue(reward);
  return ({ frame, qpos: positionChanges, qvel: velocityChanges }) => {
    if (!(frame < episode.length)) throw new UserError(`the episode has ${episode.length} frames, no frame ${frame}`);
    const [qpos, qvel] = [episode.row("qpos", frame), episode.row("qvel", frame)];
    const moved = { qpos: changed(qpos, positionChanges, "qpos"), qvel: changed(qvel, velocityChanges, "qvel") };
    const pose = new Float32Array(7 * simulator.robot.bodies);
    simulator.pose(moved.qpos, pose);
    if (value === undefined) return { pose };
    const observation = episode.row("observation", frame);
    // the last state is answered by no action
    const action = episode.row("action", frame).map((x) => (Number.isNaN(x) ? 0 : x));
    const before = simulator.observe(qpos, qvel);
    const after = observed(simulator, moved);
    const there = observation.map((x, i) => x + (after[i] - before[i]));
    return { pose, learned: value(there, action), learnedBefore: value(observation, action) };
  };
}
