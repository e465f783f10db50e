"""Documents that a register names: kept by hash, looked up by name, never parsed."""

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest
from nights import Said, current, dropped_file, edit_workbook, night, ziping
from openpyxl import load_workbook
from reading_parts import contract_of, workbook
from validating import land

from flows.common.errors import ZipingError
from flows.common.settings import Workspace
from flows.contracts.delivery import Delivery, LandedFile
from flows.contracts.loading import load_contracts
from flows.extract.inbox.inbox_file import land_file
from flows.extract.inbox.scan import InboxScan, scan_inbox
from flows.extract.raw_store import Store
from flows.landing.load import ROWS, Landing
from flows.parsing.attachments import documents_in, known_names, names_in
from flows.parsing.pseudonyms import PersonKey
from flows.quality.suite import Suites

REGISTER = "registers.counselling_rooms"
HEADER = [
    "学校标识码",
    "学校名称",
    "是否列入建设任务",
    "投入使用日期",
    "验收结果",
    "是否拟撤并",
    "佐证材料",
]
NAME = "心理辅导室台账_2023-12-31"
PHOTO, LETTER = b"\xff\xd8\xff photo", b"%PDF letter"


def hash_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def row(number: int, evidence: str | None) -> list[Any]:
    return [f"215100000{number}", f"第{number}小学", "是", "2023-09-01", "达标", "否", evidence]


@pytest.fixture
def district(tmp_path: Path) -> Workspace:
    """Drop a register of two rows with one document in its folder, and one without."""
    folder = tmp_path / "raw" / "inbox" / "registers"
    (folder / f"{NAME}_附件").mkdir(parents=True)
    workbook(folder / f"{NAME}.xlsx",
             台账=[HEADER, row(1, "照片.jpg；验收单.pdf"), row(2, "照片.jpg")])  # fmt: skip
    attach(Workspace(tmp_path), "照片.jpg", PHOTO)
    return Workspace(tmp_path)


def attach(workspace: Workspace, name: str, content: bytes) -> Path:
    path = workspace.inbox / "registers" / f"{NAME}_附件" / name
    path.write_bytes(content)
    return path


def look(workspace: Workspace) -> InboxScan:
    received = Store(workspace.landed).deliveries()
    return scan_inbox(workspace, load_contracts(), ("519900",), received)


def receive(workspace: Workspace) -> list[Delivery]:
    return [land_file(Store(workspace.landed), one) for one in look(workspace).new]


def judged(workspace: Workspace, delivery: Delivery) -> tuple[Landing, list[dict[str, Any]]]:
    contract = load_contracts()[REGISTER]
    suite = Suites().load(contract)
    path = Store(workspace.landed).path(delivery.files[0].sha256)
    with TemporaryDirectory() as folder:
        key = PersonKey(b"k" * 32)
        landing = land(path, delivery, contract, suite, key.pseudonym, Path(folder))
        return landing, pq.read_table(Path(folder) / ROWS).to_pylist()


def test_a_register_is_kept_with_its_documents_and_nobody_calls_them_unknown(
    district: Workspace,
) -> None:
    assert not look(district).notices
    (delivery,) = receive(district)
    (photo,) = delivery.attachments
    assert photo.original_name == f"registers/{NAME}_附件/照片.jpg"
    assert Store(district.landed).path(hash_of(PHOTO)).read_bytes() == PHOTO
    assert Store(district.landed).deliveries() == [delivery]
    assert not look(district).new


def test_a_document_that_follows_makes_the_delivery_anew_and_one_taken_away_does_not(
    district: Workspace,
) -> None:
    (first,) = receive(district)
    letter = attach(district, "验收单.pdf", LETTER)
    (second,) = receive(district)
    assert second.supersedes == first.id != second.id
    assert second.files == first.files
    assert [attachment.sha256 for attachment in second.attachments] == [
        hash_of(PHOTO),
        hash_of(LETTER),
    ]
    letter.unlink()
    assert not look(district).new
    attach(district, "照片.jpg", b"another photo")
    (third,) = receive(district)  # what came with the same file stays its own
    assert [attachment.sha256 for attachment in third.attachments] == [
        hash_of(b"another photo"), hash_of(LETTER),
    ]  # fmt: skip


def test_a_row_says_the_hash_of_its_documents_and_one_that_did_not_come_is_found(
    district: Workspace,
) -> None:
    (delivery,) = receive(district)
    landing, rows = judged(district, delivery)
    assert [row["evidence"] for row in rows] == [
        f"照片.jpg sha256:{hash_of(PHOTO)}\n验收单.pdf",
        f"照片.jpg sha256:{hash_of(PHOTO)}",
    ]
    found = [
        result for result in landing.judgement.results if result["type"] == "attachment_missing"
    ]
    assert [one["places"] for one in found] == [[{"sheet": "台账", "row": 2, "column": "evidence"}]]
    assert "_附件" in found[0]["notes"]["resolve"]
    assert not landing.judgement.rejections
    attach(district, "验收单.pdf", LETTER)
    landing, rows = judged(district, receive(district)[0])
    assert rows[0]["evidence"].endswith(f"验收单.pdf sha256:{hash_of(LETTER)}")
    assert all(result["success"] for result in landing.judgement.results)


