import { afterEach, expect, test, vi } from "vitest";
import { Problem, get, queryString, send } from "./rest";

afterEach(() => vi.unstubAllGlobals());

function answer(body: unknown, status = 200, headers: Record<string, string> = {}) {
  const calls: Request[] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    calls.push(new Request(`http://gateway${path}`, init));
    return Promise.resolve(new Response(JSON.stringify(body), { status, headers }));
  });
  return calls;
}

test("parameters leave out what is not given and join lists with commas", () => {
  expect(queryString({ side: ["AA", "A"], min_notional: 0, symbol: "", run: null, q: undefined })).toBe(
    "?side=AA%2CA&min_notional=0",
  );
  expect(queryString({})).toBe("");
});

test("a problem body becomes an error with its code and request id", async () => {
  answer({ title: "Bad parameter", code: "parameter_invalid", detail: "limit", request_id: "r1" }, 422);
  await expect(get("/news")).rejects.toMatchObject({ status: 422, code: "parameter_invalid", requestId: "r1" });
});

test("an error that is no problem body still has a code", async () => {
  answer("<html>", 502);
  await expect(get("/news")).rejects.toMatchObject({ status: 502, code: "http_502" });
});

test("an unreachable gateway is a problem too", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("refused")));
  await expect(get("/news")).rejects.toBeInstanceOf(Problem);
});

test("writes prove they are ours and carry the version they change", async () => {
  const calls = answer({ id: "w1" }, 200, { ETag: '"2"' });
  const written = await send("PUT", "/workspaces/w1", { name: "Tape" }, { ifMatch: '"1"' });
  expect(written.etag).toBe('"2"');
  expect(calls[0]?.headers.get("X-Islandflow")).toBe("1");
  expect(calls[0]?.headers.get("If-Match")).toBe('"1"');
  expect(calls[0]?.headers.get("Content-Type")).toBe("application/json");
});
