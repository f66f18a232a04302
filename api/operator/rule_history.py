"""How often a rule would have spoken in the last session, through the filters' SQL."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Final

import msgspec

from api.live.filters import parse_filters
from api.operator.bodies import AlertRuleBody
from api.operator.rules import EASTERN
from api.operator.rules import NS_PER_S
from api.operator.rules import RuleMemory
from api.operator.rules import RulePolicy
from api.operator.rules import dedupe_path
from api.store import Store
from api.streams import stream_of

# Beyond this many matches only their number is told.
MAX_JUDGED: Final = 50_000

# How SQL says what `dedupe_key` says of a record.
_KEYS: Final = {
    "underlying_id": "`underlying_id`",
    "option_contract_id": "ifNull(`option_contract_id`, '')",
    "features.option_contract_id": "ifNull(`features`.`option_contract_id`, '')",
    "classifier_id": "`classifier_id`",
    "hits.classifier_id": "`hits`.`classifier_id`[1]",
}


class LastSession(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a rule would have done in the newest session of its stream.

    Parameters
    ----------
    trade_date : str | None
        Date, Eastern; null when nothing is stored.
    matches : int
        Records its filters let through.
    would_fire : int | None
        Of them those it would have told, by cooldown and the bound of an hour; null when there
        are more than 50,000 matches.
    """

    trade_date: str | None
    matches: int
    would_fire: int | None


async def last_session(store: Store, body: AlertRuleBody) -> LastSession:
    """
    Return how often a rule would have spoken.

    Quiet hours and snooze are left out: they are about the operator's day, not the market's.

    Raises
    ------
    Problem
        The filters are not the stream's, or the store does not answer.
    """
    stream = stream_of(body.stream)
    condition, bound = parse_filters(stream, body.filters).where()
    table = f"`{stream.table}`"
    newest_sql = f"SELECT max(source_ts) AS newest, count() AS n FROM {table}"  # noqa: S608 - our own names
    [found] = await store.select("rule_session", newest_sql, {})
    if not found["n"]:
        return LastSession(trade_date=None, matches=0, would_fire=0)
    at = datetime.fromtimestamp(int(found["newest"]) // NS_PER_S, UTC).astimezone(EASTERN)
    begin = at.replace(hour=0, minute=0, second=0, microsecond=0)
    end = (begin + timedelta(hours=36)).replace(hour=0)
    span = {
        "begin": int(begin.timestamp()) * NS_PER_S,
        "end": int(end.timestamp()) * NS_PER_S,
    }
    where = (
        f"FROM {table} FINAL WHERE source_ts >= {{begin:Int64}} AND source_ts < {{end:Int64}}"
        f" AND ({condition})"
    )
    counted = await store.select("rule_count", f"SELECT count() AS n {where}", {**bound, **span})
    matches = int(counted[0]["n"])
    trade_date = begin.date().isoformat()
    if matches > MAX_JUDGED:
        return LastSession(trade_date=trade_date, matches=matches, would_fire=None)
    key = _KEYS[dedupe_path(stream, body.dedupe_by)]
    rows = await store.select(
        "rule_matches",
        f"SELECT `{stream.id_field}` AS event_id, source_ts, {key} AS dedupe {where}"
        " ORDER BY source_ts, seq, trace_id",
        {**bound, **span},
    )
    policy = RulePolicy(cooldown_s=body.cooldown_s, max_per_hour=body.max_per_hour or 0)
    memory = RuleMemory()
    verdicts = [
        memory.judge(policy, row["dedupe"], row["event_id"], row["source_ts"], row["source_ts"])
        for row in rows
    ]
    fires = sum(each == "fires" for each in verdicts)
    return LastSession(trade_date=trade_date, matches=matches, would_fire=fires)
