"""The clock of the country, in which days begin and files are due."""

from datetime import timedelta, timezone

CHINA = timezone(timedelta(hours=8))
