"""Names of states and of the sides of a level."""

from typing import Final

BALANCE: Final = "BALANCE"
UP: Final = "IMBALANCE_UP"
DOWN: Final = "IMBALANCE_DOWN"
UNKNOWN: Final = "UNKNOWN"

APPROACH_UP: Final = "UP"
APPROACH_DOWN: Final = "DOWN"
ABOVE: Final = "ABOVE"
BELOW: Final = "BELOW"
