"""The manifest of a release: what it was made from, by which code, and how its gates judged it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.common.clock import CHINA, known_until
from flows.common.settings import SAMPLE_DISTRICT, Settings
from flows.contracts.model import Contract
from flows.landing.source_status import (
    SourceStatus,
    all_active,
    gap_sentences,
    list_rejections,
    sample_files,
)
from flows.releases.fingerprint import code_files, fingerprint_of
from flows.releases.release import MANIFEST_VERSION, Release, rows_of
from flows.releases.summary import summarize_release
from flows.releases.tables import ReleaseTables, is_covered
from flows.warehouse.models import facts

STATES_OF_GAPS = {"missing", "partial", "provisional"}


def _summarize(
    tables: ReleaseTables, district: str, previous: Release | None
) -> dict[str, list[str]]:
    """Summarize the figures of the own district, and which of them print another text now."""
    printed = [row for row in tables.printed if row["district_code"] == district]
    is_whole = previous is not None and not previous.find_problems()
    before = rows_of(previous.folder / "report_figures.parquet") if previous and is_whole else []
    return summarize_release(printed, before)


def _delivery_entries(found: Sequence[SourceStatus]) -> list[dict[str, Any]]:
    entries = {}
    for status in found:
        for part in status.active:
            delivery, outcome = part.delivery, part.outcome.details
            for file in delivery.files:
                entries[(delivery.source, delivery.period, file.sha256)] = {
                    "source": delivery.source,
                    "title": status.expected.contract.title,
                    "district_code": delivery.district_code,
                    "period": delivery.period,
                    "original_name": file.shown_name,
                    "sha256": file.sha256,
                    "size": file.size,
                    "origin": delivery.origin,
                    "received_at": delivery.received_at,
                    "owner_office": status.expected.contract.owed.by,
                    "rows_landed": part.rows_landed,
                    "rows_quarantined": part.rows_quarantined,
                    "rows_superseded": part.rows_superseded,
                    "rows_skipped": outcome["rows_skipped"],
                    "sign_off": outcome["sign_off"],
                    "archive": delivery.archive
                    and {
                        "name": delivery.archive.shown_name,
                        "sha256": delivery.archive.sha256,
                    },
                    "attachments": [
                        {
                            "name": Path(file.shown_name).name,
                            "sha256": file.sha256,
                            "size": file.size,
                        }
                        for file in delivery.attachments
                    ],
                }
    return [entries[key] for key in sorted(entries)]


def waived_in(found: Sequence[SourceStatus]) -> list[dict[str, Any]]:
    """List what waivers let through in the deliveries in force, each case once."""
    entries = {}
    for status in found:
        for part in status.active:
            delivery = part.delivery
            for entry in part.outcome.details.get("waived", ()):
                entries[(*delivery.key, delivery.id, entry["number"])] = entry | {
                    "title": status.expected.contract.title,
                    "period": delivery.period,
                    "file": delivery.name,
                    "file_id": delivery.files[0].sha256,  # by which evidence names it
                }
    return [entries[key] for key in sorted(entries)]


def _gate_summary(outcomes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "suite": outcome["suite"],
            "period": outcome["period"],
            "file_id": outcome["file_id"],
            "accepted": outcome["accepted"],
            "failed": [
                {key: rule[key] for key in ("type", "column", "severity", "effect", "failed_count")}
                for rule in outcome["results"]
                if not rule["success"]
            ],
        }
        for outcome in outcomes
    ]


def _verdicts(found: Sequence[SourceStatus]) -> list[Mapping[str, Any]]:
    """Give the verdict on each delivery in force, once, in the order of tables and periods."""
    return [part.outcome.details for part in all_active(found)]


@dataclass(frozen=True)
class Making:
    """What a night knows that the manifest of a year's release tells."""

    night: str
    started_at: str
    as_of: date | None
    settings: Settings
    contracts: Mapping[str, Contract]
    statuses: Sequence[SourceStatus]
    inputs: dict[str, Any]
    withdrawn: list[dict[str, Any]]
    outcomes: Sequence[Mapping[str, Any]]  # of the gates of the report, of whatever year
    stages: Mapping[str, Mapping[str, float]]


def make_manifest(
    making: Making,
    year: int,
    release_name: str,
    previous: Release | None,
    tables: ReleaseTables,
) -> dict[str, Any]:
    """Gather the manifest of a year's release, whose tables are written already."""
    own = [known for known in making.statuses if known.expected.evaluation_year == year]
    gates = [outcome for outcome in making.outcomes if outcome["period"] == str(year)]
    inputs, settings = making.inputs, making.settings
    gaps, rejections = gap_sentences(own), list_rejections(own)
    states = {value["state"] for value in tables.values.values() if is_covered(value)}
    return {
        "manifest_version": MANIFEST_VERSION,
        "release": release_name,
        "title": f"{settings.district_title}{year}年教育职责自评数据{known_until(making.as_of)}",
        "as_of": making.as_of.isoformat() if making.as_of else None,
        "district_code": settings.district,
        "district_title": settings.district_title,
        "contact": settings.contact,
        "evaluation_year": year,
        "is_sample": settings.district == SAMPLE_DISTRICT or bool(sample_files(own)),
        "fingerprint": fingerprint_of(inputs),
        "inputs": inputs,
        "code": code_files(),
        "deliveries": _delivery_entries(own),
        "contracts": {
            name: contract.as_json() for name, contract in sorted(making.contracts.items())
        },
        "facts": facts(),
        "gates": _gate_summary([*_verdicts(own), *gates]),
        "gaps": gaps,
        "waived": waived_in(own),
        "withdrawn": making.withdrawn,
        "rejections": rejections,
        "has_gaps": bool(gaps or rejections or states & STATES_OF_GAPS),
        "summary": _summarize(tables, settings.district, previous),
        "previous": previous
        and {
            "release": previous.name,
            "manifest_sha256": previous.published_hash,
        },
        "night": making.night,
        "started_at": making.started_at,
        "written_at": datetime.now(CHINA).isoformat(timespec="seconds"),
        "stages": making.stages,
    }
