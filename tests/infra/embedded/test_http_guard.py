import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from infra.embedded.http import LoopbackGuard


async def answer(_request: object) -> PlainTextResponse:
    return PlainTextResponse("in")


PLAIN = Starlette(routes=[Route("/", answer)])


async def ask(bound_to: str, headers: dict[str, str]) -> int:
    transport = httpx.ASGITransport(LoopbackGuard(PLAIN, bound_to))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return (await client.get("/", headers=headers)).status_code


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({"host": "127.0.0.1:8123"}, True),
        ({"host": "localhost:8123"}, True),
        ({"host": "[::1]:8123"}, True),
        ({"host": "192.0.2.7:8123"}, True),
        ({"host": "evil.example"}, False),
        ({"host": "localhost", "origin": "http://localhost:5173"}, True),
        ({"host": "localhost", "origin": "https://evil.example"}, False),
        ({"host": "localhost", "origin": "http://192.0.2.7"}, False),
        ({"host": "localhost", "origin": "null"}, False),
        ({"host": "localhost", "origin": "http://[bad"}, False),
    ],
)
def test_only_clients_of_this_machine_pass(headers: dict[str, str], is_allowed: bool) -> None:
    assert asyncio.run(ask("127.0.0.1", headers)) == (200 if is_allowed else 403)


def test_opened_to_the_network_any_client_passes_but_no_web_page() -> None:
    assert asyncio.run(ask("0.0.0.0", {"host": "trader.lan"})) == 200  # noqa: S104
    page = {"host": "trader.lan", "origin": "https://evil.example"}
    assert asyncio.run(ask("0.0.0.0", page)) == 403  # noqa: S104
