"""Every GET route of the gateway's own document, asked of a running terminal."""

import re
from collections.abc import Mapping
from typing import Any
from typing import Final

import httpx

from tests.e2e.desk import Desk

# Nothing publishes these yet (gateway specification, 5).
UNPUBLISHED: Final = re.compile(
    r"^/(?:(?:export|history|replay)/)?(?:news|levels|prediction|orders)\b"
)
PLACES: Final = re.compile(r"\{(\w+)(?::path)?\}")
IDS: Final = {
    "/flow/alerts": "alert_id",
    "/flow/packets": "id",
    "/flow/smart-money": "event_id",
    "/flow/classifier-hits": "hit_id",
}


def known_values(desk: Desk, run: Mapping[str, str]) -> dict[str, str]:
    """Return a value for each parameter that must be given, of records there are."""
    print_ = desk.get("/prints/options", view="raw", limit=1, **run)["data"][0]
    alert = desk.get("/flow/alerts", limit=1, **run)["data"][0]
    at_ns = int(print_["source_ts"])
    return {
        "underlying_id": print_["underlying_id"],
        "symbol": print_["underlying_id"],
        "q": print_["underlying_id"],
        "trace_id": print_["trace_id"],
        "option_contract_id": print_["option_contract_id"],
        "ref": alert["alert_id"],
        "by": "profile",
        "start_ts": str(at_ns - 60 * 10**9),
        "end_ts": str(at_ns + 1),
        **run,
    }


def answers_of(desk: Desk, run: str | None = None) -> dict[str, httpx.Response]:
    """
    Ask every GET route with what it must be told; return the answers by path of the document.

    Parameters
    ----------
    desk : Desk
        Has prints, packets, events, hits and alerts.
    run : str | None
        Ask of this run, and only the routes that take one; null asks every route of live.
    """
    of_run = {} if run is None else {"run": run}
    values = known_values(desk, of_run)
    found: dict[str, httpx.Response] = {}
    with httpx.Client(base_url=desk.url, timeout=60, trust_env=False) as client:
        document: dict[str, Any] = client.get("/openapi.json").json()
        for path, operations in document["paths"].items():
            operation = operations.get("get")
            if operation is None:
                continue
            parameters = {each["name"]: each for each in operation.get("parameters", ())}
            if run is not None and "run" not in parameters:
                continue
            query = {
                name: values.get(name, "")
                for name, each in parameters.items()
                if each["in"] == "query" and (each.get("required") or name in of_run)
            }
            place = _filled(desk, path, values, of_run)
            if place is not None:
                found[path] = client.get(place, params=query)
    return found


def _filled(
    desk: Desk, path: str, values: Mapping[str, str], of_run: Mapping[str, str]
) -> str | None:
    """Return a path with ids of records there are; null where there are none of its kind."""
    collection = next((each for each in IDS if path.startswith(f"{each}/{{")), None)
    if collection is not None:
        records = desk.get(collection, limit=1, **of_run)["data"]
        return PLACES.sub(str(records[0][IDS[collection]]), path) if records else None
    if any(name not in values for name in PLACES.findall(path)):
        return None
    return PLACES.sub(lambda match: values[match[1]], path)


def wrong(answers: Mapping[str, httpx.Response]) -> dict[str, str]:
    """Return what was not answered as documented: 404 where nothing is published, else 200."""
    return {
        path: f"{answer.status_code} {answer.text[:200]}"
        for path, answer in answers.items()
        if answer.status_code
        != (httpx.codes.NOT_FOUND if UNPUBLISHED.match(path) else httpx.codes.OK)
    }
