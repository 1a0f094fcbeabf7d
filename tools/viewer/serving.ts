import { join } from "node:path";
import { serveViewer, type ViewerServer } from "../../src/viewer/server.ts";
import type { Stage } from "../../src/viewer/stage.ts";
import { holdSignals } from "../interrupt.ts";
import { projectRoot } from "../project.ts";
import { printJson, printLine, type Terminal } from "../terminal.ts";

/** Where the build puts the page. */
export const pageFolder = join(projectRoot, "dist", "src", "viewer", "page");

export interface ServingOptions {
  readonly host: string;
  readonly port: number;
  readonly allowHost?: readonly string[];
  readonly json?: boolean;
}

export function startServer(stage: Stage, { host, port, allowHost }: ServingOptions): Promise<ViewerServer> {
  return serveViewer({ stage, page: pageFolder, host, port, allowedHosts: allowHost });
}

/** Serves until a signal comes. @returns the exit code: Ctrl-C is how a viewer ends, and no failure */
export async function runServer(terminal: Terminal, stage: Stage, options: ServingOptions): Promise<number> {
  const server = await startServer(stage, options);
  if (options.json) printJson(terminal, { link: server.link });
  else printLine(terminal, server.link);
  await new Promise<void>((resolve) => {
    const interrupt = holdSignals(() => {
      interrupt.release();
      resolve();
    });
  });
  await server.close();
  return 0;
}
