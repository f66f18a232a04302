/** API tokens: made, shown once, removed. Signing out is here too. */
import { useEffect, useState } from "react";
import type { MadeToken, TokenBody, TokenList } from "../../generated/rest";
import { useStore } from "../../stores/store";
import { Button, Toggles } from "../../ui/primitives";
import { causeText, get, send } from "../../wire/rest";
import { session, signOut } from "../login/store";

const SCOPES = ["read", "operate", "sql", "admin"] as const;
type Scope = (typeof SCOPES)[number];

export function TokensSection() {
  const principal = useStore(session, (value) => value.principal);
  const [tokens, setTokens] = useState<readonly TokenBody[]>([]);
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [secret, setSecret] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const told = (cause: unknown): void => setSaid(causeText(cause));
  const read = (): void => {
    get<TokenList>("/auth/tokens").then((found) => setTokens(found.data), told);
  };
  useEffect(read, []);
  const make = async (): Promise<void> => {
    try {
      const { body } = await send<MadeToken>("POST", "/auth/tokens", { name: name.trim(), scopes });
      setSecret(body.token);
      setName("");
      setSaid("");
      read();
    } catch (cause) {
      told(cause);
    }
  };
  return (
    <>
      <table className="plain-table">
        <thead>
          <tr>
            <th>name</th>
            <th>may</th>
            <th>made</th>
            <th><span className="sr-only">actions</span></th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td>{token.name}</td>
              <td>{token.scopes.join(", ")}</td>
              <td>{token.created_ts.slice(0, 19)}</td>
              <td className="row-buttons">
                <Button onClick={() => void send("DELETE", `/auth/tokens/${token.id}`).then(read, told)}>Remove</Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {tokens.length === 0 && <p className="form-note">There are no tokens: programs cannot use the gateway.</p>}
      <form
        className="form-line"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <input className="field" aria-label="name of a new token" placeholder="name of a new token" maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
        <Toggles
          label="scopes"
          options={SCOPES.map((value) => ({ value, text: value }))}
          chosen={scopes}
          onToggle={(scope) => setScopes((before) => (before.includes(scope) ? before.filter((each) => each !== scope) : [...before, scope]))}
        />
        <Button look="primary" type="submit" disabled={name.trim() === "" || scopes.length === 0}>
          Make
        </Button>
      </form>
      {secret !== null && (
        <p className="secret" role="status">
          Shown this once: <code className="mono">{secret}</code>{" "}
          <Button look="bordered" onClick={() => void navigator.clipboard.writeText(secret)}>
            Copy
          </Button>
          <Button onClick={() => setSecret(null)}>Done</Button>
        </p>
      )}
      {said !== "" && (
        <p className="form-problem" role="alert">
          {said}
        </p>
      )}
      <div className="form-row">
        <span>You</span>
        <span className="form-line">
          {principal === null ? "not known" : `${principal.name} (${principal.kind}): ${principal.scopes.join(", ")}`}
          {principal?.kind === "session" && (
            <Button look="bordered" onClick={() => void signOut()}>
              Sign out
            </Button>
          )}
        </span>
      </div>
    </>
  );
}
