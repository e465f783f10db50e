"""The periods for which files come: years, school years, months and days."""

import re


def shifted(period: str, years: int) -> str:
    """Move a period by years, however it is written."""
    if not years:
        return period
    return re.sub(r"[0-9]{4}", lambda found: str(int(found[0]) + years), period)


def year_of(period: str) -> int:
    """Take the year to which a period's facts belong: that of its end."""
    return int(period.split("..")[-1][:4])
