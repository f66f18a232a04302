/** The frame of the terminal: control bar, panes, status line, overlays. */
import { useEffect } from "react";
import { useStore } from "../stores/store";
import { ControlBar } from "./ControlBar";
import { KeyList } from "./KeyList";
import { LayoutView } from "./LayoutView";
import { Palette } from "./Palette";
import { StatusLine } from "./StatusLine";
import { Extras } from "./extras";
import { overlay } from "./actions";
import { listenForKeys } from "./keys";
import { pageOf } from "./panes";
import { route } from "./router";
import { activeScope, focusPane, currentLayout } from "./workspace";
import { leaves } from "./layout";
import "./shell.css";

export function Shell() {
  const open = useStore(overlay);
  const page = useStore(route, (value) => value.page);
  const isReplay = useStore(route, (value) => value.params.run !== undefined);
  useEffect(() => listenForKeys(activeScope), []);
  useEffect(() => {
    document.title = `${isReplay ? "REPLAY · " : ""}${pageOf(page)?.title ?? "Islandflow"} – Islandflow`;
  }, [page, isReplay]);
  useEffect(() => {
    const layout = currentLayout();
    const first = layout === null ? undefined : leaves(layout)[0];
    if (first !== undefined) focusPane(first.id);
  }, [page]);
  return (
    <div className="shell">
      <ControlBar />
      <LayoutView />
      <StatusLine />
      <Extras />
      {open === "palette" && <Palette />}
      {open === "keys" && <KeyList />}
    </div>
  );
}
