"""Classifiers: named patterns, one module per family; order is the specification's."""

from flows.options.classifiers.absorption import NO_FOLLOW_THROUGH
from flows.options.classifiers.detect import detect
from flows.options.classifiers.far_dated import FAR_DATED
from flows.options.classifiers.history import HitHistory
from flows.options.classifiers.ladders import LADDER_ACCUMULATION
from flows.options.classifiers.opening import NEW_POSITION
from flows.options.classifiers.rolls import ROLL
from flows.options.classifiers.spike import CONTRACT_SPIKE
from flows.options.classifiers.sweeps import CALL_SWEEP
from flows.options.classifiers.sweeps import PUT_SWEEP
from flows.options.classifiers.unwind import CLOSING_UNWIND
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import side_of
from flows.options.classifiers.verticals import VERTICAL_SPREAD
from flows.options.classifiers.volatility import STRADDLE_STRANGLE
from flows.options.classifiers.writes import CALL_OVERWRITE
from flows.options.classifiers.writes import PUT_WRITE
from flows.options.classifiers.zero_dte import ZERO_DTE_PUNCH

__all__ = [
    "CALL_OVERWRITE",
    "CALL_SWEEP",
    "CLOSING_UNWIND",
    "CONTRACT_SPIKE",
    "FAR_DATED",
    "LADDER_ACCUMULATION",
    "NEW_POSITION",
    "NO_FOLLOW_THROUGH",
    "PUT_SWEEP",
    "PUT_WRITE",
    "ROLL",
    "STRADDLE_STRANGLE",
    "VERTICAL_SPREAD",
    "ZERO_DTE_PUNCH",
    "HitHistory",
    "Verdict",
    "detect",
    "side_of",
]
