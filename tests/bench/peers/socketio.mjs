// Socket.IO with its in-memory adapter, which encodes a packet once for all; web sockets alone, no compression.
import { createServer } from "node:http";
import { Server } from "socket.io";
import { mark, serve } from "./paced.mjs";

const server = createServer();
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
const AROUND = 4 + '42["event",""]'.length; // bytes of the frame that are not the text

const broadcast = (size) => io.emit("event", mark().padEnd(size - AROUND));

await serve(server, broadcast);
