type Child = Node | string;

interface Attributes {
  readonly [name: string]: string | number | boolean | ((event: never) => void) | undefined;
}

/** An element: `on…` attributes are listeners, true and false set or leave out an attribute, the others are text. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as (event: Event) => void);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Sets text only where it differs, so that nothing is laid out anew for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A colour of the theme: the value of a CSS variable. */
export const themeColor = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** `1.234`, `0.0012`, `12,345`: as many digits as say something; a dash for what is not known. */
export function formatNumber(value: number | undefined, digits = 3): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(1).replace("-", "−");
  const text = size >= 1000 ? value.toLocaleString("en-US", { maximumFractionDigits: 0 }) : value.toFixed(Math.max(0, digits - (size >= 100 ? 2 : size >= 10 ? 1 : 0)));
  return text.replace("-", "−");
}
