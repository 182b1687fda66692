// Uploads go on while somebody looks at other pages: hash, begin, put the bytes into quarantine, complete.
import { asRefused, newKey, post, Refused } from "../http/client";
import type { Answer, BegunVersion, Document, Upload, Version } from "../wire";
import type { HashAnswer } from "./hash.worker";
import { Queue } from "./queue";

export type Phase = "waiting" | "hashing" | "uploading" | "finishing" | "done" | "failed";

export interface Uploading {
  readonly id: string;
  readonly case: string;
  readonly name: string;
  readonly phase: Phase;
  /** From 0 to 1 within the phase. */
  readonly progress: number;
  readonly refused: Refused | null;
}

interface Job {
  readonly file: File;
  readonly document: () => Promise<Document>;
  made: Document | null;
  sha256: string | null;
  readonly key: string;
}

/** How long to begin nothing after the hub said that too many uploads are open, unless it names a time. */
const TOO_MANY_WAIT_MS = 20_000;

export const TYPE_UNKNOWN = "application/octet-stream";

/** Browsers leave the type empty, or give parameters that the hub does not take. */
export const mediaType = (type: string): string => (/^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : TYPE_UNKNOWN);

class Uploads {
  private items: readonly Uploading[] = [];
  private readonly jobs = new Map<string, Job>();
  private readonly listeners = new Set<() => void>();
  private readonly queue = new Queue((id) => this.run(id));
  onDocument: (document: Document) => void = () => undefined;
  onVersion: (version: Version) => void = () => undefined;

  snapshot = (): readonly Uploading[] => this.items;
  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A file for a document that exists, or that is made first. */
  add(caseId: string, file: File, document: () => Promise<Document>): void {
    const id = newKey();
    this.jobs.set(id, { file, document, made: null, sha256: null, key: newKey() });
    this.items = [...this.items, { id, case: caseId, name: file.name, phase: "waiting", progress: 0, refused: null }];
    this.tell();
    this.queue.add(id);
  }

  retry(id: string): void {
    this.change(id, { phase: "waiting", progress: 0, refused: null });
    this.queue.add(id);
  }

  dismiss(id: string): void {
    this.items = this.items.filter((each) => each.id !== id);
    this.jobs.delete(id);
    this.tell();
  }

  /** Whoever comes next at this device must not send what is still waiting. */
  clear(): void {
    this.items = [];
    this.jobs.clear();
    this.tell();
  }

  /** One upload to its end; what the hub will take later comes back with the time to wait. */
  private async run(id: string): Promise<number | null> {
    const job = this.jobs.get(id);
    if (!job) return null; // dismissed while it waited
    try {
      this.change(id, { phase: "hashing", progress: 0 });
      job.sha256 ??= await hashFile(job.file, (progress) => this.change(id, { progress }));
      if (!this.jobs.has(id)) return null;
      job.made ??= await job.document();
      this.onDocument(job.made);
      this.change(id, { phase: "uploading", progress: 0 });
      const begun = await post<Answer<BegunVersion>>(
        `/documents/${job.made.id}/versions`,
        { file_name: job.file.name.slice(-255), media_type: mediaType(job.file.type), size: job.file.size, sha256: job.sha256 },
        job.key,
      );
      this.onVersion(begun.item.version);
      if (begun.item.upload) {
        await put(begun.item.upload, job.file, (progress) => this.change(id, { progress }));
        this.change(id, { phase: "finishing", progress: 1 });
        const completed = await post<Answer<Version>>(`/versions/${begun.item.version.id}/complete`, {});
        this.onVersion(completed.item);
      }
      this.change(id, { phase: "done", progress: 1 });
      setTimeout(() => this.dismiss(id), 4000);
    } catch (error) {
      const refused = asRefused(error);
      if (refused.code === "too_many") {
        this.change(id, { phase: "waiting", progress: 0 });
        return refused.retryAfterMs ?? TOO_MANY_WAIT_MS;
      }
      this.change(id, { phase: "failed", refused });
    }
    return null;
  }

  private change(id: string, change: Partial<Uploading>): void {
    this.items = this.items.map((each) => (each.id === id ? { ...each, ...change } : each));
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

export const uploads = new Uploads();

function hashFile(file: File, onProgress: (done: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./hash.worker.ts", import.meta.url), { type: "module" });
    const end = (act: () => void): void => {
      worker.terminate();
      act();
    };
    worker.onmessage = (event: MessageEvent<HashAnswer>) => {
      const answer = event.data;
      if ("done" in answer) onProgress(answer.done);
      else if ("sha256" in answer) end(() => resolve(answer.sha256));
      else end(() => reject(new Refused("bad_input", 0, answer.failed)));
    };
    worker.onerror = (event) => end(() => reject(new Refused("bad_input", 0, event.message || "The file could not be read")));
    worker.postMessage(file);
  });
}

/** XMLHttpRequest, because fetch tells nothing about how much was sent. */
function put(upload: Upload, file: File, onProgress: (sent: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", upload.url);
    for (const [name, value] of Object.entries(upload.headers)) {
      if (!/^(host|content-length)$/i.test(name)) request.setRequestHeader(name, value); // the browser's own
    }
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status < 300) resolve();
      else reject(new Refused(request.status >= 500 ? "unavailable" : "checksum", request.status, `The object store refused the file (${request.status})`));
    };
    request.onerror = () => reject(new Refused("offline", 0, "The connection broke during the upload"));
    request.send(file);
  });
}
