// Live activity: every filter, rows that wait while one reads, to an item and back, more than a page can show.
import { randomUUID } from "node:crypto";
import { fresh, narrow, plainSocket } from "../livepage.mjs";
import { fill, press } from "../itempage.mjs";
import { hostile } from "../walker.mjs";

const rows = (w) => w.page.locator("#feed tr");
const row = (w, text) => rows(w).filter({ hasText: text });
const keys = async (w) => (await w.page.locator("#feed td:nth-child(2) a").allInnerTexts()).map((k) => k.trim());

export async function walk(w) {
  await nothingYet(w);
  await writeByEveryDoor(w);
  await everyFilter(w);
  await filtersStayLive(w);
  await toTheItemAndBack(w);
  await tooFast(w);
  await narrow(w, "many changes");
}

async function nothingYet(w) {
  await w.go("activity");
  await w.sees("Nothing has been written yet");
  await w.look("nothing yet");
}

async function writeByEveryDoor(w) {
  await w.put("orders/1", { total: 10 });
  const phone = await w.device("phone-7", { userId: "omar" });
  await phone.write("orders/2", { total: 20 });
  const desk = await plainSocket(w, "desk-1", { userId: "omar" });
  await desk.ask("sync:set", { key: "notes/1", value: "from the desk" });
  await byHand(w, "notes/2");
  await w.put(hostile.slice(0, 120), "x");
  await w.api("DELETE", "/api/v1/sync-storage/item/orders%2F1");
  await w.go("activity");
  await fresh(w, row(w, "removed"), "the removal is there");
  w.expect("the newest come first", (await keys(w)).join().replace(/,[^,]*onerror[^,]*,/, ",hostile,") === "orders/1,hostile,notes/2,notes/1,orders/2,orders/1");
  await w.look("one by each door");
}

async function byHand(w, key) {
  await w.go("storage/item/new");
  await w.page.getByLabel("Key", { exact: true }).fill(key);
  await w.page.getByLabel("User", { exact: true }).fill("omar");
  await fill(w.page, "Value", `"typed"`);
  await press(w.page, "Create");
  await w.sees("Saved as version 1.");
}

/** everyFilter narrows the list in each way there is, and by several at once. */
async function everyFilter(w) {
  const { page } = w;
  for (const [name, narrowing, want] of [
    ["a word of the key, in any case", { q: "ORDERS" }, "orders/1,orders/2,orders/1"],
    ["removals", { op: "Removed" }, "orders/1"],
    ["a prefix", { prefix: "notes/" }, "notes/2,notes/1"],
    ["a prefix is literal", { prefix: "%" }, ""],
    ["a user", { user: "omar" }, "notes/2,notes/1,orders/2"],
    ["a device", { device: "phone-7" }, "orders/2"],
    ["REST", { door: "REST", prefix: "orders/" }, "orders/1,orders/1"],
    ["the plain WebSocket", { door: "WebSocket" }, "notes/1"],
    ["the console", { door: "Console" }, "notes/2"],
    ["all of them", { q: "orders", prefix: "ord", user: "dana", op: "Set", door: "REST" }, "orders/1"],
  ]) {
    await w.go("activity");
    await choose(page, narrowing);
    w.expect(`${name}: ${await keys(w)}`, (await keys(w)).join() === want);
  }
  await w.look("several filters");
  await page.getByRole("link", { name: "Clear" }).click();
  await page.waitForURL(`${w.home}/activity`);
  w.expect("all are back", (await rows(w).count()) === 6);
  await choose(page, { prefix: "nothing/", user: `<b>${hostile.slice(0, 40)}` });
  await w.sees("No recent change fits this filter");
  w.expect("it says what was looked for", (await page.locator("[data-feed-empty]").innerText()).includes("below the prefix “\u2068nothing/\u2069”"));
  await w.look("no match");
}

