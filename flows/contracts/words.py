"""The words of a contract and what each may say; `contract.schema.json` is written from them."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from flows.common.text import normalize_width_pattern
from flows.contracts.safety import check_file_pattern, check_query, check_setting

# Words of contracts that have gone, and what to do instead.
GONE = {
    "above": "write `preamble`",
    "checks": "leave it out: sheets that hold the same rows and rows that are called totals are "
    "looked for unasked; let an aggregate of the suite count what else must not be",
    "marks": "leave it out: a number with a footnote mark is quarantined, until it is sent without",
}
ENCODINGS = tuple(
    """
    utf-8 gb18030 gbk gb2312 big5 cp950 big5hkscs utf-16 utf-16-le utf-16-be utf-32 utf-32-le
    utf-32-be ascii windows-1250 windows-1251 windows-1252 windows-1253 windows-1254 windows-1255
    windows-1256 windows-1257 windows-1258 iso-8859-1 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5
    iso-8859-6 iso-8859-7 iso-8859-8 iso-8859-9 iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15
    iso-8859-16 mac_roman mac_cyrillic koi8-r koi8-u shift_jis cp932 euc-jp iso2022_jp euc-kr
    cp949 tis-620 cp437 cp850 cp852 cp866
    """.split()
)
ALL_AMOUNTS = "all_amounts"  # of `totals.check`: all columns with `role: amount`


def wrong(sentence: str, *steps: str | int) -> PydanticCustomError:
    """Make the error of a block of words; the steps lead from the block to what is wrong."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence, "steps": steps})


class Words(BaseModel):
    """A block of words; one that it does not know is refused with those that it does."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown(cls, words: Any) -> Any:
        """Refuse words that are unknown, and those that are there and say nothing."""
        if not isinstance(words, Mapping):
            return words
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for word, said in words.items():
            if word in GONE and word not in known:
                raise wrong(f"this word has gone: {GONE[word]}", word)
            if word not in known:
                raise wrong(f"unknown word; known are {', '.join(known)}", word)
            if said is None:
                raise wrong("is empty: write what belongs there, or leave the word out", word)
        return words

    def demand_one(self, *names: str) -> Self:
        """Refuse a block that has none of these words, or several."""
        found = self.model_fields_set.intersection(names)
        if not found:
            raise wrong(f"one of {', '.join(names)} is missing")
        if len(found) > 1:
            raise wrong(f"only one of {', '.join(names)} may stand")
        return self


def require_one(*names: str) -> ConfigDict:
    """Tell the schema that exactly one of these words must stand."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in names]})


def _check_regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error:
        raise ValueError("is no regular expression") from None
    return pattern


def _check_encoding(name: str) -> str:
    if name not in ENCODINGS:
        raise ValueError(f"must be one of {', '.join(ENCODINGS)}")
    return name


def _as_list(words: Any) -> Any:
    return [words] if isinstance(words, str) else words


def _as_text(caption: Any) -> Any:
    return str(caption) if type(caption) is int else caption


def _as_parts(words: Any) -> Any:
    return ({} if words else None) if isinstance(words, bool) else words


