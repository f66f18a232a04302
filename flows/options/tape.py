"""The tape: one enriched row per print."""

from functools import lru_cache
from typing import Final

import msgspec

from flows.common.prices import premium_cents
from flows.common.prices import round6
from flows.options.aggressor import AggressorStack
from flows.options.baselines.book import Baselines
from flows.options.conditions import ConditionFacts
from flows.options.config import TAPE_POLICY
from flows.options.config import OptionsConfig
from flows.options.enrichment import Contract
from flows.options.enrichment import JoinedPrint
from flows.options.quotes import JoinedQuote
from flows.options.quotes import Placement
from flows.options.quotes import join_quality
from flows.options.quotes import spread_position
from flows.options.signal import SignalFilter
from flows.options.underlyings import JoinedUnderlying
from schemas.records import OptionsTape

TAPE_VERSION: Final = "options.tape.v1"
NO_OPEN_INTEREST: Final = (None, None)


class Member(msgspec.Struct, gc=False):
    """
    A print as packets and cancels hold it.

    Parameters
    ----------
    row : OptionsTape
        Its tape row; replaced by the reversed row after a cancel.
    facts : ConditionFacts
        Its condition.
    at_e4 : int
        Price in 1/10,000 dollar.
    cents : int
        Premium.
    quote : JoinedQuote
        The quote it was measured against.
    underlying_bid, underlying_ask : float | None
        $, as joined.
    underlying_ts : int | None
        ns UTC, as joined.
    unresolved : bool
        The contract's deliverable is not known.
    serial : int
        Place among the volume-eligible prints of the contract's session; −1 outside of it.
    digest : int
        Price, size and exchange packed, to match cancels.
    """

    row: OptionsTape
    facts: ConditionFacts
    at_e4: int
    cents: int
    quote: JoinedQuote
    underlying_bid: float | None
    underlying_ask: float | None
    underlying_ts: int | None
    unresolved: bool
    serial: int
    digest: int


