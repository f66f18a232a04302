/** The chosen alert: its score taken apart, cooldown, settlement, and what the operator can do. */
import { useEffect, useState } from "react";
import { openEvidence } from "../../app/intents";
import { route, runOf } from "../../app/router";
import type { FlowAlert } from "../../generated";
import { clock } from "../../stores/clock";
import { config } from "../../stores/config";
import { useStore } from "../../stores/store";
import { Button, PaneFrame, PaneState } from "../../ui/primitives";
import { fixed, percent, plain } from "../../ui/number";
import { helpOf } from "../../ui/reasons";
import { millis, timeOf } from "../../ui/time";
import { get } from "../../wire/rest";
import { Settlement } from "../evidence/Settlement";
import type { Outcome, OutcomesAnswer } from "../../generated/rest";
import { acknowledge, acks, toggleMuted } from "./acks";
import { chosen, keepFeed, newestUnseen } from "./feed";
import { scoreBar } from "./score";
import { snoozeUntil } from "./snooze";
import { severityGlyph } from "./words";
import "../evidence/evidence.css";
import "./alerts.css";

export default function ScorePane() {
  const run = useStore(route, runOf);
  useEffect(() => keepFeed(run), [run]);
  const picked = useStore(chosen);
  const newest = useStore(newestUnseen);
  const alert = picked ?? newest;
  return (
    <PaneFrame title="Alert" status={alert === null ? "" : picked === null ? "newest unacknowledged" : "chosen"}>
      {alert === null ? (
        <PaneState title="No alert chosen." detail="Choose one in the alerts pane; n opens the newest not yet acknowledged." />
      ) : (
        <Alert key={alert.alert_id} alert={alert} run={run} />
      )}
    </PaneFrame>
  );
}

/** Prints whose cancels undid a retracted alert. */
function undoneBy(alert: FlowAlert): readonly string[] {
  return (alert.details.reversed_print_ids ?? "").split(" ").filter((id) => id !== "");
}

function Alert({ alert, run }: { readonly alert: FlowAlert; readonly run: string | null }) {
  const outcomes = useOutcomes(alert, run);
  return (
    <div className="alert-detail evidence">
      <p className="alert-headline">
        <b>
          {severityGlyph(alert.severity)} {alert.severity} {alert.score}
        </b>{" "}
        <span className={alert.state === "retracted" ? "struck" : ""}>{alert.headline}</span>{" "}
        <span className="dim">{timeOf(alert.first_ts)}</span>
      </p>
      {alert.state === "retracted" && (
        <p className="warn">
          {alert.why[0]}
          {undoneBy(alert).map((id) => (
            <button key={id} type="button" className="evidence-more" onClick={() => openEvidence(`print:${id}`)}>
              &ensp;cancelled {id}
            </button>
          ))}
        </p>
      )}
      <Actions alert={alert} />
      <Score alert={alert} />
      <Cooldown alert={alert} />
      <Settlement alert={alert} outcomes={outcomes} />
    </div>
  );
}

function useOutcomes(alert: FlowAlert, run: string | null): readonly Outcome[] {
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const { alert_id, revision } = alert;
  useEffect(() => {
    const abort = new AbortController();
    const path = `/flow/alerts/${encodeURIComponent(alert_id)}/outcomes`;
    get<OutcomesAnswer>(path, { run }, { signal: abort.signal }).then(
      (answer) => setOutcomes(answer.data),
      // An alert the store has not taken in yet has no outcomes to tell.
      () => setOutcomes([]),
    );
    return () => abort.abort();
  }, [alert_id, revision, run]);
  return outcomes;
}

