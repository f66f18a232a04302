"""
Writes: large single-leg premium sales, calls above the market and puts below it.

Idea: an overwrite caps the upside of stock already held and a cash-secured put is paid for the
obligation to buy (buy-write and put-write indices, e.g. Whaley, 2002); both are sales, so both
need the bid side. Source: options flow specification, 9, rows 3 and 4. Cap .90. Thresholds:
**large** (`CLASSIFIER_SPIKE_...`), `CLASSIFIER_MIN_NBBO_COVERAGE`, `..._MIN_AGGRESSOR_RATIO`.
"""

from typing import Final

from flows.common.eastern import percent
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import claimed
from flows.options.classifiers.verdict import named_side_term
from flows.options.classifiers.verdict import reaches
from flows.options.classifiers.verdict import settled_confidence
from flows.options.classifiers.wording import counted
from flows.options.classifiers.wording import large_clause
from flows.options.classifiers.wording import sided_prints_clause
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import ConfidenceTerm
from schemas.records import FlowPacket

CALL_OVERWRITE: Final = "large_call_sell_overwrite"
PUT_WRITE: Final = "large_put_sell_write"
CAP: Final = 0.90
# Share of the underlying by which the strike may lie in the money.
MIN_OTM_PCT: Final = -0.02
MIN_DTE_DAYS: Final = 5

_BASE: Final = ConfidenceTerm("base", 0.45)
_TWICE_PREMIUM: Final = ConfidenceTerm("premium_twice_minimum", 0.15)
_TWICE_SIZE: Final = ConfidenceTerm("size_twice_minimum", 0.10)
_PRINTS: Final = ConfidenceTerm("prints_3", 0.05)
_UNUSUAL: Final = ConfidenceTerm("premium_z", 0.10)


def _thresholds(inputs: ProfileInputs, config: InferenceConfig) -> str:
    otm_pct = inputs.otm_pct
    where = "" if otm_pct is None else f", strike {100.0 * otm_pct:+.1f}% out of the money"
    return (
        f"{large_clause(inputs, config)}; {percent(inputs.sell_ratio)} of aggressive size at the "
        f"bid against a minimum of {percent(config.min_aggressor_ratio)}; "
        f"{counted(inputs.dte_days, 'day')} to expiry against a minimum of {MIN_DTE_DAYS}{where}."
    )


def detect_write(
    packet: FlowPacket, inputs: ProfileInputs, penalty: float, config: InferenceConfig
) -> Verdict | None:
    """
    Find a large sale of a call or put that is not deep in the money.

    Parameters
    ----------
    packet : FlowPacket
        Single-leg packet that is **large**.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.

    Returns
    -------
    Verdict | None
        `large_call_sell_overwrite`, bearish (its upside is capped), or `large_put_sell_write`,
        bullish.

    Notes
    -----
    Gate: **large**, which the caller asks; quotes for half the size and most of it at the bid;
    strike at most 2 % in the money, which an unknown underlying cannot show; at least five days to
    expiry. Terms: twice the premium, twice the size, three prints, z of the premium, the named
    side. Source: options flow
    specification, 9, rows 3 and 4.
    """
    otm_pct = inputs.otm_pct
    if (
        inputs.sell_ratio < config.min_aggressor_ratio
        or inputs.coverage < config.min_nbbo_coverage
        or inputs.dte_days < MIN_DTE_DAYS
        or otm_pct is None
        or otm_pct < MIN_OTM_PCT
    ):
        return None
    terms = [_BASE]
    if inputs.premium >= 2.0 * config.spike_min_premium:
        terms.append(_TWICE_PREMIUM)
    if inputs.size >= 2 * config.spike_min_size:
        terms.append(_TWICE_SIZE)
    if inputs.count >= 3:
        terms.append(_PRINTS)
    if reaches(inputs.premium_z, config.spike_min_premium_z):
        terms.append(_UNUSUAL)
    terms.append(named_side_term(inputs.coverage, inputs.sell_ratio, config))
    settled = settled_confidence(terms, CAP, penalty)
    if settled is None:
        return None
    is_call = inputs.right == "C"
    return Verdict(
        CALL_OVERWRITE if is_call else PUT_WRITE,
        claimed("bearish" if is_call else "bullish", inputs),
        *settled,
        sided_prints_clause(packet.features, "sold"),
        _thresholds(inputs, config),
    )
