"""A file's own totals against the sums of its detail: groups, sheets and the whole file."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from flows.contracts.model import Column
from flows.parsing.columns import Read
from flows.parsing.result import WHOLE_ROW
from flows.parsing.row_types import UNLISTED
from flows.parsing.unpivot import Long

if TYPE_CHECKING:
    import pyarrow as pa

# A total of one level ends the groups of those below it: 小计 within 合计 within 总计.
GROUP, WHOLE, GRAND = 1, 2, 3
LEVELS = {"小计": GROUP, "subtotal": GROUP, "总计": GRAND, "总和": GRAND, "grandtotal": GRAND}
OWN_WORDS = ("汇总", "彙總", "total")
NESTED_TITLES = 20
CENT = Decimal("0.01")
EXACT = Decimal(0)


def is_named_total(label: str | None) -> bool:
    """Say whether a label is a spreadsheet's own, below each group: 样例一小汇总."""
    text = (label or "").lower()
    words = (*OWN_WORDS, *LEVELS)
    return text.endswith(OWN_WORDS) and not any(text == word for word in words)


def total_level(label: str | None) -> int:
    """Say how much a totals row sums up by its label: a group, the sheet, or all there is."""
    text = (label or "").lower()
    if is_named_total(label):
        return GROUP
    return next((level for word, level in LEVELS.items() if word in text), WHOLE)


def last_digit(value: Decimal, factor: int = 1) -> Decimal:
    """Say to which digit a value is written, in yuan, where it was written in units of `factor`."""
    exponent = (value / factor).normalize().as_tuple().exponent
    return factor * Decimal(1).scaleb(min(int(exponent), 0))


@dataclass
class Sums:
    """What the detail up to some row comes to, by column."""

    amounts: dict[str, Decimal] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)  # of amounts other than 0
    unread: dict[str, int] = field(default_factory=dict)  # cells that could not be read
    digits: dict[str, Decimal] = field(default_factory=dict)  # to which all of them are written
    rows: int = 0

    def copy(self) -> "Sums":
        """Keep how it stands now."""
        return deepcopy(self)

    def add(self, other: "Sums") -> None:
        """Add what other rows come to."""
        self.rows += other.rows
        for name, amount in other.amounts.items():
            self.amounts[name] = self.amounts.get(name, EXACT) + amount
        for mine, more in ((self.counts, other.counts), (self.unread, other.unread)):
            for name, count in more.items():
                mine[name] = mine.get(name, 0) + count
        for name, digit in other.digits.items():
            self.digits[name] = min(self.digits.get(name, digit), digit)

    def since(self, start: "Sums") -> "Sums":
        """Give what the rows after an earlier point come to."""
        return Sums(
            {name: amount - start.amounts.get(name, 0) for name, amount in self.amounts.items()},
            {name: count - start.counts.get(name, 0) for name, count in self.counts.items()},
            {name: count - start.unread.get(name, 0) for name, count in self.unread.items()},
            self.digits,
            self.rows - start.rows,
        )

    def differs(self, name: str, stated: Decimal) -> bool:
        """Whether a stated total is further from the sum than rounding explains.

        A sum with a cell that could not be read says nothing. Where `digits` has the last digit of
        the numbers, each is taken as rounded at it: n of them may together be off by n halves of
        it, and hardly ever by more than 4 standard deviations, 4 x sqrt(n / 12). A total with fewer
        digits than its sum is itself rounded.
        """
        if self.unread.get(name):
            return False
        total, count = self.amounts.get(name, EXACT), self.counts.get(name, 0)
        digit = self.digits.get(name, EXACT)
        halves = min(Decimal(count), 8 * (Decimal(count) / 12).sqrt()) + 1
        allowed = digit * halves / 2
        if (written := last_digit(stated)) > last_digit(total):
            allowed += written / 2
        return abs(stated - total) > allowed


@dataclass(frozen=True)
class PendingTotal:
    """A total that stands above its detail, until that has been read."""

    level: int
    number: int
    stated: Mapping[str, Decimal | None]
    start: Sums
    ends: list[Sums]  # where the next total of its level ends the group
    reach: int = 1  # a title may hold groups that have titles themselves
    title: bool = False


