"""The words that the check looks for, from rules.yml and from a file of the district's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from flows.common.errors import WrongUse
from flows.common.settings import Workspace
from flows.report.checking.document import Paragraph

RULES = Path(__file__).with_name("rules.yml")
RESULTS, PROBLEMS, PLANS = "results", "problems", "plans"
ROLES = {RESULTS: "result_chapters", PROBLEMS: "problem_chapters", PLANS: "plan_chapters"}
OWN_RULES = "report_rules.yml"


@dataclass(frozen=True)
class Rule:
    """What a rule asks, how grave a breach is, and what is to be done then."""

    name: str
    title: str
    meaning: str
    resolve: str
    gravity: str
    words: Sequence[Any] = ()
    limit: float = 0
    skip: bool = False


@dataclass(frozen=True)
class Rules:
    """All rules by name, and the terms that several share."""

    terms: Mapping[str, Sequence[str]]
    rules: Mapping[str, Rule]

    def role_of(self, paragraph: Paragraph) -> str:
        """Say whether a paragraph tells results, problems or plans; without chapters, results."""
        for title in (paragraph.chapter, paragraph.heading.partition(" ")[0]):
            for role, terms in ROLES.items():
                if any(word in title for word in self.terms[terms]):
                    return role
        return RESULTS


def load_rules(own: Path | None = None) -> Rules:
    """Read the rules; those of `own` add words to them, or leave them out.

    Raises WrongUse where a file has a name that no rule has.
    """
    found = _read(RULES)
    terms: dict[str, list[str]] = {name: [*words] for name, words in found["terms"].items()}
    rules: dict[str, dict[str, Any]] = {name: {**rule} for name, rule in found["rules"].items()}
    if own is not None:
        added = _read(own)
        for name, words in added.get("terms", {}).items():
            if name not in terms:
                raise WrongUse(f"{own.name}: no terms are called {name}: {', '.join(terms)}")
            terms[name] += [word for word in words if word not in terms[name]]
        for name, rule in added.get("rules", {}).items():
            if name not in rules:
                raise WrongUse(f"{own.name}: no rule is called {name}: {', '.join(rules)}")
            words = [*rules[name].get("words", []), *rule.get("words", [])]
            rules[name] = {**rules[name], **rule, "words": words}
    try:
        return Rules(terms, {name: Rule(name, **rule) for name, rule in rules.items()})
    except TypeError as error:
        raise WrongUse(f"{(own or RULES).name}: {str(error).split('() ')[-1]}") from None


def own_rules(workspace: Workspace) -> Path | None:
    """Find the rules of a workspace, if it has some of its own."""
    path = workspace.root / OWN_RULES
    return path if path.is_file() else None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise WrongUse(f"{path.name}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise WrongUse(f"{path.name} is no YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()):
        raise WrongUse(f"{path.name}: `terms:` and `rules:` with names below them are expected")
    return found
