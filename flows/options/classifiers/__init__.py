"""Classifiers: named patterns, one module per family; order is the specification's."""

from flows.options.classifiers.detect import detect
from flows.options.classifiers.spike import CONTRACT_SPIKE
from flows.options.classifiers.sweeps import CALL_SWEEP
from flows.options.classifiers.sweeps import PUT_SWEEP
from flows.options.classifiers.verdict import Verdict

__all__ = ["CALL_SWEEP", "CONTRACT_SPIKE", "PUT_SWEEP", "Verdict", "detect"]
