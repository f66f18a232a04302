/** Packets as they close, each with what its prints have in common. */
import { useCallback, useMemo } from "react";
import { chooseSymbol, groupSymbols, paneGroups, symbolOf } from "../../app/intents";
import type { PaneProps } from "../../app/panes";
import { route } from "../../app/router";
import type { FlowPacket } from "../../generated";
import { useStore } from "../../stores/store";
import type { Filters } from "../../wire/streams";
import { Tape } from "../grid/Tape";
import { columns, linkOf, tintOf } from "./columns";
import { membersOf } from "./members";
import "../evidence/profiles.css";
import "./packets.css";

export default function PacketsPane({ pane }: PaneProps) {
  const run = useStore(route, (value) => value.params.run ?? null);
  const floor = Number(useStore(route, (value) => value.params.packet_notional ?? "0"));
  // Read for their changes: the symbol depends on both.
  useStore(groupSymbols);
  useStore(paneGroups);
  const symbol = symbolOf(pane.id);
  const filters = useMemo<Filters>(
    () => ({
      ...(symbol === null ? {} : { underlying_ids: [symbol] }),
      ...(floor > 0 ? { min_notional: floor } : {}),
    }),
    [symbol, floor],
  );
  const expand = useCallback((packet: FlowPacket) => membersOf(packet, run), [run]);
  return (
    <Tape
      pane={pane}
      title="Packets"
      stream="flow"
      filters={filters}
      run={run}
      columns={columns}
      rate="urgent"
      tint={tintOf}
      linkOf={linkOf}
      expand={expand}
      rowClasses={rowClasses}
      symbolOf={(packet) => packet.underlying_id}
      refOf={(packet) => packet.id}
      empty={{
        text: `No packets${symbol === null ? "" : ` of ${symbol}`} held.`,
        detail: "A packet closes half a second of quiet after its last print.",
        ...(symbol === null ? {} : { actions: [{ text: "All symbols", run: () => chooseSymbol(null, pane.id) }] }),
      }}
    />
  );
}

const rowClasses = {
  "packet-late": (packet: FlowPacket) => packet.late_arrival,
};
