"""Reference data the operator keeps in files."""

from pathlib import Path

from flows.errors import MisconfiguredFlow
from flows.options.refdata.definitions import NO_DEFINITIONS
from flows.options.refdata.definitions import ContractDefinitions
from flows.options.refdata.definitions import decode_definitions


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
