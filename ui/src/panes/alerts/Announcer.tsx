/**
 * Alerts for screen readers: politely at most every ten seconds, high severity assertively
 * (terminal specification, 12).
 */
import { useEffect, useState } from "react";
import type { FlowAlert } from "../../generated";
import { isMuted } from "./acks";
import { onAlert } from "./feed";

const EVERY_MS = 10_000;
/** Alerts older than this at arrival are a snapshot's, not news. */
const NEWS_MS = 15_000;

export function Announcer() {
  const [polite, setPolite] = useState("");
  const [assertive, setAssertive] = useState("");
  useEffect(() => {
    let waiting: FlowAlert[] = [];
    let timer = 0;
    const say = (): void => {
      timer = 0;
      const [first] = waiting;
      if (first !== undefined) {
        setPolite(waiting.length === 1 ? first.headline : `${waiting.length} alerts, the newest: ${waiting.at(-1)?.headline ?? ""}`);
      }
      waiting = [];
    };
    const startedAt = performance.now();
    const stop = onAlert((alert) => {
      if (alert.revision > 0 || isMuted(alert) || performance.now() - startedAt < NEWS_MS) return;
      if (alert.severity === "high") setAssertive(alert.headline);
      else {
        waiting.push(alert);
        if (timer === 0) timer = window.setTimeout(say, EVERY_MS);
      }
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, []);
  return (
    <>
      <span className="sr-only" role="status">
        {polite}
      </span>
      <span className="sr-only" role="alert">
        {assertive}
      </span>
    </>
  );
}
