// Dialogs open by data-open="id"; menus are <details data-menu>.
import { $, $$, on } from "./dom.js";

export function open(id) {
  const d = document.getElementById(id);
  if (!d || d.open) return;
  $$("dialog[open]").forEach((x) => x.close());
  d.showModal();
  $("input[type=search]", d)?.select();
}

on("click", "[data-open]", (e, el) => open(el.dataset.open));
document.addEventListener("click", (e) => {
  if (e.target instanceof HTMLDialogElement) e.target.close(); // the backdrop
  $$("details[data-menu][open]").forEach((d) => { if (!d.contains(e.target)) d.open = false; });
});
document.addEventListener("keydown", (e) => {
  const menu = e.key === "Escape" && $("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  $("summary", menu).focus();
});
