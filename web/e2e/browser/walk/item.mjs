// One item: made by hand, looked at, mistyped, edited, its versions compared and restored, removed and taken back.
import { fill, itemAt, press, typed } from "../itempage.mjs";

const key = "work_orders/WO-1";

export async function walk(w) {
  await makeByHand(w);
  await lookAtIt(w);
  await mistype(w);
  await edit(w);
  await findTheDevice(w);
  await pageThroughVersions(w);
  await compareAnyTwo(w);
  await restore(w);
  await removeAndUndo(w);
  await expire(w);
  await largeValue(w);
  await never(w);
  await otherCollection(w);
  await narrow(w);
}

async function makeByHand(w) {
  const { page } = w;
  await w.go("storage");
  await page.getByRole("link", { name: "New item" }).first().click();
  await page.getByRole("heading", { name: "New item" }).waitFor();
  w.expect("it must be given a key and an owner", await page.locator("#item-key:invalid, #item-owner:invalid").count() === 2);
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.getByLabel("User", { exact: true }).fill("dana");
  await fill(page, "Value", `{"title": "Replace the seal", "total": 1.50, "parts": [{"sku": "CS-220", "qty": 1}], "signed": null}`);
  await page.getByLabel("Tags").fill("hvac\ntwo words");
  await page.getByLabel("Expires").fill("7d");
  await page.getByLabel("Priority").fill("5");
  await fill(page, "Metadata", `{"app": "field-ops"}`);
  await w.look("a new item filled in");
  await press(page, "Create");
  await w.sees("Saved as version 1.");
  const it = await w.api("GET", `/api/v1/sync-storage/item/${encodeURIComponent(key)}`);
  w.expect("the API reads what was typed", JSON.stringify([it.value, it.tags, it.metadata, it.priority, it.version]) ===
    JSON.stringify([{ parts: [{ qty: 1, sku: "CS-220" }], signed: null, title: "Replace the seal", total: 1.5 }, ["hvac", "two words"], { app: "field-ops" }, 5, 1]));
  w.expect("it expires in a week", Math.abs(Date.parse(it.ttl) - Date.now() - 7 * 86_400_000) < 60_000);
}

async function lookAtIt(w) {
  const { page } = w;
  for (const text of ["Replace the seal", "two words", "field-ops", /expires in 6 days/, "administrator"]) await w.sees(text);
  await w.look("as a tree");
  await page.getByText("parts", { exact: true }).first().click();
  await page.getByRole("link", { name: "JSON", exact: true }).click();
  await page.locator("#item-json").waitFor();
  w.expect("JSON is in lines", (await page.locator("#item-json").textContent()).includes(`"sku": "CS-220"`));
  await w.look("as JSON");
  const raw = await page.request.get(`${w.home}/${itemAt(key, "/raw")}`);
  w.expect("the raw value is what clients get", (await raw.text()) === `{"parts":[{"qty":1,"sku":"CS-220"}],"signed":null,"title":"Replace the seal","total":1.50}`);
}

async function mistype(w) {
  const { page } = w;
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByText("Editing version 1").waitFor();
  await fill(page, "Value", `{"title": "Replace the seal", }`);
  await fill(page, "Metadata", `[1]`);
  await page.getByLabel("Expires").fill("soon");
  if (w.script) {
    await w.sees(/^Line 1, column \d+: /);
    await w.look("mistyped");
  }
  await press(page, "Save");
  await w.sees("Not everything is right yet");
  await w.sees(/line 1, column 31: expected a field name/);
  await w.sees("The metadata must be a JSON object.");
  await w.sees(/a span such as 30m/);
  w.expect("what was typed is still there", (await typed(page, "value")) === `{"title": "Replace the seal", }` && (await page.getByLabel("Expires").inputValue()) === "soon");
  await w.look("not right yet");
  const it = await w.api("GET", `/api/v1/sync-storage/item/${encodeURIComponent(key)}`);
  w.expect("nothing was written", it.version === 1);
}

async function edit(w) {
  const { page } = w;
  await fill(page, "Value", `{"title": "Replace the seal", "total": 2}`);
  await fill(page, "Metadata", ``);
  await page.getByLabel("Expires").fill("");
  await page.getByLabel("Tags").fill("done");
  await press(page, "Save");
  await w.sees("Saved as version 2.");
  const it = await w.api("GET", `/api/v1/sync-storage/item/${encodeURIComponent(key)}`);
  w.expect("the API reads the edit", it.version === 2 && it.value.total === 2 && !it.metadata && !it.ttl && it.tags.join() === "done");
}

async function findTheDevice(w) {
  const { page } = w;
  const tablet = await w.device("tablet-07");
  await tablet.write(key, { title: "Replace the seal", total: 3 });
  await w.put(key, { title: "Replace the seal", total: 4 }, {}, { "X-Instance-Id": "never-connected" });
  await w.go(itemAt(key, "/history"));
  w.expect("a device without a page is no link", await page.getByRole("link", { name: "never-connected" }).count() === 0);
  await page.getByRole("link", { name: "tablet-07" }).filter({ visible: true }).first().click();
  await page.getByRole("heading", { name: "tablet-07" }).waitFor();
  await tablet.write(key, { title: "Replace the seal", total: 5 });
  await w.go(itemAt(key));
  await page.locator("#facts, [aria-labelledby=facts]").or(page.locator("main")).getByRole("link", { name: "tablet-07" }).first().click();
  await page.getByRole("heading", { name: "tablet-07" }).waitFor();
}

