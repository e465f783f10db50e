"""Writing what stands for the systems outside: the school system's pupils, the staff database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from random import Random

from flows.sample import MARK
from flows.sample.dirt import ROWS_PER_SOILED_ROW, soil, with_blanks
from flows.sample.staff import Person
from flows.sample.students import Enrolment

NOTE = f"{MARK}: everything in this folder is invented; it stands for systems outside.\n"
SCHEMA = """
create table jzg (
    gh text unique,
    sfzjh text,
    xxbsm text,
    gwlb text,
    xd text,
    rjxk text,
    rzrq text,
    lzrq text,
    bzlb text,
    sfzz text,
    rxrq text,
    pthdj text,
    pthrq text
);
create table shuoming (text text);
"""


def write_note(folder: Path) -> None:
    """Say in the folder itself that it holds sample data."""
    (folder / f"说明_{MARK}.txt").write_text(NOTE, encoding="utf-8", newline="\n")


def write_census(
    path: Path, rng: Random, enrolments: Sequence[Enrolment], unreadable: str | None
) -> int:
    """Write one census as JSON Lines; the stage of the pupil named, if any, is unreadable."""
    count = len(enrolments)
    soiled = set(rng.sample(range(count), max(1, count // ROWS_PER_SOILED_ROW)))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for place, row in enumerate(enrolments):
            code = with_blanks(rng, row.school_code) if place in soiled else row.school_code
            stage = "待定" if row.number == unreadable else row.stage
            file.write(
                f'{{"XJH":"G{row.number}","XXBSM":"{code}","XD":"{stage}","NJ":"{row.grade}",'
                f'"BH":"{row.class_number}","JDFS":"{1 + row.is_boarder}",'
                f'"TSXS":"{int(row.has_special_needs)}"}}\n'
            )
    return count


def _compact(day: date | None) -> str | None:
    return f"{day:%Y%m%d}" if day else None


def write_staff(
    path: Path, rng: Random, staff: Sequence[Person], without_number: str | None
) -> int:
    """Write the staff database; the person named, if any, has lost the number."""
    codes = [[person.school_code] for person in staff]
    soil(rng, codes, ((0, with_blanks),))
    rows = [
        (
            None if person.staff_number == without_number else person.staff_number,
            person.id_number,
            code,
            person.post,
            person.stage,
            person.subject,
            _compact(person.entered),
            _compact(person.left),
            person.contract,
            "是" if person.is_full_time else "否",
            _compact(person.at_school_since),
            person.putonghua,
            _compact(person.putonghua_on),
        )
        for person, (code,) in zip(staff, codes, strict=True)
    ]
    for used in (path, path.with_name(f"{path.name}-journal")):  # or it would write other bytes
        used.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        connection.execute("insert into shuoming values (?)", (MARK,))
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into jzg values ({places})", rows)
    return len(rows)
