// A store of some hundred items: walked through in folders and as a list, page by page, narrowed by every filter.
import { fill, press } from "../itempage.mjs";
import { hostile } from "../walker.mjs";

const name = (n) => `orders/2026/${String(n).padStart(3, "0")}`;
const inKeys = "view=list&owner=dana&prefix=orders/2026/";
const big = "x".repeat(12_000);

export async function walk(w) {
  await nothingYet(w);
  await writeSomeHundred(w);
  await downThroughFolders(w);
  await upByTheWay(w);
  for (const query of [inKeys, "owner=dana&prefix=orders/2026/", "view=list&sort=changed"]) await thereAndBack(w, query);
  await eachFilter(w);
  await filtersTogether(w);
  await byTag(w);
  await whatDoesNotFit(w);
  await addressThatIsNone(w);
  await takenKey(w);
  await removeFromTheList(w);
  await narrow(w);
}

async function nothingYet(w) {
  await w.go("storage");
  await w.sees("Nothing is stored yet");
  await w.look("nothing stored");
}

/** writeSomeHundred has clients write: 120 orders of dana, some notes, one large, one of amy, one that is removed, one full of signs. */
async function writeSomeHundred(w) {
  for (let n = 1; n <= 120; n += 20) await Promise.all(Array.from({ length: 20 }, (_, i) => w.put(name(n + i), { n: n + i }, { tags: (n + i) % 40 === 0 ? ["paid"] : [] })));
  await w.put("orders/2025:7", { n: 7 }, { tags: ["paid"] });
  await w.put("photo", big, { tags: ["large"] });
  await w.put("gone", 1, { tags: ["large"] });
  await w.api("DELETE", "/api/v1/sync-storage/item/gone");
  await w.put("settings", { dark: true }, { tags: ["paid"] }, { "X-User-Id": "amy" });
  await w.put(hostile, hostile, { tags: [hostile.slice(0, 40)], ttl: 86_400 }, { "X-User-Id": hostile.replace(/[^ -~]/g, "") });
}

/** keys are those of the rows, as they are shown. */
const keys = (page) => page.locator("tbody tr td:nth-child(2) a.font-mono[title]").evaluateAll((all) => all.map((a) => a.title));

const follow = (w, text) => w.page.locator("main").getByRole("link", { name: text, exact: true }).first().click();

async function downThroughFolders(w) {
  const { page } = w;
  await w.go("storage");
  await w.sees("3 users");
  await w.look("users");
  await follow(w, "dana");
  await w.sees("1 folder, 1 item");
  await w.sees("121 items");
  await follow(w, "orders/");
  await w.sees("2 folders");
  await w.sees("120 items");
  await w.look("folders");
  await follow(w, "2026/");
  await w.sees("50 items, and more");
  w.expect("a folder's items are in order", (await keys(page)).join() === Array.from({ length: 50 }, (_, i) => name(i + 1)).join());
  w.expect("in a folder stands the end of a key", await page.getByRole("link", { name: "001", exact: true }).isVisible());
  await w.look("a folder of items");
}

async function upByTheWay(w) {
  const { page } = w, way = page.getByRole("navigation", { name: "Place" });
  await way.getByRole("link", { name: "orders/" }).click();
  await w.sees("2 folders");
  await page.getByRole("link", { name: "2025:" }).click();
  await way.locator("[aria-current]").getByText("2025:").waitFor();
  await way.getByRole("link", { name: "dana" }).click();
  await w.sees("1 folder, 1 item");
  await page.locator("main").getByRole("link", { name: "List", exact: true }).click();
  await w.sees("50 items, and more");
  await page.locator("main").getByRole("link", { name: "Folders", exact: true }).click();
  await w.sees("1 folder, 1 item"); // before that the list's own links would stay in the list
  await way.getByRole("link", { name: "All users" }).click();
  await w.sees("3 users");
}

