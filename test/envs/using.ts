import { make, type Environment } from "../../envs/index.ts";

/** Makes an environment, uses it, and closes it whatever happens. */
export async function using<T>(id: string, options: object, use: (environment: Environment) => T): Promise<T> {
  const environment = await make(id, { ...options });
  try {
    return use(environment);
  } finally {
    environment.close();
  }
}

/** `values` with the given elements replaced. */
export const withElements = (values: readonly number[], changes: Readonly<Record<number, number>>): number[] =>
  values.map((value, i) => changes[i] ?? value);

export const zeros = (size: number): number[] => new Array<number>(size).fill(0);

/** 1, 2, 3, …: numbers that tell their place. */
export const counting = (size: number, first = 1): number[] => Array.from({ length: size }, (_, i) => first + i);