async function pageThroughVersions(w) {
  const { page } = w;
  for (let total = 6; total <= 24; total++) await w.put(key, { title: "Replace the seal", total }, { tags: [`n${total}`] });
  await w.go(itemAt(key, "/history"));
  await w.sees("Versions 5 to 24");
  for (const text of ["tablet-07", /Socket\.IO/, /REST/, "API key"]) w.expect(`the history says ${text}`, await page.getByText(text).filter({ visible: true }).count() > 0);
  await w.look("its versions");
  await press(page, "Older");
  await w.sees("Versions 1 to 4");
  await w.sees("administrator");
  await w.look("its oldest versions");
  await press(page, "Newer");
  await w.sees("Versions 5 to 24");
}

async function compareAnyTwo(w) {
  const { page } = w;
  await page.getByLabel("Compare to version 9", { exact: true }).check();
  await press(page, "Older");
  await page.getByLabel("Compare from version 2", { exact: true }).check();
  await press(page, "Compare");
  await page.getByRole("heading", { name: "Version 2 and version 9" }).waitFor();
  for (const text of ["$.total", "tags[0]", "changed"]) w.expect(`the difference names ${text}`, await page.getByText(text, { exact: true }).filter({ visible: true }).count() > 0);
  w.expect("what is the same is left out", await page.getByText("$.title").count() === 0);
  await w.look("two versions by fields");
  await page.getByRole("link", { name: "Text", exact: true }).click();
  await page.getByText(`"total": 9`).waitFor();
  await w.look("two versions by lines");
  await page.getByRole("link", { name: "Swap" }).click();
  await page.getByRole("heading", { name: "Version 9 and version 2" }).waitFor();
}

async function restore(w) {
  const { page } = w;
  await page.getByRole("link", { name: "All versions" }).click();
  await press(page, "Older");
  await press(page, "Restore version 1");
  await w.sees(/Restored as version 25/);
  const it = await w.api("GET", `/api/v1/sync-storage/item/${encodeURIComponent(key)}`);
  w.expect("the oldest version is back, with its metadata and time to live", it.version === 25 && it.value.total === 1.5 && it.metadata?.app === "field-ops" && it.ttl);
}

async function removeAndUndo(w) {
  const { page } = w;
  await remove(w);
  await press(page, "Undo");
  await w.sees("It is back, as version 27.");
  await remove(w);
  await w.go(itemAt(key));
  await w.sees("This item was removed");
  await w.look("removed");
  const gone = await w.api("GET", `/api/v1/sync-storage/item/${encodeURIComponent(key)}`).catch((e) => e.message);
  w.expect("clients no longer get it", /404/.test(gone));
  await page.getByRole("link", { name: "See its history" }).click();
  await page.getByText("removed").filter({ visible: true }).first().waitFor();
  await press(page, "Restore version 24");
  await w.sees("Restored as version 29.");
  await remove(w);
  await w.go(itemAt(key));
  await press(page, "Bring it back");
  await w.sees("It is back, as version 31.");
  w.expect("clients get it again", (await w.api("GET", `/api/v1/sync-storage/item/${encodeURIComponent(key)}`)).value.total === 24);
}

async function remove(w) {
  await w.page.locator("summary", { hasText: "More actions" }).or(w.page.getByLabel("More actions")).first().click();
  await press(w.page, "Delete");
  await w.sees("Removed. Devices will remove it too.");
}

async function expire(w) {
  await w.put("brief", "soon gone", { ttl: 1 });
  await w.go(itemAt("brief"));
  await w.sees(/expires in \d s/);
  for (const end = Date.now() + 15_000; Date.now() < end && !(await w.page.getByText(/Its time has passed|This item was removed/).count()); ) {
    await new Promise((r) => setTimeout(r, 300));
    await w.page.reload();
  }
  w.expect("what has expired says so", await w.page.getByText(/Its time has passed|This item was removed/).count() > 0);
}

async function largeValue(w) {
  const { page } = w;
  await w.put("large", { rows: Array.from({ length: 800 }, (_, i) => `row ${i}`), text: "x".repeat(50_000) });
  await w.go(itemAt("large"));
  await w.sees(/Show all 50,000 characters/);
  await w.look("a large value");
  await page.getByRole("link", { name: "Show the rest" }).click();
  await page.getByText("row 799").waitFor({ state: "attached" });
  await w.go(itemAt("large", "/edit"));
  if (w.script) await page.getByLabel("Value. JSON.").waitFor();
  w.expect("all of it can be edited", (await typed(page, "value")).includes("row 799"));
}

async function never(w) {
  const { page } = w;
  const answer = await w.go(itemAt("never/was"));
  w.expect("an item that never was is a 404", answer.status() === 404);
  await w.sees("There is no such item.");
  await w.look("an item that never was");
}

async function otherCollection(w) {
  const { page } = w;
  await w.go(`storage/item/new?owner=dana&key=settings&collection=preferences`);
  await fill(page, "Value", `true`);
  await press(page, "Create");
  await w.sees("Saved as version 1.");
  await w.sees("preferences");
}

/** narrow looks at the item's pages at 320 px and at 200 % zoom. */
async function narrow(w) {
  for (const [name, options] of [["320 px", { viewport: { width: 320, height: 640 } }], ["zoomed twice", { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }]]) {
    const page = await w.another({ storageState: w.storageState, ...options });
    for (const at of [itemAt(key), itemAt(key, "", { view: "json" }), itemAt(key, "/edit"), itemAt(key, "/history"), "storage/item/new"]) {
      await page.goto(`${w.home}/${at}`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      w.expect(`${at} fits at ${name}`, over <= 0);
    }
    await page.context().close();
  }
}
