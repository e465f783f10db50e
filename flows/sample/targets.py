"""What a district shall come out at: the default one at its targets, every other by chance."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

from flows.sample import DEFAULT_SEED
from flows.sample.drawing import apportion, between, generator

PUBLISHED = Path(__file__).with_name("targets.csv")
GROWING_STAGES = ("幼儿园", "小学", "初中", "高中")
FEN_OF_TEN_THOUSAND_YUAN = 1_000_000
LEVELS = ("中央", "省", "市", "区")  # who gives the money
OF_REGISTERS = frozenset(
    "2.1 2.2 2.3 2.4 3.1 3.2 3.3 3.4 7.1 9.1 12.1 12.2 12.3 12.4 14.1 14.2 15.6 20.1 26.1 26.2 "
    "H1.2 H3.5 33.2 33.3 33.5 H1.1 H1.5 H1.6 H1.7 H2.1 H3.2 H3.3 H3.4 H4.1 H5.1 H5.2 "
    "27.1 27.3 H1.3 K1.1 K1.2 K1.3 K2.1 K2.2 K3.1 K3.2 K3.3 K3.4".split()
)


@dataclass(frozen=True)
class Earmarked:
    """The outcomes of what is given for one thing: meals, aid to students, guards."""

    meal_funds: Mapping[str, int]  # issued, by level
    meals_paid: int
    aid_paid: int
    aid_awards: int
    guards: int
    security_paid: int


@dataclass(frozen=True)
class Targets:
    """The outcomes towards which a district is built; money in fen, growth in percent."""

    funds_before: int
    funds_increase: int | None  # None: whatever the institutions without a stage add
    funds_growth: Mapping[str, Decimal]
    payments_growth: Mapping[str, Decimal]
    trained_staff: int
    registers: Mapping[str, int]  # what the registers shall give, by figure
    earmarked: Earmarked
    crowded_schools: int  # with classes of more than 55
    underpaid_schools: int = 0
    undertrained_staff: int = 0


def _printed(value: str) -> tuple[Decimal, Decimal]:
    """Give the interval of what is printed so."""
    number = Decimal(value)
    half = Decimal(5).scaleb(int(number.as_tuple().exponent) - 1)
    return number - half, number + half


def _exactly(value: str, scale: float) -> int:
    """Give the fen of a printed number of 万元 that keeps all its digits."""
    return int(Decimal(value) * FEN_OF_TEN_THOUSAND_YUAN * Decimal(scale))


def _published_increase(rng: Random, figures: Mapping[str, str], funds: int) -> int:
    """Draw an increase that prints right both in yuan and in percent of the year before."""
    low, high = (bound * FEN_OF_TEN_THOUSAND_YUAN for bound in _printed(figures["4.2"]))
    shares = [growth / (100 + growth) for growth in _printed(figures["4.3"])]
    low, high = max(low, funds * shares[0]), min(high, funds * shares[1])
    return int(between(rng, low, high, 0))


def _published_earmarks(rng: Random, figures: Mapping[str, str], scale: float) -> Earmarked:
    return Earmarked(
        meal_funds={
            level: _exactly(figures[figure], scale)
            for level, figure in zip(LEVELS, ("15.2", "15.3", "15.4"), strict=False)
        },
        meals_paid=_exactly(figures["15.5"], scale),
        aid_paid=_exactly(figures["16.1"], scale),
        aid_awards=int(int(figures["16.2"]) * scale),
        guards=int(int(figures["22.1"]) * scale),
        security_paid=_exactly(str(between(rng, *_printed(figures["22.2"]), 6)), scale),
    )


def _published(rng: Random, scale: float) -> Targets:
    """Read the targets of the default district and draw unrounded values that print so."""
    figures = _figures()
    low, high = (int(bound * FEN_OF_TEN_THOUSAND_YUAN) for bound in _printed(figures["4.1"]))
    funds = rng.randint((low + high) // 2, high - (high - low) // 20)
    increase = _published_increase(rng, figures, funds)
    growth = {
        stage: between(rng, *_printed(figures[f"4.{number}"]), 6)
        for number, stage in enumerate(GROWING_STAGES, start=4)
    }
    trained = int(figures["21.1"].removesuffix("余")) + rng.randrange(80, 300)
    return Targets(
        funds_before=int((funds - increase) * scale),
        # A small district has too few pupils to close the total without odd amounts.
        funds_increase=increase if scale == 1 else None,
        funds_growth=growth,
        payments_growth=_some_growth(rng),
        trained_staff=int(trained * scale),
        registers=_published_registers(figures),
        earmarked=_published_earmarks(rng, figures, scale),
        crowded_schools=int(figures["14.3"]),
    )


def _figures() -> dict[str, str]:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return {row["figure"]: row["value"] for row in csv.DictReader(file)}


def _published_registers(figures: Mapping[str, str]) -> dict[str, int]:
    """Read what registers give; a figure with 余 is a little more than it says."""
    rng = Random("registers")
    found = {"misses": 0, "misses pay": 0}  # schools that fall short of what all shall meet
    for figure in sorted(OF_REGISTERS & figures.keys()):
        value = figures[figure]
        number = int(value.removesuffix("余"))
        step = 10 ** (len(str(number)) - len(str(number).rstrip("0")))  # 9400余 is below 9500
        found[figure] = number + (rng.randrange(1, step) if "余" in value else 0)
    return found


def _drawn_registers(rng: Random, rooms: dict[str, int]) -> dict[str, int]:
    """Draw what registers give in another district, of the size of the published one."""
    published = _published_registers(_figures())
    found = {
        figure: rng.randint(number * 7 // 10, number * 13 // 10)
        for figure, number in sorted(published.items())
    }
    others = {"H3.2": rng.randrange(3, rooms["K3.4"]), "7.1": rng.randrange(3, 8)}
    misses = {"misses": rng.randrange(3), "misses pay": rng.randrange(2)}
    return found | rooms | others | misses


def _some_growth(rng: Random) -> dict[str, Decimal]:
    return {stage: between(rng, Decimal(0), Decimal("0.9"), 6) for stage in GROWING_STAGES}


def _drawn_earmarks(rng: Random, scale: float) -> Earmarked:
    meal_funds = int(rng.randrange(1_100_000_000, 1_900_000_000) * scale)
    levels = apportion(meal_funds, [rng.randrange(low, 90) for low in (70, 10, 5, 5)])
    awards = int(rng.randrange(40_000, 60_000) * scale)
    return Earmarked(
        meal_funds=dict(zip(LEVELS, levels, strict=True)),
        meals_paid=meal_funds * rng.randrange(7_200, 9_900) // 10_000,
        aid_paid=awards * rng.randrange(70_000, 110_000),
        aid_awards=awards,
        guards=int(rng.randrange(150, 240) * scale),
        security_paid=int(rng.randrange(350_000_000, 560_000_000) * scale),
    )


def _drawn(rng: Random, scale: float, of_registers: Random) -> Targets:
    """Draw the outcomes of any other district; some of them miss their standards."""
    funds_growth, payments_growth = _some_growth(rng), _some_growth(rng)
    if rng.random() < 0.5:
        falling = rng.choice((funds_growth, payments_growth))
        falling[rng.choice(GROWING_STAGES)] = between(rng, Decimal("-0.5"), Decimal(0), 6)
    merged = rng.randrange(6, 18)
    rooms = {"K3.2": 56, "K3.3": merged, "K3.4": 56 - merged - rng.randrange(5)}
    return Targets(
        funds_before=int(rng.randrange(60_000_000_000, 90_000_000_000) * scale),
        funds_increase=None,
        funds_growth=funds_growth,
        payments_growth=payments_growth,
        trained_staff=int(rng.randrange(3600, 4700) * scale),
        registers=_drawn_registers(
            of_registers, rooms | {"K3.1": rng.randrange(12, rooms["K3.4"])}
        ),
        underpaid_schools=rng.randrange(2),
        undertrained_staff=rng.randrange(2),
        earmarked=_drawn_earmarks(rng, scale),
        crowded_schools=rng.randrange(1, 4),
    )


def list_targets(seed: int, scale: float) -> Targets:
    """Give the targets of a seed."""
    rng = generator(seed, "targets")
    if seed == DEFAULT_SEED:
        return _published(rng, scale)
    return _drawn(rng, scale, generator(seed, "targets of registers"))
