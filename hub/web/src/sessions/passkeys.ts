// Passkeys: the hub's questions as JSON become the browser's, and its answers JSON again. Bytes travel as base64url.

type Json = Readonly<Record<string, unknown>>;

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

export function textOf(bytes: ArrayBuffer): string {
  let plain = "";
  for (const byte of new Uint8Array(bytes)) plain += String.fromCharCode(byte);
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export const canPasskeys = (): boolean => "PublicKeyCredential" in window;

/** Nothing was chosen, or the time was over: no reason to say that something broke. */
export class Declined extends Error {}

interface Described {
  readonly id: string;
  readonly type: "public-key";
  readonly transports?: AuthenticatorTransport[];
}

const described = (list: unknown): PublicKeyCredentialDescriptor[] => ((list ?? []) as Described[]).map((each) => ({ ...each, id: bytesOf(each.id) }));

/** What a browser is asked to make: `navigator.credentials.create`'s options. */
export function toMake(options: Json): PublicKeyCredentialCreationOptions {
  const user = options.user as { id: string; name: string; displayName: string };
  return {
    ...(options as unknown as PublicKeyCredentialCreationOptions),
    challenge: bytesOf(options.challenge as string),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: described(options.excludeCredentials),
  };
}

/** What a browser is asked to show: `navigator.credentials.get`'s options. */
export function toShow(options: Json): PublicKeyCredentialRequestOptions {
  return {
    ...(options as unknown as PublicKeyCredentialRequestOptions),
    challenge: bytesOf(options.challenge as string),
    allowCredentials: described(options.allowCredentials),
  };
}

/** Ask for a new passkey; throws `Declined` when none was made. */
export async function makePasskey(options: Json): Promise<Json> {
  const made = await asked(() => navigator.credentials.create({ publicKey: toMake(options) }));
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...common(made),
    response: { clientDataJSON: textOf(response.clientDataJSON), attestationObject: textOf(response.attestationObject), transports: response.getTransports() },
  };
}

/** Ask for a passkey that is there; throws `Declined` when none was shown. */
export async function showPasskey(options: Json): Promise<Json> {
  const shown = await asked(() => navigator.credentials.get({ publicKey: toShow(options) }));
  const response = shown.response as AuthenticatorAssertionResponse;
  return {
    ...common(shown),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
      userHandle: response.userHandle ? textOf(response.userHandle) : null,
    },
  };
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let found: Credential | null;
  try {
    found = await ask();
  } catch (error) {
    // Browsers do not say more than this, so that no page learns which passkeys there are.
    if (error instanceof DOMException) throw new Declined(error.name);
    throw error;
  }
  if (!(found instanceof PublicKeyCredential)) throw new Declined("none");
  return found;
}

const common = (credential: PublicKeyCredential): Json => ({
  id: credential.id,
  rawId: textOf(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment,
  clientExtensionResults: credential.getClientExtensionResults(),
});
