// Single keys work outside of fields and dialogs, unless they are switched off.
import { $, $$ } from "./dom.js";
import { open } from "./dialogs.js";

const patience = 1200; // ms between G and the letter after it
let going = 0;

const typing = (el) => el instanceof Element && el.matches("input:not([type=radio],[type=checkbox]), textarea, select, [contenteditable=true], [contenteditable=true] *");

// Rows of tables that lead somewhere, of lists with data-queue, and of those with data-rows: J and K move
// the focus from row to row, Enter opens one, X selects it.
const rows = () => $$("[data-rows] tr, [data-queue] > li, main tbody tr:has(a[href])").filter((r) => r.offsetParent && !r.closest("thead"));
const row = () => rows().find((r) => r.contains(document.activeElement));

function move(step) {
  const all = rows(), now = all.indexOf(row());
  const to = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step];
  if (!to) return;
  to.tabIndex = -1;
  to.focus({ focusVisible: true });
}

// A page's own keys press what they are printed on.
function press(e, el) {
  e.preventDefault();
  el.click();
}

function single(e) {
  if (going && e.timeStamp - going < patience) {
    going = 0;
    return $(`a[data-go="${CSS.escape(e.key.toLowerCase())}"]`)?.click();
  }
  going = 0;
  const own = $$(`[data-key="${CSS.escape(e.key.toLowerCase())}"]`).find((el) => el.offsetParent);
  if (own) return press(e, own);
  switch (e.key) {
    case "g": going = e.timeStamp; break;
    case "j": move(1); break;
    case "k": move(-1); break;
    case "x": if (row()) $("input[type=checkbox]", row())?.click(); break;
    case "Enter": if (e.target === row()) $("a[href]", e.target)?.click(); break;
    case "?": open("help"); break;
    case "/": if ($("[data-filter]")) { e.preventDefault(); $("[data-filter]").focus(); } break;
    case "p": $("[data-pause]")?.click(); break;
  }
}

document.addEventListener("keydown", (e) => {
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
    e.preventDefault();
    return open("palette");
  }
  const off = document.body.dataset.keys === "off";
  if (off || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || $("dialog[open]")) return;
  single(e);
});
