import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.types import Message

from api.metrics import RATE_LIMITED
from api.problems import Problem
from api.security import middleware
from api.security.limits import MAX_BUCKETS
from api.security.limits import Buckets
from api.security.middleware import MAX_BODY_BYTES
from api.security.middleware import bounded
from tests.api.security.gates import HASH
from tests.api.security.gates import WRITE
from tests.api.security.gates import Clock
from tests.api.security.gates import Gate
from tests.api.security.gates import code_of
from tests.api.security.gates import gate

LOOKUPS = [
    *("/flow/packets/pk:1", "/evidence", "/export/options", "/news/n1", "/sql/schema"),
    *("/flow/packets/../packets/x", "/evidence?ref=al:1"),
]


@given(
    per_minute=st.integers(1, 5000),
    waits_s=st.lists(st.floats(0, 30), min_size=1, max_size=60),
)
def test_nobody_gets_more_than_a_burst_and_the_refill(
    per_minute: int, waits_s: list[float]
) -> None:
    clock = Clock(0.0)
    buckets = Buckets(per_minute, None, clock)
    taken = 0
    for wait_s in waits_s:
        clock.now_s += wait_s
        taken += sum(buckets.take("one") == 0 for _ in range(10))

    burst = max(1, per_minute // 4)
    assert taken <= burst + clock.now_s * per_minute / 60 + 1e-6


@given(per_minute=st.integers(1, 5000))
def test_whoever_waits_as_told_gets_in(per_minute: int) -> None:
    clock = Clock(0.0)
    buckets = Buckets(per_minute, None, clock)
    while (wait_s := buckets.take("one")) == 0:
        pass
    clock.now_s += wait_s + 1e-6

    assert buckets.take("one") == 0


def test_buckets_of_others_are_untouched_and_their_number_is_bounded() -> None:
    clock = Clock(0.0)
    buckets = Buckets(4, None, clock)
    assert buckets.take("one") == 0
    assert buckets.take("one") > 0
    assert buckets.take("other") == 0
    for number in range(2 * MAX_BUCKETS):
        buckets.take(str(number))

    assert len(buckets._kept) == MAX_BUCKETS


def test_requests_are_counted_by_principal_with_a_burst_of_a_quarter(tmp_path: Path) -> None:
    with gate(tmp_path, rate_limit_rest=40) as limited:
        first, second = limited.token("read"), limited.token("read", "sql")
        before = RATE_LIMITED.labels("rest")._value.get()
        path = "/prints/options"

        statuses = [limited.client.get(path, headers=first).status_code for _ in range(12)]
        refused = limited.client.get(path, headers=first)

        assert statuses == [200] * 10 + [429] * 2
        assert code_of(refused) == "rate_limited"
        assert refused.headers["retry-after"] == "2"
        assert RATE_LIMITED.labels("rest")._value.get() == before + 3
        assert limited.client.get(path, headers=second).status_code == 200
        limited.clock.now_s += 2
        assert limited.client.get(path, headers=first).status_code == 200


@pytest.mark.parametrize("path", LOOKUPS)
def test_lookups_have_a_bucket_of_their_own(tmp_path: Path, path: str) -> None:
    with gate(tmp_path, api_auth="disabled", rate_limit_lookup=8) as limited:
        statuses = [limited.get(path).status_code for _ in range(4)]

        assert statuses[0] != 429
        assert statuses[2:] == [429, 429]
        assert limited.get("/prints/options").status_code == 200


def test_whoever_is_not_known_is_counted_by_address(tmp_path: Path) -> None:
    with gate(tmp_path, rate_limit_rest=8) as limited:
        codes = [code_of(limited.get("/prints/options")) for _ in range(4)]
        bad = limited.get("/prints/options", Authorization="Bearer ifl_guess")

        assert codes == ["auth_required"] * 2 + ["rate_limited"] * 2
        assert code_of(bad) == "rate_limited"
        assert limited.client.get("/prints/options", headers=limited.token("read")).is_success


def test_probes_are_answered_during_a_flood(tmp_path: Path) -> None:
    with gate(tmp_path, rate_limit_rest=4) as limited:
        assert [limited.get("/health").status_code for _ in range(20)] == [200] * 20


@pytest.mark.parametrize("size", [MAX_BODY_BYTES, MAX_BODY_BYTES + 1])
@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_has_at_most_a_mebibyte_whatever_it_announces(
    closed: Gate, size: int, is_announced: bool
) -> None:
    parts = [b"x" * 65_536] * (size // 65_536) + [b"x" * (size % 65_536)]
    content = b"".join(parts) if is_announced else iter(parts)

    answer = closed.client.post("/watchlists", content=content, headers=closed.token("operate"))
    if size > MAX_BODY_BYTES:
        assert code_of(answer) == "too_large"
        assert closed.seen == []
    else:
        assert answer.json()["bytes"] == str(size)


@pytest.mark.parametrize("length", ["1048577", "99999999999999999999", "-1", "1e3", "٣", ""])
def test_an_announced_length_is_looked_at_before_the_body(closed: Gate, length: str) -> None:
    headers = [(b"content-length", length.encode()), (b"content-type", b"application/json")]

    answer = closed.client.post("/auth/login", content=iter([b"{}"]), headers=headers)
    assert answer.status_code in {413, 422}
    if length:
        assert code_of(answer) == "too_large"


def test_a_body_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(middleware, "BODY_S", 0.01)

    async def slow() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": True}

    async def read() -> str:
        headers = Headers({"content-length": "10"})
        with pytest.raises(Problem) as refused:
            await bounded(headers, slow)
        return refused.value.code

    assert asyncio.run(read()) == "body_timeout"


def test_limits_come_from_the_settings(tmp_path: Path) -> None:
    with gate(tmp_path, api_auth="disabled", rate_limit_rest=1_000_000) as free:
        assert {free.get("/prints/options").status_code for _ in range(400)} == {200}


def test_a_refused_write_is_not_read(entered: Gate) -> None:
    headers = {**WRITE, "X-Islandflow": "0"}

    assert code_of(entered.client.post("/watchlists", headers=headers)) == "csrf_refused"
    assert HASH not in str(entered.seen)
