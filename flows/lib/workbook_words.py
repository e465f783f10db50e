"""The words, colours and columns of report.xlsx and of a trace on paper."""

WORDS = {
    "actual": "实际", "provisional": "暂定", "partial": "部分上报", "missing": "数据缺失",
    "not_applicable": "不涉及", "suppressed": "不公开(人数过少)", "withheld": "不得公开",
    "sum": "分子各行相加", "count": "计数", "count_distinct": "计数，同一对象只计一次",
    "ratio": "分子 ÷ 分母 × 乘数", "difference": "本期 − 上期", "weighted_mean": "加权平均",
    "growth": "（本期 − 上期）÷ 上期 × 乘数", "share_meeting": "达到要求的个数 ÷ 总个数 × 乘数",
    "entitlement": "逐校按人数和标准核定应拨额", "standard": "取当日有效的标准",
    "coefficient_of_variation": "差异系数：按在校生数加权的标准差 ÷ 平均数",
    "all_met": "各项全部达标方为达标", "standing": "长期", "attested": "部门认定",
    "statistical": "统计数据", "administrative": "行政记录", "total": "全区",
    "numerator": "分子", "denominator": "分母", "value": "数值", "input": "逐校依据",
    ">=": "≥", "<=": "≤", "=": "＝", ">= prior_year": "≥ 上年", ">= indicator": "≥ 对照指标",
}  # fmt: skip
HIDDEN = {"suppressed": "＊", "withheld": "不公开"}  # what stands in place of the number
GREEN, RED, AMBER, GREY = "#C6E7CE", "#F8C9C9", "#FFE3A3", "#E3E3E3"
FILLS = {
    "达标": GREEN, "未达标": RED, "数据缺失": RED, "无法判定": AMBER, "暂定": AMBER,
    "部分上报": AMBER, "标准待核": AMBER, "缺口": AMBER, "退回": AMBER, "放行": AMBER,
    "不适用": GREY, "无标准": GREY, "不涉及": GREY, "不公开(人数过少)": GREY, "不得公开": GREY,
    "不公开": GREY, "＊": GREY, "重算一致": GREEN, "重算不一致": RED, "未重算": AMBER,
}  # fmt: skip
GRAVE = ("未达标", "数据缺失", "无法判定", "重算不一致")
# How a reader is to take each state and judgement, in the order in which they are explained.
MEANINGS = {
    "实际": "应报的都已报送，计入的行全部合格。",
    "暂定": "有行因可疑被搁置，搁置的行可能属于这个数；印出时加“（暂定）”。",
    "部分上报": "应报单位只报了一部分；不判定是否达标，列出未报的单位。",
    "数据缺失": "所需来源没有有效的报送；不填 0，也不沿用上年。",
    "不涉及": "本区不举办这一学段。",
    "不公开(人数过少)": "涉及1至4人，或可由此推算出，一律不显示数字，印作“＊”。",
    "不得公开": "按规定不得公开。",
    "达标": "达到标准；暂定的数，搁置的行无论计入与否都达到才算。",
    "未达标": "没有达到标准。",
    "无法判定": "数据缺失、部分上报，或搁置的行足以改变结论。",
    "不适用": "不涉及的指标不判定。",
    "无标准": "这一指标没有须达到的标准。",
    "标准待核": "所用标准尚未与正式文件核对。",
}  # fmt: skip
COLUMNS: dict[str, dict[str, tuple[str, float]]] = {
    "指标": {
        "place": ("章节", 9), "label": ("图号", 7), "title": ("标题", 26),
        "text": ("印出文字", 15), "value": ("数值\n（单位见右列）", 16), "unit": ("单位", 11),
        "state": ("状态", 10), "judgement": ("判定", 9), "standard_value": ("标准值", 10),
        "margin": ("距标准", 13), "numerator": ("分子", 16), "denominator": ("分母", 12),
        "period": ("期间", 19), "reason": ("说明", 32),
    },
    "定义": {
        "label": ("图号", 7), "indicator_id": ("指标编号", 16), "title_zh": ("指标", 16),
        "definition_zh": ("定义", 28), "formula": ("计算方法", 20), "measures": ("分子与分母", 24),
        "population": ("口径", 18), "standard": ("标准", 22), "document": ("标准文件及文号", 20),
        "certainty": ("核实", 10), "basis": ("依据", 13), "owner_office": ("责任科室", 10),
    },
    "缺失与待核": {
        "label": ("图号", 8), "title": ("事项", 28), "state": ("状态", 18),
        "reason": ("说明", 52), "sources": ("缺失来源", 26), "units": ("已报/应报\n（单位数）", 11),
        "quarantined_rows": ("搁置\n（行）", 9), "quarantined_amount": ("搁置金额\n（元）", 16),
    },
    "来源": {
        "kind": ("类别", 7), "label": ("图号", 8), "title": ("名称", 27), "role": ("作用", 10),
        "source": ("来源表", 17), "period": ("期间", 19), "original_name": ("文件", 30),
        "sha256": ("sha256", 24), "rows_landed": ("计入\n（行）", 9),
        "rows_quarantined": ("搁置\n（行）", 8), "measure_sum": ("合计", 16),
        "owner_office": ("责任科室", 13),
    },
}  # fmt: skip
# What stands beside the sample mark of each sheet.
HINTS = {
    "指标": "点“图号”看定义，点“印出文字”看依据的文件，点“状态”看缺失与待核。",
    "定义": "点“图号”回到指标；一个指标在多处印出时，是最先的一处。",
    "缺失与待核": "不是“实际”的数，以及没有报送、退回的文件；点“图号”回到指标。",
    "来源": "先列收到的文件，后列每个数依据的文件；点“图号”回到指标。",
}
