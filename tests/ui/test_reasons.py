"""Every code an option flow can give has a sentence in the terminal; terminal specification, 7."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from flows.options.alert_score import COMPONENT_NAMES
from flows.options.conditions import KNOWN_CONDITIONS
from flows.options.conditions import classify
from flows.options.profile_evidence import penalties
from flows.options.settlement import OUTCOMES

ROOT: Final = Path(__file__).parents[2]
FLOWS: Final = ROOT / "flows" / "options"
