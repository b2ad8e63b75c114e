// Trouble under open pages: the server restarts, its streams are dropped or fall
// silent, sessions end in the middle of work, the database is away. The page says
// so and recovers, and nothing typed is lost. trouble_test.go makes the trouble;
// TIDEMARK_TROUBLE names some of it, to have only that.
import { ask, hangUp } from "./ask.mjs";
import { faults, finish, launch, note, sizes, soak, visitor } from "./browser.mjs";
import { type } from "./itempage.mjs";
import { narrow } from "./livepage.mjs";
import { Walker, person } from "./walker.mjs";

const [base, setup, theme, size, script, line, db] = process.argv.slice(2);
const mode = { theme, size, script: script === "script" };
const browser = await launch();

const bounded = 6000; // ms for an answer while the database is away, on a busy machine; three seconds are aimed at
let password = person.password;

async function stranger(more = {}) {
  const page = await visitor(browser, { viewport: sizes[size], javaScriptEnabled: mode.script, ...more });
  page.setDefaultTimeout(20_000);
  await page.context().addCookies([{ name: "tidemark-theme", value: theme, url: base }]);
  return page;
}

async function setUp() {
  await page.goto(setup);
  await page.fill("#email", person.email);
  await page.fill("#name", person.name);
  await page.fill("#password", password);
  await page.click("form button.btn-primary");
  await page.waitForURL(`${base}/console/setup/tenant`);
  const { key } = await ask("tenant", "trouble");
  w = new Walker({ page, base, slug: "trouble", key, mode, name: "trouble", stranger });
}

/** tab opens a further page of the same person. */
async function tab(url) {
  const other = await context.newPage();
  other.on("pageerror", (e) => note(other, `script: ${e.message}`));
  await other.goto(url);
  return other;
}

/** turns waits until a live page is in a state, and says whether it came to it. */
const turns = (at, state, within = 15_000) => at.waitForSelector(`[data-live="${state}"]`, { timeout: within }).then(() => true, () => false);

/** shown counts the rows of the feed that are of a key. */
const shown = (at, key) => at.locator("[data-feed] tr").filter({ hasText: key }).count();
const comes = (at, key) => at.locator("[data-feed] tr, #recent-rows tr, main").getByText(key).first().waitFor({ timeout: 15_000 }).then(() => true, () => false);

// ---- streams

async function restart() {
  const { key } = await ask("tenant", "fresh");
  await w.put("before", 1);
  const pages = {};
  for (const [name, url] of Object.entries({ overview: w.home, activity: `${w.home}/activity`, connect: `${base}/console/t/fresh/connect` })) {
    pages[name] = await tab(url);
    w.expect(`${name} is live`, await turns(pages[name], "on"));
  }
  await ask("stop");
  for (const [name, at] of Object.entries(pages)) {
    w.expect(`${name} says that it is not live`, await turns(at, "lost"));
    w.expect(`${name} says so in words`, await at.getByText("Reconnecting").first().isVisible());
  }
  await ask("start");
  for (let n = 0; n < 60; n++) await w.put(`meanwhile-${n}.`, n);
  await w.api.call({ base, key }, "PUT", "/api/v1/sync-storage/item/first", { value: 1 });
  for (const [name, at] of Object.entries(pages)) if (name !== "connect") w.expect(`${name} comes back`, await turns(at, "on"));
  w.expect("the overview shows what came meanwhile", await comes(pages.overview, "meanwhile-59."));
  w.expect("the feed shows what came meanwhile", await comes(pages.activity, "meanwhile-59."));
  w.expect("the page to connect turns green", await comes(pages.connect, "Connected"));
  await whole(pages.activity, 60, "meanwhile");
  for (const at of Object.values(pages)) await at.close();
}

/** whole says whether a feed has each of the writes once, or says that some were left out. */
async function whole(at, writes, prefix) {
  const counts = await Promise.all(Array.from({ length: writes }, (_, n) => shown(at, `${prefix}-${n}.`)));
  const twice = counts.filter((n) => n > 1).length, missing = counts.filter((n) => n === 0).length;
  const told = await at.locator("[id^=gap-]").count() ? Number(/(\d+) more/.exec(await at.locator("[id^=gap-]").first().textContent())?.[1]) : 0;
  w.expect(`no row of ${prefix} is there twice (${twice})`, twice === 0);
  w.expect(`each of ${prefix} is there or counted (${missing} of ${writes}, ${told} told)`, missing === told);
}

