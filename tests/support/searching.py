"""Searching files for the ids of persons, in whatever form a file may hold them."""

import base64
import hashlib
import io
import json
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.common.settings import CHECKOUT, Workspace

# Every id of a sample has the unassigned area code, or is a staff number.
TOKEN = re.compile(rb"519900[0-9]{11}[0-9Xx]|[Ss][Yy][0-9]{6}")
HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{32,}")
TO_HALF_WIDTH = {code + 0xFEE0: code for code in range(0x21, 0x7F)}
WIDE_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
WIDE_BEGINNINGS = [
    "".join(chr(ord(sign) + 0xFEE0) for sign in beginning).encode(encoding)
    for beginning in ("519900", "SY", "sy", "Sy", "sY")
    for encoding in WIDE_ENCODINGS
]
DIGESTS = {"md5": 32, "sha1": 40, "sha256": 64}


class Persons:
    """The ids of a sample's persons, and what would give them away."""

    def __init__(self, ids: Iterable[str]) -> None:
        """Take the ids as the systems write them."""
        self.ids = {id_.upper() for id_ in ids}
        self.plain = {id_.removeprefix("G") for id_ in self.ids}
        forms = self.ids | self.plain | {id_.lower() for id_ in self.ids}
        self.hashed = {
            hashlib.new(name, form.encode()).hexdigest() for form in forms for name in DIGESTS
        }

    def in_ascii(self, content: bytes) -> Iterator[str]:
        """Find ids, plain or as an unkeyed hash, and say of each how it stands there."""
        place = 0
        while found := TOKEN.search(content, place):
            place = found.start() + 1  # what looks like an id may begin within another
            if (token := found[0].decode().upper()) in self.plain:
                yield f"plain {token}"
        for found in HEXADECIMAL.finditer(content):
            run = found[0].decode().lower()
            for length in DIGESTS.values():
                for start in range(len(run) - length + 1):
                    if run[start : start + length] in self.hashed:
                        yield f"hash {run[start : start + length]}"

    def in_bytes(self, content: bytes) -> Iterator[str]:
        """Search bytes as ASCII, UTF-8, GB18030 and UTF-16 of either order."""
        yield from self.in_ascii(content)
        if b"\0" in content:  # UTF-16 writes an id's signs with zeros between them
            yield from self.in_ascii(content.replace(b"\0", b""))
        if any(beginning in content for beginning in WIDE_BEGINNINGS):
            for encoding in WIDE_ENCODINGS:
                for start in (0, 1):
                    text = content[start:].decode(encoding, "ignore").translate(TO_HALF_WIDTH)
                    yield from self.in_ascii(text.encode("ascii", "ignore"))


def ids_of_sample(workspace: Path) -> Persons:
    """List the ids of all pupils and staff of a sample's systems."""
    sample = workspace / "raw" / "sample"
    found: set[str] = set()
    for path in sample.glob("students-*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            found.add("".join(json.loads(line)["XJH"].split()))
    with closing(sqlite3.connect(f"file:{sample / 'staffing.sqlite'}?mode=ro", uri=True)) as staff:
        for row in staff.execute("select gh, sfzjh from jzg"):
            found |= {str(cell) for cell in row if cell}
    return Persons(found)


def contents_of(path: Path) -> Iterator[bytes]:
    """Give a file's bytes, and what is packed in it unpacked, by what the file is."""
    content = path.read_bytes()
    yield content
    if content.startswith(b"PAR1"):
        yield _of_parquet(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode() + b"\n" + archive.read(name)
    elif content.startswith(b"SQLite format 3"):
        yield _of_sqlite(path)
    elif content[8:12] == b"DUCK":
        yield _of_duckdb(path)


def _of_parquet(content: bytes) -> bytes:
    table = pq.read_table(io.BytesIO(content))
    texts = []
    for column in table.columns:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
            texts += [str(value) for value in column.unique().to_pylist()]
    return "\n".join(texts).encode()


def _of_sqlite(path: Path) -> bytes:
    # With its journal, and whole though others write to it meanwhile.
    address = f"file:{quote(str(path))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as own, closing(sqlite3.connect("")) as copy:
        own.backup(copy)
        copy.text_factory = lambda text: text.decode("utf-8", "replace")
        return "\n".join(copy.iterdump()).encode("utf-8", "replace")


def _of_duckdb(path: Path) -> bytes:
    texts = []
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(path, folder)
        with duckdb.connect(copy) as connection:
            columns = connection.execute(
                "select schema_name, table_name, column_name from duckdb_columns() "
                "semi join duckdb_tables() using (schema_name, table_name)"
            ).fetchall()
            for schema, table, column in columns:
                query = f'select distinct "{column}"::varchar from "{schema}"."{table}"'
                texts += [row[0] for row in connection.execute(query).fetchall() if row[0]]
    return "\n".join(texts).encode()


def files_below(*roots: Path, without: Iterable[Path] = ()) -> Iterator[Path]:
    """List the files below some folders, but for those below others."""
    left_out = tuple(without)
    for root in roots:
        for path in sorted(root.rglob("*")):
            is_left_out = any(path.is_relative_to(folder) for folder in left_out)
            if path.is_file() and not path.is_symlink() and not is_left_out:
                yield path


def persons_found(persons: Persons, paths: Iterable[Path]) -> list[str]:
    """Say which files give a person away, and how."""
    found = []
    for path in paths:
        for content in contents_of(path):
            if how := next(persons.in_bytes(content), None):
                found.append(f"{path}: {how}")
                break
    return found


def text_found(wanted: Iterable[str], paths: Iterable[Path]) -> list[str]:
    """Say which files hold one of some texts, in whatever encoding of ASCII, or packed."""
    needles = [text.encode() for text in wanted]
    found = []
    for path in paths:
        for content in contents_of(path):
            without_zeros = content.replace(b"\0", b"")
            found += [
                f"{path}: {needle.decode()[:12]}…"
                for needle in needles
                if needle in content or needle in without_zeros
            ]
    return found


def raw_of(workspace: Workspace) -> Path:
    return workspace.root / "raw"


def written_by(workspace: Workspace, *more: Path) -> list[Path]:
    """List every file of a workspace outside raw/, and those below other folders."""
    found = list(files_below(workspace.root, *more, without=[raw_of(workspace)]))
    assert {"report_values.parquet", "report.xlsx", "report.duckdb", "gates.html", "build.duckdb",
            "rows.parquet", "quarantine.parquet"} <= {path.name for path in found}  # fmt: skip
    return found


def left_in_the_checkout(workspace: Workspace) -> list[Path]:
    """List what was written into the checkout since a workspace was made (dbt's logs and such)."""
    since = workspace.key_file.stat().st_mtime
    left_out = (".git", ".venv", ".pytest_cache", ".hypothesis", "raw", "tests", "flows")
    without = [CHECKOUT / name for name in left_out]
    return [
        path for path in files_below(CHECKOUT, without=without) if path.stat().st_mtime >= since
    ]


def secrets_of(workspace: Workspace, *tokens: str) -> list[str]:
    """List what is secret, the key in every form in which a program might write it."""
    key = workspace.key_file.read_text("ascii").strip()
    plain = bytes.fromhex(key)
    forms = [key, key.upper(), base64.b64encode(plain), base64.urlsafe_b64encode(plain),
             base64.b64encode(key.encode()), str(plain)[2:-1], str(list(plain))[1:-1]]  # fmt: skip
    texts = [form if isinstance(form, str) else form.decode().rstrip("=") for form in forms]
    return [*texts, *tokens]
