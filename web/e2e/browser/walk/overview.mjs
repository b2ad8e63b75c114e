// The overview: empty, moving while clients write, and what of a tenant needs attention.
import { randomUUID } from "node:crypto";
import { ask } from "../ask.mjs";
import { fresh, narrow } from "../livepage.mjs";

export async function walk(w) {
  await w.go();
  await nothingThere(w);
  await firstWrite(w);
  await numbersMove(w);
  const laggard = await aDeviceLags(w);
  await aConflictWaits(w);
  await storageRunsFull(w);
  await aKeyRunsOut(w);
  await everythingLeadsSomewhere(w);
  await itIsOver(w, laggard);
  await suspended(w);
}

const kpi = (w, id) => w.page.locator(`#kpi-${id} p`).nth(1).innerText();
const needs = (w, text) => w.page.locator("#attention li").filter({ hasText: text });

/** shows waits until a number of the page is what it should be. */
async function shows(w, id, value) {
  await fresh(w, w.page.locator(`#kpi-${id}`).getByText(value, { exact: true }), `${id} is ${value}`);
}

async function nothingThere(w) {
  await w.sees("Nothing needs attention");
  await w.sees("Nothing has been written yet");
  await w.sees("none has connected yet");
  w.expect("a plain page says how old it is", w.script || await w.page.getByText("As of page load").isVisible());
  await w.look("an empty tenant");
}

/** firstWrite does what the empty page says. */
async function firstWrite(w) {
  const said = await w.page.locator("#first-write").innerText();
  const [, to] = /curl -X PUT (\S+)/.exec(said), [, body] = /-d '(.+)'/.exec(said);
  w.expect("the example names this tenant", said.includes(`--tenant ${w.slug} `));
  await w.api("PUT", to.replace(w.base, ""), JSON.parse(body));
  await shows(w, "items", "1");
  await w.page.locator("#recent-rows").getByRole("link", { name: "hello" }).waitFor();
}

/** numbersMove has devices connect and write while the page is open. */
async function numbersMove(w) {
  const line = w.page.locator("#kpi-changes path").last();
  await ask("age", w.slug, "3"); // so that what comes now is beside what was
  await shows(w, "changes", "0");
  const before = await line.getAttribute("d"), chart = await w.page.locator("#minutes").innerHTML();
  const phones = await Promise.all(["phone-1", "phone-2", "phone-3"].map((name) => w.device(name)));
  await shows(w, "devices", "3");
  await Promise.all(phones.map((p, i) => p.write(`note/${i}`, { text: "from a phone" })));
  await shows(w, "items", "4");
  w.expect("its line moved", before !== (await line.getAttribute("d")));
  w.expect("the chart moved", chart !== (await w.page.locator("#minutes").innerHTML()));
  w.expect("four changes are counted", (await w.page.locator("#kpi-changes").innerText()).includes("4 in the last hour"));
  const rows = await w.page.locator("#recent-rows tbody tr").allInnerTexts();
  w.expect(`the newest come first (${rows.length})`, rows.length === 4 && rows[3].includes("hello"));
  await w.page.getByText("Show as table").click();
  w.expect("the chart is a table, too", (await w.page.locator("#minutes-table").innerText()).includes("4"));
  phones[2].close();
  await shows(w, "devices", "2");
  await w.look("in use");
  phones.forEach((p) => p.close());
}

/** aDeviceLags connects one that acknowledges once, and then takes nothing more. */
async function aDeviceLags(w) {
  const laggard = await w.device("laggard", { userId: "lena" });
  laggard.on("sync:update", ({ cursor }) => { laggard.last = cursor; });
  const first = new Promise((heard) => laggard.once("sync:update", heard));
  const write = (n) => w.api("POST", "/api/v1/sync/events", { events: Array.from({ length: n }, (_, i) => ({ opId: randomUUID(), op: "set", key: "tick", value: i })) }, { "X-User-Id": "lena" });
  await write(1);
  await laggard.emitWithAck("sync:ack", { cursor: (await first).cursor });
  for (let n = 0; n < 3; n++) await write(400);
  await ask("age", w.slug, "5");
  await fresh(w, needs(w, "1 device"), "a device lags");
  return laggard;
}

