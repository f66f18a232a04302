"""Raw records of one topic out of its ClickHouse table, in the order of the tape."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Final
from typing import Protocol

from connectors.clickhouse.avro_rows import read_rows
from connectors.errors import TransientConnector
from connectors.kafka.stamps import HEADER_BYTES
from connectors.tape.windows import DIMENSIONS
from connectors.tape.windows import FIRST
from connectors.tape.windows import LAST
from connectors.tape.windows import Extent
from connectors.tape.windows import Slot
from connectors.tape.windows import Window
from schemas._wire import AvroError
from schemas._wire import decode_long
from schemas.catalog import Topic

KEY: Final = "underlying_id"
# A block for each row, so that rows are told apart without decoding them.
AVRO: Final = (
    "FORMAT Avro SETTINGS output_format_avro_codec = 'null', output_format_avro_sync_interval = 32"
)

Rows = tuple[list[bytes], list[bytes]]


class Reads(Protocol):
    """Runs queries; `ClickHouseHttp` does."""

    def read(self, query: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """Return the whole answer of a query."""
        ...


class RawTable:
    """
    Read the rows of a raw topic's table as the messages they came from.

    Every name and number in its queries is our own; keys and ids are bound. Order: (`source_ts`,
    partition, `seq`, `trace_id`). A row that is stored several times comes
    once, as the table's own merge would leave it.

    Parameters
    ----------
    reads : Reads
        ClickHouse.
    topic : Topic
        Whose records.
    prefix : bytes
        Registry header before every value.
    partitions : int
        Number of partitions keys belong to.
    keys : sequence of str
        Only these underlyings; empty for all.
    """

    def __init__(
        self,
        reads: Reads,
        topic: Topic[Any],
        prefix: bytes,
        partitions: int,
        keys: Sequence[str] = (),
    ) -> None:
        self._reads = reads
        self._prefix = prefix
        self._table = f"`{topic.table}`"
        self._keys = {f"key_{number}": key for number, key in enumerate(keys)}
        self._partition = f"toInt64(kafkaMurmurHash({KEY}) % {partitions})"
        self._columns = ", ".join([f"`{field['name']}`" for field in topic.schema["fields"]])
        self._table_key: list[str] = list(topic.schema["table_key"])

    def extent(self, window: Window) -> Extent | None:
        """Return rows and reach of a window's last dimension, repeats counted; null for none."""
        value = self._dimension(window)
        rows = f"{self._table}{self._conditions(window)}"
        (row,) = self._numbers(f"SELECT count(), min({value}), max({value}) FROM {rows}")  # noqa: S608
        return Extent(*row) if row[0] else None

    def slots(self, window: Window, step: int) -> list[Slot]:
        """Return how many rows each step of a window's last dimension has, repeats counted."""
        first = window.ranges[-1][0]
        # The difference wraps around, and is read without its sign: it may be the whole range.
        slot = f"intDiv(toUInt64({self._dimension(window)} - toInt64('{first}')), {step})"
        rows = f"{self._table}{self._conditions(window)}"
        found = self._numbers(
            f"SELECT {slot} AS slot, count() FROM {rows} GROUP BY slot ORDER BY slot"  # noqa: S608
        )
        return [Slot(first + number * step, rows) for number, rows in found]

    def rows(self, window: Window, limit: int | None = None) -> Iterator[Rows]:
        """
        Yield keys and values of a window, in order.

        Parameters
        ----------
        window : Window
            Which rows.
        limit : int | None
            Cut by `trace_id` into parts of about so many rows; null for one part. For a window
            that holds one value of every dimension.

        Raises
        ------
        TransientConnector
            ClickHouse is unreachable or busy, or its answer is damaged.
        MisconfiguredConnector
            It refuses the query.
        """
        columns = f"SELECT {KEY} AS _key, {self._columns} FROM {self._table} FINAL"  # noqa: S608
        order = ", ".join(["trace_id", *self._table_key])
        if limit is None:
            order = f"source_ts, {self._partition}, seq, {order}"
            query = f"{columns}{self._conditions(window, is_final=True)} ORDER BY {order} {AVRO}"
            yield self._read_rows(query, self._keys)
            return
        bound = dict(self._keys)
        while True:
            rows = f"{columns}{self._conditions(window, is_final=True, is_paged='after' in bound)}"
            page = f"{rows} ORDER BY trace_id LIMIT {limit} WITH TIES"
            query = f"SELECT * FROM ({page}) ORDER BY {order} {AVRO}"  # noqa: S608
            keys, values = self._read_rows(query, bound)
            if values:
                yield keys, values
                bound["after"] = _trace_id(values[-1])
            if len(values) < limit:
                return

    def _read_rows(self, query: str, parameters: Mapping[str, str]) -> Rows:
        try:
            return read_rows(self._reads.read(query, parameters), self._prefix)
        except AvroError as error:
            msg = f"ClickHouse's answer from {self._table} is damaged: {error}"
            raise TransientConnector(msg) from error

    def _numbers(self, query: str) -> list[tuple[int, ...]]:
        text = self._reads.read(f"{query} FORMAT TabSeparated", self._keys).decode()
        return [tuple(map(int, line.split("\t"))) for line in text.splitlines()]

    def _dimension(self, window: Window) -> str:
        name = DIMENSIONS[len(window.ranges) - 1]
        return self._partition if name == "partition" else name

    def _conditions(self, window: Window, *, is_final: bool = False, is_paged: bool = False) -> str:
        # Columns by which the table tells rows apart are the same in all that are to become one,
        # so these conditions may come before that; then ClickHouse reads no other column of the
        # rows they leave out. The others have to wait for what the row came to be.
        found: list[tuple[str, str]] = []
        for name, (first, last) in zip(DIMENSIONS, window.ranges, strict=False):
            column, value = (KEY, self._partition) if name == "partition" else (name, name)
            if first > FIRST:
                found.append((column, f"{value} >= {first}"))
            if last < LAST:
                found.append((column, f"{value} <= {last}"))
        if self._keys:
            marks = ", ".join([f"{{{name}:String}}" for name in self._keys])
            found.append((KEY, f"{KEY} IN ({marks})"))
        if is_paged:
            found.append(("trace_id", "trace_id > {after:String}"))
        early = [text for column, text in found if is_final and column in self._table_key]
        late = [text for column, text in found if not is_final or column not in self._table_key]
        before = f" PREWHERE {' AND '.join(early)}" if early else ""
        return before + (f" WHERE {' AND '.join(late)}" if late else "")


def _trace_id(value: bytes) -> str:
    # The fourth field of every record, behind three integers.
    at = HEADER_BYTES
    for _ in range(3):
        _, at = decode_long(value, at)
    size, at = decode_long(value, at)
    return value[at : at + size].decode()
