"""Where the terminal's built files are."""

from pathlib import Path
from typing import Final

# Beside the packages: `npm run build` in ui/ makes it.
TERMINAL: Final = Path(__file__).resolve().parents[1] / "ui" / "dist"
