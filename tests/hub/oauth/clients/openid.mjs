// openid-client, which nobody here wrote, against a running hub. It says on a line what a person has to do, and reads a
// line when they have done it; the last line is what came of it all.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const { issuer, web, native, service, back } = JSON.parse(process.argv[2]);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (question) => {
  console.log(JSON.stringify(question));
  return JSON.parse((await answers.next()).value);
};
const refused = async (work) => {
  try {
    await work();
    return "not refused";
  } catch (error) {
    return error.error ?? error.code ?? String(error);
  }
};
const discover = async (app, authentication) => {
  const config = await client.discovery(new URL(issuer), app.id, app.metadata ?? {}, authentication, { execute: [client.allowInsecureRequests] });
  client.enableNonRepudiationChecks(config); // the signatures of identity tokens, by the published keys
  return config;
};

const done = {};
for (const [name, authentication] of [["basic", client.ClientSecretBasic(web.secret)], ["post", client.ClientSecretPost(web.secret)]]) {
  const config = await discover(web, authentication);
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: back,
    scope: "openid profile email offline_access read",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const { to } = await ask({ visit: url.href });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
  if (name === "basic") {
    const mixed = new URL(to);
    mixed.searchParams.set("iss", "https://evil.test");
    done.mixed = await refused(() => client.authorizationCodeGrant(config, mixed, checks));
    mixed.searchParams.delete("iss");
    done.silent = await refused(() => client.authorizationCodeGrant(config, mixed, checks));
  }
  const tokens = await client.authorizationCodeGrant(config, new URL(to), checks);
  const claims = tokens.claims();
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const next = await client.refreshTokenGrant(config, tokens.refresh_token);
  const looked = await client.tokenIntrospection(config, next.access_token);
  const resource = await client.fetchProtectedResource(config, next.access_token, new URL("/v1/me", issuer), "GET");
  await client.tokenRevocation(config, next.refresh_token);
  const after = await client.tokenIntrospection(config, next.access_token);
  done[name] = { sub: claims.sub, email: info.email, active: looked.active, scope: looked.scope, me: (await resource.json()).id, after: after.active };
  done.reused = await refused(() => client.refreshTokenGrant(config, tokens.refresh_token));
  done.leave = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: web.bye }).href;
}

const device = await discover(native, client.None());
const begun = await client.initiateDeviceAuthorization(device, { scope: "openid offline_access read" });
await ask({ type: begun.user_code });
const held = await client.pollDeviceAuthorizationGrant(device, begun);
done.device = { sub: held.claims().sub, refreshed: typeof (await client.refreshTokenGrant(device, held.refresh_token)).access_token };

const machine = await discover(service, client.ClientSecretBasic(service.secret));
const own = await client.clientCredentialsGrant(machine, { scope: "read" });
done.service = (await (await client.fetchProtectedResource(machine, own.access_token, new URL("/v1/me", issuer), "GET")).json()).id;
console.log(JSON.stringify({ done }));
process.exit(0);
