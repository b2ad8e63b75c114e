// Conflicts: two clients make them, a person finds, decides and undoes them, by keyboard alone or without any script.
import { randomUUID } from "node:crypto";
import { ask } from "../ask.mjs";
import { fresh, narrow } from "../livepage.mjs";
import { hostile } from "../walker.mjs";

const long = "The customer asks for a call thirty minutes before we arrive at the gate.";
const base = { status: "scheduled", notes: long, total: 18400, tags: ["hvac", "warranty"], assignee: { id: "u_117", name: "Dana Okafor" }, currency: "EUR" };
const theirs = { ...base, status: "in_progress", notes: `${long} Gate code 4471.`, total: 21900, assignee: { id: "u_204", name: "Luis Ferreira" } };
const mine = { ...base, status: "completed", notes: `First: ${long}`, total: 20150, signed: true };
const merged = { ...base, status: "completed", notes: `First: ${long} Gate code 4471.`, total: 21900, assignee: theirs.assignee, signed: true };

export async function walk(w) {
  await nothingWaits(w);
  const pair = await twoDevices(w);
  await clash(w, pair, "orders/WO-20418", base, theirs, mine);
  await theListShowsIt(w);
  await itIsDecided(w, pair);
  await itIsUndone(w, pair);
  await theAuditShowsIt(w);
  await everyKind(w, pair);
  await filters(w);
  await somebodyElse(w, pair);
  await theItemChanged(w, pair);
  await asJSON(w);
  await assigned(w);
}

async function nothingWaits(w) {
  await w.go("conflicts");
  await w.sees("Nothing to review");
  await w.look("nothing waits");
  for (const [view, text] of [["mine", "Nothing is assigned to you"], ["ai", "No suggestion waits"], ["resolved", "No conflict was settled yet"]]) {
    await w.go(`conflicts?view=${view}`);
    await w.sees(text);
  }
}

/** twoDevices are official clients of one user; each remembers what it has of an item. */
async function twoDevices(w) {
  const pair = [await w.device("dispatch-web"), await w.device("tablet-07")];
  for (const d of pair) {
    d.set = (key, value, more) => d.emitWithAck("sync:set", { opId: randomUUID(), key, value, ...more });
    d.has = new Map();
    d.on("sync:update", (e) => d.has.set(e.key, e));
    d.on("sync:remove", (e) => d.has.delete(e.key));
    d.gets = (key) => d.emitWithAck("sync:get", { key });
  }
  return pair;
}

/** clash has both devices write on the same version; the second write waits for a person. */
async function clash(w, [one, other], key, was, first, second) {
  const made = await one.set(key, was, { version: 0 });
  await one.set(key, first, { version: version(made) });
  const answer = await other.set(key, second, { version: version(made), timestamp: Date.now() - 3_600_000 });
  w.expect(`${key} clashes: ${JSON.stringify(answer)}`, /version_conflict/.test(JSON.stringify(answer)));
}

const version = (answer) => answer.version ?? answer.data?.version;

const value = async (device, key) => { const a = await device.gets(key); return a.value ?? a.data?.value ?? a.item?.value; };
const same = (a, b) => canonical(a) === canonical(b);
const canonical = (v) => JSON.stringify(v, (_, x) => x && typeof x === "object" && !Array.isArray(x) ? Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1))) : x);

/** converge waits until both devices have been sent a value, and are given it when they ask. */
async function converge(w, pair, key, want, name) {
  for (const d of pair) {
    for (const end = Date.now() + 8000; !same(d.has.get(key)?.value, want) && Date.now() < end;) await new Promise((r) => setTimeout(r, 50));
    w.expect(`${name}: a device was sent ${JSON.stringify(d.has.get(key))}`, same(d.has.get(key)?.value, want));
    const got = await value(d, key);
    w.expect(`${name}: a device that asks has ${JSON.stringify(got)}`, same(got, want));
  }
}

async function theListShowsIt(w) {
  const { page } = w;
  await w.go("conflicts");
  const row = page.locator("[data-queue] li").first();
  w.expect("the row says what it is", /orders\/WO-20418.*Both changed/s.test(await row.innerText()));
  w.expect("the tab counts it", /Open\s*1/.test(await page.locator("nav[aria-label='Views of the queue']").innerText()));
  await w.look("one waits");
  await narrow(w, "one waits");
  if (w.script) {
    await w.go();
    for (const key of ["g", "c"]) await page.keyboard.press(key);
    await page.locator("[data-queue]").waitFor();
  }
  if (w.script) await page.keyboard.press("j"), await page.keyboard.press("Enter");
  else await row.getByRole("link").click();
  await page.getByRole("heading", { name: "orders/WO-20418" }).waitFor();
}

const rowOf = (w, label) => w.page.locator("tr[data-diff]").filter({ has: w.page.locator("th").getByText(label, { exact: true }) });

