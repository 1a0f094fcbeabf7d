/** Paths in a square of 16. */
const paths = {
  play: "M4 2.5v11l9.5-5.5z",
  pause: "M3.5 2.5h3.2v11H3.5zM9.3 2.5h3.2v11H9.3z",
  first: "M3 2.5h2v11H3zM13.5 2.5v11L5.5 8z",
  back: "M9 3.5v9L3.5 8zM11 3.5h1.8v9H11z",
  on: "M7 3.5v9L12.5 8zM3.2 3.5H5v9H3.2z",
  theme: "M8 1.5a6.5 6.5 0 1 0 0 13zM8 1.5a6.5 6.5 0 0 1 0 13V13a5 5 0 0 0 0-10z",
} as const;

export type IconName = keyof typeof paths;

const namespace = "http://www.w3.org/2000/svg";

/** A drawing in the text's colour; fonts differ in which of such signs they have. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("width", "13");
  svg.setAttribute("height", "13");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", paths[name]);
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}
