/** What a record is called in one line. */
import type { FlowPacket, OptionsTape } from "../../generated";
import { contractLabelOf, directionGlyph, profileName, sideLetters } from "../../ui/market";
import { count, money, percent, price } from "../../ui/number";
import { timeOf } from "../../ui/time";
import type { Evidence } from "../../generated/rest";
import type { Fields, Found } from "./refs";
import { recordsOf } from "./refs";

function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function printTitle(print: OptionsTape): string {
  return `${contractLabelOf(print.option_contract_id)} ${count(print.size)} at ${price(print.price)} ${sideLetters(print.nbbo_side)}`;
}

function packetTitle(packet: FlowPacket): string {
  const what = packet.structure?.type.replaceAll("_", " ") ?? contractLabelOf(packet.option_contract_id);
  return `${packet.underlying_id} ${what} ${money(packet.features.total_premium)}, ${packet.member_count} prints`;
}

/** One line for a node of the chain. */
export function lineOf({ kind, record }: Found): string {
  const at = timeOf(text(record, "source_ts"));
  switch (kind) {
    case "alert":
      return text(record, "headline");
    case "hits":
      return `${text(record, "classifier_id").replaceAll("_", " ")} ${percent(Number(record.confidence))} ${directionGlyph(text(record, "direction"))}`;
    case "smart_money": {
      const name = record.primary_profile_id;
      return typeof name === "string"
        ? `${profileName(name)} ${directionGlyph(text(record, "primary_direction"))}`
        : "abstained";
    }
    case "packets":
      return packetTitle(record as unknown as FlowPacket);
    case "prints":
      return `${at} ${printTitle(record as unknown as OptionsTape)}`;
    case "quotes":
    case "equity_quotes":
      return `${at} ${price(record.bid as number | null)} × ${price(record.ask as number | null)}`;
    case "equity_prints":
      return `${at} ${text(record, "underlying_id")} ${text(record, "size")} at ${text(record, "price")}`;
    case "open_interest":
      return `${count(record.oi as number)} contracts at the close of ${text(record, "as_of_date")}`;
    default:
      return [at, text(record, "underlying_id"), text(record, "kind")].filter((part) => part !== "").join(" ");
  }
}

export function titleOf(document: Evidence): string {
  const root = recordsOf(document).get(document.root);
  return root === undefined ? "not found" : lineOf(root);
}
