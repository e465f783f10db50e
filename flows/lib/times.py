"""The clock of the country, and the periods that are published."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def day_of(moment: str) -> date:
    """Give the day of a moment in the country; one that names no zone is of UTC."""
    read = datetime.fromisoformat(moment)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(CHINA).date()


def known_until(as_of: date | None) -> str:
    """Say by which day what is shown was known; nothing where all is that came so far."""
    return f"（截至{as_of.year}年{as_of.month}月{as_of.day}日）" if as_of else ""


def shifted(period: str, years: int) -> str:
    """Move a period by years, however it is written."""
    if not years:
        return period
    return re.sub(r"[0-9]{4}", lambda found: str(int(found[0]) + years), period)


def year_of(period: str) -> int:
    """Take the year to which a period's facts belong: that of its end."""
    return int(period.split("..")[-1][:4])
