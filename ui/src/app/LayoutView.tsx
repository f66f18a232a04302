/** Draws the layout tree: panes, and dividers that pointer and arrow keys move. */
import { Component, Suspense, lazy, useEffect, useRef, useState } from "react";
import type { ComponentType, KeyboardEvent, LazyExoticComponent, PointerEvent, ReactNode } from "react";
import { useStore } from "../stores/store";
import { Button, PaneFrame, PaneState } from "../ui/primitives";
import { LINK_GROUPS, joinGroup, paneGroups } from "./intents";
import * as tree from "./layout";
import type { LayoutNode, LayoutPath, PaneLeaf, Split } from "./layout";
import { paneKind } from "./panes";
import type { PaneProps } from "./panes";
import { route } from "./router";
import * as workspace from "./workspace";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Placed {
  readonly leaf: PaneLeaf;
  readonly box: Box;
}

interface Divider {
  readonly path: LayoutPath;
  readonly split: Split;
  /** Of the whole split, both children. */
  readonly room: Box;
  readonly box: Box;
}

/** Lay the tree out in whole pixels. */
function place(node: LayoutNode, box: Box, path: LayoutPath, out: { panes: Placed[]; dividers: Divider[] }): void {
  if (node.kind === "pane") {
    out.panes.push({ leaf: node, box });
    return;
  }
  const across = node.direction === "row";
  const { first, second } = tree.shares(across ? box.width : box.height, node.ratio);
  const cut = first + tree.DIVIDER_PX;
  const one = across ? { ...box, width: first } : { ...box, height: first };
  const two = across
    ? { ...box, x: box.x + cut, width: second }
    : { ...box, y: box.y + cut, height: second };
  const line = across
    ? { ...box, x: box.x + first, width: tree.DIVIDER_PX }
    : { ...box, y: box.y + first, height: tree.DIVIDER_PX };
  out.dividers.push({ path, split: node, room: box, box: line });
  place(node.first, one, [...path, "first"], out);
  place(node.second, two, [...path, "second"], out);
}

const NARROW_PX = 900;
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
};
const style = ({ x, y, width, height }: Box) => ({ left: x, top: y, width, height });

export function LayoutView() {
  const host = useRef<HTMLElement>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  // Read for their changes; `currentLayout` depends on both.
  const { page } = useStore(route);
  useStore(workspace.layouts);
  const active = useStore(workspace.activePane);
  const big = useStore(workspace.maximised);
  const arranging = useStore(workspace.arranging);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const layout = workspace.currentLayout();
  const out: { panes: Placed[]; dividers: Divider[] } = { panes: [], dividers: [] };
  if (size !== null && layout !== null) place(layout, { x: 0, y: 0, ...size }, [], out);
  // One pane at a time on a narrow screen, with the same keys.
  const only = big ?? (size !== null && size.width < NARROW_PX ? (active ?? out.panes[0]?.leaf.id) : null);
  const whole = size === null ? null : { x: 0, y: 0, ...size };
  const shown = out.panes.filter(({ leaf }) => only === null || only === undefined || leaf.id === only);
  return (
    <main ref={host} className={arranging ? "layout arranging" : "layout"}>
      {layout === null && size !== null && (
        <PaneState title={`There is no page “${page}”.`} detail="Ctrl+K lists every page." />
      )}
      {shown.map(({ leaf, box }) => (
        <PaneBox
          // Another workspace has other columns and groups, so its panes are others.
          key={`${workspace.workspaceNumber()}/${page}/${leaf.id}`}
          leaf={leaf}
          box={only === leaf.id && whole !== null ? whole : box}
          isActive={leaf.id === active}
          arranging={arranging}
        />
      ))}
      {(only === null || only === undefined) &&
        out.dividers.map((divider) => <DividerBox key={divider.path.join("/")} divider={divider} />)}
    </main>
  );
}

function DividerBox({ divider }: { readonly divider: Divider }) {
  const { split, room, box, path } = divider;
  const across = split.direction === "row";
  const total = across ? room.width : room.height;
  const dragged = (event: PointerEvent<HTMLElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const host = event.currentTarget.parentElement?.getBoundingClientRect();
    if (host === undefined) return;
    const at = across ? event.clientX - host.left - room.x : event.clientY - host.top - room.y;
    workspace.resize(path, at / total);
  };
  const pressed = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey) return;
    event.preventDefault();
    event.stopPropagation();
    workspace.resize(path, split.ratio + (step * 24) / total);
  };
  return (
    // A separator that can be moved takes the keyboard, as ARIA has it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className={`divider ${split.direction}`}
      style={style(box)}
      role="separator"
      aria-label="resize panes"
      aria-orientation={across ? "vertical" : "horizontal"}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(split.ratio * 100)}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={dragged}
      onKeyDown={pressed}
    />
  );
}

