import json
import stat
from pathlib import Path

import argon2
import pytest
from dotenv import dotenv_values
from typer.testing import CliRunner

from api.security.auth import TOKENS_FILE
from api.security.auth import check_settings
from api.security.kept import FOLDER
from api.security.tokens import Tokens
from infra.cli.auth import app
from infra.errors import MisconfiguredInfra
from infra.gateway_settings import GatewaySettings

PASSWORD = "correct horse battery"  # noqa: S105 - of the test


def told(*arguments: str | Path, given: str = "") -> str:
    found = CliRunner().invoke(app, [str(each) for each in arguments], input=given)
    if found.exception is not None:
        raise found.exception
    return found.stdout


def test_the_printed_line_is_a_setting_the_gateway_starts_with() -> None:
    line = told("set-password", given=f"{PASSWORD}\n")

    name, _, value = line.strip().partition("=")
    encoded = value.strip("'")
    assert name == "API_PASSWORD_HASH"
    assert argon2.PasswordHasher().verify(encoded, PASSWORD)
    check_settings(GatewaySettings.model_validate({"api_password_hash": encoded}))


def test_the_file_keeps_its_other_lines_and_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# mine\nAPI_PORT=4100\nAPI_PASSWORD_HASH='old'\n")
    path.chmod(0o644)

    out = told("set-password", "--env-file", path, given=f"{PASSWORD}\n")
    values = dotenv_values(path)
    assert "argon2" not in out
    assert path.read_text().startswith("# mine\nAPI_PORT=4100\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert argon2.PasswordHasher().verify(values["API_PASSWORD_HASH"] or "", PASSWORD)
    assert PASSWORD not in path.read_text()


def test_a_new_file_is_its_owners_only(tmp_path: Path) -> None:
    path = tmp_path / "new.env"
    told("set-password", "--env-file", path, given=f"{PASSWORD}\n")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("given", ["", "\n", "short\n"])
def test_no_password_or_a_short_one_sets_nothing(tmp_path: Path, given: str) -> None:
    path = tmp_path / "new.env"

    with pytest.raises(MisconfiguredInfra, match="12"):
        told("set-password", "--env-file", path, given=given)
    assert not path.exists()


def test_a_token_is_printed_once_and_works(tmp_path: Path) -> None:
    secret = told(
        *("token", "create", "grafana", "--scope", "sql", "--scope", "read", "--data", tmp_path)
    ).strip()

    principal = Tokens(tmp_path / FOLDER / TOKENS_FILE).find(secret)
    assert principal is not None
    assert principal.scopes == {"read", "sql"}
    listed = told("token", "list", "--data", tmp_path)
    assert "grafana" in listed
    assert secret not in listed


def test_without_a_scope_a_token_reads(tmp_path: Path) -> None:
    made = json.loads(told("token", "create", "a", "--json", "--data", tmp_path))

    assert made["scopes"] == ["read"]


def test_a_removed_token_is_gone(tmp_path: Path) -> None:
    secret = told("token", "create", "a", "--data", tmp_path).strip()
    (listed,) = json.loads(told("token", "list", "--json", "--data", tmp_path))
    told("token", "remove", listed["id"], "--data", tmp_path)

    assert Tokens(tmp_path / FOLDER / TOKENS_FILE).find(secret) is None
    with pytest.raises(MisconfiguredInfra, match="no token"):
        told("token", "remove", listed["id"], "--data", tmp_path)


def test_a_scope_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredInfra, match="scopes are root, expected"):
        told("token", "create", "a", "--scope", "root", "--data", tmp_path)
