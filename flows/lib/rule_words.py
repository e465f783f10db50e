"""What the rules are called in Chinese, for the offices that read of them."""

RULE_TITLES = {
    "exact_duplicate": "完全重复的行",
    "unreadable_cell": "单元格读不出",
    "unreadable_file": "文件读不出",
    "required_column": "缺少列",
    "quarantine_limit": "搁置的行过多",
    "own_total": "与合计不符",
    "totals_row_missing": "没有合计行",
    "expect_column_values_to_not_be_null": "不得为空",
    "expect_column_values_to_be_null": "此种情形不得出现",
    "expect_column_values_to_be_unique": "不得重复",
    "expect_compound_columns_to_be_unique": "组合不得重复",
    "expect_column_values_to_be_in_set": "只能取约定的值",
    "expect_column_values_to_not_be_in_set": "不得取这些值",
    "expect_column_values_to_match_regex": "写法须合格式",
    "expect_column_values_to_not_match_regex": "写法不合格式",
    "expect_column_values_to_be_between": "须在范围之内",
    "expect_column_value_lengths_to_equal": "长度须一致",
    "expect_column_value_lengths_to_be_between": "长度须在范围之内",
    "expect_column_pair_values_to_be_equal": "两列须相等",
    "expect_column_pair_values_a_to_be_greater_than_b": "前一列须大于后一列",
}