interface PaneBoxProps {
  readonly leaf: PaneLeaf;
  readonly box: Box;
  readonly isActive: boolean;
  readonly arranging: boolean;
}

function PaneBox({ leaf, box, isActive, arranging }: PaneBoxProps) {
  const context = usePaneContext(leaf);
  const kind = paneKind(leaf.pane);
  const title = workspace.paneTitle(leaf);
  useEffect(() => {
    // Drawn after its page was chosen, so it could not be given the keyboard then.
    if (workspace.activePane.get() === leaf.id && document.activeElement === document.body) workspace.focusPane(leaf.id);
  }, [leaf.id]);
  return (
    // A pane takes the keyboard as a whole: its rows are walked with keys of its own.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className={isActive ? "pane active" : "pane"}
      style={style(box)}
      data-pane={leaf.id}
      aria-label={title}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      onFocus={() => workspace.activePane.set(leaf.id)}
      onPointerDown={() => workspace.activePane.set(leaf.id)}
    >
      {kind === undefined ? (
        <PaneFrame title={leaf.pane}>
          <PaneState title={`This terminal has no pane “${leaf.pane}”.`} />
        </PaneFrame>
      ) : (
        <Boundary title={title}>
          <Suspense fallback={<Opening title={title} />}>
            <Loaded kind={leaf.pane} pane={context} />
          </Suspense>
        </Boundary>
      )}
      {arranging && <Arrange leaf={leaf} />}
    </section>
  );
}

/** What stands for a pane until its code is there. */
function Opening({ title }: { readonly title: string }) {
  return (
    <PaneFrame title={title}>
      <div role="status" aria-busy="true" aria-label={`${title} opens`} />
    </PaneFrame>
  );
}

function usePaneContext(leaf: PaneLeaf): PaneProps["pane"] {
  const [context] = useState(() => ({ id: leaf.id, kind: leaf.pane, params: leaf.params }));
  return context;
}

const loaded = new Map<string, LazyExoticComponent<ComponentType<PaneProps>>>();

function componentOf(kind: string): LazyExoticComponent<ComponentType<PaneProps>> | null {
  const known = loaded.get(kind);
  if (known !== undefined) return known;
  const found = paneKind(kind);
  if (found === undefined) return null;
  const component = lazy(found.load);
  loaded.set(kind, component);
  return component;
}

function Loaded({ kind, pane }: { readonly kind: string; readonly pane: PaneProps["pane"] }) {
  const Pane = componentOf(kind);
  // The component of a kind is made once and kept, so its identity is stable over renders.
  // eslint-disable-next-line react-hooks/static-components
  return Pane === null ? null : <Pane pane={pane} />;
}

function Arrange({ leaf }: { readonly leaf: PaneLeaf }) {
  const group = useStore(paneGroups)[leaf.id] ?? null;
  const ids = tree.leaves(workspace.currentLayout() ?? leaf).map((each) => each.id);
  const next = ids[(ids.indexOf(leaf.id) + 1) % ids.length] ?? leaf.id;
  const at = group === null ? 0 : LINK_GROUPS.indexOf(group) + 1;
  const nextGroup = LINK_GROUPS[at] ?? null;
  return (
    <div className="arrange">
      <Button look="bordered" onClick={() => joinGroup(leaf.id, nextGroup)}>
        group {group ?? "none"}
      </Button>
      <Button look="bordered" onClick={() => workspace.swapPanes(leaf.id, next)}>
        swap with next
      </Button>
      <Button look="bordered" onClick={() => workspace.closePane(leaf.id)}>
        close
      </Button>
    </div>
  );
}

interface BoundaryProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** One broken pane must not take the others with it. */
class Boundary extends Component<BoundaryProps, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <PaneFrame title={this.props.title}>
        <PaneState
          title="This pane stopped."
          detail={error.message}
          actions={[{ text: "Open it again", run: () => this.setState({ error: null }) }]}
        />
      </PaneFrame>
    );
  }
}
