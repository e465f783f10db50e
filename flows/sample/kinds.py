"""What kinds of schools the district runs, how many of each and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STAGES = ("幼儿园", "小学", "初中", "高中", "特教")
COMPULSORY_STAGES = ("小学", "初中")
OTHER = "其他"  # the stage of funds of institutions without pupils

KIND_NAMES = {
    "111": "幼儿园",
    "211": "小学",
    "218": "小学教学点",
    "311": "初级中学",
    "312": "九年一贯制学校",
    "341": "完全中学",
    "342": "高级中学",
    "345": "十二年一贯制学校",
    "514": "其他特殊教育学校",
    "911": "其他教育机构",
}
CATEGORIES = {
    "111": "11", "211": "21", "218": "21", "311": "31", "312": "31",
    "341": "34", "342": "34", "345": "34", "514": "51", "911": "91",
}  # fmt: skip
PRIMARY_AND_SECONDARY = ("211", "311", "312", "341", "342", "345")
WITH_COMPULSORY_STAGE = ("211", "311", "312", "341", "345", "514")
POINT, SPECIAL_SCHOOL, INSTITUTION = "218", "514", "911"

FOUNDER_NAMES = {"831": "县级教育部门", "832": "县级其他部门", "999": "民办"}
AREA_NAMES = {
    "111": "主城区",
    "112": "城乡结合区",
    "121": "镇中心区",
    "122": "镇乡结合区",
    "210": "乡中心区",
    "220": "村庄",
}
TOWN, COUNTRY = ("111", "112", "121"), ("122", "210", "220")
URBAN = ("111", "112")  # small towns count as rural
MOST_IN_SMALL_TOWNS = ("111", "121", "121")


@dataclass(frozen=True)
class Group:
    """Schools of one kind, founder and surroundings; sizes are the mean pupils by stage."""

    kind: str
    count: int
    name: str  # with {number}, {place} or {word}
    sizes: Mapping[str, int]
    is_public: bool = True
    areas: tuple[str, ...] = TOWN
    spread: tuple[int, int] = (70, 130)  # smallest and largest in percent of the mean
    boarding: Mapping[str, int] | None = None  # percent of the pupils by stage


GROUPS = (
    Group("211", 12, "样例区第{number}小学", {"小学": 1820}, areas=MOST_IN_SMALL_TOWNS),
    Group("211", 12, "样例区{place}小学", {"小学": 160}, areas=COUNTRY, spread=(25, 200),
          boarding={"小学": 14}),
    Group("311", 6, "样例区第{number}初级中学", {"初中": 1250}, areas=MOST_IN_SMALL_TOWNS,
          boarding={"初中": 10}),
    Group("311", 4, "样例区{place}初级中学", {"初中": 430}, areas=COUNTRY, spread=(50, 150),
          boarding={"初中": 58}),
    Group("312", 3, "样例区{place}九年制学校", {"小学": 1250, "初中": 620}, areas=("121",) * 3,
          boarding={"初中": 9}),
    Group("312", 8, "样例区{place}学校", {"小学": 320, "初中": 190}, areas=COUNTRY,
          spread=(30, 170), boarding={"小学": 17, "初中": 55}),
    Group("341", 3, "样例区第{number}中学", {"初中": 880, "高中": 1500}, areas=MOST_IN_SMALL_TOWNS,
          boarding={"初中": 24, "高中": 62}),
    Group("342", 2, "样例区第{number}高级中学", {"高中": 1750}, boarding={"高中": 66}),
    Group("345", 1, "样例区实验学校", {"小学": 1400, "初中": 750, "高中": 700},
          boarding={"初中": 12, "高中": 40}),
    Group("211", 1, "样例区启明小学", {"小学": 1300}, is_public=False, boarding={"小学": 20}),
    Group("311", 1, "样例区博文初级中学", {"初中": 700}, is_public=False, boarding={"初中": 70}),
    Group("312", 1, "样例区育才学校", {"小学": 900, "初中": 420}, is_public=False,
          boarding={"小学": 25, "初中": 60}),
    Group("341", 1, "样例区明德中学", {"初中": 450, "高中": 520}, is_public=False,
          boarding={"初中": 75, "高中": 80}),
    Group("345", 1, "样例区崇文学校", {"小学": 600, "初中": 330, "高中": 320}, is_public=False,
          boarding={"小学": 30, "初中": 70, "高中": 80}),
    Group("111", 30, "样例区第{number}幼儿园", {"幼儿园": 200}, spread=(40, 170)),
    Group("111", 30, "样例区{word}幼儿园", {"幼儿园": 205}, is_public=False, spread=(30, 180)),
    Group(POINT, 12, "样例区{place}教学点", {"小学": 45}, areas=("220",), spread=(30, 170),
          boarding={"小学": 4}),
    Group(SPECIAL_SCHOOL, 1, "样例区特殊教育学校", {"特教": 150}, boarding={"特教": 45}),
    Group(INSTITUTION, 1, "样例区教育局", {}, areas=("111",)),
    Group(INSTITUTION, 1, "样例区教师进修学校", {}, areas=("111",)),
    Group(INSTITUTION, 1, "样例区教育技术装备中心", {}, areas=("112",)),
)  # fmt: skip
