// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { AnalysisStatus } from "../protocol/generated/messages";
import { Scope } from "../scope";
import type { WatchWorld } from "./analyses";
import { analysisAddress, eraseAnalysis, fetchAnalyses, fetchResult, watchAnalysis } from "./analyses";
import { Refusal } from "./api";
import { FakeSocket } from "./fake_socket";

const kId = "0123456789abcdef";
const kPage = new URL("https://radio.example/#/analyse");
const status = (state: AnalysisStatus["state"], progress: number): AnalysisStatus => ({ id: kId, name: "a.wav", state, progress, created: 1 });

describe("analyses over REST", () => {
  afterEach(() => { vi.unstubAllGlobals(); });
  const answering = (...answers: readonly Response[]): ReturnType<typeof vi.fn> => {
    const fetched = vi.fn();
    answers.forEach((answer) => fetched.mockResolvedValueOnce(answer));
    vi.stubGlobal("fetch", fetched);
    return fetched;
  };

  it("are listed and deleted", async () => {
    const fetched = answering(Response.json({ analyses: [status("done", 1)] }), new Response(null, { status: 204 }));
    expect(await fetchAnalyses()).toEqual([status("done", 1)]);
    await eraseAnalysis(kId);
    expect(fetched.mock.calls.at(-1)?.slice(0, 2)).toMatchObject([`/api/analyses/${kId}`, { method: "DELETE" }]);
  });

  it("are refused in the server's own words, and nonsense is not believed", async () => {
    answering(Response.json({ error: { code: "not_found", message: "no such analysis" } }, { status: 404 }), Response.json({ analysis: 7 }));
    await expect(fetchResult(kId)).rejects.toMatchObject({ status: 404, message: "no such analysis" });
    await expect(fetchResult(kId)).rejects.toBeInstanceOf(Refusal);
  });
});

describe("following an analysis", () => {
  let sockets: FakeSocket[] = [];
  let scope = new Scope();
  const heard: (AnalysisStatus | "gone")[] = [];
  const begin = (ask: WatchWorld["ask"]): void => {
    const world: WatchWorld = {
      ask, random: () => 0.5,
      open: (address) => {
        const socket = new FakeSocket(address);
        sockets.push(socket);
        return socket;
      },
    };
    watchAnalysis(kId, kPage, { status: (now) => heard.push(now), gone: () => heard.push("gone") }, scope, world);
  };
  beforeEach(() => {
    vi.useFakeTimers();
    sockets = [];
    heard.length = 0;
    scope = new Scope();
  });
  afterEach(() => {
    scope.close();
    vi.useRealTimers();
  });

  it("goes to the server the page came from", () => {
    expect(analysisAddress(kPage, kId)).toBe(`wss://radio.example/ws/analyses/${kId}`);
    expect(analysisAddress(new URL("http://h:8080/"), kId)).toBe(`ws://h:8080/ws/analyses/${kId}`);
  });

  it("tells of progress until the end, then hangs up", () => {
    begin(() => Promise.reject(new Error("not asked")));
    for (const now of [status("queued", 0), status("running", 0.5), status("done", 1)]) {
      sockets[0]?.says(JSON.stringify(now));
    }
    expect(heard).toEqual([status("queued", 0), status("running", 0.5), status("done", 1)]);
    expect(sockets[0]?.closed).not.toBeNull();
  });

  it("asks by GET when the connection breaks, and opens it again", async () => {
    begin(() => Promise.resolve(status("running", 0.6)));
    sockets[0]?.says("{nonsense");
    sockets[0]?.breaks();
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard).toEqual([status("running", 0.6)]);
    expect(sockets).toHaveLength(2);
    sockets[1]?.says(JSON.stringify(status("failed", 0.6)));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(sockets).toHaveLength(2);
  });

  it("ends when the analysis has been deleted, or has ended unseen", async () => {
    begin(() => Promise.reject(new Refusal(404, "no such analysis")));
    sockets[0]?.breaks();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(heard).toEqual(["gone"]);
    expect(sockets).toHaveLength(1);
    heard.length = 0;
    begin(() => Promise.resolve(status("done", 1)));
    sockets[1]?.breaks();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(heard).toEqual([status("done", 1)]);
    expect(sockets).toHaveLength(2);
  });

  it("says nothing more once nobody listens", async () => {
    begin(() => Promise.resolve(status("running", 0.1)));
    sockets[0]?.breaks();
    scope.close();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(heard).toEqual([]);
  });
});
