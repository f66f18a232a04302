import os
from pathlib import Path

import pytest

from infra.embedded.folder import FolderLock
from infra.embedded.folder import StackAddresses
from infra.embedded.folder import is_locked
from infra.embedded.folder import read_addresses
from infra.embedded.folder import remove_addresses
from infra.embedded.folder import write_addresses
from infra.embedded.ports import EmbeddedPorts
from infra.embedded.ports import bind
from infra.embedded.ports import free_port
from infra.embedded.ports import is_loopback
from infra.embedded.ports import listen
from infra.embedded.ports import remember
from infra.errors import MisconfiguredInfra

HOST = "127.0.0.1"


def ports_taken(wanted: EmbeddedPorts, folder: Path) -> dict[str, int]:
    listeners = listen(HOST, wanted, folder)
    ports = {name: int(taken.getsockname()[1]) for name, taken in listeners.items()}
    for taken in listeners.values():
        taken.close()
    return ports


def test_a_held_folder_is_refused_until_it_is_let_go(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    lock = FolderLock(folder)
    assert is_locked(folder)
    with pytest.raises(MisconfiguredInfra, match=f"process {os.getpid()}"):
        FolderLock(folder)
    lock.release()
    assert not is_locked(folder)
    FolderLock(folder).release()


def test_addresses_are_read_back_and_removed(tmp_path: Path) -> None:
    addresses = StackAddresses("h:1", "http://h:2", "http://h:3", "redis://h:4/0")
    write_addresses(tmp_path, 77, addresses, "fakeredis")
    assert read_addresses(tmp_path) == (77, addresses)
    remove_addresses(tmp_path)
    assert read_addresses(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"pid": 1}'])
def test_a_damaged_address_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "embedded.json").write_bytes(content)
    assert read_addresses(tmp_path) is None


def test_remembered_ports_are_taken_again_and_wanted_ones_win(tmp_path: Path) -> None:
    first = ports_taken(EmbeddedPorts(), tmp_path)
    assert len(set(first.values())) == 4
    remember(tmp_path, EmbeddedPorts(**first))
    assert ports_taken(EmbeddedPorts(), tmp_path) == first
    wanted = free_port(HOST)
    assert ports_taken(EmbeddedPorts(redis=wanted), tmp_path) == {**first, "redis": wanted}


def test_a_taken_port_leaves_no_listener_behind(tmp_path: Path) -> None:
    first = free_port(HOST)
    with bind(HOST, 0) as taken:
        busy = taken.getsockname()[1]
        with pytest.raises(MisconfiguredInfra, match=f"{HOST}:{busy} for redis .*--redis-port"):
            listen(HOST, EmbeddedPorts(kafka=first, redis=busy), tmp_path)
    bind(HOST, first).close()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"kafka": "x"}'])
def test_a_damaged_port_file_is_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ports.json").write_bytes(content)
    assert len(ports_taken(EmbeddedPorts(), tmp_path)) == 4


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("x", False)],  # noqa: S104
)
def test_loopback_is_known(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
