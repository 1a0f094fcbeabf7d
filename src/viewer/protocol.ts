import { Packr } from "msgpackr";
import type { ColumnName, EpisodeInfo, Frames, MetricsPart, Probe, ProbeResult, Scene } from "./scene.ts";

/** Raised whenever a message changes in a way that an older page or server would misread. */
export const protocolVersion = 1;

/** Names the protocol in the WebSocket handshake. */
export const subprotocol = `motive-viewer.${protocolVersion}`;

/**
 * From the server. Each is sent with `seq`, its number on the connection, and the page says which it has dealt with: the
 * server never has more than a window of them under way, so that a slow page lags by that window and no more.
 */
export type ServerMessage =
  | { readonly type: "hello"; readonly version: number }
  /** All there is to choose from; sent anew when it changes. */
  | { readonly type: "scene"; readonly scene: Scene }
  /** An episode that was opened, that a followed track has begun, or that has changed. */
  | { readonly type: "episode"; readonly request?: number; readonly episode: EpisodeInfo }
  /** Answers `fetch`, with as many of the frames asked for as fit a message; without `request`, the newest of a followed track. */
  | { readonly type: "frames"; readonly request?: number; readonly frames: Frames; readonly length: number }
  | { readonly type: "metrics"; readonly part: MetricsPart; readonly length: number }
  | { readonly type: "probe"; readonly request: number; readonly result: ProbeResult }
  | { readonly type: "error"; readonly request?: number; readonly message: string };

/** From the page. `request` comes back with the answer. */
export type ClientMessage =
  | { readonly type: "ack"; readonly seq: number }
  | { readonly type: "open"; readonly request: number; readonly track: string; readonly choice: string }
  | {
      readonly type: "fetch";
      readonly request: number;
      readonly episode: string;
      readonly from: number;
      readonly to: number;
      readonly columns: readonly ColumnName[];
    }
  /** Frames of these tracks as they come, and no others. */
  | { readonly type: "follow"; readonly tracks: readonly string[]; readonly columns: readonly ColumnName[] }
  | { readonly type: "probe"; readonly request: number; readonly probe: Probe };

export type Sequenced<Message> = Message & { readonly seq: number };

/*
 * Without `moreTypes`, msgpackr sends every typed array as plain bytes, and a Float32Array arrives as four times as many
 * small integers. Records would need code generation, which the page's content security policy forbids.
 */
const packr = new Packr({ useRecords: false, moreTypes: true, encodeUndefinedAsNil: true });

/** A message as bytes. Typed arrays arrive as what they are, bit by bit. */
export function encode(message: unknown): Uint8Array<ArrayBuffer> {
  const bytes = packr.pack(message);
  // pack() gives a part of a buffer that it goes on to fill
  return Uint8Array.from(bytes);
}

/** @throws Error for bytes that are no message */
export function decode(bytes: Uint8Array): unknown {
  return packr.unpack(bytes) as unknown;
}
