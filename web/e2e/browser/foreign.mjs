// Tries what another site can from a browser that is signed in to the console: nothing is done by it, and nothing shown to it.
import { createServer } from "node:http";
import { expect, finish, launch, note, visitor } from "./browser.mjs";

const [base, session, routes] = process.argv.slice(2);
const { pages, api } = JSON.parse(routes);
const browser = await launch();
const page = await visitor(browser);
const asked = [];
page.setDefaultTimeout(15_000);
page.removeAllListeners("console"); // a browser says of each that it was refused
page.context().on("response", (r) => { if (r.url().startsWith(base)) asked.push({ method: r.request().method(), path: new URL(r.url()).pathname, status: r.status() }); });
await page.context().addCookies([{ name: "tidemark", value: session, url: base, httpOnly: true, sameSite: "Lax" }]);
expect(page, "who is signed in sees the console", (await page.goto(`${base}/console/account`)).ok() && page.url().endsWith("/account"));

// Other ports of this host are another origin of the same site, so the cookie comes along; localhost is another site.
const server = createServer((_, res) => res.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>another site</title><body>")).listen(0);
await new Promise((on) => server.once("listening", on));
const port = server.address().port;
for (const site of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
  await page.goto(site);
  await requests(site);
  await forms(site);
  await looks(site);
}
await page.goto(`http://127.0.0.1:${port}`);
await formsOfAWindow();
await frames();
await opener();
await planted();
server.close();
const control = await page.goto(`${base}/console/account`);
expect(page, "and is still signed in", control.ok() && page.url().endsWith("/account"));
await finish(browser, "nothing was done by other sites");

/** refused holds what was asked since then against what must come: nothing that changes something got further than the door. */
function refused(site, since) {
  for (const { method, path, status } of asked.slice(since)) {
    const allowed = path.startsWith("/console") ? [403] : [400, 401, 403, 404, 405, 413, 415, 422];
    if (!["GET", "HEAD", "OPTIONS"].includes(method) && !allowed.includes(status)) note(page, `${site}: ${method} ${path} is ${status}`);
  }
}

/** requests of a script, in every way that a browser sends without asking first, and those it asks for. What a browser keeps their answers from, the test itself looks at in the log. */
async function requests(site) {
  const since = asked.length;
  const read = await page.evaluate(async ({ base, pages, api }) => {
    const read = [];
    const send = async (method, path, body, more = {}) => {
      const answer = await fetch(base + path, { method, body, credentials: "include", ...more }).catch(() => null);
      if (answer?.type === "cors" && (await answer.text()).includes("csrf-token")) read.push(path);
    };
    for (const path of pages) {
      const form = new FormData();
      form.set("_csrf", "x".repeat(80));
      await Promise.all([
        send("POST", path, new URLSearchParams({ _csrf: "x", confirm: "acme", version: "1" }), { mode: "no-cors" }),
        send("POST", path, form, { mode: "no-cors" }),
        send("POST", path, new Blob(["_csrf=x"], { type: "text/plain" }), { mode: "no-cors" }),
        send("POST", path, "{}", { mode: "cors", headers: { "Content-Type": "application/json", "HX-Request": "true", "X-CSRF-Token": "x" } }),
      ]);
    }
    for (const [method, path] of api) {
      const body = method === "GET" ? undefined : new Blob(['{"value":1}'], { type: "text/plain" });
      await Promise.all([
        send(method === "GET" ? "GET" : "POST", path, body, { mode: "no-cors" }),
        send(method, path, method === "GET" ? undefined : '{"value":1}', { mode: "cors", headers: { "Content-Type": "application/json" } }),
      ]);
    }
    return read;
  }, { base, pages, api });
  expect(page, `${site} reads no page: ${read}`, read.length === 0);
  refused(`${site}, by script`, since);
}

/** forms are sent into frames, as each kind of form there is. */
async function forms(site) {
  const since = asked.length, kinds = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
  await page.evaluate(async ({ base, pages, kinds }) => {
    for (const [n, path] of pages.entries()) {
      const frame = Object.assign(document.createElement("iframe"), { name: `f${n}` });
      const form = Object.assign(document.createElement("form"), { method: "post", action: base + path, target: frame.name, enctype: kinds[n % kinds.length] });
      for (const [name, value] of Object.entries({ _csrf: "x".repeat(80), version: "1", confirm: "acme" })) form.append(Object.assign(document.createElement("input"), { name, value }));
      document.body.append(frame, form);
      const answered = new Promise((on) => { frame.addEventListener("load", on, { once: true }); setTimeout(on, 3000); });
      form.submit();
      if (n % 8 === 7) await answered;
    }
  }, { base, pages, kinds });
  for (let i = 0; i < 50 && asked.length - since < pages.length; i++) await page.waitForTimeout(100);
  expect(page, `${site} sent its forms (${asked.length - since})`, asked.length - since >= pages.length);
  refused(`${site}, by form`, since);
}

/** looks are pictures and frames of pages, which only read. */
async function looks(site) {
  const since = asked.length;
  await page.evaluate(({ base, pages }) => Promise.all(pages.map((path) => new Promise((on) => {
    const img = Object.assign(new Image(), { src: base + path });
    img.addEventListener("load", on);
    img.addEventListener("error", on);
  }))), { base, pages });
  for (const { method, path, status } of asked.slice(since)) if (status >= 500) note(page, `${site}: ${method} ${path} is ${status}`);
}

/** formsOfAWindow lead the whole window there, where a cookie comes along most easily. */
async function formsOfAWindow() {
  const from = page.url(), since = asked.length;
  for (const path of pages.slice(0, 3).concat("/console/logout", "/console/account/password")) {
    await page.goto(from);
    await Promise.all([page.waitForURL((u) => u.href.startsWith(base)), page.evaluate((action) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action });
      document.body.append(form);
      form.submit();
    }, base + path)]);
  }
  refused("a window", since);
}

