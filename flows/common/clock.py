"""The clock of the country: the day of a moment, and until when something was known."""

from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def day_of(moment: str) -> date:
    """Give the day of a moment in the country; one that names no zone is of UTC."""
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(CHINA).date()


def known_until(as_of: date | None) -> str:
    """Say by which day what is shown was known; nothing where all is that came so far."""
    return f"（截至{as_of.year}年{as_of.month}月{as_of.day}日）" if as_of else ""
