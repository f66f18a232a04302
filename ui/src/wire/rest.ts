/**
 * REST client: same origin, cookies, problem+json errors (gateway specification, 3 and 11).
 *
 * `get` reads, `send` writes with the header that proves the request is ours, and with `If-Match`
 * for documents. Parameters left undefined, null or empty are not sent; lists go comma separated.
 */
import type { OptionsPage } from "../generated/rest";
import type { Filters, Stream, Streams } from "./streams";

/** An error body of the gateway, or what stands for it when none came. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly requestId: string | null,
    readonly errors: readonly { readonly field: string; readonly message: string }[],
  ) {
    super(detail === "" ? title : `${title}: ${detail}`);
    this.name = "Problem";
  }
}

/** What went wrong, in words an operator can report. */
export function causeText(cause: unknown): string {
  return cause instanceof Problem ? `${cause.message} (${cause.code})` : String(cause);
}

export type Parameter = string | number | boolean | readonly string[] | null | undefined;
export type Parameters = Readonly<Record<string, Parameter>>;

/** A page of any stream, either way: the envelopes differ in their records, and not all have links. */
export type Page<R> = Pick<OptionsPage, "as_of" | "next_cursor" | "source"> &
  Partial<Pick<OptionsPage, "links" | "next_before">> & { readonly data: readonly R[] };

/** A body with the version it was read under, for the `If-Match` of a later write. */
export interface Versioned<T> {
  readonly body: T;
  readonly etag: string | null;
}

interface Options {
  readonly signal?: AbortSignal;
  readonly ifMatch?: string;
}

export function queryString(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === null || value === "") continue;
    if (typeof value === "object") {
      if (value.length > 0) query.set(name, value.join(","));
    } else query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

async function problemOf(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = await response.json();
    if (typeof parsed === "object" && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    // A proxy in between answers in HTML; the status is then all there is to say.
  }
  const string = (name: string, otherwise: string): string =>
    typeof body[name] === "string" ? body[name] : otherwise;
  return new Problem(
    response.status,
    string("code", `http_${response.status}`),
    string("title", response.statusText || `HTTP ${response.status}`),
    string("detail", ""),
    typeof body.request_id === "string" ? body.request_id : null,
    Array.isArray(body.errors) ? (body.errors as Problem["errors"]) : [],
  );
}

/** Its 401 says that the password is wrong, which the form tells itself. */
export const LOGIN = "/auth/login";

let signedOut: () => void = () => undefined;

/** Be told when the gateway no longer knows who asks. */
export function onSignedOut(told: () => void): void {
  signedOut = told;
}

/** Ask the gateway; an answer that is an error is thrown as its `Problem`. */
export async function call(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new Problem(0, "unreachable", "The gateway cannot be reached", "", null, []);
  }
  if (response.status === 401 && path !== LOGIN) signedOut();
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function bodyOf<T>(response: Response): Promise<T> {
  return (response.status === 204 ? null : await response.json()) as T;
}

export async function get<T>(path: string, parameters: Parameters = {}, options: Options = {}): Promise<T> {
  return (await getVersioned<T>(path, parameters, options)).body;
}

export async function getVersioned<T>(
  path: string,
  parameters: Parameters = {},
  options: Options = {},
): Promise<Versioned<T>> {
  const response = await call(path + queryString(parameters), {
    headers: { Accept: "application/json" },
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return { body: await bodyOf<T>(response), etag: response.headers.get("ETag") };
}

type Method = "POST" | "PUT" | "DELETE";

export async function send<T>(method: Method, path: string, body?: unknown, options: Options = {}): Promise<Versioned<T>> {
  const response = await sendRaw(method, path, body, options);
  return { body: await bodyOf<T>(response), etag: response.headers.get("ETag") };
}

/** The same for an answer that is a file. */
export function sendRaw(method: Method, path: string, body?: unknown, options: Options = {}): Promise<Response> {
  return call(path, {
    method,
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-Islandflow": "1",
      ...(options.ifMatch === undefined ? {} : { "If-Match": options.ifMatch }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
}

/** Read a page of stored records, newest first. */
export function history<S extends Stream>(
  stream: S,
  filters: Filters,
  parameters: Parameters,
  options: Options = {},
): Promise<Page<Streams[S]>> {
  return get(`/history/${stream}`, { ...filters, ...parameters }, options);
}

/** Read a page of stored records, oldest first. */
export function ascending<S extends Stream>(
  stream: S,
  filters: Filters,
  parameters: Parameters,
  options: Options = {},
): Promise<Page<Streams[S]>> {
  return get(`/replay/${stream}`, { ...filters, ...parameters }, options);
}
