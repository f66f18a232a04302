import pytest

from api.metrics import RATE_LIMITED
from api.security.limits import LoginGate
from tests.api.security.gates import LONGER_THAN_ANY_WAIT_S
from tests.api.security.gates import PASSWORD
from tests.api.security.gates import Gate
from tests.api.security.gates import code_of

WAITS_S = [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_a_sixth_login_within_the_minute_has_to_wait(closed: Gate) -> None:
    before = RATE_LIMITED.labels("login")._value.get()
    codes = [code_of(closed.login("wrong wrong wrong")) for _ in range(5)]

    refused = closed.login(PASSWORD)

    assert codes == ["auth_required"] * 5
    assert code_of(refused) == "rate_limited"
    assert refused.headers["retry-after"] == "60"
    assert RATE_LIMITED.labels("login")._value.get() == before + 1


def test_every_wait_is_twice_the_one_before_up_to_an_hour(closed: Gate) -> None:
    for _ in range(5):
        closed.login("wrong wrong wrong")
    waits = []
    for _ in WAITS_S:
        refused = closed.login("wrong wrong wrong")
        waits.append(int(refused.headers["retry-after"]))
        closed.clock.now_s += waits[-1]
        assert code_of(closed.login("wrong wrong wrong")) == "auth_required"

    assert waits == WAITS_S


def test_asking_during_a_wait_does_not_lengthen_it(closed: Gate) -> None:
    for _ in range(5):
        closed.login("wrong wrong wrong")
    closed.clock.now_s += 59
    assert closed.login().headers["retry-after"] == "1"
    closed.clock.now_s += 1

    assert closed.login().status_code == 200


def test_success_forgets_the_attempts_before(closed: Gate) -> None:
    for _ in range(4):
        closed.login("wrong wrong wrong")
    assert closed.login().status_code == 200
    for _ in range(4):
        assert code_of(closed.login("wrong wrong wrong")) == "auth_required"

    assert closed.login().status_code == 200


def test_attempts_of_a_minute_ago_do_not_count(closed: Gate) -> None:
    for _ in range(3):
        for _ in range(4):
            assert code_of(closed.login("wrong wrong wrong")) == "auth_required"
        closed.clock.now_s += 61


def test_a_restart_does_not_forget_who_has_to_wait(closed: Gate) -> None:
    for _ in range(5):
        closed.login("wrong wrong wrong")

    async def wait_after_a_restart() -> float:
        return await LoginGate(closed.redis, 5, closed.clock).enter("testclient-is-not-it")

    async def same() -> float:
        return await LoginGate(closed.redis, 5, closed.clock).enter("127.0.0.1")

    assert closed.client.portal is not None
    assert closed.client.portal.call(wait_after_a_restart) == 0
    assert closed.client.portal.call(same) == 60


def test_logins_sent_side_by_side_are_counted_before_they_are_looked_at(closed: Gate) -> None:
    async def burst() -> list[float]:
        gate = LoginGate(closed.redis, 5, closed.clock)
        return [await gate.enter("192.0.2.1") for _ in range(20)]

    assert closed.client.portal is not None
    waits = closed.client.portal.call(burst)
    assert [wait == 0 for wait in waits] == [True] * 5 + [False] * 15


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
def test_an_ipv6_client_is_counted_by_its_network(
    closed: Gate, first: str, second: str, is_same: bool
) -> None:
    async def waits() -> float:
        gate = LoginGate(closed.redis, 5, closed.clock)
        for _ in range(5):
            await gate.enter(first)
        return await gate.enter(second)

    assert closed.client.portal is not None
    assert (closed.client.portal.call(waits) > 0) is is_same


def test_after_the_longest_wait_the_right_password_opens(closed: Gate) -> None:
    for _ in range(9):
        closed.login("wrong wrong wrong")
        closed.clock.now_s += LONGER_THAN_ANY_WAIT_S

    assert closed.login().status_code == 200
