// Passkeys: the server says what the browser's authenticator is to be asked, and the form brings what it answers.
import { $, on } from "./dom.js";

const reader = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" };

on("submit", "[data-passkey]", (e, form) => {
  if (form.elements.credential.value) return;
  e.preventDefault();
  answer(form).catch((err) => tell(form, err.name === "NotAllowedError" ? "Nothing was chosen, or it took too long." : err.message));
});

async function answer(form) {
  const how = form.dataset.passkey, read = window.PublicKeyCredential?.[reader[how]];
  if (!read) throw new Error("This browser has no passkeys.");
  tell(form, "");
  const res = await fetch(form.dataset.passkeyAsk, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const asked = await res.json().catch(() => ({}));
  if (!res.ok || !asked.publicKey) throw new Error(asked.message ?? "That did not work. Reload the page and try again.");
  const publicKey = read.call(window.PublicKeyCredential, asked.publicKey);
  const made = await navigator.credentials[how]({ publicKey });
  form.elements.credential.value = JSON.stringify(made.toJSON());
  if (form.elements.password) form.elements.password.value = "";
  form.submit();
}

function tell(form, text) {
  const note = $("[data-passkey-note]", form);
  note.textContent = text;
  note.classList.toggle("hidden", !text);
}
