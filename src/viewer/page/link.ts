import { decode, encode, protocolVersion, subprotocol, type ClientMessage, type Sequenced, type ServerMessage } from "../protocol.ts";
import type { Exhibit } from "../exhibit.ts";
import type { ColumnName, EpisodeInfo, Frames, MetricsPart, Probe, ProbeResult, Scene } from "../scene.ts";

/** What comes by itself. */
export interface Listener {
  scene(scene: Scene): void;
  /** An episode of a followed track begins or has changed. */
  episode(info: EpisodeInfo): void;
  frames(frames: Frames, length: number): void;
  metrics(part: MetricsPart): void;
  status(status: Status): void;
}

export type Status = "connecting" | "connected" | "lost" | "file";

/** Where a page gets what it shows: a server, or the page itself. */
export interface Link {
  open(track: string, choice: string): Promise<EpisodeInfo>;
  /** Frames from `from` on, not necessarily all. */
  fetch(episode: string, from: number, to: number, columns: readonly ColumnName[]): Promise<Frames>;
  follow(tracks: readonly string[], columns: readonly ColumnName[]): void;
  probe(probe: Probe): Promise<ProbeResult>;
  /** Bytes received. */
  readonly received: number;
}

/** Milliseconds until a lost server is looked for again. */
const retry = 1500;

type Request = Extract<ClientMessage, { request: number }>;
type Unnumbered<Message> = Message extends unknown ? Omit<Message, "request"> : never;

/** The server that this page came from. */
export function serverLink(listener: Listener): Link {
  const url = new URL("/", location.href.replace(/^http/, "ws"));
  url.searchParams.set("token", new URLSearchParams(location.search).get("token") ?? "");
  let socket: WebSocket;
  let number = 0;
  let received = 0;
  let following: ClientMessage | undefined;
  const waiting = new Map<number, { resolve(message: ServerMessage): void; reject(error: Error): void }>();

  const send = (message: ClientMessage): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(encode(message));
  };
  const ask = (message: Unnumbered<Request>): Promise<ServerMessage> => {
    const request = ++number;
    return new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) { reject(new Error("the viewer's server does not answer")); return; }
      waiting.set(request, { resolve, reject });
      send({ ...message, request } as Request);
    });
  };
  const receive = (message: Sequenced<ServerMessage>): void => {
    if ("request" in message && message.request !== undefined) {
      const pending = waiting.get(message.request);
      waiting.delete(message.request);
      if (message.type === "error") pending?.reject(new Error(message.message));
      else pending?.resolve(message);
      return;
    }
    switch (message.type) {
      case "hello":
        if (message.version !== protocolVersion) location.reload();
        break;
      case "scene":
        { listener.scene(message.scene); return; }
      case "episode":
        { listener.episode(message.episode); return; }
      case "frames":
        { listener.frames(message.frames, message.length); return; }
      case "metrics":
        { listener.metrics(message.part); return; }
      case "probe":
      case "error":
        break;
    }
  };
  const connect = (): void => {
    listener.status("connecting");
    socket = new WebSocket(url, subprotocol);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      listener.status("connected");
      if (following) send(following);
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      received += data.byteLength;
      const message = decode(new Uint8Array(data)) as Sequenced<ServerMessage>;
      receive(message);
      send({ type: "ack", seq: message.seq });
    };
    socket.onclose = () => {
      listener.status("lost");
      for (const { reject } of waiting.values()) reject(new Error("the connection was lost"));
      waiting.clear();
      setTimeout(connect, retry);
    };
  };
  connect();

  return {
    async open(track, choice) {
      const message = await ask({ type: "open", track, choice });
      if (message.type !== "episode") throw new Error(`an unexpected answer: ${message.type}`);
      return message.episode;
    },
    async fetch(episode, from, to, columns) {
      const message = await ask({ type: "fetch", episode, from, to, columns });
      if (message.type !== "frames") throw new Error(`an unexpected answer: ${message.type}`);
      return message.frames;
    },
    follow(tracks, columns) {
      following = { type: "follow", tracks, columns };
      send(following);
    },
    async probe(probe) {
      const message = await ask({ type: "probe", probe });
      if (message.type !== "probe") throw new Error(`an unexpected answer: ${message.type}`);
      return message.result;
    },
    get received() {
      return received;
    },
  };
}

/** What an element of this page holds: msgpack, gzip, base64. */
async function readExhibit(element: Element): Promise<Exhibit> {
  const text = atob(element.textContent ?? "");
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return decode(new Uint8Array(await new Response(stream).arrayBuffer())) as Exhibit;
}

/** The page's own content, without a server. */
export function fileLink(element: Element, listener: Listener): Link {
  const exhibit = readExhibit(element);
  void exhibit.then(({ scene, metrics }) => {
    listener.status("file");
    listener.scene(scene);
    for (const part of metrics) listener.metrics(part);
  });
  const held = async (matches: (info: EpisodeInfo) => boolean) => {
    const found = (await exhibit).episodes.find(({ info }) => matches(info));
    if (found === undefined) throw new Error("this page does not hold that episode");
    return found;
  };
  return {
    async open(track, choice) {
      return (await held((info) => info.track === track && info.choice === choice)).info;
    },
    async fetch(episode) {
      return (await held(({ id }) => id === episode)).frames;
    },
    follow: () => undefined,
    probe: () => Promise.reject(new Error("changing states needs `motive view` running")),
    received: 0,
  };
}
