/** The login form over the frozen screen. */
import { useState } from "react";
import type { SubmitEvent } from "react";
import { useStore } from "../../stores/store";
import { Button, useFocusWithin } from "../../ui/primitives";
import type { Problem } from "../../wire/rest";
import { session, signIn } from "./store";
import "./login.css";

const stay = (): void => undefined;

export function Login() {
  const state = useStore(session, (value) => value.state);
  return state === "out" ? <LoginForm /> : null;
}

function LoginForm() {
  const { root, onKeyDown } = useFocusWithin<HTMLDivElement>(stay);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setBusy(true);
    void signIn(password).then((found) => {
      setBusy(false);
      setProblem(found);
      setPassword("");
    });
  };
  return (
    <div className="login-over">
      {/* Tab stays inside while signed out. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div ref={root} className="login" role="dialog" aria-modal="true" aria-label="sign in" tabIndex={-1} onKeyDown={onKeyDown}>
        <form onSubmit={submit}>
          <h2>Signed out</h2>
          <p>The screen stands still. Sign in and it goes on where it is.</p>
          <label>
            <span>Password</span>
            <input
              className="field"
              type="password"
              autoComplete="current-password"
              data-autofocus
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
          {problem !== null && (
            <p className="form-problem" role="alert">
              {problem.status === 401 ? "That is not the password." : problem.message}
            </p>
          )}
          <Button look="primary" type="submit" disabled={isBusy || password === ""}>
            {isBusy ? "Signing in" : "Sign in"}
          </Button>
        </form>
      </div>
    </div>
  );
}
