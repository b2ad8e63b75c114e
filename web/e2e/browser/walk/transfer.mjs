// What is done to many items: out as JSON Lines and in again, tagged, deleted and brought back, and a user cleared for good.
import { readFileSync } from "node:fs";
import { press } from "../itempage.mjs";
import { hostile } from "../walker.mjs";

const at = (key) => `/api/v1/sync-storage/item/${encodeURIComponent(key)}`;
const amy = { "X-User-Id": "amy" };

export async function walk(w) {
  const posts = [];
  w.page.on("request", (r) => { if (r.method() === "POST") posts.push(r.url()); });
  await writeSome(w);
  await exportAll(w);
  await exportWhatIsFiltered(w);
  await uploadNothing(w);
  await importWithBadLines(w);
  await importLarge(w);
  await importAndThinkAgain(w);
  await tagWhatIsTicked(w);
  await chooseTooLittle(w);
  await untagAllThatMatch(w);
  await deleteMany(w);
  await bringBack(w);
  w.expect(`one press is one request (${posts})`, posts.filter((url) => url.endsWith("/undo")).length === 1);
  await tickTheWholePage(w);
  await clearOneUser(w);
  await lookAtTheJobs(w);
}

const stock = (n) => `stock/${String(n).padStart(3, "0")}`;

async function writeSome(w) {
  for (let n = 1; n <= 110; n += 22) await Promise.all(Array.from({ length: 22 }, (_, i) => w.put(stock(n + i), { n: n + i }, { tags: ["counted"], metadata: { shelf: "A" } })));
  await Promise.all(["x", "y"].map((key) => w.put(key, [key, 1.5, null], {}, amy)));
  await w.put(hostile, hostile, {}, amy);
}

