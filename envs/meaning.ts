import type { EnvironmentSpec } from "./environment.ts";

/**
 * What the numbers of an environment's vectors mean, part by part: where two environments have the same list, a function of
 * one's vectors can be asked about the other's.
 */
export interface VectorMeanings {
  /** Quantities with the body that they are of: "hopper: qpos without x (5)". */
  readonly observation: readonly string[];
  /** One per number: what it drives and how strongly, "motor of hip_1: ctrlrange -1 1, gear 30". */
  readonly action: readonly string[];
}

type Specified = Pick<EnvironmentSpec, "id" | "meaning">;

function difference(what: keyof VectorMeanings, ours: Specified, theirs: Specified): string | undefined {
  const [a, b] = [ours, theirs].map(({ meaning }) => meaning[what]);
  const at = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find((i) => a[i] !== b[i]);
  if (at === undefined) return undefined;
  const part = (list: readonly string[], { id }: Specified): string => `${id} has ${list[at] === undefined ? "no more" : `"${list[at]}"`}`;
  return `their ${what}s differ: ${part(a, ours)}, ${part(b, theirs)}`;
}

/**
 * Why a function of states, or of states and actions, that is about one environment says nothing in another; undefined where
 * it does.
 */
export function meaningDifference(about: Specified, elsewhere: Specified, input: "state" | "state-action"): string | undefined {
  const states = difference("observation", about, elsewhere);
  return states ?? (input === "state-action" ? difference("action", about, elsewhere) : undefined);
}

const attributesOf = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));

/**
 * What the actuators of an MJCF model mean, in the order of the actions. Read from the text, so that it is known without
 * compiling the model; only defaults without a class are looked at.
 */
export function actuatorMeanings(xml: string): string[] {
  const actuators = /<actuator>([\s\S]*)<\/actuator>/.exec(xml)?.[1] ?? "";
  const elements = /<(\w+)\s([^>]*?)\/>/g;
  const rest = xml.replace(actuators, "");
  return [...actuators.matchAll(elements)].map(([, kind, text]) => {
    const defaults = [...rest.matchAll(new RegExp(`<${kind}\\s([^>]*?)/>`, "g"))].flatMap(([, one]) => [...attributesOf(one)]);
    const attributes = new Map([...defaults, ...attributesOf(text)]);
    const target = attributes.get("joint") ?? attributes.get("tendon") ?? attributes.get("site") ?? "?";
    const others = [...attributes].filter(([name]) => !["name", "joint", "tendon", "site"].includes(name)).sort();
    return `${kind} of ${target}: ${others.map(([name, value]) => `${name} ${value}`).join(", ")}`;
  });
}
