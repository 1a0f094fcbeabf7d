import type { Json } from "./snapshot.ts";

/**
 * JSON text that parses back to exactly the same value. Unlike JSON.stringify it keeps the sign of -0 and refuses, with
 * the name of the place, what JSON cannot hold.
 *
 * @param name where the value stands, for error messages: `optimizer/step`
 * @throws Error for a number that is not finite, and for what is not JSON (undefined, functions, typed arrays)
 */
export function encodeJson(value: Json, name: string): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new Error(`"${name}" is ${value}; JSON holds finite numbers only`);
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((element: Json, index) => encodeJson(element, `${name}[${index}]`)).join(",")}]`;
  }
  if (typeof value !== "object" || !isPlainObject(value)) throw new Error(`"${name}" is not plain JSON data`);
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${encodeJson(member, name === "" ? key : `${name}.${key}`)}`,
  );
  return `{${members.join(",")}}`;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
