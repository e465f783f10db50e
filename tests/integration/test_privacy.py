"""No id of a person leaves raw/: every file that a night writes is searched for every id."""

import csv
import gzip
import hashlib
import io
import json
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from nights import (
    Said,
    closed_port,
    copy_of,
    current,
    dropped_file,
    edit_workbook,
    night,
    replace_file,
    rows,
    ziping,
)
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.worksheet import Worksheet
from searching import (
    Persons,
    files_below,
    ids_of_sample,
    left_in_the_checkout,
    persons_found,
    raw_of,
    secrets_of,
    text_found,
    written_by,
)

from flows.common.settings import Workspace
from flows.releases.release import rows_of
from flows.sample.server import serve

TOKEN = "canary-token-7c1d9e"
PASSWORD = ("canary-pass", "quux7", "zebra-tail")  # joined by signs that part an address
PUPIL, STAFF = "G519900201309010017", "SY000123"
COMMANDS = (
    ["status"], ["sources"], ["changes"], ["releases"], ["trace", "4.1", "--rows"],
    ["trace", "21.2", "--rows"],
)  # fmt: skip
PERSONS = Persons([PUPIL, STAFF, "51990019750101001X"])
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


# A night with faults: ids where none should stand, and errors beside them


def _faulty_funds(ids: list[str]) -> Callable[[Worksheet], None]:
    def edit(sheet: Worksheet) -> None:
        sheet.cell(1, 1).value = f"{sheet.cell(1, 1).value} 联系人 {ids[0]}"
        sheet.cell(3, 10).value = "身份证号"  # a column that the contract does not declare
        for number in range(5, sheet.max_row + 1):
            sheet.cell(number, 10).value = ids[number % len(ids)]
        sheet.cell(5, 5).value = f"待核 {ids[1]}"  # an unreadable amount that holds an id
        sheet.cell(sheet.max_row, 1).value = f"填表人:{ids[2]}  审核人:{ids[3]}"
        sheet.cell(5, 3).value = f"样例区小学 {ids[4]}"  # a name that is landed
        sheet.cell(6, 2).value = ids[5]  # a school's code, kept with a row that is quarantined
        sheet.cell(6, 5).value = "待核"

    return edit


def _faulty_trainings(ids: list[str]) -> Callable[[Worksheet], None]:
    def edit(sheet: Worksheet) -> None:
        person = str(sheet.cell(3, 2).value)
        sheet.cell(3, 5).value = person  # a day that is a 工号, in a row that names the person
        sheet.cell(4, 6).value = "待核"
        sheet.cell(5, 3).value = f"样例研修 {ids[6]}"  # a text that is landed
        sheet.cell(6, 3).value = f"样例研修 工号{person}"
        sheet.title = f"2019年 {ids[7]}"
        sheet.oddHeader.center.text = sheet.oddFooter.left.text = ids[8]
        sheet.cell(7, 3).comment = Comment(ids[9], ids[10])
        sheet.parent.properties.creator = sheet.parent.properties.title = ids[11]
        sheet.parent.defined_names.add(DefinedName("x", attr_text=f'"{ids[12]}"'))

    return edit


def _faulty_register(ids: list[str]) -> Callable[[Worksheet], None]:
    def edit(sheet: Worksheet) -> None:
        sheet.cell(4, 2).value = f"负责人 {ids[13]}"  # who signs
        hidden = sheet.parent.create_sheet(f"附件{ids[14]}")
        hidden.sheet_state = "hidden"
        hidden.append(["学籍号", ids[15]])

    return edit


def _faulty_names(workspace: Workspace, ids: list[str]) -> None:
    """Call files by ids: one that is a table's, one that is nobody's, one of a wrong period."""
    trainings = dropped_file(workspace, "教师培训学时*")
    trainings.rename(trainings.with_name(f"教师培训学时_2019-2023_{ids[18].translate(WIDE)}.xlsx"))
    (trainings.parent / f"花名册 {ids[16]}.xlsx").write_bytes(b"x")
    (trainings.parent / f"教师培训学时_{ids[17]}.xlsx").write_bytes(b"x")