/** thereAndBack goes through all pages and back through the same ones. */
async function thereAndBack(w, query) {
  const { page } = w, pager = page.getByRole("navigation", { name: "Pages of items" });
  const there = [], back = [];
  await w.go(`storage?${query}`);
  w.expect("before the first page is none", !(await pager.getByRole("link", { name: "Previous" }).count()));
  for (there.push(await keys(page)); await pager.getByRole("link", { name: "Next" }).count(); there.push(await keys(page))) await turn(w, "Next");
  w.expect(`${query} has three pages (${there.length})`, there.length === 3 && there[0].length === 50);
  w.expect("every item is on one page", new Set(there.flat()).size === there.flat().length && there.flat().length >= 120);
  if (query === inKeys) await w.look("the last page");
  for (back.push(await keys(page)); await pager.getByRole("link", { name: "Previous" }).count(); back.unshift(await keys(page))) await turn(w, "Previous");
  w.expect("back are the pages one came by", JSON.stringify(back) === JSON.stringify(there));
  w.expect("back at the first there is no First", !(await pager.getByRole("link", { name: "First" }).count()));
  if (query !== inKeys) return;
  await turn(w, "Next");
  await turn(w, "Next");
  await page.reload();
  await turn(w, "First");
  w.expect("First leads to the first", JSON.stringify(await keys(page)) === JSON.stringify(there[0]));
}

/** turn presses a link of the pager and waits for its page. */
async function turn(w, to) {
  const before = JSON.stringify(await keys(w.page));
  await w.page.getByRole("navigation", { name: "Pages of items" }).getByRole("link", { name: to, exact: true }).click();
  await soon(w, async () => JSON.stringify(await keys(w.page)) !== before);
  await w.page.waitForLoadState(); // all rows of it
}

/** soon waits until something holds, or long enough. */
async function soon(w, holds) {
  for (const end = Date.now() + 8000; Date.now() < end; await w.page.waitForTimeout(40)) if (await holds().catch(() => false)) return;
}

/** narrowTo fills in filters as a person does. With script a choice is taken at once; without, the button sends all. */
async function narrowTo(w, { prefix, owner, tag, collection, ...choices }) {
  const form = w.page.getByRole("search", { name: "Filter items" });
  const texts = Object.entries({ "Keys that begin with": prefix, User: owner, Tag: tag, Collection: collection }).filter(([, text]) => text !== undefined);
  const field = async (label) => {
    const one = form.getByLabel(label, { exact: true });
    if (!(await one.isVisible())) await form.getByText("More filters").click();
    return one;
  };
  for (const [label, text] of texts) await (await field(label)).fill(text);
  for (const [label, option] of Object.entries(choices)) {
    const choose = async () => (await field(label)).selectOption({ label: option });
    await (w.script ? sent(w, choose) : choose());
  }
  if (!w.script || texts.length > 0 && Object.keys(choices).length === 0) await sent(w, () => press(w.page, "Filter"));
}

async function sent(w, act) {
  const before = w.page.url();
  await act();
  await w.page.waitForURL((u) => u.href !== before, { waitUntil: "commit" });
  await w.page.waitForLoadState("domcontentloaded");
}

/** shows waits until these are the rows. */
async function shows(w, want, when) {
  const same = async () => JSON.stringify(await keys(w.page)) === JSON.stringify(want);
  await soon(w, same);
  w.expect(`${when}: ${JSON.stringify(await keys(w.page))}`, await same());
}

async function finds(w, how, want) {
  await narrowTo(w, how);
  await shows(w, want, JSON.stringify(how));
}

async function eachFilter(w) {
  const each = [
    [{ tag: "paid" }, ["settings", "orders/2025:7", name(40), name(80), name(120)]],
    [{ Size: "10 KB or more" }, ["photo"]],
    [{ "Removed items": "Only removed" }, ["gone"]],
    [{ Changed: "Over 7 days ago" }, []],
    [{ collection: "notes" }, []],
  ];
  for (const [how, want] of each) {
    await w.go("storage");
    await finds(w, how, want);
  }
  await w.go("storage");
  await narrowTo(w, { prefix: "orders/2026/" });
  await soon(w, async () => (await w.page.locator("tbody tr").count()) === 1);
  w.expect("a prefix over all users shows who has it", await w.page.locator("tbody").getByRole("link", { name: "dana", exact: true }).isVisible());
  await w.go("storage?view=list");
  await finds(w, { prefix: "orders/2026/", owner: "dana" }, Array.from({ length: 50 }, (_, i) => name(i + 1)));
}