async function itIsDecided(w, pair) {
  const { page } = w;
  for (const text of ["needs a choice", "text merge", "current changed", "incoming changed", "Both edits of the text are joined.", "How it came about", "tablet-07", "arrived 1 h after it was written", "would join both".slice(0, 5)]) await w.sees(text);
  await w.look("a conflict");
  await narrow(w, "a conflict");
  if (w.script) await byKeyboard(w);
  else {
    await page.getByRole("button", { name: "Save merged" }).click();
    await w.sees("Not saved yet: 2 fields need a choice");
    await w.look("not complete");
    await rowOf(w, "status").getByRole("radio", { name: /Incoming/ }).check();
    await rowOf(w, "total").getByRole("radio", { name: /Current/ }).check();
    await page.getByRole("button", { name: "Save merged" }).click();
  }
  await w.sees(/WO-20418.: merged\./);
  await w.look("decided");
  await converge(w, pair, "orders/WO-20418", merged, "decided");
}

/** byKeyboard touches nothing but keys: 3 leads to what is to be chosen, and then saves. */
async function byKeyboard(w) {
  const { keyboard } = w.page, chosen = () => w.page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  await keyboard.press("3");
  w.expect(`3 leads to the first choice (${await chosen()})`, (await chosen()) === "Current for status");
  await keyboard.press("ArrowDown");
  w.expect(`an arrow goes to the other side (${await chosen()})`, (await chosen()) === "Incoming for status");
  w.expect("the result follows", (await rowOf(w, "status").locator("[data-result]").innerText()).includes("completed"));
  await keyboard.press("3");
  w.expect(`3 leads to the next (${await chosen()})`, (await chosen()) === "Current for total");
  await keyboard.press("Space");
  await w.look("chosen");
  await keyboard.press("3");
}

async function itIsUndone(w, pair) {
  if (w.script) await w.page.keyboard.press("u");
  else await w.page.getByRole("button", { name: "Undo" }).first().click();
  await w.sees("waits again, and what stood before");
  await w.page.getByRole("heading", { name: "orders/WO-20418" }).waitFor();
  await converge(w, pair, "orders/WO-20418", theirs, "undone");
}

async function theAuditShowsIt(w) {
  await w.go("audit");
  for (const text of ["conflict.resolve", "conflict.reopen"]) await w.sees(text);
  await w.look("the audit");
  await w.go("conflicts");
}

/** everyKind makes one conflict of each, among them one whose words are nasty. */
async function everyKind(w, pair) {
  const [one, other] = pair, { page } = w;
  await clash(w, pair, `odd/${hostile}`, { [hostile]: hostile, n: 1 }, { [hostile]: 1, n: 2 }, { [hostile]: `${hostile}!`, n: 3 });
  const made = await one.set("stock/GK-14", { n: 5 }, { version: 0 });
  await one.emitWithAck("sync:remove", { opId: randomUUID(), key: "stock/GK-14", version: version(made) });
  await other.set("stock/GK-14", { n: 6 }, { version: version(made) });
  await other.set("gone/of-nowhere", 7, { version: 99 });
  await one.set("scalar", "a", { version: 0 });
  await other.set("scalar", "b", { version: 0 });
  await w.go("conflicts");
  w.expect(`there are five (${await page.locator("[data-queue] li").count()})`, (await page.locator("[data-queue] li").count()) === 5);
  await w.look("several wait");
  for (const [name, says] of [["stock/GK-14", "Changed by a device that had not seen its removal"], ["gone/of-nowhere", "Made on a version that this log never had"], ["scalar", "There was no item".toLowerCase()], ["odd/", "needs a choice"]]) {
    await w.go("conflicts");
    await page.locator("[data-queue] a").filter({ hasText: name }).click();
    await page.locator("#conflict-h").getByText(name).waitFor();
    await w.sees(says);
    await w.look(`of ${name}`);
  }
}

async function filters(w) {
  const { page } = w, found = async (q) => { await w.go(`conflicts?${new URLSearchParams({ q })}`); return page.locator("[data-queue] li").count(); };
  for (const [q, want] of [["orders", 1], ["key:stock/GK-14", 1], ["key:stock*", 1], ["severity:high", 2], ["kind:delete_update", 1], ["device:tablet-07", 5], ["device:none", 0], ["newer:1h", 5], ["older:1h", 0], ["is:unassigned severity:high", 2], ["is:mine", 0]]) {
    const n = await found(q);
    w.expect(`${q} finds ${n}`, n === want);
  }
  await w.sees("No conflict fits");
  await w.look("nothing fits");
  await found("colour:red");
  await w.sees("is not known. There are");
  await w.look("not understood");
}

