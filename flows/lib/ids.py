"""The ids of persons in texts of our own: names of files and sheets, sentences, what is landed."""

import re
from collections.abc import Callable
from typing import Any

MASK = "＊"
# 15 or 18 digits of whatever width, as they are or in their groups, a G before them (学籍号); what
# is called 工号. The digits of a hash are none.
PERSON_ID = re.compile(
    r"(?P<hash>[0-9a-fA-F]{32,})"
    r"|(?<!\d)[GgＧｇ]?\d{6}[ \xa0\u3000]?"
    r"(?:\d{8}[ \xa0\u3000]?\d{3}[\dXxＸｘ]|\d{6}[ \xa0\u3000]?\d{3})(?!\d)"
    r"|(?<=工号)[:： ]*[0-9A-Za-z]{3,}"
)


def without_ids(text: str, mask: Callable[[str], str] = lambda _: MASK) -> str:
    """Mask the ids of persons in a text: a file's name, a sheet's, a sentence."""
    return PERSON_ID.sub(lambda found: found[0] if found["hash"] else mask(found[0]), text)


def without_ids_within(content: Any) -> Any:
    """Mask the ids of persons in every text of what is written as JSON."""
    if isinstance(content, str):
        return without_ids(content)
    if isinstance(content, dict):
        return {without_ids_within(key): without_ids_within(one) for key, one in content.items()}
    if isinstance(content, list | tuple):
        return [without_ids_within(one) for one in content]
    return content
