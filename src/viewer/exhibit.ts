import { protocolVersion } from "./protocol.ts";
import type { ColumnName, EpisodeInfo, Frames, MetricsPart, Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";

/** All that a page without a server shows. */
export interface Exhibit {
  readonly version: number;
  readonly scene: Scene;
  readonly episodes: readonly { readonly info: EpisodeInfo; readonly frames: Frames }[];
  readonly metrics: readonly MetricsPart[];
}

/** Observations stay with whoever has the policy. */
const columns: readonly ColumnName[] = ["pose", "qpos", "qvel", "action", "channels", "contacts", "torques"];

/**
 * Opens every choice that `wanted` names and takes its frames along; choices that cannot be opened, and those that only
 * grow while they are watched, are left out of the scene.
 */
export async function collectExhibit(
  stage: Stage,
  wanted: readonly { readonly track: string; readonly choice: string }[],
): Promise<Exhibit> {
  const episodes: { info: EpisodeInfo; frames: Frames }[] = [];
  for (const { track, choice } of wanted) {
    const episode = await stage.open(track, choice);
    episodes.push({ info: { ...episode.info(), probes: false }, frames: episode.slice(0, episode.length, columns) });
  }
  const scene = stage.scene();
  const tracks = scene.tracks.map((track) => {
    const choices = track.choices.filter(({ id }) => episodes.some(({ info }) => info.track === track.id && info.choice === id));
    const first = choices.some(({ id }) => id === track.first) ? track.first : choices[0]?.id;
    return { ...track, choices, ...(first === undefined ? { first: undefined } : { first }) };
  });
  const metrics = scene.runs.flatMap(({ id }) => {
    const log = stage.metrics(id);
    return log === undefined ? [] : [log.part(0, log.length)];
  });
  return { version: protocolVersion, scene: { ...scene, tracks }, episodes, metrics };
}
