// SPDX-License-Identifier: Apache-2.0
import type { AnalysisDocument, AnalysisStatus, Result } from "../protocol/generated/messages";
import { parseAnalysisDocument, parseAnalysisList, parseAnalysisStatus, parseErrorDocument } from "../protocol/generated/messages";
import type { Peaks } from "../protocol/peaks";
import { parsePeaks } from "../protocol/peaks";
import { Scope } from "../scope";
import { Refusal } from "./api";
import { Backoff } from "./backoff";

/** Newest first. @throws Refusal; 404 where the server analyses nothing */
export async function fetchAnalyses(): Promise<readonly AnalysisStatus[]> {
  return read(await ask("/api/analyses"), parseAnalysisList).then((list) => list.analyses);
}

/** @throws Refusal */
export async function fetchAnalysis(id: string): Promise<AnalysisStatus> {
  return read(await ask(`/api/analyses/${id}`), parseAnalysisStatus);
}

/** @throws Refusal */
export async function fetchResult(id: string): Promise<AnalysisDocument> {
  return read(await ask(`/api/analyses/${id}/result`), parseAnalysisDocument);
}

/** @throws Refusal */
export async function fetchPeaks(id: string): Promise<Peaks> {
  const answer = await ask(`/api/analyses/${id}/peaks`, { headers: { accept: "application/octet-stream" } });
  const peaks = parsePeaks(await answer.arrayBuffer());
  if (peaks === null) {
    throw new Refusal(answer.status, "the server's waveform makes no sense");
  }
  return peaks;
}

/** Where the analysis lies as one line of a table. */
export function csvAddress(id: string): string {
  return `/api/analyses/${id}/csv`;
}

/** @throws Refusal */
export async function eraseAnalysis(id: string): Promise<void> {
  await ask(`/api/analyses/${id}`, { method: "DELETE" });
}

/** Sends a recording. @param sent told the share that has gone out @throws Refusal, with the server's own words */
export function submitFile(file: File, sent: (share: number) => void, signal: AbortSignal): Promise<AnalysisStatus> {
  const scope = new Scope();
  // fetch() cannot tell how much of a body has gone out.
  const request = new XMLHttpRequest();
  return new Promise<AnalysisStatus>((resolve, reject) => {
    scope.listen<ProgressEvent>(request.upload, "progress", (event) => { sent(event.total > 0 ? event.loaded / event.total : 0); });
    scope.listen(request, "load", () => {
      const body = json(request.responseText);
      const status = parseAnalysisStatus(body);
      if (request.status >= 200 && request.status < 300 && status.ok) {
        resolve(status.value);
      } else {
        reject(refusal(request.status, body));
      }
    });
    scope.listen(request, "error", () => { reject(unreachable()); });
    scope.listen(request, "abort", () => { reject(new DOMException("stopped", "AbortError")); });
    scope.listen(signal, "abort", () => { request.abort(); });
    request.open("POST", `/api/analyses?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.send(file);
  }).finally(() => { scope.close(); });
}

/** Where an analysis says how it goes. @param page the page's own address */
export function analysisAddress(page: URL, id: string): string {
  const address = new URL(`/ws/analyses/${id}`, page);
  address.protocol = page.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

/** What following an analysis needs of the world, so that a test can be it. */
export interface WatchWorld {
  open(address: string): EventTarget & { close(): void };
  ask(id: string): Promise<AnalysisStatus>;
  random(): number;
}

const kBrowser: WatchWorld = {
  open: (address) => new WebSocket(address),
  ask: fetchAnalysis,
  random: () => Math.random(),
};

export interface WatchEvents {
  status(status: AnalysisStatus): void;
  /** It is there no more, or never was. */
  gone(): void;
}

export function isOver(status: AnalysisStatus): boolean {
  return status.state === "done" || status.state === "failed";
}

/** Follows an analysis to its end; a connection that breaks is opened again, and asked for by GET meanwhile. */
export function watchAnalysis(id: string, page: URL, events: WatchEvents, scope: Scope, world: WatchWorld = kBrowser): void {
  const backoff = new Backoff(() => world.random());
  const life = scope.child();
  const ending = new AbortController();
  const over = ending.signal;
  life.add(() => { ending.abort(); });
  const told = (status: AnalysisStatus): void => {
    if (isOver(status)) {
      life.close();
    }
    events.status(status);
  };
  const connect = (): void => {
    const attempt = life.child();
    const socket = attempt.own(world.open(analysisAddress(page, id)));
    attempt.listen<MessageEvent<unknown>>(socket, "message", ({ data }) => {
      const status = parseAnalysisStatus(typeof data === "string" ? json(data) : null);
      if (status.ok) {
        backoff.reset();
        told(status.value);
      }
    });
    attempt.listen(socket, "close", () => {
      attempt.close();
      void recover();
    });
  };
  const recover = async (): Promise<void> => {
    const answer = await world.ask(id).catch((error: unknown) => error);
    if (over.aborted) {
      return;
    }
    if (answer instanceof Refusal && answer.status === 404) {
      life.close();
      events.gone();
      return;
    }
    const status = parseAnalysisStatus(answer);
    if (status.ok) {
      told(status.value);
      if (isOver(status.value)) {
        return;
      }
    }
    life.after(backoff.next(), connect);
  };
  connect();
}

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { headers: { accept: "application/json" }, ...options });
  } catch {
    throw unreachable();
  }
  if (!answer.ok) {
    throw refusal(answer.status, await answer.json().catch(() => null));
  }
  return answer;
}

async function read<T>(answer: Response, parse: (value: unknown) => Result<T>): Promise<T> {
  const result = parse(await answer.json().catch(() => null));
  if (!result.ok) {
    throw new Refusal(answer.status, `the server's answer makes no sense: ${result.error.message}`);
  }
  return result.value;
}

function refusal(status: number, body: unknown): Refusal {
  const refused = parseErrorDocument(body);
  return new Refusal(status, refused.ok ? refused.value.error.message : `the server answered ${status}`);
}

function unreachable(): Refusal {
  return new Refusal(0, "the server cannot be reached");
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
