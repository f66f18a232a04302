"""Packages inside a group of complex prints."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import msgspec

from flows.options.structures.contest import NO_FIT
from flows.options.structures.contest import Decision
from flows.options.structures.contest import decide
from flows.options.structures.legs import Leg
from flows.options.structures.legs import Print
from flows.options.structures.legs import legs_of
from flows.options.structures.sizes import exact_ratios
from flows.options.structures.sizes import free_ratios
from flows.options.structures.sizes import rounded_ratios
from flows.options.structures.templates import STOCK_TIED_CODES
from flows.options.structures.templates import fits

NS_PER_MS: Final = 1_000_000
MAX_TEMPLATE_LEGS: Final = 4
# Combinations of four out of ten are 210: what a group holds beyond is not tried.
MAX_TRIED_LEGS: Final = 10
MAX_MULTI_LEGS: Final = 8
NS_PER_S: Final = 1_000_000_000
# Files with whole seconds number the rows of a second in ns; no second has so many rows.
ROWS_OF_A_SECOND_NS: Final = 100_000


class Package(msgspec.Struct, frozen=True, gc=False):
    """
    Legs that were traded together, and what they are taken for.

    Parameters
    ----------
    prints : tuple[Print, ...]
        Of all legs, in order of time.
    contracts : tuple[str, ...]
        Of the legs, in leg order.
    ratios : tuple[int, ...]
        Of their sizes.
    decision : Decision
        Winner and candidates; without a winner the package is `multi_leg`.
    stock_tied : bool
        At least half of its contracts have a stock leg.
    """

    prints: tuple[Print, ...]
    contracts: tuple[str, ...]
    ratios: tuple[int, ...]
    decision: Decision
    stock_tied: bool


def is_ladder_package(package: Package) -> bool:
    """Tell whether a package is a ladder, which never absorbs its legs."""
    fit = package.decision.fit
    return fit is not None and fit.type == "ladder"


def is_stock_tied(prints: Sequence[Print]) -> bool:
    """Tell whether at least half of the contracts of some prints were traded against stock."""
    tied = total = 0
    for one in prints:
        row = one.member.row
        total += row.size
        if row.stock_tied:
            tied += row.size
    return 2 * tied >= total


def by_stamp(prints: Sequence[Print]) -> list[list[Print]]:
    """
    Split a group by stamps equal within 1 ms, if two contracts share one; else keep it whole.

    Parameters
    ----------
    prints : Sequence[Print]
        In order of time.

    Notes
    -----
    Source: options flow specification, 6.1.
    """
    parts: list[list[Print]] = []
    for one in prints:
        ts = one.member.row.source_ts
        if parts and ts - parts[-1][0].member.row.source_ts <= NS_PER_MS:
            parts[-1].append(one)
        else:
            parts.append([one])
    if any(len({one.contract.option_contract_id for one in part}) > 1 for part in parts):
        return parts
    return [list(prints)]


def has_whole_seconds(prints: Sequence[Print]) -> bool:
    """Tell whether stamps are whole seconds: then one stamp says little about one package."""
    return all(one.member.row.source_ts % NS_PER_S < ROWS_OF_A_SECOND_NS for one in prints)


def _package(
    prints: Sequence[Print], legs: Sequence[Leg], ratios: tuple[int, ...], decision: Decision
) -> Package:
    contracts = tuple([leg.contract.option_contract_id for leg in legs])
    held = frozenset(contracts)
    own = tuple([one for one in prints if one.contract.option_contract_id in held])
    return Package(own, contracts, ratios, decision, is_stock_tied(own))


def _fitting(
    prints: Sequence[Print], legs: Sequence[Leg], ratios: tuple[int, ...] | None
) -> Package | None:
    """Return legs as a package if a template uses every one of them."""
    stock_tied = is_stock_tied(prints)
    found = fits(legs, ratios, stock_tied=stock_tied, with_ladder=True)
    if not found:
        return None
    if ratios is None:
        ratios = free_ratios([leg.size for leg in legs])
    return _package(prints, legs, ratios, decide(legs, found, is_inferred=False))


def _lone(prints: Sequence[Print], leg: Leg) -> Package | None:
    if not all(one.member.facts.code in STOCK_TIED_CODES for one in prints):
        return None
    found = fits([leg], (1,), stock_tied=True, with_ladder=False)
    return _package(prints, [leg], (1,), decide([leg], found, is_inferred=False))


def _best_of(prints: Sequence[Print], legs: Sequence[Leg], count: int) -> Package | None:
    """Return the package of `count` legs in exact ratios whose template scores best."""
    best: Package | None = None
    for chosen in combinations(legs, count):
        ratios = exact_ratios([leg.size for leg in chosen])
        if ratios is None:
            continue
        held = frozenset([leg.contract.option_contract_id for leg in chosen])
        own = [one for one in prints if one.contract.option_contract_id in held]
        found = fits(chosen, ratios, stock_tied=is_stock_tied(own), with_ladder=False)
        if not found:
            continue
        decision = decide(chosen, found, is_inferred=False)
        if best is None or decision.score > best.decision.score:
            best = _package(own, chosen, ratios, decision)
    return best


def _partition(prints: Sequence[Print], legs: Sequence[Leg]) -> tuple[list[Package], list[Leg]]:
    """Take packages out of a group, those of most legs first, of these the best score first."""
    packages: list[Package] = []
    # Equal sizes first: what is cut off by the bound is the least alike.
    sizes = [leg.size for leg in legs]
    left = sorted(legs, key=lambda leg: (-sizes.count(leg.size), leg.size))[:MAX_TRIED_LEGS]
    beyond = [leg for leg in legs if leg not in left]
    left = [leg for leg in legs if leg in left]
    for count in range(MAX_TEMPLATE_LEGS, 1, -1):
        while len(left) >= count:
            package = _best_of(prints, left, count)
            if package is None:
                break
            packages.append(package)
            left = [leg for leg in left if leg.contract.option_contract_id not in package.contracts]
    return packages, [leg for leg in legs if leg in left or leg in beyond]


def explain(prints: Sequence[Print]) -> list[Package]:
    """
    Return the packages a (sub-)group of complex prints consists of.

    Parameters
    ----------
    prints : Sequence[Print]
        Live, of one underlying and exchange, in order of time.

    Returns
    -------
    list[Package]
        Empty for a lone contract that is not tied to stock.

    Notes
    -----
    Prints of one contract add up. In this order: (1) one template that uses every leg in exact
    ratios (within 2 % from 100 contracts); (2) only where stamps are whole seconds, so that a group
    may hold several packages, a partition into packages of exact ratios (equal sizes, 1:2, 1:3,
    2:3), four legs before three before two, of one length the best score and then leg order, if
    it leaves nothing; (3) one template that uses every leg, each ratio rounded; (4) the partition
    of (2) with leftovers: these stay unmatched, or `stock_tied`; (5) `multi_leg` for at most eight
    contracts. Source: options flow specification, 6.1 to 6.3.
    """
    legs = legs_of(prints)
    if not legs:
        return []
    if len(legs) == 1:
        lone = _lone(prints, legs[0])
        return [] if lone is None else [lone]
    sizes = [leg.size for leg in legs]
    whole = _fitting(prints, legs, exact_ratios(sizes))
    if whole is not None:
        return [whole]
    packages: list[Package] = []
    left: Sequence[Leg] = legs
    if len(legs) > 2 and has_whole_seconds(prints):
        packages, left = _partition(prints, legs)
    if packages and not left:
        return packages
    whole = _fitting(prints, legs, rounded_ratios(sizes))
    if whole is not None:
        return [whole]
    if not packages:
        if len(legs) > MAX_MULTI_LEGS:
            return []
        return [_package(prints, legs, free_ratios(sizes), NO_FIT)]
    for leg in left:
        contract_id = leg.contract.option_contract_id
        own = [one for one in prints if one.contract.option_contract_id == contract_id]
        lone = _lone(own, leg)
        if lone is not None:
            packages.append(lone)
    return packages
