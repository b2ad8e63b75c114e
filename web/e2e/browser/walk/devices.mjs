// Devices: who is connected with what, found, filtered and paged; what waits for one; disconnect and forget.
import { randomUUID } from "node:crypto";
import { ask } from "../ask.mjs";
import { fresh, narrow, plainSocket } from "../livepage.mjs";
import { hostile } from "../walker.mjs";

const firefox = { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
const row = (w, text) => w.page.locator("tbody tr").filter({ hasText: text });
const at = (user, id) => `devices/item?${new URLSearchParams({ user, id })}`;

export async function walk(w) {
  await nobodyYet(w);
  const tablet = await theyConnect(w);
  await theyAreFound(w);
  await pages(w);
  await oneFallsBehind(w, tablet);
  await catchesUpWhileWatched(w, tablet);
  await disconnect(w, tablet);
  await leftMeanwhile(w);
  await forget(w);
}

async function nobodyYet(w) {
  await w.go("devices");
  await w.sees("No device has connected yet");
  await w.look("nobody yet");
}

/** theyConnect has an official client and plain ones connect, and one that calls itself something nasty. */
async function theyConnect(w) {
  const tablet = await w.device("tablet-04", { userId: "dana", headers: firefox });
  await plainSocket(w, "desk", { userId: "omar", headers: { "User-Agent": "tidemark-agent/2.1" } });
  await plainSocket(w, "lobby", { userId: hostile.slice(0, 100), headers: { "User-Agent": `<b>${hostile.slice(0, 60)}` } });
  const gone = await plainSocket(w, "old-phone", { userId: "omar" });
  gone.close();
  await w.go("devices");
  await fresh(w, row(w, "old-phone").filter({ hasText: "away" }), "one has left", () => again(w, row(w, "old-phone").filter({ hasText: "away" })));
  const shown = (await row(w, "tablet-04").textContent()).replace(/\s+/g, " ");
  for (const part of ["dana", "connected", "Firefox on Linux", "Socket.IO", "127.0.0.1", "now", "up to date"]) w.expect(`of the tablet it says ${part}: ${shown}`, shown.includes(part));
  const desk = await row(w, "desk").textContent();
  w.expect("of the desk: its door and what it calls itself", desk.includes("WebSocket") && desk.includes("tidemark-agent"));
  await w.look("four devices");
  await narrow(w, "four devices");
  return tablet;
}

/** again asks for the page anew until something is there: a list does not move by itself. */
async function again(w, what, within = 8000) {
  for (const end = Date.now() + within; !(await what.count()) && Date.now() < end;) await w.page.reload();
  return Boolean(await what.count());
}

/** choose goes to a tab, and waits until its page is there: the address moves before. */
async function choose(page, name) {
  await page.getByRole("link", { name }).click();
  await page.getByRole("link", { name }).and(page.locator("[aria-current=true]")).waitFor();
}

async function theyAreFound(w) {
  const { page } = w;
  const names = async () => (await page.locator("tbody tr td:first-child a").allInnerTexts()).map((n) => n.trim()).join();
  for (const [text, want] of [["FIREFOX", "tablet-04"], ["omar", "old-phone,desk"], ["tablet", "tablet-04"], ["%", ""]]) {
    await w.go("devices");
    await page.fill("#devices-q", text);
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.waitForURL(/q=/);
    const found = await names();
    w.expect(`${text} finds ${found}`, found === want);
  }
  await w.sees("No device fits this filter");
  await w.look("no match");
  await page.getByRole("link", { name: "Clear filter" }).click();
  await choose(page, /^Away 1/);
  w.expect("one is away", (await names()) === "old-phone");
  await choose(page, /^Connected 3/);
  w.expect("three are connected", (await page.locator("tbody tr").count()) === 3);
  await choose(page, /^All 4/);
  w.expect("nothing is asked for", !new URL(page.url()).search);
  await page.selectOption("#devices-sort", { label: "By user" });
  await page.getByRole("button", { name: "Filter", exact: true }).click();
  await page.waitForURL(/sort=user/);
  w.expect("by user", (await names()).endsWith("tablet-04,desk,old-phone"));
  await row(w, "desk").getByRole("link", { name: "desk" }).click();
  await page.getByRole("heading", { name: "desk" }).waitFor();
  await page.getByRole("link", { name: "omar", exact: true }).first().click();
  await page.waitForURL(/devices\?user=omar/);
  w.expect("a user's own", (await names()).split(",").sort().join() === "desk,old-phone");
  await page.getByRole("link", { name: "All users" }).click();
  await page.waitForURL((u) => !u.search);
  w.expect("and all again", (await page.locator("tbody tr").count()) === 4);
}

/** pages has 55 more, and goes through them there and back. */
async function pages(w) {
  const { page } = w;
  const many = await Promise.all(Array.from({ length: 55 }, (_, i) => plainSocket(w, `kiosk-${String(i).padStart(2, "0")}`, { userId: "kiosks" })));
  many.forEach((s) => s.close());
  await w.go("devices?sort=user");
  const first = await page.locator("tbody").innerText();
  w.expect("fifty at a time", (await page.locator("tbody tr").count()) === 50);
  await page.getByRole("link", { name: "Next" }).click();
  await page.waitForURL(/page=/);
  w.expect("the rest", (await page.locator("tbody tr").count()) === 9);
  await w.look("the second page");
  await page.getByRole("link", { name: "First" }).click();
  await page.waitForURL((u) => !u.searchParams.get("page"));
  w.expect("the first again", (await page.locator("tbody tr").count()) === 50 && (await page.locator("tbody").innerText()).slice(0, 20) === first.slice(0, 20));
}

/** oneFallsBehind: the tablet acknowledges one change, and no more of 1,200. */
async function oneFallsBehind(w, tablet) {
  const { page } = w;
  tablet.on("sync:update", ({ cursor }) => { tablet.first ??= cursor; tablet.last = cursor; });
  const push = (n) => w.api("POST", "/api/v1/sync/events", { events: Array.from({ length: n }, (_, i) => ({ opId: randomUUID(), op: "set", key: `lane/${i}`, value: i })) });
  await push(1);
  while (!tablet.first) await new Promise((next) => tablet.once("sync:update", next));
  await tablet.emitWithAck("sync:ack", { cursor: tablet.first });
  for (let n = 0; n < 3; n++) await push(400);
  await ask("age", w.slug, "5");
  await w.go("devices?state=lagging");
  w.expect("it is listed as lagging", await again(w, row(w, "tablet-04").filter({ hasText: "lagging" })));
  w.expect("with a bar and how much waits", (await row(w, "tablet-04").locator("meter, progress, [role=meter]").count()) === 1 && (await row(w, "tablet-04").textContent()).includes("100+ changes waiting"));
  await w.look("one lags");
  await row(w, "tablet-04").getByRole("link", { name: "tablet-04" }).click();
  await w.sees("1,000+ changes, the oldest 50 shown");
  const waiting = await page.locator("#device-now tbody tr a").allInnerTexts();
  w.expect("fifty are shown, the oldest first", waiting.length === 50 && waiting[0].trim() === "lane/0" && waiting[49].trim() === "lane/49");
  for (const text of ["Firefox on Linux", "127.0.0.1", "Socket.IO", "1,000+ changes waiting"]) await w.sees(text);
  await w.look("behind more than a thousand changes");
  await narrow(w, "behind more than a thousand changes");
}

async function catchesUpWhileWatched(w, tablet) {
  await tablet.emitWithAck("sync:ack", { cursor: tablet.last });
  await fresh(w, w.page.locator("#device-now").getByText("Everything of its user has been delivered"), "it has caught up");
  w.expect("it is not called lagging any more", (await w.page.locator("#device-state").innerText()).trim() === "connected");
  await tablet.write("mine", "x");
  await w.page.reload();
  await w.page.getByRole("link", { name: "mine" }).first().waitFor();
  await w.look("caught up");
}

/** disconnect ends the connection of a client, which is told why, comes back and misses nothing. */
async function disconnect(w, tablet) {
  const told = new Promise((heard) => tablet.once("error", heard)), over = new Promise((ended) => tablet.once("disconnect", ended));
  await w.page.getByRole("button", { name: "Disconnect" }).click();
  await w.sees("was disconnected. It may connect again");
  const { code } = await told;
  w.expect(`the client is told ${code}, and may come back`, code === "unavailable" && (await over) === "transport close");
  await fresh(w, w.page.locator("#device-state").getByText("away"), "it is away");
  await w.put("meanwhile", 1);
  await fresh(w, w.page.locator("#device-now").getByRole("link", { name: "meanwhile" }), "what waits for it is shown");
  await w.look("away, and something waits");
  const back = await plainSocket(w, "tablet-04", { userId: "dana" });
  const { data } = await back.hears("pending-updates");
  w.expect(`it goes on where it was: ${data.map((e) => e.key)}`, data.map((e) => e.key).join() === "mine,meanwhile");
  await fresh(w, w.page.locator("#device-state").getByText("connected"), "it is connected again");
  back.close();
}

async function leftMeanwhile(w) {
  const { page } = w, brief = await plainSocket(w, "brief", { userId: "omar" });
  await w.go(at("omar", "brief"));
  const button = page.getByRole("button", { name: "Disconnect" });
  await button.waitFor();
  brief.close();
  if (w.script) return button.waitFor({ state: "detached" });
  for (let told = false; !told; told = await page.getByText("was not connected any more").isVisible()) {
    if (!(await button.count())) break; // the page was told in time
    await button.click();
  }
  await fresh(w, page.locator("#device-state").getByText("away"), "it is away");
}

/** forget takes a device's place from it, behind its typed name. */
async function forget(w) {
  const { page } = w, desk = w.sockets.find((s) => s.url?.includes("instanceId=desk"));
  await w.go(at("omar", "desk"));
  await page.getByRole("link", { name: "Forget…" }).click();
  await page.getByRole("heading", { name: /Forget “.desk.” of/ }).waitFor();
  await w.sees("It is connected: 1 live connection ends.");
  await w.look("asked whether to forget");
  await page.locator("[name=confirm]").fill("disk");
  await page.getByRole("button", { name: "Forget this device" }).click();
  await w.sees(/Type “.desk.” exactly\./);
  await w.look("mistyped");
  const watching = w.script ? await w.another() : undefined;
  await watching?.goto(`${w.home}/${at("omar", "desk")}`);
  await page.locator("[name=confirm]").fill("desk");
  await page.getByRole("button", { name: "Forget this device" }).click();
  await w.sees("was forgotten. When it returns it takes a snapshot.");
  w.expect("it is in no list", !(await row(w, "desk").count()));
  const { code } = await desk.ended;
  w.expect(`the client is told (${code})`, code === 1001 && desk.heard.some((m) => m.event === "error" && m.data.code === "unavailable"));
  if (watching) {
    await watching.getByText("This device was forgotten").waitFor();
    await watching.context().close();
  }
  const back = await plainSocket(w, "desk", { userId: "omar" });
  w.expect("it begins anew", (await back.hears("sync:ready")).data.resumed === false);
  await w.go(at("omar", "never-seen"));
  await w.sees("There is no such device.");
}
