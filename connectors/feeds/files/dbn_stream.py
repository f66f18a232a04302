"""Reads the bytes of a DBN file, plain or under zstd, as far as they are whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import Final

import databento_dbn as dbn
import zstandard

from connectors.feeds.base.errors import UnreadableFile

DBN_MAGIC: Final = b"DBN"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"

# A damaged record takes the others of its chunk with it, so chunks are small.
_CHUNK_BYTES: Final = 1 << 16
_KEPT_BYTES: Final = 4096
_DECODER_PANIC: Final = "PanicException"


class DbnStream:
    """
    Decode a DBN file record by record.

    Parameters
    ----------
    path : Path
        A `.dbn` or `.dbn.zst` file.

    Attributes
    ----------
    metadata : databento_dbn.Metadata
        The head of the file.
    cut : tuple[bytes, int, str] | None
        Once all records are read: what is left of a file that ends early (at most 4 KiB), the
        number of the record that is missing, from 1, and why.

    Raises
    ------
    UnreadableFile
        There is no whole head.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.cut: tuple[bytes, int, str] | None = None
        self._why: str | None = None
        self._decoder = dbn.DBNDecoder()
        self._decoded = self._decode()
        head = next(self._decoded, None)
        if not isinstance(head, dbn.Metadata):
            why = self._why or "it ends before its first record"
            msg = f"{path} is no whole DBN file: {why}; download it again"
            raise UnreadableFile(msg)
        self.metadata = head

    def _chunks(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            is_zstd = file.read(len(ZSTD_MAGIC)) == ZSTD_MAGIC
            file.seek(0)
            unpacker = zstandard.ZstdDecompressor().decompressobj() if is_zstd else None
            while data := file.read(_CHUNK_BYTES):
                if unpacker is None:
                    yield data
                    continue
                while data:
                    yield unpacker.decompress(data)
                    data = unpacker.unused_data
                    if unpacker.eof and data:
                        unpacker = zstandard.ZstdDecompressor().decompressobj()
            if unpacker is not None and not unpacker.eof:
                self._why = "the zstd stream ends early"

    def _decode(self) -> Iterator[Any]:
        try:
            for chunk in self._chunks():
                self._decoder.write(chunk)
                yield from self._decoder.decode()
        except zstandard.ZstdError as error:
            self._why = f"the zstd stream is damaged ({error})"
        except dbn.DBNError as error:
            self._why = f"a record is damaged ({error})"
        except BaseException as error:
            # The decoder panics on some damage, outside the tree of `Exception`.
            if type(error).__name__ != _DECODER_PANIC:
                raise
            self._why = f"a record is damaged ({error})"

    def records(self) -> Iterator[Any]:
        """Yield the whole records, in file order; sets `cut` when the file ends early."""
        count = 0
        for record in self._decoded:
            count += 1
            yield record
        rest = self._decoder.buffer()
        if rest or self._why is not None:
            why = self._why or f"{len(rest)} bytes are no whole record"
            message = f"the file ends early: {why} (record {count + 1})"
            self.cut = (rest[:_KEPT_BYTES], count + 1, message)
