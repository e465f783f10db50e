"""Which of our own modules a piece of the work rests on."""

import re
from pathlib import Path

LIBRARY = Path(__file__).parent
IMPORT = re.compile(r"^\s*from flows\.lib\.(\w+) import", re.MULTILINE)


def modules_below(*roots: str) -> list[Path]:
    """Follow the imports of some modules, also those inside functions, to every file they use."""
    found: dict[str, str] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = (LIBRARY / f"{name}.py").read_text("utf-8")
            waiting += IMPORT.findall(found[name])
    return [LIBRARY / f"{name}.py" for name in sorted(found)]
