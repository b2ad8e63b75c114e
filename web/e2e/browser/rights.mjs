// What an administrator sees who may read the audit, and nothing else of the system.
import { expect, finish, fits, inspect, launch, picture, sizes, visitor } from "./browser.mjs";

const [base, scripted, plain] = process.argv.slice(2);
const browser = await launch();

await mayLess("script", scripted, { viewport: sizes.wide });
await mayLess("plain", plain, { viewport: sizes.phone, javaScriptEnabled: false });
await finish(browser, "refused, and told why");

async function mayLess(how, session, options) {
  const page = await visitor(browser, options);
  page.setDefaultTimeout(10_000);
  await page.context().addCookies([{ name: "tidemark", value: session, url: base, httpOnly: true, sameSite: "Lax" }]);
  const look = (name) => (how === "script" ? inspect(page, name) : fits(page, name));

  await page.goto(`${base}/console/system/audit`);
  const parts = page.getByRole("navigation", { name: "Parts of the system" });
  expect(page, "only what may be opened is offered", (await parts.getByRole("link").allTextContents()).map((t) => t.trim()).join() === "Audit");
  await look("the audit alone");
  await picture(page, `rights-audit-${how}`, true);

  for (const path of ["", "/jobs", "/settings", "/tables", "/tables/items"]) {
    const res = await page.goto(`${base}/console/system${path}`);
    expect(page, `${path || "the overview"} is refused: ${res.status()}`, res.status() === 403);
    expect(page, "it says so, with a way back", (await page.getByRole("heading", { name: "This is not allowed" }).isVisible()) && (await page.locator("main").getByRole("link", { name: /^Back to/ }).isVisible()));
    expect(page, "and the request's id", (await page.locator("main dd").first().textContent()).trim() === res.headers()["x-request-id"]);
  }
  await look("refused");
  await picture(page, `rights-refused-${how}`, true);

  await page.goto(`${base}/console/t/acme/storage`);
  expect(page, "the rest is as always", await page.getByRole("heading", { name: "Storage", level: 1 }).isVisible());
  await page.context().close();
}
