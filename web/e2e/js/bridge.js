// The official socket.io-client on a string: commands come in as lines of JSON
// and everything that the client hears goes out as lines of JSON.
// TIDEMARK_URL, TIDEMARK_KEY, USER, INSTANCE, TRANSPORTS (by comma) and ACKS
// ("yes": pending-updates are acknowledged) say what to be.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../live/testdata/", import.meta.url));
const { io } = require("socket.io-client");
const { TIDEMARK_URL, TIDEMARK_KEY, USER, INSTANCE, TRANSPORTS, ACKS } = process.env;

const socket = io(`${TIDEMARK_URL}/sync`, {
  auth: { apiKey: TIDEMARK_KEY },
  query: { userId: USER, instanceId: INSTANCE },
  ...(TRANSPORTS ? { transports: TRANSPORTS.split(",") } : {}),
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
});

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

socket.on("connect", () => say({ event: "connect", data: { transport: socket.io.engine.transport.name } }));
socket.on("disconnect", (reason) => say({ event: "disconnect", data: { reason } }));
socket.on("connect_error", (e) => say({ event: "connect_error", data: { message: e.message, ...e.data } }));
socket.onAny((event, data, ack) => {
  say({ event, data });
  if (ACKS === "yes" && typeof ack === "function") ack();
});

const commands = {
  emit: ({ id, event, data }) => socket.emit(event, data, (answer) => say({ ack: id, data: answer })),
  cut: () => socket.io.engine.close(),
  disconnect: () => socket.disconnect(),
  connect: () => socket.connect(),
};

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const command = JSON.parse(line);
  commands[command.do](command);
});
lines.on("close", () => process.exit(0));
