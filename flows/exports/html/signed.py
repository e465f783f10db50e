"""What the page says of a year that was signed: the version that holds, and what moved since."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flows.common.errors import ZipingError
from flows.releases.signed_drift import shown_texts, signed_state
from flows.releases.tables import ReleaseTables, Row


class Signed(NamedTuple):
    """The signing of a year as a release is compared with it."""

    sentence: str
    rows: Mapping[str, Sequence[Mapping[str, Any]]]  # what moved, by district


def describe_signed(tables: ReleaseTables, manifest: Row, folder: Path) -> Signed | None:
    """Say how a release stands to what was signed of its year; None where nothing was."""
    try:
        state = signed_state(folder, manifest, tables)
    except ZipingError:
        return Signed("签发的内容被改动或不完整，未作比较。", {})
    if state is None:
        return None
    content = state.version.content
    sentence = (
        f"第{state.version.number}版，{content['signed_on']}由{content['signed_by']}签发"
        f"（{content['release']}）；此后{len(state.moved) or '没有'}"
        f"{'个' if state.moved else ''}数字有变动。"
    )
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for entry in state.moved:
        signed, now = shown_texts(entry.signed, entry.now)
        rows.setdefault(entry.key["district_code"], []).append(
            {
                "number": entry.number,
                "title": entry.title,
                "signed": signed,
                "now": now,
                "because": "；".join(entry.because),
            }
        )
    return Signed(sentence, rows)
