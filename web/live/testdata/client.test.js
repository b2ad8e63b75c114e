// The official client against a running Tidemark, over each of its transports.
// TIDEMARK_URL and TIDEMARK_KEY (a server's key) say where; TIDEMARK_READER is a
// read-only key, TIDEMARK_ITEM_KB the item limit of the server.
import assert from "node:assert/strict";
import { describe, test, after } from "node:test";
import { io } from "socket.io-client";

const { TIDEMARK_URL: url, TIDEMARK_KEY: apiKey, TIDEMARK_READER: reader, TIDEMARK_ITEM_KB: itemKB = "100" } = process.env;
const itemBytes = Number(itemKB) * 1024;

const transports = {
  default: { options: {}, ends: "websocket" },
  "websocket only": { options: { transports: ["websocket"] }, ends: "websocket" },
  "polling only": { options: { transports: ["polling"] }, ends: "polling" },
};

const open = new Set();
after(() => open.forEach((s) => s.close()));

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A promise of an event; more arguments come as an array. */
function once(socket, event, ms = 8000) {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`no ${event} in ${ms} ms`)), ms);
    socket.once(event, (...args) => {
      clearTimeout(timer);
      done(args.length > 1 ? args : args[0]);
    });
  });
}

function client(user, instance, options = {}) {
  const socket = io(`${url}/sync`, {
    forceNew: true, auth: { apiKey }, query: { userId: user, instanceId: instance },
    reconnectionDelay: 100, reconnectionDelayMax: 300, ...options,
  });
  open.add(socket);
  return socket;
}

/** A client that has its queue and is live. */
async function ready(user, instance, options) {
  const socket = client(user, instance, options);
  await once(socket, "sync:ready");
  return socket;
}

const ask = (socket, event, ...args) => socket.timeout(10_000).emitWithAck(event, ...args);

let users = 0;
const someone = () => `user-${process.pid}-${++users}`;

