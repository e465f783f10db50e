"""Invented names of schools: ordinals in town, places and words elsewhere."""

from __future__ import annotations

DIGITS = "一二三四五六七八九"
PLACES = (
    "青石 河湾 东坡 北岭 南塘 柳溪 桃园 云峰 白鹤 龙潭 石桥 松林 清泉 马鞍 金竹 双河 "
    "新店 凤凰 大坪 高升 长滩 永乐 回龙 三合 梨树 黄泥 土门 天星 木瓜 水口 莲花 仙鹤 "
    "向阳 花园 茶店 古井 燕山 红岩 竹山 枫树 银杏 大树 麻柳 檀木 桥湾 复兴 平安 石梯 罗江 万家"
).split()
WORDS = (
    "小苗 晨光 彩虹 蓓蕾 童心 星星 向日葵 小雨点 七色花 春芽 快乐 蓝天 摇篮 金贝 小天使 "
    "苗苗 育英 博爱 未来 智慧树 小百合 阳光 亲亲 爱心 乐乐 小太阳 红黄蓝 新苗 童话 天真"
).split()


def numeral(number: int) -> str:
    """Write a number below 100 in Chinese."""
    tens, ones = divmod(number, 10)
    front = ("" if tens == 1 else DIGITS[tens - 1]) + "十" if tens else ""
    return front + (DIGITS[ones - 1] if ones else "")


def short_name(name: str) -> str:
    """Shorten an institution's name as other offices do."""
    if "第" not in name:
        return name.removeprefix("样例区")
    for long, short in (
        ("幼儿园", "幼"),
        ("初级中学", "初中"),
        ("高级中学", "高中"),
        ("小学", "小"),
        ("中学", "中"),
    ):
        if name.endswith(long):
            return name.replace("第", "").removesuffix(long) + short
    return name
