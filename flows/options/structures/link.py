"""What a packet knows about the structures of its members."""

import msgspec


class StructureLink(msgspec.Struct, eq=False, gc=False):
    """
    What a leg packet knows about the structure of some of its prints.

    Parameters
    ----------
    structure_id : str
        Empty until the structure has closed: its id depends on all its members.
    absorbs : bool
        Confidence from .55: the prints are scored as part of the structure only.
    closes_ns : int
        When the structure closes, ns UTC.
    """

    structure_id: str
    absorbs: bool
    closes_ns: int