function Score({ alert }: { readonly alert: FlowAlert }) {
  const { segments, sum, zero } = scoreBar(alert.components);
  const rounded = fixed(sum, 1);
  return (
    <section className="evidence-part" aria-label="Score">
      <h3>
        Score {alert.score} <span className="dim">= {rounded}, rounded and kept within 0 and 100; peak {alert.peak_score}</span>
      </h3>
      <div className="score-bar" role="img" aria-label={`Score ${rounded}: ${segments.map((each) => `${each.name} ${fixed(each.points, 1)}`).join(", ")}`}>
        {segments.map(({ name, points, raw, from, width }, at) =>
          width === 0 ? null : (
            <span
              key={name}
              className={points < 0 ? "minus" : at % 2 === 0 ? "plus" : "plus other"}
              style={{ left: `${from * 100}%`, width: `${width * 100}%` }}
              title={`${name} ${fixed(points, 2)}, raw ${plain(raw)}. ${helpOf(`score:${name}`) ?? ""}`}
            >
              {width > 0.05 ? fixed(points, 1) : ""}
            </span>
          ),
        )}
        <i style={{ left: `${zero * 100}%` }} />
      </div>
      <table className="mini-tape score-table">
        <tbody>
          {segments.map(({ name, points, raw }) => (
            <tr key={name} title={helpOf(`score:${name}`) ?? undefined}>
              <td>{points < 0 ? `minus ${name}` : name}</td>
              <td className="dim">raw {fixed(raw, 3)}</td>
              <td>{fixed(Math.abs(points) < 0.05 ? 0 : points, 1)}</td>
              <td className="dim score-help">{helpOf(`score:${name}`) ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="dim">
        confidence: probability {percent(alert.confidence.probability)}, fit {fixed(alert.confidence.fit, 2)}, evidence{" "}
        {fixed(alert.confidence.evidence_quality, 2)}, margin {fixed(alert.confidence.margin, 2)}, penalty{" "}
        {fixed(alert.confidence.penalty, 2)} · {calibrationWord(alert.confidence.calibration_version)}
      </p>
    </section>
  );
}

/** Only a fitted map makes a score a calibrated probability. */
function calibrationWord(version: string): string {
  return version === "identity.v1" || version.startsWith("uncalibrated") ? "uncalibrated score" : `calibrated (${version})`;
}

function minutes(seconds: number): string {
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

function Cooldown({ alert }: { readonly alert: FlowAlert }) {
  const now = useStore(clock, (value) => Math.floor(millis(value.eventTs) / 1000));
  const cooldownMs = useStore(config, (value) => value.alertCooldownMs);
  const left = Math.ceil((millis(alert.last_ts) + cooldownMs) / 1000 - now);
  const held = `${alert.suppressed_count} ${alert.suppressed_count === 1 ? "repeat" : "repeats"} held`;
  const cooling = left > 0 && Number.isFinite(left) ? `cooling ${minutes(left)} · ` : "";
  return (
    <section className="evidence-part" aria-label="Cooldown">
      <h3>Cooldown</h3>
      <p>
        {cooling}
        {held}. <span className="dim mono">{alert.cooldown_key}</span>
      </p>
      {alert.hits.map((hit) => (
        <button key={hit.hit_id} type="button" className="evidence-more" title={hit.hit_id} onClick={() => openEvidence(hit.hit_id)}>
          {hit.classifier_id.replaceAll("_", " ")} {percent(hit.confidence)}&ensp;
        </button>
      ))}
    </section>
  );
}

function Actions({ alert }: { readonly alert: FlowAlert }) {
  const { seen, acks: document, problem } = useStore(acks);
  const isMuted = (kind: string, value: string): boolean =>
    document.muted.some((each) => each.kind === kind && each.value === value);
  const [hit] = alert.hits;
  return (
    <p className="alert-actions">
      <Button look="bordered" onClick={() => openEvidence(alert.alert_id)}>
        Evidence
      </Button>
      <Button look="bordered" disabled={seen.has(alert.alert_id)} onClick={() => acknowledge(alert)}>
        {seen.has(alert.alert_id) ? "Acknowledged" : "Acknowledge"}
      </Button>
      <Button
        look="bordered"
        pressed={isMuted("symbol", alert.underlying_id)}
        onClick={() => toggleMuted({ kind: "symbol", value: alert.underlying_id, until_ts: snoozeUntil(alert) })}
      >
        Snooze {alert.underlying_id} 1 h
      </Button>
      {hit !== undefined && (
        <Button
          look="bordered"
          pressed={isMuted("classifier", hit.classifier_id)}
          onClick={() => toggleMuted({ kind: "classifier", value: hit.classifier_id, until_ts: null })}
        >
          Mute {hit.classifier_id.replaceAll("_", " ")}
        </Button>
      )}
      {problem !== null && <span className="warn">{problem}</span>}
    </p>
  );
}
