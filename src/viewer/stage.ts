import type { Episode } from "./episode.ts";
import type { MetricsLog } from "./metrics-log.ts";
import type { Probe, ProbeResult, Scene } from "./scene.ts";

/**
 * What a viewer shows, behind the server: whoever implements it runs the robots. Ids that come from pages are looked up
 * among those that it has announced, and lead nowhere else.
 */
export interface Stage {
  scene(): Scene;
  /** Makes an episode, or finds it. @throws UserError when there is no such track or choice, or it cannot be made */
  open(track: string, choice: string): Promise<Episode>;
  /** One that was opened, as long as it is kept. */
  episode(id: string): Episode | undefined;
  /** The growing episode of a track that somebody follows, if it has one by now. */
  live(track: string): Episode | undefined;
  /** Which tracks are followed, by however many pages; what nobody watches need not be simulated. */
  watch(tracks: readonly string[]): void;
  metrics(run: string): MetricsLog | undefined;
  /** @throws UserError when the episode's states cannot be changed */
  probe(probe: Probe): Promise<ProbeResult>;
  /** Calls back whenever any of the above has changed. Returns the way to stop it. */
  onChange(listener: (what: "scene" | "frames" | "metrics") => void): () => void;
  close(): void;
}
