// Requests by htmx: the form token, the progress bar, and what becomes of errors.
import { $, on, toast } from "./dom.js";

const token = () => $('meta[name="csrf-token"]')?.content ?? "";
const forToasts = (xhr) => xhr.getResponseHeader("HX-Retarget") === "#toasts";

document.addEventListener("htmx:configRequest", (e) => { e.detail.headers["X-CSRF-Token"] = token(); });
document.addEventListener("htmx:beforeRequest", () => $("#page-progress")?.classList.add("on"));
document.addEventListener("htmx:afterRequest", () => $("#page-progress")?.classList.remove("on"));

// A page that says what went wrong is shown like any page, and a toast like any toast.
document.addEventListener("htmx:beforeSwap", (e) => {
  const { xhr, boosted } = e.detail;
  if (xhr.status >= 400 && (boosted || forToasts(xhr))) e.detail.shouldSwap = true;
});
document.addEventListener("htmx:responseError", (e) => {
  const { xhr, boosted } = e.detail;
  if (!boosted && !forToasts(xhr)) toast(`The server answered with ${xhr.status}. Nothing was changed.`);
});
document.addEventListener("htmx:sendError", () => toast("The server cannot be reached. Nothing was changed."));
document.addEventListener("htmx:timeout", () => toast("The server took too long. Look again before you repeat it."));

// After a boosted visit the reader continues at the new content.
document.addEventListener("htmx:afterSettle", (e) => {
  if (e.detail.boosted && !$("[autofocus]")) $("#main")?.focus({ preventScroll: true });
});

on("click", "[data-toast-close]", (e, el) => el.closest("[data-toast]").remove());
