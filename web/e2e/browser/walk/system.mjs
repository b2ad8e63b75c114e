// How the installation is, what works in it, with what settings, who did what, and what the database holds.
import { fresh, narrow } from "../livepage.mjs";
import { follow, press } from "../keypage.mjs";
import { hostile } from "../walker.mjs";

const secret = "what-no-page-may-show-0123456789"; // METRICS_TOKEN, as the test gives it

export async function walk(w) {
  await w.put("letters/long", "long ".repeat(200));
  await w.put(hostile, hostile);
  await readHowItIs(w);
  await pauseIt(w);
  await endAJob(w);
  await searchSettings(w);
  await findWhatWasDone(w);
  await filterTheAudit(w);
  await readTheTenantsAudit(w);
  await openTables(w);
  await turnPages(w);
  await readARow(w);
  await nothingHidden(w);
}

/** fact is what stands beside a label. */
const fact = (w, label) => w.page.locator("dt").filter({ hasText: new RegExp(`^${label}$`) }).locator("xpath=following-sibling::dd[1]").first();
const number = async (w, label) => Number((await fact(w, label).textContent()).replace(/[^\d]/g, ""));

/** part opens one of the system's pages by its tab. */
async function part(w, name) {
  await w.page.getByRole("navigation", { name: "Parts of the system" }).getByRole("link", { name, exact: true }).click();
}

async function readHowItIs(w) {
  await w.go("/system");
  const health = w.page.getByRole("table", { name: "Health of each dependency" });
  for (const dependency of ["database", "disk"]) w.expect(`${dependency} is well`, await health.getByRole("row").filter({ hasText: dependency }).getByText("ok", { exact: true }).isVisible());
  for (const card of ["Health", "Database", "Queues", "Process", "Versions", "Nodes seen"]) w.expect(`there is ${card}`, await w.page.getByRole("heading", { name: card, exact: true }).isVisible());
  w.expect("the versions are named", /^go1\./.test(await fact(w, "Go").textContent()) && /SQLite|MariaDB/i.test(await w.page.locator("#versions").textContent()));
  w.expect("this node is among the nodes", await w.page.getByRole("table", { name: "Nodes" }).getByText("this one").isVisible());
  await w.look("health");
  await narrow(w, "health");
  const before = await number(w, "Commits since the start");
  await w.put("counted", 1);
  await fresh(w, w.page, "a commit is counted", async () => {
    for (const end = Date.now() + (w.script ? 8000 : 200); Date.now() < end; await w.page.waitForTimeout(100)) if ((await number(w, "Commits since the start")) > before) return true;
    return false;
  });
}

/** pauseIt holds still what moves, which without a script does not. */
async function pauseIt(w) {
  await w.go("/system?paused=1");
  w.expect("paused by its address", (await w.page.locator("[data-live]").first().getAttribute("data-live")) === "paused");
  if (!w.script) return;
  await w.look("paused");
  await w.page.locator("[data-pause]").click();
  await w.page.waitForSelector('[data-live="on"]');
}

