"""Secrets in the data folder: readable by their owner only, never half written."""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from infra.errors import MisconfiguredInfra

SECRET_BYTES: Final = 32
FOLDER: Final = "gateway"


def replace_file(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 in one step; who reads meanwhile sees the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_new(fresh, content)
    fresh.replace(path)


def kept_secret(path: Path) -> bytes:
    """
    Return the secret of a file, made at the first call.

    Processes that start at the same moment get the same one.

    Raises
    ------
    MisconfiguredInfra
        The file is open to others, or holds something else.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        _write_new(fresh, secrets.token_bytes(SECRET_BYTES))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass  # another process was first; its secret is the secret
        finally:
            fresh.unlink()
    refuse_open_file(path)
    found = path.read_bytes()
    if len(found) < SECRET_BYTES:
        msg = f"{path} holds {len(found)} bytes, expected {SECRET_BYTES}; remove it to make another"
        raise MisconfiguredInfra(msg)
    return found


def refuse_open_file(path: Path) -> None:
    """
    Refuse a file that others of this machine may read or write.

    Raises
    ------
    MisconfiguredInfra
        With the remedy.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        msg = f"{path} has mode {mode:04o}, others may read it; run: chmod 600 {path}"
        raise MisconfiguredInfra(msg)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
