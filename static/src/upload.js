// A large file is sent in parts, so that no request is larger than the server
// takes; a small one goes with its form. And boxes can be ticked together.
import { $, $$, on, toast } from "./dom.js";
import { passing, token } from "./requests.js";

const tries = 8, pause = 1500; // of a part, while the server or its database is away; ms between two

// A part that is there already is left as it is, so it may be sent twice.
async function post(url, body, left = 0) {
  const res = await fetch(url, { method: "POST", headers: { "X-CSRF-Token": token(), "HX-Request": "true" }, body }).catch(() => null);
  if (res?.ok) return res;
  if (left > 0 && (!res || passing(res))) {
    await new Promise((go) => setTimeout(go, pause));
    return post(url, body, left - 1);
  }
  if (res?.status === 401) throw new Error("You are signed out, so nothing was imported. Sign in in another tab, come back and upload again: your file is still chosen.");
  throw new Error(`${res ? `The server answered with ${res.status}.` : "The server cannot be reached."} Nothing was imported. Your file is still chosen: upload it again in a moment.`);
}

on("submit", "[data-upload]", (e, form) => {
  const file = $("input[type=file]", form).files[0], part = Number(form.dataset.upload);
  if (!file || file.size <= part) return;
  e.preventDefault();
  send(form, file, part).catch((err) => {
    $("[data-upload-progress]", form).hidden = true;
    toast(err.message);
  });
});

async function send(form, file, part) {
  const box = $("[data-upload-progress]", form), bar = $("progress", box);
  box.hidden = false;
  const owner = form.elements.owner.value;
  const job = await (await post(form.action, new URLSearchParams({ name: file.name, owner }))).text();
  const parts = Math.ceil(file.size / part);
  for (let n = 0; n < parts; n++) {
    bar.max = parts;
    bar.value = n;
    $("[data-upload-note]", box).textContent = `${Math.floor((100 * n) / parts)} %`;
    await post(`${job}/part?n=${n}`, file.slice(n * part, (n + 1) * part), tries);
  }
  await post(`${job}/check`, new URLSearchParams());
  location.assign(job);
}

on("change", "[data-check-all]", (e, el) => {
  $$(`input[name="${el.dataset.checkAll}"]`, el.form).forEach((box) => { box.checked = el.checked; });
});
