from pathlib import Path

import pytest
from starlette.datastructures import Headers

from api.security.csrf import check_write
from api.security.origin import OriginRules
from infra.errors import MisconfiguredInfra
from infra.gateway_settings import GatewaySettings
from tests.api.security.gates import HOST
from tests.api.security.gates import ORIGIN
from tests.api.security.gates import WRITE
from tests.api.security.gates import Gate
from tests.api.security.gates import code_of
from tests.api.security.gates import gate

OWN_HOSTS = ["127.0.0.1:4000", "localhost:4000", "localhost", "[::1]:4000", "LOCALHOST:1"]
FOREIGN_HOSTS = [
    *("evil.example", "evil.example:4000", "127.0.0.1.evil.example", "localhost.evil.example"),
    *("127.0.0.2", "2130706433", "", "localhost:4000, evil.example", "[::2]"),
    *("127.0.0.1@evil.example", "localhost.", "a" * 300),
]
FOREIGN_ORIGINS = [
    *("null", "http://evil.example", "https://127.0.0.1:4000", "http://127.0.0.1:4001"),
    *("http://localhost:4000", "http://127.0.0.1:4000.evil.example", "http://127.0.0.1"),
    *("http://127.0.0.1:4000/", "", "file://", "chrome-extension://abc", f"{ORIGIN} {ORIGIN}"),
]


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_loopback_names_are_own_hosts_on_any_port(closed: Gate, host: str) -> None:
    assert closed.get("/health", Host=host).status_code == 200


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/health", "/prints/options", "/app/"])
def test_a_name_that_was_pointed_at_us_is_refused(closed: Gate, host: str, path: str) -> None:
    answer = closed.client.get(path, headers={"Host": host, **closed.token("read")})

    assert code_of(answer) == "origin_refused"
    assert closed.seen == []


def test_a_foreign_host_is_refused_without_authentication_too(tmp_path: Path) -> None:
    with gate(tmp_path, api_auth="disabled") as opened:
        assert code_of(opened.get("/prints/options", Host="evil.example")) == "origin_refused"
        answer = opened.get("/prints/options", Origin="http://evil.example")
        assert code_of(answer) == "origin_refused"
        posted = opened.client.post("/watchlists", headers={"Origin": "http://evil.example"})
        assert code_of(posted) == "origin_refused"


def test_two_hosts_in_one_request_are_none(closed: Gate) -> None:
    headers = [("Host", HOST), ("Host", "evil.example")]

    assert code_of(closed.client.get("/health", headers=headers)) == "origin_refused"


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_page_of_any_other_origin_is_refused(entered: Gate, origin: str, method: str) -> None:
    headers = {**WRITE, "Origin": origin}

    answer = entered.client.request(method, "/watchlists", headers=headers)
    assert code_of(answer) == "origin_refused"


def test_listed_hosts_and_origins_are_own_ones_exactly(tmp_path: Path) -> None:
    changes = {
        "api_allowed_hosts": "flow.example, other.example:8443",
        "api_allowed_origins": "https://ui.example",
    }
    with gate(tmp_path, **changes) as listed:

        def status(host: str, origin: str = "") -> int:
            headers = {"Host": host, **({"Origin": origin} if origin else {})}
            return listed.client.get("/health", headers=headers).status_code

        assert status("flow.example") == status("flow.example:9") == 200
        assert status("other.example:8443") == 200
        assert status("other.example") == status("a.flow.example") == 403
        assert status("flow.example", "https://ui.example") == 200
        assert status("flow.example", "https://ui.example:443") == 200
        assert status("flow.example", "http://ui.example") == 403
        assert status("flow.example", "https://ui.example:8443") == 403


@pytest.mark.parametrize("site", ["cross-site"])
def test_what_a_foreign_page_embeds_is_refused_and_a_link_is_followed(
    entered: Gate, site: str
) -> None:
    embedded = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
    followed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"}

    assert code_of(entered.get("/export/options", **embedded)) == "origin_refused"
    assert entered.get("/app/", **followed).status_code == 200


WITHOUT = [
    ({}, 200),
    ({"Origin": None}, 403),
    ({"X-Islandflow": None}, 403),
    ({"X-Islandflow": "0"}, 403),
    ({"Content-Type": None}, 403),
    ({"Content-Type": "text/plain"}, 403),
    ({"Content-Type": "application/x-www-form-urlencoded"}, 403),
    ({"Content-Type": "text/plain; application/json"}, 403),
    ({"Content-Type": "application/json; charset=utf-8"}, 200),
]


@pytest.mark.parametrize(("changes", "status"), WITHOUT)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_with_a_cookie_proves_it_is_of_our_page(
    entered: Gate, changes: dict[str, str | None], status: int, method: str
) -> None:
    headers = {name: value for name, value in {**WRITE, **changes}.items() if value is not None}

    answer = entered.client.request(method, "/watchlists", headers=headers)
    assert answer.status_code == status
    assert status == 200 or code_of(answer) == "csrf_refused"


def test_reading_with_a_cookie_needs_none_of_it(entered: Gate) -> None:
    assert entered.get("/prints/options").status_code == 200


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Exception, match="X-Islandflow: 1"):
        check_write(Headers({"content-type": "application/json"}), is_own_origin=True)


FORWARDED = [
    ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
    ("10.0.0.1", "invented, 10.0.0.2", "10.0.0.2"),
    ("10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
    ("", "203.0.113.9", ""),
]


@pytest.mark.parametrize(("peer", "forwarded", "client"), FORWARDED)
def test_the_client_is_the_nearest_address_no_proxy_of_ours_stands_behind(
    peer: str, forwarded: str, client: str
) -> None:
    rules = rules_behind("10.0.0.0/8")

    assert rules.peer(scope(peer, {"x-forwarded-for": forwarded})).address == client


@pytest.mark.parametrize(
    ("peer", "host", "scheme"),
    [("10.0.0.1", "flow.example", "https"), ("192.0.2.1", "inside:4000", "http")],
)
def test_only_a_trusted_proxy_says_what_the_client_asked(peer: str, host: str, scheme: str) -> None:
    headers = {"x-forwarded-host": "flow.example", "x-forwarded-proto": "https"}

    found = rules_behind("10.0.0.0/8").peer(scope(peer, headers))
    assert (found.host, found.scheme) == (host, scheme)


@pytest.mark.parametrize("given", ["proxy.example", "10.0.0.0/99", "*"])
def test_a_proxy_is_an_address_or_a_network(given: str) -> None:
    with pytest.raises(MisconfiguredInfra, match="API_TRUSTED_PROXIES"):
        rules_behind(given)


@pytest.mark.parametrize("given", ["*", "ui.example", "https://*.example", "https://a/b", "ws://a"])
def test_an_allowed_origin_is_written_out(given: str) -> None:
    settings = GatewaySettings.model_validate({"api_allowed_origins": given})

    with pytest.raises(MisconfiguredInfra, match="API_ALLOWED_ORIGINS"):
        OriginRules(settings)


def rules_behind(proxies: str) -> OriginRules:
    return OriginRules(GatewaySettings.model_validate({"api_trusted_proxies": proxies}))


def scope(address: str, headers: dict[str, str]) -> dict[str, object]:
    pairs = [(b"host", b"inside:4000"), *((k.encode(), v.encode()) for k, v in headers.items())]
    client = (address, 1) if address else None
    return {"type": "http", "scheme": "http", "client": client, "headers": pairs}
