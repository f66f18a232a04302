/** Choices in the head of the alerts tape: score, direction, state, outcome. */
import { setParams } from "../../app/router";

const CHOICES = [
  { name: "min_score", label: "score", options: ["45", "60", "70", "85"], mark: "≥ " },
  { name: "direction", label: "direction", options: ["bullish", "bearish", "neutral", "mixed", "unknown"], mark: "" },
  { name: "state", label: "state", options: ["open", "updated", "retracted", "settled"], mark: "" },
  {
    name: "outcome",
    label: "outcome",
    options: ["opened", "closed", "inconclusive", "not_applicable", "no_data"],
    mark: "",
  },
] as const;

export function AlertFilters({ params }: { readonly params: Readonly<Record<string, string>> }) {
  return (
    <span className="alert-filters">
      {CHOICES.map(({ name, label, options, mark }) => (
        <select
          key={name}
          aria-label={label}
          className={params[name] === undefined ? "" : "chosen"}
          value={params[name] ?? ""}
          onChange={(event) => setParams({ [name]: event.target.value === "" ? null : event.target.value })}
        >
          <option value="">{label}</option>
          {options.map((value) => (
            <option key={value} value={value}>
              {mark + value.replaceAll("_", " ")}
            </option>
          ))}
        </select>
      ))}
    </span>
  );
}
