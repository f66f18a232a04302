"""What a client may say, how often, and how a socket ends."""

import asyncio
from collections.abc import Callable
from collections.abc import Iterator

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.live import socket as sockets
from api.live.protocol import Ping
from api.live.protocol import Stats
from api.live.protocol import Subscribe
from api.live.protocol import read_message
from api.metrics import REGISTRY
from benchmarks.gateway_client import GatewayClient
from infra.embedded.stack import StackAddresses
from tests.api.live.conftest import LiveGateway

Gateways = Callable[..., LiveGateway]


@pytest.fixture(scope="module")
def gateway(
    stack: StackAddresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveGateway]:
    made = LiveGateway(stack, tmp_path_factory.mktemp("protocol"), rate_limit_ws=6000).start()
    yield made
    made.stop()


def code_of(gateway: LiveGateway, *messages: str) -> int | None:
    """Return the code with which the gateway closes after some messages."""

    async def play() -> int | None:
        async with GatewayClient(gateway.url) as client:
            for message in messages:
                if client.is_closed:
                    break
                await client.socket.send(message)
            await client.until(lambda: client.is_closed)
            return client.close_code

    return asyncio.run(play())


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        '{"op":"buy"}',
        '{"op":"ping","t":1,"more":2}',
        '{"op":"subscribe","id":"a"}',
        '{"op":"subscribe","id":"","channel":"options"}',
        '{"op":"subscribe","id":"a","channel":"options","depth":-1}',
        '{"op":"subscribe","id":"a","channel":"options","filters":{"side":{"not":"A"}}}',
        '{"op":"stats","paint_ms":{"options":{"p50":1}}}',
        '{"op":"subscribe","id":"a","channel":"options","user":"me"}',
    ],
)
def test_a_message_that_is_not_as_written_is_refused(message: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        read_message(message)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_message_raises_anything_else(message: str | bytes) -> None:
    try:
        read_message(message)
    except (msgspec.MsgspecError, ValueError):
        return


def test_messages_of_the_specification_are_understood() -> None:
    assert read_message('{"op":"ping","t":12.5}') == Ping(12.5)
    wish = read_message(
        '{"op":"subscribe","id":"tape","channel":"options","depth":200,"filters":{"view":"signal",'
        '"security":"stock","side":["AA","A","MID","MISSING","STALE"],"min_notional":10000}}'
    )
    assert isinstance(wish, Subscribe)
    assert wish.filters["side"] == ["AA", "A", "MID", "MISSING", "STALE"]
    stats = read_message(
        '{"op":"stats","paint_ms":{"options":{"p50":4,"p95":9,"p99":12}},"frame_ms":6.1,'
        '"heap_mb":81}'
    )
    assert isinstance(stats, Stats)
    assert stats.paint_ms["options"].p99 == 12


def test_a_socket_begins_with_what_it_may_do_and_how_channels_are(gateway: LiveGateway) -> None:
    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            await client.until(lambda: client.other("ready"))
            (ready,) = client.other("ready")
            assert ready["protocol"] == "islandflow.v1"
            assert ready["limits"]["subscriptions"] == 64
            assert ready["session_end"] is None
            assert set(ready["channels"]) >= {"options", "alerts", "equity-candles"}
            await client.say(op="ping", t=42.5)
            await client.until(lambda: client.other("pong"))
            (pong,) = client.other("pong")
            assert pong["t"] == 42.5
            assert pong["server_time"] > 1e12

    asyncio.run(play())


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"channel": "nonsense"}, "not_found"),
        ({"channel": "news"}, "not_found"),
        ({"channel": "options", "filters": {"colour": "red"}}, "parameter_invalid"),
        ({"channel": "options", "filters": {"side": ["X"]}}, "parameter_invalid"),
        ({"channel": "health", "filters": {"source": "x"}}, "parameter_invalid"),
        ({"channel": "options", "run": "never-was"}, "not_found"),
    ],
)
def test_a_wish_that_cannot_be_met_is_an_error_with_its_id(
    gateway: LiveGateway, asked: dict[str, object], code: str
) -> None:
    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            await client.say(op="subscribe", id="mine", **asked)
            await client.until(lambda: client.other("error"))
            (error,) = client.other("error")
            assert (error["id"], error["code"]) == ("mine", code)

    asyncio.run(play())


def test_twenty_errors_close_the_socket(gateway: LiveGateway) -> None:
    assert code_of(gateway, *['{"op":"buy"}'] * 20) == 4400


