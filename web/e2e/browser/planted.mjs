// Looks at every page for what was planted in it: nothing of it may be markup, or run, and all of it must be text.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { expect, faults, finish, launch, note, sizes, visitor } from "./browser.mjs";

const [base, session, file, key] = process.argv.slice(2);
const { visits, planted, owner } = JSON.parse(readFileSync(file, "utf8"));
const browser = await launch();
const seen = new Set();
let looks = 0;

await notices();
const all = Object.entries(visits).flatMap(([name, paths]) => paths.map((path) => ({ name, path })));
await Promise.all([0, 1, 2].map(async (n) => {
  const w = await watched();
  for (const v of all.filter((_, i) => i % 3 === n)) await visit(w, v);
  await w.page.context().close();
}));
await streamed();
const unseen = planted.filter((where) => !seen.has(where));
if (unseen.length) faults.push(`planted, and shown as text by no page: ${unseen}`);
await finish(browser, `${looks} looks, ${seen.size} texts`);

/** watched is a page of who is signed in, and what it asked for or opened that it should not. */
async function watched(signedIn = true) {
  const page = await visitor(browser, { viewport: sizes.wide });
  const caught = [];
  page.removeAllListeners("console"); // many an address here is refused, and a browser says so
  page.setDefaultTimeout(15_000);
  page.on("request", (r) => { if (new URL(r.url()).pathname.startsWith("/canary")) caught.push(`asked for ${r.url()}`); });
  page.on("dialog", (d) => { caught.push(`dialog: ${d.message()}`); d.dismiss(); });
  if (signedIn) await page.context().addCookies([{ name: "tidemark", value: session, url: base, httpOnly: true, sameSite: "Lax" }]);
  return { page, caught };
}

/** made is what of a document came out of a planted text, and what of them it shows; of a text where one is given. */
function made(page, html) {
  return page.evaluate((html) => {
    const own = "i.canary, img[src*='canary'], [hx-get*='canary'], [onerror], [onload], script:not([src]), [href^='javascript:' i], [src^='javascript:' i], [action^='javascript:' i]";
    const doc = html === undefined ? document : new DOMParser().parseFromString(html, "text/html");
    const said = [doc.documentElement.textContent];
    for (const e of doc.querySelectorAll("*")) {
      for (const a of e.attributes) if (!/^(href|action|hx-|sse-|src)/.test(a.name)) said.push(a.value);
      if (html === undefined && "value" in e) said.push(String(e.value));
    }
    const text = said.join("\n");
    return {
      markup: [...doc.querySelectorAll(own)].map((e) => e.outerHTML.slice(0, 120)), ran: Boolean(window.hacked), violations: window.violations ?? [],
      texts: [...text.matchAll(/<i class=canary>([\w.-]+)<\/i>/g)].map((m) => m[1]),
    };
  }, html);
}

async function isText({ page, caught }, what, html) {
  looks++;
  const { markup, ran, violations, texts } = await made(page, html);
  texts.forEach((t) => seen.add(t));
  for (const fault of [...markup.map((m) => `markup: ${m}`), ...violations.map((v) => `policy: ${v}`), ...caught.splice(0), ...(ran ? ["it ran"] : [])]) note(page, `${what}: ${fault}`);
}

async function visit(w, { name, path }) {
  const { page } = w;
  if (name.endsWith("/stream")) return stream(w, path);
  if (!page.url().startsWith(base)) await page.goto(`${base}/console/account`);
  const part = await page.evaluate(async (at) => {
    const r = await fetch(at, { headers: { "HX-Request": "true" } });
    return { status: r.status, type: r.headers.get("content-type") ?? "", alone: r.headers.get("x-content-type-options") === "nosniff", html: await r.text() };
  }, path);
  if (part.status >= 500) note(page, `${path.slice(0, 80)}: ${part.status}`);
  if (!part.type.startsWith("text/html")) {
    expect(page, `${name} is no page to a browser: ${part.type}`, part.alone);
    return;
  }
  await isText(w, `${name} as a fragment`, part.html);
  await page.goto(base + path, { waitUntil: "domcontentloaded" });
  await page.evaluate(() => {
    document.querySelectorAll("details").forEach((d) => { d.open = true; });
    document.querySelectorAll("dialog").forEach((d) => d.setAttribute("open", ""));
    document.querySelectorAll("[title], [data-menu], [aria-describedby]").forEach((e) => e.dispatchEvent(new MouseEvent("mouseover", { bubbles: true })));
  });
  await isText(w, name);
}

/** stream reads what a stream says in a moment, in which an app writes. */
async function stream(w, path) {
  if (!w.page.url().startsWith(base)) await w.page.goto(`${base}/console/account`);
  const reading = w.page.evaluate(async (at) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 900);
    let text = "";
    try {
      const reader = (await fetch(at, { signal: stop.signal })).body.pipeThrough(new TextDecoderStream()).getReader();
      for (let r = await reader.read(); !r.done; r = await reader.read()) text += r.value;
    } catch {} // it was ended
    return text;
  }, path);
  await write();
  const text = (await reading).replace(/^(data: ?|event:.*|id:.*)/gm, "");
  await isText(w, `the stream ${path.slice(0, 60)}`, text);
}

function write() {
  return fetch(`${base}/api/v1/sync-storage/item/${encodeURIComponent(`<i class=canary>live</i><img src=/canary>${Math.random()}`)}`, {
    method: "PUT", headers: { "X-API-Key": key, "X-User-Id": Buffer.from(owner).toString("latin1"), "Content-Type": "application/json" }, body: JSON.stringify({ value: "<i class=canary>live</i><img src=/canary>" }),
  });
}

/** streamed holds what comes in while a page is open against the same. */
async function streamed() {
  planted.push("live");
  const w = await watched();
  await w.page.goto(`${base}/console/t/acme/activity`);
  await w.page.locator("[data-live=on]").waitFor();
  await write();
  await w.page.locator("#feed").getByText("canary>live").first().waitFor();
  await isText(w, "what comes in live");
}

/** notices shows that each of the ways to notice does: what is planted is put into pages raw, without a policy and with it. */
async function notices() {
  const raw = `<i class=canary>raw</i>"'><img src=/canary onerror=window.hacked=1><script>window.hacked=1;alert(1)</script><div hx-get=/canary>`;
  const server = createServer((req, res) => {
    const policy = req.url === "/policy" ? { "Content-Security-Policy": "default-src 'none'; script-src 'self'; img-src 'self'" } : {};
    res.writeHead(200, { "Content-Type": "text/html", ...policy }).end(req.url.startsWith("/canary") ? "" : `<!doctype html><title>raw</title>${raw}`);
  }).listen(0, "127.0.0.1");
  await new Promise((on) => server.once("listening", on));
  const before = faults.length;
  for (const [path, wanted] of Object.entries({ "/": ["markup", "it ran", "asked for", "dialog"], "/policy": ["markup", "policy", "asked for"] })) {
    const w = await watched(false);
    await w.page.goto(`http://127.0.0.1:${server.address().port}${path}`);
    await isText(w, "raw");
    const said = faults.splice(before).join("\n");
    for (const want of wanted) if (!said.includes(want)) faults.push(`not noticed on ${path}: ${want} in ${said}`);
    await w.page.context().close();
  }
  seen.delete("raw");
  server.close();
}
