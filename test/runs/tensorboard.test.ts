import { describe, expect, it } from "vitest";
import { crc32c, eventFileHeader, scalarEvent } from "../../src/runs/tensorboard.ts";
import { readEvents } from "./event-reader.ts";

describe("crc32c", () => {
  it("gives the check value and the examples of RFC 3720", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  });
});

describe("event records", () => {
  it("start with the file version, byte for byte as TensorFlow writes it", () => {
    // Made with tensorboard 2.21: RecordWriter and Event(wall_time=0, file_version="brain.Event:2"), wall_time set.
    const header = eventFileHeader(1.5);
    expect(Buffer.from(header).subarray(12, -4).toString("latin1")).toBe(
      "\x09\x00\x00\x00\x00\x00\x00\xf8\x3f\x1a\x0dbrain.Event:2",
    );
    expect(Buffer.from(header).readBigUInt64LE(0)).toBe(24n);
  });

  it("are read back by a reader that shares no code with the writer", () => {
    const file = Buffer.concat([
      eventFileHeader(10),
      scalarEvent(0, 10, { return: 1.5 }),
      scalarEvent(3_000_000_000_000, 12.25, { "loss/critic": -0.1, é: 3e38 }),
    ]);
    expect(readEvents(file)).toEqual([
      { step: 0, wallTime: 10, scalars: {} },
      { step: 0, wallTime: 10, scalars: { return: 1.5 } },
      {
        step: 3_000_000_000_000,
        wallTime: 12.25,
        scalars: { "loss/critic": Math.fround(-0.1), é: Math.fround(3e38) },
      },
    ]);
  });
});
