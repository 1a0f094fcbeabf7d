import type { WorldModel } from "../../agents/world-model/model.ts";
import { modelStep } from "../../agents/world-model/model.ts";
import type { PenaltyKind } from "../../agents/world-model/penalties.ts";
import { outOfRange } from "../../agents/world-model/world.ts";
import { make } from "../../envs/index.ts";
import { createRandom } from "../../src/random/index.ts";
import { UserError } from "../../src/errors.ts";
import type { Channel, Choice } from "../../src/viewer/scene.ts";
import { environmentJudge, panel, rewardJudge, type Judge } from "./judges.ts";
import { observedStates } from "./observed-state.ts";
import { newEpisode, pushFrame } from "./performance.ts";
import { startSeed, type Actor } from "./policy-track.ts";
import { prober } from "./probe.ts";
import type { Simulator } from "./simulator.ts";
import type { TrackSource } from "./source.ts";

/**
 * Root mean square difference of two observations, in standard deviations of the model's data, from which on they are
 * different states: well above what one step of a good model is wrong by, well below what two random states differ by.
 */
export const partingDistance = 0.5;

export interface ImaginationOptions {
  readonly id: string;
  readonly label: string;
  readonly simulator: Simulator;
  readonly model: WorldModel;
  readonly penalty: PenaltyKind;
  current(): Actor | undefined;
  readonly judges: readonly Judge[];
  readonly seed: number;
  /** The track whose choices of the same names begin in the same states. */
  readonly beside: string;
}

const starts = 5;

const distanceChannel: Channel = {
  id: "distance",
  label: "distance from physics",
  role: "distance",
  formula: "root mean square of (ŝ − s)/σ over the observation",
};

/**
 * What a policy does in a world model: from the initial states that it also begins in for real, each next state the mean
 * that the model's best member predicts. The true rollout goes on beside it, to tell where the two part.
 */
export function imaginationTrack(options: ImaginationOptions): TrackSource {
  const { id, label, simulator, model, penalty, current, judges, seed, beside } = options;
  const { spec, terminated } = simulator.description;
  const { observationSize } = spec;
  const world = environmentJudge(simulator.description);
  const choices = Array.from({ length: starts }, (_, k): Choice => ({ id: `start-${k}`, label: `start ${k + 1}`, kind: "episode" }));

  return {
    track: () => ({
      id,
      label,
      robot: simulator.robot.id,
      about: `what the world model imagines; U is ${penalty}`,
      choices: current() === undefined ? [] : choices,
      ...(current() !== undefined && { first: choices[0].id }),
      imagined: true,
      beside,
    }),
    async make(choice, name) {
      const index = choices.findIndex((one) => one.id === choice);
      const actor = current();
      if (index < 0 || actor === undefined) throw new UserError(`${label}: there is no episode "${choice}"`);
      const judge = panel([world, ...(actor.reward ? [rewardJudge(actor.reward)] : []), ...judges]);
      const channels = [...judge.channels, distanceChannel];
      const limit = spec.maxEpisodeSteps;
      const episode = newEpisode({
        ...name,
        label: `${label}, ${actor.label}`,
        simulator,
        judge: { ...judge, channels },
        limit: limit + 1,
        probes: true,
      });
      const step = await modelStep(model, { size: 1 });
      const environment = await make(spec.id);
      try {
        const cut = outOfRange(model);
        const read = observedStates(simulator);
        const random = createRandom(seed);
        const { inputScale } = model.standardization;
        const action = new Float64Array(spec.actionSize);
        let { observation: real } = environment.reset({ seed: startSeed(seed, index) });
        let imagined = Float32Array.from(real);
        let alive = true;
        let parted = false;
        const distance = (): number => {
          if (!alive) return NaN;
          let sum = 0;
          for (let j = 0; j < observationSize; j++) sum += ((imagined[j] - real[j]) / inputScale[j]) ** 2;
          return Math.sqrt(sum / observationSize);
        };
        step.choose([0]);
        step.noise.fill(0);
        for (let t = 0; ; t++) {
          const apart = distance();
          if (!parted && apart > partingDistance) {
            parted = true;
            episode.mark({ frame: t, label: "imagination and physics part" });
          }
          const state = { ...read(imagined), observation: imagined };
          const over = t > 0 && terminated(imagined);
          const left = cut(imagined, 0);
          if (over || left || t === limit) {
            pushFrame(episode, simulator, state);
            episode.finish(over ? "terminated, in the model" : left ? "left the model's data" : "time limit");
            break;
          }
          actor.policy.act(imagined, "mean", random, action);
          step.observation.set(imagined);
          step.action.set(action);
          const { nextObservation, reward } = await step.run();
          const verdicts = await judge.judge({
            observation: imagined,
            action,
            // a model without rewards of its own leaves the true one unknown
            reward: model.architecture.rewards ? reward[0] : NaN,
            info: {},
          });
          pushFrame(episode, simulator, { ...state, action, channels: [...verdicts, apart] });
          imagined = nextObservation.slice();
          if (!alive) continue;
          actor.policy.act(real, "mean", random, action);
          const next = environment.step(action);
          real = next.observation;
          if (next.terminated) {
            alive = false;
            episode.mark({ frame: t + 1, label: "physics terminates here" });
          }
        }
      } finally {
        environment.close();
        await step.dispose();
      }
      return { episode, probe: prober(simulator, episode, actor.reward) };
    },
  };
}
