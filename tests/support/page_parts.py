"""A small release written by hand, with every kind of trouble, for the tests of its page."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from flows.common.files import write_json
from flows.exports.html.page import page_of
from flows.releases.release import MANIFEST, Release, seal
from flows.releases.tables import ReleaseTables

Row = dict[str, Any]
DISTRICT, YEAR = "519900", 2023
SHA, SHA_OF_LAST_YEAR = "1234567890ab" + "c" * 52, "fedcba098765" + "0" * 52
FUNDS, STUDENTS = "finance.education_funds", "schools.students"
STAGES = ("幼儿园", "普通小学", "普通初中")
VOID = {"meta", "br", "hr", "input"}


class Reader(HTMLParser):
    """Reads a page: that each tag is closed in its order, its tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.rows: dict[str, str] = {}  # the text of what bears an id, by the id
        self._ids: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
            self._ids.append(dict(attrs).get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._ids.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data
            for name in filter(None, self._ids):
                self.rows[name] = self.rows.get(name, "") + data

    def values(self, name: str) -> list[str]:
        """List what an attribute says, wherever it stands."""
        return [value for attribute, value in self.attributes if attribute == name]


def key(indicator_id: str, member: str = "total", **change: Any) -> Row:
    """Write the key of a value."""
    return {
        "district_code": DISTRICT, "evaluation_year": YEAR, "indicator_id": indicator_id,
        "period": str(YEAR), "dimension": "total" if member == "total" else "stage",
        "member": member,
    } | change  # fmt: skip


def value(indicator_id: str, member: str = "total", number: str | None = "1", **change: Any) -> Row:
    """Write a value; without a number it is missing."""
    known = number is not None
    return key(indicator_id, member) | {
        "state": "actual" if known else "missing", "value": Decimal(number) if known else None,
        "value_text": None, "unit": "元", "numerator": None, "denominator": None,
        "standard_id": None, "standard_value": None, "judgement": "无标准", "margin": None,
        "reason": None if known else "缺一份。", "missing_sources": None, "units_expected": 7,
        "units_received": 7, "quarantined_rows": 0, "quarantined_amount": Decimal("0.00"),
    } | change  # fmt: skip


def judged(indicator_id: str, member: str, number: str, limit: str, judgement: str) -> Row:
    """Write a value that has a standard."""
    margin = Decimal(number) - Decimal(limit)
    return value(
        indicator_id, member, number, standard_id="per_student", standard_value=Decimal(limit),
        judgement=judgement, margin=margin, unit="元/生·年",
    )  # fmt: skip


def figure(figure_id: str, order: int, text: str, of: Row, **change: Any) -> Row:
    """Write a figure that prints a value."""
    printed = {name: of[name] for name in key("")}
    return printed | {
        "figure_id": figure_id, "part": 1, "order_no": order, "item_no": "4", "place": "一(二)4",
        "chapter_title": "一、2023年履职情况", "section_title": "（二）优先发展",
        "item_title": "4. 经费",
        "title": f"图{order}", "text": text, "publish": "public", "listing": "report",
    } | change  # fmt: skip


def indicator(indicator_id: str, **change: Any) -> Row:
    """Write a definition."""
    return {
        "indicator_id": indicator_id, "title_zh": f"指标{indicator_id}", "title_en": indicator_id,
        "mart": "mart_x", "mart_column": indicator_id, "value_type": "money", "unit": "元",
        "decimals": 2, "formula": "sum", "multiplier": "1", "numerator": "int_x.yuan",
        "denominator": None, "components": "[]", "dimension": "total", "population": "公办机构",
        "standard_id": None, "data_class": "statistical", "owner_office": "财政局",
        "publish": "public", "basis": "国办发〔2018〕82号", "definition_zh": "三项之和。",
        "definition_version": "01",
    } | change  # fmt: skip


def evidence(of: Row, **change: Any) -> Row:
    """Write a file that a value rests on."""
    return {name: of[name] for name in key("")} | {
        "role": "numerator", "file_id": SHA, "fact": "int_x", "source": FUNDS,
        "original_name": "经费.xlsx", "sha256": SHA, "sheets": '["基层汇总"]', "row_count": 8,
        "measure_sum": Decimal("20690193.50"),
    } | change  # fmt: skip


def standard(stage: str, amount: str, **change: Any) -> Row:
    """Write a row of the seed of standards."""
    return {
        "standard_id": "per_student", "region_code": "CN", "stage": stage, "comparison": ">=",
        "value": Decimal(amount), "unit": "元/生·年", "valid_from": date(2016, 1, 1),
        "valid_to": None, "applies_by": "term", "document": "补助办法",
        "document_number": "财教〔2021〕56号", "certainty": "unverified",
    } | change  # fmt: skip


def delivery(source: str, period: str, **change: Any) -> Row:
    """Write a file in force."""
    return {
        "source": source, "title": "教育经费统计", "district_code": DISTRICT, "period": period,
        "original_name": "经费.xlsx", "sha256": SHA, "rows_landed": 8, "rows_quarantined": 0,
        "owner_office": "财政局教科文股", "received_at": "2024-01-31T18:30:00+00:00",
    } | change  # fmt: skip


def contract(title: str, kind: str) -> Row:
    """Write a contract as the manifest keeps it."""
    owed = {"by": "财政局教科文股", "due": {"year_offset": 1, "month_day": "04-30"}}
    own = {"system": "system", "table": "table", "title": title, "period": {"kind": kind}}
    return own | {
        "owed": owed,
        "pull": {"from": "inbox", "files": [".*"]},
        "columns": [],
        "read": {},
    }


def manifest(**change: Any) -> Row:
    """Write what the release says of itself."""
    return {
        "manifest_version": 2, "release": "00001-0123456789ab", "evaluation_year": YEAR,
        "title": "样例区2023年教育职责自评数据", "district_code": DISTRICT,
        "district_title": "样例区", "is_sample": True, "previous": None, "as_of": None,
        "contact": "教育局督导室", "started_at": "2024-02-01T02:00:00+08:00",
        "written_at": "2024-02-01T02:03:00+08:00",
        "deliveries": [
            delivery(FUNDS, "2022", sha256=SHA_OF_LAST_YEAR), delivery(FUNDS, "2023"),
            delivery(STUDENTS, "2022-09-01", title="在校学生", original_name="students.jsonl"),
        ],
        "contracts": {FUNDS: contract("教育经费统计", "calendar_year"),
                      STUDENTS: contract("在校学生", "census_day")},
        "gaps": [], "rejections": [],
        "inputs": {"code": "c", "libraries": {}, "python": "3", "parameters": {}, "key_id": "k"},
        "code": {"flows/x.py": "1"},
        "facts": {"int_x": {"measures": {"yuan": {"title": "经费", "unit": "元"}}}},
    } | change  # fmt: skip


Tables = dict[str, list[Row]]


def tables() -> Tables:
    """Write the tables of a release with each state and judgement once."""
    funds = value("funds", number="20690193.5", numerator=Decimal("20690193.5"))
    last = value("funds", number="19000000", period="2022")
    rise = value("rise", number="8.8957552632", unit="%", standard_id="only_rise",
                 standard_value=Decimal(0), judgement="达标", margin=Decimal("8.8957552632"),
                 numerator=Decimal("1690193.5"), denominator=Decimal(19000000))  # fmt: skip
    per_student = [
        judged("per_student", "幼儿园", "502.1503455020", "500", "达标"),
        judged("per_student", "普通小学", "719.9999", "720", "未达标"),
        judged("per_student", "普通初中", "950", "940", "无法判定") | {
            "state": "provisional", "reason": "3行数据待核,暂不计入,涉及42.00元",
            "quarantined_rows": 3,
        },
    ]  # fmt: skip
    gone = value("gone", number=None, missing_sources=f'["{FUNDS} 2021"]', judgement="无法判定")
    part = value("part", number="77777", state="partial", units_received=6, reason="一所未报。")
    few, exam, inside = (
        value(name, number=None, state=state, reason=reason, quarantined_rows=None,
              quarantined_amount=None)
        for name, state, reason in (
            ("few", "suppressed", "涉及1至4人"), ("exam", "withheld", "按规定不得公开"),
            ("inside", "withheld", "按规定不得公开"),
        )
    )  # fmt: skip
    never = value("never", number=None, state="not_applicable", judgement="不适用",
                  reason="本区未举办。")  # fmt: skip
    parts = ('[{"id": "funds", "weight": 1, "year_offset": 0}, '
             '{"id": "funds", "weight": -1, "year_offset": -1}]')  # fmt: skip
    return {
        "report_values": [funds, last, rise, *per_student, gone, part, few, exam, inside, never],
        "report_figures": [
            figure("5.9", 11, "不公开", exam, place="一(二)5"),
            figure("4.1", 1, "2069万元", funds),
            figure("4.2", 2, "8.90%", rise),
            *(figure("4.3", 3 + n, f"{row['value']:.2f}元/生·年", row, part=n + 1)
              for n, row in enumerate(per_student)),
            figure("4.4", 6, "数据缺失", gone),
            figure("4.5", 7, "数据缺失", part),
            figure("4.6", 8, "＊", few),
            figure("4.7", 9, "不涉及", never),
            figure("5.8", 10, "不公开", inside, place="一(二)5", publish="withheld"),
        ],
        "report_indicators": [
            indicator("exam"), indicator("few", decimals=0, unit="人"), indicator("funds"),
            indicator("gone"), indicator("inside"), indicator("never"), indicator("part"),
            indicator("per_student", standard_id="per_student", dimension="stage"),
            indicator("rise", formula="growth", multiplier="100", numerator=None, unit="%",
                      components=parts, mart_column="funds", standard_id="only_rise"),
        ],
        "report_needs": [
            {"indicator_id": "per_student", "source": FUNDS, "year_offset": 0},
            {"indicator_id": "few", "source": FUNDS, "year_offset": 0},
            {"indicator_id": "rise", "source": FUNDS, "year_offset": 0},
        ],
        "report_evidence": [
            evidence(funds), evidence(last, sha256=SHA_OF_LAST_YEAR, row_count=None,
                                      measure_sum=None),
            evidence(per_student[0], role="denominator", measure_sum=Decimal(12), source=STUDENTS),
            evidence(per_student[0], role="numerator", measure_sum=Decimal("502.15")),
        ],
        "standards": [
            *(standard(stage, limit) for stage, limit in zip(STAGES, ("500", "720", "940"),
                                                             strict=True)),
            standard("total", "0", standard_id="only_rise", certainty="verified", unit="%",
                     applies_by="calendar_year", document_number="国办发〔2018〕82号"),
        ],
        "marts/mart_x": [
            {"district_code": DISTRICT, "year": 2022, "period": "2022", "dimension": "stage",
             "member": stage, "per_student": Decimal("501.5"), "few": None, "funds": None}
            for stage in STAGES
        ] + [
            {"district_code": DISTRICT, "year": 2022, "period": "2022", "dimension": "total",
             "member": "total", "per_student": None, "few": Decimal(617), "funds": Decimal(5)}
        ],
        "internal/quarantine": [],
        "internal/doubts": [],
        "internal/int_unmatched_units": [],
        "internal/int_units_expected": [],
    }  # fmt: skip


def page(release: Release) -> str:
    """Make the page of a release from what stands in its folder."""
    return page_of(ReleaseTables.load(release.folder), release.manifest, release.folder)


def quarantined(source: str, period: str, rows: int, effect: str = "provisional") -> list[Row]:
    """Write rows quarantined, each with two rules that it breaks."""
    row = {"district_code": DISTRICT, "source": source, "period": period, "file_id": SHA,
           "sheet": "", "effect": effect}  # fmt: skip
    return [row | {"row_number": n, "rule": rule} for n in range(rows) for rule in ("a", "b")]


def release(
    root: Path,
    content: Mapping[str, Sequence[Row]],
    says: Row,
    *,
    sealed: bool = False,
    year: int = YEAR,
) -> Release:
    """Write a release as a night does, and seal it where another follows it."""
    folder = root / "warehouse" / "releases" / str(year) / str(says["release"])
    for name, rows in content.items():
        path = folder / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(list(rows)), path)
    write_json(folder / MANIFEST, says)
    if sealed:
        seal(folder, says)
    return Release(folder)
