"""The clock of the country, and the periods that are published."""

import re
from datetime import timedelta, timezone

CHINA = timezone(timedelta(hours=8))


def shifted(period: str, years: int) -> str:
    """Move a period by years, however it is written."""
    if not years:
        return period
    return re.sub(r"[0-9]{4}", lambda found: str(int(found[0]) + years), period)
