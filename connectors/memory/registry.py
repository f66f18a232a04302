"""A schema registry inside the process."""

from connectors.kafka.registry import SchemaRegistry


class MemoryRegistry(SchemaRegistry):
    """
    Give out ids in order of registration; nothing outlives the process.

    Compatibility is not checked: the schemas are those of this very code.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []

    def register(self, subject: str, schema: str) -> int:
        """Register a schema; the same text again gives the same id."""
        del subject
        if schema not in self._texts:
            self._texts.append(schema)
        return self._texts.index(schema) + 1

    def schema(self, schema_id: int) -> str | None:
        """Return a schema by its id, null when there is none."""
        return self._texts[schema_id - 1] if 0 < schema_id <= len(self._texts) else None

    def close(self) -> None:
        """Do nothing: there is no connection."""
