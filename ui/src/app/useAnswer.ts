/** Answers of the gateway that a pane reads again and again while it is shown. */
import { useEffect, useState } from "react";
import { Problem, get } from "../wire/rest";
import type { Parameters } from "../wire/rest";

export interface Answer<T> {
  /** Null until the first answer to what is asked now. */
  readonly body: T | null;
  /** Of the last attempt; the last good body stays. */
  readonly problem: Problem | null;
}

interface Held<T> extends Answer<T> {
  readonly key: string;
}

const NOTHING: Answer<never> = { body: null, problem: null };

/** Read `path` at once and every `everyMs` while the tab is seen. */
export function useAnswer<T>(path: string, parameters: Parameters, everyMs: number): Answer<T> {
  const key = `${path}?${JSON.stringify(parameters)}`;
  const [held, setHeld] = useState<Held<T> | null>(null);
  useEffect(() => {
    const aborter = new AbortController();
    const read = async (): Promise<void> => {
      if (document.hidden) return;
      try {
        const body = await get<T>(path, JSON.parse(key.slice(path.length + 1)) as Parameters, { signal: aborter.signal });
        setHeld({ key, body, problem: null });
      } catch (problem) {
        if (!(problem instanceof Problem)) return;
        setHeld((before) => ({ key, body: before?.key === key ? before.body : null, problem }));
      }
    };
    void read();
    const timer = window.setInterval(() => void read(), everyMs);
    return () => {
      aborter.abort();
      window.clearInterval(timer);
    };
  }, [path, key, everyMs]);
  return held?.key === key ? held : NOTHING;
}