def test_nineteen_errors_do_not(gateway: LiveGateway) -> None:
    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            for _ in range(19):
                await client.socket.send("nonsense")
            await client.say(op="ping", t=1)
            await client.until(lambda: client.other("pong"))
            assert len(client.other("error")) == 19

    asyncio.run(play())


def test_too_many_messages_a_minute_close_the_socket(
    stack: StackAddresses, gateways: Gateways
) -> None:
    gateway = gateways(stack, rate_limit_ws=8, ws_max_subscriptions=2).start()
    assert code_of(gateway, *['{"op":"ping"}'] * 3) == 4429


def test_a_message_over_the_size_closes_the_socket(gateway: LiveGateway) -> None:
    assert code_of(gateway, orjson.dumps({"op": "ping", "x": "y" * 70_000}).decode()) == 1009


def test_a_session_that_has_ended_closes_the_socket(
    stack: StackAddresses, gateways: Gateways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "CHECK_S", 0.01)
    gateway = gateways(stack).start()
    gateway.security.is_welcome = False
    assert code_of(gateway) == 1008


def test_one_connection_too_many_is_refused(stack: StackAddresses, gateways: Gateways) -> None:
    gateway = gateways(stack, ws_max_connections=1).start()

    async def play() -> None:
        async with GatewayClient(gateway.url) as first:
            await first.until(lambda: first.other("ready"))
            async with GatewayClient(gateway.url) as second:
                await second.until(lambda: second.is_closed)
                assert second.close_code == 1013

    asyncio.run(play())


def test_one_subscription_or_group_too_many_is_refused(
    stack: StackAddresses, gateways: Gateways
) -> None:
    gateway = gateways(stack, ws_max_subscriptions=2, ws_max_groups=1).start()

    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            first = await client.subscribe("a", "options")
            await client.until(lambda: first.snapshots)
            await client.say(op="subscribe", id="b", channel="alerts")
            await client.until(lambda: client.other("error"))
            again = await client.subscribe("b", "options")
            await client.until(lambda: again.snapshots)
            await client.say(op="subscribe", id="c", channel="options")
            await client.until(lambda: len(client.other("error")) == 2)
            assert [each["code"] for each in client.other("error")] == ["capacity", "capacity"]
            # What is let go makes room.
            await client.say(op="unsubscribe", id="a")
            await client.say(op="unsubscribe", id="b")
            alerts = await client.subscribe("d", "alerts")
            await client.until(lambda: alerts.snapshots)

    asyncio.run(play())


def refusals() -> float:
    return (
        REGISTRY.get_sample_value("islandflow_rate_limited_total", {"bucket": "subscriptions"})
        or 0.0
    )


def test_a_flood_of_subscriptions_is_refused_counted_and_cut_off(gateway: LiveGateway) -> None:
    async def play() -> None:
        before = refusals()
        async with GatewayClient(gateway.url) as client:
            for number in range(64 + 20):
                filters = {"min_notional": number + 1}
                await client.subscribe(f"s{number}", "options", filters=filters)
            await client.until(lambda: client.is_closed)
            assert client.close_code == 4400
            errors = client.other("error")
        assert {(each["code"], each["detail"]) for each in errors} == {
            ("capacity", "too many subscriptions on this socket")
        }
        assert [each["id"] for each in errors] == [f"s{64 + number}" for number in range(20)]
        assert refusals() == before + 20
        async with GatewayClient(gateway.url) as client:
            # What the flood held is free again.
            tape = await client.subscribe("tape", "options")
            await client.until(lambda: tape.snapshots)

    asyncio.run(play())


def test_a_gateway_that_ends_says_so_and_closes_with_1001(
    stack: StackAddresses, gateways: Gateways
) -> None:
    gateway = gateways(stack).start()

    async def play() -> None:
        async with GatewayClient(gateway.url) as client:
            await client.until(lambda: client.other("ready"))
            await asyncio.to_thread(gateway.drain)
            await client.until(lambda: client.is_closed)
            assert client.close_code == 1001
            assert [each["code"] for each in client.other("notice")] == ["draining"]

    asyncio.run(play())


def test_without_the_sub_protocol_messages_are_text(gateway: LiveGateway) -> None:
    from websockets.asyncio.client import connect  # noqa: PLC0415 - only here

    async def play() -> str | bytes:
        async with connect(gateway.url, compression=None) as plain:
            return await plain.recv()

    first = asyncio.run(play())
    assert isinstance(first, str)
    assert orjson.loads(first)[0]["type"] == "ready"
