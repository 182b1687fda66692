// One way to speak with the hub: JSON in and out, problem+json for errors.
import type { ErrorCode, FieldProblem, Problem } from "../wire";

/** Why a request failed. `code` is the hub's, or `offline` when no answer came at all. */
export class Refused extends Error {
  readonly code: ErrorCode | "offline";
  readonly status: number;
  readonly detail: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterMs: number | null;

  constructor(code: string, status: number, title: string, detail = "", fields: readonly FieldProblem[] = [], retry: number | null = null) {
    super(detail || title);
    this.name = "Refused";
    this.code = code as ErrorCode | "offline";
    this.status = status;
    this.detail = detail;
    this.fields = fields;
    this.retryAfterMs = retry;
  }

  /** Whether the very same request may succeed later. */
  get passing(): boolean {
    return this.code === "offline" || this.status === 429 || this.status >= 500;
  }

  /** What is wrong with the field at a JSONPath such as `$.intake.location`. */
  at(path: string): string | undefined {
    return this.fields.find((field) => field.at === path)?.why;
  }
}

export function asRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  return new Refused("offline", 0, error instanceof Error ? error.message : String(error));
}

let askProof: (() => Promise<boolean>) | null = null;

/** Called when the hub wants to know once more who is there; answers whether that was proved. */
export function whenStepUpNeeded(ask: (() => Promise<boolean>) | null): void {
  askProof = ask;
}

/** What somebody reads while they look as somebody else, and that they write nothing then: `views/looking.ts`. */
let through: ((method: Method, path: string) => string) | null = null;

export function lookThrough(rewrite: ((method: Method, path: string) => string) | null): void {
  through = rewrite;
}

interface Options {
  readonly body?: unknown;
  readonly key?: string;
  readonly revision?: number;
  readonly signal?: AbortSignal;
  readonly raw?: Blob;
  /** The answer is a file, and no JSON. */
  readonly file?: boolean;
  /** The person was asked for a proof already. */
  readonly asked?: boolean;
}

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

let onSignedOut: () => void = () => undefined;

/** Called when the hub says that nobody is signed in any more. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

export async function request<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: options.file ? "*/*" : "application/json" };
  let body: BodyInit | undefined;
  if (options.raw) {
    body = options.raw;
    headers["Content-Type"] = options.raw.type || "application/octet-stream";
  } else if (options.body !== undefined) {
    body = JSON.stringify(options.body);
    headers["Content-Type"] = "application/json";
  }
  if (options.key) headers["Idempotency-Key"] = options.key;
  if (options.revision !== undefined) headers["If-Match"] = `"${options.revision}"`;
  let response: Response;
  try {
    response = await fetch(`/v1${through ? through(method, path) : path}`, { method, headers, body, signal: options.signal, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof Refused || (error instanceof DOMException && error.name === "AbortError")) throw error;
    throw new Refused("offline", 0, "No answer from Casewire");
  }
  if (response.ok && options.file) return (await response.blob()) as T;
  const text = await response.text();
  if (response.ok) return (text ? JSON.parse(text) : undefined) as T;
  const problem = readProblem(text);
  if (response.status === 401 && problem?.code !== "bad_credentials" && path !== "/me") onSignedOut();
  // Once, and then the same request again with the same key: it did nothing yet.
  if (problem?.code === "step_up_needed" && askProof && !options.asked && (await askProof())) return request(method, path, { ...options, asked: true });
  throw new Refused(
    problem?.code ?? (response.status >= 500 ? "internal" : "bad_input"),
    response.status,
    problem?.title ?? response.statusText,
    problem?.detail,
    problem?.fields,
    problem?.retry_after_ms ?? null,
  );
}

function readProblem(text: string): Problem | null {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return null; // a proxy in between may answer with a page of its own
  }
}

/** A key for one intended write; the same key goes with every retry of it. */
export const newKey = (): string => crypto.randomUUID();

// Writes whose outcome is unknown, by what they say: pressing the button again must not do the thing twice.
const undecided = new Map<string, string>();

/** POST with a key. The same body sent again after an unknown outcome goes with the same key. */
export async function post<T>(path: string, body: unknown, key?: string): Promise<T> {
  const said = `${path} ${JSON.stringify(body)}`;
  const used = key ?? undecided.get(said) ?? newKey();
  undecided.set(said, used);
  try {
    const answer = await request<T>("POST", path, { body, key: used });
    undecided.delete(said);
    return answer;
  } catch (error) {
    if (!asRefused(error).passing) undecided.delete(said);
    throw error;
  }
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => request<T>("GET", path, { signal });
export const put = <T>(path: string, body: unknown): Promise<T> => request<T>("PUT", path, { body });
export const patch = <T>(path: string, body: unknown, revision: number): Promise<T> =>
  request<T>("PATCH", path, { body, revision });
export const remove = <T>(path: string, revision?: number): Promise<T> => request<T>("DELETE", path, { revision });

/** A query string of what is set. */
export function query(parameters: Record<string, string | number | boolean | undefined | null>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

/** A path with more said about it; it may have a query already. */
export function withQuery(path: string, parameters: Parameters<typeof query>[0]): string {
  const more = query(parameters);
  return path.includes("?") ? path + more.replace("?", "&") : path + more;
}
