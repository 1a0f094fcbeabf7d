/* What the HDF5 library, compiled to WebAssembly, needs around it. */
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { FS, ready } from "h5wasm/node";
import type { Metadata } from "h5wasm/node";
import { UserError } from "../../src/errors.ts";

export type Module = Awaited<typeof ready>;

export type { Metadata } from "h5wasm/node";

export const loadLibrary = (): Promise<Module> => ready;

/** Where the library's own messages go instead of standard error. */
export interface Silence {
  /**
   * Runs the HDF5 library with its standard error silenced: for every failure it prints a stack of its own, which the
   * caller's one line replaces. HDF5 writes to descriptor 2, Emscripten's runtime to Node's stream.
   *
   * @throws UserError when the library itself fails, as it can on damaged files
   */
  during<T>(use: () => T): T;
  close(): void;
}

/** @param path the file in the messages of errors */
export function openSilence(path: string): Silence {
  const stream = (FS as unknown as { getStream(descriptor: number): { nfd: number } }).getStream(2);
  const sink = openSync(devNull, "w");
  return {
    during(use) {
      const descriptor = stream.nfd;
      const write = Object.getOwnPropertyDescriptor(process.stderr, "write");
      stream.nfd = sink;
      Object.defineProperty(process.stderr, "write", { value: () => true, configurable: true });
      try {
        return use();
      } catch (error) {
        if (error instanceof UserError) throw error;
        throw new UserError(`${path}: cannot be read: the file is damaged`);
      } finally {
        stream.nfd = descriptor;
        if (write === undefined) Reflect.deleteProperty(process.stderr, "write");
        else Object.defineProperty(process.stderr, "write", write);
      }
    },
    close: () => closeSync(sink),
  };
}

/** The type's name as NumPy has it, from HDF5's class and size. */
export function typeName(module: Module, metadata: Metadata): string {
  const { type, size, signed } = metadata;
  const classes = module.H5T_class_t;
  // Whatever the byte order in the file, the library hands out little-endian values.
  if (type === classes.H5T_FLOAT.value) return `float${8 * size}`;
  if (type === classes.H5T_INTEGER.value) return `${signed ? "int" : "uint"}${8 * size}`;
  if (type === classes.H5T_STRING.value) return "string";
  // What h5py writes for NumPy's bool.
  if (type === classes.H5T_ENUM.value) {
    const members = metadata.enum_type?.members;
    return size === 1 && members?.FALSE === 0 && members.TRUE === 1 ? "bool" : "an enumeration";
  }
  return "of another type";
}

/** A single value of a type of {@link typeName}; undefined for types that no dataset's facts have. */
export function decodeScalar(bytes: Uint8Array, type: string): number | string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case "float32":
      return view.getFloat32(0, true);
    case "float64":
      return view.getFloat64(0, true);
    case "int8":
    case "bool":
      return view.getInt8(0);
    case "uint8":
      return view.getUint8(0);
    case "int16":
      return view.getInt16(0, true);
    case "uint16":
      return view.getUint16(0, true);
    case "int32":
      return view.getInt32(0, true);
    case "uint32":
      return view.getUint32(0, true);
    case "int64":
      return Number(view.getBigInt64(0, true));
    case "uint64":
      return Number(view.getBigUint64(0, true));
    case "string": {
      const end = bytes.indexOf(0);
      return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd();
    }
    default:
      return undefined;
  }
}
