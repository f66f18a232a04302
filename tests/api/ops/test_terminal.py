"""The terminal's files, and what is said where there are none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import problems
from api.rest import ui

INDEX = "<!doctype html><title>terminal</title>"


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of built files in place of the real one."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "index-Ab12.js").write_text("1")
    (folder / "assets" / "inter-Cd34.woff2").write_bytes(b"font")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("for nobody")
    monkeypatch.setattr(ui, "TERMINAL", folder)
    return folder


@pytest.fixture
def client(dist: Path) -> Iterator[TestClient]:
    assert dist.is_dir()
    app = FastAPI(redirect_slashes=False)
    app.include_router(ui.router)
    problems.install(app)
    with TestClient(app, follow_redirects=False) as found:
        yield found


@pytest.mark.parametrize("path", ["/", "/app"])
def test_a_browser_is_sent_to_the_terminal(client: TestClient, path: str) -> None:
    found = client.get(path)

    assert (found.status_code, found.headers["location"]) == (307, "/app/")


@pytest.mark.parametrize("path", ["/app/", "/app/tape", "/app/ticker/NVDA", "/app/index.html"])
def test_paths_of_the_terminal_give_its_index(client: TestClient, path: str) -> None:
    found = client.get(path)

    assert (found.status_code, found.text) == (200, INDEX)
    assert found.headers["content-type"].startswith("text/html")
    assert found.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "kind", "caching"),
    [
        ("/app/assets/index-Ab12.js", "text/javascript", "public, max-age=31536000, immutable"),
        ("/app/assets/inter-Cd34.woff2", "font/woff2", "public, max-age=31536000, immutable"),
        ("/app/icon.svg", "image/svg+xml", "no-store"),
    ],
)
def test_only_files_named_by_their_content_are_kept_by_browsers(
    client: TestClient, path: str, kind: str, caching: str
) -> None:
    found = client.get(path)

    assert found.status_code == 200
    assert found.headers["content-type"].startswith(kind)
    assert found.headers["cache-control"] == caching


@pytest.mark.parametrize(
    "path",
    ["/app/../secret.txt", "/app/%2e%2e/secret.txt", "/app/..%2fsecret.txt", "/app/%00"],
)
def test_nothing_outside_the_folder_is_served(client: TestClient, path: str) -> None:
    assert "for nobody" not in client.get(path).text


def test_a_file_of_an_older_build_is_not_taken_for_the_index(client: TestClient) -> None:
    found = client.get("/app/assets/index-Old1.js")

    assert (found.status_code, found.json()["code"]) == (404, "not_found")


def test_a_terminal_that_is_not_built_says_how_to_build_it(client: TestClient, dist: Path) -> None:
    (dist / "index.html").unlink()

    page = client.get("/app/", headers={"accept": "text/html"})
    problem = client.get("/app/", headers={"accept": "application/json"})

    assert (page.status_code, problem.status_code) == (404, 404)
    assert page.headers["content-type"].startswith("text/html")
    assert "make ui" in page.text
    assert "make ui" in problem.json()["detail"]
