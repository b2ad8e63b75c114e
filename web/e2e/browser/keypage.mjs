// What the parts of the walk share that need API keys and devices with them.

/** press presses a button by its words. */
export const press = (page, words) => page.getByRole("button", { name: words, exact: true }).filter({ visible: true }).first().click();

/** follow follows a link by its words. */
export const follow = (page, words) => page.getByRole("link", { name: words, exact: true }).filter({ visible: true }).first().click();

/** field is where one types what its label says. */
export const field = (page, label) => page.getByRole("textbox", { name: label });

/** at waits for a page by its heading. */
export const at = (page, heading) => page.getByRole("heading", { name: heading, level: 1 }).first().waitFor();

/** makeKey makes a key on the page of a tenant's keys and gives its secret; fill fills in what the form has beside its name. */
export async function makeKey(page, base, slug, name, fill = async () => {}) {
  await page.goto(`${base}/console/t/${slug}/api-keys/new`);
  await field(page, "Name").fill(name);
  await fill(page);
  await press(page, "Create key");
  await at(page, "Key created");
  return page.locator("#secret").textContent();
}

/** ending is what a device was told when its connection was ended for it. */
export function ending(device) {
  let told = "nothing";
  device.on("error", (e) => { told = e.code; });
  return new Promise((done) => device.once("disconnect", () => done(told)));
}

/** status is what a client with a key is answered. */
export async function status(w, key, method = "GET", path = "/items", body, headers = {}) {
  const res = await fetch(`${w.base}/api/v1/sync-storage${path}`, { method, body: body && JSON.stringify(body), headers: { "X-API-Key": key, "Content-Type": "application/json", ...headers } });
  const text = await res.text();
  return `${res.status} ${(text && JSON.parse(text).code) || ""}`.trim();
}

/** soon waits until something holds that another part of the server brings about. */
export async function soon(w, what, holds, within = 8000) {
  for (const end = Date.now() + within; Date.now() < end; await new Promise((r) => setTimeout(r, 100))) if (await holds()) return;
  w.expect(what, false);
}

/** small looks at pages at 320 px and at 200 % zoom, which is a page of half the width. */
export async function small(w, paths) {
  for (const [name, options] of [["320 px", { viewport: { width: 320, height: 640 } }], ["zoomed twice", { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }]]) {
    const page = await w.another({ storageState: w.storageState, ...options });
    const there = Object.create(w, { page: { value: page } });
    for (const path of paths) {
      await there.go(path);
      await there.look(`${path.replace(/[0-9A-Z]{26}/, "one")} ${name}`);
    }
    w.looks = Math.max(w.looks, there.looks);
    await page.context().close();
  }
}