/** frames: no page of the console is shown in another's. */
async function frames() {
  await page.goto(`http://127.0.0.1:${port}`);
  for (const path of ["/console/login", "/console/account", "/console/t/acme/users", "/console/tenants"]) {
    const frame = await page.evaluateHandle((src) => new Promise((on) => {
      const f = Object.assign(document.createElement("iframe"), { src });
      f.addEventListener("load", () => on(f));
      document.body.append(f);
    }), base + path);
    const shown = await (await frame.asElement().contentFrame()).content().catch(() => "");
    expect(page, `${path} is shown in a frame of another site`, !shown.includes("csrf-token"));
  }
}

/** opener: a window opened on the console is out of reach of who opened it. */
async function opener() {
  await page.goto(`http://127.0.0.1:${port}`);
  const [opened] = await Promise.all([page.context().waitForEvent("page"), page.evaluate((at) => { window.opened = window.open(at); }, `${base}/console/account`)]);
  await opened.waitForLoadState();
  expect(page, "the window is the console's", opened.url().startsWith(base));
  expect(page, "who opened it holds it no more", await page.evaluate(() => window.opened.closed));
  expect(page, "nor does it know who opened it", await opened.evaluate(() => window.opener === null));
  await opened.close();
}

/** planted: a session cookie that somebody else put there is not the one a person is signed in with. */
async function planted() {
  const victim = await visitor(browser);
  await victim.context().addCookies([{ name: "tidemark", value: "a".repeat(43), url: base }, { name: "tidemark-form", value: "A".repeat(26), url: base }]);
  await victim.goto(`${base}/console/login`);
  await victim.fill("#email", "amina@example.com");
  await victim.fill("#password", "a long enough password");
  await victim.click("form button.btn-primary");
  await victim.waitForURL((u) => !u.pathname.endsWith("/login"));
  const now = (await victim.context().cookies()).find((c) => c.name === "tidemark");
  expect(victim, "signing in gives a session of its own", now && now.value !== "a".repeat(43) && now.httpOnly && now.sameSite === "Lax");
  const thief = await visitor(browser);
  await thief.context().addCookies([{ name: "tidemark", value: "a".repeat(43), url: base }]);
  await thief.goto(`${base}/console/account`);
  expect(thief, "the planted cookie signs nobody in", thief.url().includes("/console/login"));
}
