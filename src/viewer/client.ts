import { UserError } from "../errors.ts";
import type { Episode } from "./episode.ts";
import { encode, protocolVersion, type ClientMessage, type ServerMessage } from "./protocol.ts";
import type { ColumnName, Probe } from "./scene.ts";
import type { Stage } from "./stage.ts";

/** Messages and bytes that may be under way to a page before it has dealt with them. */
const windowMessages = 8;
const windowBytes = 512 * 1024;
/** Of the frames in one answer. */
const answerBytes = 128 * 1024;
/** Of these, messages of followed tracks: a page that is slow is behind by no more than what they hold. */
const windowFrames = 2;
/** What a page that keeps up may be behind by; one that is farther behind gets the newest frame and no other. */
const newestFrames = 8;
const metricsRecords = 500;
const pendingRequests = 64;

/** One page on the server's side: what it has been sent, and what it is to be sent next. */
export interface Client {
  /** @throws Error when the page asks for more at once than any page would */
  receive(message: ClientMessage): void;
  /** What has changed is sent as far as the page is ready for it. */
  changed(what: "scene" | "frames" | "metrics"): void;
  readonly following: readonly string[];
}

type Fetch = Extract<ClientMessage, { type: "fetch" }>;

/**
 * Nothing is queued but what the page asked for, at most {@link pendingRequests}: scene, metrics and frames are read from
 * the stage when their turn comes, so that a slow page gets the newest and costs no memory.
 * @param send hands bytes to the connection
 */
export function createClient(stage: Stage, send: (bytes: Uint8Array) => void): Client {
  let seq = 0;
  const underWay: { readonly seq: number; readonly bytes: number; readonly followed: boolean }[] = [];
  let bytesUnderWay = 0;
  let framesUnderWay = 0;
  let sceneDue = true;
  let opening = 0;
  let probing = false;
  let nextProbe: { readonly request: number; readonly probe: Probe } | undefined;
  const answers: ServerMessage[] = [];
  const fetches: Fetch[] = [];
  const sentMetrics = new Map<string, { generation: number; rows: number }>();
  let followed = new Map<string, { episode: string; frames: number; complete: boolean }>();
  let followedColumns: readonly ColumnName[] = [];

  const post = (message: ServerMessage): void => {
    const bytes = encode({ ...message, seq: ++seq });
    const following = message.type === "frames" && message.request === undefined;
    underWay.push({ seq, bytes: bytes.length, followed: following });
    bytesUnderWay += bytes.length;
    if (following) framesUnderWay++;
    send(bytes);
  };
  const failure = (error: unknown): string =>
    error instanceof UserError ? error.message : `unexpected error: ${error instanceof Error ? error.message : String(error)}`;

  /** An answer to one `fetch`: as many frames as fit. */
  const fetched = ({ request, episode: id, from, to, columns }: Fetch): ServerMessage => {
    const episode = stage.episode(id);
    if (episode === undefined) return { type: "error", request, message: `episode ${id} is no longer kept; open it again` };
    const most = Math.max(1, Math.floor(answerBytes / Math.max(1, episode.rowBytes(columns))));
    return { type: "frames", request, frames: episode.slice(from, Math.min(to, from + most), columns), length: episode.length };
  };

  const metricsDue = (): ServerMessage | undefined => {
    for (const { id } of stage.scene().runs) {
      const log = stage.metrics(id);
      if (log === undefined) continue;
      let sent = sentMetrics.get(id);
      if (sent?.generation !== log.generation) sentMetrics.set(id, (sent = { generation: log.generation, rows: 0 }));
      if (sent.rows >= log.length) continue;
      const part = log.part(sent.rows, metricsRecords);
      sent.rows = Math.min(log.length, sent.rows + metricsRecords);
      return { type: "metrics", part, length: log.length };
    }
    return undefined;
  };

  const framesDue = (): ServerMessage | undefined => {
    for (const [track, sent] of followed) {
      const episode: Episode | undefined = stage.live(track);
      if (episode === undefined) continue;
      const info = episode.info();
      if (info.id !== sent.episode || info.complete !== sent.complete) {
        if (info.id !== sent.episode) sent.frames = 0;
        sent.episode = info.id;
        sent.complete = info.complete;
        return { type: "episode", episode: info };
      }
      if (sent.frames >= episode.length || framesUnderWay >= windowFrames) continue;
      const from = episode.length - sent.frames <= newestFrames ? sent.frames : episode.length - 1;
      sent.frames = episode.length;
      // a track's turn is over: those after it come first the next time
      followed.delete(track);
      followed.set(track, sent);
      return { type: "frames", frames: episode.slice(from, episode.length, followedColumns), length: episode.length };
    }
    return undefined;
  };

  const next = (): ServerMessage | undefined => {
    if (seq === 0) return { type: "hello", version: protocolVersion };
    if (sceneDue) {
      sceneDue = false;
      return { type: "scene", scene: stage.scene() };
    }
    const answer = answers.shift();
    if (answer !== undefined) return answer;
    // frames before fetches: what is live does not wait for what is looked up
    const frames = framesDue();
    if (frames !== undefined) return frames;
    const fetch = fetches.shift();
    return fetch !== undefined ? fetched(fetch) : metricsDue();
  };

  const ready = (): boolean => underWay.length < windowMessages && bytesUnderWay < windowBytes;
  const pump = (): void => {
    for (let message = ready() ? next() : undefined; message !== undefined; message = ready() ? next() : undefined) post(message);
  };

  const answer = (message: ServerMessage): void => {
    answers.push(message);
    pump();
  };

  const probe = (): void => {
    if (probing || nextProbe === undefined) return;
    const { request, probe: asked } = nextProbe;
    nextProbe = undefined;
    probing = true;
    stage
      .probe(asked)
      .then((result) => answer({ type: "probe", request, result }))
      .catch((error: unknown) => answer({ type: "error", request, message: failure(error) }))
      .finally(() => {
        probing = false;
        probe();
      });
  };

  pump();
  return {
    get following() {
      return [...followed.keys()];
    },
    receive(message) {
      switch (message.type) {
        case "ack":
          while (underWay.length > 0 && underWay[0].seq <= message.seq) {
            const [done] = underWay.splice(0, 1);
            bytesUnderWay -= done.bytes;
            if (done.followed) framesUnderWay--;
          }
          break;
        case "follow": {
          const before = followed;
          followed = new Map(message.tracks.map((track) => [track, before.get(track) ?? { episode: "", frames: 0, complete: false }]));
          followedColumns = message.columns;
          break;
        }
        case "fetch":
          if (fetches.length + answers.length + opening >= pendingRequests) throw new Error("too many requests at once");
          fetches.push(message);
          break;
        case "open":
          if (fetches.length + answers.length + opening >= pendingRequests) throw new Error("too many requests at once");
          opening++;
          stage
            .open(message.track, message.choice)
            .then((episode) => answer({ type: "episode", request: message.request, episode: episode.info() }))
            .catch((error: unknown) => answer({ type: "error", request: message.request, message: failure(error) }))
            .finally(() => opening--);
          break;
        case "probe":
          // of several that wait, the last one counts
          nextProbe = { request: message.request, probe: message.probe };
          probe();
          break;
      }
      pump();
    },
    changed(what) {
      if (what === "scene") sceneDue = true;
      pump();
    },
  };
}
