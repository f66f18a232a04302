"""The record of a bucket."""

from typing import Final
from typing import TypeAlias

from flows.premium import measures as m
from flows.premium.config import INTERVAL_MS
from flows.premium.config import PREMIUM_POLICY
from flows.premium.ledger import Revision
from flows.premium.measures import Totals
from schemas.records import OptionsNetPremium

PREMIUM_VERSION: Final = "options.net-premium.v1"
MARKET: Final = "_market"
BASKET: Final = "_basket"

# ask, mid, bid, unplaced, net, p_buy, p_sell, p_net, buy, sell, dollar_delta, p_dollar_delta
_Amounts: TypeAlias = tuple[
    float, float, float, float, float, float, float, float, float, float, float, float
]

_SCOPES: Final = {MARKET: "market", BASKET: "basket"}


def _dollars(cents_e4: int) -> float:
    """Return dollars of 1/10,000 cents, rounded to the cent, half to even."""
    cents, rest = divmod(cents_e4, m.P_ONE)
    if rest > m.P_EVEN or (rest == m.P_EVEN and cents & 1):
        cents += 1
    return cents / 100


def _premium(t: Totals, right: int) -> int:
    return t[right + m.ASK] + t[right + m.MID] + t[right + m.BID] + t[right + m.UNPLACED]


def _net(t: Totals, right: int) -> int:
    return t[right + m.ASK] - t[right + m.BID]


def _p_net(t: Totals, right: int) -> int:
    return 2 * t[right + m.P_BUY] - m.P_ONE * _premium(t, right)


def _of_right(t: Totals, right: int) -> _Amounts:
    p_buy = t[right + m.P_BUY]
    return (
        t[right + m.ASK] / 100,
        t[right + m.MID] / 100,
        t[right + m.BID] / 100,
        t[right + m.UNPLACED] / 100,
        _net(t, right) / 100,
        _dollars(p_buy),
        _dollars(m.P_ONE * _premium(t, right) - p_buy),
        _dollars(_p_net(t, right)),
        t[right + m.BUY] / 100,
        t[right + m.SELL] / 100,
        t[right + m.DELTA] / 100,
        _dollars(t[right + m.P_DELTA]),
    )


def record_of(revision: Revision, config_hash: str) -> OptionsNetPremium:
    """
    Return a bucket as a record.

    Parameters
    ----------
    revision : Revision
        The bucket.
    config_hash : str
        Of the configuration in force.

    Notes
    -----
    Amounts are whole cents; those weighted by a probability are rounded once, half to even, so
    that `call_p_buy + call_p_sell` may miss the premium by a cent.
    """
    bucket = revision.bucket
    key = revision.key
    t = bucket.totals
    s = bucket.running
    return OptionsNetPremium(
        revision.at_ns, bucket.ingest_ts, bucket.seq, f"np:{key}:{bucket.start}", PREMIUM_VERSION,
        key, _SCOPES.get(key, "underlying"), bucket.start, INTERVAL_MS, revision.trade_date,
        revision.revision, revision.forming, t[m.PRINTS], t[m.SIZE],
        *_of_right(t, 0), *_of_right(t, m.PUT),
        t[m.EXCLUDED] / 100, t[m.DELTA_PREMIUM] / 100,
        (_net(t, 0) - _net(t, m.PUT)) / 100,
        (t[m.DELTA] + t[m.PUT + m.DELTA]) / 100,
        _dollars(t[m.P_DELTA] + t[m.PUT + m.P_DELTA]),
        (_premium(s, 0) + _premium(s, m.PUT)) / 100,
        _net(s, 0) / 100, _net(s, m.PUT) / 100,
        _dollars(_p_net(s, 0)), _dollars(_p_net(s, m.PUT)),
        (_net(s, 0) - _net(s, m.PUT)) / 100,
        (s[m.DELTA] + s[m.PUT + m.DELTA]) / 100,
        _dollars(s[m.P_DELTA] + s[m.PUT + m.P_DELTA]),
        PREMIUM_POLICY, config_hash,
    )  # fmt: skip