def _faulty_payments(path: Path, ids: list[str]) -> None:
    """Cut the totals row off and write ids into what is not read."""
    lines = list(csv.reader(io.StringIO(path.read_bytes().decode("gb18030"), newline="")))
    head, *body = lines
    for number, line in enumerate(body):
        line[head.index("用途")] = f"代发 {ids[number % len(ids)]}"
    body[7][head.index("支付金额")] = ids[0]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([head, *body[:-1]])
    replace_file(path, buffer.getvalue().encode("gb18030"))


def _faulty_systems(workspace: Workspace, ids: list[str]) -> None:
    sample = workspace.root / "raw" / "sample"
    census = sample / "students-2023-09-01.jsonl"
    lines = census.read_text("utf-8").splitlines()
    lines[100] = lines[100][:-1]  # no JSON any more, in the midst of ids
    replace_file(census, "\n".join([*lines, ""]).encode())
    census = sample / "students-2022-09-01.jsonl"
    pupils = [json.loads(line) for line in census.read_text("utf-8").splitlines()]
    pupils[5]["XD"] = pupils[5]["XJH"]  # a stage that is an id
    replace_file(census, "".join(json.dumps(pupil) + "\n" for pupil in pupils).encode())
    database = sample / "staffing.sqlite"
    replace_file(database, database.read_bytes())
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("update jzg set rzrq = sfzjh where rowid = 3")
        connection.execute("update jzg set gh = sfzjh where rowid = 4")
        connection.execute("update jzg set gh = null where rowid = 5")
        connection.commit()


