"""The sample district: the same bytes from a seed, valid numbers, nothing outside its folders."""

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from answer_files import (
    Classes,
    as_of,
    read_classes,
    read_guards,
    read_schools,
    read_students,
    stage,
    text,
)
from answer_key import COMPULSORY, compute

from flows.sample import make_district
from flows.sample.dirt import KINDS, Kind, with_duplicates
from flows.sample.drawing import apportion
from flows.sample.people import credit_check, credit_code, person_check
from flows.sample.server import SAMPLE_TOKEN, RunningServer, serve

SCALE = 0.02
CENSUS = "2023-09-01"
FILES_OF_2023 = {
    "finance.education_funds": "教育经费统计_2023年_样例数据.xlsx",
    "finance.fund_notices": "资金下达指标文_2023年_样例数据.xlsx",
    "finance.payments": "支付明细_2023年_样例数据.csv",
    "schools.annual_forms": "教育事业统计报表_2023_样例数据",
    "schools.students": f"students-{CENSUS}.jsonl",
    "staffing.staff": "staffing.sqlite",
}


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("district")
    make_district(workspace, scale=SCALE)
    return workspace


@pytest.fixture(scope="module")
def server(district: Path) -> Iterator[RunningServer]:
    with serve(district) as running:
        yield running


def digests(workspace: Path) -> dict[str, str]:
    return {
        str(path.relative_to(workspace)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(workspace.rglob("*"))
        if path.is_file()
    }


def get(
    server: RunningServer, query: str, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes, Mapping[str, str]]:
    token = {"Authorization": f"Bearer {SAMPLE_TOKEN}"}
    request = Request(f"{server.url}/api/v1/students?{query}", headers={**token, **(headers or {})})
    try:
        with urlopen(request, timeout=10) as response:
            return response.status, response.read(), response.headers
    except HTTPError as error:
        return error.code, error.read(), error.headers


def test_a_seed_always_gives_the_same_bytes(district: Path, tmp_path: Path) -> None:
    make_district(tmp_path, scale=SCALE)
    assert digests(tmp_path) == digests(district)
    make_district(tmp_path, scale=SCALE)  # over what is there
    assert digests(tmp_path) == digests(district)


def test_another_seed_gives_other_bytes_in_every_table(district: Path, tmp_path: Path) -> None:
    make_district(tmp_path, seed=7, scale=SCALE)
    ours, others = digests(district), digests(tmp_path)
    # The workbooks of schools are called by their codes, which are others.
    of_schools = ("教育事业统计报表", "义务教育学校资源配置表")
    assert all(any(t in name for t in of_schools) for name in ours.keys() ^ others.keys())
    same = {name for name, digest in ours.items() if others.get(name) == digest}
    alike = ("项目库", "说明", "自评报告文稿")
    assert all(any(title in name for title in alike) for name in same)


def test_it_writes_only_into_inbox_and_sample_and_the_key(district: Path) -> None:
    for name in digests(district):
        assert name.startswith(("raw/inbox/", "raw/sample/")) or name == "warehouse/person_id.key"
        assert not name.startswith("raw/inbox/") or "样例数据" in name


def test_the_key_follows_from_the_seed_and_is_never_replaced(tmp_path: Path) -> None:
    make_district(tmp_path, seed=5, scale=SCALE)
    key = tmp_path / "warehouse" / "person_id.key"
    assert key.read_text() == sha256(b"ziping sample key 5").hexdigest() + "\n"
    assert key.stat().st_mode & 0o777 == 0o600
    make_district(tmp_path, seed=6, scale=SCALE)
    assert key.read_text() == sha256(b"ziping sample key 5").hexdigest() + "\n"


@pytest.mark.parametrize(
    "number",
    [
        "11010519491231002X",  # the example of GB 11643
        "519900201309010011",
        "51990020130901002X",
        "519900201703150039",
        "519900198507200145",
    ],
)
def test_check_digits_of_known_numbers(number: str) -> None:
    assert person_check(number[:17]) == number[17]


def test_every_person_has_one_valid_number(district: Path) -> None:
    sample = district / "raw" / "sample"
    for path in sample.glob("students-*.jsonl"):
        numbers = [json.loads(line)["XJH"] for line in path.read_text("utf-8").splitlines()]
        assert numbers == sorted(set(numbers))
        for number in numbers:
            assert number.startswith("G519900")
            assert person_check(number[1:18]) == number[18]
    with closing(sqlite3.connect(sample / "staffing.sqlite")) as connection:
        staff = connection.execute("select gh, sfzjh from jzg").fetchall()
    assert len({number for number, _ in staff}) == len({number for _, number in staff}) > 50
    assert all(person_check(number[:17]) == number[17] for _, number in staff)
    guards = {number for number, _, _, _ in read_guards(district, 2023) or ()}
    assert len(guards) > 5
    assert all(person_check(number[:17]) == number[17] for number in guards)
    assert guards.isdisjoint(number for _, number in staff)


def test_most_children_stay_from_census_to_census(district: Path) -> None:
    numbers = [
        {json.loads(line)["XJH"] for line in path.read_text("utf-8").splitlines()}
        for path in sorted((district / "raw" / "sample").glob("students-*.jsonl"))
    ]
    for before, after in pairwise(numbers):
        assert len(before & after) > 0.75 * len(before)


def test_credit_codes_are_valid() -> None:
    assert credit_check("91350100M000100Y4") == "3"  # the example of GB 32100
    code = credit_code(True, 12345678)
    assert code[:8] == "12519900"
    assert len(code) == 18
    assert credit_check(code[:17]) == code[17]


def test_shares_add_up_to_the_last_unit() -> None:
    assert apportion(100, [1, 1, 1]) == [33, 33, 34]
    assert sum(apportion(7_448_936_633_601, list(range(1, 90)))) == 7_448_936_633_601


def test_duplicates_follow_the_rows_that_they_repeat() -> None:
    rows = list(range(5000))
    repeated = with_duplicates(Random(1), rows)
    assert len(repeated) == 5005
    assert list(dict.fromkeys(repeated)) == rows


def test_a_small_default_district_meets_its_standards(district: Path) -> None:
    figures = compute(district)
    assert figures["4.9"] == "达标"
    assert figures["5.8"] == figures["21.2"] == Decimal(100)
    growth = [str(round(Decimal(str(figures[f"4.{number}"])), 2)) for number in range(4, 8)]
    assert growth == ["0.21", "0.12", "0.06", "0.37"]
    scaled = {
        figure: Decimal(str(figures[figure])) / Decimal(str(SCALE))
        for figure in ("15.1", "15.2", "15.3", "15.4", "15.5", "16.1", "22.2")
    }
    assert [scaled[f"15.{number}"] / 10_000 for number in range(1, 5)] == [1538, 1216, 231, 91]
    assert (scaled["15.5"], scaled["16.1"]) == (Decimal("12089015.00"), Decimal("57298109.50"))
    assert 4_415_000 < scaled["22.2"] < 4_425_000
    assert figures["16.2"] == int(52841 * SCALE)
    for one in COMPULSORY:
        assert figures[f"classes/{one}"]
        assert figures[f"large_share/{one}"] == figures[f"oversize_share/{one}"] == 0


def test_the_classes_of_the_forms_are_those_of_the_census(tmp_path: Path) -> None:
    make_district(tmp_path, seed=11, scale=0.05)
    schools, pupils = read_schools(tmp_path), Counter[tuple[str, str, str, str]]()
    for row in read_students(tmp_path, date(2023, 9, 1)) or ():
        pupils[text(row["XXBSM"]), stage(row["XD"]), row["NJ"], row["BH"]] += 1
    counted: dict[tuple[str, str], Classes] = defaultdict(Classes)
    for (number, its_stage, _, _), size in pupils.items():
        if its_stage in COMPULSORY:
            school = as_of(schools, number, date(2023, 9, 1))
            keeper = (school.managed_by if school else "") or number
            classes = counted[keeper, its_stage]
            one = Classes(1, int(size >= 56), int(size >= 66))
            counted[keeper, its_stage] = Classes(*map(sum, zip(classes, one, strict=True)))
    assert read_classes(tmp_path, 2023) == counted
    assert sum(classes.large for classes in counted.values()) > 0


def test_some_other_districts_miss_a_standard(tmp_path: Path) -> None:
    verdicts = []
    for seed in range(1, 4):
        make_district(tmp_path / str(seed), seed=seed, scale=SCALE)
        figures = compute(tmp_path / str(seed))
        verdicts.append((figures["4.9"], figures["5.8"], figures["21.2"]))
    assert len(set(verdicts)) > 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.effect != "none"])
