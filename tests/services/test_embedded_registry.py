import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry import SchemaReference
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from infra.embedded.http import HttpThread
from infra.embedded.registry.app import create_app
from infra.embedded.registry.store import RegistryStore
from infra.errors import MisconfiguredInfra

pytestmark = pytest.mark.services


class Registry:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = RegistryStore(path)
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.thread = HttpThread()
        self.thread.add(create_app(self.store), listener, "127.0.0.1")
        self.thread.start()
        self.client = SchemaRegistryClient({"url": self.url})
        self.http = httpx.Client(base_url=self.url)

    def stop(self) -> None:
        self.http.close()
        self.thread.stop()
        self.store.close()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    service = Registry(tmp_path / "registry.jsonl")
    yield service
    service.stop()


def record(*fields: tuple[str, object], name: str = "Print", optional: str | None = None) -> str:
    listed: list[dict[str, object]] = [{"name": key, "type": kind} for key, kind in fields]
    if optional is not None:
        listed.append({"name": optional, "type": ["null", "string"], "default": None})
    return json.dumps({"type": "record", "name": name, "fields": listed})


def avro(text: str, references: list[SchemaReference] | None = None) -> Schema:
    return Schema(text, "AVRO", references or [])


ONE = record(("px", "long"))
TWO = record(("px", "long"), optional="venue")
BROKEN = record(("px", "string"))


def test_the_confluent_client_registers_looks_up_and_reads_back(registry: Registry) -> None:
    first = registry.client.register_schema("prints-value", avro(ONE))
    second = registry.client.register_schema("prints-value", avro(TWO))
    assert (first, second) == (1, 2)
    assert registry.client.get_subjects() == ["prints-value"]
    assert registry.client.get_versions("prints-value") == [1, 2]
    assert json.loads(registry.client.get_schema(first).schema_str or "") == json.loads(ONE)
    latest = registry.client.get_latest_version("prints-value")
    assert (latest.version, latest.schema_id) == (2, 2)
    found = SchemaRegistryClient({"url": registry.url}).lookup_schema("prints-value", avro(ONE))
    assert (found.version, found.schema_id) == (1, first)


def test_a_schema_keeps_its_id_across_subjects_and_spellings(registry: Registry) -> None:
    spelled = json.dumps(json.loads(ONE), indent=3, sort_keys=True)
    first = registry.client.register_schema("a", avro(ONE))
    assert registry.client.register_schema("b", avro(spelled)) == first
    assert SchemaRegistryClient({"url": registry.url}).register_schema("a", avro(spelled)) == first
    assert registry.client.get_versions("a") == [1]
    assert registry.http.get(f"/schemas/ids/{first}/versions").json() == [
        {"subject": "a", "version": 1},
        {"subject": "b", "version": 1},
    ]
    assert registry.http.get(f"/schemas/ids/{first}/schema").json() == json.loads(ONE)


def test_an_incompatible_change_is_refused_with_409_and_the_reason(registry: Registry) -> None:
    registry.client.register_schema("prints-value", avro(ONE))
    with pytest.raises(SchemaRegistryError, match="/px: the reader expects string") as caught:
        registry.client.register_schema("prints-value", avro(BROKEN))
    assert (caught.value.http_status_code, caught.value.error_code) == (409, 409)
    assert registry.client.get_versions("prints-value") == [1]


def test_levels_are_set_per_subject_and_globally(registry: Registry) -> None:
    assert registry.http.get("/config").json() == {"compatibilityLevel": "FULL_TRANSITIVE"}
    registry.client.register_schema("loose", avro(ONE))
    assert registry.http.get("/config/loose").json()["error_code"] == 40408
    registry.client.set_compatibility("loose", "none")
    assert registry.client.get_compatibility("loose") == "NONE"
    assert registry.client.register_schema("loose", avro(BROKEN)) == 2
    registry.client.set_compatibility(level="BACKWARD")
    assert registry.client.get_compatibility() == "BACKWARD"
    default = registry.http.get("/config/other", params={"defaultToGlobal": "true"})
    assert default.json() == {"compatibilityLevel": "BACKWARD"}
    assert registry.http.delete("/config/loose").json() == {"compatibility": "NONE"}
    assert registry.http.get("/config/loose").status_code == 404


def test_compatibility_is_tested_without_registering(registry: Registry) -> None:
    registry.client.register_schema("prints-value", avro(ONE))
    assert registry.client.test_compatibility("prints-value", avro(TWO)) is True
    assert registry.client.test_compatibility("prints-value", avro(BROKEN), 1) is False
    path = "/compatibility/subjects/prints-value/versions?verbose=true"
    answer = registry.http.post(path, json={"schema": BROKEN}).json()
    assert answer["is_compatible"] is False
    assert any("/px" in text for text in answer["messages"])
    assert registry.client.get_versions("prints-value") == [1]


def test_a_softly_deleted_version_disappears_but_its_id_stays(registry: Registry) -> None:
    registry.client.register_schema("prints-value", avro(ONE))
    registry.client.register_schema("prints-value", avro(TWO))
    assert registry.client.delete_version("prints-value", 1) == 1
    assert registry.client.get_versions("prints-value") == [2]
    every = registry.http.get("/subjects/prints-value/versions?deleted=true")
    assert every.json() == [1, 2]
    assert registry.http.get("/schemas/ids/1").status_code == 200
    assert registry.client.delete_subject("prints-value") == [2]
    assert registry.client.get_subjects() == []
    assert registry.http.get("/subjects?deleted=true").json() == ["prints-value"]
    # Version numbers are never used again.
    fresh = SchemaRegistryClient({"url": registry.url})
    assert fresh.register_schema("prints-value", avro(ONE)) == 1
    assert registry.client.get_versions("prints-value") == [3]


