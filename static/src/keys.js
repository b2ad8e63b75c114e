// Single keys work outside of fields and dialogs, unless they are switched off.
import { $ } from "./dom.js";
import { open } from "./dialogs.js";

const patience = 1200; // ms between G and the letter after it
let going = 0;

const typing = (el) => el instanceof Element && el.matches("input:not([type=radio],[type=checkbox]), textarea, select, [contenteditable=true]");

function single(e) {
  if (going && e.timeStamp - going < patience) {
    going = 0;
    return $(`a[data-go="${CSS.escape(e.key.toLowerCase())}"]`)?.click();
  }
  switch (e.key) {
    case "g": going = e.timeStamp; break;
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
