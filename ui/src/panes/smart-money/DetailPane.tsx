/** One event taken apart: six hypotheses with their arithmetic, what speaks against them, features. */
import { openEvidence } from "../../app/intents";
import type { ProfileScore, SmartMoneyEvent } from "../../generated";
import { useStore } from "../../stores/store";
import { Button, Chip, PaneFrame, PaneState } from "../../ui/primitives";
import { directionGlyph, profileCode, profileName } from "../../ui/market";
import { fixed, percent } from "../../ui/number";
import { helpOf, sentence } from "../../ui/reasons";
import { timeOf } from "../../ui/time";
import { FieldList } from "../evidence/FieldList";
import { refText } from "../evidence/refs";
import { chosen } from "./chosen";
import "../evidence/evidence.css";
import "../alerts/alerts.css";
import "./smart-money.css";

/** Only a fitted map makes a score a calibrated probability. */
function scoreWord(calibrationVersion: string): string {
  return calibrationVersion === "identity.v1" ? "uncalibrated score" : "calibrated";
}

export default function DetailPane() {
  const event = useStore(chosen);
  return (
    <PaneFrame title="Profile" status={event === null ? "" : `${event.underlying_id} ${timeOf(event.source_ts)}`}>
      {event === null ? (
        <PaneState title="No event chosen." detail="Choose one in the tape; Enter opens its evidence." />
      ) : (
        <Detail key={event.event_id} event={event} />
      )}
    </PaneFrame>
  );
}

function Detail({ event }: { readonly event: SmartMoneyEvent }) {
  const against = [
    ...event.suppressed_reasons,
    ...event.abstention_reasons.filter((code) => !event.suppressed_reasons.includes(code)),
  ];
  return (
    <div className="alert-detail evidence">
      <p className="alert-headline">
        {event.abstained ? (
          <b>abstained</b>
        ) : (
          <b>
            {profileName(event.primary_profile_id ?? "")} {directionGlyph(event.primary_direction)} {event.primary_direction}
          </b>
        )}{" "}
        <Chip outlined tone={scoreWord(event.calibration_version) === "calibrated" ? "info" : "warn"}>
          {scoreWord(event.calibration_version)}
        </Chip>{" "}
        <span className="dim">evidence {event.evidence_grade}</span>
      </p>
      <p className="alert-actions">
        <Button look="bordered" onClick={() => openEvidence(event.event_id)}>
          Evidence
        </Button>
        {event.packet_ids.map((id) => (
          <Button key={id} onClick={() => openEvidence(id)} title={id}>
            packet …{id.slice(-6)}
          </Button>
        ))}
      </p>
      {event.abstained && <Against codes={against} title="No direction given" />}
      <section className="evidence-part" aria-label="Profiles">
        <h3>
          Hypotheses <span className="dim">{scoreWord(event.calibration_version)}, margin {fixed(event.confidence.margin, 3)}, penalty {fixed(event.confidence.penalty, 3)}</span>
        </h3>
        {event.profile_scores.map((score) => (
          <Hypothesis key={score.profile_id} score={score} />
        ))}
      </section>
      {!event.abstained && <Against codes={against} title="Suppressions" />}
      {event.caveats.length > 0 && (
        <section className="evidence-part" aria-label="Caveats">
          <h3>Caveats</h3>
          {event.caveats.map((caveat) => (
            <p key={caveat.code}>
              <b>{percent(caveat.share)}</b> {sentence(caveat.code)}{" "}
              <span className="dim">{caveat.penalty > 0 ? `costs ${percent(caveat.penalty)}` : "costs nothing"}</span>{" "}
              {caveat.evidence_refs.map((ref, at) => (
                <button key={ref.id} type="button" className="why-number" title={refText(ref)} onClick={() => openEvidence(refText(ref))}>
                  [{at + 1}]
                </button>
              ))}
            </p>
          ))}
        </section>
      )}
      <section className="evidence-part" aria-label="Features">
        <h3>
          Features <span className="dim">of the packets above</span>
        </h3>
        <FieldList kind="packets" record={{ ...event.features }} />
      </section>
      <section className="evidence-part" aria-label="Versions">
        <p className="dim">
          model {event.model_version} · calibration {event.calibration_version} · policy {event.policy_version} · thresholds{" "}
          {event.config_hash}
        </p>
      </section>
    </div>
  );
}

function Against({ codes, title }: { readonly codes: readonly string[]; readonly title: string }) {
  if (codes.length === 0) return null;
  return (
    <section className="evidence-part" aria-label={title}>
      <h3>{title}</h3>
      {codes.map((code) => (
        <p key={code}>{sentence(code)}</p>
      ))}
    </section>
  );
}

function Hypothesis({ score }: { readonly score: ProfileScore }) {
  const code = profileCode(score.profile_id) ?? "?";
  const terms = Object.entries(score.terms).filter(([, value]) => value !== 0);
  const guards = Object.entries(score.guards);
  const isOff = terms.length === 0;
  return (
    <div className={`hypothesis ${isOff ? "off" : ""}`}>
      <p className="hypothesis-head">
        <span className={`profile-${code.toLowerCase()}`}>
          {code} {profileName(score.profile_id)}
        </span>
        <span
          className="hypothesis-bar"
          role="meter"
          aria-label={`${profileName(score.profile_id)}, ceiling ${percent(score.ceiling)}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(score.probability * 100)}
        >
          <i className={`mix-${code.toLowerCase()}`} style={{ width: `${score.probability * 100}%` }} />
          <u style={{ left: `${score.ceiling * 100}%` }} title={`ceiling ${percent(score.ceiling)}`} />
        </span>
        <b>{percent(score.probability, 1)}</b>
        <span className="dim">
          fit {fixed(score.fit, 2)} {directionGlyph(score.direction)}
        </span>
      </p>
      {score.reasons.length > 0 && <p>{score.reasons.map(sentence).join(" ")}</p>}
      {terms.length > 0 && (
        <p className="dim hypothesis-terms">
          {terms.map(([name, value]) => `${helpOf(`fit:${name}`) ?? name} ${fixed(value, 3)}`).join(" + ")}
          {guards.map(([name, factor]) => ` × ${fixed(factor, 2)} ${name.replaceAll("_", " ")}`).join("")}
        </p>
      )}
      {isOff && <p className="dim">{guards.map(([name]) => sentence(name)).join(" ")}</p>}
    </div>
  );
}
