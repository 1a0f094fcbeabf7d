import { z } from "zod";
import { decode, type ClientMessage } from "./protocol.ts";

const name = z.string().min(1).max(200);
const count = z.int().min(0).max(2 ** 31);
const column = z.enum(["pose", "qpos", "qvel", "action", "channels", "contacts", "torques", "observation"]);
const columns = z.array(column).max(16);
const changes = z.array(z.tuple([count, z.number()])).max(256);

const schema: z.ZodType<ClientMessage> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ack"), seq: count }),
  z.object({ type: z.literal("open"), request: count, track: name, choice: name }),
  z.object({ type: z.literal("fetch"), request: count, episode: name, from: count, to: count, columns }),
  z.object({ type: z.literal("follow"), tracks: z.array(name).max(64), columns }),
  z.object({
    type: z.literal("probe"),
    request: count,
    probe: z.object({ episode: name, frame: count, qpos: changes, qvel: changes }),
  }),
]);

/** What a page's bytes say, or undefined when they say nothing that a page would send. */
export function readRequest(bytes: Uint8Array): ClientMessage | undefined {
  try {
    const result = schema.safeParse(decode(bytes));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}
