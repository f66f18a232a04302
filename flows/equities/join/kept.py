"""Published joins that a cancel may still revise."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec

from flows.common.calendar import NS_PER_MINUTE
from flows.equities.join.config import JoinConfig
from schemas.records.equities_joins import EquityJoin

# Encoded, because a snapshot then copies bytes, and half an hour of them is small.
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[object])

KeptState = list[tuple[str, int, bytes]]


class KeptJoins:
    """
    The joins of one underlying published last, by the id of their print.

    Parameters
    ----------
    config : JoinConfig
        `kept_joins` and `kept_min` bound them: what was published first goes first.

    Notes
    -----
    A cancel of a print that is not kept revises nothing; whoever asked counts it.
    """

    def __init__(self, config: JoinConfig) -> None:
        self._kept_joins = config.kept_joins
        self._kept_ns = config.kept_min * NS_PER_MINUTE
        # The oldest is found at once, which a plain dict that lost its first entries does not do.
        self._kept: OrderedDict[str, tuple[int, bytes]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, record: EquityJoin) -> None:
        """Keep a join that is being published, and forget what is too old beside it."""
        kept = self._kept
        at_ns = record.source_ts
        kept[record.print_trace_id] = (
            at_ns,
            _ENCODER.encode(msgspec.structs.astuple(record)),
        )
        oldest_ns = at_ns - self._kept_ns
        while kept:
            first = next(iter(kept))
            if len(kept) <= self._kept_joins and kept[first][0] >= oldest_ns:
                return
            del kept[first]

    def take(self, print_trace_id: str) -> EquityJoin | None:
        """Return the join of a print and forget it; None when it is not kept."""
        found = self._kept.pop(print_trace_id, None)
        if found is None:
            return None
        values = _DECODER.decode(found[1])
        fields = dict(zip(EquityJoin.__struct_fields__, values, strict=True))
        return msgspec.convert(fields, EquityJoin)

    def state(self) -> KeptState:
        """Return what is kept as plain data, oldest first."""
        return [(trace_id, at_ns, data) for trace_id, (at_ns, data) in self._kept.items()]

    def load(self, state: Sequence[Sequence[object]]) -> None:
        """Take over a state, also one whose tuples became lists on the way."""
        rows = msgspec.convert(state, list[tuple[str, int, bytes]])
        self._kept = OrderedDict([(trace_id, (at_ns, data)) for trace_id, at_ns, data in rows])
