"""Tests of index.html, the page of a release."""

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import page_parts as parts
import pytest
from page_parts import DISTRICT, FUNDS, SHA, STUDENTS, Reader, Row, Tables, manifest, tables

from flows.common.messages import message
from flows.common.settings import CHECKOUT, Workspace
from flows.common.text import widen_punctuation
from flows.exports.html.page import write_page
from flows.releases.release import Release, rows_of
from flows.releases.standards import standards_of
from flows.releases.tables import ReleaseTables, number_figure

EVIL = '"><script>alert(1)</script>'
NEXT = "00002-0123456789ab"


def page(root: Path, content: Tables | None = None, **change: Any) -> str:
    """Make the page of a release written by hand."""
    return parts.page(parts.release(root, content or tables(), manifest(**change)))


def changed(content: Tables, table: str, row: int, **change: Any) -> Tables:
    """Change a row of a table."""
    rows = [dict(one) for one in content[table]]
    rows[row] |= change
    return content | {table: rows}


def in_another_district(content: Tables) -> Tables:
    """Add a second district with the same numbers."""
    return {
        name: rows + [row | {"district_code": "519901"} for row in rows if "district_code" in row]
        for name, rows in content.items()
    }


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Read the page of the release with every kind of trouble."""
    return Reader(page(tmp_path_factory.mktemp("release")))


def test_every_figure_stands_once_in_the_order_of_the_report(read: Reader) -> None:
    found = [name for name in read.values("id") if name.startswith("figure-")]
    assert found == [
        "figure-4.1", "figure-4.2", "figure-4.3", "figure-4.3.2", "figure-4.3.3", "figure-4.4",
        "figure-4.5", "figure-4.6", "figure-4.7", "figure-5.8", "figure-5.9",
    ]  # fmt: skip


def test_a_figure_says_value_standard_margin_and_last_year(read: Reader) -> None:
    for words in ("2069万元", "数值2,069.01935万元", "上年1,900万元（2022）"):
        assert words in read.rows["figure-4.1"]
    for words in ("8.90%", "8.8958%", "达标", "距标准+8.90个百分点", "≥ 0%", "国办发〔2018〕82号"):
        assert words in read.rows["figure-4.2"]
    assert "标准待核" not in read.rows["figure-4.2"]
    for words in ("未达标", "−0.0001元/生·年", "≥ 720元/生·年", "财教〔2021〕56号", "标准待核"):
        assert words in read.rows["figure-4.3.2"]
    assert "暂定" in read.rows["figure-4.3.3"]
    assert "3行数据待核，暂不计入" in read.rows["figure-4.3.3"]
    assert "应报7个单位，已报6个" in read.rows["figure-4.5"]
    assert "本区未举办" in read.rows["figure-4.7"]


def test_money_stands_in_the_unit_in_which_it_is_printed(read: Reader) -> None:
    own = read.rows["figure-4.1"]
    assert "经费 2,069.01935万元" in own
    assert "比上年增加169.01935万元，增长8.90%" in own
    assert not re.search(r"[0-9]元", own)


def test_the_first_lines_say_when_until_when_what_comes_next_and_whom_to_ask(read: Reader) -> None:
    flat = re.sub(r"\s+", "", read.text)
    assert "发布日期2024-02-01（第1次，00001-0123456789ab）数据截至2024-02-01" in flat
    assert "下一次到期2024-04-30在校学生等2种联系教育局督导室" in flat


def test_the_contents_are_the_headings_of_the_report_with_counts(tmp_path: Path) -> None:
    content = tables()
    unknown = parts.value("not_covered_5", number=None, missing_sources='["not_covered"]')
    content["report_values"] = [*content["report_values"], unknown]
    content["report_indicators"] = [*content["report_indicators"], parts.indicator("not_covered_5")]
    content["report_figures"] = [
        *content["report_figures"],
        parts.figure("6.1", 12, "数据缺失", unknown, place="一(二)6", item_title="6. 监管"),
    ]
    text = page(tmp_path, content)
    contents = Reader(text[text.index("<nav") : text.index("</nav>") + 6]).text
    flat = re.sub(r"\s+", "", contents)
    assert "一、2023年履职情况（二）优先发展4.经费94.经费26.监管未接入" in flat


def test_every_link_leads_somewhere(read: Reader, tmp_path: Path) -> None:
    ids = read.values("id")
    assert len(ids) == len(set(ids))
    inside = {link[1:] for link in read.values("href") if link.startswith("#")}
    assert inside <= set(ids)
    assert {f"file-{SHA[:12]}", "item-一(二)4", "figure-4.4"} <= inside
    assert not any(re.search(r"\s", name) for name in ids)


def test_only_files_that_are_there_are_linked(tmp_path: Path) -> None:
    release = parts.release(tmp_path, tables(), manifest())
    (release.folder / "report.xlsx").touch()
    (release.folder / "report_values.csv").touch()
    write_page(ReleaseTables.load(release.folder), release.manifest, release.folder)
    text = (release.folder / "index.html").read_text("utf-8")
    links = {link for link in Reader(text).values("href") if not link.startswith("#")}
    assert links == {
        "report.xlsx", "report_values.csv", "manifest.json", "datapackage.json", "SHA256SUMS"
    }  # fmt: skip
    assert str(tmp_path) not in text


def test_a_fold_names_files_and_how_a_value_is_computed(read: Reader) -> None:
    own = read.rows["figure-4.1"]
    for words in ("经费.xlsx", "工作表“基层汇总”", "8行", "财政局教科文股", "2024-02-01收到"):
        assert words in own
    derived = read.rows["figure-4.2"]
    assert "分子 1,690,193.50 ÷ 分母 19,000,000 × 100 ＝ 8.8958%" in derived
    assert "指标funds 2022：19,000,000.00元" in derived
    assert derived.count("经费.xlsx") == 2  # of this year and of last year
    assert "ziping trace 4.2" in derived
    assert "（第1次发布），4.2 图2" in derived


def test_the_top_counts_states_and_judgements(read: Reader) -> None:
    flat = re.sub(r"\s+", "", read.rows["district"].split("4. 经费")[0])
    assert "5项有标准：达标2项，未达标1项，无法判定2项。报告应报9项，已有数7项。" in flat
    assert "共11处数字：实际4处，暂定1处，部分上报1处，数据缺失1处" in flat
    assert "不涉及1处，不公开（人数过少）1处，不得公开2处" in flat
    assert "判定所依的标准有3处待核对原文" in flat
    assert "4.3.2图4：720.00元/生·年，距标准−0.0001元/生·年" in flat


def test_what_must_not_be_shown_is_nowhere(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "617" not in text  # the mart of the year before has it, and this year's is suppressed
    read = Reader(text)
    for name in ("figure-4.6", "figure-5.8", "figure-5.9"):
        assert "出处" not in read.rows[name]
        assert "上年" not in read.rows[name]
    assert "77777" not in read.rows["figure-4.5"]  # a part is not the whole
    assert "77,777" not in read.rows["figure-4.5"]


def test_an_id_in_a_file_name_is_masked(tmp_path: Path) -> None:
    content = changed(tables(), "report_evidence", 0, original_name="51990019900101123X.xlsx")
    assert "51990019900101123X" not in page(tmp_path, content)


def test_whatever_a_thing_is_called_is_escaped(tmp_path: Path) -> None:
    content = {
        name: [
            row | {
                column: one + EVIL for column, one in row.items()
                if isinstance(one, str) and column in (
                    "title", "text", "reason", "place", "unit", "title_zh", "population", "basis",
                    "owner_office", "definition_zh", "original_name", "document", "certainty",
                    "document_number", "definition_version", "figure_id", "member", "stage",
                    "judgement",
                ) and not (column == "judgement" and row.get("standard_id"))
            } | ({"sheets": json.dumps([EVIL])} if "sheets" in row else {})
            for row in rows
        ]
        for name, rows in tables().items()
    }  # fmt: skip
    said = message("caption_stands_twice", caption=EVIL, name=EVIL).as_json()
    entry = {"source": EVIL, "period": EVIL, "file": EVIL, "reasons": [said]}
    text = page(
        tmp_path, content, title=EVIL, district_title=EVIL, gaps=[EVIL], rejections=[entry],
        deliveries=[parts.delivery(FUNDS, "2023", title=EVIL, original_name=EVIL)],
    )  # fmt: skip
    assert "<svg" in text
    assert text.count("<script") == 1  # our own, of which the page names the hash
    script = text.split("<script>")[1].split("</script>")[0]
    hashed = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{hashed}'" in text
    assert not {"iframe", "img", "object"} & Reader(text).tags
    assert not [name for name, _ in Reader(text).attributes if name.startswith("on")]


def test_the_page_loads_nothing_and_says_nothing_of_the_machine(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert not re.search(r"https?://|url\(|@import|\bsrc=", text)
    assert str(tmp_path) not in text
    assert "default-src 'none'" in text
    assert 'lang="zh-CN"' in text


def test_a_missing_source_says_who_owes_it_and_what_it_touches(tmp_path: Path) -> None:
    gaps = [
        "教育经费统计(2021)缺失:由财政局教科文股于2022-04-30前报送,逾期未报",
        "心理辅导室台账(2023-12-31)缺失:由教育局于2024-01-31前报送,逾期未报",
    ]
    empty = message("file_empty").as_json()
    entry = {"source": FUNDS, "period": "2023", "file": "经费2.xlsx", "reasons": [empty]}
    text = Reader(page(tmp_path, gaps=gaps, rejections=[entry])).text
    flat = re.sub(r"\s+", "", text)
    assert f"数据缺失{widen_punctuation(gaps[0])}涉及4.4" in flat
    assert f"{widen_punctuation(gaps[1])}不涉及本次印出的数字" in flat
    told = "退回教育经费统计（2023）经费2.xlsx未通过检查，仍用上一份：文件是空的，请重新导出后重报"
    assert flat.count(told) == 1
    assert "thefileisempty" not in flat


def test_rows_set_aside_are_counted_once_and_laid_to_their_office(tmp_path: Path) -> None:
    content = tables() | {
        "internal/quarantine": [
            *parts.quarantined(FUNDS, "2023", 3),
            *parts.quarantined(FUNDS, "2022", 1200, "none"),
        ]
    }
    flat = re.sub(r"\s+", "", Reader(page(tmp_path, content)).text)
    assert "暂定教育经费统计（2023）有3行待核，暂不计入，由财政局教科文股更正涉及4.3.3" in flat
    assert "搁置1,200行不计入，数字不标“暂定”：教育经费统计（2022）1,200行" in flat


@pytest.mark.parametrize(
    ("trouble", "is_shown"),
    [
        ({}, True),
        ({"internal/quarantine": parts.quarantined(FUNDS, "2022", 1)}, False),
        ({"internal/quarantine": parts.quarantined(FUNDS, "2022", 1, "none")}, True),
        ({"internal/int_unmatched_units": parts.quarantined(FUNDS, "2022", 1)}, False),
        (
            {
                "internal/int_units_expected": [
                    {"district_code": DISTRICT, "source": FUNDS, "period": "2022",
                     "is_received": False}
                ]
            },
            False,
        ),
        ({"report_needs": [{"indicator_id": "per_student", "source": STUDENTS,
                            "year_offset": 0}]}, True),
        ({"report_needs": [{"indicator_id": "per_student", "source": STUDENTS,
                            "year_offset": -1}]}, False),
    ],
)  # fmt: skip
def test_last_year_comes_from_a_mart_only_where_all_of_it_was_sent_whole(
    tmp_path: Path, trouble: Tables, is_shown: bool
) -> None:
    read = Reader(page(tmp_path, tables() | trouble))
    assert ("501.50元/生·年" in read.rows["figure-4.3"]) is is_shown


def test_what_is_derived_never_takes_the_column_that_it_is_derived_from(read: Reader) -> None:
    assert "5.00%" not in read.rows["figure-4.2"]
    assert "5元" not in read.rows["figure-4.2"]


def test_a_first_release_has_nothing_to_compare_with(read: Reader) -> None:
    assert "这是本年度的第一次发布，没有上一次可比" in read.rows["district"]


def after(tmp_path: Path, before: Release, content: Tables, **change: Any) -> Reader:
    """Read the page of the release after another."""
    previous = {"release": before.name, "manifest_sha256": before.published_hash}
    says = manifest(release=NEXT, previous=previous) | change
    return Reader(parts.page(parts.release(tmp_path, content, says)))


def test_a_change_names_figure_numbers_and_file(tmp_path: Path) -> None:
    before = parts.release(tmp_path, tables(), manifest(), sealed=True)
    content = changed(tables(), "report_values", 3, value=Decimal("510"), judgement="未达标")
    files = [delivery | {"sha256": "9" * 64} for delivery in manifest()["deliveries"]]
    read = after(tmp_path, before, content, deliveries=files)
    flat = re.sub(r"\s+", "", read.rows["district"])
    assert "相比，报告中有1项数字变动" in flat
    assert f"教育经费统计（2023）经费.xlsx（{SHA[:12]}→999999999999）" in flat
    assert "502.1503元/生·年，达标510.00元/生·年，未达标" in flat


@pytest.mark.parametrize(("row", "word"), [(8, "不公开（人数过少）"), (9, "不得公开")])
def test_what_is_hidden_now_is_not_told_of_the_release_before(
    tmp_path: Path, row: int, word: str
) -> None:
    shown = {"state": "actual", "value": Decimal(613), "numerator": Decimal(613)}
    content = changed(tables(), "report_values", row, **shown)
    before = parts.release(tmp_path, content, manifest(), sealed=True)
    read = after(tmp_path, before, tables())
    assert f"不公开{word}" in re.sub(r"\s+", "", read.rows["district"])
    assert "613" not in read.text


def test_a_change_too_small_to_print_is_told_in_full(tmp_path: Path) -> None:
    before = parts.release(tmp_path, tables(), manifest(), sealed=True)
    content = changed(tables(), "report_values", 3, value=Decimal("502.1503455021"))
    flat = re.sub(r"\s+", "", after(tmp_path, before, content).text)
    assert "502.150345502元/生·年，达标502.1503455021元/生·年，达标" in flat


def test_a_new_definition_and_another_program_are_told(tmp_path: Path) -> None:
    before = parts.release(tmp_path, tables(), manifest(), sealed=True)
    content = changed(tables(), "report_indicators", 2, population="全区")
    text = after(tmp_path, before, content, code={"flows/x.py": "2"}).text
    assert "报告中有0项数字变动，定义或标准有1处变动，程序、库或参数有1处变动" in text
    assert "定义：指标funds（funds）：population 有变动" in text


def test_with_a_damaged_release_nothing_is_compared(tmp_path: Path) -> None:
    before = parts.release(tmp_path, tables(), manifest(), sealed=True)
    with (before.folder / "report_values.parquet").open("ab") as file:
        file.write(b"x")
    assert "已不完整（1处），未作比较" in after(tmp_path, before, tables()).text


def test_a_release_of_an_older_program_does_not_stop_the_night(tmp_path: Path) -> None:
    content = {name: rows for name, rows in tables().items() if name != "standards"}
    before = parts.release(tmp_path, content, manifest(), sealed=True)
    assert "的表与本次不同，未作比较" in after(tmp_path, before, tables()).text


def test_years_before_come_from_their_own_releases_as_a_small_line(tmp_path: Path) -> None:
    content = tables()
    years = {"2023": "2021", "2022": "2020"}
    earlier = content | {
        "report_values": [
            row | {"evaluation_year": 2021, "period": years[row["period"]]}
            for row in content["report_values"]
        ]
    }
    says = manifest(evaluation_year=2021)
    before = parts.release(tmp_path, earlier, says, sealed=True, year=2021)
    (before.folder.parent / "current").symlink_to(before.name)
    text = page(tmp_path)
    own = text[text.index('id="figure-4.1"') : text.index('id="figure-4.2"')]
    assert "2021年2,069.01935万元，2022年1,900万元，2023年2,069.01935万元" in own
    assert 'points="3.0,3.0 36.0,15.0 69.0,3.0"' in own
    assert "2021年 2,069.01935万元；2022年 1,900万元；2023年 2,069.01935万元" in own
    with (before.folder / "report_values.parquet").open("ab") as file:
        file.write(b"x")  # what is not what was published is not told
    assert "2021年" not in page(tmp_path)


def test_several_districts_have_sections_and_anchors_of_their_own(tmp_path: Path) -> None:
    read = Reader(page(tmp_path, in_another_district(tables())))
    ids = read.values("id")
    assert len(ids) == len(set(ids))
    for code in ("519900", "519901"):
        assert {f"district-{code}", f"figure-{code}-4.1", f"figure-{code}-4.3.2"} <= set(ids)
    inside = {link[1:] for link in read.values("href") if link.startswith("#")}
    assert inside <= set(ids)
    assert "51990111212111" in re.sub(r"\s+", "", read.text)  # the counts of the overview


def test_a_release_without_figures_says_so(tmp_path: Path) -> None:
    content: Tables = {name: [] for name in tables()}
    read = Reader(page(tmp_path, content, deliveries=[]))
    for words in ("本次发布没有数字", "没有缺失、待核、退回或搁置的数据", "没有有效的文件"):
        assert words in read.text


def test_a_release_in_which_all_is_missing_is_a_page_all_the_same(tmp_path: Path) -> None:
    content = tables()
    empty = {"state": "missing", "value": None, "numerator": None, "denominator": None,
             "margin": None, "missing_sources": f'["{FUNDS} 2023"]'}  # fmt: skip
    content["report_values"] = [row | empty for row in content["report_values"]]
    content |= {"report_evidence": [], "marts/mart_x": []}
    read = Reader(page(tmp_path, content, deliveries=[]))
    assert "数据缺失11处" in read.text  # and one of them is withheld besides
    assert "教育经费统计（2023）缺失，由财政局教科文股报送" in read.text
    assert "None" not in read.text


def test_the_same_release_gives_the_same_bytes_anywhere(tmp_path: Path) -> None:
    release = parts.release(tmp_path, tables(), manifest())
    code = (
        "import sys; from pathlib import Path; from flows.exports.html.page import write_page\n"
        "from flows.releases.release import Release\n"
        "from flows.releases.tables import ReleaseTables\n"
        "folder = Path(sys.argv[1])\n"
        "write_page(ReleaseTables.load(folder), Release(folder).manifest, folder)\n"
    )
    changed_places = {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "7",
                      "FONTCONFIG_FILE": "/dev/null", "PYTHONPATH": str(CHECKOUT)}  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", code, str(release.folder)],
        cwd=tmp_path, env=os.environ | changed_places, timeout=120, check=True,
    )  # fmt: skip
    assert (release.folder / "index.html").read_text("utf-8") == parts.page(release)


@pytest.mark.parametrize(
    ("period", "applies_by", "found"),
    [
        ("2023", "term", 2),
        ("2023-01..2023-06", "term", 1),
        ("2023-07..2023-12", "term", 1),
        ("2019-01..2023-12", "span", 1),
        ("2023", "calendar_year", 1),
    ],
)
def test_a_value_is_judged_by_the_standards_of_its_period(
    period: str, applies_by: str, found: int
) -> None:
    from datetime import date

    rows: list[Row] = [
        parts.standard("total", "300", valid_to=date(2023, 8, 31), applies_by=applies_by),
        parts.standard("total", "400", valid_from=date(2023, 9, 1), applies_by=applies_by),
    ]
    value = parts.value("x", standard_id="per_student", period=period)
    assert len(standards_of(rows, value)) == found


def test_a_night_leaves_the_page_of_its_tables(first_night: Workspace) -> None:
    folder = first_night.releases / "2023" / "current"
    release = Release(folder.resolve())
    text = (release.folder / "index.html").read_text("utf-8")
    assert text == parts.page(release)
    read = Reader(text)
    for row in rows_of(release.folder / "report_figures.parquet"):
        assert row["text"] in read.rows[f"figure-{number_figure(row)}"]
    assert text.count("<polyline") > 10  # a line for each value of several years
    links = {link for link in read.values("href") if not link.startswith("#")}
    assert all((release.folder / link).is_file() for link in links)
    ids = read.values("id")
    assert {link[1:] for link in read.values("href") if link.startswith("#")} <= set(ids)


# In the log of the browser: what a page asked for; what it asks by itself has no origin.
ASKED = re.compile(r'"initiator":"(?!not an origin)[^"]*".*"url":"((?:https?|wss?)://[^"]*)"')
WRAPPER = """<!doctype html><meta charset="utf-8"><title>measure</title>
<iframe src="index.html" style="width:360px;height:2000px;border:0"></iframe>
<pre id="out">nothing</pre>
<script>
addEventListener("load", () => {
  const page = document.querySelector("iframe").contentDocument, root = page.documentElement;
  const wide = [...page.body.querySelectorAll("*")].filter(one => {
    const box = one.getBoundingClientRect();
    return box.right > 361 && box.left >= 0;
  }).map(one => one.tagName + "." + one.className);
  document.getElementById("out").textContent = JSON.stringify({
    width: root.clientWidth, scrolls: root.scrollWidth, wide: wide.slice(0, 5),
    figures: page.querySelectorAll("li[id^=figure-]").length,
    drawn: page.querySelector("polyline").getBoundingClientRect().width,
    filter: page.querySelector("form.filter").hidden,
  });
});
</script>"""


@pytest.mark.slow
def test_in_a_browser_it_fits_a_phone_and_asks_nobody(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on this machine")
    content = changed(tables(), "report_evidence", 0, original_name="long_name" * 20)
    content = changed(content, "report_figures", 1, title="图" * 60, text="9" * 40)
    release = parts.release(tmp_path, content, manifest())
    write_page(ReleaseTables.load(release.folder), release.manifest, release.folder)
    (release.folder / "wrapper.html").write_text(WRAPPER, "utf-8")
    log = tmp_path / "net.json"
    options = ["no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking",
               "disable-component-update", "disable-sync", "disable-default-apps",
               "hide-scrollbars", "disable-dev-shm-usage", "allow-file-access-from-files",
               "enable-logging=stderr", f"user-data-dir={tmp_path / 'profile'}",
               f"log-net-log={log}", "virtual-time-budget=5000", "dump-dom"]  # fmt: skip
    done = subprocess.run(
        [browser, "--headless", *(f"--{option}" for option in options),
         (release.folder / "wrapper.html").as_uri()],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout)
    assert found, done.stdout[-2000:]
    measured = json.loads(found[1])
    assert measured["width"] == 360
    assert measured["scrolls"] == 360, measured["wide"]
    assert measured["figures"] == 11
    assert measured["drawn"] > 0
    assert measured["filter"] is False  # its script ran under the policy of the page
    assert "CONSOLE" not in done.stderr
    assert ASKED.findall(log.read_text("utf-8")) == []
