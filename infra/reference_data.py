"""Reference data the operator keeps in files."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from flows.equities.signals.definitions import Strategy
from flows.equities.signals.definitions import parse_strategies
from flows.errors import MisconfiguredFlow
from flows.options.refdata.definitions import NO_DEFINITIONS
from flows.options.refdata.definitions import ContractDefinitions
from flows.options.refdata.definitions import decode_definitions

PACKAGED_STRATEGIES: Final = files("flows.equities.signals").joinpath("strategies.yaml")


def load_strategies(path: str) -> tuple[Strategy, ...]:
    """
    Read the strategies that make signals.

    Parameters
    ----------
    path : str
        `STRATEGIES_PATH`, a YAML file; empty for those that come with Islandflow.

    Raises
    ------
    MisconfiguredFlow
        The file cannot be read or is wrong; the message names file, entry and remedy.
    """
    if not path:
        return parse_strategies(PACKAGED_STRATEGIES.read_text(encoding="utf-8"))
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"STRATEGIES_PATH is {path}: {error}; name a YAML file of strategies, or none"
        raise MisconfiguredFlow(msg) from None
    return parse_strategies(text)


def load_definitions(path: str) -> ContractDefinitions:
    """
    Read the contract definitions.

    Parameters
    ----------
    path : str
        `REFDATA_CONTRACTS_PATH`, a JSON list; empty is none.

    Raises
    ------
    MisconfiguredFlow
        The file cannot be read or is wrong; the message names file, entry and remedy.
    """
    if not path:
        return NO_DEFINITIONS
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        msg = (
            f"REFDATA_CONTRACTS_PATH is {path}: {error.strerror}; name a JSON list of contract "
            "definitions, or leave it empty"
        )
        raise MisconfiguredFlow(msg) from None
    return decode_definitions(content, path)
