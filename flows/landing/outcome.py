"""What became of a delivery: follows from bytes, contract and suite, and is cached."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate
from pathlib import Path
from shutil import rmtree
from typing import Any, NamedTuple

from flows.common.errors import Rejected
from flows.common.files import build_folder, hash_file, part_name, read_sealed, write_sealed
from flows.common.labels import WORDS
from flows.common.masking import without_ids
from flows.common.messages import Message, join_chinese, message
from flows.contracts.delivery import Delivery
from flows.contracts.model import Contract
from flows.extract.inbox.zip_archives import Unsound
from flows.extract.raw_store import Store
from flows.landing.cache_key import cache_key
from flows.landing.load import QUARANTINE, ROWS, Landing, ParsedFile, judge_files, parse_into
from flows.landing.profile import captions_by_sheet, units_held
from flows.parsing.columns import Pseudonym
from flows.parsing.headers import HeaderMissing
from flows.parsing.pseudonyms import PersonKey
from flows.parsing.result import ParseResult, RowLogEntry
from flows.quality.delivery_report import write_result
from flows.quality.suite import SuiteError, Suites
from flows.quality.waivers import Waiver, waived_entries

OUTCOME = "outcome.json"
TOGETHER_BYTES = 4_000_000  # of files that are validated together


@dataclass(frozen=True)
class Outcome:
    """What became of a delivery, with its typed rows where it was accepted."""

    folder: Path
    details: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether the delivery may become active."""
        return bool(self.details["accepted"])

    @property
    def rejections(self) -> list[Message]:
        """Why not, one message each."""
        return [Message.from_json(kept) for kept in self.details["rejections"]]

    @property
    def rows(self) -> Path:
        """The landed rows as Parquet."""
        return self.folder / ROWS

    @property
    def quarantine(self) -> Path:
        """The quarantined rows as Parquet."""
        return self.folder / QUARANTINE

    @cached_property
    def is_sound(self) -> bool:
        """Whether the cached files still are what was written (Parquet would not notice)."""
        return all(
            (self.folder / name).exists() and hash_file(self.folder / name) == digest
            for name, digest in self.details["files"].items()
        )


class ValidationRequest(NamedTuple):
    """A delivery to be validated, and the open waivers that speak of it."""

    delivery: Delivery
    waivers: Sequence[Waiver] = ()


