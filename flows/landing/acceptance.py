"""Whether a delivery is fit: follows from bytes, contract and suite, and is cached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from shutil import rmtree
from typing import Any

from flows.common.errors import Rejected
from flows.common.files import build_folder, hash_file, part_name, read_sealed, write_sealed
from flows.common.labels import WORDS
from flows.common.masking import without_ids
from flows.common.messages import Message, join_chinese, message
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.extract.raw_store import Store
from flows.landing.cache_key import cache_key
from flows.landing.load import QUARANTINE, ROWS, Landing, Read, judge_landed, read_into
from flows.landing.profile import captions_by_sheet, units_held
from flows.parsing.headers import HeaderMissing
from flows.parsing.pseudonyms import PersonKey
from flows.parsing.result import Reading
from flows.quality.delivery_report import reading_as_rule, rule_outcome
from flows.quality.suite import SuiteError, load_suite, readings_path, suite_path
from flows.quality.waivers import Waiver, waived_entries

OUTCOME = "outcome.json"
TOGETHER_BYTES = 4_000_000  # of files that are judged together


@dataclass(frozen=True)
class Acceptance:
    """The verdict on a delivery, with its typed rows where it was accepted."""

    folder: Path
    outcome: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether the delivery may come into force."""
        return bool(self.outcome["accepted"])

    @property
    def rejections(self) -> list[Message]:
        """Why not, one sentence each."""
        return [Message.from_json(kept) for kept in self.outcome["rejections"]]

    @property
    def rows(self) -> Path:
        """The landed rows as Parquet."""
        return self.folder / ROWS

    @property
    def quarantine(self) -> Path:
        """The rows set aside, as Parquet."""
        return self.folder / QUARANTINE

    @cached_property
    def is_sound(self) -> bool:
        """Whether the cached files still are what was written (Parquet would not notice)."""
        return all(
            (self.folder / name).exists() and hash_file(self.folder / name) == digest
            for name, digest in self.outcome["files"].items()
        )


def cached(
    cache: Path,
    delivery: Delivery,
    contract: Contract,
    key_id: str,
    waivers: Sequence[Waiver] = (),
) -> Acceptance | None:
    """Find the verdict of an earlier night; None where there is none or it is damaged."""
    folder = cache / cache_key(delivery, contract, key_id, waivers)
    try:
        outcome = read_sealed(folder / OUTCOME)
    except (OSError, ValueError):
        return None
    # A folder that was given another's name holds the verdict on other bytes.
    return Acceptance(folder, outcome) if outcome["cache_key"] == folder.name else None


@dataclass(frozen=True)
class Asked:
    """A delivery to be judged, and the open waivers that speak of it."""

    delivery: Delivery
    waivers: Sequence[Waiver] = ()


def accept(
    store: Store, cache: Path, delivery: Delivery, contract: Contract, key: PersonKey
) -> Acceptance:
    """Read and judge a delivery, or find the verdict of an earlier night."""
    return accept_all(store, cache, [Asked(delivery)], contract, key)[0]


def accept_all(
    store: Store, cache: Path, asked: Sequence[Asked], contract: Contract, key: PersonKey
) -> list[Acceptance]:
    """Read and judge deliveries of one table, small ones together, or find earlier verdicts."""
    earlier = [cached(cache, one.delivery, contract, key.id, one.waivers) for one in asked]
    verdicts = {number: one for number, one in enumerate(earlier) if one and one.is_sound}
    new = [number for number in range(len(asked)) if number not in verdicts]
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    while new:
        sizes = accumulate(asked[number].delivery.files[0].size for number in new)
        count = max(sum(size <= TOGETHER_BYTES for size in sizes), 1)
        group = [asked[number] for number in new[:count]]
        judged = _accept_group(store, cache, group, contract, key)
        verdicts |= zip(new[:count], judged, strict=True)
        new = new[count:]
    return [verdicts[number] for number in range(len(asked))]


def _accept_group(
    store: Store, cache: Path, asked: Sequence[Asked], contract: Contract, key: PersonKey
) -> list[Acceptance]:
    store.verify(one.delivery for one in asked)
    apart = part_name(cache / "reading")
    apart.mkdir()
    try:
        folders = [apart / str(number) for number in range(len(asked))]
        judged = _judged(folders, store, asked, contract, key)
        return [
            _keep(folder, cache, one, contract, key, found)
            for folder, one, found in zip(folders, asked, judged, strict=True)
        ]
    finally:
        rmtree(apart)


def _keep(
    read: Path,
    cache: Path,
    asked: Asked,
    contract: Contract,
    key: PersonKey,
    judged: dict[str, Any],
) -> Acceptance:
    """Give a verdict its name in the cache when all of it is on the disk."""
    delivery = asked.delivery
    outcome: dict[str, Any] = judged | {
        "cache_key": cache_key(delivery, contract, key.id, asked.waivers),
        "suite": contract.name,
        "title": contract.title,
        "district_code": delivery.district_code,
        "period": delivery.period,
        "original_name": delivery.name,
        "file_id": delivery.files[0].sha256,
        "key_id": key.id,
    }

    def fill(folder: Path) -> None:
        names = [ROWS, QUARANTINE] if (read / QUARANTINE).exists() else []
        for name in names:
            (read / name).rename(folder / name)
        outcome["units"] = units_held(contract, folder / ROWS, folder / QUARANTINE)
        outcome["files"] = {name: hash_file(folder / name) for name in names}
        write_sealed(folder / OUTCOME, outcome)

    folder = cache / outcome["cache_key"]
    build_folder(folder, fill)
    return Acceptance(folder, outcome)


