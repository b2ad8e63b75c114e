// Walks the gallery and every page state in it: each in one theme and size, by
// turns, and at 320 px for the width alone. The long version takes every pair, and
// axe at 320 px too.
import { expect, finish, fits, inspect, launch, picture, sizes, soak, themes, visitor } from "./browser.mjs";

const base = process.argv[2];
const browser = await launch();
const plain = await visitor(browser);
await plain.goto(`${base}/console/gallery`);
const names = await plain.$$eval("nav[aria-label='Page states'] a", (all) => all.map((a) => new URL(a.href).pathname.split("/").pop()));
expect(plain, "the gallery lists page states", names.length > 15);
let seen = 0;

const pairs = themes.flatMap((theme) => Object.keys(sizes).map((size) => [theme, size]));
const mine = (n) => ["", ...names].filter((_, i) => soak || i % pairs.length === n);
await Promise.all([
  ...pairs.map(([theme, size], n) => walk(theme, size, sizes[size], inspect, mine(n))),
  walk("light", "narrow", { width: 320, height: 640 }, soak ? inspect : fits, ["", ...names]),
]);
await finish(browser, `${seen} pages without a fault`);

async function walk(theme, size, viewport, look, names) {
  const page = await visitor(browser, { viewport });
  await page.context().addCookies([{ name: "tidemark-theme", value: theme, url: base }]);
  for (const name of names) {
    await page.goto(`${base}/console/gallery/${name}`.replace(/\/$/, ""));
    await page.evaluate(() => document.fonts.ready);
    await look(page, `${name || "gallery"} ${theme} ${size}`);
    await picture(page, `gallery-${name || "parts"}-${theme}-${size}`, size !== "narrow");
    seen++;
  }
  await page.context().close();
}