/** exported presses Export and reads the file that comes. */
async function exported(w) {
  const [file] = await Promise.all([w.page.waitForEvent("download"), w.page.getByRole("link", { name: "Export" }).click()]);
  w.expect("the file has a name of its own", /^walk-transfer-items-\d{4}-\d\d-\d\d\.jsonl$/.test(file.suggestedFilename()));
  const text = readFileSync(await file.path(), "utf8");
  w.expect("the file ends with its last line", text.endsWith("}\n"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

async function exportAll(w) {
  await w.go("storage");
  const lines = await exported(w);
  w.expect(`one line an item (${lines.length})`, lines.length === 113);
  w.expect("by user and key", lines.slice(3).every((line, i) => line.owner === "dana" && line.key === stock(i + 1) && line.value.n === i + 1 && line.tags.join() === "counted" && line.metadata.shelf === "A" && line.version === 1));
  w.expect("as clients see it", lines.slice(0, 3).every((line) => line.owner === "amy") && JSON.stringify(lines.find((line) => line.key === "x").value) === `["x",1.5,null]` && lines.some((line) => line.key === hostile && line.value === hostile));
}

async function exportWhatIsFiltered(w) {
  await w.go("storage?owner=dana&prefix=stock/00");
  const lines = await exported(w);
  w.expect(`only what is filtered (${lines.length})`, lines.map((line) => line.key).join() === Array.from({ length: 9 }, (_, i) => stock(i + 1)).join());
}

async function upload(w, name, text) {
  await w.page.locator("input[type=file]").setInputFiles({ name, mimeType: "application/x-ndjson", buffer: Buffer.from(text) });
  await press(w.page, "Upload and check");
}

async function uploadNothing(w) {
  const { page } = w;
  await w.go("storage?owner=dana");
  await page.getByRole("link", { name: "Import" }).first().click();
  await page.getByRole("heading", { name: "Import items" }).waitFor();
  w.expect("the user is filled in", (await page.getByLabel(/User of lines/).inputValue()) === "dana");
  await w.look("import");
  await upload(w, "empty.jsonl", "");
  await w.sees("Nothing was uploaded");
  await w.look("nothing uploaded");
}

/** until waits for a state of a job's page: with script it comes by itself, without one by Refresh. */
async function until(w, state) {
  const badge = w.page.locator("#job").getByText(state, { exact: true }).first(), end = Date.now() + 15_000;
  while (!(await badge.isVisible()) && Date.now() < end) {
    if (w.script) await badge.waitFor({ timeout: 15_000 }).catch(() => {});
    else await w.page.getByRole("link", { name: "Refresh" }).click({ timeout: 2000 }).catch(() => {});
  }
  w.expect(`the job is ${state}`, await badge.isVisible());
}

async function counts(w, label, n) {
  const fact = w.page.locator("#job dt").filter({ hasText: new RegExp(`^${label}$`) }).locator("xpath=following-sibling::dd[1]");
  w.expect(`${label}: ${n}`, ((await fact.textContent()) ?? "").trim() === String(n));
}

async function importWithBadLines(w) {
  const { page } = w;
  const lines = [
    `{"key":"new/1","value":{"total":12.50},"tags":["paid"],"metadata":{"from":"shop"},"priority":3}`, `{"key":"new/2","value":"two","owner":"amy"}`, `{"key":"${stock(1)}","value":"changed"}`,
    `{"key":"no value"}`, `not a line ${hostile}`, "", `{"value":1}`, JSON.stringify({ key: "k".repeat(600), value: 1 }),
  ];
  await upload(w, `a "file" & more.jsonl`, lines.join("\n"));
  await page.waitForURL(/\/storage\/jobs\//);
  await until(w, "waits for you");
  await w.sees("2 new, 1 exists already, 4 invalid");
  for (const n of [4, 5, 7, 8]) await w.sees(`line ${n}`);
  await w.look("checked, with bad lines");
  w.expect("nothing is written yet", (await w.api("GET", at(stock(1)))).value.n === 1);
  await page.getByLabel("Items that exist already").selectOption({ label: "Overwrite them" });
  await press(page, "Start import");
  await until(w, "done, 4 errors");
  await w.look("imported");
  await counts(w, "New", 2);
  await counts(w, "Changed", 1);
  await counts(w, "Invalid", 4);
  const one = await w.api("GET", at("new/1")), two = await w.api("GET", at("new/2"), undefined, amy), changed = await w.api("GET", at(stock(1)));
  w.expect("good lines are there", one.value.total === 12.5 && one.tags.join() === "paid" && one.metadata.from === "shop" && one.priority === 3 && two.value === "two" && changed.value === "changed" && changed.version === 2);
  const refused = await w.api("GET", at("no value")).then(() => false, (err) => /404/.test(err.message));
  w.expect("bad lines are not", refused);
}

/** importLarge sends what is larger than one part: a script cuts it, a form takes it whole. */
async function importLarge(w) {
  const { page } = w;
  const lines = Array.from({ length: 1500 }, (_, i) => JSON.stringify({ key: `large/${i}`, value: "v".repeat(400), owner: "eve" }));
  await w.go("storage/import");
  await upload(w, "large.jsonl", lines.join("\n"));
  await page.waitForURL(/\/storage\/jobs\//);
  await until(w, "waits for you");
  await w.sees("1,500 new, 0 exist already, 0 invalid");
  await press(page, "Start import");
  await until(w, "done");
  await w.sees("1,500 of 1,500");
  const found = await w.api("GET", "/api/v1/sync-storage/keys?limit=1000", undefined, { "X-User-Id": "eve" });
  w.expect("the first thousand keys are there", found.keys.length === 1000);
  w.expect("so is the last line", (await w.api("GET", at("large/1499"), undefined, { "X-User-Id": "eve" })).value.length === 400);
}

async function importAndThinkAgain(w) {
  await w.go("storage/import?owner=dana");
  await upload(w, "never.jsonl", `{"key":"never","value":1}`);
  await w.page.waitForURL(/\/storage\/jobs\//);
  await until(w, "waits for you");
  await press(w.page, "Cancel job");
  await until(w, "cancelled");
  w.expect("nothing of it is written", await w.api("GET", at("never")).then(() => false, (err) => /404/.test(err.message)));
}

const tick = (w, key) => w.page.getByRole("checkbox", { name: `Select ${key}`, exact: true }).check();

async function choose(w, action, tag = "") {
  const { page } = w;
  await page.getByLabel("What to do").selectOption({ label: action });
  if (tag) await page.getByLabel("Tag to add or remove").fill(tag);
}

async function tagWhatIsTicked(w) {
  const { page } = w;
  await w.go("storage?view=list&owner=dana&prefix=stock/");
  for (const n of [2, 3, 4]) await tick(w, stock(n));
  await choose(w, "Add tag", "reviewed");
  await w.look("three chosen");
  await press(page, "Preview for selected");
  await w.sees(/Add the tag .*reviewed.* to 3 items\?/);
  await w.sees("The 3 items you chose.");
  await w.sees(stock(3));
  await w.look("preview of a tag");
  await press(page, "Add tag");
  await until(w, "done");
  await counts(w, "Done", 3);
  await w.look("tagged");
  const tags = await Promise.all([1, 2, 3, 4, 5].map(async (n) => ((await w.api("GET", at(stock(n)))).tags ?? []).includes("reviewed")));
  w.expect("those and no others have the tag", tags.join() === "false,true,true,true,false");
}

async function chooseTooLittle(w) {
  const { page } = w, second = stock(60);
  await w.go("storage?view=list&owner=dana&prefix=stock/");
  await page.getByRole("link", { name: "Next", exact: true }).click();
  await w.sees(second);
  await choose(w, "Add tag");
  await press(page, "Preview for selected");
  await w.sees(/No item is chosen/);
  await tick(w, second);
  await choose(w, "Add tag", "x".repeat(64));
  await page.getByLabel("Tag to add or remove").fill("");
  await press(page, "Preview for selected");
  await w.sees(/The tag must/);
  w.expect("what was chosen stays chosen", (await page.getByLabel("What to do").inputValue()) === "tag" && await page.getByRole("checkbox", { name: `Select ${second}`, exact: true }).isChecked());
  await w.look("a tag is missing");
  await page.reload();
  await w.sees("users");
}

async function untagAllThatMatch(w) {
  const { page } = w;
  await w.go("storage?tag=reviewed");
  await choose(w, "Remove tag", "reviewed");
  await press(page, "Preview for all that match");
  await w.sees(/Remove the tag .*reviewed.* from 3 items\?/);
  await press(page, "Remove tag");
  await until(w, "done");
  await w.go("storage?tag=reviewed");
  await w.sees("No item fits");
}

/** deleteMany types the number of what is deleted; what is changed after the preview stays. */
async function deleteMany(w) {
  const { page } = w;
  await w.go("storage?view=list&owner=dana&prefix=stock/");
  await choose(w, "Delete");
  await press(page, "Preview for all that match");
  await w.sees("Delete 110 items?");
  await w.sees(/whose key begins with/);
  await w.look("preview of a deletion");
  await page.getByLabel(/^Type/).fill("11");
  await press(page, "Delete 110 items");
  await w.sees("This was not started");
  w.expect("what was typed is kept", (await page.getByLabel(/^Type/).inputValue()) === "11");
  await w.look("a wrong number typed");
  await w.put(stock(7), "changed after the preview");
  await page.getByLabel(/^Type/).fill("110");
  await press(page, "Delete 110 items");
  await until(w, "done");
  await counts(w, "Done", 109);
  await counts(w, "Skipped: changed meanwhile", 1);
  await w.sees("110 of 110");
  await w.look("deleted");
  w.expect("what was changed meanwhile stays", (await w.api("GET", at(stock(7)))).value === "changed after the preview");
  const left = await w.api("GET", "/api/v1/sync-storage/keys?prefix=stock/");
  w.expect(`the others are gone (${left.keys.length} left)`, left.keys.length === 1);
}

async function bringBack(w) {
  await press(w.page, "Undo");
  await w.sees("Bring back deleted items");
  await until(w, "done");
  await counts(w, "Done", 109);
  const back = await w.api("GET", at(stock(9)));
  w.expect("what was deleted is back as it was", back.value.n === 9 && back.tags.join() === "counted" && back.metadata.shelf === "A");
  await w.look("brought back");
}

async function tickTheWholePage(w) {
  const { page } = w;
  await w.go("storage?view=list&owner=amy");
  if (w.script) await page.getByLabel("Whole page").check();
  else for (const box of await page.locator("tbody input[type=checkbox]").all()) await box.check();
  await choose(w, "Add tag", "all of amy");
  await press(page, "Preview for selected");
  await w.sees(/to 4 items\?/);
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.waitForURL(/owner=amy/);
}

/** clearOneUser removes all that amy stores, which nothing takes back at once, and nobody else's. */
async function clearOneUser(w) {
  const { page } = w;
  await w.go("storage?owner=amy");
  await page.getByRole("link", { name: "Delete all of this user…" }).click();
  await w.sees(/Clear the storage of .*amy.*\?/);
  await w.sees(/4 items of the built-in collection are removed/);
  await w.look("a user to clear");
  await page.getByLabel(/^Type/).fill("dana");
  await press(page, "Clear 4 items");
  await w.sees(/not the user’s name/);
  await w.look("another name typed");
  w.expect("nothing is cleared by a wrong name", (await w.api("GET", "/api/v1/sync-storage/keys", undefined, amy)).keys.length === 4);
  await page.getByLabel(/^Type/).fill("amy");
  await press(page, "Clear 4 items");
  await page.waitForURL(/\/storage\/jobs\//);
  await until(w, "done");
  await w.sees("4 of 4");
  await w.look("cleared");
  w.expect("amy has nothing", (await w.api("GET", "/api/v1/sync-storage/keys", undefined, amy)).keys.length === 0);
  w.expect("the others have theirs", (await w.api("GET", at(stock(9)))).value.n === 9);
  w.expect("it cannot be undone", !(await page.getByRole("button", { name: "Undo" }).count()));
}

async function lookAtTheJobs(w) {
  const { page } = w;
  await w.go("storage");
  await page.getByRole("link", { name: "Jobs", exact: true }).click();
  for (const text of ["Clear a user’s items", "Bring back deleted items", /Delete items/, /Add tag to items/, /Import items: .*large/, "cancelled"]) await w.sees(text);
  await w.look("jobs");
  const before = page.viewportSize();
  for (const width of [320, 720]) {
    await page.setViewportSize({ width, height: 900 });
    await page.reload();
    await w.look(`${width} px, jobs`);
    await w.go("storage/import");
    await w.look(`${width} px, import`);
    await w.go("storage?view=list");
    await press(page, "Preview for all that match");
    await page.getByRole("heading", { name: /^Delete / }).waitFor();
    await w.look(`${width} px, preview`);
    await w.go("storage/jobs");
  }
  await page.setViewportSize(before);
}
