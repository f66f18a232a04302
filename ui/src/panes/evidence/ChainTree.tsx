/** The chain as a tree: arrows walk and open it, Enter shows a record in place. */
import { useEffect, useRef } from "react";
import type { KeyboardEvent } from "react";
import { count } from "../../ui/number";
import { FieldList } from "./FieldList";
import { kindOfRef, kindWord } from "./refs";
import type { Evidence } from "../../generated/rest";
import * as store from "./store";
import { lineOf } from "./titles";
import { visibleNodes, walk } from "./tree";
import type { Chain, Step, TreeNode } from "./tree";

interface ChainTreeProps {
  readonly chain: Chain;
  readonly document: Evidence;
  readonly place: Step;
  readonly onPlace: (place: Step) => void;
  /** Key of the node whose record is shown in place. */
  readonly shown: string | null;
  readonly onShow: (key: string | null) => void;
}

export function ChainTree({ chain, document, place, onPlace, shown, onShow }: ChainTreeProps) {
  const root = useRef<HTMLDivElement>(null);
  const nodes = visibleNodes(chain, place.open);
  const reasons = new Map(document.missing.map(({ ref, reason }) => [ref, reason]));
  // The reader asked for a record by its number: bring it into view.
  useEffect(() => {
    if (shown === null) return;
    root.current?.querySelector(`[data-key="${CSS.escape(shown)}"]`)?.scrollIntoView({ block: "nearest" });
  }, [shown]);
  const toggle = (node: TreeNode): void => {
    onShow(shown === node.key ? null : node.key);
    onPlace({ ...place, at: node.key });
  };
  const pressed = (event: KeyboardEvent): void => {
    const node = nodes.find((each) => each.key === place.at) ?? nodes[0];
    if (node === undefined || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && event.shiftKey && node.ref !== null) store.open(node.ref);
    else if (event.key === "Enter") toggle(node);
    else {
      const step = walk(nodes, place.open, node.key, event.key);
      if (step === null) return;
      onPlace(step);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section className="evidence-part" aria-label="Chain">
      <h3>
        Chain <span className="dim">arrows walk, Enter opens in place, Shift+Enter as evidence of its own</span>
      </h3>
      <div className="chain" role="tree" aria-label="Chain of evidence" tabIndex={0} ref={root} onKeyDown={pressed} aria-activedescendant={`chain-${place.at}`}>
        {nodes.map((node) => (
          <Node
            key={node.key}
            node={node}
            chain={chain}
            reason={node.ref === null ? undefined : reasons.get(node.ref)}
            isAt={node.key === place.at}
            isShown={node.key === shown}
            onPress={() => {
              const step = walk(nodes, place.open, node.key, node.isOpen ? "ArrowLeft" : "ArrowRight");
              if (node.hasChildren && step !== null) onPlace({ ...step, at: node.key });
              toggle(node);
            }}
          />
        ))}
      </div>
      {document.used_by.length > 0 && (
        <p className="used-by">
          used by{" "}
          {document.used_by.map((each) => (
            <button key={each.ref} type="button" onClick={() => store.open(each.ref)} title={each.ref}>
              ↑ {kindOfRef(each.ref)} {each.told ?? ""}
            </button>
          ))}
        </p>
      )}
    </section>
  );
}

interface NodeProps {
  readonly node: TreeNode;
  readonly chain: Chain;
  readonly reason: string | undefined;
  readonly isAt: boolean;
  readonly isShown: boolean;
  readonly onPress: () => void;
}

function Node({ node, chain, reason, isAt, isShown, onPress }: NodeProps) {
  const found = node.ref === null ? undefined : chain.records.get(node.ref);
  const word =
    node.ref === null
      ? `${count(node.count)} ${node.kind === null ? "missing" : kindWord(node.kind, true)}`
      : found === undefined
        ? kindOfRef(node.ref)
        : kindWord(found.kind);
  return (
    <>
      {/* The tree has the keyboard; a press is the same as Enter on the node. */}
      {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events */}
      <div
        id={`chain-${node.key}`}
        className={`chain-node ${isAt ? "at" : ""}`}
        data-key={node.key}
        role="treeitem"
        tabIndex={-1}
        aria-level={node.depth + 1}
        aria-selected={isAt}
        {...(node.hasChildren ? { "aria-expanded": node.isOpen } : {})}
        style={{ paddingLeft: 4 + node.depth * 14 }}
        onClick={onPress}
      >
        <span className="chain-arrow">{node.hasChildren ? (node.isOpen ? "▾" : "▸") : ""}</span>
        <span className="chain-kind">{word}</span>
        <span className="chain-line">
          {found === undefined
            ? node.ref === null
              ? ""
              : `${node.ref}: ${(reason ?? "not part of this answer").replaceAll("_", " ")}`
            : lineOf(found)}
        </span>
      </div>
      {isShown && found !== undefined && (
        <div className="chain-record" style={{ marginLeft: 18 + node.depth * 14 }}>
          <p>
            <span className="mono">{found.ref}</span>
            <button type="button" className="evidence-more" onClick={() => store.open(found.ref)}>
              open as evidence
            </button>
          </p>
          <FieldList kind={found.kind} record={found.record} />
        </div>
      )}
    </>
  );
}
