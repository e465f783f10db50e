"""The columns, hints and sheets of report.xlsx."""

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
