// Saves what is too large to be held: straight into a file, where the browser can do that.

interface Writable extends WritableStream<Uint8Array> {
  abort: (reason?: unknown) => Promise<void>;
}
interface Picked {
  createWritable: () => Promise<Writable>;
}
type Picker = (options: { suggestedName: string; types: { description: string; accept: Record<string, string[]> }[] }) => Promise<Picked>;

const picker = (): Picker | undefined => (window as { showSaveFilePicker?: Picker }).showSaveFilePicker;

/** Whether the browser lets a page write into a file that its reader chooses; else it downloads as it always does. */
export const canPick = (): boolean => typeof picker() === "function";

/** What is not larger is held while it comes, so that it is seen coming in every browser. */
export const HELD_BYTES_MAX = 128 << 20;

/** Asks where to, and writes what comes; false when the reader chose nowhere or stopped it. `onBytes` is told how much is there. */
export async function save(url: string, name: string, signal: AbortSignal, onBytes: (count: number) => void): Promise<boolean> {
  let file: Picked;
  try {
    file = await picker()!({ suggestedName: name, types: [{ description: "ZIP", accept: { "application/zip": [".zip"] } }] });
  } catch (error) {
    if (isAbort(error)) return false;
    throw error;
  }
  try {
    // A file that was not written to its end is thrown away by the browser.
    await (await coming(url, signal, onBytes)).pipeTo(await file.createWritable(), { signal });
    return true;
  } catch (error) {
    if (isAbort(error)) return false;
    throw error;
  }
}

/** Holds what comes, and saves it as the browser downloads; false when it was stopped. */
export async function hold(url: string, name: string, signal: AbortSignal, onBytes: (count: number) => void): Promise<boolean> {
  try {
    const stream = await coming(url, signal, onBytes);
    saveFile(await new Response(stream, { headers: { "Content-Type": "application/zip" } }).blob(), name);
    return true;
  } catch (error) {
    if (isAbort(error)) return false;
    throw error;
  }
}

/** The bytes at an address, counted. It fails where they end before they should. */
async function coming(url: string, signal: AbortSignal, onBytes: (count: number) => void): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const answer = await fetch(url, { signal, credentials: "omit" });
  if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
  let count = 0;
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, on) {
      count += piece.byteLength;
      onBytes(count);
      on.enqueue(piece);
    },
  });
  return answer.body.pipeThrough(counted);
}

const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";

/** Bytes for people, such as `1.2 GB`. */
export function shownBytes(count: number): string {
  for (const [unit, step] of [["GB", 1 << 30], ["MB", 1 << 20], ["kB", 1 << 10]] as const) if (count >= step) return `${(count / step).toFixed(1)} ${unit}`;
  return `${count} B`;
}

/** Saves what is held already, as the browser downloads. */
export function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
