// What the browser tests share: a Chromium, pages that note everything that goes
// wrong in them, and axe.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const faults = [];
const pictures = process.env.TIDEMARK_PICTURES;

/** soak asks for the long versions. */
export const soak = Boolean(process.env.TIDEMARK_SOAK);

/** axed asks to hold every page that is walked through against axe. */
export const axed = soak && Boolean(process.env.TIDEMARK_AXE);

export const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
export const themes = ["light", "dark"];

export const launchOptions = { executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] };
export const launch = () => chromium.launch(launchOptions);

/** visitor makes a page that notes console errors, policy violations and failed requests. */
export async function visitor(browser, options = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", timezoneId: "UTC", ...options });
  await context.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`));
  });
  const page = await context.newPage();
  page.on("console", (m) => { if (["error", "warning"].includes(m.type()) && !refused(m) && !givenUp(m)) note(page, `console: ${m.text()}`); });
  page.on("pageerror", (e) => note(page, `script: ${e.message}`));
  return page;
}

/** refused knows Chromium's remark on a page that came with an error status, as some here must. */
const refused = (m) => /the server responded with a status of (400|403|404|405|409|413|422)/.test(m.text()) && !/\/(assets|stream)/.test(m.location().url);

/** givenUp knows htmx's remark on a request that a later one took the place of; one that failed is called htmx:sendError. */
const givenUp = (m) => /^htmx:(sendAbort|afterRequest)/.test(m.text());

export function note(page, text) {
  faults.push(`${page.url()}: ${text}`);
}

/** expect notes what does not hold and goes on. */
export function expect(page, what, holds) {
  if (!holds) note(page, `not so: ${what}`);
}

/** glance holds a page against the policy and its own width. */
export async function glance(page, name) {
  const violations = await page.evaluate(() => window.violations ?? []);
  violations.forEach((v) => note(page, `policy (${name}): ${v}`));
  await fits(page, name);
}

/** inspect is glance, and axe. */
export async function inspect(page, name) {
  await glance(page, name);
  const found = await axeOn(page);
  for (const v of found) for (const n of v.nodes) note(page, `axe (${name}) ${v.id}: ${n.target.join(" ")}: ${n.failureSummary.replaceAll("\n", " ")}`);
}

/** fits notes a page that scrolls sideways. */
export async function fits(page, name) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) note(page, `${name} is ${over} px too wide`);
}

// The policy forbids foreign scripts to the page, not to the tester: evaluate runs past it.
async function axeOn(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return result.violations;
}

export async function picture(page, name, fullPage = false) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage, caret: "initial" });
}

/** finish ends the process: with 1 and every fault, or with 0. */
export async function finish(browser, said) {
  await browser.close();
  if (faults.length) {
    console.log([...new Set(faults)].join("\n"));
    process.exit(1);
  }
  console.log(said);
}
