/** Columns of the packets pane (terminal specification, 6.1): 892 px, the width of its pane. */
import type { FlowPacket } from "../../generated";
import { contractLabel, directionGlyph, profileCode, profileName } from "../../ui/market";
import { MISSING, count, duration, fixed, money, moneyExact, percent } from "../../ui/number";
import type { PrintLink } from "../../wire/frames";
import { by, dim, symbolColumn, timeColumn } from "../grid/columns";
import type { TapeColumn } from "../grid/columns";
import { hitCount, profileClasses } from "../grid/links";

type Column = TapeColumn<FlowPacket>;

/** Steps in which the side bar is drawn: a class a step is cheaper than a style a row. */
const STEPS = 10;

function structureName(type: string): string {
  return type.replaceAll("_", " ");
}

/** What traded: the contract, or the structure with its strikes. */
function whatTraded(packet: FlowPacket): string {
  const { structure } = packet;
  if (structure === null) return contractLabel(packet.strike, packet.right, packet.expiry);
  const strikes = structure.strikes.map((strike) => String(strike)).join("/");
  return `${structureName(structure.type)} ${strikes}`;
}

/** Contracts on the ask side and on the bid side, as shares of the packet's size. */
function sideShares({ features: f }: FlowPacket): { ask: number; bid: number } {
  const total = f.total_size;
  if (total <= 0) return { ask: 0, bid: 0 };
  return { ask: (f.nbbo_aa_size + f.nbbo_a_size) / total, bid: (f.nbbo_b_size + f.nbbo_bb_size) / total };
}

function mixClasses(): NonNullable<Column["classes"]> {
  const rules: Record<string, (packet: FlowPacket) => boolean> = {};
  for (let step = 1; step <= STEPS; step += 1) {
    rules[`mix-ask-${step}`] = (packet) => Math.round(sideShares(packet).ask * STEPS) === step;
    rules[`mix-bid-${step}`] = (packet) => Math.round(sideShares(packet).bid * STEPS) === step;
  }
  return rules;
}

const z = (value: number | null): string => fixed(value, 1);

/** The print whose link tells of the packet's profile and hits. */
export const linkOf = (packet: FlowPacket): string => packet.members[0] ?? packet.trace_id;

function profileText(link: PrintLink | undefined): string {
  const code = profileCode(link?.profile);
  if (link === undefined) return "";
  if (link.abstained === true) return code === null ? "abst." : `(${code}) abst.`;
  if (code === null) return "";
  return `${code} ${percent(link.probability)} ${directionGlyph(link.direction)}`;
}

function profileTip(link: PrintLink | undefined): string | null {
  if (link?.abstained === true) return "abstained: no profile is named";
  return link?.profile ? `${profileName(link.profile)}, ${link.direction ?? ""}` : null;
}

export const columns: readonly Column[] = [
  timeColumn<FlowPacket>(92),
  symbolColumn<FlowPacket>(),
  { id: "contract", title: "contract or structure", width: 132, text: whatTraded },
  {
    id: "prints",
    title: "prints",
    name: "prints; press to open them in place",
    width: 50,
    align: "right",
    text: (packet) => `${count(packet.member_count)} ▸`,
    classes: { expander: () => true },
    order: by((packet) => packet.member_count),
  },
  {
    id: "window",
    title: "window",
    name: "first to last print",
    width: 58,
    align: "right",
    text: (packet) => duration(packet.features.duration_ms),
    classes: dim,
    order: by((packet) => packet.features.duration_ms),
  },
  {
    id: "premium",
    title: "premium",
    width: 66,
    align: "right",
    text: (packet) => money(packet.features.total_premium),
    tip: (packet) => moneyExact(packet.features.total_premium),
    classes: { strong: (packet) => packet.features.total_premium >= 250_000 },
    order: by((packet) => packet.features.total_premium),
  },
  {
    id: "mix",
    title: "bid / ask side",
    name: "share of the size on the bid side and on the ask side; the rest was inside or not placed",
    width: 92,
    align: "centre",
    text: (packet) => {
      const { ask, bid } = sideShares(packet);
      return `${fixed(bid * 100, 0)} / ${fixed(ask * 100, 0)} %`;
    },
    classes: mixClasses(),
    order: by((packet) => sideShares(packet).ask - sideShares(packet).bid),
  },
  {
    id: "z",
    title: "z prem size spr",
    name: "z of premium, size and spread in force against their baselines",
    width: 96,
    align: "right",
    text: ({ features: f }) =>
      [f.total_premium_z_eff, f.total_size_z_eff, f.nbbo_spread_z_eff].map(z).join("\u2002"),
    classes: { strong: ({ features: f }) => (f.total_premium_z_eff ?? 0) >= 2.5 },
    order: by((packet) => packet.features.total_premium_z_eff),
  },
  {
    id: "coverage",
    title: "NBBO",
    name: "share of the size with a usable quote",
    width: 50,
    align: "right",
    text: (packet) => percent(packet.features.nbbo_coverage_ratio),
    classes: { warn: (packet) => packet.features.nbbo_coverage_ratio < 0.5, dim: () => true },
    order: by((packet) => packet.features.nbbo_coverage_ratio),
  },
  {
    id: "quality",
    title: "quality",
    name: "observation quality, 0 to 1",
    width: 50,
    align: "right",
    text: (packet) => fixed(packet.join_quality.observation_quality, 2),
    classes: dim,
    order: by((packet) => packet.join_quality.observation_quality),
  },
  {
    id: "profile",
    title: "profile",
    width: 74,
    text: (_, link) => profileText(link),
    tip: (_, link) => profileTip(link),
    classes: profileClasses((_, link) => link?.profile),
  },
  {
    id: "hits",
    title: "hits",
    name: "classifier hits; ! where an alert stands on it",
    width: 44,
    align: "right",
    text: (_, link) => {
      const hits = hitCount(link);
      return `${hits > 0 ? hits : ""}${link?.alert_id ? " !" : ""}`;
    },
    tip: (_, link) => link?.hits?.join("\n") ?? null,
  },
  {
    id: "shape",
    title: "shape",
    width: 60,
    hidden: true,
    text: (packet) => packet.features.order_shape,
  },
  {
    id: "venues",
    title: "venues",
    width: 60,
    hidden: true,
    text: (packet) => packet.features.venues.join("") || MISSING,
  },
  {
    id: "size",
    title: "size",
    width: 60,
    align: "right",
    hidden: true,
    text: (packet) => count(packet.features.total_size),
    order: by((packet) => packet.features.total_size),
  },
];
