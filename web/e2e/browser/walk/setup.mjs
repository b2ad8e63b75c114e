// First-run setup: a tenant, its first key, the snippet with it, and a page that turns green.
export async function walk(w) {
  const { page } = w;
  await w.go("/setup/tenant");
  await w.look("the first tenant");
  await page.fill("[name=name]", `Corner "Shop" & Co`);
  await page.click("main form:has([name=name]) button.btn-primary");
  await page.waitForURL(/\/t\/corner-shop-co\/connect/);
  const snippet = await page.locator("pre").first().textContent();
  const key = /sk_live_[\w-]+/.exec(snippet)?.[0];
  w.expect("the snippet holds the new key", key);
  await w.sees("Waiting for");
  await w.look("waiting for a client");
  await w.device("first-phone", { key });
  if (!w.script) await page.reload();
  await w.sees("Connected");
  await w.sees("first-phone");
  await w.look("connected");
  await page.reload();
  w.expect("the key is shown once", !(await page.content()).includes(key));
}