def _judged(
    folders: Sequence[Path],
    store: Store,
    asked: Sequence[Asked],
    contract: Contract,
    key: PersonKey,
) -> list[dict[str, Any]]:
    """Land the rows of each delivery in a folder and give what its outcome says of them."""
    try:
        suite = load_suite(suite_path(contract), readings_path())
    except SuiteError as error:
        return [rejected_outcome(contract, error) for _ in asked]
    reads: dict[int, Read] = {}
    outcomes: dict[int, dict[str, Any]] = {}
    for number, (folder, one) in enumerate(zip(folders, asked, strict=True)):
        folder.mkdir()
        delivery = one.delivery
        path = store.path(delivery.files[0].sha256)
        try:
            reading = read_into(folder / ROWS, path, delivery, contract, key.pseudonym, None)
            reads[number] = Read(folder, delivery, reading, one.waivers)
        except Rejected as error:
            outcomes[number] = rejected_outcome(contract, error)
    if reads:
        try:
            landings = judge_landed(list(reads.values()), contract, suite)
        except SuiteError as error:
            return [rejected_outcome(contract, error) for _ in asked]
        outcomes |= zip(reads, (outcome_of(one, contract) for one in landings), strict=True)
    return [outcomes[number] for number in range(len(folders))]


def rejected_outcome(contract: Contract, error: Exception) -> dict[str, Any]:
    """Give what the outcome says of a file that could not be read."""
    return {
        "accepted": False, "rejections": [_message_of(error).as_json()],
        "skipped": {}, "captions": {},
        "results": _missing_columns(contract, error), "sums": {},
        "layout": [without_ids(one) for one in getattr(error, "captions", ())],
        "rows_read": 0, "rows_landed": 0, "rows_quarantined": 0, "rows_skipped": 0,
        "sign_off": {}, "waived": [], "doubts": [],
        "is_fault_of_suite": isinstance(error, SuiteError),
    }  # fmt: skip


def _message_of(error: Exception) -> Message:
    """Give what is said of a file for an error: a suite's own is the engineer's matter."""
    if isinstance(error, Rejected):
        return error.message
    return message("suite_unreadable", sentence=str(error))


def outcome_of(landing: Landing, contract: Contract) -> dict[str, Any]:
    """Give what the outcome says of a file that was read and judged."""
    reading, judgement = landing.reading, landing.judgement
    skipped = dict(reading.skipped)
    duplicates = skipped.pop("exact_duplicate", 0)
    set_aside = {(row["sheet"], row["row_number"]) for row in judgement.quarantine}
    return {
        "accepted": not judgement.rejections,
        "rejections": [said.as_json() for said in _with_emptiness(reading, judgement.rejections)],
        "results": judgement.results,
        "rows_read": landing.row_count + len(set_aside) + sum(skipped.values()),
        "rows_landed": landing.row_count,
        "rows_quarantined": len(set_aside),
        "rows_duplicated": duplicates,
        "rows_skipped": sum(skipped.values()),
        "skipped": skipped,
        "captions": captions_by_sheet(reading, contract),
        "sign_off": reading.sign_off,
        "waived": waived_entries(judgement.waived),
        "doubts": judgement.doubts,
        "sums": {name: str(value) for name, value in landing.sums.items()},
        **landing.profile,
    }


def _with_emptiness(reading: Reading, rejections: list[Message]) -> list[Message]:
    """Tell a file that came without a row from one whose rows are bad."""
    if rejections and not reading.landed and not reading.set_aside:
        return [message("no_rows"), *rejections]
    return rejections


def _missing_columns(contract: Contract, error: Exception) -> list[dict[str, Any]]:
    """Give the result of the rule on captions, for a file in which some are missing."""
    if not isinstance(error, HeaderMissing) or not error.missing:
        return []
    rule = load_suite(suite_path(contract), readings_path()).reading["required_column"]
    places = [{"sheet": "", "row": None, "column": name} for name in error.missing]
    as_rule = reading_as_rule("required_column", rule)
    return [rule_outcome(as_rule, places, success=False, raised=False)]


def rejection_of_delivery(delivery: Delivery, acceptance: Acceptance) -> dict[str, Any]:
    """Give why a delivery is not in force, as a release and a run's record keep it."""
    return {
        "source": delivery.source,
        "period": delivery.period,
        "file": delivery.name,
        "reasons": [said.as_json() for said in acceptance.rejections],
    }


def rejection_sentence(entry: Mapping[str, Any]) -> str:
    """Say to an engineer why a delivery is not in force."""
    reasons = "; ".join(Message.from_json(kept).english for kept in entry["reasons"])
    return f"{entry['source']} {entry['period']}: {entry['file']} rejected: {reasons}"


def rejection_in_chinese(entry: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Say to an office why a delivery that a release's manifest names is not in force."""
    meta = manifest["contracts"].get(entry["source"], {}).get("meta", {})
    title, period = meta.get("title", entry["source"]), WORDS.get(entry["period"], entry["period"])
    key = (entry["source"], entry["period"])
    in_force = {(file["source"], file["period"]) for file in manifest["deliveries"]}
    stands = "，仍用上一份" if key in in_force and not meta.get("parts") else ""
    reasons = join_chinese([Message.from_json(kept) for kept in entry["reasons"]])
    return f"{title}（{period}）{entry['file']}未通过检查{stands}：{reasons}"
