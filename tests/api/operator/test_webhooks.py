"""Where webhooks may go, and what a receiver gets."""

import asyncio
import hashlib
import hmac
import json
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from api.webhooks import ATTEMPTS
from api.webhooks import SIGNATURE_HEADER
from api.webhooks import Outcome
from api.webhooks import RefusedTarget
from api.webhooks import Target
from api.webhooks import WebhookSender
from api.webhooks import checked_address
from api.webhooks import is_public
from api.webhooks import resolve
from api.webhooks import signature
from api.webhooks import target_of

NAME = "hooks.example"
SECRET = "0123456789abcdef"  # noqa: S105 - of this test only


class Receiver(ThreadingHTTPServer):
    """An https server that notes what it gets and answers what it is told."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answers: list[int] = []
        self.received: list[tuple[str, dict[str, str], bytes]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that refuse the certificate."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"https://{NAME}:{self.server.server_port}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base class
        """Keep quiet."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={NAME}"),
            *("-addext", f"subjectAltName=DNS:{NAME}"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def receiver(certificate: Path) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = Receiver(context)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def to_loopback(host: str, port: int) -> Sequence[str]:
    """Resolve every name to this machine."""
    del host, port
    return ["127.0.0.1"]


def sent(
    target: Target,
    certificate: Path | None,
    allowed: Sequence[str] = (NAME,),
) -> Outcome:
    async def go() -> Outcome:
        tls = ssl.create_default_context(
            cafile=None if certificate is None else certificate / "cert.pem"
        )
        sender = WebhookSender(allowed, to_loopback, tls, first_pause_s=0.0)
        try:
            return await sender.send(target, SECRET, "rule:al:1", b'{"a":1}')
        finally:
            await sender.close()

    return asyncio.run(go())


def target(receiver: Receiver, host: str = NAME) -> Target:
    return target_of(f"https://{host}:{receiver.server_port}/hook?x=1")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0"),  # noqa: S104 - nothing is bound
        *("10.0.0.1", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0"),
        *("fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1::", "::127.0.0.1"),
        "64:ff9b:1::1",
    ],
)
def test_addresses_that_only_this_machine_reaches_are_private(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"),
        *("[::1]", "[::ffff:127.0.0.1]", "0", "LOCALHOST", "localhost."),
    ],
)
def test_every_way_to_write_this_machine_is_refused(host: str) -> None:
    with pytest.raises(RefusedTarget):
        asyncio.run(checked_address(target_of(f"https://{host}/"), ()))


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    async def both(host: str, port: int) -> Sequence[str]:
        del host, port
        return ["8.8.8.8", "10.0.0.7"]

    with pytest.raises(RefusedTarget, match="WEBHOOK_ALLOW_HOSTS"):
        asyncio.run(checked_address(target_of("https://two.example/"), (), both))


def test_a_private_host_that_is_listed_is_allowed() -> None:
    assert asyncio.run(checked_address(target_of("https://127.0.0.1/"), ("127.0.0.1",))) == (
        "127.0.0.1"
    )
    assert asyncio.run(resolve("127.0.0.1", 443)) == ["127.0.0.1"]


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example/", "ftp://a.example/", "//a.example/", "a.example", "https:///x"),
        *("https://user@a.example/", "https://user:word@a.example/", "https://a.example/#x"),
        *("https://a.example:99999/", "https://a.example/a b", "https://a.example/\r\nx", ""),
        "file:///etc/passwd",
    ],
)
def test_only_plain_https_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        target_of(url)


def test_a_receiver_gets_the_body_signed_under_its_name(
    receiver: Receiver, certificate: Path
) -> None:
    outcome = sent(target(receiver), certificate)

    assert outcome == Outcome(outcome="delivered", attempts=1, status=200)
    [(path, headers, body)] = receiver.received
    assert (path, json.loads(body)) == ("/hook?x=1", {"a": 1})
    assert headers["Host"] == f"{NAME}:{receiver.server_port}"
    assert headers["Idempotency-Key"] == "rule:al:1"
    found = re.fullmatch(r"t=(\d{10}),v1=([0-9a-f]{64})", headers[SIGNATURE_HEADER])
    assert found is not None
    signed = f"{found[1]}.".encode() + body
    assert hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest() == found[2]


def test_a_changed_body_or_time_has_another_signature() -> None:
    found = {signature(SECRET, 1, b"a"), signature(SECRET, 2, b"a"), signature(SECRET, 1, b"b")}

    assert len(found) == 3


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([503, 500, 200], Outcome(outcome="delivered", attempts=3, status=200)),
        ([429, 408, 425, 200], Outcome(outcome="delivered", attempts=4, status=200)),
        (
            [500] * 9,
            Outcome(outcome="failed", attempts=ATTEMPTS, status=500, error="it answered 500"),
        ),
        ([404], Outcome(outcome="refused", attempts=1, status=404, error="it answered 404")),
        (
            [307],
            Outcome(
                outcome="refused",
                attempts=1,
                status=307,
                error="it redirects, which is not followed",
            ),
        ),
    ],
)
def test_what_passes_is_tried_again_and_what_stays_is_not(
    receiver: Receiver, certificate: Path, answers: list[int], expected: Outcome
) -> None:
    receiver.answers = list(answers)

    assert sent(target(receiver), certificate) == expected
    assert len(receiver.received) == expected.attempts


def test_a_private_receiver_that_is_not_listed_gets_nothing(
    receiver: Receiver, certificate: Path
) -> None:
    outcome = sent(target(receiver), certificate, allowed=())

    assert (outcome.outcome, outcome.attempts) == ("refused", 0)
    assert receiver.received == []


def test_a_certificate_of_another_name_or_of_nobody_is_not_trusted(
    receiver: Receiver, certificate: Path
) -> None:
    other = sent(target(receiver, "other.example"), certificate, allowed=("other.example",))
    unknown = sent(target(receiver), None)

    assert (other.outcome, unknown.outcome) == ("failed", "failed")
    assert receiver.received == []


def test_a_name_is_resolved_once_an_attempt_and_the_checked_address_is_called(
    receiver: Receiver, certificate: Path
) -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> Sequence[str]:
        # The second answer would lead to this machine; it must not be asked for.
        del port
        asked.append(host)
        return ["192.0.2.1"] if len(asked) > 1 else ["127.0.0.1"]

    async def go() -> Outcome:
        tls = ssl.create_default_context(cafile=certificate / "cert.pem")
        sender = WebhookSender([NAME], rebinding, tls)
        try:
            return await sender.send(target(receiver), SECRET, "k", b"{}", attempts=1)
        finally:
            await sender.close()

    assert asyncio.run(go()).outcome == "delivered"
    assert asked == [NAME]


def test_who_does_not_answer_in_time_is_tried_again_and_given_up(certificate: Path) -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        del host, port
        await asyncio.Event().wait()
        return []

    async def go() -> Outcome:
        tls = ssl.create_default_context(cafile=certificate / "cert.pem")
        sender = WebhookSender([NAME], never, tls, first_pause_s=0.0, timeout_s=0.01)
        try:
            return await sender.send(target_of(f"https://{NAME}/"), SECRET, "k", b"{}")
        finally:
            await sender.close()

    assert asyncio.run(go()) == Outcome(
        outcome="failed", attempts=ATTEMPTS, error="no answer within 0.01 s"
    )
