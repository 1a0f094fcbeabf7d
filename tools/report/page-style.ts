/** How the page of a table looks: on white and on black, on paper, and on a screen as wide as a hand. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1c1e22; --faint: #5c616b; --line: #d9dce1; --shade: #f4f5f7; --warn: #9a3b00; --warn-shade: #fff3e8;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #16181d; --text: #e2e5ea; --faint: #9ba1ad; --line: #363b45; --shade: #1f2229; --warn: #ffb27d; --warn-shade: #33241a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 80rem; padding: 1.5rem 1.25rem 4rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.4rem; } h2 { font-size: 1.2rem; margin: 2.4rem 0 0.4rem; }
h3 { font-size: 1rem; margin: 1.2rem 0 0.2rem; }
p, ul { margin: 0.3rem 0 0.7rem; max-width: 62rem; } ul { padding-left: 1.3rem; }
.faint { color: var(--faint); } .small { font-size: 0.86em; } .nowrap { white-space: nowrap; }
.summary { border: 1px solid var(--line); border-radius: 6px; background: var(--shade); padding: 0.6rem 0.9rem; margin: 0.9rem 0; }
.summary p { margin: 0.15rem 0; }
.missing { border-left: 4px solid var(--warn); background: var(--warn-shade); padding: 0.5rem 0.9rem; margin: 0.9rem 0; }
.missing ul { margin: 0.2rem 0; } .missing p { margin: 0; } .state { color: var(--warn); }
.failure { white-space: pre-wrap; overflow-wrap: anywhere; font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.86em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; line-height: 1.35; }
th, td { padding: 0.32rem 0.55rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; } thead th { vertical-align: bottom; border-bottom: 1.5px solid var(--text); }
tr:first-child > th:first-child, tbody th, tfoot th { text-align: left; }
.matrix th:first-child { position: sticky; left: 0; background: var(--page); }
.matrix thead th { white-space: normal; min-width: 5.6rem; max-width: 10rem; text-wrap: balance; } .matrix tbody th .faint { font-weight: 400; }
.matrix tfoot tr:first-child > * { border-top: 1.5px solid var(--text); }
.matrix td .small { line-height: 1.3; } .big { font-weight: 650; font-size: 1.06em; } .not-run { color: var(--faint); font-style: italic; }
.numbers .group th { background: var(--shade); padding-top: 0.5rem; text-align: left; white-space: normal; }
.numbers .group .faint { font-weight: 400; } .numbers .unite { text-align: center; border-bottom: 1px solid var(--line); }
.numbers .wide { text-align: left; }
.numbers .part { border-left: 1px solid var(--line); }
.numbers { font-size: 0.94em; } .bare td:nth-child(2) .spread { display: none; }
.spread { display: inline-block; width: 4.9em; text-align: left; color: var(--faint); padding-left: 0.35em; }
.strips { max-width: 60rem; } .strips .axis, .strip { display: grid; grid-template-columns: 11.5rem 1fr 4.6rem; gap: 0.6rem; align-items: center; }
.strip { line-height: 22px; } .strip > :last-child { text-align: right; font-variant-numeric: tabular-nums; }
.strip svg, .axis svg { display: block; width: 100%; height: 22px; overflow: visible; }
.axis svg text { fill: var(--faint); font-size: 11px; } .strip .guide { stroke: var(--line); } .strip .unit { stroke: var(--text); stroke-dasharray: 4 3; }
.strip .range { stroke: var(--series); stroke-width: 2.5; } .strip .run { fill: var(--series); fill-opacity: 0.4; }
.strip .mean { fill: var(--series); } .strip .published { fill: var(--page); stroke: var(--text); stroke-width: 1.4; }
.key { display: inline-block; width: 1.9rem; height: 12px; vertical-align: -1px; margin-right: 0.35rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.3rem; margin: 0.5rem 0; } .legend path { stroke: var(--series); stroke-width: 2.2; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
.panels figure { margin: 0; break-inside: avoid; } .panels svg { display: block; width: 100%; border: 1px solid var(--line); border-radius: 4px; }
figcaption { color: var(--faint); font-size: 0.86em; margin-top: 0.25rem; }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0.5rem 0; } summary { cursor: pointer; padding: 0.4rem 0.8rem; }
details > div { padding: 0 0.8rem 0.6rem; } .run-of { border-top: 1px solid var(--line); padding: 0.5rem 0; }
.run-of .facts { display: flex; flex-wrap: wrap; gap: 0.1rem 1.2rem; font-variant-numeric: tabular-nums; }
.command { display: flex; gap: 0.5rem; align-items: flex-start; margin-top: 0.25rem; }
.command code {
  flex: 1; background: var(--shade); border-radius: 4px; padding: 0.35rem 0.5rem; overflow-wrap: anywhere;
  font: 0.82em/1.45 ui-monospace, Menlo, Consolas, monospace;
}
button { font: inherit; font-size: 0.82em; padding: 0.15rem 0.6rem; color: inherit; background: var(--shade); border: 1px solid var(--line); border-radius: 4px; cursor: pointer; }
button:hover { border-color: var(--faint); } :focus-visible { outline: 2px solid #4a9fe0; outline-offset: 1px; }
dl { max-width: 62rem; } dt { font-weight: 600; margin-top: 0.5rem; } dd { margin: 0 0 0 1.2rem; }
@media screen and (max-width: 64rem) {
  body { padding: 1rem 0.8rem 3rem; font-size: 14px; }
  .strips .axis, .strip { grid-template-columns: 7rem 1fr 3.4rem; gap: 0.4rem; } .strip { line-height: 1.2; }
  .numbers thead { display: none; } .numbers, .numbers tbody, .numbers .group, .numbers .group th { display: block; width: 100%; }
  .numbers tr.cell { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  .numbers tr.cell > * { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: 0.05rem 0.3rem; white-space: normal; text-align: right; }
  .numbers tr.cell > th { font-size: 1.02em; } .numbers .spread { width: auto; }
  .numbers tr.cell > td::before { content: attr(data-label); color: var(--faint); text-align: left; white-space: nowrap; }
}
@media print {
  @page { margin: 14mm; }
  :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 10.5px; }
  button { display: none; } .scroll { overflow: visible; } th, td { padding: 0.2rem 0.35rem; }
  h2, h3 { break-after: avoid; } tr, .strip, .run-of { break-inside: avoid; } .panels { grid-template-columns: repeat(3, 1fr); }
  html { font-size: 11px; } .spread { width: 4.3em; } .matrix thead th { min-width: 0; }
  .numbers { font-size: 0.83em; } .numbers th, .numbers td { padding: 0.18rem 0.3rem; }
}
`;

/** Copies commands, and opens all of them before the page is printed. */
export const pageScript = `
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "selected";
    }
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  });
}
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => { for (const details of closed) details.open = false; });
`;