Text = Annotated[str, StringConstraints(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]
TextOrTexts = Annotated[Texts, BeforeValidator(_as_list, json_schema_input_type=Text | list[Text])]
Caption = Annotated[Text, BeforeValidator(_as_text, json_schema_input_type=str | int)]
Regex = Annotated[Text, AfterValidator(_check_regex), Field(json_schema_extra={"format": "regex"})]
# Rows and captions are compared in half width.
RowRegex = Annotated[Regex, AfterValidator(normalize_width_pattern)]
MonthDay = Annotated[str, StringConstraints(pattern="^[0-9]{2}-[0-9]{2}$")]
Setting = Annotated[
    str,
    StringConstraints(pattern="^[a-z][a-z0-9_]*$"),
    AfterValidator(check_setting),
]
Years = Annotated[tuple[Annotated[int, Field(le=0)], ...], Field(strict=False, min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
YuanUnit = Literal["元", "千元", "万元", "百万元", "亿元"]
Encoding = Annotated[
    str, AfterValidator(_check_encoding), Field(json_schema_extra={"enum": list(ENCODINGS)})
]


class InboxPull(Words):
    """Files that are dropped in the inbox."""

    origin: Literal["inbox"] = Field(alias="from")
    files: Annotated[
        tuple[Annotated[Text, AfterValidator(check_file_pattern)], ...],
        Field(strict=False, min_length=1),
    ]
    """Patterns of the files' names."""


class LivePull(Words):
    """Rows of a system that answers when it is asked."""

    order_by: Text
    """The column, or the word of a row, that tells rows apart and orders them."""
    answers_for: Literal["today", "any_day"] = "today"
    """Which days it can tell of: unless said, only today."""


class HttpPull(LivePull):
    """A JSON interface, whose pages are counted (`pages`) or linked (`next`)."""

    model_config = ConfigDict(json_schema_extra={"not": {"required": ["pages", "next"]}})

    origin: Literal["http"] = Field(alias="from")
    base: Setting
    """The setting with its address, without ZIPING_ and in small letters."""
    token: Setting
    """The setting with the token that opens it."""
    path: str = Field(pattern="^/")
    """The path below `base`."""
    parameters: Mapping[str, str]
    """Of each request; {period} is filled in."""
    rows: Text
    """Where an answer has its rows."""
    total: Text
    """Where an answer says how many rows there are in all."""
    version: Text | None = None
    """Where an answer names the state of its data."""
    pages: Text | None = None
    """Where an answer says how many pages there are."""
    page: Text = "page"
    """The parameter with the number of the page."""
    first_page: Literal[0, 1] = 1
    """The number of the first page."""
    next: Text | None = None
    """Where an answer links the next page."""
    full_every_days: int | None = Field(default=None, ge=1)
    """After how many days all is read though the version is the same."""

    @model_validator(mode="after")
    def check_paging(self) -> Self:
        """Refuse two ways from page to page."""
        if self.pages and self.next:
            raise wrong("pages and next exclude each other")
        return self


class SqlPull(LivePull):
    """One query on a database."""

    origin: Literal["sql"] = Field(alias="from")
    database: Setting
    """The setting with its address, without ZIPING_ and in small letters."""
    sql: Annotated[Text, AfterValidator(check_query)]
    """One select."""


class Period(Words):
    """What time a delivery covers, and where a file says it."""

    kind: Literal["calendar_year", "census_day", "year_end", "span", "standing"]
    """Of what time: a year, a day of census or the year's end, several years, or always."""
    years: Years = (0,)
    """Which years an evaluated year needs: 0 is itself, -1 the one before."""
    month_day: MonthDay = "09-01"
    """The day of a census, as 09-01."""
    length_years: int = Field(default=1, ge=1)
    """How many years a span has."""
    file_name: Regex | None = None
    """Where a file's name says the year: the last group, else the whole."""
    preamble: Regex | None = None
    """Where a cell above the header says the year."""
    stated: int | None = None
    """The year, for one file alone."""


class SourceDate(Words):
    """Where a file says of which day it is; the newest such day is in force."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    file_name: Regex | None = None
    """In its name."""
    preamble: Regex | None = None
    """In a cell above the header."""

    @model_validator(mode="after")
    def check_place(self) -> Self:
        """Refuse a block that says nothing."""
        if not (self.file_name or self.preamble):
            raise wrong("one of file_name, preamble is missing")
        return self


class Parts(Words):
    """Each file holds a part of the period: some units, or some values of a column."""

    by: Text | None = None
    """The column; of days its months."""


class Units(Words):
    """Which units must report."""

    column: Text
    """The column that names the unit."""
    expected: Literal[
        "public_institutions",
        "schools_with_pupils",
        "public_schools_with_staff",
        "primary_and_secondary_schools",
        "compulsory_schools",
        "schools_compared",
    ]
    """Which units, as int_units_expected knows them."""
    by_member: Text | None = None
    """Each group of this column must be reported."""


class Due(Words):
    """The day by which a delivery is owed."""

    month_day: MonthDay
    """Month and day, as 01-31."""
    year_offset: int = 0
    """How many years after the period."""


class Owner(Words):
    """Which office sends it, by when."""

    by: Text
    """The office."""
    due: Due


class QuarantineLimit(Words):
    """The share of rows, and of the readable amount, that may be quarantined."""

    rows: Share = 0.001
    amount: Share = 0.01


class Totals(Words):
    """Rows that are totals: their labels, and the columns that must add up."""

    column: Text
    """The column in which the label stands: one of the contract, or a caption."""
    labels: Texts
    """Such as 小计, 合计, 总计: the word says whether a group, the sheet or all is summed up."""
    check: TextOrTexts = (ALL_AMOUNTS,)
    """The columns to add up; unless said, all with `role: amount`."""
    unless: Text | None = None
    """A yes/no column: rows that say yes do not count."""


class Groups(Words):
    """Which rows are titles of groups."""

    match: RowRegex
    """Which, by their first text."""
    into: Text | None = None
    """A column without captions that takes the group's title."""


class Unpivot(Words):
    """Captions that become rows: a column holds what the captions say, another the cells."""

    model_config = require_one("value", "values")

    captions: RowRegex
    """Which captions; the first group, if there is one, is what they say: ([0-9]{4})年. With
    `values` another group says the measure: (人数|经费)/([0-9]{4})年.
    """
    name: Text
    """The column with `from_long: name`."""
    value: Text | None = None
    """The column with `from_long: value`."""
    values: Mapping[str, Text] = Field(default={}, min_length=2)
    """Instead of `value`: of each measure that captions say its column with `from_long: value`."""

    @model_validator(mode="after")
    def check_value(self) -> Self:
        """Refuse one measure and several at once."""
        return self.demand_one("value", "values")


class CellWords(Words):
    """How cells are read, said of a table or of one of its columns."""

    means: Mapping[str, Literal["missing", "not_applicable", "suppressed", "zero"]] = {}
    """What a cell like - or NA says. An empty cell is always missing, never zero."""
    decimal: Literal[".", ","] | None = None
    """The sign before the decimals. With a comma, points stand between thousands."""
    dates: Literal["dd-mm-yyyy", "mm-dd-yyyy"] | None = None
    """The order in which days are written where the year does not stand first; 28/1/2023 and
    28.01.2023 are read too.
    """


class ReadWords(CellWords):
    """How to read the file."""

    encoding: Encoding | None = None
    """Only where a text could be of two encodings; else its captions tell."""
    delimiter: Literal[",", ";", "\t", "|", " ", ", "] | None = None
    """What stands between the cells, only where the captions do not tell."""
    quote: Literal['"', "'"] | None = None
    """What stands around a cell, only where its rows do not tell."""
    escape: Literal["\\", '"', "'"] | None = None
    """What stands before a quote within a cell, only where its rows do not tell; the quote itself
    where it is written twice.
    """
    header_rows: int | None = Field(default=None, ge=1, le=6)
    """How many rows the header has, where it is not the fewest that hold all captions."""
    sheets: Regex | None = None
    """Which sheets are read, by their names; unless said, all that are shown and have the header.
    """
    unit: Literal["in_sheet", "元", "千元", "万元", "百万元", "亿元"] | None = None
    """The unit of the amounts (`role: amount`), or in_sheet: a cell above the header says it."""
    unit_column: Text | None = None
    """The caption of the column that says each row's unit of money."""
    totals: Totals | None = None
    subsets: RowRegex | None = None
    """Which rows are parts of the one above (其中, #), by their first text: not landed."""
    groups: Groups | None = None
    footer: RowRegex | None = None
    """With which first text the notes below the table begin; what follows is a note too."""
    ends_with_totals: bool = False
    """The export always ends with a row for the whole: without it, it was cut off."""
    long: Unpivot | None = None
    date_system: Literal[1900, 1904] | None = None
    """From which year serial numbers count days, where the file does not say it."""


class TableWords(Words):
    """What a source table promises: `config.meta` of its entry."""

    title: Text
    """The table's name for people."""
    pull: InboxPull | HttpPull | SqlPull = Field(discriminator="origin")
    """How the bytes come."""
    period: Period
    source_date: SourceDate | None = None
    parts: Annotated[
        Parts | None, BeforeValidator(_as_parts, json_schema_input_type=bool | Parts)
    ] = None
    """Each file holds a part of the period: some units, or some values of a column."""
    units: Units | None = None
    optional: bool = False
    """Nothing is missing where no file was sent."""
    owed: Owner
    quarantine_limit: QuarantineLimit = QuarantineLimit()
    sign_off: Mapping[str, Text] = {}
    """Labels of the cells that say office, day and post of who signs."""
    key: Texts = ()
    """What makes a row's key: rows that share it and differ are quarantined."""
    read: ReadWords


class ColumnWords(CellWords):
    """What one column promises: `config.meta` of its entry."""

    captions: Annotated[tuple[Caption, ...], Field(strict=False, min_length=1)] = ()
    """What the column is called, over the years; of a header of several rows as 上/下; without a
    caption by its place: column 1.
    """
    preamble: Texts = ()
    """The label of a cell above the header that says it for the whole sheet."""
    sheet_name: Regex | None = None
    """Where the sheet's name says it."""
    file_name: Regex | None = None
    """Where the file's name says it."""
    from_long: Literal["name", "value"] | None = None
    """What captions that become rows say, or what stands below them."""
    required: bool = True
    """Unless said, a file without the column is rejected."""
    role: Literal["unit", "member", "amount"] | None = None
    """unit: who reports; member: of which group the row is; amount: money, in yuan when landed."""
    take: Literal["code", "name"] | None = None
    """Of a cell like 205-样例 the code or the name."""
    values: Mapping[str, str] = {}
    """What may stand there, and what each means."""
    person: bool = False
    """Identifies a person: lands as a pseudonym."""
    unit: YuanUnit | None = None
    """The unit of this amount, whatever the sheet says."""
    percent: Literal["points", "share", "written"] | None = None
    """What a number without a sign is: points (12.5 is 12.5 %), share (0.125 is) or unreadable
    (written).
    """
    length: int | None = Field(default=None, ge=1)
    """The number of signs of a code; lost zeros come back only where check or list prove it."""
    check: Literal["identity", "credit_code"] | None = None
    """The check digit that proves a code."""
    code_list: Literal["school_types", "urban_rural", "function_205", "project_purposes"] | None = (
        None
    )
    """The list that proves a code."""
    attachment: bool = False
    """Its cells name documents, between semicolons or line breaks, which come in a folder beside
    the file: the file's name without its ending, then _附件.
    """
    precision: Literal["month"] | None = None
    """Days of which only the month is known land as its first day."""
