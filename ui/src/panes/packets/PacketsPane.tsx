/** Packets as they close, each with what its prints have in common. */
import { useCallback } from "react";
import type { PaneProps } from "../../app/panes";
import { ofSymbol, usePane } from "../../app/usePane";
import type { FlowPacket } from "../../generated";
import { Tape } from "../grid/Tape";
import { nothingHeld } from "../grid/emptyTape";
import { linkTint } from "../grid/links";
import { columns, linkOf } from "./columns";
import { membersOf } from "./members";
import "./packets.css";

export default function PacketsPane({ pane }: PaneProps) {
  const { symbol, run, params } = usePane(pane.id);
  const floor = Number(params.packet_notional ?? "0");
  const expand = useCallback((packet: FlowPacket) => membersOf(packet, run), [run]);
  return (
    <Tape
      pane={pane}
      title="Packets"
      stream="flow"
      filters={floor > 0 ? { ...ofSymbol(symbol), min_notional: floor } : ofSymbol(symbol)}
      columns={columns}
      rate="urgent"
      tint={linkTint}
      linkOf={linkOf}
      expand={expand}
      rowClasses={rowClasses}
      refOf={(packet) => packet.id}
      empty={nothingHeld({
        paneId: pane.id,
        symbol,
        what: "packets",
        detail: "A packet closes half a second of quiet after its last print.",
      })}
    />
  );
}

const rowClasses = {
  "packet-late": (packet: FlowPacket) => packet.late_arrival,
};
