"""`islandflow replay diff` as users and scripts see it."""

from collections.abc import Callable

import msgspec
import pytest

from infra.embedded.stack import StackAddresses
from tests.infra.cli.command import Outcome
from tests.infra.cli.command import in_process
from tests.infra.cli.command import islandflow
from tests.services.replay_market import LIVE
from tests.services.replay_market import NAMESPACE
from tests.services.replay_market import RUN
from tests.services.replay_market import Market
from tests.services.replay_market import alert
from tests.services.replay_market import prints
from tests.services.replay_market import row

Ask = Callable[..., Outcome]


@pytest.fixture
def ask(market: Market, monkeypatch: pytest.MonkeyPatch) -> Ask:
    for name, value in services(market.addresses).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "140")
    return lambda *arguments: in_process("replay", "diff", *arguments, "--data", market.data)


def services(addresses: StackAddresses) -> dict[str, str]:
    return {
        "KAFKA_BROKERS": addresses.kafka,
        "SCHEMA_REGISTRY_URL": addresses.registry,
        "CLICKHOUSE_URL": addresses.clickhouse,
        "REDIS_URL": addresses.redis,
    }


def test_command_exits_with_0_when_identical(ask: Ask, market: Market) -> None:
    market.write(LIVE, prints(100))
    market.both([row(1), row(2), alert(3)])

    found = ask(RUN)

    assert found.code == 0
    assert found.out.splitlines()[-1] == "identical to live: 3 of 3 derived records"
    assert "none on either side" in found.out


def test_command_exits_with_1_and_shows_what_differs(ask: Ask, market: Market) -> None:
    market.write(LIVE, [*prints(100), row(1, price=1.25), alert(2, headline="Swept [calls]")])
    market.write(NAMESPACE, [row(1, price=2.5)])

    found = ask(RUN, "live")
    every = ask(RUN, "live", "--topic", "options.tape", "--all-fields")
    plain = ask(RUN, "live", "--json")

    assert (found.code, every.code, plain.code) == (1, 1, 1)
    assert "flow.alerts missing: in live only" in found.out
    assert "Swept [calls]" in found.out
    assert "2025-05-22 10:00:01.000 ET" in found.out
    assert [line.split() for line in found.out.splitlines() if "price " in line] == [
        ["price", "2.5", "1.25"]
    ]
    assert found.out.splitlines()[-1] == (
        "different from live in 2 topics: 0 of 2 derived records are identical"
    )
    assert "underlying_id" in every.out
    assert "flow.alerts" not in every.out
    told = msgspec.json.decode(plain.out)
    assert told["is_identical"] is False
    assert told["topics"][0]["records"][0]["fields"][0]["path"] == "price"


def test_command_exits_with_2_when_it_cannot_compare(market: Market) -> None:
    arguments = ("replay", "diff", "tuesday", "live", "--data", market.data)
    found = islandflow(*arguments, settings=services(market.addresses))
    nothing = islandflow("replay", "diff", RUN, "live", "--data", market.data / "none")

    assert (found.code, nothing.code) == (2, 2)
    assert "no run 'tuesday'" in found.err
    assert "holds no data of Islandflow" in nothing.err
