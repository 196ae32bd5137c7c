import { kindOf } from "./figures.ts";
import type { Results, ScenarioResults } from "./results.ts";
import type { Spread } from "./statistics.ts";
import { figure } from "./table.ts";

/** Sizes in pixels. */
const WIDTH = 900;
const NAMES = 240;
const VALUES = 90;
const BAR = 16;
const ROW = 24;
const HEAD = 46;
const PANEL_GAP = 22;

const OURS = "#2563eb";
const OTHERS = "#94a3b8";
const STYLE =
  "text{font:12px system-ui,sans-serif;fill:#0f172a}.title{font-size:14px;font-weight:600}.unit{fill:#475569}" +
  ".spread{stroke:#0f172a;stroke-width:1}";

/**
 * Draws the chosen figure of each scenario as bars, a panel per scenario. A line goes from the smallest to the largest
 * round.
 */
export function chart(results: Results): string {
  let top = 10;
  const panels = Object.entries(results.scenarios).map(([name, found]) => {
    const { text, height } = panel(results, name, found);
    const moved = `<g transform="translate(10 ${top})">${text}</g>`;
    top += height + PANEL_GAP;
    return moved;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}">`,
    `<title>Benchmark of ${results.date}</title>`,
    `<style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>`,
    ...panels,
    "</svg>\n",
  ].join("\n");
}

function panel({ contenders }: Results, name: string, { title, chart, figures }: ScenarioResults) {
  const bars = Object.entries(figures).flatMap(([contender, spreads]) => {
    const spread = spreads[chart];
    return spread ? [{ contender: contender as keyof typeof contenders, spread }] : [];
  });
  const kind = kindOf(chart);
  const most = Math.max(...bars.map(({ spread }) => spread.max), Number.MIN_VALUE);
  const scale = (WIDTH - NAMES - VALUES - 20) / most;
  const rows = bars.map(({ contender, spread }, i) => {
    const label = contenders[contender]?.title ?? contender;
    return bar(label, figure(chart, spread.median), spread, HEAD + i * ROW, scale, contender.startsWith("junction"));
  });
  const better = kind.better === undefined ? "" : `, ${kind.better} is better`;
  const head =
    `<text class="title" y="14">${escaped(name)}: ${escaped(kind.title)}${better}</text>` +
    `<text class="unit" y="32">${escaped(title)}</text>`;
  return { text: [head, ...rows].join("\n"), height: HEAD + bars.length * ROW };
}

function bar(label: string, value: string, { median, min, max }: Spread, y: number, scale: number, isOurs: boolean) {
  const middle = y + BAR / 2;
  const at = (amount: number): string => (NAMES + amount * scale).toFixed(1);
  return [
    `<text x="${NAMES - 8}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>`,
    `<rect x="${NAMES}" y="${y}" width="${(median * scale).toFixed(1)}" height="${BAR}" fill="${isOurs ? OURS : OTHERS}"/>`,
    `<line class="spread" x1="${at(min)}" x2="${at(max)}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${(NAMES + max * scale + 6).toFixed(1)}" y="${middle + 4}">${value}</text>`,
  ].join("");
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
