/** Rejected messages of a topic, and sending them again, which asks first. */
import { useEffect, useState } from "react";
import type { DeadLetters as Letters, DeadLettersReplayed } from "../../generated/rest";
import { Button, Dialog } from "../../ui/primitives";
import { count } from "../../ui/number";
import { Problem, get, send } from "../../wire/rest";

const words = (cause: unknown): string =>
  cause instanceof Problem ? `${cause.message} (${cause.code}, request ${cause.requestId ?? "unknown"})` : String(cause);

export function DeadLetters({ topic, onClose }: { readonly topic: string; readonly onClose: () => void }) {
  const [letters, setLetters] = useState<Letters | null>(null);
  const [said, setSaid] = useState("");
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    const aborter = new AbortController();
    get<Letters>("/ops/dlq", { topic, limit: 200 }, { signal: aborter.signal }).then(setLetters, (cause: unknown) => {
      if (!aborter.signal.aborted) setSaid(words(cause));
    });
    return () => aborter.abort();
  }, [topic]);
  const again = async (): Promise<void> => {
    setAsking(false);
    try {
      const { body } = await send<DeadLettersReplayed>("POST", "/ops/dlq/replay", { topics: [topic] });
      setSaid(`${count(body.replayed)} sent again, ${count(body.skipped)} left: their bytes are no message.`);
    } catch (cause) {
      setSaid(words(cause));
    }
  };
  const total = letters?.totals[topic] ?? 0;
  return (
    <Dialog label={`dead letters of ${topic}`} onClose={onClose} className="wide-dialog">
      <div className="form">
        <h2 className="dialog-title">
          Dead letters of {topic}: {letters === null ? "reading" : count(total)}
        </h2>
        <table className="plain-table">
          <thead>
            <tr>
              <th>place</th>
              <th>error</th>
              <th>origin</th>
              <th className="num">attempt</th>
              <th className="num">bytes</th>
              <th>sent again</th>
            </tr>
          </thead>
          <tbody>
            {letters?.data.map((letter) => (
              <tr key={letter.id} title={`first bytes: ${letter.value_hex.slice(0, 256)}`}>
                <td className="mono">
                  {letter.partition ?? "?"}/{letter.offset ?? "?"}
                </td>
                <td className="wide">{letter.error}</td>
                <td>{letter.origin}</td>
                <td className="num">{letter.attempt}</td>
                <td className="num">{count(letter.size)}</td>
                <td>{letter.is_replayed ? "yes" : letter.is_replayable ? "no" : "cannot be"}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {said !== "" && (
          <p className="form-note" role="status">
            {said}
          </p>
        )}
        <div className="form-actions">
          {isAsking ? (
            <>
              <span>Send {count(total)} messages to {topic} again?</span>
              <Button look="primary" onClick={() => void again()}>
                Send again
              </Button>
              <Button look="bordered" onClick={() => setAsking(false)}>
                No
              </Button>
            </>
          ) : (
            <Button look="bordered" disabled={total === 0} onClick={() => setAsking(true)}>
              Send again…
            </Button>
          )}
          <Button look="bordered" onClick={onClose}>
            Close
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
