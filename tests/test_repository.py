"""What holds for all files, whoever writes them; the names of the tests are the rules."""

import ast
import csv
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot
import typer
import yaml
from sqlglot import exp

from flows.common.settings import Settings
from flows.contracts.loading import load_contracts
from flows.releases.fingerprint import CODE_FOLDERS
from flows.warehouse.build import dbt_environment, prepare_warehouse
from flows.warehouse.indicators import Definitions
from flows.warehouse.models import PUBLISHED, facts

ROOT = Path(__file__).resolve().parents[1]
DBT = ROOT / "dbt_project"
MODELS = sorted((DBT / "models").rglob("*.sql"))
MACROS = sorted((DBT / "macros").rglob("*.sql"))
# What one engine alone knows may stand in macros/engine/; everything else is searched.
PORTABLE = MODELS + [path for path in MACROS if path.parent.name != "engine"]
PREFECT_FILES = {
    f"flows/{name}.py" for name in ("nightly", "ingest", "transform", "validate", "publish")
}
# Packages that decide no figure: they print, draft what a person completes, or invent a district.
WITHOUT_FIGURES = {"cli", "onboarding", "sample", "what_if"}
REPORT_2023 = ("74489", "52841", "5729.81", "1208.9015", "56849", "73298")
MOST_LINES = 500
MOST_LINES_OF_TESTS = 500  # lists of cases, read one by one

FUNCTIONS_OF_ONE_ENGINE = """
    arg_max arg_min array avg collect_list collect_set concat date_add date_diff date_format
    date_trunc dateadd datediff explode from_json generate_series get_json_object group_concat
    json_extract json_extract_string list listagg median named_struct nfc_normalize quantile_cont
    range regexp_like regexp_matches regexp_replace sequence sha1 sha2 sha256 startswith
    starts_with strftime string_agg strpos strptime struct to_date unnest
""".split()
ONLY_ONE_ENGINE = re.compile(
    "|".join(
        (
            rf"\b({'|'.join(FUNCTIONS_OF_ONE_ENGINE)})\s*\(",
            r"\b(div|ignore nulls|interval|pivot|qualify|rlike|similar to|tablesample|unpivot)\b",
            r"\b(distinct on|by name|by all)\b|\* (exclude|replace)\b|\btrue =|= true\b",
            r"\bas (varchar|hugeint|integer|numeric|float|real|timestamp\w*)\b",
            r"\bcast\s*\([^()]* as text ?\)",
            r"\bdecimal\b(?!\s*\(\s*\d+\s*,\s*(\d+|j)\s*\))",  # j: a macro's argument
            r"/|::|->|, ?\)|, from\b",  # quotients come from ratio alone
            r'[\[\]{}"`]|[一-鿿]',
        )
    )
)
CLOCK = (
    r"\b(current_date|current_time|current_timestamp|localtime|localtimestamp|getdate|sysdate"
    r"|run_started_at|modules\.datetime)\b|\b(now|today)\s*\("
)


def _none(found: Iterable[str]) -> None:
    """Expect nothing, and say all that was found."""
    if shown := sorted(found):
        pytest.fail("\n".join(shown), pytrace=False)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _files(*places: str, suffixes: tuple[str, ...] = ()) -> list[Path]:
    """List the files of the project below some folders, without what tools leave there."""
    found = []
    for place in places:
        for folder, folders, names in os.walk(ROOT / place):
            folders[:] = [name for name in folders if name not in {"target", "logs", "__pycache__"}]
            found += [Path(folder) / name for name in names]
    return sorted(path for path in found if not suffixes or path.suffix in suffixes)


def _without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}|--[^\n]*", " ", text, flags=re.DOTALL)


