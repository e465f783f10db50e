"""The words, colours and columns of report.xlsx."""

WORDS = {
    "actual": "实际", "provisional": "暂定", "partial": "部分上报", "missing": "数据缺失",
    "not_applicable": "不涉及", "suppressed": "不公开(人数过少)", "withheld": "不得公开",
    "sum": "分子各行相加", "count": "计数", "count_distinct": "计数，同一对象只计一次",
    "ratio": "分子 ÷ 分母 × 乘数", "difference": "本期 − 上期", "weighted_mean": "加权平均",
    "growth": "（本期 − 上期）÷ 上期 × 乘数", "share_meeting": "达到要求的个数 ÷ 总个数 × 乘数",
    "entitlement": "逐校按人数和标准核定应拨额", "standard": "取当日有效的标准",
    "coefficient_of_variation": "差异系数：按在校生数加权的标准差 ÷ 平均数",
    "all_met": "各项全部达标方为达标", "standing": "长期", "attested": "部门认定",
    "statistical": "统计数据", "administrative": "行政记录",
    "numerator": "分子", "denominator": "分母", "input": "逐校依据",
    ">=": "≥", "<=": "≤", "=": "＝", ">= prior_year": "≥ 上年", ">= indicator": "≥ 对照指标",
}  # fmt: skip
GREEN, RED, AMBER, GREY = "#C6E7CE", "#F8C9C9", "#FFE3A3", "#E3E3E3"
FILLS = {
    "达标": GREEN, "未达标": RED, "数据缺失": RED, "无法判定": AMBER, "暂定": AMBER,
    "部分上报": AMBER, "标准待核": AMBER, "缺口": AMBER, "退回": AMBER, "不适用": GREY,
    "无标准": GREY, "不涉及": GREY, "不公开(人数过少)": GREY, "不得公开": GREY, "不公开": GREY,
    "＊": GREY,
}  # fmt: skip
COLUMNS: dict[str, dict[str, tuple[str, float]]] = {
    "指标": {
        "place": ("章节", 9), "label": ("图号", 8), "title": ("标题", 25),
        "text": ("印出文字", 17), "value": ("数值", 16), "unit": ("单位", 11),
        "state": ("状态", 10), "judgement": ("判定", 9), "standard_value": ("标准值", 10),
        "margin": ("距标准", 13), "numerator": ("分子", 16), "denominator": ("分母", 13),
        "period": ("期间", 17), "population": ("口径", 28), "reason": ("说明", 22),
    },
    "定义": {
        "indicator_id": ("指标编号", 16), "title_zh": ("指标", 15), "formula": ("计算方法", 20),
        "numerator": ("分子", 18), "denominator": ("分母", 18), "multiplier": ("乘数", 7),
        "population": ("口径", 20), "standard": ("标准", 23), "document": ("标准文件及文号", 21),
        "certainty": ("核实", 9), "basis": ("依据", 13), "owner_office": ("责任科室", 10),
        "data_class": ("数据类别", 10), "definition_zh": ("定义", 26),
        "definition_version": ("定义版本", 10),
    },
    "缺失与待核": {
        "label": ("图号", 8), "title": ("事项", 28), "state": ("状态", 18),
        "reason": ("说明", 56), "sources": ("缺失来源", 26), "units": ("已报/应报", 11),
        "quarantined_rows": ("搁置行数", 10), "quarantined_amount": ("搁置金额", 16),
    },
    "来源": {
        "kind": ("类别", 7), "source": ("来源表", 22), "label": ("图号", 8), "title": ("名称", 26),
        "role": ("作用", 10), "period": ("期间", 17), "original_name": ("文件", 30),
        "sha256": ("sha256", 42), "rows_landed": ("行数", 9), "rows_quarantined": ("搁置行数", 10),
        "measure_sum": ("合计", 16), "owner_office": ("责任科室", 13),
    },
}  # fmt: skip