async function drop() {
  const at = await tab(`${line}/console/t/trouble/activity`);
  w.expect("the feed is live", await turns(at, "on"));
  await ask("line", "cut");
  w.expect("a dropped stream is seen", await turns(at, "lost", 3000));
  for (let n = 0; n < 5; n++) await w.put(`dropped-${n}.`, n);
  w.expect("it comes back", await turns(at, "on"));
  w.expect("with what came meanwhile", await comes(at, "dropped-4."));
  await whole(at, 5, "dropped");
  await ask("line", "still");
  for (let n = 0; n < 5; n++) await w.put(`silent-${n}.`, n);
  w.expect("silence is noticed", await turns(at, "lost", 14_000));
  await ask("line", "pass");
  w.expect("and forgiven", await turns(at, "on", 20_000));
  w.expect("with what came in the silence", await comes(at, "silent-4."));
  await whole(at, 5, "silent");
  await at.close();
}

// ---- sessions

const send = () => page.click("main form:has(input[name=_csrf]) button.btn-primary[type=submit]");

/** signIn fills in the form once more when the page, just come, moved the focus meanwhile. */
async function signIn(at = page, email = person.email, secret = password) {
  const filled = async () => (await at.inputValue("#email")) === email && (await at.inputValue("#password")) === secret;
  do {
    await at.fill("#email", email);
    await at.fill("#password", secret);
  } while (!(await filled()));
  await at.click("form button.btn-primary");
}

/** again signs in and sends what was kept. */
async function again() {
  await w.sees("What you sent is kept");
  await signIn();
  await w.sees("Send it again?");
  await page.getByRole("button", { name: "Send it" }).click();
}

const endings = {
  async "signed out in another tab"() {
    const other = await tab(`${base}/console/account`);
    if (await other.getByRole("button", { name: "Sign out", exact: true }).filter({ visible: true }).count() === 0) await other.locator("summary[aria-label=Menu]").click();
    await other.getByRole("button", { name: "Sign out", exact: true }).filter({ visible: true }).first().click();
    await other.waitForURL(/login/);
    await other.close();
  },
  expired: () => ask("expire"),
  async "password changed elsewhere"() {
    const other = await stranger();
    await other.goto(`${base}/console/login?next=/console/account`);
    await signIn(other);
    await other.waitForURL(/account/);
    const next = `${password} too`;
    await other.fill("[name=old]", password);
    await other.fill("form:has([name=old]) [name=password]", next);
    await other.locator("form:has([name=old]) button[type=submit]").click();
    await other.waitForLoadState();
    await other.getByText(/changed/i).filter({ visible: true }).first().waitFor();
    password = next;
    await other.context().close();
  },
};

async function sessions() {
  await editing("small", `{"typed": "in peace 🌊"}`, "signed out in another tab");
  await w.look("the item that was kept");
  await editing("large", JSON.stringify({ text: `"quoted"\n`.repeat(40_000) }), "expired");
  await key();
  await tenant();
  await bulk();
  await upload();
  await somebodyElse();
}

async function editing(name, value, ending) {
  await w.put(name, "before");
  await w.go(`storage/item/edit?owner=dana&key=${name}`);
  await type(page, "value", value);
  await endings[ending]();
  await send();
  await again();
  await w.sees("Saved as version 2");
  const { value: now } = await w.api("GET", `/api/v1/sync-storage/item/${name}`);
  w.expect(`the ${name} item, ${ending}, is as it was typed`, JSON.stringify(now) === JSON.stringify(JSON.parse(value)));
}

async function key() {
  await w.go("api-keys/new");
  await page.fill("[name=name]", "typed before the end");
  await page.fill("[name=user]", "dana");
  await endings["password changed elsewhere"]();
  await send();
  await w.sees("What you sent is kept");
  await w.look("sign in with a form in the hand");
  await signIn();
  await w.sees("Send it again?");
  await w.look("send it again");
  await narrow(w, "send it again");
  await page.getByRole("button", { name: "Send it" }).click();
  await page.waitForURL(/secret/);
  await w.go("api-keys");
  await w.sees("typed before the end");
}