def test_a_join_by_file_names_its_period_too() -> None:
    """The same bytes may be two periods: a live list that answers alike for both of two years."""
    joins = [
        (path, join)
        for path in _files("dbt_project/tests", suffixes=(".sql",))
        for join in re.split(r"\b(?:join|where|group by|union all)\b", _text(path))
        if "._file_id = " in join
    ]
    assert len(joins) > 10
    _none(_name(path) for path, join in joins if not re.search(r"\.(?:year|period)\b", join))


def _only_one_engine(text: str) -> list[str]:
    """Find what one engine alone knows outside of comments, Jinja and text literals."""
    sql = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " j ", _without_comments(text), flags=re.DOTALL)
    sql = re.sub(r"'(?:[^']|'')*'", "''", sql).lower()
    return [match[0] for match in ONLY_ONE_ENGINE.finditer(" ".join(sql.split()))]


def _yaml_models(folder: str) -> Iterator[dict[str, Any]]:
    for path in sorted((DBT / "models" / folder).rglob("*.yml")):
        yield from yaml.safe_load(_text(path)).get("models", [])


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What dbt compiled, over a build database in which nothing has landed."""
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("house_rules")
    build, target = folder / "build.duckdb", folder / "target"
    prepare_warehouse(build, load_contracts(), [], Settings(), [2023])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in dbt_environment(build, target).items():
            patch.setenv(name, value)
        patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
        result = dbtRunner().invoke(
            ["--quiet", "compile", "--project-dir", str(DBT), "--profiles-dir", str(DBT)]
        )
    assert result.success, result.exception
    compiled: dict[str, Any] = json.loads(_text(target / "manifest.json"))
    return compiled


@pytest.fixture(scope="session")
def nodes(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The compiled models by name."""
    return Definitions(manifest).models


def test_a_figure_needs_what_the_sql_behind_it_reads(manifest: dict[str, Any]) -> None:
    """The tables in the compiled SQL, followed down, against the lineage that dbt says."""
    definitions = Definitions(manifest)

    def landed_behind(name: str) -> set[str]:
        model = definitions.models[name]
        tables = list(
            sqlglot.parse_one(model["compiled_code"], dialect="duckdb").find_all(exp.Table)
        )
        found = {
            t.name.replace("__", ".", 1) for t in tables if t.db == "landing" and "__" in t.name
        }
        for table in tables:
            if table.db not in ("", "landing", "seeds"):
                found |= landed_behind(table.name)
        return found - {*model["meta"].get("asks_only", ())}

    asked = 0
    for indicator in definitions.indicators.values():
        for _, fact, measure in definitions.measures_of(indicator):
            described = definitions.models[fact]["columns"].get(measure, {"meta": {}})["meta"]
            without = described.get("measure", {}).get("without", ())
            assert {*definitions.needs_of(fact, measure), *without} == landed_behind(fact), fact
            asked += 1
    assert asked > 100


def test_every_fact_and_published_table_has_a_key_test(manifest: dict[str, Any]) -> None:
    """Asked of the compiled SQL of the test, in which the lists of the macros are written out."""
    sql = manifest["nodes"]["test.ziping.keys_are_unique"]["compiled_code"]
    asked = set(re.findall(r"'(\w+)' as model", sql))
    assert len(facts()) > 40
    _none({*facts(), *PUBLISHED} - asked)


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
@pytest.mark.parametrize("model", [path.stem for path in MODELS])
def test_a_compiled_model_is_sql_for_both_engines(
    nodes: dict[str, dict[str, Any]], model: str, dialect: str
) -> None:
    sql = nodes[model]["compiled_code"]
    if dialect == "spark":
        sql = sql.replace("//", "div")  # comes from macros/engine/ alone, as the next test proves
    assert isinstance(sqlglot.parse_one(sql, dialect=dialect), exp.Query)


@pytest.mark.parametrize("path", PORTABLE, ids=_name)
def test_no_sql_that_only_one_engine_knows(path: Path) -> None:
    _none(_only_one_engine(_text(path)))


