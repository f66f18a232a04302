"""Which version of Islandflow answers."""

from typing import Final

# Of the project; it stands in the OpenAPI document too, which must not depend on how it was
# installed.
VERSION: Final = "0.1.0"
