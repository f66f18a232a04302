"""The dataflows a pipeline is made of: which topics each reads, and what it waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schemas.catalog import topics

OPTION_TOPICS: Final = ("options.nbbo", "options.prints")
EQUITY_PRINTS: Final = "equities.prints"


@dataclass(frozen=True, slots=True)
class PipelineFlow:
    """
    One dataflow.

    Parameters
    ----------
    name : str
        Package in `flows/`, and what users see.
    topics : tuple[str, ...]
        Market topics it reads; its progress is counted in their records.
    is_scaled : bool
        It runs with the number of workers asked for; else with one.
    """

    name: str
    topics: tuple[str, ...]
    is_scaled: bool = True

    @property
    def group(self) -> str:
        """Return the consumer group it reports its progress to."""
        return f"islandflow-{self.name}"


OPTIONS: Final = PipelineFlow("options", ("equities.quotes", *OPTION_TOPICS))
PREMIUM: Final = PipelineFlow("premium", ("options.tape",))
EQUITIES: Final = PipelineFlow("equities", ("equities.quotes", EQUITY_PRINTS))
PERSIST: Final = PipelineFlow("persist", tuple(topics()), is_scaled=False)
# What a flow derives from what another derived: it starts when that one has ended.
FOLLOWED_BY: Final[Mapping[str, PipelineFlow]] = {OPTIONS.name: PREMIUM}


def wanted(records: Mapping[str, int]) -> list[PipelineFlow]:
    """
    Return the flows a log needs that derive from raw topics.

    Parameters
    ----------
    records : Mapping[str, int]
        Records of the log by topic.

    Returns
    -------
    list[PipelineFlow]
        Equities where there are prints of them; options unless equities are all there is.
    """
    has_equities = records[EQUITY_PRINTS] > 0
    has_options = any(records[name] > 0 for name in OPTION_TOPICS)
    found = [EQUITIES] if has_equities else []
    return found + ([OPTIONS] if has_options or not has_equities else [])
