import hashlib
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from api.metrics import AUTH_FAILURES
from api.security.principal import Principal
from api.security.sessions import ABSOLUTE_S
from api.security.sessions import IDLE_S
from tests.api.security.gates import NOON_S
from tests.api.security.gates import PASSWORD
from tests.api.security.gates import WRITE
from tests.api.security.gates import Gate
from tests.api.security.gates import code_of
from tests.api.security.gates import gate

HOUR_S = 3600
DAY_S = 24 * HOUR_S


def failures(reason: str) -> float:
    return float(AUTH_FAILURES.labels(reason)._value.get())


def test_limits_are_those_of_the_specification() -> None:
    assert (IDLE_S, ABSOLUTE_S) == (12 * HOUR_S, 7 * DAY_S)


def test_the_right_password_opens_a_session_with_every_scope(closed: Gate) -> None:
    answer = closed.login()

    assert answer.json() == {
        "name": "operator",
        "kind": "session",
        "scopes": ["admin", "operate", "read", "sql"],
        "ends_ts": str(int((NOON_S + 7 * DAY_S) * 10**9)),
        "login": "password",
    }
    assert closed.get("/prints/options").json()["name"] == "operator"
    assert closed.get("/auth/session").json() == answer.json()


@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), PASSWORD + " ", "x" * 1024])
def test_a_wrong_password_opens_nothing_and_is_counted(closed: Gate, password: str) -> None:
    before = failures("password")

    assert code_of(closed.login(password)) == "auth_required"
    assert failures("password") == before + 1
    assert code_of(closed.get("/prints/options")) == "auth_required"


@pytest.mark.parametrize(
    "body", [{}, {"password": ""}, {"password": 1}, {"password": "x" * 1025}, [], "x", None]
)
def test_a_malformed_login_is_no_login(closed: Gate, body: object) -> None:
    assert closed.client.post("/auth/login", json=body).status_code == 422


def test_fields_a_login_does_not_have_are_refused(closed: Gate) -> None:
    body = {"password": PASSWORD, "remember": True}

    assert closed.client.post("/auth/login", json=body).status_code == 422


