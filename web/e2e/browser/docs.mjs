// Opens the page of the API's documents without a way to anywhere else, and tries a route on it.
import { expect, finish, launch, note, picture, visitor } from "./browser.mjs";

const [base] = process.argv.slice(2);
const browser = await launch();
const page = await visitor(browser, { viewport: { width: 1440, height: 900 } });
page.setDefaultTimeout(20_000);
await page.route((url) => url.origin !== base, (route) => {
  if (/^https?:/.test(route.request().url())) note(page, `asked for ${route.request().url()}`);
  return route.abort();
});

await page.goto(`${base}/api/docs`);
const health = page.locator(".opblock", { has: page.locator('[data-path="/health"]') });
await health.locator("button.opblock-summary-control").click();
await health.getByRole("button", { name: "Execute" }).click();
const answer = health.locator(".live-responses-table .response-col_status").filter({ hasText: "200" });
await answer.waitFor();
expect(page, "the answer is shown", (await health.locator(".live-responses-table").textContent()).includes('"database"'));
const violations = await page.evaluate(() => window.violations);
violations.forEach((v) => note(page, `policy: ${v}`));
await picture(page, "docs");
await finish(browser, "tried without a fault");
