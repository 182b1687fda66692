// What every peer here does: print the port, then for each line "EVENTS BURST PACE_US SIZE" of standard input send
// EVENTS bursts of BURST frames of SIZE bytes to every client, a burst every PACE_US, and answer "done". Ends with its
// input.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const now = () => process.hrtime.bigint(); // CLOCK_MONOTONIC

export const mark = () => `t=${now()};`;

export async function serve(server, broadcast) {
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => console.log(server.address().port));
  for await (const line of createInterface({ input: process.stdin })) {
    const [events, burst, pace, size] = line.split(" ").map(Number);
    const begun = Number(now()) / 1e6;
    for (let event = 0; event < events; event++) {
      await sleep(Math.max(0, begun + (event * pace) / 1e3 - Number(now()) / 1e6));
      for (let b = 0; b < burst; b++) broadcast(size);
    }
    console.log("done");
  }
  process.exit(0);
}
