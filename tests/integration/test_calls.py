"""What a run with one changed file reads again, counted: nothing without need."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from nights import PAYMENTS_2023, current, dropped_file, names_of_releases, night, replace_file

from flows.common.settings import Workspace
from flows.extract.raw_store import Store
from flows.quality import suite
from flows.runs import validation

_counting: list[Counter[str]] = []  # a hook cannot be taken away again


def _count_open(event: str, arguments: tuple[Any, ...]) -> None:
    if _counting and event == "open" and isinstance(arguments[0], str | Path):
        path, mode, _flags = arguments
        if mode is None or "a" not in mode:
            _counting[-1][str(path)] += 1


@contextmanager
def counting_opens() -> Iterator[Counter[str]]:
    """Count how often this process opens each file, but for those that it appends to."""
    if not hasattr(sys, "_ziping_counts"):
        sys._ziping_counts = True  # type: ignore[attr-defined]
        sys.addaudithook(_count_open)
    _counting.append(Counter())
    try:
        yield _counting[-1]
    finally:
        _counting.pop()


def test_a_run_with_one_changed_file_reads_each_thing_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = dropped_file(workspace, PAYMENTS_2023)
    lines = path.read_bytes().split(b"\n")
    lines[5], lines[6] = lines[6], lines[5]
    content = b"\n".join(lines)
    replace_file(path, content)
    store = Store(workspace.landed)
    calls: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        real = getattr(module, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            calls[f"{name} {arguments[0]}" if isinstance(arguments[0], Path) else name] += 1
            return real(*arguments, **named)

        monkeypatch.setattr(module, name, counted)

    count(validation, "add_drift")
    count(suite, "load_suite")
    with counting_opens() as opened:
        assert night(workspace) == 0
    assert len(names_of_releases(workspace)) == 2
    assert current(workspace).manifest["inputs"]["deliveries"]
    kept = store.path(sha256(content).hexdigest())
    assert kept.exists()
    assert opened[str(store.manifest)] <= 3
    assert opened[str(path)] + opened[str(kept)] <= 4, opened
    assert set(calls.values()) == {1}, calls
    assert calls["add_drift"] == 1
