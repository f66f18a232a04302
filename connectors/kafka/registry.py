"""The part of the Schema Registry API that reading and writing records needs."""

import json
from http import HTTPStatus
from typing import Any
from typing import Final
from urllib.parse import quote

import httpx

from connectors.errors import MisconfiguredConnector
from connectors.errors import TransientConnector

ANSWER_TIMEOUT_S: Final = 10.0
CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"


class SchemaRegistry:
    """
    Register schemas and look them up by id.

    Parameters
    ----------
    url : str
        `http://host:port` of any registry that speaks Confluent's API.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._client = httpx.Client(
            timeout=ANSWER_TIMEOUT_S, headers={"Content-Type": CONTENT_TYPE}, trust_env=False
        )

    def register(self, subject: str, schema: str) -> int:
        """
        Register a schema under a subject; the same one again gives the same id.

        Raises
        ------
        MisconfiguredConnector
            The schema is not compatible with those registered before, or not valid.
        TransientConnector
            The registry does not answer.
        """
        path = f"/subjects/{quote(subject, safe='')}/versions"
        response = self._ask("POST", path, content=json.dumps({"schema": schema}))
        if response.status_code != HTTPStatus.OK:
            msg = f"registry refuses the schema of {subject}: {_reason(response)}"
            raise MisconfiguredConnector(msg)
        return int(response.json()["id"])

    def schema(self, schema_id: int) -> str | None:
        """
        Return a schema by its id, null when the registry has none.

        Raises
        ------
        TransientConnector
            The registry does not answer.
        """
        response = self._ask("GET", f"/schemas/ids/{schema_id}")
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        if response.status_code != HTTPStatus.OK:
            msg = f"registry does not give schema {schema_id}: {_reason(response)}"
            raise TransientConnector(msg)
        return str(response.json()["schema"])

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _ask(self, method: str, path: str, content: str | None = None) -> httpx.Response:
        try:
            response = self._client.request(method, self._url + path, content=content)
        except httpx.TransportError as error:
            msg = f"schema registry at {self._url} does not answer: {error}"
            raise TransientConnector(msg) from error
        except httpx.InvalidURL as error:
            msg = f"SCHEMA_REGISTRY_URL is {self._url!r}, expected http://host:port"
            raise MisconfiguredConnector(msg) from error
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            msg = f"schema registry at {self._url} failed: {_reason(response)}"
            raise TransientConnector(msg)
        return response


def _reason(response: httpx.Response) -> str:
    try:
        body: Any = response.json()
        return f"{response.status_code} {body['message']}"
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.text[:200]}"