def test_links_and_folders_among_the_documents_are_not_followed(district: Workspace) -> None:
    secret = district.root / "secret.txt"
    secret.write_text("not evidence")
    folder = district.inbox / "registers" / f"{NAME}_附件"
    (folder / "验收单.pdf").symlink_to(secret)
    (delivery,) = receive(district)
    assert [attachment.sha256 for attachment in delivery.attachments] == [hash_of(PHOTO)]
    assert [notice for notice in look(district).notices if "a link" in notice]


def test_a_folder_of_documents_without_its_register_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "raw" / "inbox" / "registers" / f"{NAME}_附件"
    folder.mkdir(parents=True)
    (folder / "照片.jpg").write_bytes(PHOTO)
    view = look(Workspace(tmp_path))
    assert not view.new
    assert len(view.notices) == 1


KNOWN = known_names([
    LandedFile("a" * 64, 1, "registers/x_附件/验收单.pdf"),
    LandedFile("b" * 64, 1, "registers/x_附件/甲、乙两校.jpg"),
])  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("验收单.pdf;别的.pdf", ["验收单.pdf", "别的.pdf"]),
        ("验收单.PDF；\n甲、乙两校.jpg", ["验收单.PDF", "甲、乙两校.jpg"]),
        ("验收单.pdf、别的.pdf", ["验收单.pdf", "别的.pdf"]),
        (" ； ", []),
    ],
)
def test_names_stand_between_semicolons_and_a_comma_may_be_part_of_one(
    cell: str, names: list[str]
) -> None:
    assert names_in(cell, KNOWN) == names


@pytest.mark.parametrize(
    "cell", ["../验收单.pdf", "/etc/passwd", "..\\验收单.pdf", "registers/x_附件/验收单.pdf"]
)
def test_a_path_leads_nowhere(cell: str) -> None:
    assert documents_in(cell, KNOWN) == [(cell, None)]


def test_width_and_case_do_not_tell_two_names_apart() -> None:
    assert documents_in("验收单．ＰＤＦ", KNOWN) == [("验收单.PDF", "a" * 64)]


def test_only_a_text_can_name_documents(tmp_path: Path) -> None:
    folder = tmp_path / "finance"
    folder.mkdir()
    (folder / "_finance__sources.yml").write_text(
        """
version: 2
sources:
  - name: finance
    tables:
      - name: funds
        config:
          meta:
            title: 经费
            pull: {from: inbox, files: ["*经费*.xlsx"]}
            period: {kind: standing}
            read: {}
            owed: {by: 股, due: {month_day: "01-31"}}
        columns:
          - {name: paper, data_type: date, config: {meta: {captions: [附件], attachment: true}}}
""",
        "utf-8",
    )
    with pytest.raises(ZipingError, match="paper names attachments and must be a string"):
        load_contracts(tmp_path)


def test_a_contract_without_documents_takes_no_folder_of_them() -> None:
    assert not contract_of(read={}).has_attachments
    assert load_contracts()[REGISTER].has_attachments


@pytest.mark.slow
def test_the_trace_of_a_figure_shows_each_document_and_its_hash(
    workspace: Workspace, said: Said
) -> None:
    register = dropped_file(workspace, "心理辅导室台账*")

    def name_evidence(sheet: Any) -> None:
        header = next(
            cell for line in sheet.iter_rows() for cell in line if cell.value == HEADER[0]
        )
        last = sheet.max_column + 1
        sheet.cell(header.row, last, "佐证材料")
        for number in range(header.row + 1, sheet.max_row + 1):
            sheet.cell(number, last, "照片.jpg")

    edit_workbook(register, name_evidence)
    folder = register.with_name(f"{register.stem}_附件")
    folder.mkdir()
    (folder / "照片.jpg").write_bytes(PHOTO)
    assert night(workspace) == 0
    (entry,) = [delivery for delivery in current(workspace).manifest["deliveries"]
                if delivery["source"] == REGISTER]  # fmt: skip
    assert entry["attachments"] == [
        {"name": "照片.jpg", "sha256": hash_of(PHOTO), "size": len(PHOTO)}
    ]
    said()
    target = workspace.root / "K3.1.xlsx"
    assert ziping("trace", "K3.1", "--rows", "--xlsx", str(target), workspace=workspace) == 0
    listed = [line for page in load_workbook(target) for line in page.iter_rows(values_only=True)]
    assert any("附件1份" in str(cell) for line in listed for cell in line)
    assert f"附件照片.jpgsha256:{hash_of(PHOTO)}" in said()
