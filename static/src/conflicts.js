// A conflict being decided: the result follows the picks, and so does its JSON
// until somebody edits it; the list keeps the open row in view.
import { $, $$, on, toast } from "./dom.js";
import { token } from "./requests.js";

const form = () => $("form[data-decide]");
const left = (of) => $$("tr[data-diff=choose]", of).filter((row) => !$("input:checked", row)).length;

// The result of a row is what was picked in it.
function follow(row) {
  const pick = $("input:checked", row), result = $("[data-result]", row);
  if (!pick) return;
  row.classList.remove("bg-bad-soft/40");
  const badge = row.dataset.diff === "choose" && $("[data-badge]", row)?.firstElementChild;
  if (badge) {
    badge.className = "badge bg-ok-soft text-ok";
    badge.textContent = "chosen";
  }
  if (!result) return;
  result.replaceChildren(...[...$("[data-value]", pick.closest("label")).childNodes].map((n) => n.cloneNode(true)));
}

function count(of) {
  const told = $("[data-left]"), n = left(of);
  if (!told) return;
  told.hidden = n === 0;
  told.textContent = n === 1 ? "1 field needs a choice" : `${n} fields need a choice`;
}

// The JSON is made by the server, as it would be saved.
let asked = 0;
async function refill(of) {
  const field = $("textarea[name=json]", of), mine = ++asked;
  if (!field || $("[name=json_use]", of).checked || !$("[data-json]", of)?.open) return;
  try {
    const answer = await fetch(of.dataset.decide, { method: "POST", body: new URLSearchParams(new FormData(of)), headers: { "X-CSRF-Token": token() } });
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (mine === asked && !$("[name=json_use]", of).checked) field.dispatchEvent(new CustomEvent("refill", { detail: text }));
  } catch {
    toast("The merged value could not be made anew. What you picked stays picked.");
  }
}

on("change", "[data-pick]", (e, pick) => {
  follow(pick.closest("tr"));
  count(pick.form);
  refill(pick.form);
});

document.addEventListener("toggle", (e) => { if (e.target.matches?.("[data-json]") && e.target.open) refill(form()); }, true);
on("input", "textarea[name=json]", (e, field) => { field.form.elements.json_use.checked = true; });
on("change", "[name=json_use]", (e, box) => { if (!box.checked) refill(box.form); });

// A merge that is not complete is not sent: the first row that lacks a choice is shown instead.
on("click", "button[form=decide][value=merged]", (e) => {
  const of = form();
  if (!of || of.elements.json_use?.checked || !left(of)) return;
  e.preventDefault();
  const row = $$("tr[data-diff=choose]", of).find((r) => !$("input:checked", r));
  $("input", row).focus();
  row.scrollIntoView({ block: "center" });
});

function show() {
  $("[data-queue] [aria-current=true]")?.closest("li").scrollIntoView({ block: "nearest" });
}
document.addEventListener("DOMContentLoaded", show);
document.addEventListener("htmx:afterSettle", (e) => { if (e.detail.boosted) show(); });