def test_a_malformed_login_does_not_repeat_the_password(closed: Gate) -> None:
    answer = closed.client.post("/auth/login", json={"password": ["hunter2hunter2"]})

    assert "hunter2" not in answer.text


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(closed: Gate) -> None:
    cookie = closed.login().headers["set-cookie"]

    name, *flags = [part.strip() for part in cookie.split(";")]
    assert name.startswith("islandflow=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(flags)
    assert not [flag for flag in flags if flag.startswith("Domain")]
    assert "Secure" not in flags


def test_under_tls_the_cookie_is_bound_to_the_host_and_secure(tmp_path: Path) -> None:
    with gate(tmp_path, scheme="https") as encrypted:
        cookie = encrypted.login().headers["set-cookie"]
        inside = encrypted.get("/prints/options").status_code

        assert cookie.startswith("__Host-islandflow=")
        assert "Secure" in cookie
        assert inside == 200
        planted = cookie.partition("=")[2].partition(";")[0]
        encrypted.client.cookies.clear()
        asked = encrypted.get("/prints/options", Cookie=f"islandflow={planted}")
        assert code_of(asked) == "auth_required"


def test_redis_holds_the_hash_of_a_session_and_not_its_id(closed: Gate) -> None:
    session_id = closed.login().cookies["islandflow"]

    async def content() -> dict[str, str]:
        keys = await closed.redis.keys("*")
        return {str(key): str(await closed.redis.get(key)) for key in keys}

    assert closed.client.portal is not None
    kept = closed.client.portal.call(content)
    hashed = hashlib.sha256(session_id.encode()).hexdigest()
    assert [key.strip("b'") for key in kept] == [f"session:{hashed}"]
    assert session_id not in "".join(kept.values())


def test_every_login_makes_another_id_and_ends_the_session_before(closed: Gate) -> None:
    first = closed.login().cookies["islandflow"]
    second = closed.login().cookies["islandflow"]
    closed.client.cookies.clear()

    assert first != second
    assert len(first) >= 43
    assert code_of(closed.get("/prints/options", Cookie=f"islandflow={first}")) == "auth_expired"
    assert closed.get("/prints/options", Cookie=f"islandflow={second}").status_code == 200


def test_a_session_made_up_by_somebody_else_is_none(closed: Gate) -> None:
    for invented in ("x" * 43, "", "../../etc", "a" * 10_000, "session:1"):
        answer = closed.get("/prints/options", Cookie=f"islandflow={invented}")
        assert code_of(answer) in {"auth_expired", "auth_required"}


def test_logout_ends_the_session_for_whoever_kept_its_cookie(entered: Gate) -> None:
    cookie = entered.client.cookies["islandflow"]

    assert entered.client.post("/auth/logout", headers=WRITE).status_code == 204
    entered.client.cookies.clear()
    answer = entered.get("/prints/options", Cookie=f"islandflow={cookie}")
    assert code_of(answer) == "auth_expired"


def test_a_session_ends_seven_days_after_the_login_however_busy(entered: Gate) -> None:
    for _ in range(7 * 24 // 11):
        entered.clock.now_s += 11 * HOUR_S
        assert entered.get("/prints/options").status_code == 200
    entered.clock.now_s = NOON_S + 7 * DAY_S

    assert code_of(entered.get("/prints/options")) == "auth_expired"


def test_a_session_not_used_for_twelve_hours_is_forgotten(entered: Gate) -> None:
    async def lives_s() -> list[int]:
        return [await entered.redis.ttl(key) for key in await entered.redis.keys("session:*")]

    async def fades() -> None:
        for key in await entered.redis.keys("session:*"):
            await entered.redis.expire(key, HOUR_S // 2)

    assert entered.client.portal is not None
    (life_s,) = entered.client.portal.call(lives_s)
    assert IDLE_S - HOUR_S < life_s <= IDLE_S
    entered.client.portal.call(fades)
    entered.get("/prints/options")
    (life_s,) = entered.client.portal.call(lives_s)
    assert IDLE_S - HOUR_S < life_s <= IDLE_S


def test_an_open_socket_does_not_keep_a_session_alive(entered: Gate) -> None:
    principal = entered_principal(entered)

    async def fades_and_is_checked() -> tuple[bool, int]:
        (key,) = await entered.redis.keys("session:*")
        await entered.redis.expire(key, HOUR_S)
        return await entered.security.check(principal), await entered.redis.ttl(key)

    assert entered.client.portal is not None
    is_alive, life_s = entered.client.portal.call(fades_and_is_checked)
    assert is_alive
    assert life_s <= HOUR_S


def test_a_socket_learns_within_its_minute_that_the_session_ended(entered: Gate) -> None:
    principal = entered_principal(entered)
    assert entered.client.portal is not None
    check = entered.security.check

    assert entered.client.portal.call(check, principal)
    entered.client.post("/auth/logout", headers=WRITE)
    assert not entered.client.portal.call(check, principal)


def test_a_socket_ends_with_the_seventh_day(entered: Gate) -> None:
    principal = entered_principal(entered)
    entered.clock.now_s += ABSOLUTE_S
    assert entered.client.portal is not None

    assert not entered.client.portal.call(entered.security.check, principal)


def test_without_redis_nobody_enters_but_open_sockets_stay(
    entered: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    principal = entered_principal(entered)

    async def gone(*args: object, **kwargs: object) -> None:
        raise RedisConnectionError

    for command in ("get", "getex", "exists", "set"):
        monkeypatch.setattr(entered.redis, command, gone)

    assert code_of(entered.get("/prints/options")) == "dependency_down"
    assert entered.get("/health").status_code == 200
    assert code_of(entered.login()) == "dependency_down"
    assert entered.client.get("/prints/options", headers=entered.token("read")).status_code == 200
    assert entered.client.portal is not None
    assert entered.client.portal.call(entered.security.check, principal)


def entered_principal(found: Gate) -> Principal:
    found.get("/prints/options")
    principal = found.seen[-1]
    assert principal is not None
    assert principal.kind == "session"
    return principal


def test_the_whole_way_in_with_the_real_computation(tmp_path: Path) -> None:
    with gate(tmp_path, is_slow=True) as real:
        assert code_of(real.login(PASSWORD + "r")) == "auth_required"
        assert real.login().status_code == 200
        assert real.get("/prints/options").status_code == 200