def test_dirt_changes_one_file_of_its_table(district: Path, tmp_path: Path, kind: Kind) -> None:
    make_district(tmp_path, scale=SCALE, dirt=[kind.name])
    clean, dirty = digests(district), digests(tmp_path)
    names = clean.keys() | dirty.keys()
    (changed,) = {name for name in names if clean.get(name) != dirty.get(name)}
    assert FILES_OF_2023[kind.table] in Path(changed).parts
    assert (changed in dirty) == (kind.name != "missing_workbook")


def test_unknown_dirt_and_scales_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such kind of dirt: mud"):
        make_district(tmp_path, dirt=["mud"])
    with pytest.raises(ValueError, match="scale"):
        make_district(tmp_path, scale=0)


def test_the_pages_cover_a_census(district: Path, server: RunningServer) -> None:
    path = district / "raw" / "sample" / f"students-{CENSUS}.jsonl"
    expected = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    status, body, headers = get(server, f"census={CENSUS}&page=1&size=500")
    first = json.loads(body)
    assert (status, headers["ETag"]) == (200, f'"{first["version"]}"')
    assert first["sample"] == "样例数据"
    rows = []
    for number in range(1, first["pages"] + 1):
        page = json.loads(get(server, f"census={CENSUS}&page={number}&size=500")[1])
        for name in ("total", "version", "pages", "census"):
            assert page[name] == first[name]
        assert page["page"] == number
        rows += page["rows"]
    assert rows == expected
    assert len(rows) == first["total"]