class StatedTotals:
    """The totals rows of one sheet, each compared with every sum that it may mean.

    A totals row below its detail sums up its group (since the last row of its level); one that is
    no 小计 may also sum up the sheet so far or the file so far. One above its detail means the same
    of what follows. It is above where it is the sheet's first of its level and no detail precedes.
    """

    def __init__(self, columns: Sequence[str], earlier: Sums) -> None:
        """Take the columns that totals sum up, and what the sheets before come to."""
        self.columns = columns
        self.earlier, self.sums = earlier.copy(), Sums()
        self.group_starts = {level: Sums() for level in (GROUP, WHOLE, GRAND)}
        self.is_above: dict[int, bool] = {}
        self.outer_starts: list[Sums] = []  # of groups since the last total of more than one
        self.waiting: list[PendingTotal] = []
        self.ends_with_whole = False
        self.compared: dict[int, list[str]] = {}  # of each totals row the columns that could be

    def add(self, rows: Sums) -> None:
        """Add what some rows of detail come to."""
        self.sums.add(rows)
        self.ends_with_whole = False

    def take(
        self, number: int, label: str | None, stated: Mapping[str, Decimal | None], *, title: bool
    ) -> dict[str, Decimal]:
        """Compare a totals row, or a group's title that states its total: how far it is off."""
        level = GROUP if title else total_level(label)
        for total in self.waiting:
            if total.level <= level and len(total.ends) < total.reach:
                total.ends.append(self.sums.copy())
        now, differing = self.sums.copy(), dict[str, Decimal]()
        if title or self.is_above.setdefault(level, not self.sums.rows):
            reach = NESTED_TITLES if title else 1
            self.waiting.append(PendingTotal(level, number, stated, now, [], reach, title))
        else:
            meant = [now.since(self.group_starts[level]), *self._of_more(level, now)]
            if level == GROUP and is_named_total(label):  # that of an outer group sums up several
                meant += [now.since(start) for start in self.outer_starts[-NESTED_TITLES:]]
            differing = self._differing(number, stated, meant, title=title)
        self.ends_with_whole = level > GROUP
        self.outer_starts = [*self.outer_starts, self.group_starts[GROUP]] if level == GROUP else []
        for lower in range(GROUP, level + 1):
            self.group_starts[lower] = now
        return differing

    def _of_more(self, level: int, now: Sums) -> Iterable[Sums]:
        """Give what a total of more than a group may mean: the sheet, and the file so far."""
        if level > GROUP:
            whole = self.earlier.copy()
            whole.add(now)
            yield from (now, whole)

    def at_end(self, file: Sums) -> Iterable[tuple[int, int, dict[str, Decimal]]]:
        """Compare the totals above their detail: row, level, and how far each column is off."""
        for total in self.waiting:
            ends = total.ends if len(total.ends) == total.reach else [*total.ends, self.sums]
            meant = [end.since(total.start) for end in ends]
            if total.level > GROUP:
                meant += [*self._of_more(total.level, self.sums), file]
            differing = self._differing(total.number, total.stated, meant, title=total.title)
            yield total.number, total.level, differing

    def _differing(
        self,
        number: int,
        stated: Mapping[str, Decimal | None],
        meant: Iterable[Sums],
        *,
        title: bool,
    ) -> dict[str, Decimal]:
        """Say in which columns a total differs from the sum that it comes nearest to, how much."""
        differing, nearest = min(
            (
                (
                    {
                        name: abs(value - sums.amounts.get(name, EXACT))
                        for name, value in stated.items()
                        if value is not None and sums.differs(name, value)
                    },
                    sums,
                )
                for sums in meant
            ),
            key=lambda compared: (len(compared[0]), sum(compared[0].values())),
        )
        compared = [
            name
            for name, value in stated.items()
            if value is not None and not nearest.unread.get(name)
        ]
        if compared or not title:  # most titles state no total
            self.compared[number] = compared
        return differing


def find_exceeding(
    part: Mapping[str, Decimal | None], whole: Mapping[str, Decimal | None]
) -> dict[str, Decimal]:
    """Say in which columns a part (其中) is more than the whole that it is of, and by how much."""
    found = {}
    for name, value in part.items():
        limit = whole.get(name)
        if value is not None and limit is not None and 0 <= limit < value:
            found[name] = value - limit
    return found


@dataclass(frozen=True)
class Summed:
    """What of a sheet is added up, and how its numbers are written."""

    columns: Mapping[str, Column]
    of_totals: Sequence[str]  # that the sheet's own totals are compared with
    measures: Collection[str]  # of which a row without a name may be the sum of those above
    unless: str | None  # the column that says of a row that no total counts it
    long: Long | None
    readers: Mapping[str, Read]
    factors: Mapping[str, int]  # how many yuan the unit of a column is


