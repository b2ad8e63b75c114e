// Relative times stay true while a page is open.
import { $$ } from "./dom.js";

const steps = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [Infinity, 86400, "d"]];

function ago(seconds) {
  if (seconds < 3) return "now";
  const [, unit, name] = steps.find(([below]) => seconds < below);
  return `${Math.floor(seconds / unit)} ${name} ago`;
}

// The server's clock counts; what differs is this machine's.
let ahead = 0;
const now = () => Date.now() - ahead;

function refresh() {
  for (const t of $$("time[data-ago]")) {
    const text = ago(Math.max(0, (now() - Date.parse(t.dateTime)) / 1000));
    if (t.textContent !== text) t.textContent = text;
  }
}

function align() {
  const said = Number(document.body.dataset.now);
  if (said) ahead = Date.now() - said;
  refresh();
}

align();
document.addEventListener("htmx:afterSettle", (e) => (e.detail.boosted ? align() : refresh()));
document.addEventListener("htmx:sseMessage", refresh);
setInterval(refresh, 1000);
