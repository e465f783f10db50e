"""What a row of a sheet is: data, or a total, a title of a group, a note, a repeated header."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flows.common.text import normalize_width, plain_caption, strip_whitespace
from flows.contracts.model import Contract
from flows.parsing.headers import Header
from flows.parsing.row_keywords import FOOTER, is_total_word
from flows.parsing.unpivot import find_items
from flows.parsing.values import NUMBER, holds_number

COLUMN_SIGNS = {"甲", "乙", "丙", "丁", "戊", "栏次"}
NUMBERED = re.compile(r"\(?([0-9]{1,3})\)?(?:=.*)?")  # 3, (3), 3=1+2 and (3)=(1)+(2)
LETTERED = re.compile(r"\(?([A-Za-z])\)?")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FEWEST_NUMBERED = 3
UNLISTED = "unlisted_total"  # a row whose label looks like a total's and is none that is declared
POSSIBLE_TOTAL = "said_total"  # no total is declared, and it is data unless it is the sum of others
UNCLEAR = "unclear_row"  # 1 2 3 below a header: the numbers of the columns, or data
OTHER_HEADER = "other_header"  # of another table below, or of the same columns in another order
IN_TOTAL_WORDS = re.compile("[计計总總全汇彙数數]|total|sum|all|ensemble|zusammen", re.IGNORECASE)
# As spreadsheets write below each group: 样例一小 汇总, Sample Total.
NAME_AND_TOTAL = re.compile(r"(.+?)\s+(?:汇总|彙總|合计|小计|Total)", re.IGNORECASE)
TOTAL = re.compile(
    r".*(?:合|小|总|總|共|累)[计計]数?(?:[(/,].*)?|.*(?:汇总|彙總)|总共|总?金额|全部|"
    r"(?:sub|grand)?-?totals?(?:[(/,].*)?"
)
NUMBER_OF_ITEM = re.compile(r"^\(?[0-9一二三四五六七八九十]{1,2}[、.)]")
AROUND_LABEL = ":.。,;*†‡#¹²³()[]【】〔〕"
LONGEST_LABEL = 100
MOST_LABEL_COLUMNS = 50
ROWS_BELOW = 4  # a title's numbers, and what they number, with blank rows between
ROWS_NEAR = 500  # above a total within which the name of its group stands


class RowClassifier:
    """Tells rows apart by their first cell and the cells in which totals say so."""

    def __init__(self, contract: Contract, header: Header, *, is_page: bool = True) -> None:
        """Take the words of the contract, the header, and whether it is of a page for people."""
        read = contract.read
        self.header = header
        self.totals = read.totals
        labels = self.totals.labels if self.totals else ()
        self.labels = {strip_whitespace(label) or "" for label in labels}
        self.plain_labels = set(map(_plain_label, self.labels))
        patterns = {
            "note": read.footer,
            "subset": read.subsets,
            "group": read.groups and read.groups.match,
        }
        self.patterns = {kind: re.compile(pattern) for kind, pattern in patterns.items() if pattern}
        self.label_place = self._find_place(self.totals.column if self.totals else None)
        key = contract.key
        self.measures = {
            header.positions[column.name]
            for column in contract.columns
            if column.is_number and column.name not in key and column.name in header.positions
        }
        self.measures |= {place for place, _, _ in find_items(contract, header.captions)}
        texts = [place for place in range(len(header.captions)) if place not in self.measures]
        before = min(self.measures, default=0)
        self.label_places = [place for place in texts if place < before][:MOST_LABEL_COLUMNS]
        behind = [place for place in texts if place > before][:MOST_LABEL_COLUMNS]
        self.remark_places = behind if self.labels else []
        # A header of several rows is repeated row by row.
        self.words = [{*caption.split("/"), caption} - {""} for caption in header.captions]
        self.all_words = set[str]().union(*self.words)
        self.is_below_header = is_page  # also below one that is repeated
        self.is_below_gap = False

    def _find_place(self, column: str | None) -> int | None:
        """Find the column of the totals' labels, which may be one that is not landed."""
        place = self.header.positions.get(column or "")
        if place is None and column in self.header.captions:
            return self.header.captions.index(column)
        return place

    def classify_rows(self, rows: Sequence[list[Any]]) -> dict[int, str]:
        """Say which of some rows are no data, by their place, and of what type they are."""
        found = {}
        doubtful = self._find_doubtful(rows)
        for place, row in enumerate(rows):
            if self.is_below_header or self.is_below_gap or place in doubtful:
                above = rows[max(place - ROWS_NEAR, 0) : place]
                if kind := self.classify(row, above, rows[place + 1 : place + 1 + ROWS_BELOW]):
                    found[place] = kind
        return found

    def _find_doubtful(self, rows: Sequence[list[Any]]) -> set[int]:
        """Find the rows, by their place, that may be no data by one of their texts."""
        found: set[int] = set()
        for column in {0, self.label_place or 0, *self.label_places, *self.remark_places}:
            cells = [row[column] if column < len(row) else None for row in rows]
            texts = cells if set(map(type, cells)) == {str} else list(map(normalize_width, cells))
            is_telling = self._may_be_total if column else self._may_begin_no_data
            telling = {text for text in set(texts) if is_telling(text)}
            if telling:
                found |= {place for place, text in enumerate(texts) if text in telling}
        return found

    def _may_begin_no_data(self, text: str | None) -> bool:
        first = normalize_width(text)
        if first is None or self._type_of_text(first) or self._may_be_total(first):
            return True
        sign = plain_caption(first)
        return sign in self.all_words or sign in COLUMN_SIGNS

    def _may_be_total(self, text: str | None) -> bool:
        if text and IN_TOTAL_WORDS.search(text):
            return bool(self._type_of_label(text) or NAME_AND_TOTAL.fullmatch(text.strip()))
        return strip_whitespace(text) in self.labels

    def classify(
        self,
        row: list[Any],
        above: Sequence[list[Any]] = (),
        below: Sequence[list[Any]] = (),
    ) -> str | None:
        """Say why a row is no data: blank, total, subset, group, note, header, columns_row.

        An unlisted_total and an unclear_row may be data or not: nobody said. `above` and `below`
        hold the rows beside it, where they are known.
        """
        kind = self._type_of_row(row, above, below)
        stays = self.is_below_header and kind == "blank"
        if self.is_below_gap and kind is None and self._begins_table(row, below):
            kind = OTHER_HEADER
        is_title = (
            self.is_below_gap and kind is None and sum(map(bool, map(normalize_width, row))) == 1
        )
        self.is_below_gap = not self.is_below_header and (kind == "blank" or is_title)
        self.is_below_header = stays or kind in ("header", "columns_row")
        return kind

    def _type_of_row(
        self, row: list[Any], above: Sequence[list[Any]], below: Sequence[list[Any]]
    ) -> str | None:
        first = next((text for cell in row if (text := normalize_width(cell))), None)
        if first is None:
            return "blank"
        kind = self._type_of_text(first)
        if kind and not (kind == "note" and self._is_name(first, row)):
            return kind
        return self._type_by_labels(first, row, above) or self._type_by_captions(first, row, below)

    def _type_of_text(self, first: str) -> str | None:
        """Say which pattern of the contract the first text of a row fits."""
        fitting = (kind for kind, pattern in self.patterns.items() if pattern.search(first))
        return next(fitting, None)

    def _is_name(self, first: str, row: list[Any]) -> bool:
        """Say whether a row begins with a name that looks like a note's, 注口镇中心小学: it counts.

        Behind a note's own word comes no further letter, and a note has no numbers.
        """
        found = self.patterns["note"].search(first)
        # A word that ends with a sign (注:) is whole, whatever follows.
        if not found or not (found[0][-1:].isalpha() and first[found.end() :][:1].isalpha()):
            return False
        cells = [row[place] if place < len(row) else None for place in self.measures]
        if cells:
            return any(map(holds_number, cells))
        declared = set(self.header.positions.values())
        return all(place < len(row) and normalize_width(row[place]) for place in declared)

    def _type_by_labels(self, first: str, row: list[Any], above: Sequence[list[Any]]) -> str | None:
        """Say whether a row is a total by its label, in whatever cell beside its numbers it stands.

        Behind the numbers a word may also be a remark; and a word that is none of the declared
        labels counts where it stands in place of a name.
        """
        place = self.label_place
        label = first if place is None else row[place] if place < len(row) else None
        texts = {
            at: text
            for at in self.label_places
            if at < len(row) and isinstance(row[at], str) and (text := normalize_width(row[at]))
        }
        if any(_is_total_of_name(text, at, above) for at, text in texts.items()):
            return "total"
        if kind := self._type_of_label(label):
            return kind
        for text in texts.values():
            kind = self._type_of_label(text)
            if kind == "total" or (kind and not normalize_width(label)):
                return kind
        if any(map(str.isalnum, "".join(texts.values()))):
            return None  # a word behind the numbers of somebody is a remark
        notices = (
            strip_whitespace(row[at]) in self.labels for at in self.remark_places if at < len(row)
        )
        return UNLISTED if any(notices) else None

    def _type_of_label(self, label: Any) -> str | None:
        """Say whether a cell is the label of a total: one that is declared, or another."""
        sign = strip_whitespace(label) or ""
        if sign in self.labels:
            return "total"
        if len(sign) > LONGEST_LABEL or not IN_TOTAL_WORDS.search(sign):
            return None
        plain = _plain_label(sign)
        if plain in self.plain_labels:
            return "total"
        if not (TOTAL.fullmatch(plain) or is_total_word(plain)):
            return None
        return UNLISTED if self.labels else POSSIBLE_TOTAL

    def label(self, row: list[Any]) -> str | None:
        """Read where a totals row says so; a file may lack that column: then its first cell."""
        places = [self.label_place, *self.label_places]
        cells = [row[place] for place in places if place is not None and place < len(row)]
        label = next((cell for cell in cells if self._may_be_total(normalize_width(cell))), None)
        if label is not None or self.label_place is not None:
            return strip_whitespace(label)
        return next((text for cell in row if (text := strip_whitespace(cell))), None)

    def _type_by_captions(
        self, first: str, row: list[Any], below: Sequence[list[Any]]
    ) -> str | None:
        """Find a repeated header of a printed page, and the row that numbers its columns (栏次)."""
        sign = plain_caption(first)
        is_caption, is_signed = sign in self.all_words, sign in COLUMN_SIGNS
        if not (is_caption or is_signed or self.is_below_header):
            return None
        texts = {place: text for place, cell in enumerate(row) if (text := plain_caption(cell))}
        if is_caption and self._repeats_header(texts):
            return "header"
        if (is_signed or self.is_below_header) and numbers_columns(list(texts.values())):
            return _columns_row_or_data(texts, below)
        if is_caption and not self.is_below_header and self._is_other_header(row, texts):
            return OTHER_HEADER
        return None

    def _is_other_header(self, row: list[Any], texts: Mapping[int, str]) -> bool:
        """Say whether a row among the data is a header, and not the one above: another table's."""
        if len(texts) < 2 or any(map(holds_number, row)):
            return False
        captions = {caption for caption in self.header.captions if caption}
        known = {place: text for place, text in texts.items() if text in captions}
        own = (
            text in self.words[place] for place, text in known.items() if place < len(self.words)
        )
        return any(own) or len(known) > 1

    def _begins_table(self, row: list[Any], below: Sequence[list[Any]]) -> bool:
        """Say whether words stand where the numbers do, below a gap and above numbers.

        A row that holds a day or another number is one whose amount is not written yet.
        """
        if not self.measures or not below or any(map(holds_number, row)):
            return False
        texts = {place: text for place, cell in enumerate(row) if (text := normalize_width(cell))}
        measures = [place for place in self.measures if place in texts]
        is_footer = any(":" in text or FOOTER.search(text) for text in texts.values())
        return (
            bool(measures)
            and len(texts) > 1
            and not is_footer
            and all(len(texts[place]) > 1 and texts[place].isalpha() for place in measures)
            and all(place < len(below[0]) and holds_number(below[0][place]) for place in measures)
        )

    def _repeats_header(self, texts: Mapping[int, str]) -> bool:
        """Whether each text is a caption of its own column, or one level of it."""
        fewest = 1 if self.is_below_header else min(2, sum(map(bool, self.words)))
        return len(texts) >= fewest and all(
            place < len(self.words) and text in self.words[place] for place, text in texts.items()
        )


