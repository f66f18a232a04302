"""Records of `equities.joins`."""

from typing import Final

import msgspec

from flows.common.conditions import Update
from flows.equities.join.config import JOIN_POLICY
from flows.equities.join.join import Joined
from flows.equities.stage import Cause
from schemas.records.equities_joins import EquityJoin
from schemas.records.equities_prints import EquityPrint

JOIN_SCHEMA: Final = "equities.joins.v1"
JOIN_PREFIX: Final = "join:"


def join_record(trade: EquityPrint, joined: Joined, update: Update, config_hash: str) -> EquityJoin:
    """
    Return the record of a join, revision 0.

    Parameters
    ----------
    trade : EquityPrint
        The print.
    joined : Joined
        Its join.
    update : Update
        What its conditions allow.
    config_hash : str
        Of the `JoinConfig`.

    Notes
    -----
    Without a quote every field of it is null; a quote that is not two-sided has its sides, but no
    mid, spread or position. Source: equities specification, 3.
    """
    quote = joined.quote
    ingest_ts = trade.ingest_ts if quote is None else max(trade.ingest_ts, quote.ingest_ts)
    return EquityJoin(
        source_ts=trade.source_ts,
        ingest_ts=ingest_ts,
        seq=trade.seq,
        trace_id=JOIN_PREFIX + trade.trace_id,
        schema_version=JOIN_SCHEMA,
        revision=0,
        source=trade.source,
        underlying_id=trade.underlying_id,
        print_trace_id=trade.trace_id,
        price=trade.price,
        size=trade.size,
        exchange=trade.exchange,
        off_exchange_flag=trade.off_exchange_flag,
        session=trade.session,
        join_ts=joined.join_ts,
        nbbo_side=joined.nbbo_side,
        direction=joined.direction,
        direction_rule=joined.direction_rule,
        eligible_volume=update.volume,
        eligible_levels=update.levels,
        eligible_direction=update.direction,
        eligible_baseline=update.baseline,
        cancelled=False,
        join_quality=joined.join_quality,
        quality_flags=joined.quality_flags,
        conditions=trade.conditions,
        trf_id=trade.trf_id,
        quote_trace_id=None if quote is None else quote.trace_id,
        retail_proxy=joined.retail_proxy,
        bid=None if quote is None else quote.bid,
        ask=None if quote is None else quote.ask,
        bid_size=None if quote is None else quote.bid_size,
        ask_size=None if quote is None else quote.ask_size,
        mid=joined.mid,
        spread=joined.spread,
        spread_bps=joined.spread_bps,
        quote_age_ms=joined.quote_age_ms,
        spread_position=joined.spread_position,
        quote_ts=None if quote is None else quote.ts,
        policy_version=JOIN_POLICY,
        config_hash=config_hash,
    )


def cancelled_record(record: EquityJoin, cause: Cause) -> EquityJoin:
    """
    Return the next revision of a join whose print was cancelled.

    Parameters
    ----------
    record : EquityJoin
        The newest revision published.
    cause : Cause
        The cancel; it becomes knowable at its event time.
    """
    return msgspec.structs.replace(
        record,
        source_ts=cause.now_ns,
        ingest_ts=max(record.ingest_ts, cause.ingest_ts),
        seq=cause.seq,
        revision=record.revision + 1,
        cancelled=True,
    )
