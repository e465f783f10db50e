"""What a row of a sheet is: data, or a total, a title of a group, a note, a repeated header."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flows.lib.cells import NUMBER, half_width, squeezed
from flows.lib.contracts import Contract
from flows.lib.headers import Header, plain_caption

COLUMN_SIGNS = {"甲", "乙", "丙", "丁", "戊", "栏次"}
NUMBERED = re.compile(r"\(?([0-9]{1,3})\)?(?:=.*)?")  # 3, (3), 3=1+2 and (3)=(1)+(2)
LETTERED = re.compile(r"\(?([A-Za-z])\)?")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FEWEST_NUMBERED = 3
UNLISTED = "unlisted_total"  # a row whose label looks like a total's and is none that is declared
MAY_SAY_TOTAL = re.compile("[计計]|total", re.IGNORECASE)
TOTAL = re.compile(
    r".*(?:合|小|总|總|共|累)[计計]数?(?:[(/,].*)?|(?:sub|grand)?-?totals?(?:[(/,].*)?"
)
NUMBER_OF_ITEM = re.compile(r"^\(?[0-9一二三四五六七八九十]{1,2}[、.)]")
AROUND_LABEL = ":.。,;*†‡#¹²³()[]【】〔〕"
PLAIN = "1"  # the text of a number that stands for all of them
REMEMBERED = 100_000  # texts whose kind is kept, so that a file of any length fits


class RowKinds:
    """Tells rows apart by their first cell and the cell in which totals say so."""

    def __init__(self, contract: Contract, header: Header, *, is_page: bool = True) -> None:
        """Take the words of the contract, the header, and whether it is of a page for people."""
        read = contract.meta["read"]
        self.header = header
        self.totals: Mapping[str, Any] = read.get("totals", {})
        self.labels = {squeezed(label) or "" for label in self.totals.get("labels", ())}
        self.longest_label = 3 * max(map(len, self.labels), default=0) + 40
        self.plain_labels = set(map(_plain_label, self.labels))
        self.footer = re.compile(read["footer"]) if "footer" in read else None
        self.subsets = re.compile(read["subsets"]) if "subsets" in read else None
        self.groups = re.compile(read["groups"]["match"]) if "groups" in read else None
        self.label_place = self._place_of(self.totals.get("column"))
        # A header of several rows is repeated row by row.
        self.words = [{*caption.split("/"), caption} - {""} for caption in header.captions]
        self.all_words = set().union(*self.words)
        self.is_below_header = is_page  # also below one that is repeated
        self.known: dict[str, str | None] = {}
        ascii_labels = {label for label in self.labels if label.isascii()}
        ascii_words = {word for word in self.all_words if word.isascii()}
        # A pattern may fit texts of ASCII too; then no first cell is plain enough to pass by.
        has_patterns = any((self.footer, self.subsets, self.groups))
        self.passes_ascii = not has_patterns or _only_han(read)
        self.not_plain = ascii_labels | ascii_words
        # Then a number is as good as any other.
        self.takes_numbers = self.passes_ascii and not any(map(NUMBER.fullmatch, self.not_plain))

    def _place_of(self, column: str | None) -> int | None:
        """Find the column of the totals' labels, which may be one that is not landed."""
        if column is None:
            return None
        place = self.header.positions.get(column)
        if place is None and column in self.header.captions:
            place = self.header.captions.index(column)
        return place

    def kinds(self, rows: Sequence[list[Any]]) -> dict[int, str]:
        """Say which of some rows are no data, by their place, and of what kind they are."""
        found = {}
        doubtful = iter([*self._doubtful(rows), len(rows)])
        following = next(doubtful)
        place = 0
        while place < len(rows):
            if self.is_below_header or place == following:
                if kind := self.kind(rows[place]):
                    found[place] = kind
                place += 1
            else:
                place = following
            while following < place:
                following = next(doubtful)
        return found

    def _doubtful(self, rows: Sequence[list[Any]]) -> list[int]:
        """Find the rows, by their place, that may be no data: most are told by their first cell."""
        firsts = _texts_at(0, rows, PLAIN if self.takes_numbers else None)
        odd = self._odd(firsts)
        if not self.label_place:
            return [place for place, text in enumerate(firsts) if text in odd] if odd else []
        labels = _texts_at(self.label_place, rows, None)
        words = {text for text in set(labels) if self._kind_of_label(text)}
        if not odd and not words:
            return []
        return [place for place, (first, label) in enumerate(zip(firsts, labels, strict=True))
                if first in odd or label in words]  # fmt: skip

    def _odd(self, firsts: Sequence[str | None]) -> set[str | None]:
        """Choose of the texts of first cells those that a row of data may not begin with."""
        if self.passes_ascii and all(firsts):
            together = "".join(filter(None, firsts))
            is_plain = together.isascii() and together.isprintable()
            is_plain = is_plain and not (self.labels and MAY_SAY_TOTAL.search(together))
            if is_plain and not any(map(str.isspace, filter(None, firsts))):
                if " " not in together:
                    return set(self.not_plain.intersection(firsts))
                return {text for text in set(firsts) if (squeezed(text) or "") in self.not_plain}
        return {text for text in set(firsts) if self._is_odd(text)}

    def _is_odd(self, first: str | None) -> bool:
        text = half_width(first)
        if text is None or self._kind_of_text(text):
            return True
        sign = squeezed(text) or ""
        return bool(self._kind_of_label(sign)) or sign in self.all_words or sign in COLUMN_SIGNS

    def kind(self, row: list[Any]) -> str | None:
        """Say why a row is no data: blank, total, subset, group, note, header, columns_row.

        An unlisted_total may be data or not: nobody said.
        """
        kind = self._look_closer(row)
        stays = self.is_below_header and kind == "blank"
        self.is_below_header = stays or kind in ("header", "columns_row")
        return kind

    def _look_closer(self, row: list[Any]) -> str | None:
        first = next((text for cell in row if (text := half_width(cell))), None)
        if first is None:
            return "blank"
        if kind := self._kind_of_text(first):
            return kind
        place = self.label_place
        label = first if place is None else row[place] if place < len(row) else None
        return self._kind_of_label(label) or self._kind_of_signs(first, row)

    def _kind_of_text(self, first: str) -> str | None:
        if len(self.known) > REMEMBERED:
            self.known.clear()
        if first not in self.known:
            kind = None
            if self.footer and self.footer.search(first):
                kind = "note"
            elif self.subsets and self.subsets.search(first):
                kind = "subset"
            elif self.groups and self.groups.search(first):
                kind = "group"
            self.known[first] = kind
        return self.known[first]

    def _kind_of_label(self, label: Any) -> str | None:
        """Say whether a cell is the label of a total: one that is declared, or another."""
        if not self.labels or (isinstance(label, str) and len(label) > self.longest_label):
            return None
        sign = squeezed(label) or ""
        if sign in self.labels:
            return "total"
        if not MAY_SAY_TOTAL.search(sign):
            return None
        plain = _plain_label(sign)
        if plain in self.plain_labels:
            return "total"
        return UNLISTED if TOTAL.fullmatch(plain) else None

    def label(self, row: list[Any]) -> str | None:
        """Read where a totals row says so; a file may lack that column: then its first cell."""
        if self.label_place is not None:
            return squeezed(row[self.label_place]) if self.label_place < len(row) else None
        return next((text for cell in row if (text := squeezed(cell))), None)

    def _kind_of_signs(self, first: str, row: list[Any]) -> str | None:
        """Tell a repeated header of a printed page, and the row that numbers the columns (栏次)."""
        sign = plain_caption(first)
        if sign not in self.all_words and not self.is_below_header and sign not in COLUMN_SIGNS:
            return None
        texts = {place: text for place, cell in enumerate(row) if (text := plain_caption(cell))}
        if sign in self.all_words and self._repeats_header(texts):
            return "header"
        is_signed = sign in COLUMN_SIGNS
        if (is_signed or self.is_below_header) and _numbers_columns(list(texts.values())):
            return "columns_row"
        return None

    def _repeats_header(self, texts: Mapping[int, str]) -> bool:
        """Whether each text is a caption of its own column, or one storey of it."""
        fewest = 1 if self.is_below_header else min(2, sum(map(bool, self.words)))
        return len(texts) >= fewest and all(
            place < len(self.words) and text in self.words[place] for place, text in texts.items()
        )


def _plain_label(sign: str) -> str:
    """Leave of 1.合计:, (合计) or TOTAL* what it says."""
    return NUMBER_OF_ITEM.sub("", sign).strip(AROUND_LABEL).casefold()


def _texts_at(place: int, rows: Sequence[list[Any]], number: str | None) -> Sequence[str | None]:
    """Give the cells at one place as texts, or `number` for each number; None for no cell."""
    cells = [row[place] if place < len(row) else None for row in rows]
    if set(map(type, cells)) <= {str}:
        return cells
    return [
        cell if isinstance(cell, str)
        else number if number and cell.__class__ in (int, float)
        else half_width(cell)
        for cell in cells
    ]  # fmt: skip


def _numbers_columns(texts: list[str]) -> bool:
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


def _only_han(read: Mapping[str, Any]) -> bool:
    """Say whether every pattern of the contract asks for a sign that is not ASCII."""
    patterns = [read.get("footer"), read.get("subsets"), read.get("groups", {}).get("match")]
    return all(
        all(not part.isascii() for part in re.split(r"[|]", pattern.strip("^$()")))
        for pattern in patterns
        if pattern
    )
