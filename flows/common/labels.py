"""What rules, states, judgements and formulas are called in Chinese, for those who read them."""

import csv
from pathlib import Path

with Path(__file__).with_name("labels.csv").open(encoding="utf-8", newline="") as file:
    _LABELS = list(csv.DictReader(file))


def _pick(kind: str) -> dict[str, str]:
    return {label["code"]: label["title"] for label in _LABELS if label["kind"] == kind}


RULE_TITLES, WORDS = _pick("rule"), _pick("word")
HIDDEN = _pick("hidden")  # what stands in place of the number
# How a reader is to take each state and judgement, in the order in which they are explained.
MEANINGS = _pick("meaning")
