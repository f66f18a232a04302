"""
Likely unwinds: size that fits into the open interest, with signs that it leaves.

Idea: open-interest arithmetic the other way round. A trade within the open interest may close; it
takes at least two independent signs before it is called likely, and the next snapshot settles it.
Source: options flow specification, 9, row 7. Cap .85. Thresholds: open interest 200, 100
contracts, a tenth of the open interest and $10,000, all fixed; `CLASSIFIER_MIN_AGGRESSOR_RATIO`.
"""

from typing import Final

from flows.common.eastern import percent
from flows.options.classifiers.position import Position
from flows.options.classifiers.position import open_interest_words
from flows.options.classifiers.verdict import MIN_UNUSUAL_PREMIUM
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import counted
from flows.options.classifiers.wording import premium_clause
from flows.options.classifiers.wording import sided_prints_clause
from flows.options.inference_config import InferenceConfig
from schemas.records import ConfidenceTerm
from schemas.records import PacketFeatures

CLOSING_UNWIND: Final = "closing_unwind_likely"
CAP: Final = 0.85
MIN_OI: Final = 200
MIN_SIZE: Final = 100
MIN_OI_SHARE: Final = 0.10
LARGE_OI_SHARE: Final = 0.25
SHORT_DTE_DAYS: Final = 7
DEEP_DELTA: Final = 0.80
MIN_SIGNS: Final = 2

_BASE: Final = ConfidenceTerm("base", 0.35)
_ONE_SIDED: Final = ConfidenceTerm("one_sided", 0.10)
_SHORT_DATED: Final = ConfidenceTerm("dte_7", 0.10)
_DEEP: Final = ConfidenceTerm("deep_delta", 0.10)
_UNDOES: Final = ConfidenceTerm("undoes_opening", 0.20)
_ROLLED: Final = ConfidenceTerm("roll_closing_leg", 0.15)
_LARGE_SHARE: Final = ConfidenceTerm("quarter_of_oi", 0.05)

_SIGN_WORDS: Final = {
    _ONE_SIDED.name: "one-sided flow",
    _SHORT_DATED.name: "a week or less to expiry",
    _DEEP.name: "a delta of .80 or more",
    _UNDOES.name: "a likely opening of like size on the other side within five sessions",
    _ROLLED.name: "the closing leg of a roll",
}


def may_close(position: Position) -> bool:
    """Tell whether a trade fits into the open interest and is large enough to speak of."""
    size, oi = position.size, position.oi
    return (
        oi >= MIN_OI
        and position.premium >= MIN_UNUSUAL_PREMIUM
        and size >= MIN_SIZE
        and MIN_OI_SHARE * oi <= size <= oi
        and position.volume <= oi
    )


def _signs(
    position: Position, config: InferenceConfig, *, undoes_opening: bool, closes_roll: bool
) -> list[ConfidenceTerm]:
    delta = position.delta
    signs: list[ConfidenceTerm] = []
    if position.one_sidedness >= config.min_aggressor_ratio:
        signs.append(_ONE_SIDED)
    if position.dte_days <= SHORT_DTE_DAYS:
        signs.append(_SHORT_DATED)
    if delta is not None and abs(delta) >= DEEP_DELTA:
        signs.append(_DEEP)
    if undoes_opening:
        signs.append(_UNDOES)
    if closes_roll:
        signs.append(_ROLLED)
    return signs


def _doubt(position: Position, signs: list[ConfidenceTerm]) -> str:
    named = ", ".join([_SIGN_WORDS[sign.name] for sign in signs])
    return (
        f"With {open_interest_words(position)}, positions to close existed; that this packet "
        f"closed some is likely, not proven. Signs: {named}."
    )


def detect_unwind(
    position: Position,
    features: PacketFeatures,
    penalty: float,
    config: InferenceConfig,
    *,
    undoes_opening: bool,
    closes_roll: bool = False,
) -> Verdict | None:
    """
    Find a trade that likely closed a position.

    Parameters
    ----------
    position : Position
        The trade beside its open interest.
    features : PacketFeatures
        Of its packet.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.
    undoes_opening : bool
        An opening of like size on the other side is remembered.
    closes_roll : bool
        It is the closing leg of a roll.

    Returns
    -------
    Verdict | None
        `closing_unwind_likely`, with the direction of right and side: a call sold to close is
        bearish like any call sold.

    Notes
    -----
    Gate: `may_close` and two signs of: one-sided flow, a week or less to expiry, a deep delta, an
    opening it undoes, the closing leg of a roll. Terms: each sign, and a quarter of the open
    interest. Source: options flow specification, 9, row 7.
    """
    if not may_close(position):
        return None
    signs = _signs(position, config, undoes_opening=undoes_opening, closes_roll=closes_roll)
    if len(signs) < MIN_SIGNS:
        return None
    size, oi = position.size, position.oi
    terms = [_BASE, *signs]
    if size >= LARGE_OI_SHARE * oi:
        terms.append(_LARGE_SHARE)
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    return Verdict(
        CLOSING_UNWIND,
        position.direction,
        *settled,
        sided_prints_clause(features, position.side),
        f"{premium_clause(position.premium, MIN_UNUSUAL_PREMIUM)}, and "
        f"{counted(size, 'contract')}, {percent(size / oi)} of the open interest against a minimum "
        f"of {percent(MIN_OI_SHARE)}.",
        extra=(_doubt(position, signs),),
    )
