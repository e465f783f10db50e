"""What no contract may say, as it may come from somebody else: what reaches beyond its source."""

import re
from collections.abc import Mapping

from flows.common.errors import ZipingError
from flows.common.settings import Settings

NAME_OR_TYPE = re.compile(r"[a-z][a-z0-9_]*(\([0-9, ]+\))?")  # they are written into SQL
RESERVED_COLUMNS = ("district_code", "period")  # landing adds them to every table
# Words of the engines that no model could use as a column's name.
WORDS_OF_SQL = frozenset(
    """
    all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by
    case cast check collate collation column columns concurrently constraint create cross default
    deferrable desc describe distinct do else end except false fetch for foreign freeze from full
    generated glob group having ilike in initially inner intersect into is isnull join lambda
    lateral leading left like limit map natural not notnull null offset on only or order outer
    overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning
    right select semi show similar some struct summarize symmetric table tablesample then to
    trailing true try_cast tuple union unique unpack unpivot using variadic verbose when where
    window with
    """.split()
)
ONE_QUERY = re.compile(r"\s*(select|with)\b[^;]*", re.IGNORECASE)
# Texts and notes in a query, which hold no words of it; what is quoted as a name is one.
TEXTS_IN_SQL = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*(?!!).*?\*/", re.DOTALL)
# Texts and names in which other words could hide: $$text$$, E'text', U&"name".
OTHER_QUOTES = re.compile(r"\$\w*\$|\b(?:e'|u&)", re.IGNORECASE)
WRITING = re.compile(r'(?<![\w."])(insert|update|delete|merge|into)\b(?!")', re.IGNORECASE)
# The server's own files, settings, accounts and other servers; each engine names them in its way.
BEYOND = re.compile(
    r"\b(?:pg_\w+|lo_\w+|dblink\w*|\w+_to_xml\w*|xpath_table|set_config|current_setting|nextval|"
    r"setval|information_schema|sqlite_\w+|load_extension|readfile|writefile|fsdir|load_file|"
    r"sleep|benchmark|sys_\w+|xp_\w+|sp_\w+|openrowset|opendatasource|openquery|dbms_\w+|utl_\w+|"
    r"read_(?:csv|text|blob|json|parquet)\w*)\b",
    re.IGNORECASE,
)
OF_A_SOURCE = {"students_api_url", "students_api_token", "staffing_database_url"}
OWN_SETTINGS = Settings.__annotations__.keys() - OF_A_SOURCE


def check_name(name: str) -> str:
    """Refuse a name or a type that would be SQL."""
    if not NAME_OR_TYPE.fullmatch(name):
        raise ValueError(f"no name and no type: {name}; write it in small letters")
    return name


def check_column_name(name: str) -> str:
    """Refuse a name that no column of a table can have."""
    if name in RESERVED_COLUMNS:
        raise ValueError("every table has a column of this name: name it otherwise")
    if name in WORDS_OF_SQL:
        raise ValueError("the name is a word of SQL: name it otherwise")
    return check_name(name)


def check_file_pattern(pattern: str) -> str:
    """Refuse a path where a name in the inbox is asked for."""
    if "/" in pattern:
        raise ValueError(f"takes names in the inbox, no path: {pattern}")
    return pattern


def check_setting(name: str) -> str:
    """Refuse a setting that is not of a source."""
    if name in OWN_SETTINGS:
        raise ValueError("names a setting of ziping's own: name one for this source")
    return name


def check_query(sql: str) -> str:
    """Refuse a text that is not one query on the tables of its source."""
    plain = TEXTS_IN_SQL.sub(" ", sql)
    if not ONE_QUERY.fullmatch(plain):
        raise ValueError("must be one query, select or with, without a semicolon")
    if OTHER_QUOTES.search(sql):
        raise ValueError("must write texts in plain single quotes and names in plain letters")
    if found := WRITING.search(plain):
        raise ValueError(f"must be one query that writes nothing: it says {found[0]}")
    if found := BEYOND.search(plain):
        raise ValueError(
            f"must be one query on the tables of its source: {found[0]} reaches beyond them"
        )
    return sql


def check_settings(settings: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse a setting that two systems name, or one system for two ends: one is another's secret.

    `settings` holds by the name of each table which setting stands at which word of its pull.
    """
    users: dict[str, tuple[str, str, str]] = {}
    for table, named in sorted(settings.items()):
        for word, setting in named.items():
            system = table.split(".")[0]
            first, *use = users.setdefault(setting, (table, system, word))
            if use != [system, word]:
                raise ZipingError(
                    f"{table}: `pull.{word}` names the setting {setting}, which is the "
                    f"{use[1]} of {first}: name one of its own"
                )
