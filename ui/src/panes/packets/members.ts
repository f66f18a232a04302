/** Members of a packet as rows under it: each print with the quote it traded against. */
import { openEvidence } from "../../app/intents";
import type { FlowPacket, OptionsTape, PacketLeg } from "../../generated";
import { contractLabelOf, sideLetters } from "../../ui/market";
import { count, duration, money, price } from "../../ui/number";
import { timeOf } from "../../ui/time";
import type { ByTrace } from "../../generated/rest";
import { get } from "../../wire/rest";
import type { ChildRow } from "../grid/columns";

/** Prints one request names at most (gateway specification, 5). */
const MOST_READ = 100;

function quoteText(print: OptionsTape): string {
  return print.nbbo_bid === null && print.nbbo_ask === null
    ? "no quote"
    : `${price(print.nbbo_bid)} × ${price(print.nbbo_ask)}`;
}

function printRow(parent: string, print: OptionsTape): ChildRow {
  const ref = `print:${print.trace_id}`;
  return {
    kind: "child",
    id: `${parent}/${ref}`,
    parent,
    open: () => openEvidence(ref),
    cells: {
      time: timeOf(print.source_ts),
      symbol: `\u2003${print.exchange}`,
      contract: contractLabelOf(print.option_contract_id, print.trade_date),
      prints: sideLetters(print.nbbo_side),
      window: count(print.size),
      premium: money(print.notional),
      mix: price(print.price),
      z: quoteText(print),
      coverage: duration(print.nbbo_age_ms),
      profile: print.conditions.join(" "),
    },
  };
}

function legRow(parent: string, leg: PacketLeg, at: number): ChildRow {
  const ref = leg.packet_id;
  return {
    kind: "child",
    id: `${parent}/leg:${at}`,
    parent,
    ...(ref === null ? {} : { open: () => openEvidence(ref) }),
    cells: {
      time: `leg ${at + 1} of ratio ${leg.ratio}`,
      contract: contractLabelOf(leg.option_contract_id),
      prints: leg.side,
      window: count(leg.size),
      premium: money(leg.premium),
      mix: price(leg.price),
    },
  };
}

function noteRow(parent: string, id: string, note: string): ChildRow {
  return { kind: "child", id: `${parent}/${id}`, parent, cells: { time: note } };
}

/** Read the members of a packet: legs first where it is a structure, then every print. */
export async function membersOf(packet: FlowPacket, run: string | null): Promise<readonly ChildRow[]> {
  const parent = packet.trace_id;
  const legs = packet.legs.map((leg, at) => legRow(parent, leg, at));
  const asked = packet.members.slice(0, MOST_READ);
  try {
    const query = new URLSearchParams(asked.map((id) => ["trace_id", id]));
    if (run !== null) query.set("run", run);
    const found = await get<ByTrace>(`/prints/options/by-trace?${query.toString()}`);
    const prints = found.data.map((print) => printRow(parent, print));
    const missing = found.missing.map((id) => noteRow(parent, id, `print:${id} is not stored any more`));
    const rest = packet.member_count - asked.length;
    const more = rest > 0 ? [noteRow(parent, "more", `${count(rest)} more prints: open the evidence`)] : [];
    return [...legs, ...prints, ...missing, ...more];
  } catch (error) {
    return [...legs, noteRow(parent, "failed", `Members could not be read: ${String(error)}`)];
  }
}
