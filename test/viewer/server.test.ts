import { createHash } from "node:crypto";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collectExhibit } from "../../src/viewer/exhibit.ts";
import { selfContainedPage } from "../../src/viewer/document.ts";
import { serveViewer, type ViewerServer } from "../../src/viewer/server.ts";
import { encode } from "../../src/viewer/protocol.ts";
import { get, makeShow, openPage, pageFolder, sleep, throttle, type TestPage } from "./show.ts";

const page = pageFolder();
let show: ReturnType<typeof makeShow>;
let server: ViewerServer;

beforeEach(async () => {
  show = makeShow();
  server = await serveViewer({ stage: show, page, host: "127.0.0.1", port: 0 });
});
afterEach(async () => {
  show.close();
  await server.close();
});

/** Follows the live track; counts the frames that come without being asked for, and how far behind they are. */
function watch(client: TestPage): { frames(): number; newest(): number } {
  client.send({ type: "follow", tracks: ["t"], columns: ["pose", "channels"] });
  const followed = () => client.messages.flatMap((message) => (message.type === "frames" && message.request === undefined ? [message.frames] : []));
  return {
    frames: () => followed().reduce((sum, { count }) => sum + count, 0),
    newest: () => Math.max(-1, ...followed().map(({ from, count }) => from + count - 1)),
  };
}

/** Frames per second that a client gets over some time. */
async function rateOf(watched: { frames(): number }, milliseconds: number): Promise<number> {
  const before = watched.frames();
  const began = performance.now();
  await sleep(milliseconds);
  return (1000 * (watched.frames() - before)) / (performance.now() - began);
}

describe("the server's page", () => {
  it("is for whoever has the link, and may run nothing but its own script", async () => {
    const { status, headers, body } = await get(server.port, `/?token=${server.token}`);
    expect(status).toBe(200);
    expect(body).toContain('<script type="module" src="/viewer.js">');
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe/);
    expect((await get(server.port, "/viewer.js")).body).toContain("globalThis.page");
  });

  it("is refused without the token, at other names, and elsewhere", async () => {
    expect((await get(server.port, "/")).status).toBe(403);
    expect((await get(server.port, "/?token=wrong")).status).toBe(403);
    expect((await get(server.port, `/?token=${server.token}`, "evil.example")).status).toBe(421);
    expect((await get(server.port, `/?token=${server.token}`, `evil.example:${server.port}`)).status).toBe(421);
    for (const path of ["/../package.json", "/%2e%2e/package.json", "/viewer.js/../server.js", "/constructor"]) {
      expect((await get(server.port, path)).status, path).toBe(404);
    }
  });

  it("stands alone as a file whose policy names its very script", async () => {
    const html = selfContainedPage(page, await collectExhibit(show, [{ track: "t", choice: "all" }]));
    const [, script] = /<script type="module">([\s\S]*?)<\/script>/.exec(html) ?? [];
    const hash = createHash("sha256").update(script).digest("base64");
    expect(html).toContain(`script-src 'sha256-${hash}'`);
    // what would end the element early is written otherwise
    expect(script).toContain("<\\/script>");
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
  });
});