/** endAJob uploads a file, thinks again, and ends the job on the page of all jobs. */
async function endAJob(w) {
  const { page } = w;
  await w.go("storage/import");
  await page.locator("input[type=file]").setInputFiles({ name: "later.jsonl", mimeType: "application/x-ndjson", buffer: Buffer.from(`{"key":"later","value":1,"owner":"dana"}`) });
  await press(page, "Upload and check");
  await page.waitForURL(/\/storage\/jobs\//);
  await w.go("/system");
  await part(w, "Jobs");
  await page.getByRole("heading", { name: "Jobs", exact: true }).waitFor();
  const mine = page.getByRole("table", { name: "Jobs" }).getByRole("row").filter({ hasText: w.slug });
  await fresh(w, w.page, "the job waits for somebody", async () => {
    if (w.script) await w.go("/system/jobs");
    return mine.getByText("waits for you").filter({ visible: true }).first().isVisible();
  });
  await w.look("jobs");
  await mine.getByRole("button", { name: /Cancel/ }).click();
  await w.sees("The job ends after the step it is at");
  await fresh(w, w.page, "the job is cancelled", async () => {
    if (w.script) await w.go("/system/jobs");
    return mine.getByText("cancelled").filter({ visible: true }).first().isVisible();
  });
  w.expect("it cannot be ended twice", (await mine.getByRole("button", { name: /Cancel/ }).count()) === 0);
  await mine.getByRole("link", { name: w.slug }).click();
  await page.waitForURL(w.home);
}

async function searchSettings(w) {
  const { page } = w;
  await w.go("/system");
  await part(w, "Settings");
  await page.getByRole("searchbox").fill("metrics_token");
  await press(page, "Filter");
  await page.waitForURL(/q=metrics_token/);
  const row = page.locator("main li").filter({ hasText: "METRICS_TOKEN" }).first();
  w.expect("a secret is masked", /secret/.test(await row.textContent()) && /environment/.test(await row.textContent()));
  await w.look("a secret among the settings");
  await page.getByRole("link", { name: "Set", exact: true }).click();
  await page.waitForURL(/only=set/);
  w.expect("what is looked for is kept", page.url().includes("q=metrics_token"));
  await w.go("/system/settings?only=set");
  w.expect("what is set comes from somewhere", !(await page.locator("main li p").getByText("default", { exact: true }).count()));
  await w.look("settings that are set");
  await w.go(`/system/settings?q=${encodeURIComponent(hostile)}`);
  await w.sees("No setting fits");
  await w.look("no setting");
  await page.getByRole("link", { name: "Clear filter" }).click();
  await page.waitForURL((u) => !u.search);
  await w.sees("RATE_LIMIT_MAX_REQUESTS");
  w.expect("no secret is anywhere", !(await page.content()).includes(secret));
}

const rowsOf = (w) => w.page.getByRole("table", { name: "Audit" }).locator("tbody tr");

/** findWhatWasDone looks for the job that was ended here a moment ago. */
async function findWhatWasDone(w) {
  const { page } = w;
  await w.go("/system");
  await part(w, "Audit");
  await page.getByRole("textbox", { name: "Action" }).fill("job.cancel");
  await page.getByLabel("Tenant").last().selectOption({ label: w.slug });
  await press(page, "Filter");
  await page.waitForURL(/action=job.cancel/);
  const row = rowsOf(w).first();
  const said = await row.textContent();
  w.expect(`who, from where, what and where to: ${said}`, said.includes("Amina Haddad") && said.includes("127.0.0.1") && said.includes("job.cancel") && said.includes(w.slug) && said.includes("request"));
  w.expect("once", (await rowsOf(w).count()) === 1);
  await w.look("what was done");
  await narrow(w, "what was done");
  await row.getByRole("link", { name: "Amina Haddad" }).filter({ visible: true }).first().click();
  await page.waitForURL(/actor=account/);
}

async function filterTheAudit(w) {
  const { page } = w;
  await w.go("/system/audit?actor=amina@example.com");
  w.expect("her e-mail stands for her", (await rowsOf(w).count()) > 0 && (await rowsOf(w).filter({ hasNotText: "Amina Haddad" }).count()) === 0);
  await w.go("/system/audit?from=2026-02-31");
  await w.sees("must be a day such as");
  w.expect("what was typed is kept", (await page.getByLabel("From", { exact: true }).inputValue()) === "2026-02-31");
  await w.look("a day that is none");
  await w.go(`/system/audit?action=${encodeURIComponent(hostile)}`);
  await w.sees("No entry fits this filter");
  await w.look("no entry");
  await page.getByRole("link", { name: "Clear filter" }).filter({ visible: true }).last().click();
  await page.waitForURL((u) => !u.search);
}

async function readTheTenantsAudit(w) {
  await w.go("audit");
  w.expect("a tenant's audit has what was done in it", (await rowsOf(w).filter({ hasText: "job.cancel" }).count()) === 1);
  w.expect("and nothing of others", (await w.page.getByLabel("Tenant", { exact: true }).count()) === 0 && (await rowsOf(w).filter({ hasText: "account.setup" }).count()) === 0);
  await w.look("a tenant's audit");
}

async function openTables(w) {
  await w.go("/system");
  await part(w, "Tables");
  await w.sees("For looking only");
  await w.look("tables");
  await follow(w.page, "items");
  await w.page.waitForURL(/tables\/items/);
  await w.page.getByLabel("Column", { exact: true }).selectOption("item_key");
  await w.page.getByRole("searchbox").fill("letters/long");
  await press(w.page, "Filter");
  await w.page.waitForURL(/q=letters/);
  w.expect("one row fits", (await w.page.getByRole("table", { name: "Rows of items" }).locator("tbody tr").count()) === 1);
  await w.look("rows of a table");
  await narrow(w, "rows of a table");
}

/** turnPages goes on and back in the longest table there is. */
async function turnPages(w) {
  const { page } = w;
  await w.go("/system/audit"); // looks are in the audit as well
  for (let n = 0; n < 55; n += 11) await Promise.all(Array.from({ length: 11 }, (_, i) => page.request.get(`${w.base}/console/system/tables/accounts?q=${n + i}&column=name`)));
  await w.go("/system/tables/audit_entries");
  const first = async () => page.getByRole("table", { name: /Rows of/ }).locator("tbody tr").first().textContent();
  const was = await first();
  await follow(page, "Next");
  await page.waitForURL(/page=/);
  w.expect("the next page has other rows", (await first()) !== was);
  await w.look("second page of a table");
  await page.getByRole("link", { name: "First" }).click();
  await page.waitForURL((u) => !u.search.includes("page="));
  w.expect("back at the first", (await first()) === was);
}

async function readARow(w) {
  const { page } = w;
  await w.go("/system/tables/items?column=item_key&q=letters/long");
  await page.getByRole("link", { name: "Show this row" }).first().click();
  await page.waitForURL(/row=/);
  await w.sees("One row");
  w.expect("a long cell is there in full", (await page.locator("main dd").allTextContents()).some((t) => t.includes("long ".repeat(199))));
  await w.look("one row");
  await w.go(`/system/tables/items?column=item_key&q=${encodeURIComponent(hostile)}`);
  await w.look("a hostile row");
  await w.go("/system/tables/items?q=x");
  await w.sees("This cannot be looked for");
  await w.look("without a column");
}

/** nothingHidden looks for what must never be shown. */
async function nothingHidden(w) {
  for (const [table, column] of [["accounts", "password_hash"], ["api_keys", "hash"], ["sessions", "token"]]) {
    await w.go(`/system/tables/${table}`);
    const head = await w.page.getByRole("table", { name: `Rows of ${table}` }).locator("thead th").allTextContents();
    const at = head.findIndex((t) => t.trim() === column);
    w.expect(`${table} has ${column}`, at >= 0);
    const cells = await w.page.getByRole("table", { name: `Rows of ${table}` }).locator(`tbody td:nth-child(${at + 1})`).allTextContents();
    w.expect(`${column} is hidden (${cells[0]})`, cells.length > 0 && cells.every((t) => t.trim() === "hidden"));
  }
  await w.look("hidden cells");
}