for (const [name, { options, ends }] of Object.entries(transports)) {
  describe(name, { concurrency: 4 }, () => {
    test("connects, gets pending-updates first, then ready", async () => {
      const user = someone();
      const socket = client(user, "a", options);
      const order = [];
      socket.onAny((event) => order.push(event));
      const pending = once(socket, "pending-updates");
      await once(socket, "connect");
      assert.deepEqual((await pending)[0] ?? [], []);
      if (order.length < 2) await once(socket, "sync:ready");
      assert.deepEqual(order, ["pending-updates", "sync:ready"]);
      for (let i = 0; socket.io.engine.transport.name !== ends && i < 100; i++) await sleep(20);
      assert.equal(socket.io.engine.transport.name, ends);
    });

    test("acks every event with its fields", async () => {
      const socket = await ready(someone(), "a", options);
      const value = { n: 1, s: "<&> é 😀 \u2028", list: [true, null] };
      const set = await ask(socket, "sync:set", { key: "a é 😀", value, tags: ["t"] });
      assert.equal(set.ok, true);
      assert.deepEqual([set.status, set.key, set.version], ["applied", "a é 😀", 1]);
      const got = await ask(socket, "sync:get", { key: "a é 😀" });
      assert.deepEqual([got.ok, got.value, got.tags], [true, value, ["t"]]);
      const all = await ask(socket, "sync:getAll", { prefix: "a", limit: 10 });
      assert.deepEqual([all.ok, all.items.length, all.nextPage], [true, 1, null]);
      const push = await ask(socket, "sync:push", { events: [{ opId: "1", op: "patch", key: "a é 😀", patch: { n: 2 } }] });
      assert.equal(push.results[0].status, "applied");
      const pull = await ask(socket, "sync:pull", { since: all.cursor, prefix: "a" });
      assert.deepEqual(pull.events.map((e) => [e.key, e.version, e.value.n]), [["a é 😀", 2, 2]]);
      assert.deepEqual(await ask(socket, "sync:ack", { cursor: pull.events[0].cursor }), { ok: true });
      const remove = await ask(socket, "sync:remove", { key: "a é 😀", version: 2 });
      assert.deepEqual([remove.ok, remove.version], [true, 3]);
      const gone = await ask(socket, "sync:get", { key: "a é 😀" });
      assert.equal(gone.error.code, "not_found");
      assert.deepEqual((await ask(socket, "sync:subscribe", { keys: ["b", "c/*"] })).keys, ["b", "c/*"]);
      assert.deepEqual((await ask(socket, "sync:unsubscribe", { keys: ["b"] })).keys, ["c/*"]);
    });

    test("refuses a stale base version with what stands", async () => {
      const socket = await ready(someone(), "a", options);
      const other = await ready(socket.io.opts.query.userId, "b", options);
      await ask(socket, "sync:set", { key: "k", value: 1 });
      await ask(socket, "sync:set", { key: "k", value: 2, version: 1 });
      const { ok, error } = await ask(other, "sync:set", { key: "k", value: 3, version: 1 });
      assert.equal(ok, false);
      assert.equal(error.code, "version_conflict");
      assert.deepEqual([error.details.value, error.details.version], [2, 2]);
      assert.ok(error.details.conflictId && error.requestId);
    });

    test("acks 2,000 events in order while upgrading", async () => {
      const socket = client(someone(), "a", options);
      await once(socket, "connect");
      const order = [];
      const all = [];
      for (let i = 0; i < 2000; i++) {
        all.push(socket.timeout(30_000).emitWithAck("sync:set", { key: `k${i % 50}`, value: i }).then((r) => order.push([r.ok, i])));
        if (i % 100 === 0) await sleep(1);
      }
      await Promise.all(all);
      assert.deepEqual(order, [...Array(2000).keys()].map((i) => [true, i]));
    });

    test("updates reach the same user's other connections only", async () => {
      const user = someone();
      const [a, b, x] = await Promise.all([ready(user, "a", options), ready(user, "b", options), ready(someone(), "x", options)]);
      let strays = 0;
      for (const s of [a, x]) s.on("sync:update", () => strays++);
      const update = once(b, "sync:update");
      a.emit("sync:set", { key: "k", value: [1, 2] });
      const { key, value, version, instanceId, userId, seq, cursor } = await update;
      assert.deepEqual([key, value, version, instanceId, userId], ["k", [1, 2], 1, "a", user]);
      assert.ok(seq > 0 && cursor);
      const removed = once(b, "sync:remove");
      a.emit("sync:remove", { key: "k" });
      assert.equal((await removed).key, "k");
      await sleep(100);
      assert.equal(strays, 0);
    });

    test("a client that was away gets what it missed, in order, once it acked once", async () => {
      const user = someone();
      const away = await ready(user, "phone", options);
      away.close();
      const desk = await ready(user, "desk", options);
      const writes = [];
      for (let i = 0; i < 1000; i++) writes.push(ask(desk, "sync:set", { key: `k${i}`, value: i }));
      await Promise.all(writes);
      const back = client(user, "phone", options);
      const missed = [];
      back.on("pending-updates", (events, ack) => {
        missed.push(...events);
        ack?.();
      });
      await once(back, "sync:ready", 20_000);
      assert.deepEqual(missed.map((e) => e.value), [...Array(1000).keys()]);
      await sleep(100);
      back.close();
      const again = client(user, "phone", options);
      const rest = [];
      again.on("pending-updates", (events, ack) => {
        rest.push(...events);
        ack?.();
      });
      await once(again, "sync:ready");
      assert.deepEqual(rest, []);
    });

    test("reconnects after the transport is cut, and sends what it kept", async () => {
      const socket = await ready(someone(), "a", options);
      const id = socket.id;
      const cut = once(socket, "disconnect");
      socket.io.engine.close();
      await cut;
      const kept = ask(socket, "sync:set", { key: "z", value: 1 });
      socket.connect();
      assert.equal((await kept).ok, true);
      assert.notEqual(socket.id, id);
    });

    test("tells an uninvited client why", async () => {
      for (const [auth, code] of [[{}, "api_key_missing"], [{ apiKey: "sk_nonsense" }, "api_key_invalid"], [{ token: "nonsense" }, "token_invalid"], [{ apiKey, extra: 1 }, "malformed"]]) {
        const error = await once(client(someone(), "a", { ...options, auth }), "connect_error");
        assert.deepEqual([error.message, error.data.code], [code, code]);
        assert.ok(error.data.message && error.data.requestId);
      }
      const inURL = client(someone(), "a", { ...options, auth: {}, query: { apiKey } });
      assert.equal((await once(inURL, "connect_error")).message, "malformed");
      inURL.close();
      const nowhere = io(`${url}/nowhere`, { forceNew: true, ...options });
      open.add(nowhere);
      assert.equal((await once(nowhere, "connect_error")).message, "Invalid namespace");
      nowhere.close();
    });

    test("a read-only key reads, and is refused writes", async () => {
      const socket = await ready(someone(), "a", { ...options, auth: { apiKey: reader } });
      assert.equal((await ask(socket, "sync:set", { key: "k", value: 1 })).error.code, "read_only");
      const refused = once(socket, "error");
      socket.emit("sync:set", { key: "k", value: 1 });
      assert.equal((await refused).code, "read_only");
      assert.equal((await ask(socket, "sync:getAll")).ok, true);
    });

    test("binary data is refused in its turn, and the connection stays", async () => {
      const socket = await ready(someone(), "a", options);
      const refused = await ask(socket, "sync:set", { key: "k", value: Buffer.from([1, 2, 3]) });
      assert.deepEqual([refused.ok, refused.error.code], [false, "malformed"]);
      assert.equal((await ask(socket, "sync:set", { key: "k", value: 1 })).ok, true);
    });

    test("an unknown event, and more than one argument, are malformed", async () => {
      const socket = await ready(someone(), "a", options);
      assert.equal((await ask(socket, "sync:nothing", {})).error.code, "malformed");
      assert.equal((await ask(socket, "sync:get", { key: "k" }, { key: "l" })).error.code, "malformed");
    });

    test("a second connection of an instance replaces the first", async () => {
      const user = someone();
      const first = await ready(user, "a", options);
      const told = once(first, "error");
      const gone = once(first, "disconnect");
      await ready(user, "a", options);
      assert.equal((await told).code, "replaced");
      assert.match(String((await gone)[0] ?? (await gone)), /io server disconnect/);
      assert.equal(first.active, false);
    });

    test("an item near the limit passes, one over it is refused, a frame over it closes", async () => {
      const socket = await ready(someone(), "a", { ...options, reconnection: false });
      const big = "x".repeat(itemBytes - 100);
      assert.equal((await ask(socket, "sync:set", { key: "big", value: big })).ok, true);
      assert.equal((await ask(socket, "sync:get", { key: "big" })).value.length, big.length);
      const over = await ask(socket, "sync:set", { key: "big", value: "x".repeat(itemBytes + 100) });
      assert.equal(over.error.code, "item_too_large");
      const gone = once(socket, "disconnect");
      socket.emit("sync:set", { key: "big", value: "x".repeat(itemBytes + 8192) });
      await gone;
    });
  });
}
