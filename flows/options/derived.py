"""What the options engine derives."""

from schemas.records import BaselineSnapshot
from schemas.records import ClassifierHit
from schemas.records import FlowAlert
from schemas.records import FlowPacket
from schemas.records import OptionsTape
from schemas.records import SmartMoneyEvent

Derived = OptionsTape | FlowPacket | SmartMoneyEvent | ClassifierHit | FlowAlert | BaselineSnapshot
