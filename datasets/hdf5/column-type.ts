/** Element types of columns, by their names in NumPy. */
export type ColumnType = "float32" | "float64" | "int32" | "int64" | "bool";

export const elementBytes: Readonly<Record<ColumnType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  int64: 8,
  bool: 1,
};
