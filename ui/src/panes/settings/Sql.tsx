/** Read-only SQL over everything stored. */
import { useEffect, useState } from "react";
import type { SqlResult, SqlSchema } from "../../generated/rest";
import { Button, Scroller } from "../../ui/primitives";
import { MISSING, count, duration } from "../../ui/number";
import { causeText, get, send, sendRaw } from "../../wire/rest";
import { saveFile } from "./files";

const FIRST = `SELECT underlying_id, count() AS prints, sum(notional) AS premium
FROM options_tape FINAL
WHERE signal_pass
GROUP BY underlying_id
ORDER BY premium DESC
LIMIT 50`;
const SHOWN = 500;
const cell = (value: unknown): string =>
  value === null ? MISSING : typeof value === "string" ? value : JSON.stringify(value);

/** Kept while the page is open, so another section and back loses nothing. */
const kept: { statement: string; result: SqlResult | null } = { statement: FIRST, result: null };

async function asFile(statement: string, format: "parquet" | "csv"): Promise<void> {
  const response = await sendRaw("POST", "/sql", { statement, format });
  saveFile(`query.${format}`, await response.blob());
}

export function SqlSection() {
  const [statement, setStatement] = useState(kept.statement);
  const [result, setResult] = useState(kept.result);
  const [schema, setSchema] = useState<SqlSchema | null>(null);
  const [said, setSaid] = useState("");
  const [isBusy, setBusy] = useState(false);
  const told = (cause: unknown): void =>
    setSaid(causeText(cause));
  useEffect(() => {
    const aborter = new AbortController();
    get<SqlSchema>("/sql/schema", {}, { signal: aborter.signal }).then(setSchema, (cause: unknown) => {
      if (!aborter.signal.aborted) told(cause);
    });
    return () => aborter.abort();
  }, []);
  const during = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setSaid("");
    try {
      await work();
    } catch (cause) {
      told(cause);
    }
    setBusy(false);
  };
  const run = (): Promise<void> =>
    during(async () => {
      const { body } = await send<SqlResult>("POST", "/sql", { statement, format: "json" });
      kept.statement = statement;
      kept.result = body;
      setResult(body);
    });
  return (
    <div className="sql">
      <div className="sql-main">
        <textarea
          className="field mono"
          aria-label="statement"
          rows={9}
          spellCheck={false}
          value={statement}
          onChange={(event) => setStatement(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            void run();
          }}
        />
        <div className="form-actions">
          <Button look="primary" disabled={isBusy} onClick={() => void run()}>
            {isBusy ? "Running" : "Run"} <kbd>Ctrl Enter</kbd>
          </Button>
          <Button look="bordered" disabled={isBusy} onClick={() => void during(() => asFile(statement, "parquet"))}>
            Parquet
          </Button>
          <Button look="bordered" disabled={isBusy} onClick={() => void during(() => asFile(statement, "csv"))}>
            CSV
          </Button>
          <span className="form-note">
            {result !== null &&
              `${count(result.rows)} rows, ${count(result.rows_read)} read, ${duration(result.elapsed_ms)}${result.rows > SHOWN ? `; the first ${SHOWN} are shown` : ""}`}
          </span>
        </div>
        {said !== "" && (
          <p className="form-problem" role="alert">
            {said}
          </p>
        )}
        {result !== null && (
          <Scroller className="sql-rows" label="answer">
            <table className="plain-table">
              <thead>
                <tr>
                  {result.columns.map((column) => (
                    <th key={column.name} title={column.type} className={/Int|Float|Decimal/.test(column.type) ? "num" : ""}>
                      {column.name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {result.data.slice(0, SHOWN).map((row, at) => (
                  // Rows of a result have no identity but their place.
                  <tr key={at}>
                    {row.map((value, index) => (
                      <td key={result.columns[index]?.name} className={/Int|Float|Decimal/.test(result.columns[index]?.type ?? "") ? "num" : ""}>
                        {cell(value)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroller>
        )}
      </div>
      <aside className="sql-schema" aria-label="tables">
        {schema?.tables.map((table) => (
          <details key={table.name}>
            <summary>{table.name}</summary>
            <ul>
              {table.columns.map((column) => (
                <li key={column.name} title={column.comment}>
                  {column.name} <small>{column.type}</small>
                </li>
              ))}
            </ul>
          </details>
        ))}
      </aside>
    </div>
  );
}
