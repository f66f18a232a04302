"""`islandflow auth`: the gateway's password and the tokens of programs."""

import os
import sys
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Final

import typer
from dotenv import set_key

from infra.cli.options import DataOption
from infra.cli.options import JsonOption
from infra.cli.output import console
from infra.cli.output import counted
from infra.cli.output import error_console
from infra.cli.output import print_json
from infra.cli.output import table
from infra.errors import MisconfiguredInfra
from infra.settings import load_settings

if TYPE_CHECKING:
    from api.security.tokens import Tokens

app = typer.Typer(help="The gateway's password and tokens.", no_args_is_help=True)
token = typer.Typer(help="Tokens of programs that use the gateway.", no_args_is_help=True)
app.add_typer(token, name="token")

VARIABLE: Final = "API_PASSWORD_HASH"
_OWNER_ONLY: Final = 0o600
_MAX_READ: Final = 4096


@app.command("set-password")
def set_password(
    env_file: Annotated[
        Path | None,
        typer.Option("--env-file", help="Set it in this file instead of printing it."),
    ] = None,
) -> None:
    """
    Make the hash the gateway compares the operator's password with.

    The password is asked for, or read as the first line of standard input; it is stored nowhere.

    [dim]Examples[/dim]

      islandflow auth set-password

      islandflow auth set-password --env-file .env

      pass show islandflow | islandflow auth set-password --env-file .env
    """
    # The web framework takes a while to import; no other command needs it.
    from api.security.passwords import hash_password  # noqa: PLC0415

    encoded = hash_password(_password())
    if env_file is None:
        sys.stdout.write(f"{VARIABLE}='{encoded}'\n")
        error_console().print(f"set {VARIABLE} to this, in the environment or in .env")
        return
    write_variable(env_file, encoded)
    error_console().print(f"{VARIABLE} is set in {env_file}; restart the gateway")


@token.command("create")
def create_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    scope: Annotated[
        list[str], typer.Option("--scope", help="read, operate, sql or admin; again for more.")
    ] = ["read"],  # noqa: B006 - typer copies it
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """
    Make a token and print it; it is not shown again.

    [dim]Examples[/dim]

      islandflow auth token create grafana --scope read --scope sql
    """
    made, secret = _tokens(data).create(name, scope)
    if as_json:
        print_json({"id": made.id, "name": made.name, "scopes": made.scopes, "token": secret})
        return
    sys.stdout.write(f"{secret}\n")
    scopes = ", ".join(made.scopes)
    error_console().print(f"{made.name} may {scopes}; send it as Authorization: Bearer")


@token.command("list")
def list_tokens(data: DataOption = None, as_json: JsonOption = False) -> None:
    """
    List tokens without their secrets.

    [dim]Examples[/dim]

      islandflow auth token list
    """
    found = _tokens(data).all()
    if as_json:
        print_json([{"id": each.id, "name": each.name, "scopes": each.scopes} for each in found])
        return
    rows = [(each.id, each.name, ", ".join(each.scopes), _day(each.created_ts)) for each in found]
    console().print(table(counted(len(rows), "token"), ("id", "name", "scopes", "made"), rows))


@token.command("remove")
def remove_token(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    data: DataOption = None,
) -> None:
    """
    Remove a token; a running gateway refuses it from the next request on.

    [dim]Examples[/dim]

      islandflow auth token remove 3f9c1a2b7d40
    """
    removed = _tokens(data).remove(token_id)
    if removed is None:
        msg = f"no token {token_id}; `islandflow auth token list` shows those there are"
        raise MisconfiguredInfra(msg)
    error_console().print(f"removed {removed.name}")


def write_variable(path: Path, encoded: str) -> None:
    """
    Set the hash in a file of settings, readable by its owner only; other lines stay.

    Raises
    ------
    MisconfiguredInfra
        The folder does not exist.
    """
    if not path.parent.is_dir():
        msg = f"{path.parent} is no folder"
        raise MisconfiguredInfra(msg)
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
    path.chmod(_OWNER_ONLY)
    # In single quotes, in which nothing of the hash is taken for a variable.
    set_key(path, VARIABLE, encoded, quote_mode="always")


def _password() -> str:
    if not sys.stdin.isatty():
        given = sys.stdin.readline(_MAX_READ).rstrip("\r\n")
        if not given:
            msg = "no password on standard input; give one line of at least 12 characters"
            raise MisconfiguredInfra(msg)
        return given
    found: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return found


def _tokens(data: Path | None) -> "Tokens":
    from api.security.auth import TOKENS_FILE  # noqa: PLC0415
    from api.security.kept import FOLDER  # noqa: PLC0415
    from api.security.tokens import Tokens  # noqa: PLC0415

    folder = data or load_settings().services.islandflow_data_dir
    return Tokens(folder / FOLDER / TOKENS_FILE)


def _day(created_ts: str) -> str:
    moment = datetime.fromtimestamp(int(created_ts) // 10**9, UTC)
    return f"{moment:%Y-%m-%d}"
