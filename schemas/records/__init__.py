"""Typed records of every topic.

Generated from schemas/avro by `python -m schemas.generate`; edit the schema instead.
"""

from schemas.records.baseline_snapshots import BaselineSnapshot
from schemas.records.control_replay import ReplayCommand
from schemas.records.control_replay_status import ReplayStatus
from schemas.records.control_synthetic import SyntheticControl
from schemas.records.dark_inferred import DarkInference
from schemas.records.equities_candles import EquityCandle
from schemas.records.equities_joins import EquityJoin
from schemas.records.equities_order_flow import EquityOrderFlow
from schemas.records.equities_prints import EquityPrint
from schemas.records.equities_profile import EquityProfile
from schemas.records.equities_quotes import EquityQuote
from schemas.records.equities_state import EquityState
from schemas.records.flow_alerts import FlowAlert
from schemas.records.flow_classifier_hits import ClassifierHit
from schemas.records.flow_packets import FlowPacket
from schemas.records.flow_smart_money import SmartMoneyEvent
from schemas.records.nested import Aggression
from schemas.records.nested import AlertComponent
from schemas.records.nested import AlertHit
from schemas.records.nested import AlertProfile
from schemas.records.nested import AlertSettlement
from schemas.records.nested import Caveat
from schemas.records.nested import Confidence
from schemas.records.nested import ConfidenceTerm
from schemas.records.nested import EvidenceRef
from schemas.records.nested import ForwardReturn
from schemas.records.nested import JoinQuality
from schemas.records.nested import PacketFeatures
from schemas.records.nested import PacketLeg
from schemas.records.nested import PacketStructure
from schemas.records.nested import ProfileScore
from schemas.records.nested import SmartMoneyFeatures
from schemas.records.nested import StructureCandidate
from schemas.records.options_nbbo import OptionsNbbo
from schemas.records.options_net_premium import OptionsNetPremium
from schemas.records.options_prints import OptionsPrint
from schemas.records.options_tape import OptionsTape
from schemas.records.refdata_events import MarketEvent
from schemas.records.refdata_open_interest import OpenInterest
from schemas.records.signals import Signal

__all__ = [
    "Aggression",
    "AlertComponent",
    "AlertHit",
    "AlertProfile",
    "AlertSettlement",
    "BaselineSnapshot",
    "Caveat",
    "ClassifierHit",
    "Confidence",
    "ConfidenceTerm",
    "DarkInference",
    "EquityCandle",
    "EquityJoin",
    "EquityOrderFlow",
    "EquityPrint",
    "EquityProfile",
    "EquityQuote",
    "EquityState",
    "EvidenceRef",
    "FlowAlert",
    "FlowPacket",
    "ForwardReturn",
    "JoinQuality",
    "MarketEvent",
    "OpenInterest",
    "OptionsNbbo",
    "OptionsNetPremium",
    "OptionsPrint",
    "OptionsTape",
    "PacketFeatures",
    "PacketLeg",
    "PacketStructure",
    "ProfileScore",
    "ReplayCommand",
    "ReplayStatus",
    "Signal",
    "SmartMoneyEvent",
    "SmartMoneyFeatures",
    "StructureCandidate",
    "SyntheticControl",
]
