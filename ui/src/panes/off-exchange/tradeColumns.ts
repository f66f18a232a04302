/** Columns that say what traded, the same for an equity print and for its join to a quote. */
import type { EquityPrint } from "../../generated";
import { count, money, moneyExact, price } from "../../ui/number";
import { by, dim, symbolColumn } from "../grid/columns";
import type { TapeColumn } from "../grid/columns";

export type Trade = Pick<EquityPrint, "underlying_id" | "price" | "size" | "session">;
type Column = TapeColumn<Trade>;

/** $. */
export const notionalOf = (trade: Trade): number => trade.price * trade.size;

export const symbol: Column = symbolColumn<Trade>(56);

export const tradePrice: Column = {
  id: "price",
  title: "price",
  width: 68,
  align: "right",
  text: (trade) => price(trade.price),
  order: by((trade) => trade.price),
};

export const size: Column = {
  id: "size",
  title: "size",
  width: 60,
  align: "right",
  text: (trade) => count(trade.size),
  order: by((trade) => trade.size),
};

export const notional: Column = {
  id: "notional",
  title: "notional",
  width: 66,
  align: "right",
  text: (trade) => money(notionalOf(trade)),
  tip: (trade) => moneyExact(notionalOf(trade)),
  classes: { strong: (trade) => notionalOf(trade) >= 1_000_000 },
  order: by(notionalOf),
};

export const session: Column = { id: "session", title: "session", width: 50, text: (trade) => trade.session, classes: dim };
