// An identity provider as others wrote it. It says its address; each line that it reads then is a client, as JSON, which it
// serves from there on. Whoever signs in is who they type, with an address at office.test.
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import Provider from "oidc-provider";

let provider;
const server = createServer((request, response) => provider.callback()(request, response));
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const serve = (clients) => {
    provider = new Provider(issuer, {
      clients,
      claims: { email: ["email", "email_verified"], profile: ["name"] },
      pkce: { required: () => true },
      cookies: { keys: ["for tests alone"] },
      findAccount: (_, id) => ({
        accountId: id,
        claims: () => ({ sub: id, name: `Person ${id}`, email: `${id}@office.test`, email_verified: true }),
      }),
    });
  };
  serve([]);
  console.log(issuer);
  createInterface({ input: process.stdin }).on("line", (line) => {
    serve([JSON.parse(line)]);
    console.log("ready");
  });
});
process.stdin.on("end", () => process.exit());
