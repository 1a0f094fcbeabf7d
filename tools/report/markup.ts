/** A piece of HTML, as opposed to text that is yet to be escaped. */
export interface Markup {
  readonly markup: string;
}

export type Content = string | number | Markup | undefined | readonly Content[];

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character]);

function render(content: Content): string {
  if (content === undefined) return "";
  if (typeof content === "string") return escape(content);
  if (typeof content === "number") return `${content}`;
  return "markup" in content ? content.markup : content.map(render).join("");
}

/** HTML as it stands. */
export const raw = (markup: string): Markup => ({ markup });

/**
 * HTML with whatever is put in escaped, unless it is HTML itself. Attributes must stand in double quotes.
 *
 * @example html`<td title="${message}">${name}</td>`
 */
export const html = (strings: TemplateStringsArray, ...contents: readonly Content[]): Markup =>
  raw(strings.reduce((text, string, i) => text + render(contents[i - 1]) + string));