@dataclass(frozen=True)
class Validator:
    """Reads and validates deliveries, each once: the outcome is found again by later runs."""

    store: Store
    cache: Path
    suites: Suites
    key: PersonKey

    def find_earlier(self, request: ValidationRequest, contract: Contract) -> Outcome | None:
        """Find the outcome of an earlier run; None where there is none or it is damaged."""
        folder = self.cache / self.cache_key(request, contract)
        try:
            details = read_sealed(folder / OUTCOME)
        except (OSError, ValueError):
            return None
        # A folder that was given another's name holds the outcome of other bytes.
        return Outcome(folder, details) if details["cache_key"] == folder.name else None

    def cache_key(self, request: ValidationRequest, contract: Contract) -> str:
        """Name the outcome of a request by everything that it follows from."""
        suite = self.suites.digest(contract)
        return cache_key(request.delivery, contract, suite, self.key.id, request.waivers)

    def validate(self, requests: Sequence[ValidationRequest], contract: Contract) -> list[Outcome]:
        """Validate deliveries of one table, small ones together, or find earlier outcomes."""
        earlier = [self.find_earlier(request, contract) for request in requests]
        outcomes = {
            number: outcome
            for number, outcome in enumerate(earlier)
            if outcome and outcome.is_sound
        }
        new = [number for number in range(len(requests)) if number not in outcomes]
        self.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        while new:
            sizes = accumulate(requests[number].delivery.files[0].size for number in new)
            count = max(sum(size <= TOGETHER_BYTES for size in sizes), 1)
            group = [requests[number] for number in new[:count]]
            outcomes |= zip(new[:count], self._validate_group(group, contract), strict=True)
            new = new[count:]
        return [outcomes[number] for number in range(len(requests))]

    def _validate_group(
        self, requests: Sequence[ValidationRequest], contract: Contract
    ) -> list[Outcome]:
        self.store.verify(request.delivery for request in requests)
        apart = part_name(self.cache / "reading")
        apart.mkdir()
        try:
            files = [
                UnreadFile(
                    apart / str(number),
                    request,
                    partial(self.store.path, request.delivery.files[0].sha256),
                )
                for number, request in enumerate(requests)
            ]
            read = parse_and_judge(files, contract, self.suites, self.key.pseudonym)
            return [
                self._keep(file.folder, file.request, contract, details)
                for file, (_, details) in zip(files, read, strict=True)
            ]
        finally:
            rmtree(apart)

    def _keep(
        self,
        read: Path,
        request: ValidationRequest,
        contract: Contract,
        found: dict[str, Any],
    ) -> Outcome:
        """Give an outcome its name in the cache when all of it is on the disk."""
        delivery = request.delivery
        details: dict[str, Any] = found | {
            "cache_key": self.cache_key(request, contract),
            "suite": contract.name,
            "title": contract.title,
            "district_code": delivery.district_code,
            "period": delivery.period,
            "original_name": delivery.name,
            "file_id": delivery.files[0].sha256,
            "key_id": self.key.id,
        }

        def fill(folder: Path) -> None:
            names = [ROWS, QUARANTINE] if (read / QUARANTINE).exists() else []
            for name in names:
                (read / name).rename(folder / name)
            details["units"] = units_held(contract, folder / ROWS, folder / QUARANTINE)
            details["files"] = {name: hash_file(folder / name) for name in names}
            write_sealed(folder / OUTCOME, details)

        folder = self.cache / details["cache_key"]
        build_folder(folder, fill)
        return Outcome(folder, details)


class UnreadFile(NamedTuple):
    """A file to be read into a folder of its own, and how its bytes are found."""

    folder: Path
    request: ValidationRequest
    find_bytes: Callable[[], Path]
    row_log: list[RowLogEntry] | None = None


def parse_and_judge(
    files: Sequence[UnreadFile], contract: Contract, suites: Suites, pseudonym: Pseudonym
) -> list[tuple[ParseResult | None, dict[str, Any]]]:
    """Land the rows of each file, and give what was read and what its outcome says of it."""
    parsed: dict[int, ParsedFile] = {}
    errors: dict[int, Exception] = {}
    for number, (folder, (delivery, waivers), find_bytes, row_log) in enumerate(files):
        folder.mkdir()
        try:
            rows = folder / ROWS
            found = parse_into(rows, find_bytes(), delivery, contract, pseudonym, row_log)
            parsed[number] = ParsedFile(folder, delivery, found, waivers)
        except (Rejected, Unsound) as error:
            errors[number] = error
    try:
        landings = judge_files(list(parsed.values()), contract, suites.load(contract))
    except SuiteError as error:
        errors, landings = dict.fromkeys(range(len(files)), error), []
    details = {
        number: describe_landing(landing, contract)
        for number, landing in zip(parsed, landings, strict=False)
    } | {number: rejected_details(contract, error, suites) for number, error in errors.items()}
    return [
        (parsed[number].parsed if number in parsed else None, details[number])
        for number in range(len(files))
    ]


def rejected_details(contract: Contract, error: Exception, suites: Suites) -> dict[str, Any]:
    """Describe a file that could not be read."""
    counts = dict.fromkeys(("rows_read", "rows_landed", "rows_quarantined", "rows_skipped"), 0)
    return counts | {
        "accepted": False,
        "rejections": [_describe_error(error).as_json()],
        **{name: {} for name in ("skipped", "captions", "sums", "sign_off")},
        **{name: [] for name in ("waived", "doubts")},
        "results": _missing_columns(contract, error, suites),
        "layout": [without_ids(caption) for caption in getattr(error, "captions", ())],
        "is_fault_of_suite": isinstance(error, SuiteError),
    }