def test_deleting_for_good_needs_a_soft_deletion_first(registry: Registry) -> None:
    registry.client.register_schema("a", avro(ONE))
    refused = registry.http.delete("/subjects/a?permanent=true")
    assert (refused.status_code, refused.json()["error_code"]) == (404, 40405)
    refused = registry.http.delete("/subjects/a/versions/1?permanent=true")
    assert refused.json()["error_code"] == 40407
    registry.http.delete("/subjects/a")
    assert registry.http.delete("/subjects/a?permanent=true").json() == [1]
    assert registry.http.get("/subjects?deleted=true").json() == []


def test_references_are_resolved_and_protect_what_they_use(registry: Registry) -> None:
    side = json.dumps({"type": "enum", "name": "market.Side", "symbols": ["B", "S"]})
    registry.client.register_schema("side", avro(side))
    text = record(("side", "market.Side"), ("other", "market.Side"))
    reference = SchemaReference("market.Side", "side", 1)
    schema_id = registry.client.register_schema("print", avro(text, [reference]))
    assert registry.client.get_schema(schema_id).references == [reference]
    assert registry.http.get("/subjects/side/versions/1/referencedby").json() == [schema_id]
    refused = registry.http.delete("/subjects/side")
    assert (refused.status_code, refused.json()["error_code"]) == (422, 42206)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/subjects/none/versions", None, 404, 40401),
        ("POST", "/subjects/none", {"schema": ONE}, 404, 40401),
        ("GET", "/subjects/known/versions/9", None, 404, 40402),
        ("GET", "/subjects/known/versions/zero", None, 422, 42202),
        ("GET", "/subjects/known/versions/0", None, 422, 42202),
        ("GET", "/schemas/ids/77", None, 404, 40403),
        ("POST", "/subjects/known", {"schema": TWO}, 404, 40403),
        ("POST", "/subjects/known/versions", {"schema": "{"}, 422, 42201),
        ("POST", "/subjects/known/versions", {"schema": '{"type":"what"}'}, 422, 42201),
        ("POST", "/subjects/known/versions", {"schema": ONE, "schemaType": "JSON"}, 422, 42201),
        ("POST", "/subjects/known/versions", {}, 422, 42201),
        (
            "POST",
            "/subjects/known/versions",
            {"schema": record(("x", "int")).replace('"int"', '"int", "default": "no"')},
            422,
            42201,
        ),
        ("PUT", "/config", {"compatibility": "SIDEWAYS"}, 422, 42203),
        ("PUT", "/config", {}, 422, 42203),
        ("GET", "/nowhere", None, 404, 404),
        ("PATCH", "/subjects", None, 405, 405),
    ],
)
def test_errors_carry_confluents_codes(
    registry: Registry, method: str, path: str, body: object, status: int, code: int
) -> None:
    registry.client.register_schema("known", avro(ONE))
    answer = registry.http.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.json()["error_code"] == code
    assert answer.json()["message"]
    assert answer.headers["content-type"] == "application/vnd.schemaregistry.v1+json"


def test_a_body_that_is_not_json_is_a_client_error(registry: Registry) -> None:
    answer = registry.http.post("/subjects/a/versions", content=b"\xff not json")
    assert (answer.status_code, answer.json()["error_code"]) == (400, 40001)


def test_fixed_answers_for_curl_users(registry: Registry) -> None:
    assert registry.http.get("/").json() == {}
    assert registry.http.get("/schemas/types").json() == ["AVRO"]
    assert registry.http.get("/mode").json() == {"mode": "READWRITE"}


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "registry.jsonl"
    before = Registry(path)
    before.client.register_schema("a", avro(ONE))
    before.client.register_schema("a", avro(TWO))
    before.client.register_schema("gone", avro(ONE))
    before.client.delete_subject("gone")
    before.client.set_compatibility("a", "BACKWARD")
    before.stop()
    after = Registry(path)
    try:
        assert after.client.get_subjects() == ["a"]
        assert after.client.get_versions("a") == [1, 2]
        assert after.client.get_compatibility("a") == "BACKWARD"
        assert json.loads(after.client.get_schema(2).schema_str or "") == json.loads(TWO)
        assert after.client.register_schema("b", avro(TWO)) == 2
    finally:
        after.stop()


def test_a_torn_last_line_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    path = tmp_path / "registry.jsonl"
    store = RegistryStore(path)
    store.register("a", ONE, [])
    store.register("a", TWO, [])
    store.close()
    whole = path.read_bytes()
    first_line_bytes = whole.index(b"\n") + 1
    for cut in range(first_line_bytes, len(whole)):
        path.write_bytes(whole[:cut])
        again = RegistryStore(path)
        assert [version.version for version in again.versions("a")] == [1]
        assert again.register("a", TWO, []).schema_id == 2
        again.close()
        assert path.read_bytes() == whole


def test_damage_in_the_middle_is_refused_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "registry.jsonl"
    path.write_bytes(b'{"kind":"level","subject":null,"level":"NONE"}\nrubbish\n')
    with pytest.raises(MisconfiguredInfra, match=r"registry\.jsonl line 2"):
        RegistryStore(path)


def test_a_web_page_may_not_write(registry: Registry) -> None:
    for headers in ({"origin": "https://evil.example"}, {"host": "evil.example"}):
        answer = registry.http.put("/config", json={"compatibility": "NONE"}, headers=headers)
        assert answer.status_code == 403
    assert registry.client.get_compatibility() == "FULL_TRANSITIVE"
