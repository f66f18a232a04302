/** Shows the drawer while a ref is open; the drawer itself is read on first use. */
import { Suspense, lazy, useEffect } from "react";
import { useCommands } from "../../app/commands";
import { onEvidence } from "../../app/intents";
import { route } from "../../app/router";
import { useStore } from "../../stores/store";
import * as store from "./store";

const EvidenceDrawer = lazy(() => import("./EvidenceDrawer"));

export function EvidenceHost() {
  const ref = useStore(route, (value) => value.params.e ?? null);
  useEffect(() => onEvidence(store.open), []);
  useCommands(() => {
    const when = (): boolean => store.openRef() !== null;
    const group = "Evidence";
    return [
      { id: "evidence.pin", title: "Pin or unpin the evidence", group, keys: ["p"], when, run: store.togglePin },
      { id: "evidence.close", title: "Close the evidence", group, keys: ["Esc"], when, quiet: true, run: store.close },
      { id: "evidence.next", title: "Next pinned evidence", group, keys: ["}"], when, run: () => store.stepPin(1) },
      { id: "evidence.previous", title: "Previous pinned evidence", group, keys: ["{"], when, run: () => store.stepPin(-1) },
    ];
  }, []);
  if (ref === null) return null;
  return (
    <Suspense fallback={null}>
      <EvidenceDrawer refText={ref} />
    </Suspense>
  );
}
