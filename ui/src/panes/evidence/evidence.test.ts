import { describe, expect, it } from "vitest";
import type { FlowAlert, SmartMoneyEvent } from "../../generated";
import reasons from "../../ui/reasons.json";
import { sentence } from "../../ui/reasons";
import { csvOf } from "./csv";
import { originOf } from "./origin";
import { placeOf } from "./Prints";
import { recordsOf, refText } from "./refs";
import type { Evidence } from "../../generated/rest";
import type { Found } from "./refs";
import { reveal, visibleNodes, walk } from "./tree";
import type { Chain } from "./tree";
import { abstains, numbered, rangesOf, whyNotOf, whyOf } from "./why";

function documentOf(part: Partial<Evidence>): Evidence {
  return {
    root: "", alert: null, outcomes: [], hits: [], smart_money: [], packets: [], prints: [], quotes: [],
    equity_prints: [], equity_quotes: [], joins: [], dark: [], signals: [], states: [], order_flow: [],
    profiles: [], candles: [], net_premium: [], levels: [], news: [], events: [], open_interest: [],
    baselines: [], used_by: [], links: [], missing: [], truncated: {}, source: "hot", ...part,
  };
}

const abstained = {
  event_id: "sm:1",
  abstained: true,
  primary_profile_id: null,
  abstention_reasons: ["below_policy_threshold", "stale_or_missing_quote_context"],
  suppressed_reasons: ["stale_or_missing_quote_context"],
  caveats: [
    { code: "stale_quote_context", share: 0.58, penalty: 0.4, evidence_refs: [{ kind: "flow_packet", id: "pk:1", role: "anchor" }] },
  ],
  profile_scores: [{ profile_id: "retail_whale", probability: 0.31, reasons: ["small_ticket_size"] }],
  evidence_refs: [{ kind: "option_print", id: "t:1", role: "member" }],
} as unknown as SmartMoneyEvent;

describe("numbers of why", () => {
  it("writes runs as ranges whatever their order", () => {
    expect(rangesOf([3, 1, 2, 7, 2])).toEqual([[1, 3], [7, 7]]);
    expect(rangesOf([])).toEqual([]);
  });

  it("gives a record one number wherever it is named, in the order of first mention", () => {
    const told = numbered([
      { by: "a", title: "", sentences: [], refs: ["x", "y"] },
      { by: "b", title: "", sentences: [], refs: ["y", "z", "x"] },
    ]);
    expect(told.refs).toEqual(["x", "y", "z"]);
    expect(told.groups.map((group) => group.ranges)).toEqual([[[1, 2]], [[1, 3]]]);
  });

  it("lets the alert speak before its hits, and the stronger hit first", () => {
    const hit = (id: string, confidence: number) => ({
      hit_id: id, classifier_id: id, confidence, explanations: [`says ${id}`], evidence_refs: [],
    });
    const groups = whyOf(
      documentOf({
        alert: { alert_id: "al:1", why: ["one"], evidence_refs: [] } as unknown as FlowAlert,
        hits: [hit("weak", 0.4), hit("strong", 0.9)] as unknown as Evidence["hits"],
      }),
    );
    expect(groups.map((group) => group.by)).toEqual(["al:1", "strong", "weak"]);
  });

  it("names each suppression once, then caveats with their shares, then what lost", () => {
    const [group] = whyNotOf(documentOf({ root: "sm:1", smart_money: [abstained] }));
    expect(group?.title).toBe("No direction given");
    expect(group?.sentences).toEqual([
      sentence("stale_or_missing_quote_context"),
      sentence("below_policy_threshold"),
      `${sentence("stale_quote_context")} Share 58 %, costs 40 %.`,
      "retail whale had 31 % and was not chosen.",
    ]);
    expect(group?.refs).toEqual(["pk:1"]);
  });

  it("puts what speaks against it first only where the record itself abstains", () => {
    expect(abstains(documentOf({ root: "sm:1", smart_money: [abstained] }))).toBe(true);
    expect(abstains(documentOf({ root: "al:1", smart_money: [abstained] }))).toBe(false);
  });
});

describe("sentences", () => {
  it("reads a caveat of the signal filter as the caveat", () => {
    expect(sentence("caveat:unknown_condition")).toBe(reasons.unknown_condition);
  });

  it("shows a code nobody wrote a sentence for instead of hiding it", () => {
    expect(sentence("brand_new_code")).toBe("brand new code.");
  });
});