@lru_cache(maxsize=4096)
def _with_caveats(caveats: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
    return caveats + added


class TapeBuilder:
    """
    Build tape rows from joined prints.

    Parameters
    ----------
    config : OptionsConfig
        Thresholds of placement, aggressor and signal.
    baselines : Baselines
        Asked whether a premium is unusual for its underlying, before the print is part of it.

    Notes
    -----
    Source: options flow specification, 1.5, 3 and 4. `condition_caveats` carries, after those of
    the condition, `adjusted_unresolved`, `crossed_quote` and `zero_bid_quote`. A placement of null
    in `nbbo_geo_side` says that no quote could place the price, whatever its age.
    """

    def __init__(self, config: OptionsConfig, baselines: Baselines) -> None:
        self._baselines = baselines
        self._max_age_ms = config.quotes.max_age_ms
        self._placement = Placement(config.quotes)
        self._aggressor = AggressorStack(config.aggressor, config.quotes)
        self._signal = SignalFilter(config.signal)
        self._outlier_floor = self._signal.outlier_floor
        self._config_hash = config.config_hash

    def member(
        self,
        joined: JoinedPrint,
        session_volume: int,
        counted: tuple[int, int],
        added_caveats: tuple[str, ...] = (),
        open_interest: tuple[int, int] | None = None,
    ) -> Member:
        """
        Return a print with its tape row, revision 0.

        Parameters
        ----------
        joined : JoinedPrint
            With greeks.
        session_volume : int
            Contracts of the contract's session, this print included.
        counted : tuple[int, int]
            Serial among the session's volume-eligible prints, and digest.
        added_caveats : tuple[str, ...]
            What only the engine knows about the print.
        open_interest : tuple[int, int] | None
            Contracts, and the session at whose end they stood.
        """
        record = joined.record
        facts = joined.facts
        quote = joined.quote
        underlying = joined.underlying
        contract = joined.contract
        at_e4 = joined.at_e4
        size = record.size
        geo_side = self._placement.geo_side(at_e4, quote) if facts.placement_usable else None
        side = geo_side or "MISSING"
        if geo_side is not None and quote.is_stale:
            side = "STALE"
        verdict = self._aggressor.decide(
            record, at_e4, quote, facts, unresolved=contract.unresolved
        )
        cents = premium_cents(at_e4, size, record.multiplier)
        weak_zero_bid = quote.is_weak_zero_bid
        caveats = facts.caveats
        if contract.unresolved or weak_zero_bid or added_caveats or quote.state == "crossed":
            caveats = self._caveats(joined, weak_zero_bid, added_caveats)
        premium = cents / 100
        premium_lz = None
        if premium >= self._outlier_floor and facts.signal_class == "full":
            premium_lz = self._baselines.print_lz(contract.underlying_id, premium)
        passed, reasons = self._signal.decide(
            premium,
            size,
            facts,
            self._signal.side(geo_side, quote.age_ms, weak_zero_bid=weak_zero_bid),
            is_etf=contract.is_etf,
            caveats=caveats,
            premium_lz=premium_lz,
        )
        row = self._row(
            joined,
            (geo_side, side, *verdict),
            cents,
            caveats,
            (passed, reasons),
            (session_volume, *(open_interest or NO_OPEN_INTEREST)),
        )
        return Member(
            row, facts, at_e4, cents, quote, underlying.bid, underlying.ask, underlying.ts,
            contract.unresolved, *counted,
        )  # fmt: skip

    def _caveats(
        self, joined: JoinedPrint, weak_zero_bid: bool, more: tuple[str, ...]
    ) -> tuple[str, ...]:
        added = []
        if joined.contract.unresolved:
            added.append("adjusted_unresolved")
        if joined.quote.state == "crossed":
            added.append("crossed_quote")
        if weak_zero_bid:
            added.append("zero_bid_quote")
        return _with_caveats(joined.facts.caveats, (*added, *more))

    def _row(
        self,
        joined: JoinedPrint,
        sides: tuple[str | None, str, str, float, str],
        cents: int,
        caveats: tuple[str, ...],
        decision: tuple[bool, tuple[str, ...]],
        volume: tuple[int, int | None, int | None],
    ) -> OptionsTape:
        r = joined.record
        q = joined.quote
        f = joined.facts
        c = joined.contract
        geo_side, side, aggressor_side, probability, method = sides
        position = spread_position(joined.at_e4, q)
        if q.source == "topic":
            bid, ask, bid_size, ask_size = q.bid, q.ask, q.bid_size, q.ask_size
            quote_ts, bid_venue, ask_venue = q.ts, q.bid_venue, q.ask_venue
        else:
            bid, ask, bid_size, ask_size = r.nbbo_bid, r.nbbo_ask, r.nbbo_bid_size, r.nbbo_ask_size
            quote_ts, bid_venue, ask_venue = r.nbbo_ts, r.nbbo_bid_venue, r.nbbo_ask_venue
        mid, spread_bps, moneyness, otm, proximity = _moneyness(joined.underlying, c)
        iv_status, iv_source, iv, delta, gamma, vega, theta, shares, per_percent = joined.greeks
        spread_pct = q.spread_pct
        return OptionsTape(
            r.source_ts, r.ingest_ts, r.seq, r.trace_id, TAPE_VERSION, r.source,
            r.option_contract_id, r.underlying_id, r.root, r.right, r.multiplier_source,
            r.exchange, r.expiry, r.multiplier, r.size, r.strike, r.price, r.adjusted, r.flex,
            r.conditions, r.raw_conditions, r.source_trade_id,
            bid, ask, bid_size, ask_size, quote_ts, bid_venue, ask_venue,
            r.venue_bid, r.venue_ask, r.venue_bid_size, r.venue_ask_size,
            r.underlying_bid, r.underlying_ask, r.underlying_ts, r.provider_iv, r.vendor_aggressor,
            cents / 100, joined.trade_date, joined.session, f.signal_class, caveats,
            f.eligible_volume, f.eligible_price, f.iso, f.auction, f.cross, f.floor, f.complex,
            f.stock_tied, f.late, f.opening, f.cancel,
            side, geo_side, q.source, q.state, q.trace_id,
            None if position is None else round6(position),
            q.mid, q.spread, None if spread_pct is None else round6(spread_pct), q.age_ms,
            aggressor_side, method, joined.underlying.source,
            round6(join_quality(side, q, self._max_age_ms)), probability,
            mid, spread_bps, joined.underlying.age_ms, moneyness, otm, proximity,
            c.expiry - joined.trade_date, iv_source, iv_status, iv, delta, gamma, vega, theta,
            shares, per_percent, *volume, c.is_etf,
            decision[0], joined.is_late, False, decision[1], self._signal.mode, 0,
            TAPE_POLICY, self._config_hash,
        )  # fmt: skip


def _moneyness(
    underlying: JoinedUnderlying, contract: Contract
) -> tuple[float | None, float | None, float | None, float | None, float | None]:
    spot = underlying.mid
    if spot is None:
        return None, None, None, None, None
    spread_bps = underlying.spread_bps
    shown = round(spot * 1e6) / 1e6
    if spread_bps is not None:
        spread_bps = round(spread_bps * 1e6) / 1e6
    if contract.unresolved:
        return shown, spread_bps, None, None, None
    strike = contract.strike
    spot *= contract.spot_ratio
    moneyness = strike / spot
    return (
        shown,
        spread_bps,
        round(moneyness * 1e6) / 1e6,
        round(contract.sign * (moneyness - 1.0) * 1e6) / 1e6,
        round(abs(strike - spot) / spot * 1e6) / 1e6,
    )
