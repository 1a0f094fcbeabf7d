import type { ActionMode, Policy } from "../../agents/policy.ts";
import type { LearnedReward } from "../../agents/reward-network.ts";
import { createRandom } from "../../src/random/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Choice, Track } from "../../src/viewer/scene.ts";
import { environmentJudge, panel, rewardJudge, type Judge } from "./judges.ts";
import { liveShow } from "./live-show.ts";
import { performAll, type EpisodeName, type PerformanceOptions } from "./performance.ts";
import { prober } from "./probe.ts";
import type { Simulator } from "./simulator.ts";
import type { Take, TrackSource } from "./source.ts";

/** A policy with what judges its steps. */
export interface Actor {
  readonly policy: Policy;
  readonly reward?: LearnedReward;
  /** Such as `step 25,000`. */
  readonly label: string;
}

/** A policy as of some time in its training. */
export interface Checkpoint {
  readonly id: string;
  readonly label: string;
  load(): Actor;
}

export interface PolicyTrackOptions {
  readonly id: string;
  readonly label: string;
  readonly about: () => string;
  readonly simulator: Simulator;
  /** The policy of now; undefined while there is none. */
  current(): Actor | undefined;
  /** Those of earlier, oldest first. */
  checkpoints(): readonly Checkpoint[];
  readonly judges: readonly Judge[];
  readonly seed: number;
  readonly mode: ActionMode;
  /** Whether it is shown growing at first; otherwise a whole episode is. */
  readonly live: boolean;
}

const starts = 5;

/** The seed of the initial state that `start-<k>` and every checkpoint begin in. */
export const startSeed = (seed: number, start: number): number =>
  createRandom(seed)
    .split(`start ${start}`)
    .integer(2 ** 31);

/** A policy, or that of a run at any time in its training, as it acts in the environment. */
export function policyTrack(options: PolicyTrackOptions): TrackSource {
  const { id, label, about, simulator, current, checkpoints, judges, seed, mode } = options;
  const world = environmentJudge(simulator.description);
  const judgeOf = ({ reward }: Actor): Judge => panel([world, ...(reward ? [rewardJudge(reward)] : []), ...judges]);
  const requireCurrent = (): Actor => {
    const actor = current();
    if (actor === undefined) throw new UserError(`${label}: there is no policy yet; one comes with the first checkpoint`);
    return actor;
  };
  const setup = (name: EpisodeName, actor: Actor, start: number): PerformanceOptions => ({
    ...name,
    label: `${label}, ${actor.label}`,
    simulator,
    policy: actor.policy,
    judge: judgeOf(actor),
    seed: start,
    mode,
  });

  const show = liveShow({
    async next(number) {
      const actor = current();
      if (actor === undefined) return undefined;
      const start = createRandom(seed)
        .split(`live ${number}`)
        .integer(2 ** 31);
      const name = { id: `${id}/live/${number}`, track: id, choice: "live", label };
      return {
        ...setup(name, actor, start),
        take: ({ episode }): Take => ({ episode, probe: prober(simulator, episode, actor.reward) }),
      };
    },
  });

  const track = (): Track => {
    const some = current() !== undefined;
    const history = checkpoints();
    const choices: Choice[] = [
      ...(some ? [{ id: "live", label: "live", kind: "live" } as const] : []),
      ...(some ? Array.from({ length: starts }, (_, k): Choice => ({ id: `start-${k}`, label: `start ${k + 1}`, kind: "episode" })) : []),
      ...history.map((one): Choice => ({ id: one.id, label: one.label, kind: "checkpoint" })),
    ];
    const first = some ? (options.live ? "live" : "start-0") : history.at(-1)?.id;
    return { id, label, robot: simulator.robot.id, about: about(), choices, ...(first !== undefined && { first }) };
  };

  return {
    track,
    live: show,
    async make(choice, name) {
      const start = /^start-(\d+)$/.exec(choice);
      const checkpoint = checkpoints().find((one) => one.id === choice);
      if (start === null && checkpoint === undefined) throw new UserError(`${label}: there is no episode "${choice}"`);
      const actor = checkpoint ? checkpoint.load() : requireCurrent();
      const episode = await performAll(setup(name, actor, startSeed(seed, start ? Number(start[1]) : 0)));
      return { episode, probe: prober(simulator, episode, actor.reward) };
    },
  };
}