describe("refs", () => {
  it("types what has no type of its own and leaves the rest", () => {
    expect(refText({ kind: "option_print", id: "synthetic:1" })).toBe("print:synthetic:1");
    expect(refText({ kind: "flow_packet", id: "pk:1" })).toBe("pk:1");
    expect(refText({ kind: "order_flow", id: "orderflow:1" })).toBe("order-flow:orderflow:1");
  });

  it("finds open interest under the name packets cite it by", () => {
    const row = { trace_id: "t", option_contract_id: "A-2026-11-20-1-C", as_of_date: "2026-11-18" };
    const records = recordsOf(documentOf({ open_interest: [row] as unknown as Evidence["open_interest"] }));
    expect(records.get("oi:A-2026-11-20-1-C@2026-11-18")?.record).toBe(row);
  });

  it("marks what was measured, derived and inferred", () => {
    expect(originOf("prints", "price")).toBe("measured");
    expect(originOf("prints", "nbbo_side")).toBe("derived");
    expect(originOf("prints", "aggressor_side")).toBe("inferred");
    expect(originOf("quotes", "bid")).toBe("measured");
    expect(originOf("alert", "score")).toBe("inferred");
  });
});

describe("bid–ask scale", () => {
  it("places a print between the quotes, and at most a fifth beyond", () => {
    expect(placeOf({ nbbo_bid: 1, nbbo_ask: 2, price: 1.5 })).toBe(0.5);
    expect(placeOf({ nbbo_bid: 1, nbbo_ask: 2, price: 9 })).toBe(1.2);
  });

  it("places nothing without a quote, nor in a locked one", () => {
    expect(placeOf({ nbbo_bid: null, nbbo_ask: 2, price: 1 })).toBeNull();
    expect(placeOf({ nbbo_bid: 2, nbbo_ask: 2, price: 2 })).toBeNull();
  });
});

describe("chain", () => {
  const links = [
    ["al", "hit1"], ["al", "hit2"], ["hit1", "sm"], ["hit2", "sm"], ["sm", "pk"],
    ["pk", "p1"], ["pk", "p2"], ["pk", "p3"], ["pk", "p4"], ["pk", "p5"], ["p3", "q3"],
  ] as const;
  const kinds: Readonly<Record<string, Found["kind"]>> = {
    al: "alert", hit1: "hits", hit2: "hits", sm: "smart_money", pk: "packets", q3: "quotes",
    p1: "prints", p2: "prints", p3: "prints", p4: "prints", p5: "prints",
  };
  const chain: Chain = {
    root: "al",
    links,
    records: new Map(Object.entries(kinds).map(([ref, kind]) => [ref, { ref, kind, record: {} }])),
  };

  it("walks down, opens, goes in, and back out to what is above", () => {
    let open: ReadonlySet<string> = new Set(["al"]);
    let at = "al";
    const press = (key: string): void => {
      const step = walk(visibleNodes(chain, open), open, at, key);
      if (step !== null) ({ at, open } = step);
    };
    press("ArrowDown");
    expect(at).toBe("al>hit1");
    press("ArrowRight");
    expect([at, open.has("al>hit1")]).toEqual(["al>hit1", true]);
    press("ArrowRight");
    expect(at).toBe("al>hit1>sm");
    press("ArrowLeft");
    expect(at).toBe("al>hit1");
    press("ArrowLeft");
    expect(open.has("al>hit1")).toBe(false);
    press("End");
    expect(at).toBe("al>hit2");
    press("ArrowDown");
    expect(at).toBe("al>hit2");
    press("Home");
    expect(at).toBe("al");
  });

  it("knows no other key", () => {
    expect(walk(visibleNodes(chain, new Set()), new Set(), "al", "x")).toBeNull();
  });

  it("counts many of a kind in one line and opens them on demand", () => {
    const open = new Set(["al", "al>hit1", "al>hit1>sm", "al>hit1>sm>pk"]);
    const group = visibleNodes(chain, open).find((node) => node.ref === null);
    expect(group?.count).toBe(5);
    open.add(group?.key ?? "");
    expect(visibleNodes(chain, open).filter((node) => node.kind === "prints" && node.ref !== null)).toHaveLength(5);
  });

  it("reveals a record deep in the chain by opening only what is above it", () => {
    const found = reveal(chain, "q3");
    expect(found?.at.endsWith(">p3>q3")).toBe(true);
    const nodes = visibleNodes(chain, found?.open ?? new Set());
    expect(nodes.some((node) => node.key === found?.at)).toBe(true);
    expect(found?.open.has("al>hit2")).toBe(false);
  });

  it("reveals nothing that is not in the chain, and ends on a cycle", () => {
    expect(reveal(chain, "elsewhere")).toBeNull();
    expect(reveal({ ...chain, links: [["al", "pk"], ["pk", "al"]] }, "elsewhere")).toBeNull();
  });
});

describe("CSV", () => {
  it("quotes what would break a row and leaves null empty", () => {
    expect(csvOf([{ a: 'x"y', b: null, c: ["1", "2"] }])).toBe('a,b,c\n"x""y",,"[""1"",""2""]"');
  });
});
