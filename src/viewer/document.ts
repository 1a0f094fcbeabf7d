import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "../errors.ts";
import { encode } from "./protocol.ts";
import type { Exhibit } from "./exhibit.ts";

/** What the page may do: run its own script, and talk to its own server. Nothing is ever evaluated. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const scriptName = "viewer.js";
const styleName = "viewer.css";

function readPart(folder: string, name: string): string {
  const path = join(folder, name);
  if (!existsSync(path)) throw new UserError(`${path}: is missing; build the project with: npm run build`);
  return readFileSync(path, "utf8");
}

const documentOf = (head: string, body: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>motive</title>
${head}
</head>
<body>
${body}
</body>
</html>
`;

export interface ServedFile {
  readonly type: string;
  readonly content: string;
}

/** The page's files by their path on the server. @throws UserError when the page is not built */
export function servedPage(folder: string): Readonly<Record<string, ServedFile>> {
  const html = documentOf(
    `<link rel="stylesheet" href="/${styleName}">\n<script type="module" src="/${scriptName}"></script>`,
    `<div id="viewer"></div>`,
  );
  return {
    "/": { type: "text/html; charset=utf-8", content: html },
    [`/${scriptName}`]: { type: "text/javascript; charset=utf-8", content: readPart(folder, scriptName) },
    [`/${styleName}`]: { type: "text/css; charset=utf-8", content: readPart(folder, styleName) },
  };
}

/** Text that a script or style element can hold: nothing in it ends the element. */
const inline = (text: string): string => text.replaceAll(/<\/(script|style)/gi, "<\\/$1").replaceAll("<!--", "<\\!--");

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * The page with all it shows in one file that needs no server: its policy allows this very script and no connection.
 * @throws UserError when the page is not built
 */
export function selfContainedPage(folder: string, exhibit: Exhibit): string {
  const script = inline(readPart(folder, scriptName));
  const style = inline(readPart(folder, styleName));
  const data = gzipSync(encode(exhibit)).toString("base64");
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  return documentOf(
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<style>${style}</style>`,
    `<div id="viewer"></div>\n<script type="application/octet-stream" id="exhibit">${data}</script>\n<script type="module">${script}</script>`,
  );
}