def sum_columns(summed: Summed, table: "pa.Table", unreadable: Mapping[int, list[str]]) -> Sums:
    """Add up the columns whose totals are checked; of a long table each item by itself."""
    import pyarrow.compute as pc

    counted = table
    if summed.unless:
        counted = table.filter(pc.invert(pc.fill_null(table[summed.unless], False)))
    sums = Sums(rows=table.num_rows)
    for name in summed.of_totals:
        parts = {name: counted[name]}
        if summed.long and name in summed.long.values:
            items, read = counted[summed.long.name], summed.readers[summed.long.name]
            parts = {
                f"{name} {item}": counted[name].filter(pc.equal(items, read(item)))
                for item, _ in summed.long.items
            }
        unread = sum(name in columns or WHOLE_ROW in columns for columns in unreadable.values())
        for key, amounts in parts.items():
            _add_amounts(summed, sums, key, amounts)
            sums.unread[key] = unread
    return sums


MOST_ITEMS = 100  # of a long table, that are added up one by one


class SumsAbove:
    """What the rows of a sheet come to so far, to tell a total that has no name or no label."""

    def __init__(self, summed: Summed) -> None:
        """Take what is added up: each measure, of a long table each item."""
        self.summed = summed
        self.sums: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        self.count = 0
        self.group_start: tuple[Mapping[tuple[str, int], Decimal], int] = {}, 0

    def among(
        self,
        typed: Mapping[str, "pa.Array"],
        numbers: Sequence[int],
        maybe: Collection[int],
        unreadable: Mapping[int, list[str]],
    ) -> dict[int, str]:
        """Find by their places the rows that may be totals and are the sum of those above."""
        names = [name for name in typed if name in self.summed.measures]
        width = len(self.summed.long.items) if self.summed.long else 1
        if not names or width > MOST_ITEMS:
            return {}
        begins, found = 0, dict[int, str]()
        for place in range(0, len(numbers), width):
            if numbers[place] in maybe and place not in unreadable:
                self._add(typed, names, begins, place, width)
                if self._is_sum(typed, names, place, width):
                    found |= dict.fromkeys(range(place, place + width), UNLISTED)
                    self.group_start = dict(self.sums), self.count
                    begins = place + width
                else:
                    begins = place
        self._add(typed, names, begins, len(numbers), width)
        return found

    def _add(
        self,
        typed: Mapping[str, "pa.Array"],
        names: Sequence[str],
        begins: int,
        ends: int,
        width: int,
    ) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        if begins >= ends:
            return
        for name in names:
            for item in range(width):
                places = pa.array(range(begins + item, ends, width))
                part = typed[name].slice(begins, ends - begins)
                part = part if width == 1 else typed[name].take(places)
                self.sums[name, item] += Decimal(pc.sum(part).as_py() or 0)
        self.count += (ends - begins) // width

    def _is_sum(
        self, typed: Mapping[str, "pa.Array"], names: Sequence[str], place: int, width: int
    ) -> bool:
        stated = {
            (name, item): typed[name][place + item].as_py()
            for name in names
            for item in range(width)
        }
        filled = {key: Decimal(value) for key, value in stated.items() if value}
        return bool(filled) and any(
            self.count - count > 1
            and all(self.sums[key] - start.get(key, 0) == value for key, value in filled.items())
            for start, count in (({}, 0), self.group_start)
        )


def _add_amounts(summed: Summed, sums: Sums, key: str, amounts: "pa.ChunkedArray") -> None:
    import pyarrow.compute as pc

    sums.amounts[key] = Decimal(pc.sum(amounts).as_py() or 0)
    sums.counts[key] = pc.sum(pc.not_equal(amounts, 0)).as_py() or 0
    column = summed.columns[key.partition(" ")[0]]
    factor = summed.factors[column.name]
    is_money = column.role == "amount"
    # Yuan and whole numbers are exact; other decimals (万人) and 万元 are taken as rounded.
    is_rounded = factor > 1 if is_money else column.data_type.startswith("decimal")
    if is_rounded and sums.counts[key]:
        digit = min(last_digit(value, factor) for value in amounts.unique().to_pylist() if value)
        sums.digits[key] = EXACT if is_money and digit <= CENT else digit
