/** Every field of a record: mark of its origin, name, exact value, unit; records inside it too. */
import { fieldText } from "../grid/HoverCard";
import { MARKS, ORIGIN_WORDS, originOf, unitOf } from "./origin";
import type { Fields, Kind } from "./refs";

function flat(fields: Fields, prefix = ""): readonly (readonly [string, unknown])[] {
  return Object.entries(fields).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
    const path = prefix + name;
    if (typeof value !== "object" || value === null) return [[path, value]];
    if (!Array.isArray(value)) return flat(value as Fields, `${path}.`);
    const items = value as readonly unknown[];
    if (items.every((item) => typeof item !== "object")) return [[path, value]];
    return items.flatMap((item, at) => flat(item as Fields, `${path}[${at}].`));
  });
}

export function FieldList({ kind, record }: { readonly kind: Kind; readonly record: Fields }) {
  return (
    <dl className="fields">
      {flat(record).map(([path, value]) => {
        const name = path.slice(path.lastIndexOf(".") + 1);
        const origin = originOf(kind, name);
        return (
          <div key={path}>
            <dt>
              <span title={ORIGIN_WORDS[origin]}>{MARKS[origin]}</span> {path}
            </dt>
            <dd>
              {fieldText(name, value)} <span>{unitOf(name, value)}</span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
