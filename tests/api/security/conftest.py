"""Gates of the tests here."""

from tests.api.security.gates import closed
from tests.api.security.gates import entered

__all__ = ["closed", "entered"]
