// Has Lighthouse judge every page of the console, as on a desktop: performance,
// accessibility and best practices. TIDEMARK_PAGES names kinds of pages, to take
// only these. Lighthouse lies in lighthouse/node_modules, which the test fills.
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { chromium } from "playwright-core";
import { expect, finish, launchOptions, visitor } from "./browser.mjs";
import { everyPage, signIn } from "./pages.mjs";

const { default: lighthouse, desktopConfig } = await import(createRequire(new URL("lighthouse/", import.meta.url)).resolve("lighthouse"));
const [base, email, password] = process.argv.slice(2);
const least = 0.98, tries = 3; // of a page that missed: how busy the machine is counts as well
const only = process.env.TIDEMARK_PAGES?.split(" ");

const port = await freePort();
const browser = await chromium.launch({ ...launchOptions, args: [...launchOptions.args, `--remote-debugging-port=${port}`] });
const page = await visitor(browser);
await signIn(page, base, email, password);
const Cookie = (await page.context().cookies()).map((c) => `${c.name}=${c.value}`).join("; ");
const pages = await everyPage(page, base);
expect(page, `there are pages to judge (${pages.length})`, pages.length >= 30);
let judgedPages = 0;
for (const { kind, url } of [{ kind: "/login", url: `${base}/console/login` }, ...pages]) {
  if (!only || only.includes(kind)) console.log(await judged(kind, url)), judgedPages++;
}
await finish(browser, `${judgedPages} pages judged`);

/** judged notes a page below the mark with what it lost points for, and tells its points. */
async function judged(kind, url) {
  const seen = [];
  do seen.push(await judge(url, kind === "/login" ? {} : { Cookie }));
  while (seen.length < tries && lowest(seen.at(-1)) < least);
  const middle = seen.sort((a, b) => lowest(a) - lowest(b))[Math.floor(seen.length / 2)];
  const points = Object.values(middle.categories).map((c) => `${c.id} ${Math.round(c.score * 100)}`).join(", ");
  expect(page, `${kind} has at least ${least * 100} of each: ${points}\n  ${lost(middle).join("\n  ")}`, lowest(middle) >= least);
  return `${kind}: ${points}`;
}

async function judge(url, extraHeaders, again = tries) {
  const { lhr } = await lighthouse(url, { port, logLevel: "silent", onlyCategories: ["performance", "accessibility", "best-practices"], extraHeaders }, desktopConfig);
  if (!lhr.runtimeError) return lhr;
  if (!again) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  return judge(url, extraHeaders, again - 1); // a busy machine loses the beginning of a trace
}

function lowest(lhr) {
  return Math.min(...Object.values(lhr.categories).map((c) => c.score));
}

/** lost are the audits of a report that cost points. */
function lost(lhr) {
  const counted = Object.values(lhr.categories).flatMap((c) => c.auditRefs).filter((r) => r.weight > 0).map((r) => lhr.audits[r.id]);
  return counted.filter((a) => a.score !== null && a.score < 1).map((a) => `${a.id} ${a.score} ${a.displayValue ?? ""} ${JSON.stringify(a.details?.items ?? "").slice(0, 300)}`);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
