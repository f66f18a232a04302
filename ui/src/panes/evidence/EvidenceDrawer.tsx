/** The evidence drawer: any record with why, why not, its chain, prints, settlement and every field. */
import { useEffect, useMemo, useState } from "react";
import { Button, Drawer } from "../../ui/primitives";
import { route, runOf } from "../../app/router";
import { useStore } from "../../stores/store";
import type { FlowAlert } from "../../generated";
import { onAlert } from "../alerts/feed";
import { ChainTree } from "./ChainTree";
import { Context } from "./Context";
import { Facts } from "./Facts";
import { Prints } from "./Prints";
import { Settlement } from "./Settlement";
import { Why } from "./Why";
import { MARKS, ORIGIN_WORDS } from "./origin";
import { kindOfRef, recordsOf } from "./refs";
import type { Evidence } from "../../generated/rest";
import * as store from "./store";
import { titleOf } from "./titles";
import { reveal } from "./tree";
import type { Step } from "./tree";
import { abstains, numbered, whyNotOf, whyOf } from "./why";
import "./evidence.css";

/** A revision of the open alert is read anew after a pause, so a burst is read once. */
const REREAD_MS = 400;

export default function EvidenceDrawer({ refText: ref }: { readonly refText: string }) {
  const held = useStore(store.documents, (all) => all[ref]);
  const run = useStore(route, runOf);
  useEffect(() => void store.read(ref), [ref, run]);
  useEffect(() => {
    let timer = 0;
    const stop = onAlert((alert: FlowAlert) => {
      if (alert.alert_id !== ref) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void store.read(ref, true), REREAD_MS);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [ref]);
  const document = held?.document ?? null;
  const isRead = document !== null;
  useEffect(() => keepKeyboard(), [ref, isRead]);
  return (
    <Drawer label="Evidence" onClose={store.close} className="evidence">
      <Tabs ref_={ref} />
      <div className="evidence-head">
        <h2>
          <span className="dim">{kindOfRef(ref)}</span> {document === null ? "" : titleOf(document)}
        </h2>
        <p className="mono evidence-ref">{ref}</p>
        <p className="evidence-legend">
          {(["measured", "derived", "inferred"] as const).map((origin) => (
            <span key={origin} title={ORIGIN_WORDS[origin]}>
              {MARKS[origin]} {origin}
            </span>
          ))}
          <span>{document === null ? "" : `read from ${document.source === "hot" ? "memory" : document.source}`}</span>
        </p>
      </div>
      {held?.phase === "failed" && (
        <p className="evidence-problem" role="alert">
          {held.problem} <Button look="bordered" onClick={() => void store.read(ref, true)}>Retry</Button>
        </p>
      )}
      {document === null ? (
        <p className="evidence-note">{held?.phase === "failed" ? "" : "Reading the chain."}</p>
      ) : (
        <Body key={ref} document={document} />
      )}
    </Drawer>
  );
}

/** Where what had the keyboard gave way to other evidence the drawer has it: it goes on at the chain. */
function keepKeyboard(): void {
  const at = window.document.activeElement;
  if (at?.matches(".drawer.evidence")) at.querySelector<HTMLElement>(".chain")?.focus({ preventScroll: true });
}

function Tabs({ ref_: ref }: { readonly ref_: string }) {
  const params = useStore(route, (value) => value.params);
  const pins = store.pinsOf(params);
  const isPinned = pins.includes(ref);
  return (
    <div className="evidence-tabs">
      <div role="tablist" aria-label="Pinned evidence">
        {[...pins, ...(isPinned ? [] : [ref])].map((each) => (
          <button
            key={each}
            type="button"
            role="tab"
            aria-selected={each === ref}
            title={each}
            onClick={() => store.open(each)}
            onDoubleClick={() => store.unpin(each)}
          >
            {pins.includes(each) ? "▪ " : ""}
            {kindOfRef(each)} <span className="mono">{each.slice(-6)}</span>
          </button>
        ))}
      </div>
      <Button data-autofocus pressed={isPinned} onClick={store.togglePin}>
        {isPinned ? "Unpin" : "Pin"} <kbd>p</kbd>
      </Button>
      <Button aria-label="Esc, close the evidence" onClick={store.close}>
        <span aria-hidden="true">×</span> <kbd>Esc</kbd>
      </Button>
    </div>
  );
}

function Body({ document }: { readonly document: Evidence }) {
  const records = useMemo(() => recordsOf(document), [document]);
  const chain = useMemo(
    () => ({ root: document.root, links: document.links, records }),
    [document, records],
  );
  const [place, setPlace] = useState<Step>({ at: document.root, open: new Set([document.root]) });
  const [shown, setShown] = useState<string | null>(null);
  const why = useMemo(() => numbered([...whyOf(document), ...whyNotOf(document)]), [document]);
  const count = whyOf(document).length;
  // A numbered link goes to its record in the chain and opens it there; one outside the chain is
  // opened as evidence of its own.
  const goTo = (ref: string): void => {
    const found = reveal(chain, ref);
    if (found === null) {
      store.open(ref);
      return;
    }
    setPlace((before) => ({ at: found.at, open: new Set([...before.open, ...found.open]) }));
    setShown(found.at);
  };
  const pro = <Why key="why" title="Why" groups={why.groups.slice(0, count)} refs={why.refs} onRef={goTo} />;
  const con = <Why key="not" title="Why not" groups={why.groups.slice(count)} refs={why.refs} onRef={goTo} />;
  return (
    <>
      {abstains(document) ? [con, pro] : [pro, con]}
      <ChainTree
        chain={chain}
        document={document}
        place={place}
        onPlace={setPlace}
        shown={shown}
        onShow={setShown}
      />
      <Prints prints={document.prints} truncated={document.truncated.prints} onRef={goTo} />
      <Context document={document} />
      <Settlement alert={document.alert} outcomes={document.outcomes} />
      <Facts document={document} records={records} />
    </>
  );
}
