import type { Episode } from "../../src/viewer/episode.ts";
import type { MetricsLog } from "../../src/viewer/metrics-log.ts";
import type { Probe, ProbeResult, RunInfo, Track } from "../../src/viewer/scene.ts";
import type { EpisodeName } from "./performance.ts";

/** An episode, and where its states can be changed the way to ask what they would be worth. */
export interface Take {
  readonly episode: Episode;
  readonly probe?: (probe: Probe) => ProbeResult;
}

/** An episode that grows in real time while somebody watches. */
export interface LiveShow {
  /** The current or last take; none before anybody watched. */
  readonly take: Take | undefined;
  watch(watched: boolean): void;
  onFrames(listener: () => void): void;
  close(): void;
}

/** A track with the means to make its episodes. */
export interface TrackSource {
  /** As of now: choices may be added over time. */
  track(): Track;
  /** @throws UserError when there is no such choice */
  make(choice: string, name: EpisodeName): Promise<Take>;
  readonly live?: LiveShow;
}

/** Something that was named on the command line. */
export interface Source {
  readonly tracks: readonly TrackSource[];
  readonly run?: { info(): RunInfo; readonly metrics: MetricsLog };
  /** Looks whether files have changed; says what of the scene did. */
  refresh?(): { readonly scene: boolean; readonly metrics: boolean };
  close(): void;
}