/** choose fills in the filters as a person does, and presses Filter. */
async function choose(page, { op, door, ...typed }) {
  const more = page.locator("details:has(#activity-prefix)");
  if ((door || Object.keys(typed).some((k) => k !== "q")) && !(await more.getAttribute("open").then((o) => o !== null))) await more.locator("summary").click();
  for (const [name, text] of Object.entries(typed)) await page.fill(`#activity-${name}`, text);
  if (door) await page.selectOption("#activity-door", { label: door });
  if (door || Object.keys(typed).length) {
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.waitForURL(/\?/);
  }
  if (!op) return;
  await page.getByRole("link", { name: op, exact: true }).click();
  await page.waitForURL(/[?&]op=/);
}

/** filtersStayLive: only what fits arrives, in a page that began with nothing. */
async function filtersStayLive(w) {
  await w.go("activity?device=tablet&op=remove");
  await w.sees("No recent change fits this filter");
  const tablet = await w.device("tablet", { userId: "omar" });
  await tablet.write("draft", 1);
  await tablet.emitWithAck("sync:remove", { opId: randomUUID(), key: "draft" });
  await fresh(w, row(w, "draft"), "what fits arrives");
  w.expect("what does not fit stays out", (await rows(w).count()) === 1 && !(await w.page.getByText("No recent change fits").isVisible()));
  await row(w, "draft").getByRole("link", { name: w.phone ? "draft" : "tablet" }).click();
  await w.page.getByRole("heading", { name: w.phone ? "draft" : "tablet" }).waitFor();
}

/** toTheItemAndBack reads far down, opens an item, and comes back to the same place. */
async function toTheItemAndBack(w) {
  const { page } = w;
  for (let i = 0; i < 30; i++) await w.put(`lane/${String(i).padStart(2, "0")}`, i);
  await w.go("activity?prefix=lane%2F");
  const read = row(w, "lane/04");
  await read.scrollIntoViewIfNeeded();
  await page.mouse.move(5, 300);
  const at = async () => {
    let box = null; // for a moment, while the list is drawn anew
    for (const end = Date.now() + 3000; !box && Date.now() < end;) box = await read.boundingBox();
    return Math.round(box.y);
  };
  const before = await at();
  if (w.script) await rowsWait(w, before, at);
  await read.getByRole("link", { name: "lane/04" }).click();
  await page.getByRole("heading", { name: "lane/04" }).waitFor();
  await page.goBack();
  await page.waitForURL(/prefix=lane/);
  await read.waitFor();
  const place = async () => Math.abs((await at()) - before) <= 60; // a row may have come meanwhile
  for (const end = Date.now() + 3000; !(await place()) && Date.now() < end;) await page.waitForTimeout(50);
  w.expect(`back at the same place (${before}, now ${await at()})`, await place());
  w.expect("with the same filter", (await page.inputValue("#activity-prefix")) === "lane/");
}

/** rowsWait: whoever has scrolled down is told of what is new, and nothing moves. */
async function rowsWait(w, before, at) {
  await w.page.waitForSelector('[data-live="on"]');
  await w.put("lane/new", 1);
  await w.page.getByRole("button", { name: "Show 1 new" }).waitFor();
  w.expect("nothing moved", (await at()) === before && !(await row(w, "lane/new").count()));
}

/** tooFast writes more than a page can show at once. */
async function tooFast(w) {
  await w.go("activity");
  if (w.script) await w.page.waitForSelector('[data-live="on"]');
  await w.page.mouse.move(5, 5);
  const push = (burst) => w.api("POST", "/api/v1/sync/events", { events: Array.from({ length: 400 }, (_, i) => ({ opId: randomUUID(), op: "set", key: `burst-${burst}/${i}`, value: i })) });
  await push(0);
  if (!w.script) {
    await w.page.getByRole("link", { name: "Refresh" }).click();
    w.expect("a plain page begins with the newest", (await keys(w))[0] === "burst-0/399" && (await rows(w).count()) === 40);
    return;
  }
  await w.sees(/more changes in between, too fast to show/);
  w.expect("the newest is shown", (await keys(w))[0] === "burst-0/399");
  for (let n = 1; n < 6; n++) {
    await push(n);
    await row(w, `burst-${n}/399`).waitFor();
  }
  w.expect(`the page keeps 200 rows (${await rows(w).count()})`, (await rows(w).count()) === 200);
  await w.look("many changes");
}