async function tenant() {
  await w.go("/tenants/new");
  await page.fill("[name=name]", "Harbour");
  await page.fill("[name=slug]", "harbour");
  await page.fill("[name=maxItems]", "many");
  await ask("expire");
  await send();
  await again();
  await w.sees("Not everything is right yet"); // sent again it is judged, with all that was typed in it
  w.expect("the tenant's form has what was typed", (await page.inputValue("[name=name]")) === "Harbour" && (await page.inputValue("[name=maxItems]")) === "many");
}

async function bulk() {
  await w.put("bulk/1", 1);
  await w.put("bulk/2", 2);
  await w.go("storage?view=list&prefix=bulk/");
  await page.locator("input[name=item]").first().check();
  await page.locator("input[name=item]").nth(1).check();
  await page.selectOption("#bulk-action", "tag");
  await page.fill("#bulk-tag", "kept");
  await page.getByRole("button", { name: "Preview for selected" }).click();
  await w.sees("To be changed");
  await ask("expire");
  await page.click("main form[action$=start] button[type=submit]");
  await again();
  await page.waitForURL(/jobs\//);
  await w.sees("Done");
}

async function upload() {
  await w.go("storage/import");
  await page.setInputFiles("#import-file", { name: "small.jsonl", mimeType: "application/jsonl", buffer: Buffer.from(`{"key":"imported","value":1}\n`) });
  await page.fill("#import-owner", "dana");
  await ask("expire");
  await send();
  await w.sees("choose the file again");
  await signIn();
  await page.waitForURL(/import/);
  w.expect("the owner is still there", (await page.inputValue("#import-owner")) === "dana");
  if (!mode.script) return;
  await page.setInputFiles("#import-file", { name: "large.jsonl", mimeType: "application/jsonl", buffer: Buffer.from(`{"key":"imported","value":"${"x".repeat(1000)}"}\n`.repeat(700)) });
  await ask("expire");
  await send();
  await w.sees("your file is still chosen");
  const other = await tab(`${base}/console/login`);
  await signIn(other);
  await other.waitForURL(/tenants|\/t\//);
  await other.close();
  const asked = page.waitForResponse((r) => /\/import(\?|$)/.test(r.url()) && r.request().method() === "GET");
  await page.evaluate(() => dispatchEvent(new Event("focus")));
  await asked;
  await page.waitForFunction(() => !document.querySelector("[data-upload][aria-busy]"));
  await page.waitForTimeout(5200); // as long as a form counts as sent
  await send();
  await page.waitForURL(/jobs\//);
}

async function somebodyElse() {
  const { password: theirs } = await ask("admin", "badr@example.com", "Badr");
  await w.go("/tenants/new");
  await page.fill("[name=name]", "Confidential");
  await ask("expire");
  await send();
  await w.sees("What you sent is kept");
  await signIn(page, "badr@example.com", theirs);
  await w.sees("somebody else’s");
  w.expect("another person is not given it", !(await page.content()).includes("Confidential"));
  await ask("expire");
  await page.goto(`${base}/console/login?next=/console/t/trouble`);
  await signIn();
  await page.waitForURL(/trouble/);
}

// ---- the database

async function databases() {
  for (const how of db === "mariadb" ? ["frozen", "killed"] : ["locked"]) await away(how);
}

const stillThere = "#item-form [role=alert]"; // the form again, with what was typed

async function away(how) {
  const live = mode.script ? await tab(`${w.home}/activity`) : null;
  if (live) w.expect("the feed is live", await turns(live, "on"));
  await w.put(`away-${how}`, "before");
  await w.go(`storage/item/edit?owner=dana&key=away-${how}`);
  await type(page, "value", `{"typed": "while it was ${how}"}`);
  const reader = await tab(`${w.home}/devices`);
  await ask("away", how);
  if (live && how !== "locked") w.expect(`${how}: the feed says that it is not live`, await turns(live, "lost"));
  await soon(`${how}: a save is answered`, async () => { await send(); await page.locator(`[data-toast], #unsent-h, ${stillThere}`).first().waitFor(); });
  const kept = await page.locator("#unsent-h").count() > 0; // where the request came to its end before the write
  await w.sees(kept ? "Nothing you typed is lost" : /What you typed is still here|could not be made now/);
  await w.look(`a save while the database is ${how}`);
  const pages = [w.home, `${base}/console/system`, ...["/activity", "/devices", "/api-keys", "/storage"].map((p) => w.home + p), `${base}/console/tenants`, `${base}/console/account`];
  for (const url of pages.slice(0, soak || how !== "frozen" ? pages.length : 3)) await read(reader, url, how);
  await narrow(new Walker({ ...w, page: reader, name: "away" }), how);
  await reader.close();
  await ask("back", how);
  await w.api("GET", `/api/v1/sync-storage/item/away-${how}`).catch(() => {}); // the first one finds the pool's dead connections
  if (kept) await page.getByRole("button", { name: "Send it again" }).click();
  else await send();
  await w.sees("Saved as version 2");
  const { value } = await w.api("GET", `/api/v1/sync-storage/item/away-${how}`);
  w.expect(`${how}: what was typed is saved`, value.typed === `while it was ${how}`);
  if (!live) return;
  w.expect(`${how}: the feed comes back`, await turns(live, "on", 20_000));
  w.expect(`${how}: with what was saved`, await comes(live, `away-${how}`));
  await live.close();
}

/** broken takes a table away, so that the server is at fault: a page and a form say so, under a number that the log knows. */
async function broken() {
  await w.go("api-keys/new");
  await page.fill("[name=name]", "typed before the fault");
  const reader = await tab(`${w.home}/devices`);
  await ask("break", "instances", "api_keys");
  await fault(new Walker({ ...w, page: reader, name: "fault" }), () => reader.reload());
  await send();
  await w.sees("Nothing you typed is lost");
  await w.look("a form under a fault");
  await ask("mend", "instances", "api_keys");
  await reader.getByRole("link", { name: "Try again" }).click();
  await reader.getByRole("heading", { name: "Devices" }).waitFor();
  await reader.close();
  await page.getByRole("button", { name: "Send it again" }).click();
  await page.waitForURL(/secret/);
  w.expect("what was typed is the key's name", await page.getByText("typed before the fault").count() > 0);
}

/** fault holds the page for a fault of ours against what it must say, at any width. */
async function fault(at, open) {
  const status = (await open()).status(), text = await at.page.textContent("main");
  at.expect(`it is 500: ${status}`, status === 500);
  at.expect("it says whose fault it is, and under which numbers", /Something went wrong/.test(text) && /Try again/.test(text) && /Request\s*\w{10}/.test(text) && /Log entry\s*\w{26}/.test(text));
  at.expect("and nothing of what is inside", !/instances|api_keys|SQL|no such table|doesn't exist/i.test(text.replace("Devices", "")));
  await at.look("something went wrong");
  await narrow(at, "something went wrong");
}

async function soon(what, act) {
  const began = Date.now();
  await act();
  const took = Date.now() - began;
  w.expect(`${what} within ${bounded} ms (${took})`, took < bounded);
}

/** read opens a page: it is there, or tells within a bounded time that it cannot be, and what to do. */
async function read(at, url, how) {
  await soon(`${how}: ${url} is answered`, async () => {
    const status = (await at.goto(url)).status();
    if (status === 200 && how === "locked") return;
    w.expect(`${how}: ${url} is 503, not ${status}`, status === 503);
    const text = await at.textContent("main");
    w.expect(`${how}: ${url} says what to do and under which number`, /Not available right now/.test(text) && /Try again/.test(text) && /Request\s*\w{10}/.test(text));
  });
}

const page = await stranger(), context = page.context();
let w;
try {
  await setUp();
  for (const trouble of [...(mode.script ? [restart, drop] : []), sessions, broken, databases].filter((f) => !process.env.TIDEMARK_TROUBLE || process.env.TIDEMARK_TROUBLE.includes(f.name))) {
    const began = Date.now();
    await trouble();
    console.error(`${trouble.name}: ${((Date.now() - began) / 1000).toFixed(1)} s, ${faults.length} remarks`);
  }
} catch (err) {
  note(page, err.stack);
  await page.screenshot({ path: `${process.env.TIDEMARK_PICTURES ?? "/tmp"}/fault-trouble.png` }).catch(() => {});
}
hangUp();
// What the browser says of connections that were refused, cut or answered with a status is the trouble itself.
const own = /console: Failed to load resource: (net::ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK|ABORTED)|the server responded with a status of (401|403|429|500|503|504))|Response Status Error Code (401|403|500|503|504)|htmx:(sendError|responseError|sseError)/;
faults.splice(0, faults.length, ...faults.filter((f) => !own.test(f)));
await finish(browser, `${w.looks} looks without a fault`);