/** somebodyElse has the same conflict open, which is told live, and decides first. */
async function somebodyElse(w, pair) {
  const { page } = w;
  const { email, password } = await ask("admin", `ann-${w.mode.size}-${w.script}@example.com`, "Ann Lee");
  const ann = await w.another({});
  await ann.goto(`${w.base}/console/login`);
  await ann.fill("#email", email);
  await ann.fill("#password", password);
  await ann.click("form button.btn-primary");
  const key = "claimed/one";
  await clash(w, pair, key, base, theirs, mine);
  await w.go("conflicts?q=claimed");
  const at = await page.locator("[data-queue] a").first().getAttribute("href");
  await ann.goto(w.base + at);
  await ann.locator("#conflict-h").waitFor();
  await fresh(w, page.locator("[data-queue]").getByText("Ann Lee has it open"), "the list says who has it open");
  await page.goto(w.base + at);
  await w.sees("Ann Lee has it open");
  await w.look("somebody has it open");
  await ann.getByRole("button", { name: "Keep current" }).click();
  await ann.getByText("kept current").first().waitFor();
  if (w.script) await w.sees("settled this while you had it open");
  await page.getByRole("button", { name: "Accept incoming" }).click();
  await w.sees("It was settled already");
  await w.look("too late");
  await ann.context().close();
  for (const d of pair) w.expect("both have what was kept", same(await value(d, key), theirs));
}

/** theItemChanged while it was looked at: nothing is saved, and what was picked stays. */
async function theItemChanged(w, pair) {
  const { page } = w, key = "moving";
  await clash(w, pair, key, { a: 0, b: 0 }, { a: 1, b: 0 }, { a: 2, b: 2 });
  await w.go("conflicts?q=moving");
  await page.locator("[data-queue] a").first().click();
  await page.locator("#conflict-h").waitFor();
  await rowOf(w, "a").getByRole("radio", { name: /Incoming/ }).check();
  await pair[0].set(key, { a: 5, b: 0 }, { version: 2 });
  await page.getByRole("button", { name: "Save merged" }).click();
  await w.sees("The item was written since you opened this");
  w.expect("what was picked is still picked", await rowOf(w, "a").getByRole("radio", { name: /Incoming/ }).isChecked());
  await w.look("changed meanwhile");
  await page.getByRole("button", { name: "Save merged" }).click();
  await w.sees(/moving.: accepted incoming|moving.: merged/);
  await converge(w, pair, key, { a: 2, b: 2 }, "on the version after");
}

/** asJSON edits the merged value by hand; what is no JSON comes back as it was typed. */
async function asJSON(w) {
  const { page } = w;
  await w.go("conflicts?q=scalar");
  await page.locator("[data-queue] a").first().click();
  await page.locator("#conflict-h").waitFor();
  if (w.script) {
    await page.keyboard.press("e");
    await page.locator(".cm-content").waitFor();
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText('{"by hand": ');
    w.expect("typing says that this is to be saved", await page.locator("#json-use").isChecked());
  } else {
    await page.locator("[data-json] summary").click();
    await page.locator("#json").fill('{"by hand": ');
    await page.locator("#json-use").check();
  }
  await page.getByRole("button", { name: "Save merged" }).click();
  await w.sees("The value is not JSON: line 1");
  await w.look("not JSON");
  if (w.script) {
    await page.locator(".cm-content").waitFor();
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText('{"by hand": true}');
  } else await page.locator("#json").fill('{"by hand": true}');
  await page.getByRole("button", { name: "Save merged" }).click();
  await w.sees(/scalar.: merged\./);
  await w.go("conflicts?view=resolved&q=key:scalar");
  await page.locator("[data-queue] a").first().click();
  await w.sees("by hand,");
  await w.look("settled");
  const { value } = await w.api("GET", "/api/v1/sync-storage/item/scalar");
  w.expect(`it stands as typed: ${JSON.stringify(value)}`, value["by hand"] === true);
}

// assign chooses somebody in the list of who there is, or presses the button that stands there where nobody else is.
async function assign(page, who, button) {
  await page.locator("form[action*='/assign']").waitFor();
  const to = page.getByLabel("Assign to", { exact: true });
  if ((await to.count()) === 0) return page.getByRole("button", { name: button }).click();
  await to.selectOption(await to.locator("option", { hasText: who }).getAttribute("value"));
  return page.getByRole("button", { name: "Assign", exact: true }).click();
}

async function assigned(w) {
  const { page } = w;
  await w.go("conflicts?q=gone");
  await page.locator("[data-queue] a").first().click();
  await assign(page, "(me)", "Assign to me");
  await w.sees("It is yours now.");
  await w.go("conflicts?view=mine");
  w.expect("it is among mine", (await page.locator("[data-queue] li").count()) === 1);
  await w.look("mine");
  await page.locator("[data-queue] a").first().click();
  await assign(page, "Nobody", "Give it back");
  await w.sees("It is nobody’s now.");
}
