import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { UserError } from "../errors.ts";
import { createClient, type Client } from "./client.ts";
import { contentSecurityPolicy, servedPage } from "./document.ts";
import { subprotocol } from "./protocol.ts";
import { readRequest } from "./requests.ts";
import type { Stage } from "./stage.ts";

export interface ServerOptions {
  readonly stage: Stage;
  /** The folder of the built page. */
  readonly page: string;
  /** The address to listen at; the loopback address unless somebody wants to be reached from elsewhere. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Further names under which pages may reach the server, as behind a tunnel: `robot.example:8000`. */
  readonly allowedHosts?: readonly string[];
}

export interface ViewerServer {
  /** What to open in a browser; whoever has it may look. */
  readonly link: string;
  readonly port: number;
  readonly token: string;
  /** Pages that are connected. */
  readonly clients: number;
  /** Bytes that wait for pages to take them; bounded, however slow these are. */
  readonly waiting: number;
  close(): Promise<void>;
}

/** A page's messages are small: changed coordinates, ids, numbers. */
const largestRequest = 64 * 1024;
const mostClients = 32;
/** A page that does not answer for two such intervals is gone. */
const heartbeatMilliseconds = 20_000;

/** Close codes of RFC 6455. */
const policyViolation = 1008;
const goingAway = 1001;

function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

/**
 * Serves the page and its WebSocket. Refused are: names other than the server's own in `Host` (a foreign name that
 * resolves here), pages of other origins, and whoever does not know the token.
 * @throws UserError when the port is taken or the page is not built
 */
export async function serveViewer({ stage, page, host, port, allowedHosts = [] }: ServerOptions): Promise<ViewerServer> {
  const token = randomBytes(24).toString("base64url");
  const files = servedPage(page);
  const clients = new Map<WebSocket, Client>();
  let hosts: readonly string[] = [];

  const refusal = (request: IncomingMessage): number | undefined => {
    if (request.headers.host === undefined || !hosts.includes(request.headers.host)) return 421;
    const { origin } = request.headers;
    if (origin !== undefined && !hosts.some((name) => origin === `http://${name}` || origin === `https://${name}`)) return 403;
    return undefined;
  };
  const hasToken = (request: IncomingMessage): boolean =>
    sameText(new URL(request.url ?? "/", "http://viewer").searchParams.get("token") ?? "", token);

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const end = (status: number, text: string): void => void response.writeHead(status, { "content-type": "text/plain" }).end(text);
    const refused = refusal(request);
    if (refused !== undefined) { end(refused, "this address is not the viewer's"); return; }
    if (request.method !== "GET" && request.method !== "HEAD") { end(405, "only GET"); return; }
    const { pathname } = new URL(request.url ?? "/", "http://viewer");
    const file = Object.hasOwn(files, pathname) ? files[pathname] : undefined;
    if (file === undefined) { end(404, "there is no such page"); return; }
    if (pathname === "/" && !hasToken(request)) { end(403, "open the link that `motive view` has printed"); return; }
    response.writeHead(200, {
      "content-type": file.type,
      "content-security-policy": contentSecurityPolicy,
      "cache-control": "no-store",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    response.end(request.method === "HEAD" ? undefined : file.content);
  };

  const server = createServer((request, response) => {
    try {
      answer(request, response);
    } catch {
      // a request line that is no URL
      response.writeHead(400).end();
    }
  });
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestRequest,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });

  const watch = (): void => stage.watch([...new Set([...clients.values()].flatMap(({ following }) => following))]);
  const accept = (socket: WebSocket): void => {
    const client = createClient(stage, (bytes) => socket.send(bytes));
    let alive = true;
    const heartbeat = setInterval(() => {
      if (!alive) { socket.terminate(); return; }
      alive = false;
      socket.ping();
    }, heartbeatMilliseconds);
    clients.set(socket, client);
    socket.on("pong", () => (alive = true));
    // ws closes the connection itself on broken frames and on messages that are too large
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      clearInterval(heartbeat);
      clients.delete(socket);
      watch();
    });
    socket.on("message", (data: Buffer, isBinary) => {
      const message = isBinary ? readRequest(data) : undefined;
      if (message === undefined) { socket.close(policyViolation, "not a message of this protocol"); return; }
      try {
        client.receive(message);
      } catch (error) {
        socket.close(policyViolation, (error as Error).message); return;
      }
      if (message.type === "follow") watch();
    });
  };

  server.on("upgrade", (request, stream, head) => {
    stream.on("error", () => stream.destroy());
    let status: number | undefined;
    try {
      status =
        refusal(request) ??
        (request.headers.origin === undefined || !hasToken(request)
          ? 403
          : clients.size >= mostClients
            ? 503
            : request.headers["sec-websocket-protocol"]?.split(/\s*,\s*/).includes(subprotocol) !== true
              ? 426
              : undefined);
    } catch {
      status = 400;
    }
    if (status !== undefined) return void stream.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    sockets.handleUpgrade(request, stream, head, accept);
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new UserError(`port ${port} is in use; choose another, or none for any that is free`)
          : error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND"
            ? new UserError(`${host}: is not an address of this machine`)
            : error,
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const shown = host.includes(":") ? `[${host}]` : host;
  hosts = [...new Set([shown, "127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${address.port}`)), ...allowedHosts];
  const stopListening = stage.onChange((what) => {
    for (const client of clients.values()) client.changed(what);
  });

  return {
    link: `http://${shown}:${address.port}/?token=${token}`,
    port: address.port,
    token,
    get clients() {
      return clients.size;
    },
    get waiting() {
      return [...clients.keys()].reduce((sum, socket) => sum + socket.bufferedAmount, 0);
    },
    async close() {
      stopListening();
      for (const socket of clients.keys()) socket.close(goingAway, "the viewer was stopped");
      sockets.close();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      // those that do not answer are not waited for
      setTimeout(() => {
        for (const socket of clients.keys()) socket.terminate();
        server.closeAllConnections();
      }, 500).unref();
      await closed;
    },
  };
}
