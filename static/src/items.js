// Fields for JSON get their editor, what was typed is not lost, and paths are copied.
import { $, $$, on, toast } from "./dom.js";
import { passing, renew } from "./requests.js";

function editors() {
  for (const field of $$("textarea[data-editor]:not([data-edited])")) {
    if (field.closest("details:not([open])")) continue; // it gets its editor when it is opened
    field.dataset.edited = "";
    import(field.dataset.editor).then((m) => m.mount(field), () => {}); // without it the field itself is there
  }
}

const unsaved = () => $('form[data-unsaved="typed"]');
let leaving = false; // the person said so, or the form was sent

function typed(form) {
  form.dataset.unsaved = "typed";
  const note = $("[data-unsaved-note]", form);
  if (note) note.hidden = false;
}

on("input", "form[data-unsaved]", (e, form) => { if (!e.target.matches("[data-pick]")) typed(form); }); // picks are quickly made again
on("click", "[data-discard]", () => { leaving = true; });
on("submit", "form[data-unsaved]", () => { leaving = true; setTimeout(() => { leaving = false; }, 5000); });
addEventListener("beforeunload", (e) => { if (unsaved() && !leaving) e.preventDefault(); });

// A visit by htmx leaves the page without the browser's question, so it is asked here.
document.addEventListener("htmx:beforeRequest", (e) => {
  if (!e.detail.boosted || !unsaved() || leaving || e.detail.elt.matches("form[data-unsaved], [data-discard]")) return;
  if (!confirm("What you typed is not saved. Leave the page all the same?")) e.preventDefault();
});

// A page that answers a save has what was typed in it: the form again, or the way
// to send it again. Any other refusal leaves the form as it stands.
const holds = (page) => ["data-unsaved", 'name="kept_to"', 'aria-label="What was sent"'].some((mark) => page.includes(mark));

document.addEventListener("htmx:beforeSwap", (e) => {
  const { xhr, requestConfig } = e.detail, form = requestConfig.elt.closest?.("form[data-unsaved]"); // the event is the target's
  if (!form || xhr.status < 400 || !passing(xhr) && holds(xhr.responseText)) return;
  e.detail.shouldSwap = e.detail.isError = false; // it is told here
  leaving = false;
  typed(form);
  if (passing(xhr)) return; // it was told
  if (xhr.status === 401) return toast("You are signed out. What you typed is still here: sign in in another tab, then save again.");
  if (xhr.status === 413) return toast("Not saved: it is larger than is taken at once. What you typed is still here.");
  toast(xhr.status === 403 ? "This page is not good any more, or somebody else has signed in. Nothing was saved; what you typed is still here." : `Not saved: the server answered with ${xhr.status}. What you typed is still here.`);
});

// Before it is sent, a form takes a token of the session as it is now.
addEventListener("focus", () => { if (unsaved() || $("form[data-upload]")) renew(); });

on("click", "[data-copy-path]", async (e, el) => {
  try {
    await navigator.clipboard.writeText(el.dataset.copyPath);
  } catch {
    return; // not allowed here; the path is in the button's title
  }
  el.classList.add("text-ok");
  setTimeout(() => el.classList.remove("text-ok"), 1500);
});

document.addEventListener("DOMContentLoaded", editors);
document.addEventListener("toggle", editors, true);
document.addEventListener("htmx:afterSettle", () => { leaving = false; editors(); });
