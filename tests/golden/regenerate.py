"""
Write the golden files anew: `python -m tests.golden.regenerate`.

A changed file is a change of the synthetic market, a changed expectation one of behaviour; both
are reviewed as such.
"""

import sys

from tests.golden.files import FIXTURES
from tests.golden.files import GOLDEN
from tests.golden.files import MANIFEST
from tests.golden.files import Golden
from tests.golden.files import made
from tests.golden.files import manifest_text


def main() -> None:
    FIXTURES.mkdir(exist_ok=True)
    found: dict[str, Golden] = {}
    for name in GOLDEN:
        golden, text = made(name)
        (FIXTURES / golden.file).write_bytes(text)
        sys.stdout.write(f"{golden.sha256[:12]}  {len(text):>8,} bytes  {golden.file}\n")
        found[name] = golden
    (FIXTURES / MANIFEST).write_bytes(manifest_text(found))


if __name__ == "__main__":
    main()
