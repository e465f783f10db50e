"""Captions against those of the last file: new ones, ones that are gone, ones called otherwise."""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from flows.contracts.model import Contract

YEAR = re.compile(r"(?:19|20)[0-9]{2}")
ALIKE = 0.6  # of the signs of two captions
Details = Mapping[str, Any]  # of an outcome
Place = tuple[str, str]  # a column, and what became of its caption


def compared_captions(now: Details, then: Details) -> dict[str, list[Place]]:
    """Compare the captions of two files that could be read.

    A caption that no column takes, at the place of one that is gone or much like it, is perhaps
    that column under another name; its cells are missing all the same.
    """
    called, was_called = _captions(now), _captions(then)
    gone = {name: listed(was_called[name]) for name in sorted(was_called.keys() - called.keys())}
    new = sorted(set(now["other_captions"]) - set(then["other_captions"]))
    renamed = [
        (name, f"{listed(was_called[name])} → {listed(called[name])}")
        for name in sorted(called.keys() & was_called.keys())
        if not called[name] & was_called[name]
    ]
    lost = _lost_items(now.get("items", {}), then.get("items", {}))
    for name, caption in _renamed(gone | lost, new, now["layout"], then["layout"]).items():
        of_name = gone if name in gone else lost
        of_name[name] = f"{of_name[name]} → {caption}"
        new.remove(caption)
    return {
        "missing_column": [*gone.items(), *(("", detail) for detail in lost.values())],
        "new_column": [("", caption) for caption in new],
        "renamed_caption": renamed,
    }


def likely_captions(now: Details, then: Details, contract: Contract) -> list[tuple[str, str, str]]:
    """Find in a file without some required columns what may be their captions, and the last ones.

    Gives column, caption of the last file and caption of this one.
    """
    known = contract.plain_captions
    was_called = _captions(then)
    results = [result for result in now["results"] if result["type"] == "required_column"]
    missing = [place["column"] for result in results for place in result["places"]]
    gone = {name: listed(was_called[name]) for name in missing if name in was_called}
    new = [
        caption
        for caption in now["layout"]
        if caption and caption not in known and caption not in then["layout"]
    ]
    found = _renamed(gone, new, now["layout"], then["layout"])
    return [(name, gone[name], caption) for name, caption in found.items()]


def listed(texts: Iterable[str]) -> str:
    """Write texts one after the other."""
    return ", ".join(sorted(texts))


def _lost_items(now: Mapping[str, str], then: Mapping[str, str]) -> dict[str, str]:
    """Give the captions that became rows and do so no more; of years, not the earliest ones.

    A table of the last ten years leaves out the first one each year.
    """
    lost = {item: caption for item, caption in sorted(then.items()) if item not in now}
    if now and all(map(YEAR.fullmatch, (*now, *then))):
        return {item: caption for item, caption in lost.items() if item > min(now)}
    return lost


def _captions(details: Details) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for captions in details["captions"].values():
        for name, caption in captions.items():
            found.setdefault(name, set()).add(caption)
    return found


def _renamed(
    gone: Mapping[str, str], new: Iterable[str], layout: list[str], old_layout: list[str]
) -> dict[str, str]:
    """Pair captions that are gone with new ones: at the same place, or else alike."""
    left, found = list(new), {}
    for name, caption in gone.items():
        place = old_layout.index(caption) if caption in old_layout else len(layout)
        here = layout[place] if place < len(layout) else ""
        likeness = {text: SequenceMatcher(None, text, caption).ratio() for text in left}
        best = here if here in left else max(left, key=lambda text: likeness[text], default="")
        if best and (best == here or likeness[best] >= ALIKE):
            found[name] = best
            left.remove(best)
    return found
