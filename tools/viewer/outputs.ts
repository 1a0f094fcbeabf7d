import { UserError } from "../../src/errors.ts";
import { writeTextAtomically } from "../../src/runs/index.ts";
import { selfContainedPage } from "../../src/viewer/document.ts";
import { collectExhibit } from "../../src/viewer/exhibit.ts";
import type { Stage } from "../../src/viewer/stage.ts";
import { prepareOutput } from "../files.ts";
import { drawPage, type Looks } from "./chromium.ts";
import { pageFolder } from "./serving.ts";

export interface OutputOptions extends Looks {
  readonly html?: string;
  readonly png?: string;
  readonly webm?: string;
}

/** Checkpoints of a run that a page takes along. */
const mostCheckpoints = 12;

/** Of every track the episode that it shows first, and of runs some of their history. */
function chosen(stage: Stage): { track: string; choice: string }[] {
  return stage.scene().tracks.flatMap(({ id, first, choices }) => {
    const checkpoints = choices.filter(({ kind }) => kind === "checkpoint").map((choice) => choice.id);
    const stride = Math.max(1, Math.ceil(checkpoints.length / mostCheckpoints));
    const some = checkpoints.filter((_, i) => (checkpoints.length - 1 - i) % stride === 0);
    return [...new Set([...(first === undefined ? [] : [first]), ...some])].map((choice) => ({ track: id, choice }));
  });
}

/** Writes what was asked for: a page, a picture, a video. @throws UserError */
export async function writeOutputs(stage: Stage, options: OutputOptions): Promise<void> {
  const paths = [options.html, options.png, options.webm].filter((path) => path !== undefined);
  for (const path of paths) prepareOutput(path);
  const wanted = chosen(stage);
  if (wanted.length === 0) throw new UserError("there is nothing to show yet: the runs have no checkpoint");
  const page = selfContainedPage(pageFolder, await collectExhibit(stage, wanted));
  if (options.html !== undefined) writeTextAtomically(options.html, page);
  if (options.png !== undefined || options.webm !== undefined) await drawPage(page, options);
}
