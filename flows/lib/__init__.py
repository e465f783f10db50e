"""Plain functions behind the flows, one short module per concern; none of them knows Prefect."""
