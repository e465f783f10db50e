"""Running dbt in this process, and telling what it says without a value of a row."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.lib.contracts import load_contracts
from flows.lib.memory import memory_sentence
from flows.lib.redaction import redacted
from flows.lib.warehouse import SOURCE_COLUMNS

FAILED_STATUSES = ("error", "fail", "skipped", "runtime error", "partial success")


def invoke_dbt(command: Sequence[str], project: Path) -> Any:
    """Run a command of dbt on a project; give its result, whatever it is."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    result = dbtRunner().invoke(
        [
            *command,
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--log-level", "none", "--log-level-file", "none", "--quiet"),
        ]
    )
    # dbt holds the database open; a second run in this process would find the old one.
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    return result


def told_by_dbt(message: str, node: Any = None) -> str:
    """Say what dbt said; of what is quoted, the names that stand in the model's own text."""
    names = set(re.findall(r"[a-z_]\w*", getattr(node, "raw_code", "")))
    names |= {column.name for one in load_contracts().values() for column in one.columns}
    names.update(SOURCE_COLUMNS)
    return memory_sentence(message) or redacted(message, names=names)
