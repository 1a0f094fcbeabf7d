import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { WebSocket } from "ws";
import { UserError } from "../../src/errors.ts";
import { createEpisode, type Episode } from "../../src/viewer/episode.ts";
import { createMetricsLog } from "../../src/viewer/metrics-log.ts";
import { decode, encode, subprotocol, type ClientMessage, type Sequenced, type ServerMessage } from "../../src/viewer/protocol.ts";
import type { ViewerServer } from "../../src/viewer/server.ts";
import type { Stage } from "../../src/viewer/stage.ts";

/** A stage of one live track whose frames come at 125 Hz, and one of a recorded episode; no robot is simulated. */
export function makeShow(): Stage & { push(count: number): void; readonly watched: readonly string[]; close(): void } {
  const listeners = new Set<(what: "scene" | "frames" | "metrics") => void>();
  const columns = [
    { name: "pose", width: 35, type: "float32" },
    { name: "channels", width: 2, type: "float32" },
  ] as const;
  const begin = (id: string, choice: string, limit: number): Episode =>
    createEpisode({ id, track: "t", choice, label: id, robot: "r", dt: 0.008, columns, channels: [], probes: false, limit });
  const recorded = begin("recorded", "all", 2000);
  for (let i = 0; i < 2000; i++) recorded.push({ pose: [i], channels: [i, -i] });
  recorded.finish("time limit");
  const live = begin("live", "live", 1_000_000);
  const metrics = createMetricsLog("run");
  let watched: readonly string[] = [];
  const push = (count: number): void => {
    for (let i = 0; i < count; i++) live.push({ pose: [live.length], channels: [live.length, 0] });
    for (const listener of listeners) listener("frames");
  };
  const timer = setInterval(() => push(2), 16);
  return {
    push,
    get watched() {
      return watched;
    },
    scene: () => ({
      title: "a show",
      robots: [],
      tracks: [{ id: "t", label: "t", robot: "r", about: "", choices: [{ id: "all", label: "all", kind: "episode" }], first: "all" }],
      runs: [{ id: "run", label: "run", state: "training" }],
    }),
    async open(track, choice) {
      if (track !== "t" || choice !== "all") throw new UserError(`there is no ${track}, ${choice}`);
      return recorded;
    },
    episode: (id) => [recorded, live].find((one) => one.info().id === id),
    live: () => live,
    watch: (tracks) => (watched = tracks),
    metrics: () => metrics,
    probe: () => Promise.reject(new UserError("states of this episode cannot be changed")),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => clearInterval(timer),
  };
}

/** A folder with what stands in for the built page. */
export function pageFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "motive-page-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "viewer.js"), "globalThis.page = 1; // </script> & <!-- \n");
  writeFileSync(join(folder, "viewer.css"), "body { color: black }\n");
  return folder;
}

/** A page's side of the connection, without a page. */
export interface TestPage {
  readonly messages: Sequenced<ServerMessage>[];
  send(message: ClientMessage): void;
  sendBytes(bytes: Uint8Array): void;
  /** Resolves with the first message, of those that have come or will, that fits. */
  wait<T extends ServerMessage["type"]>(type: T, fits?: (message: Extract<ServerMessage, { type: T }>) => boolean): Promise<Extract<ServerMessage, { type: T }>>;
  /** The close code. */
  readonly closed: Promise<number>;
  close(): void;
}

export interface PageOptions {
  readonly token?: string;
  readonly origin?: string;
  readonly host?: string;
  readonly port?: number;
  readonly acknowledges?: boolean;
}

/** @throws Error with the status of a refused handshake */
export async function openPage(server: ViewerServer, options: PageOptions = {}): Promise<TestPage> {
  const { token = server.token, port = server.port, acknowledges = true } = options;
  const host = options.host ?? `127.0.0.1:${server.port}`;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/?token=${token}`, subprotocol, {
    headers: { host },
    origin: options.origin ?? `http://127.0.0.1:${server.port}`,
  });
  const messages: Sequenced<ServerMessage>[] = [];
  const waiting: (() => void)[] = [];
  const closed = new Promise<number>((resolve) => void socket.on("close", resolve));
  const send = (message: ClientMessage): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(encode(message));
  };
  socket.on("message", (data: Buffer) => {
    const message = decode(data) as Sequenced<ServerMessage>;
    messages.push(message);
    if (acknowledges) send({ type: "ack", seq: message.seq });
    for (const notify of waiting.splice(0)) notify();
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("unexpected-response", (_, response) => reject(new Error(`status ${response.statusCode}`)));
    socket.on("error", reject);
  });
  return {
    messages,
    send,
    sendBytes: (bytes) => socket.send(bytes),
    async wait(type, fits = () => true) {
      type Wanted = Extract<ServerMessage, { type: typeof type }>;
      for (let next = 0; ; ) {
        for (; next < messages.length; next++) {
          const message: ServerMessage = messages[next];
          if (message.type === type && fits(message as Wanted)) return message as Wanted;
        }
        await new Promise<void>((resolve) => void waiting.push(resolve));
      }
    },
    closed,
    close: () => socket.close(),
  };
}

/** Passes a connection on, downstream at no more than so many bytes per second. @returns its port */
export async function throttle(port: number, bytesPerSecond: number): Promise<{ readonly port: number; close(): void }> {
  const slice = 50;
  const sockets: Socket[] = [];
  const proxy = createServer((down) => {
    const up = connect(port, "127.0.0.1");
    sockets.push(down, up);
    down.pipe(up);
    for (const socket of [down, up]) socket.on("error", () => undefined);
    let waiting = Buffer.alloc(0);
    up.on("data", (data: Buffer) => {
      waiting = Buffer.concat([waiting, data]);
      // nothing more is taken from the server until all this has gone on
      up.pause();
    });
    const timer = setInterval(() => {
      const count = Math.max(1, Math.round((bytesPerSecond * slice) / 1000));
      if (waiting.length > 0) down.write(waiting.subarray(0, count));
      waiting = waiting.subarray(count);
      if (waiting.length === 0) up.resume();
    }, slice);
    down.on("close", () => {
      clearInterval(timer);
      up.destroy();
    });
    up.on("close", () => down.destroy());
  });
  await new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}

/** A plain HTTP request. */
export function get(port: number, path: string, host = `127.0.0.1:${port}`): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path, host: "127.0.0.1", headers: { host } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    asked.on("error", reject).end();
  });
}

export const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, milliseconds));
