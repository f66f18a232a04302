"""Write the OpenAPI document that is checked in: `python -m api.openapi`."""

from pathlib import Path
from typing import Final

import orjson

from api.app import bare_app

PATH: Final = Path(__file__).with_name("openapi.json")


def document() -> bytes:
    """Return the document of the routes as they are now."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS
    return orjson.dumps(bare_app().openapi(), option=options)


def main() -> None:
    """Write it beside this module."""
    PATH.write_bytes(document())


if __name__ == "__main__":
    main()