@pytest.mark.parametrize(
    ("sql", "is_found"),
    [
        ("select * exclude (a) from t", True),
        ("select a, from t", True),
        ("select cast(a as varchar) from t", True),
        ("select cast(a as text) from t", True),
        ("with x as (select a as text) select text from x", False),
        ("select cast(a as decimal) from t", True),
        ("select cast(a as decimal(38, 2)) from t", False),
        ("select a / b from t", True),
        ("select {{ ratio('a', 'b') }} as r from t -- a / b", False),
        ("select 'a/b 中' as \"c\" from t", True),
        ("select 'a/b 中' as c from t where exists (select 1) union all select 1", False),
        ("select 甲 from t", True),
        ("select [1, 2] as a", True),
        ("select a::int from t", True),
    ],
)
def test_the_search_finds_what_it_should(sql: str, is_found: bool) -> None:
    assert bool(_only_one_engine(sql)) is is_found


@pytest.mark.parametrize("path", MODELS + MACROS, ids=_name)
def test_no_model_and_no_macro_asks_the_clock(path: Path) -> None:
    _none(match[0] for match in re.finditer(CLOCK, _without_comments(_text(path)).lower()))


def test_every_model_has_a_yaml_of_its_name() -> None:
    missing = []
    for path in MODELS:
        described = path.with_suffix(".yml")
        models = yaml.safe_load(_text(described))["models"] if described.exists() else []
        if [model["name"] for model in models] != [path.stem]:
            missing.append(_name(described))
    _none(missing)


def test_marts_and_published_tables_have_an_enforced_contract(
    nodes: dict[str, dict[str, Any]],
) -> None:
    names = [*PUBLISHED, *(path.stem for path in MODELS if path.parent.name == "marts")]
    _none(name for name in names if not nodes[name]["config"]["contract"]["enforced"])


def test_no_published_column_is_a_double() -> None:
    doubles = [
        f"{model['name']}.{column['name']}"
        for model in _yaml_models("report")
        for column in model.get("columns", [])
        if re.match(r"(?i)(double|float|real)", str(column.get("data_type", "")))
    ]
    _none(doubles)


def test_seeds_declare_the_type_of_every_column() -> None:
    declared = {
        seed["name"]: set(seed["config"]["column_types"])
        for path in (DBT / "seeds").rglob("*.yml")
        for seed in yaml.safe_load(_text(path))["seeds"]
    }
    columns = {}
    for path in (DBT / "seeds").rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            columns[path.stem] = set(next(csv.reader(stream)))
    assert declared == columns


