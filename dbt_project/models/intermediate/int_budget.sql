-- One row per unit, project and economic class of the budget.
{{ register_fact('finance.budget', has_school=false) }}