def test_a_known_census_is_not_sent_again(server: RunningServer) -> None:
    etag = get(server, f"census={CENSUS}")[2]["ETag"]
    status, body, headers = get(server, f"census={CENSUS}", {"If-None-Match": etag})
    assert (status, body, headers["ETag"]) == (304, b"", etag)
    assert get(server, "census=2022-09-01", {"If-None-Match": etag})[0] == 200


def test_a_changed_census_has_another_version(tmp_path: Path) -> None:
    make_district(tmp_path, scale=SCALE)
    with serve(tmp_path) as running:
        etag = get(running, f"census={CENSUS}")[2]["ETag"]
        path = tmp_path / "raw" / "sample" / f"students-{CENSUS}.jsonl"
        path.write_bytes(path.read_bytes().partition(b"\n")[2])
        status, _, headers = get(running, f"census={CENSUS}", {"If-None-Match": etag})
    assert status == 200
    assert headers["ETag"] != etag


def test_pages_are_compressed_for_who_accepts_it(server: RunningServer) -> None:
    plain = get(server, f"census={CENSUS}")[1]
    _, body, headers = get(server, f"census={CENSUS}", {"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == plain


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("census=2019-09-01", 404),
        ("census=../../etc", 404),
        ("", 404),
        (f"census={CENSUS}&page=0", 404),
        (f"census={CENSUS}&page=99", 404),
        (f"census={CENSUS}&page=one", 400),
        (f"census={CENSUS}&size=5001", 400),
    ],
)
def test_what_does_not_exist_is_refused(server: RunningServer, query: str, status: int) -> None:
    answered, body, _ = get(server, query)
    assert answered == status
    assert json.loads(body)["error"]


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", SAMPLE_TOKEN])
def test_a_wrong_token_is_refused(server: RunningServer, given: str) -> None:
    status, body, _ = get(server, f"census={CENSUS}", {"Authorization": given})
    assert status == 401
    assert json.loads(body)["error"]


def test_serving_loads_nothing_heavy() -> None:
    script = (
        "import sys, flows.sample.server\n"
        "assert not {'xlsxwriter', 'sqlite3', 'flows.sample.making'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