@pytest.fixture(scope="module")
def faulty(
    first_night: Workspace, prefect_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, list[Path]]:
    """A night over faults of every kind; with it the folders that its processes could write."""
    root = tmp_path_factory.mktemp("faulty")
    workspace = copy_of(first_night, root / "workspace")
    ids = sorted(ids_of_sample(workspace.root).ids)[::97]
    edit_workbook(dropped_file(workspace, "教育经费统计_2023*"), _faulty_funds(ids))
    edit_workbook(dropped_file(workspace, "教师培训学时*"), _faulty_trainings(ids))
    edit_workbook(dropped_file(workspace, "心理辅导室台账*"), _faulty_register(ids))
    _faulty_names(workspace, ids)
    _faulty_payments(dropped_file(workspace, "支付明细_2023*"), ids)
    projects = dropped_file(workspace, "项目库*")
    replace_file(projects, projects.read_bytes() + f'51990099,"{ids[4]}\r\n'.encode("gb18030"))
    crosswalk = dropped_file(workspace, "单位对照表*")
    replace_file(crosswalk, crosswalk.read_bytes() + ids[5].encode() + b",\xff\xfe\n")
    _faulty_systems(workspace, ids)
    home, temporary, output = root / "home", root / "tmp", root / "output"
    for folder in (home, temporary, output):
        folder.mkdir()
    database = workspace.root / "raw" / "sample" / "staffing.sqlite"
    capture = pytest.MonkeyPatch()
    with pytest.MonkeyPatch.context() as patch, serve(workspace.root, token=TOKEN) as api:
        patch.setenv("HOME", str(home))
        patch.setenv("TMPDIR", str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        patch.setenv("ZIPING_STUDENTS_API_URL", api.url)
        patch.setenv("ZIPING_STUDENTS_API_TOKEN", TOKEN)
        patch.setenv("ZIPING_STAFFING_DATABASE_URL", f"sqlite:///{database}")
        with (output / "printed").open("w+", encoding="utf-8") as printed:
            capture.setattr("sys.stdout", printed)
            capture.setattr("sys.stderr", printed)
            try:
                assert night(workspace) == 4
                codes = [ziping(*command, workspace=workspace) for command in COMMANDS]
            finally:
                capture.undo()
    assert codes == [0] * len(COMMANDS)  # a file is traced by its hash, whatever it is called
    return workspace, [home, temporary, output, prefect_folder]


def test_the_faults_are_seen_and_told(faulty: tuple[Workspace, list[Path]]) -> None:
    workspace, (_, _, output, *_) = faulty
    printed = (output / "printed").read_text("utf-8")
    told = "".join(printed.split())
    for word in ("支付明细_2023年_样例数据.csvrejected", "项目库_样例数据.csvrejected",
                 "单位对照表_样例数据.csvrejected", "nowholeJSON", "（暂定）"):  # fmt: skip
        assert word in told, printed[-4000:]
    (page,) = sorted(workspace.runs.glob("*/gates.html"))[-1:]
    assert "待核" not in page.read_text("utf-8")


def test_where_an_id_stood_its_mask_is_told(faulty: tuple[Workspace, list[Path]]) -> None:
    workspace, (_, _, output, *_) = faulty
    trainings = "staffing/教师培训学时_2019-2023_＊.xlsx"
    evidence = {row["original_name"]: row for row in rows(workspace, "report_evidence")}
    assert "2019年 ＊(1)" in evidence[trainings]["sheets"]
    told = "".join((output / "printed").read_text("utf-8").split())
    assert "花名册＊.xlsx:fitsnosourcetable" in told
    assert f"{trainings}(" in told
    names = {delivery["original_name"] for delivery in current(workspace).manifest["deliveries"]}
    assert trainings in names
    landed = [row for path in workspace.cache.glob("*/rows.parquet") for row in rows_of(path)]
    courses = {row["course"] for row in landed if row.get("course")}
    assert len([course for course in courses if re.search("＊[0-9a-f]{16}$", course)]) == 2
    assert "＊" not in (workspace.landed / "manifest.jsonl").read_text("utf-8")


def test_a_night_with_faults_leaves_no_id_of_a_person_outside_raw(
    faulty: tuple[Workspace, list[Path]],
) -> None:
    workspace, folders = faulty
    persons = ids_of_sample_before_its_faults(workspace)
    files = [*written_by(workspace, *folders), *left_in_the_checkout(workspace)]
    assert any(path.name == "run.db" for path in files), "Prefect's database was not searched"
    assert persons_found(persons, files) == []
    assert [path for path in files if next(persons.in_bytes(str(path).encode()), None)] == []


def ids_of_sample_before_its_faults(workspace: Workspace) -> Persons:
    """List the ids of all deliveries that were kept: those of the first night are among them."""
    found: set[str] = set()
    for path in (workspace.landed / "content").rglob("*"):
        if path.is_file() and path.read_bytes().startswith(b'{"request"'):
            for line in path.read_text("utf-8").splitlines()[1:]:
                row = json.loads(line)
                found |= {str(row[name]) for name in ("XJH", "gh") if row.get(name)}
    database = workspace.root / "raw" / "sample" / "staffing.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        found |= {row[0] for row in connection.execute("select sfzjh from jzg")}
    assert len(found) > 4000
    return Persons("".join(one.split()) for one in found)


def test_a_night_with_faults_writes_key_and_token_nowhere(
    faulty: tuple[Workspace, list[Path]],
) -> None:
    workspace, folders = faulty
    files = [*files_below(workspace.root, *folders), *left_in_the_checkout(workspace)]
    secrets = secrets_of(workspace, TOKEN)
    assert text_found(secrets, (path for path in files if path != workspace.key_file)) == []


def test_raw_is_closed_to_others(first_night: Workspace) -> None:
    assert first_night.landed.stat().st_mode & 0o777 == 0o700
    assert first_night.key_file.stat().st_mode & 0o777 == 0o600


# The search itself: an id that is planted is found


def plant_in_parquet(path: Path, text: str) -> None:
    pq.write_table(pa.table({"n": list(range(999)), "t": ["x"] * 998 + [text]}), path)


def plant_in_dictionary(path: Path, text: str) -> None:
    column = pa.array(["x"] * 998 + [text]).dictionary_encode()
    pq.write_table(pa.table({"t": column}), path, compression="zstd")


def plant_in_workbook(path: Path, text: str) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["x", text])
    book.save(path)


