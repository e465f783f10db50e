"""Running dbt in this process, and telling what it says without a value of a row."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.lib.contracts import load_contracts
from flows.lib.memory import memory_sentence
from flows.lib.redaction import redacted
from flows.lib.settings import forget_settings
from flows.lib.warehouse import SOURCE_COLUMNS, dbt_environment

FAILED_STATUSES = ("error", "fail", "skipped", "runtime error", "partial success")


def invoke_dbt(command: Sequence[str], project: Path, build: Path, target: Path) -> Any:
    """Run a command of dbt on a project and a build database; give its result, whatever it is."""
    forget_another_project(project, target)
    forget_settings("DBT_.*")  # one of another project on the machine can leave out all tests
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with _environment(dbt_environment(build, target)):
        result = dbtRunner().invoke(
            [
                *command,
                *("--project-dir", str(project), "--profiles-dir", str(project)),
                *("--log-level", "none", "--log-level-file", "none", "--quiet"),
            ]
        )
    if result.exception is not None and not isinstance(result.exception, Exception):
        raise result.exception  # what ends the run itself, as a cancellation
    # dbt holds the database open; a second run in this process would find the old one.
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    return result


def forget_another_project(project: Path, target: Path) -> None:
    """Parse anew where another checkout parsed last: dbt would read its seeds, or find none."""
    mark, parsed = target / "project", target / "partial_parse.msgpack"
    if not (mark.is_file() and mark.read_text("utf-8") == str(project)):
        parsed.unlink(missing_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    mark.write_text(str(project), "utf-8")


@contextmanager
def _environment(said: Mapping[str, str]) -> Iterator[None]:
    """Say something to dbt by the environment, which is then as it was."""
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = text


def told_by_dbt(message: str, node: Any = None) -> str:
    """Say what dbt said; of what is quoted, the names that stand in the model's own text."""
    names = set(re.findall(r"[a-z_]\w*", getattr(node, "raw_code", "")))
    names |= {column.name for one in load_contracts().values() for column in one.columns}
    names.update(SOURCE_COLUMNS)
    return memory_sentence(message) or redacted(message, names=names)
