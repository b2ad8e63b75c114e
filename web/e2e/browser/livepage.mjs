// What the walks over live pages share.
import { createRequire } from "node:module";

const WebSocket = createRequire(new URL("../../live/testdata/", import.meta.url))("ws");
const within = 8000; // ms

/** fresh waits for what a page shall show: it comes by itself, or without script by asking again. */
export async function fresh(w, what, name, holds = () => what.first().waitFor({ timeout: w.script ? within : 500 }).then(() => true, () => false)) {
  let there = await holds();
  for (const end = Date.now() + within; !there && !w.script && Date.now() < end; there = await holds()) await w.page.reload();
  w.expect(name, there);
}

/** narrow looks at a page at 320 px, and at 200 %. */
export async function narrow(w, name) {
  const was = w.page.viewportSize();
  for (const width of [320, 720]) {
    await w.page.setViewportSize({ width, height: 800 });
    await w.look(`${name} at ${width}`);
  }
  await w.page.setViewportSize(was);
}

/** plainSocket connects a client of the plain WebSocket; the part's end closes it. */
export async function plainSocket(w, instanceId, { userId = "dana", headers } = {}) {
  const at = `${w.base.replace("http", "ws")}/sync?${new URLSearchParams({ userId, ...(instanceId && { instanceId }) })}`;
  const socket = new WebSocket(at, { headers: { "X-API-Key": w.key, ...headers } });
  const heard = [], waiting = new Map();
  socket.on("message", (text) => {
    const m = JSON.parse(text);
    heard.push(m);
    if (m.event === "ack") waiting.get(m.id)?.(m.data);
  });
  socket.heard = heard;
  socket.ended = new Promise((ended) => socket.on("close", (code, reason) => ended({ code, reason: String(reason) })));
  socket.ask = (event, data) => new Promise((answered) => {
    const id = heard.length + waiting.size + 1;
    waiting.set(id, answered);
    socket.send(JSON.stringify({ event, id, data }));
  });
  socket.hears = async (event) => {
    while (!heard.some((m) => m.event === event)) await new Promise((next) => socket.once("message", next));
    return heard.find((m) => m.event === event);
  };
  w.sockets.push(socket);
  await Promise.race([socket.hears("sync:ready"), new Promise((_, failed) => socket.once("error", failed))]);
  return socket;
}
