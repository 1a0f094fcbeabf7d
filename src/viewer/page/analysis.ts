import type { Channel } from "../scene.ts";
import { correlation, disagreement, moments, peaks, zScores } from "../statistics.ts";
import type { Clip } from "./clip.ts";

/** What the numbers of a clip say together; of a growing one, as of now. */
export interface Analysis {
  readonly revision: number;
  /** [frames] */
  readonly times: Float64Array;
  readonly trueReward: Float32Array;
  readonly learned: Float32Array | undefined;
  readonly trueZ: Float64Array;
  readonly learnedZ: Float64Array | undefined;
  /** Pearson's, between true and learned reward. */
  readonly correlation: number;
  /** [frames] */
  readonly disagreement: Float64Array | undefined;
  /** Frames where true and learned reward disagree most, worst first. */
  readonly peaks: readonly number[];
  /** [frames]: sum of the true reward up to each frame. */
  readonly returns: Float64Array;
  readonly terms: readonly { readonly channel: Channel; readonly values: Float32Array; readonly largest: number }[];
  readonly extra: readonly { readonly channel: Channel; readonly values: Float32Array }[];
}

const mostPeaks = 6;
/** Peaks closer than this share of a clip are one. */
const peakDistance = 0.03;

export function analyse(clip: Clip): Analysis {
  const { length, info } = clip;
  const trueChannel = clip.channelsOf("true").at(0);
  const learnedChannel = clip.channelsOf("learned").at(0);
  const trueReward = trueChannel ? clip.channel(trueChannel.id) : new Float32Array(length).fill(NaN);
  const learned = learnedChannel && clip.channel(learnedChannel.id);
  const apart = learned && disagreement(trueReward, learned);
  let sum = 0;
  return {
    revision: clip.revision,
    times: Float64Array.from({ length }, (_, i) => i * info.dt),
    trueReward,
    learned,
    trueZ: zScores(trueReward),
    learnedZ: learned && zScores(learned),
    correlation: learned ? correlation(trueReward, learned) : NaN,
    disagreement: apart,
    peaks: apart ? peaks(apart, mostPeaks, Math.max(3, Math.round(peakDistance * length))) : [],
    returns: Float64Array.from(trueReward, (reward) => (sum += Number.isFinite(reward) ? reward : 0)),
    terms: clip.channelsOf("term").map((channel) => {
      const values = clip.channel(channel.id);
      const { mean, deviation } = moments(values);
      // what bars are scaled by: no single spike makes all else invisible
      return { channel, values, largest: Math.abs(mean) + 3 * deviation };
    }),
    extra: [...clip.channelsOf("penalty"), ...clip.channelsOf("distance")].map((channel) => ({ channel, values: clip.channel(channel.id) })),
  };
}

/** Milliseconds between two looks at a clip that grows. */
const patience = 220;

/** The latest analysis of clips, made anew when they have changed, and of growing ones not at every frame. */
export function createAnalyst(): (clip: Clip) => Analysis {
  const known = new WeakMap<Clip, { analysis: Analysis; at: number }>();
  return (clip) => {
    const held = known.get(clip);
    const now = performance.now();
    if (held && (held.analysis.revision === clip.revision || (!clip.info.complete && now - held.at < patience))) return held.analysis;
    const analysis = analyse(clip);
    known.set(clip, { analysis, at: now });
    return analysis;
  };
}