async function aConflictWaits(w) {
  await w.put("plan", "first");
  await w.put("plan", "second", { version: 1 });
  await w.put("plan", "from long ago", { version: 1 }).catch(() => {}); // 409: it waits for a person
  await shows(w, "conflicts", "1");
}

/** storageRunsFull has one user store almost what he may, in a tenant that may hold one item more. */
async function storageRunsFull(w) {
  const items = Number(await kpi(w, "items")) + 10;
  await settings(w);
  await w.page.locator("[name=maxItems]").fill(String(items + 1));
  await w.page.locator("[name=maxUserBytes]").fill("1");
  await w.page.getByRole("button", { name: "Save" }).click();
  await w.sees(/Saved|saved/);
  for (let n = 0; n < 10; n++) await w.put(`film/${n}`, "x".repeat(95 << 10), {}, { "X-User-Id": "heavy" });
  await w.go();
  await fresh(w, needs(w, "items this tenant may keep"), "the tenant is almost full");
  await fresh(w, needs(w, "1 user"), "a user is almost at the limit");
}

/** settings opens the form of the tenant. */
async function settings(w) {
  await w.go(`/tenants?q=${w.slug}`);
  const [form] = /\/console\/tenants\/[0-9A-Z]{26}(?=")/.exec(await w.page.content());
  await w.page.goto(w.base + form);
}

async function aKeyRunsOut(w) {
  await ask("key", w.slug, "badge", "3");
  await fresh(w, needs(w, "1 API key"), "a key runs out");
  w.expect("its name is told", (await needs(w, "1 API key").innerText()).includes("badge"));
  await w.look("five things need attention");
  await narrow(w, "five things need attention");
}

/** everythingLeadsSomewhere follows each way on, to what it told of. */
async function everythingLeadsSomewhere(w) {
  for (const [text, found] of [
    ["1 device", () => w.page.locator("tbody tr").filter({ hasText: "laggard" }).getByText("lagging").locator("visible=true")],
    ["1 conflict", () => w.page.getByRole("heading", { name: "plan" })],
    ["1 user", () => w.page.getByRole("link", { name: "film" }).or(w.page.getByText("film/0")).first()],
    ["items this tenant may keep", () => w.page.getByRole("heading", { name: "Storage" })],
    ["1 API key", () => w.page.locator("tbody").getByText("badge")],
  ]) {
    await w.go();
    await needs(w, text).getByRole("link").click();
    w.expect(`${text} leads to it`, await found().waitFor({ timeout: 8000 }).then(() => true, () => false));
  }
  await w.go();
  await w.page.locator("#recent-rows tbody").getByRole("link", { name: "film/9" }).first().click();
  await w.page.getByRole("heading", { name: "film/9" }).waitFor();
}

/** itIsOver: the device takes everything, and nobody is told of it any more. */
async function itIsOver(w, laggard) {
  await w.go();
  await needs(w, "1 device").waitFor();
  await laggard.emitWithAck("sync:ack", { cursor: laggard.last });
  laggard.close();
  const gone = () => needs(w, "1 device").waitFor({ state: "detached", timeout: 8000 }).then(() => true, () => false);
  await fresh(w, null, "it is no longer told of", gone);
}

async function suspended(w) {
  await settings(w);
  await w.page.getByRole("button", { name: "Suspend" }).click();
  await w.page.getByRole("button", { name: "Resume" }).waitFor();
  await w.go();
  await needs(w, "No client of this tenant").waitFor();
  await w.look("suspended");
  await needs(w, "No client of this tenant").getByRole("link").click();
  await w.page.getByRole("button", { name: "Resume" }).click();
  await w.page.getByRole("button", { name: "Suspend" }).waitFor();
  await w.go();
  w.expect("it is resumed", !(await needs(w, "No client of this tenant").count()));
}
