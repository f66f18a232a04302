"""Which classifiers look at a packet, in the specification's order."""

from flows.options.classifiers.spike import detect_spike
from flows.options.classifiers.sweeps import detect_sweep
from flows.options.classifiers.verdict import Verdict
from flows.options.classifiers.verdict import runs_on_single_legs
from flows.options.inference_config import InferenceConfig
from flows.options.profile_inputs import ProfileInputs
from schemas.records import FlowPacket


def detect(
    packet: FlowPacket, inputs: ProfileInputs, penalty: float, config: InferenceConfig
) -> list[Verdict]:
    """
    Run every classifier on a packet.

    Parameters
    ----------
    packet : FlowPacket
        A packet, possibly emptied by cancels.
    inputs : ProfileInputs
        The same packet, as the profiles read it.
    penalty : float
        Of the best profile, 0 to 1.
    config : InferenceConfig
        Thresholds.

    Returns
    -------
    list[Verdict]
        Those that fired with a confidence of at least .30, in the specification's order.
    """
    if not runs_on_single_legs(packet):
        return []
    verdicts: list[Verdict] = []
    sweep = detect_sweep(packet, inputs, penalty, config)
    if sweep is not None:
        verdicts.append(sweep)
    spike = detect_spike(packet, inputs, penalty, config)
    if spike is not None:
        verdicts.append(spike)
    return verdicts