def _plain_label(sign: str) -> str:
    """Leave of 1.合计:, (合计) or TOTAL* what it says."""
    return NUMBER_OF_ITEM.sub("", sign).strip(AROUND_LABEL).casefold()


def _is_total_of_name(text: str, at: int, above: Sequence[list[Any]]) -> bool:
    """Say whether a text is a name that stands above it with the word of a total behind."""
    found = NAME_AND_TOTAL.fullmatch(text)
    name = strip_whitespace(found[1]) if found else None
    return bool(name) and any(
        at < len(row) and strip_whitespace(row[at]) == name for row in reversed(above)
    )


def numbers_columns(texts: list[str]) -> bool:
    """Whether texts count: 1 2 3, (1) (2), 3=1+2, after 甲 乙 or A B where there are such signs."""
    left = [text for text in texts if text not in COLUMN_SIGNS]
    letters = [match[1].lower() for text in left if (match := LETTERED.fullmatch(text))]
    numbers = [int(match[1]) for text in left if (match := NUMBERED.fullmatch(text))]
    if len(texts) < FEWEST_NUMBERED or len(letters) + len(numbers) < len(left):
        return False
    is_signed = len(left) < len(texts)
    first = numbers[0] if is_signed and numbers else 1  # a further page may begin at 9
    counts = list(range(first, first + len(numbers)))
    return numbers == counts and letters == list(LETTERS[: len(letters)])


def _columns_row_or_data(texts: Mapping[int, str], below: Sequence[list[Any]]) -> str | None:
    """Tell 1 2 3 that numbers the columns from a row of data, by the row below it.

    Data go on with 2, or 1 was one of several classes; below numbers of columns some word stands,
    or a serial number that begins.
    """
    first = next((line for line in below if any(map(normalize_width, line))), None)
    if first is None or not all(map(str.isdigit, texts.values())):
        return "columns_row"
    following = {place: plain_caption(cell) for place, cell in enumerate(first)}
    if not all(NUMBER.fullmatch(following.get(place, "")) for place in texts):
        return "columns_row"
    number = following[min(texts)]
    if number == "1" or len(number) > FEWEST_NUMBERED:
        return "columns_row"
    return None if number == "2" else UNCLEAR
