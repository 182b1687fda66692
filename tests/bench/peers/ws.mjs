// Node `ws` as its documentation broadcasts: the same bytes to every client. They are made once, which spares it a copy.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { mark, serve } from "./paced.mjs";

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
const HEAD = 4; // bytes of the frame before the payload

function broadcast(size) {
  const data = Buffer.from(`{"op":"event","body":"${mark()}"`.padEnd(size - HEAD - 1) + "}");
  for (const client of sockets.clients) client.send(data, { binary: false });
}

await serve(server, broadcast);
