import { UserError } from "../../src/errors.ts";
import type { Episode } from "../../src/viewer/episode.ts";
import type { Scene } from "../../src/viewer/scene.ts";
import type { Stage } from "../../src/viewer/stage.ts";
import type { Simulator } from "./simulator.ts";
import type { Source, Take, TrackSource } from "./source.ts";

/** Episodes that are kept for whoever may look at them again; others are made anew. */
const keptTakes = 24;
/** Milliseconds between two looks at the files of runs. */
const refreshInterval = 500;

/** What `motive view` shows: everything that the sources give. */
export function createStage(title: string, sources: readonly Source[], simulators: readonly Simulator[]): Stage {
  const tracks = new Map<string, TrackSource>(sources.flatMap(({ tracks: list }) => list.map((source) => [source.track().id, source] as const)));
  const runs = new Map(sources.flatMap(({ run }) => (run ? [[run.info().id, run] as const] : [])));
  const takes = new Map<string, Take>();
  /** Those under way, so that two pages that ask for the same thing wait for one. */
  const making = new Map<string, Promise<Take>>();
  const listeners = new Set<(what: "scene" | "frames" | "metrics") => void>();
  const tell = (what: "scene" | "frames" | "metrics"): void => listeners.forEach((listener) => listener(what));
  let number = 0;

  const keep = (take: Take): Take => {
    const { id } = take.episode.info();
    takes.delete(id);
    takes.set(id, take);
    for (const [oldest] of takes) {
      if (takes.size <= keptTakes) break;
      takes.delete(oldest);
    }
    return take;
  };
  const liveTake = (track: string): Take | undefined => {
    const take = tracks.get(track)?.live?.take;
    return take && keep(take);
  };

  for (const { live } of tracks.values()) live?.onFrames(() => tell("frames"));

  const refresh = (): void => {
    const changes = sources.map((source) => source.refresh?.() ?? { scene: false, metrics: false });
    if (changes.some(({ scene }) => scene)) tell("scene");
    if (changes.some(({ metrics }) => metrics)) tell("metrics");
  };
  refresh();
  const timer = setInterval(refresh, refreshInterval);
  timer.unref();

  return {
    scene: (): Scene => {
      const list = [...tracks.values()].map((source) => source.track());
      const used = new Set(list.map(({ robot }) => robot));
      const robots = simulators.map(({ robot }) => robot).filter(({ id }) => used.has(id));
      return { title, robots, tracks: list, runs: [...runs.values()].map((run) => run.info()) };
    },
    async open(track, choice): Promise<Episode> {
      const source = tracks.get(track);
      if (source === undefined) throw new UserError(`there is no track "${track}"`);
      if (choice === "live") {
        const take = liveTake(track);
        if (take === undefined) throw new UserError("nobody follows this track yet");
        return take.episode;
      }
      // the policy of a run changes, so its episodes are made when they are asked for
      const key = JSON.stringify([track, choice]);
      const pending =
        making.get(key) ??
        source.make(choice, { id: `${track}/${choice}/${number++}`, track, choice, label: "" }).finally(() => making.delete(key));
      making.set(key, pending);
      return keep(await pending).episode;
    },
    episode: (id) => takes.get(id)?.episode,
    live: (track) => liveTake(track)?.episode,
    watch(watched) {
      for (const [id, { live }] of tracks) live?.watch(watched.includes(id));
    },
    metrics: (run) => runs.get(run)?.metrics,
    async probe(probe) {
      const take = takes.get(probe.episode);
      if (take === undefined) throw new UserError(`episode ${probe.episode} is no longer kept; open it again`);
      if (take.probe === undefined) throw new UserError("states of this episode cannot be changed");
      return take.probe(probe);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      clearInterval(timer);
      for (const { live } of tracks.values()) live?.close();
      for (const source of sources) source.close();
      for (const simulator of simulators) simulator.close();
    },
  };
}
