/** Filters in a tape's head that are one choice each, kept in the URL under the name REST takes. */
import { setParams } from "../../app/router";

export interface Choice {
  /** Name of the parameter. */
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
  /** What stands before an option: `≥ `. */
  readonly mark?: string;
  /** Text of no choice; the label unless said. */
  readonly any?: string;
}

interface ParamChoicesProps {
  readonly choices: readonly Choice[];
  readonly params: Readonly<Record<string, string>>;
}

export function ParamChoices({ choices, params }: ParamChoicesProps) {
  return (
    <span className="param-choices">
      {choices.map(({ name, label, options, mark = "", any = label }) => (
        <select
          key={name}
          aria-label={label}
          className={params[name] === undefined ? "" : "chosen"}
          value={params[name] ?? ""}
          onChange={(event) => setParams({ [name]: event.target.value === "" ? null : event.target.value })}
        >
          <option value="">{any}</option>
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