def plant_in_sqlite(path: Path, text: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table t (a text)")
        connection.execute("insert into t values (?)", (text,))
        connection.commit()


def plant_in_duckdb(path: Path, text: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table t as select 'row ' || i::varchar as a from range(5000) r(i)"
        )
        connection.execute("insert into t values (?)", [text])


def plant_in_zip(path: Path, text: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.txt", text * 50)


def plant_in_log(path: Path, text: str) -> None:
    path.write_text(f"2023-09-01 ERROR could not read '{text}'\n", "utf-8")


PLANTS = {
    "log": plant_in_log,
    "parquet": plant_in_parquet,
    "parquet with a dictionary": plant_in_dictionary,
    "xlsx": plant_in_workbook,
    "sqlite": plant_in_sqlite,
    "duckdb": plant_in_duckdb,
    "zip": plant_in_zip,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
@pytest.mark.parametrize(
    "text",
    [PUPIL, PUPIL[1:], STAFF, STAFF.lower(), f"x{PUPIL}9", "51990019750101001x",
     hashlib.md5(PUPIL.encode()).hexdigest(), hashlib.sha1(STAFF.encode()).hexdigest(),
     hashlib.sha256(PUPIL[1:].encode()).hexdigest().upper()],
)  # fmt: skip
def test_a_planted_id_is_found(
    tmp_path: Path, plant: Callable[[Path, str], None], text: str
) -> None:
    path = tmp_path / "planted"
    plant(path, text)
    assert len(persons_found(PERSONS, [path])) == 1
    assert text_found([text], [path]) != []


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("is_wide", [False, True])
def test_an_id_is_found_in_every_encoding(tmp_path: Path, encoding: str, is_wide: bool) -> None:
    text = PUPIL.translate(WIDE if is_wide else {})
    path = tmp_path / "planted"
    path.write_bytes(f"样例学生 {text} 样例".encode(encoding))
    assert len(persons_found(PERSONS, [path])) == 1


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_what_is_no_id_of_the_sample_is_not_taken_for_one(
    tmp_path: Path, plant: Callable[[Path, str], None]
) -> None:
    path = tmp_path / "planted"
    plant(path, f"G519900201309019999 SY999999 {hashlib.sha256(b'file').hexdigest()}")
    assert persons_found(PERSONS, [path]) == []


def test_files_outside_raw_are_all_searched(first_night: Workspace, tmp_path: Path) -> None:
    workspace = copy_of(first_night, tmp_path / "workspace")
    before = set(written_by(workspace))
    assert not {path for path in before if path.is_relative_to(raw_of(workspace))}
    hidden = workspace.warehouse / "runs" / ".hidden" / "trace.log.part"
    hidden.parent.mkdir()
    hidden.write_bytes(gzip.compress(b"nothing"))
    assert set(written_by(workspace)) == before | {hidden}


# A database's password, in an address that cannot be reached


def test_a_nights_words_about_a_database_do_not_hold_its_password(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: Said
) -> None:
    for driver, rest in (
        ("postgresql+psycopg", f"127.0.0.1:{closed_port()}/zb"),
        ("postgresql+psycopg", "127.0.0.1:no-port/zb"),
        ("no-such-driver", "127.0.0.1/zb"),
    ):
        first, second, third = PASSWORD
        address = f"{driver}://reader:{first}@{second}:{third}@{rest}"
        monkeypatch.setenv("ZIPING_STAFFING_DATABASE_URL", address)
        assert night(workspace) == 4  # the last delivery stands
        for command in ("sources", "status"):
            ziping(command, workspace=workspace)
        printed = said()
        assert "staffing.staff2023-09-01:" in printed
        assert not any(part in printed for part in PASSWORD)
    folders = [workspace.root, tmp_path]
    assert text_found(PASSWORD, files_below(*folders)) == []
