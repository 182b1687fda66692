// SHA-256 of a file, away from the page. Small files at once by the browser; large ones piece by piece, for their
// bytes need not all be in memory. The policy allows no WebAssembly, so the pieces are hashed in JavaScript.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const AT_ONCE_BYTES_MAX = 32 << 20;
const PIECE_BYTES = 4 << 20;

export type HashAnswer = { readonly done: number } | { readonly sha256: string } | { readonly failed: string };

const say = (answer: HashAnswer): void => self.postMessage(answer);

self.onmessage = async (event: MessageEvent<File>) => {
  const file = event.data;
  try {
    if (file.size <= AT_ONCE_BYTES_MAX && "subtle" in crypto) {
      const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
      say({ sha256: bytesToHex(new Uint8Array(digest)) });
      return;
    }
    const hash = sha256.create();
    for (let at = 0; at < file.size; at += PIECE_BYTES) {
      hash.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
      say({ done: Math.min(1, (at + PIECE_BYTES) / file.size) });
    }
    say({ sha256: bytesToHex(hash.digest()) });
  } catch (error) {
    say({ failed: String(error) });
  }
};
