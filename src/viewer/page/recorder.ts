import { BufferTarget, CanvasSource, Output, Quality, WebMOutputFormat } from "mediabunny";
import type { Pictures } from "./pictures.ts";

/** Frames per second of a video, at most; robots that are simulated at 20 Hz are shown at that. */
const mostFrames = 60;

declare const motivePictures: Pictures;

/** The stage with its labels, frame by frame, however long that takes, as a WebM file in base64. */
async function record(frames: number, rate: number, width: number, height: number): Promise<string> {
  const picture = document.createElement("canvas");
  // encoders want even sizes
  picture.width = width - (width % 2);
  picture.height = height - (height % 2);
  const context = picture.getContext("2d");
  if (context === null) throw new Error("this Chromium has no canvas to draw videos on");
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() });
  const source = new CanvasSource(picture, { codec: "vp8", quality: new Quality("high") });
  const stride = Math.max(1, Math.round(rate / mostFrames));
  output.addVideoTrack(source, { frameRate: rate / stride });
  await output.start();
  const style = getComputedStyle(document.documentElement);
  for (let frame = 0; frame < frames; frame += stride) {
    motivePictures.pose(frame);
    context.drawImage(motivePictures.canvas(), 0, 0, picture.width, picture.height);
    context.font = "600 15px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const { text, color, left, top } of motivePictures.labels()) {
      context.fillStyle = color;
      context.fillRect(left + 10, top + 10, 12, 12);
      context.fillStyle = style.getPropertyValue("--text");
      context.fillText(text, left + 30, top + 16);
    }
    context.fillStyle = style.getPropertyValue("--faint");
    context.fillText(`${(frame / rate).toFixed(2)} s`, 14, picture.height - 20);
    await source.add(frame / rate, stride / rate);
  }
  await output.finalize();
  const bytes = new Uint8Array(output.target.buffer ?? new ArrayBuffer(0));
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

Object.assign(globalThis, { motiveRecord: record });
