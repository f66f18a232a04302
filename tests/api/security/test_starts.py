import stat
from pathlib import Path

import argon2
import pytest
from fakeredis import FakeAsyncRedis

from api.security.auth import Security
from api.security.auth import check_settings
from api.security.kept import kept_secret
from api.security.passwords import hash_password
from infra.errors import MisconfiguredInfra
from infra.gateway_settings import GatewaySettings
from tests.api.security.gates import HASH

OPEN = "0.0.0.0"  # noqa: S104 - what is refused
ALLOWED = [
    {"api_auth": "disabled"},
    {"api_auth": "disabled", "api_host": "localhost"},
    {"api_auth": "disabled", "api_host": "::1"},
    {"api_auth": "disabled", "api_host": "127.9.9.9"},
    {"api_password_hash": HASH},
    {"api_password_hash": HASH, "api_host": OPEN, "api_tls_cert": "c", "api_tls_key": "k"},
    {"api_password_hash": HASH, "api_host": OPEN, "api_trusted_proxies": "10.0.0.1"},
]
REFUSED = [
    ({"api_auth": "disabled", "api_host": OPEN}, "API_AUTH=disabled"),
    ({"api_auth": "disabled", "api_host": "192.168.1.4"}, "API_AUTH=disabled"),
    ({"api_auth": "disabled", "api_host": "::"}, "API_AUTH=disabled"),
    ({"api_auth": "disabled", "api_host": "my-desktop"}, "API_AUTH=disabled"),
    (
        {"api_auth": "disabled", "api_host": OPEN, "api_trusted_proxies": "10.0.0.1"},
        "API_AUTH=disabled",
    ),
    ({}, "islandflow auth set-password"),
    ({"api_password_hash": "secret"}, "islandflow auth set-password"),
    ({"api_password_hash": "$2b$12$abcdefghijklmnopqrstuv"}, "islandflow auth set-password"),
    ({"api_password_hash": HASH, "api_host": OPEN}, "API_TLS_CERT"),
    ({"api_password_hash": HASH, "api_tls_cert": "c"}, "API_TLS_KEY is not set"),
    ({"api_password_hash": HASH, "api_tls_key": "k"}, "API_TLS_CERT is not set"),
    ({"api_password_hash": HASH, "api_secret_key": "short"}, "API_SECRET_KEY has 5 characters"),
]


@pytest.mark.parametrize("given", ALLOWED)
def test_what_protects_enough_starts(given: dict[str, str]) -> None:
    check_settings(GatewaySettings.model_validate(given))


@pytest.mark.parametrize(("given", "remedy"), REFUSED)
def test_what_would_let_anybody_in_does_not_start(given: dict[str, str], remedy: str) -> None:
    with pytest.raises(MisconfiguredInfra, match=remedy) as refused:
        check_settings(GatewaySettings.model_validate(given))

    for name in ("api_password_hash", "api_secret_key"):
        assert given.get(name, "never in it") not in str(refused.value)


@pytest.mark.parametrize(
    ("memory_kib", "passes", "kind"),
    [
        (1024, 3, argon2.Type.ID),
        (65_536, 1, argon2.Type.ID),
        (65_536, 3, argon2.Type.I),
        (65_536, 3, argon2.Type.D),
    ],
)
def test_a_hash_that_is_cheaper_to_guess_is_refused(
    memory_kib: int, passes: int, kind: argon2.Type
) -> None:
    hasher = argon2.PasswordHasher(passes, memory_kib, 1, type=kind)
    settings = GatewaySettings.model_validate({"api_password_hash": hasher.hash("x" * 12)})

    with pytest.raises(MisconfiguredInfra, match="expected argon2id with 65536 KiB and 3"):
        check_settings(settings)


def test_the_hash_is_the_one_of_the_specification() -> None:
    assert HASH.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert hash_password("correct horse battery") != HASH


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 1025])
def test_a_password_is_long_and_not_endless(password: str) -> None:
    with pytest.raises(MisconfiguredInfra, match="expected 12 to 1024"):
        hash_password(password)


async def started(folder: Path, **settings: str) -> Security:
    chosen = {"api_password_hash": HASH, **settings}
    security = Security(GatewaySettings.model_validate(chosen), folder, FakeAsyncRedis())
    await security.start()
    return security


@pytest.mark.anyio
async def test_the_secret_is_kept_and_shared_by_gateways_of_one_folder(tmp_path: Path) -> None:
    first = await started(tmp_path)
    second = await started(tmp_path)
    (tmp_path / "other").mkdir()
    third = await started(tmp_path / "other")

    assert first.secret == second.secret
    assert len(first.secret) == 32
    assert third.secret != first.secret
    (path,) = (tmp_path / "gateway").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.anyio
async def test_a_given_secret_is_taken_and_none_is_kept(tmp_path: Path) -> None:
    found = await started(tmp_path, api_secret_key="k" * 32)

    assert found.secret == b"k" * 32
    assert not (tmp_path / "gateway").exists()


def test_a_secret_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cursor.key"
    kept_secret(path)
    path.chmod(0o640)

    with pytest.raises(MisconfiguredInfra, match="chmod 600"):
        kept_secret(path)


def test_a_damaged_secret_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cursor.key"
    kept_secret(path)
    path.write_bytes(b"short")

    with pytest.raises(MisconfiguredInfra, match="holds 5 bytes"):
        kept_secret(path)
