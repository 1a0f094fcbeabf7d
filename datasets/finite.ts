import { UserError } from "../src/errors.ts";

/**
 * Refuses NaN and infinities. NaN also stands for what a robot's simulation leaves when it breaks down, so such a row is
 * never data.
 *
 * @param name the column in the message
 * @param columns values per row
 * @param firstRow the number of the first row in the message
 * @throws UserError naming the first place
 */
export function requireFinite(
  path: string,
  name: string,
  values: Float32Array | Float64Array,
  columns: number,
  firstRow = 0,
): void {
  for (let index = 0; index < values.length; index++) {
    if (Number.isFinite(values[index])) continue;
    const row = firstRow + Math.floor(index / columns);
    const place = columns === 1 ? `row ${row}` : `row ${row}, column ${index % columns}`;
    throw new UserError(`${path}: "${name}" is ${values[index]} at ${place}, expected a finite number`);
  }
}
