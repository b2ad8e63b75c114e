// What the parts of the walk share that are about the pages of one item.

/** itemAt is the address of one of an item's pages within its tenant: "", "/edit", "/history". */
export const itemAt = (key, page = "", more = {}) => `storage/item${page}?${new URLSearchParams({ owner: "dana", key, ...more })}`;

/** fill writes into a field for JSON: into the editor over it, or without script into the field itself. */
export async function fill(page, label, text) {
  if (await plain(page)) return page.getByRole("textbox", { name: label, exact: true }).fill(text);
  await page.getByLabel(`${label}. JSON.`).click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(text);
}

const plain = (page) => page.evaluate(() => !document.documentElement.classList.contains("js"));

/** typed is what a field for JSON holds. */
export const typed = (page, name) => page.locator(`textarea[name=${name}]`).inputValue();

/** press presses a button that is seen, by its words. */
export const press = (page, words) => page.getByRole("button", { name: words }).filter({ visible: true }).first().click();

/** type puts a text of any length into a field at once, also where an editor lies over it. */
export async function type(page, field, text) {
  const at = page.locator(`[name="${field}"]`);
  await at.evaluate((el, value) => { el.value = value; el.dispatchEvent(new Event("input", { bubbles: true })); }, text);
}
