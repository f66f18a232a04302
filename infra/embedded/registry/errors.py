"""Answers of the registry that are not 2xx, with Confluent's error codes."""

from infra.errors import InfraError


class RegistryError(InfraError):
    """
    A request the registry refuses.

    Parameters
    ----------
    error_code : int
        Confluent's code; its first three digits are the HTTP status.
    message : str
        What the client is told.
    """

    def __init__(self, error_code: int, message: str) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.message = message

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return int(str(self.error_code)[:3])


def subject_not_found(subject: str) -> RegistryError:
    """40401."""
    return RegistryError(40401, f"Subject '{subject}' not found.")


def version_not_found(version: int | str) -> RegistryError:
    """40402."""
    return RegistryError(40402, f"Version {version} not found.")


def schema_not_found(schema_id: int | None = None) -> RegistryError:
    """40403."""
    which = "" if schema_id is None else f" {schema_id}"
    return RegistryError(40403, f"Schema{which} not found")


def subject_not_soft_deleted(subject: str) -> RegistryError:
    """40405."""
    text = f"Subject '{subject}' was not deleted first before being permanently deleted"
    return RegistryError(40405, text)


def version_not_soft_deleted(subject: str, version: int) -> RegistryError:
    """40407."""
    text = (
        f"Subject '{subject}' Version {version} was not deleted first before being permanently "
        "deleted"
    )
    return RegistryError(40407, text)


def subject_level_not_configured(subject: str) -> RegistryError:
    """40408."""
    text = f"Subject '{subject}' does not have subject-level compatibility configured"
    return RegistryError(40408, text)


def invalid_schema(reason: str) -> RegistryError:
    """42201."""
    return RegistryError(42201, f"Invalid schema: {reason}")


def invalid_version(version: str) -> RegistryError:
    """42202."""
    text = (
        f"The specified version '{version}' is not a valid version id. Allowed values are between "
        '[1, 2^31-1] and the string "latest"'
    )
    return RegistryError(42202, text)


def invalid_level(level: object) -> RegistryError:
    """42203."""
    text = (
        f"Invalid compatibility level {level!r}. Valid values are none, backward, forward, full, "
        "backward_transitive, forward_transitive, and full_transitive"
    )
    return RegistryError(42203, text)


def incompatible(subject: str, reasons: list[str]) -> RegistryError:
    """409."""
    text = (
        "Schema being registered is incompatible with an earlier schema for subject "
        f"'{subject}', details: [{'; '.join(reasons)}]"
    )
    return RegistryError(409, text)