async function filtersTogether(w) {
  const { page } = w, both = await lastFirst(w, [name(80), name(120)]);
  await w.go("storage");
  await narrowTo(w, { Changed: "In the last hour" });
  await soon(w, async () => (await keys(page)).length === 50);
  w.expect("what changed lately is newest first", (await keys(page)).slice(0, 3).join() === [hostile, "settings", "photo"].join());
  const wanted = { prefix: "orders/2026/", owner: "dana", tag: "paid", Changed: "In the last day", "Removed items": "Also removed", Order: "By key" };
  await finds(w, wanted, [name(40), name(80), name(120)]);
  await finds(w, { prefix: "orders/2026/1" }, [name(120)]);
  await finds(w, { prefix: "orders/2026/" }, [name(40), name(80), name(120)]);
  w.expect("all of it is in the address", ["prefix=", "owner=dana", "tag=paid", "age=within-1d", "deleted=with", "sort=key"].every((part) => page.url().includes(part)));
  await w.look("all filters at once");
  await page.reload();
  await shows(w, [name(40), name(80), name(120)], "after a reload");
  await narrowTo(w, { Order: "Last changed first" });
  await soon(w, async () => (await keys(page))[2] === name(40));
  w.expect("newest first", (await keys(page)).join() === [...both, name(40)].join());
  await page.goBack();
  await shows(w, [name(40), name(80), name(120)], "after going back");
  await finds(w, { tag: "", prefix: "go", owner: "" }, ["gone"]);
  await w.sees("removed");
  await page.getByRole("link", { name: "Clear", exact: true }).click();
  await w.sees("50 items, and more");
}

/** lastFirst orders keys by when the server took them. */
async function lastFirst(w, all) {
  const items = await Promise.all(all.map((key) => w.api("GET", `/api/v1/sync-storage/item/${encodeURIComponent(key)}`)));
  return items.sort((a, b) => b.seq - a.seq).map((it) => it.key);
}

async function byTag(w) {
  const { page } = w;
  await w.go("storage?view=list&owner=amy");
  await page.locator("tbody").getByRole("link", { name: "paid", exact: true }).locator("visible=true").click();
  await page.waitForURL(/tag=paid/);
  w.expect("a tag leads to what has it", (await keys(page)).join() === "settings");
  await w.go("storage?view=list");
  await w.sees(/onerror/);
  await w.look("what people write");
}

async function whatDoesNotFit(w) {
  const { page } = w;
  await w.go("storage?tag=nobody-has-this&size=1024&owner=dana");
  await w.sees("No item fits");
  await w.look("no item fits");
  await page.getByRole("link", { name: "Clear filters" }).click();
  await w.sees("3 users");
}

async function addressThatIsNone(w) {
  await w.go("storage?age=soon");
  await w.sees(/within- or older-/);
  await w.look("a filter that is none");
}

async function takenKey(w) {
  const { page } = w;
  await w.go("storage?owner=dana");
  await page.getByRole("link", { name: "New item" }).first().click();
  await page.getByRole("heading", { name: "New item" }).waitFor();
  w.expect("the owner is filled in", (await page.getByLabel("User", { exact: true }).inputValue()) === "dana");
  await page.getByLabel("Key", { exact: true }).fill("photo");
  await fill(page, "Value", `"mine"`);
  await press(page, "Create");
  await w.sees("There is an item with this key already");
  w.expect("what is there is left", (await w.api("GET", "/api/v1/sync-storage/item/photo")).value === big);
  await w.look("a key that is taken");
}

async function removeFromTheList(w) {
  const { page } = w;
  await w.go("storage?view=list&owner=amy");
  await page.getByRole("link", { name: "settings", exact: true }).click();
  await page.locator("main summary[aria-label='More actions']").click();
  await press(page, "Delete");
  await w.sees(/Removed/);
  await press(page, "Undo");
  await w.sees(/It is back/);
  w.expect("it is back at the server", (await w.api("GET", "/api/v1/sync-storage/item/settings", undefined, { "X-User-Id": "amy" })).version === 3);
}

/** narrow looks at 320 px, and at a window of 1440 px zoomed to 200 %. */
async function narrow(w) {
  const { page } = w, before = page.viewportSize();
  for (const width of [320, 720]) {
    await page.setViewportSize({ width, height: 900 });
    await w.go("storage?tag=large&deleted=with");
    await w.look(`${width} px, filtered`);
    await w.go("storage?owner=dana&prefix=orders/");
    await w.look(`${width} px, folders`);
  }
  await page.setViewportSize(before);
}
