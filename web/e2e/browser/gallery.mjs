// Walks the gallery and every page state in it, in both themes and sizes, and at 320 px.
import { expect, finish, inspect, launch, picture, sizes, themes, visitor } from "./browser.mjs";

const base = process.argv[2];
const browser = await launch();
const plain = await visitor(browser);
await plain.goto(`${base}/console/gallery`);
const names = await plain.$$eval("nav[aria-label='Page states'] a", (all) => all.map((a) => new URL(a.href).pathname.split("/").pop()));
expect(plain, "the gallery lists page states", names.length > 15);
let seen = 0;

const walks = themes.flatMap((theme) => Object.entries(sizes).map(([size, viewport]) => walk(theme, size, viewport)));
await Promise.all([...walks, walk("light", "narrow", { width: 320, height: 640 })]);
await finish(browser, `${seen} pages without a fault`);

async function walk(theme, size, viewport) {
  const page = await visitor(browser, { viewport });
  await page.context().addCookies([{ name: "tidemark-theme", value: theme, url: base }]);
  for (const name of ["", ...names]) {
    await page.goto(`${base}/console/gallery/${name}`.replace(/\/$/, ""));
    await page.evaluate(() => document.fonts.ready);
    await inspect(page, `${name || "gallery"} ${theme} ${size}`);
    await picture(page, `gallery-${name || "parts"}-${theme}-${size}`, size !== "narrow");
    seen++;
  }
  await page.context().close();
}
