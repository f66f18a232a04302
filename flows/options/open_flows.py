"""What is open of a contract and of an underlying: packets, groups, structures."""

from typing import Final

from flows.options.enrichment import Contract
from flows.options.packets import Packet
from flows.options.session_prints import SessionPrints
from flows.options.structures.legs import Print
from flows.options.structures.rates import PacketRates
from flows.options.structures.rates import SideKey
from flows.options.structures.sizes import SizeIndex
from flows.options.structures.structure import Structure
from flows.options.underlyings import TrailingSize
from flows.options.underlyings import UnderlyingPath

Chain = tuple[str, int, int]
MAX_GROUP_LEGS: Final = 8


class ContractFlow:
    """
    What packets of one contract need: open windows, chains, volume, members kept for cancels.

    `kept` holds the packets that are open or wait for release.
    """

    __slots__ = (
        "chains",
        "contract",
        "kept",
        "open_complex",
        "open_simple",
        "prints",
        "seen_ns",
        "trailing",
        "underlying",
    )

    def __init__(self, contract: Contract, underlying: "UnderlyingFlow") -> None:
        self.contract = contract
        self.underlying = underlying
        self.open_simple: Packet | None = None
        self.open_complex: Packet | None = None
        self.kept: list[Packet] = []
        self.chains: dict[str, Chain] = {}
        self.prints = SessionPrints()
        self.trailing = TrailingSize()
        self.seen_ns = 0


class ComplexGroup:
    """
    Complex prints of one underlying and exchange that may be one package.

    Parameters
    ----------
    underlying : UnderlyingFlow
        Of all prints.
    exchange : str
        Empty where the feed names none.
    deadline : int
        Last instant at which a print joins, ns UTC.
    """

    __slots__ = ("deadline", "exchange", "prints", "underlying")

    def __init__(self, underlying: "UnderlyingFlow", exchange: str, deadline: int) -> None:
        self.underlying = underlying
        self.exchange = exchange
        self.deadline = deadline
        self.prints: list[tuple[Packet, Print]] = []

    @property
    def id(self) -> str:
        """Identity of its timer."""
        return f"{self.exchange}:{self.prints[0][1].member.row.trace_id}"


class LegGroup:
    """
    Closed simple packets of one underlying and of matching size, released together.

    Parameters
    ----------
    underlying : UnderlyingFlow
        Of all packets.
    base : int
        Contracts of the first.
    first_ns, deadline : int
        Start of the first; when the group is evaluated and its packets are released.
    """

    __slots__ = ("base", "deadline", "first_ns", "packets", "underlying")

    def __init__(
        self, underlying: "UnderlyingFlow", base: int, first_ns: int, deadline: int
    ) -> None:
        self.underlying = underlying
        self.base = base
        self.first_ns = first_ns
        self.deadline = deadline
        self.packets: list[tuple[ContractFlow, Packet]] = []

    @property
    def id(self) -> str:
        """Identity of its timer."""
        return self.packets[0][1].id


class Ladder:
    """
    Packets of one underlying, right, expiry and side that started within the ladder window.

    Parameters
    ----------
    underlying : UnderlyingFlow
        Of all packets.
    side : SideKey
        Right, expiry and side.
    first_ns, deadline : int
        Start of the first; when all that started within the window have been released.
    """

    __slots__ = ("deadline", "first_ns", "packets", "side", "underlying")

    def __init__(
        self, underlying: "UnderlyingFlow", side: SideKey, first_ns: int, deadline: int
    ) -> None:
        self.underlying = underlying
        self.side = side
        self.first_ns = first_ns
        self.deadline = deadline
        self.packets: list[Packet] = []

    @property
    def id(self) -> str:
        """Identity of its timer."""
        return f"ladder:{self.packets[0].id}"


class OpenStructure:
    """A structure of complex prints that still takes slices."""

    __slots__ = ("structure", "underlying")

    def __init__(self, underlying: "UnderlyingFlow", structure: Structure) -> None:
        self.underlying = underlying
        self.structure = structure

    @property
    def id(self) -> str:
        """Identity of its timer."""
        return f"st:{self.structure.key}"


class UnderlyingFlow:
    """
    Recent path and volume of one underlying, and what is open across its contracts.

    Parameters
    ----------
    underlying_id : str
        Root symbol.
    """

    __slots__ = (
        "complex_groups",
        "ladders",
        "leg_groups",
        "path",
        "rates",
        "structures",
        "trailing",
        "underlying_id",
    )

    def __init__(self, underlying_id: str) -> None:
        self.underlying_id = underlying_id
        self.path = UnderlyingPath()
        self.trailing = TrailingSize()
        self.rates = PacketRates()
        self.complex_groups: dict[str, ComplexGroup] = {}
        self.structures: list[Structure] = []
        self.leg_groups: SizeIndex[LegGroup] = SizeIndex()
        self.ladders: dict[SideKey, list[Ladder]] = {}

    def restart(self) -> None:
        """Forget path, volume and rates: the log starts again."""
        self.path = UnderlyingPath()
        self.trailing = TrailingSize()
        self.rates.restart()


Due = tuple[ContractFlow, Packet] | ComplexGroup | LegGroup | Ladder | OpenStructure