def _describe_error(error: Exception) -> Message:
    """Give what is said of a file for an error: a suite's own is the engineer's matter."""
    if isinstance(error, Rejected):
        return error.message
    return message("suite_unreadable", sentence=str(error))


def describe_landing(landing: Landing, contract: Contract) -> dict[str, Any]:
    """Describe a file that was read and judged: counts of rows, results of rules, its profile."""
    parsed, judgement = landing.parsed, landing.judgement
    skipped = dict(parsed.skipped)
    duplicates = skipped.pop("exact_duplicate", 0)
    quarantined = {(row["sheet"], row["row_number"]) for row in judgement.quarantine}
    return {
        "accepted": not judgement.rejections,
        "rejections": [
            reason.as_json() for reason in _with_emptiness(parsed, judgement.rejections)
        ],
        "results": judgement.results,
        "rows_read": landing.row_count + len(quarantined) + sum(skipped.values()),
        "rows_landed": landing.row_count,
        "rows_quarantined": len(quarantined),
        "rows_duplicated": duplicates,
        "rows_skipped": sum(skipped.values()),
        "skipped": skipped,
        "captions": captions_by_sheet(parsed, contract),
        "sign_off": parsed.sign_off,
        "waived": waived_entries(judgement.waived),
        "doubts": judgement.doubts,
        "sums": {name: str(value) for name, value in landing.sums.items()},
        **landing.profile,
    }


def _with_emptiness(parsed: ParseResult, rejections: list[Message]) -> list[Message]:
    """Tell a file that came without a row from one whose rows are bad."""
    if rejections and not parsed.landed and not parsed.quarantined:
        return [message("no_rows"), *rejections]
    return rejections


def _missing_columns(contract: Contract, error: Exception, suites: Suites) -> list[dict[str, Any]]:
    """Give the result of the rule on captions, for a file in which some are missing."""
    if not isinstance(error, HeaderMissing) or not error.missing:
        return []
    rule = suites.load(contract).file_checks["required_column"]
    places = [{"sheet": "", "row": None, "column": name} for name in error.missing]
    return [write_result(rule, places, success=False, raised=False)]


def rejection_of_delivery(delivery: Delivery, outcome: Outcome) -> dict[str, Any]:
    """Give why a delivery is not active, as a release and a run's record keep it."""
    return {
        "source": delivery.source,
        "period": delivery.period,
        "file": delivery.name,
        "reasons": [reason.as_json() for reason in outcome.rejections],
    }


def rejection_sentence(entry: Mapping[str, Any]) -> str:
    """Say to an engineer why a delivery is not active."""
    reasons = "; ".join(Message.from_json(kept).english for kept in entry["reasons"])
    return f"{entry['source']} {entry['period']}: {entry['file']} rejected: {reasons}"


def rejection_in_chinese(entry: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Say to an office why a delivery that a release's manifest names is not active."""
    contract = manifest["contracts"].get(entry["source"], {})
    key = (entry["source"], entry["period"])
    active = {(file["source"], file["period"]) for file in manifest["deliveries"]}
    stands = key in active and "parts" not in contract
    return describe_rejection(entry, contract.get("title", entry["source"]), older_stands=stands)


def describe_rejection(entry: Mapping[str, Any], title: str, *, older_stands: bool) -> str:
    """Say to an office why a delivery is not active, and whether the one before it still is."""
    stands = "，仍用上一份" if older_stands else ""
    period = WORDS.get(entry["period"], entry["period"])
    reasons = join_chinese([Message.from_json(kept) for kept in entry["reasons"]])
    return f"{title}（{period}）{entry['file']}未通过检查{stands}：{reasons}"