describe("the connection", () => {
  it("opens episodes and gives every frame exactly", async () => {
    const client = await openPage(server);
    client.send({ type: "open", request: 1, track: "t", choice: "all" });
    const { episode } = await client.wait("episode", ({ request }) => request === 1);
    expect(episode).toMatchObject({ id: "recorded", frames: 2000, complete: true });
    const seen: number[] = [];
    for (let from = 0; from < 2000; ) {
      client.send({ type: "fetch", request: 2 + from, episode: "recorded", from, to: 2000, columns: ["pose"] });
      const { frames } = await client.wait("frames", ({ request }) => request === 2 + from);
      expect(frames.from).toBe(from);
      // an answer is as long as a message may be
      expect(frames.columns.pose?.byteLength).toBeLessThanOrEqual(128 * 1024);
      for (let i = 0; i < frames.count; i++) seen.push(frames.columns.pose?.[35 * i] ?? NaN);
      from += frames.count;
    }
    expect(seen).toEqual(Array.from({ length: 2000 }, (_, i) => i));
    client.close();
  });

  it("says what is wrong with ids that it has not announced", async () => {
    const client = await openPage(server);
    client.send({ type: "open", request: 1, track: "../../etc/passwd", choice: "all" });
    client.send({ type: "fetch", request: 2, episode: "/etc/passwd", from: 0, to: 1, columns: ["pose"] });
    client.send({ type: "probe", request: 3, probe: { episode: "recorded", frame: 0, qpos: [], qvel: [] } });
    for (const request of [1, 2, 3]) {
      const { message } = await client.wait("error", (error) => error.request === request);
      expect(message).toMatch(/there is no|no longer kept|cannot be changed/);
    }
    client.close();
  });

  it("follows what is live, and tells the stage who watches", async () => {
    const client = await openPage(server);
    const watched = watch(client);
    await client.wait("frames");
    expect(show.watched).toEqual(["t"]);
    expect(await rateOf(watched, 1000)).toBeGreaterThan(60);
    client.close();
    await client.closed;
    await sleep(50);
    expect(show.watched).toEqual([]);
    expect(server.clients).toBe(0);
  });

  it.each([
    ["a wrong token", { token: "wrong" }, 403],
    ["no token", { token: "" }, 403],
    ["a foreign origin", { origin: "https://evil.example" }, 403],
    ["an origin of another port", { origin: "http://127.0.0.1:1" }, 403],
    ["a foreign host", { host: "evil.example" }, 421],
  ])("is refused with %s, while others keep their rate", async (_, options, status) => {
    const good = await openPage(server);
    const watched = watch(good);
    await good.wait("frames");
    const rate = rateOf(watched, 800);
    for (let i = 0; i < 10; i++) await expect(openPage(server, options)).rejects.toThrow(`status ${status}`);
    expect(await rate).toBeGreaterThan(60);
    expect(server.clients).toBe(1);
    good.close();
  });

  it("ends with whoever sends garbage, while others keep their rate", async () => {
    const good = await openPage(server);
    const watched = watch(good);
    await good.wait("frames");
    const rate = rateOf(watched, 1000);
    const codes: number[] = [];
    for (const bytes of [Uint8Array.of(0xc1), encode({ type: "fetch" }), new Uint8Array(60_000).fill(0x91), new Uint8Array(70_000)]) {
      const bad = await openPage(server);
      bad.sendBytes(bytes);
      codes.push(await bad.closed);
    }
    // 1008: what it says is nothing of the protocol; 1009 or an abrupt end: more than a page ever says
    expect(codes.slice(0, 3)).toEqual([1008, 1008, 1008]);
    expect([1006, 1009]).toContain(codes[3]);
    const raw = connect(server.port, "127.0.0.1");
    raw.on("error", () => undefined);
    raw.write(Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 37) % 256)));
    expect(await rate).toBeGreaterThan(60);
    raw.destroy();
    good.close();
  });

  it("ends with whoever asks without end, and keeps nothing for those who take nothing", async () => {
    const greedy = await openPage(server, { acknowledges: false });
    for (let i = 0; i < 200; i++) greedy.send({ type: "fetch", request: i, episode: "recorded", from: 0, to: 2000, columns: ["pose"] });
    expect(await greedy.closed).toBe(1008);

    const silent = await openPage(server, { acknowledges: false });
    watch(silent);
    for (let i = 0; i < 40; i++) silent.send({ type: "fetch", request: i, episode: "recorded", from: 0, to: 2000, columns: ["pose"] });
    await sleep(300);
    const received = silent.messages.length;
    show.push(5000);
    await sleep(300);
    // its window is full: nothing more is sent, and nothing waits
    expect(silent.messages.length).toBe(received);
    expect(received).toBeLessThanOrEqual(8);
    expect(server.waiting).toBe(0);
    silent.close();
  });

  it("gives a page that reads 1 KB/s the newest frame, while others keep their rate and memory stays flat", async () => {
    const slowLine = await throttle(server.port, 1024);
    const good = await openPage(server);
    const watched = watch(good);
    await good.wait("frames");
    const slow = await openPage(server, { port: slowLine.port });
    const watchedSlowly = watch(slow);
    await slow.wait("frames");
    const heap = (): number => {
      const { external, arrayBuffers, heapUsed } = process.memoryUsage();
      return external + arrayBuffers + heapUsed;
    };
    const begun = heap();
    const behind: number[] = [];
    const rate = rateOf(watched, 6000);
    for (let i = 0; i < 30; i++) {
      await sleep(200);
      behind.push((show.live("t")?.length ?? 0) - 1 - watchedSlowly.newest());
      expect(server.waiting).toBeLessThan(64 * 1024);
    }
    expect(await rate).toBeGreaterThan(60);
    // 125 frames come per second; what a line of 1 KB/s shows is at most some three seconds old, at the end as in the middle
    expect(Math.max(...behind.slice(10))).toBeLessThan(400);
    expect(watchedSlowly.newest()).toBeGreaterThan(400);
    expect(heap() - begun).toBeLessThan(32 * 1024 * 1024);
    slow.close();
    good.close();
    slowLine.close();
  });
});
