"""What the equities engine derives."""

from schemas.records import DarkInference
from schemas.records import EquityCandle
from schemas.records import EquityJoin
from schemas.records import EquityOrderFlow
from schemas.records import EquityProfile
from schemas.records import EquityState
from schemas.records import FlowAlert
from schemas.records import Signal

Derived = (
    EquityJoin
    | DarkInference
    | EquityCandle
    | EquityProfile
    | EquityOrderFlow
    | EquityState
    | Signal
    | FlowAlert
)
