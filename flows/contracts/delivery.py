"""A delivery: the bytes received for one source table, district and period."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from flows.common.masking import published_name


@dataclass(frozen=True)
class LandedFile:
    """One file of a delivery, found by its content."""

    sha256: str
    size: int
    original_name: str

    @property
    def shown_name(self) -> str:
        """Its name as it may be shown; only the manifest of the kept bytes has ids in names."""
        return published_name(self.original_name)


@dataclass(frozen=True)
class Withdrawal:
    """Why an office took a delivery back, and when."""

    reason: str
    office: str
    withdrawn_at: str  # UTC, ISO 8601


@dataclass(frozen=True)
class Delivery:
    """The bytes received for one source table, district and period."""

    source: str
    district_code: str
    period: str
    files: tuple[LandedFile, ...]
    received_at: str  # UTC, ISO 8601
    origin: str  # inbox, http or sql
    version: str | None = None  # what the system calls this state, for example an ETag
    supersedes: str | None = None
    source_date: str | None = None
    attachments: tuple[LandedFile, ...] = ()  # what the file names as evidence; never parsed
    archive: LandedFile | None = None  # the ZIP in which it came; its name begins the file's
    number: int = 0  # the line in the manifest: the order of receipt, whatever the clock did
    withdrawn: Withdrawal | None = None  # said by a later line; delivered again, it counts again

    @property
    def id(self) -> str:
        """The hash of its bytes and of its attachments; one file alone has that file's."""
        if len(self.files) == 1 and not self.attachments:
            return self.files[0].sha256
        parts = [file.sha256 for file in self.files]
        parts += [f"{file.sha256} {file.original_name}\n" for file in self.attachments]
        return sha256("".join(parts).encode()).hexdigest()

    @property
    def key(self) -> tuple[str, str, str]:
        """The table, district and period for which it stands."""
        return self.source, self.district_code, self.period

    @property
    def name(self) -> str:
        """The name under which it came."""
        return self.files[0].shown_name


def _order(delivery: Delivery) -> tuple[str, int]:
    return delivery.source_date or "", delivery.number


def newest_first(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Order deliveries of one key: by the date the source states, then by receipt."""
    return sorted(deliveries, key=_order, reverse=True)


def find_last_delivery(
    deliveries: Sequence[Delivery], key: tuple[str, str, str]
) -> Delivery | None:
    """Find the delivery received last for a table, district and period."""
    return next((delivery for delivery in reversed(deliveries) if delivery.key == key), None)