def test_only_the_flows_import_prefect() -> None:
    importing = set()
    for path in _files("flows", suffixes=(".py",)):
        for node in ast.walk(ast.parse(_text(path))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            if any(name.split(".")[0] in {"prefect", "prefect_dbt"} for name in names):
                importing.add(_name(path))
    _none(importing - PREFECT_FILES)


def test_no_test_loads_prefect_before_its_server_is_there() -> None:
    """Prefect reads once, as it is imported, where its server is; all tests are imported first."""
    flows = {path.stem for path in (ROOT / "flows").glob("*.py")} - {"__init__"}
    unwanted = {"prefect", *(f"flows.{flow}" for flow in flows)}
    early = set()
    for path in _files("tests", suffixes=(".py",)):
        for node in ast.parse(_text(path)).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            if any(name in unwanted or name.startswith("prefect.") for name in names):
                early.add(_name(path))
    _none(early)


def test_every_package_that_decides_a_figure_makes_another_release_when_it_is_edited() -> None:
    packages = {path.parent.name for path in (ROOT / "flows").glob("*/__init__.py")}
    hashed = {place.removeprefix("flows/") for place in CODE_FOLDERS if place.startswith("flows/")}
    assert hashed == packages - WITHOUT_FIGURES
    _none(place for place in CODE_FOLDERS if not (ROOT / place).is_dir())


def test_every_package_says_what_it_is_for_and_exports_nothing() -> None:
    for path in (ROOT / "flows").rglob("__init__.py"):
        if path.is_relative_to(ROOT / "flows" / "sample"):
            continue
        body = ast.parse(_text(path)).body
        assert len(body) == 1, path
        said = ast.get_docstring(ast.Module(body, [])) or ""
        assert said, path
        if (first := re.search(r"Begin with (\S+)\.$", said)) is None:
            assert path.parent == ROOT / "flows", path
            continue
        assert (path.parent / first[1]).is_file(), path
        assert len(said.splitlines()) <= 3, path


def test_no_figure_of_the_report_stands_in_the_pipeline() -> None:
    written = "|".join(
        re.escape(form)
        for figure in REPORT_2023
        for form in (figure, f"{float(figure):,}".removesuffix(".0"))
    )
    pattern = re.compile(rf"(?<![0-9.])({written})(?![0-9])")
    found = [
        f"{_name(path)}: {match[0]}"
        for path in _files("flows", "dbt_project", "expectations")
        if _name(path) != "flows/sample/targets.csv"
        for match in pattern.finditer(re.sub(r"(?<=\d)_(?=\d)", "", _text(path)))
    ]
    _none(found)


def test_nothing_is_left_undone() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    places = [*_files("flows", "dbt_project", "expectations", "tests", ".ci"), ROOT / "Makefile"]
    found = [
        _name(path)
        for path in places
        if path != Path(__file__).resolve() and unfinished.search(_text(path))
    ]
    _none(found)


def test_no_file_is_too_long_to_read() -> None:
    files = _files(
        "flows", "tests", "dbt_project", "expectations", suffixes=(".py", ".sql", ".yml")
    )
    lines = {_name(path): len(_text(path).splitlines()) for path in files}
    _none(
        f"{name}: {count} lines"
        for name, count in lines.items()
        if count >= (MOST_LINES_OF_TESTS if name.startswith("tests/") else MOST_LINES)
    )


def _readme_code() -> list[str]:
    """List the lines of the code blocks, without remarks, and the code spans of the README."""
    text = _text(ROOT / "README.md")
    fence = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", flags=re.DOTALL | re.MULTILINE)
    lines = [line.split("#")[0] for block in fence.findall(text) for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", fence.sub("", text))


def test_every_command_in_the_readme_exists() -> None:
    from flows.cli.main import app

    commands = typer.main.get_command(app).commands
    unknown = []
    for line in _readme_code():
        for command, rest in re.findall(r"\bziping ([a-z][a-z-]*)([^|;&#]*)", line):
            options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", rest)) - {"--help"}
            found = commands.get(command)
            below = getattr(found, "commands", {})
            if (word := next(iter(rest.split()), "")) and not word.startswith("-"):
                found = below.get(word, None if below else found)
            known = {option for param in getattr(found, "params", ()) for option in param.opts}
            if found is None or options - known:
                unknown.append(line)
    _none(unknown)


def test_help_lists_every_command_in_the_order_in_which_a_newcomer_needs_them() -> None:
    from flows.cli.main import ORDER, app

    assert typer.main.get_command(app).list_commands(None) == list(ORDER)


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", _text(ROOT / "Makefile"), re.MULTILINE))
    named = {name for line in _readme_code() for name in re.findall(r"\bmake ([a-z]+)", line)}
    _none(named - targets)
    assert {"setup", "run", "test"} <= targets


def test_what_an_indicator_rests_on_is_never_deeper_than_two() -> None:
    components: dict[str, list[str]] = {}
    for model in _yaml_models("marts"):
        for column in model["columns"]:
            base = column.get("config", {}).get("meta", {}).get("indicator")
            if base is None:
                continue
            components[base["id"]] = []
            for derived in base.get("derived", []):
                components[derived["id"]] = derived.get("of", [base["id"]])
    _none(
        name
        for name, parts in components.items()
        for part in parts
        for second in components[part]
        if components[second]
    )
