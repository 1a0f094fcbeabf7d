import { z } from "zod";
import type { LearnedReward } from "../../agents/reward-network.ts";
import { make, type Recording } from "../../envs/index.ts";
import { UserError } from "../../src/errors.ts";
import { readText } from "../files.ts";
import { environmentJudge, panel, rewardJudge, type Judge } from "./judges.ts";
import { newEpisode, pushFrame } from "./performance.ts";
import { prober } from "./probe.ts";
import type { Simulator } from "./simulator.ts";
import type { Source } from "./source.ts";

const schema = z.object({
  initial: z.object({ qpos: z.array(z.number()), qvel: z.array(z.number()) }),
  actions: z.array(z.array(z.number())).min(1),
});

/** A state and actions, as `motive replay` takes them. @throws UserError */
export function readActions(path: string): Recording {
  let content: unknown;
  try {
    content = JSON.parse(readText(path));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path}: not JSON: ${(error as Error).message}`);
  }
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError(`${path}: "${issue.path.join(".")}": ${issue.message}`);
}

export interface RecordingSourceOptions {
  readonly id: string;
  readonly label: string;
  readonly path: string;
  readonly simulator: Simulator;
  readonly reward?: LearnedReward;
  readonly judges: readonly Judge[];
}

/** Actions that were recorded, taken again from their initial state. */
export function recordingSource({ id, label, path, simulator, reward, judges }: RecordingSourceOptions): Source {
  const { initial, actions } = readActions(path);
  const judge = panel([environmentJudge(simulator.description), ...(reward ? [rewardJudge(reward)] : []), ...judges]);
  const choice = "recording";
  return {
    tracks: [
      {
        track: () => ({
          id,
          label,
          robot: simulator.robot.id,
          about: `${actions.length} recorded actions`,
          choices: [{ id: choice, label: "recording", kind: "episode" }],
          first: choice,
        }),
        async make(asked, name) {
          if (asked !== choice) throw new UserError(`${label}: there is no episode "${asked}"`);
          const episode = newEpisode({ ...name, label, simulator, judge, limit: actions.length + 1, probes: true });
          const environment = await make(simulator.description.spec.id);
          try {
            let observation = environment.setState(initial.qpos, initial.qvel);
            for (const action of actions) {
              const state = { qpos: environment.qpos, qvel: environment.qvel, observation };
              const step = environment.step(action);
              const channels = await judge.judge({ observation, action, reward: step.reward, info: step.info });
              pushFrame(episode, simulator, { ...state, action, channels });
              observation = step.observation;
            }
            pushFrame(episode, simulator, { qpos: environment.qpos, qvel: environment.qvel, observation });
          } finally {
            environment.close();
          }
          episode.finish("the recording ends here");
          return { episode, probe: prober(simulator, episode, reward) };
        },
      },
    ],
    close: () => judge.close?.(),
  };
}
