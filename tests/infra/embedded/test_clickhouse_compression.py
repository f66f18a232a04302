import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from infra.embedded.clickhouse.compression import ENCODINGS
from infra.embedded.clickhouse.compression import Decoder
from infra.embedded.clickhouse.compression import choose_encoding
from infra.embedded.clickhouse.compression import compressor
from infra.embedded.clickhouse.errors import ClickHouseError


@given(
    st.sampled_from(ENCODINGS), st.lists(st.binary(max_size=300), max_size=6), st.integers(1, 50)
)
@settings(derandomize=True, deadline=None)
def test_what_is_encoded_in_any_pieces_decodes_in_any_pieces(
    encoding: str, pieces: list[bytes], step: int
) -> None:
    encoder = compressor(encoding)
    wire = b"".join(encoder.compress(piece) for piece in pieces) + encoder.flush()
    decoder = Decoder(encoding)
    plain = b"".join(decoder.feed(wire[i : i + step]) for i in range(0, len(wire), step))
    decoder.finish()
    assert plain == b"".join(pieces)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_cut_anywhere_is_refused(encoding: str) -> None:
    encoder = compressor(encoding)
    wire = encoder.compress(b"rows" * 100) + encoder.flush()
    for end in range(len(wire)):
        decoder = Decoder(encoding)
        decoder.feed(wire[:end])
        with pytest.raises(ClickHouseError, match="truncated"):
            decoder.finish()


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_a_plain_body_passes(encoding: str) -> None:
    decoder = Decoder(encoding)
    assert decoder.feed(b"x") == b"x"
    decoder.finish()


def test_an_encoding_that_is_not_offered_is_refused_by_name() -> None:
    with pytest.raises(ClickHouseError, match="'br'"):
        Decoder("br")


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("lz4,zstd,gzip", "lz4"),
        ("br, gzip;q=0.5", "gzip"),
        ("gzip;q=0, deflate", "deflate"),
        ("identity", None),
        ("", None),
    ],
)
def test_the_first_offered_encoding_is_chosen(accepted: str, chosen: str | None) -> None:
    assert choose_encoding(accepted) == chosen
