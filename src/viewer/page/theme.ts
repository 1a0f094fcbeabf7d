export type Theme = "light" | "dark";

const key = "motive-theme";

/** A page from the file system may not be allowed to keep anything. */
function stored(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export const currentTheme = (): Theme => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(key, theme);
  } catch {
    // it holds for as long as the page is open
  }
}

/** What was chosen before, or what the system prefers. */
export function initialTheme(): Theme {
  const known = stored();
  if (known === "light" || known === "dark") return known;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
