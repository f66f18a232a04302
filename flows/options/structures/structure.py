"""A structure from its first package to its last revision."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from flows.options.market_context import NO_CONTEXT
from flows.options.market_context import MarketContext
from flows.options.structures.contest import UNKNOWN
from flows.options.structures.contest import side_of
from flows.options.structures.economics import Economics
from flows.options.structures.economics import Framing
from flows.options.structures.economics import economics
from flows.options.structures.legs import Leg
from flows.options.structures.legs import Print
from flows.options.structures.legs import legs_of
from flows.options.structures.link import StructureLink
from flows.options.structures.packages import Package
from flows.options.structures.packages import is_ladder_package
from flows.options.structures.sizes import free_ratios
from flows.options.structures.templates import Fit
from flows.options.structures.templates import is_ladder
from flows.options.tape import Member
from schemas.records import StructureCandidate

COMPLEX_TIER: Final = 1
INFERRED_TIER: Final = 2
ABSORBS_FROM: Final = 0.55
CONTEXT_FROM: Final = 0.40
LADDER_CONFIDENCE: Final = 0.60
WHOLE_PACKAGE: Final = 0.90
PART_OF_PACKAGE: Final = 0.75
PART_CODES: Final = frozenset("jlmqrs")
_ID_BYTES: Final = 8


class Structure(msgspec.Struct, eq=False, gc=False):
    """
    Prints that form one package, over all slices it was filled in.

    Parameters
    ----------
    key : str
        First member's id; identity while it is open.
    underlying_id : str
        Of all members.
    tier : int
        1 complex prints, 2 inferred from simple packets.
    confidence : float
        0 to 1.
    prints : list[Print]
        Members, reversed ones included.
    contracts, ratios : tuple
        Legs in leg order, and the contracts of each in one package.
    fit : Fit | None
        Template; null is `multi_leg`.
    candidates : tuple[StructureCandidate, ...]
        Of the contest.
    stock_tied : bool
        It has a stock leg.
    start_ns, deadline : int
        First member, and the last instant at which a package's first print still joins.
    release_ns : int
        When it closes and is emitted.
    window_ms : int
        Over which members were gathered.
    side : str
        `bought`, `sold` or `unknown`, as its packages so far agree.
    link : StructureLink
        Shared with the leg packets.
    id : str
        Empty until it has closed.
    context : MarketContext
        The market at the close.
    revision : int
        0, then one more for each cancel after emission.
    """

    key: str
    underlying_id: str
    tier: int
    confidence: float
    prints: list[Print]
    contracts: tuple[str, ...]
    ratios: tuple[int, ...]
    fit: Fit | None
    candidates: tuple[StructureCandidate, ...]
    stock_tied: bool
    start_ns: int
    deadline: int
    release_ns: int
    window_ms: int
    link: StructureLink
    side: str = UNKNOWN
    id: str = ""
    context: MarketContext = NO_CONTEXT
    revision: int = 0

    def live_prints(self) -> list[Print]:
        """Return the members no cancel has reversed, in order of time."""
        live = [one for one in self.prints if not one.member.row.reversed]
        live.sort(key=_time)
        return live

    def members(self) -> list[Member]:
        """Return all members, reversed ones included, in order of time."""
        return [one.member for one in sorted(self.prints, key=_time)]

    def identity(self) -> str:
        """Return `st:<underlying>:<hash of the sorted member ids>`."""
        ids = sorted([one.member.row.trace_id for one in self.prints])
        digest = blake2b("\n".join(ids).encode(), digest_size=_ID_BYTES).hexdigest()
        return f"st:{self.underlying_id}:{digest}"

    def takes(self, package: Package, side: str) -> bool:
        """
        Tell whether a package is a slice of this structure.

        Parameters
        ----------
        package : Package
            Found later, its first print within the window.
        side : str
            Of the package.

        Notes
        -----
        Same contracts, signs and ratios. A slice whose signs nothing tells fits either way; two
        that were bought and sold do not belong together.
        """
        if (
            package.contracts != self.contracts
            or package.ratios != self.ratios
            or package.stock_tied != self.stock_tied
        ):
            return False
        fit = package.decision.fit
        if is_ladder_package(package) != (self.fit is not None and self.fit.type == "ladder"):
            return False
        if fit is None or self.fit is None:
            return True
        return fit.signs == self.fit.signs and (side == self.side or UNKNOWN in (side, self.side))

    def add(self, package: Package, side: str, confidence: float) -> None:
        """Add a slice, its side and how sure it is."""
        self.prints.extend(package.prints)
        self.confidence = min(self.confidence, confidence)
        if self.fit is None:
            self.fit = package.decision.fit
        if self.side == UNKNOWN:
            self.side = side

    def economics(self) -> Economics | None:
        """
        Return what the live members come to; null when none is left.

        Notes
        -----
        A template that no longer fits what is left makes it `multi_leg`.
        """
        legs = legs_of(self.live_prints())
        if not legs:
            return None
        fit = self.fit if self._still_fits(legs) else None
        ratios = self.ratios
        if fit is None or fit.type == "ladder":
            ratios = free_ratios([leg.size for leg in legs])
        candidates = self.candidates
        if fit is None and self.fit is not None:
            candidates = ()
        return economics(
            legs,
            ratios,
            Framing(fit, candidates, self.tier, self.confidence, self.stock_tied),
        )

    def _still_fits(self, legs: Sequence[Leg]) -> bool:
        if tuple([leg.contract.option_contract_id for leg in legs]) != self.contracts:
            return False
        if self.fit is not None and self.fit.type == "ladder":
            return is_ladder(legs)
        unit = min([leg.size / ratio for leg, ratio in zip(legs, self.ratios, strict=True)])
        return all(
            round(leg.size / unit) == ratio for leg, ratio in zip(legs, self.ratios, strict=True)
        )


def _time(one: Print) -> tuple[int, int, str]:
    row = one.member.row
    return row.source_ts, row.seq, row.trace_id


def package_side(package: Package) -> str:
    """Return the side of a package, `unknown` without a template."""
    fit = package.decision.fit
    if fit is None or is_ladder_package(package):
        return UNKNOWN
    return side_of(fit, legs_of(package.prints), package.ratios).side


def complex_confidence(package: Package) -> float:
    """
    Return how sure a package of complex prints is.

    Notes
    -----
    .90, or .75 where only part of the package may be visible; a ladder .60. Source: options flow
    specification, 6.1.
    """
    if is_ladder_package(package):
        return LADDER_CONFIDENCE
    if any(one.member.facts.code in PART_CODES for one in package.prints):
        return PART_OF_PACKAGE
    return WHOLE_PACKAGE
