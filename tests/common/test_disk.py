"""Disks that fail: full, read-only, gone, refusing; the sentence that says so, and what is left."""

import contextlib
import errno
import io
import itertools
import os
import re
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faults_disk import NAMESPACE, REFUSING, can_mount
from faults_disk import night as night_apart
from nights import (
    YEAR,
    Said,
    current,
    last_record,
    names_of_releases,
    night,
    raise_funds,
    value,
)

from flows.common.disk import (
    describe_disk_error,
    describe_lacking_room,
    translate_disk_errors,
)
from flows.common.errors import ZipingError
from flows.common.files import build_folder, switch_link, write_durably
from flows.common.lock import take_lock
from flows.common.settings import CHECKOUT, Workspace
from flows.contracts.delivery import Delivery, LandedFile
from flows.extract.raw_store import Store
from flows.releases.release import year_folder
from flows.runs.person_key import make_person_key

NOBODY = 65534
NO_MOUNT = can_mount()
with_disks = pytest.mark.skipif(NO_MOUNT is not None, reason=str(NO_MOUNT))
as_two_users = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the kernel refuse whatever makes a file larger than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def refusing(monkeypatch: pytest.MonkeyPatch, call: str, number: int, code: int) -> Iterator[None]:
    """Let the n-th call of the system's of a name fail, as a disk makes it fail."""
    real, count = getattr(os, call), iter(range(1, 1_000_000))

    def refuse(*arguments: object, **named: object) -> object:
        if next(count) == number:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        yield


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def write_parquet(folder: Path) -> None:
    pq.write_table(pa.table({"a": os.urandom(100_000).hex().split("0")}), folder / "a.parquet")


def write_duckdb(folder: Path) -> None:
    with duckdb.connect(str(folder / "a.duckdb")) as connection:
        connection.execute("create table a as select random() as a from range(100000)")


def write_csv(folder: Path) -> None:
    with duckdb.connect() as connection:
        target = folder / "a.csv"
        connection.execute(f"copy (select random() from range(100000)) to '{target}'")


def write_plainly(folder: Path) -> None:
    (folder / "a").write_bytes(bytes(1_000_000))


WRITERS = [write_parquet, write_duckdb, write_csv, write_plainly]


@pytest.mark.parametrize("write", WRITERS)
def test_whatever_writes_a_refusal_is_told_by_folder_and_leaves_nothing(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    with largest_file(100_000), pytest.raises(Exception, match=r"large|full|error") as raised:
        build_folder(tmp_path / "release", write)
    sentence = describe_disk_error(raised.value, tmp_path)
    assert sentence is not None
    assert sentence.startswith(str(tmp_path))
    assert sentence.endswith(": File too large: raise the limit (ulimit -f), then run again")
    assert files_below(tmp_path) == []


PLACES = os.pathsep.join(
    f"{CHECKOUT}{place}" for place in ("", "/tests/support", "/tests/faults", "/tests/common")
)
FULL = """if True:
    import sys; from pathlib import Path; import test_disk; place = Path(sys.argv[1])
    for write in test_disk.WRITERS:
        try: test_disk.build_folder(place / 'release', write)
        except Exception as error: print(test_disk.describe_disk_error(error, place))
    print(test_disk.files_below(place))
"""


@with_disks
def test_whatever_writes_a_full_disk_is_told_with_what_is_free(tmp_path: Path) -> None:
    *said, left = on_a_disk(tmp_path, "size=60k,nr_inodes=50", FULL).splitlines()
    assert len(said) == len(WRITERS)
    for sentence in said:
        assert sentence.startswith(str(tmp_path))
        assert sentence.endswith(
            ": No space left on device (0.1 MB free): make room there, then run again"
        )
    assert left == "[]"


def on_a_disk(place: Path, options: str, code: str, *arguments: str, then: str = "true") -> str:
    """Run code with a small disk mounted at a place, which is gone afterwards."""
    script = f'mount -t tmpfs -o {options} none "$1" && {then} && exec "$0" -c "$2" "$1" "${{@:3}}"'
    done = subprocess.run(
        [*NAMESPACE, "bash", "-c", script, sys.executable, str(place), code, *arguments],
        capture_output=True, text=True, check=False, timeout=120, cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": PLACES},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(1, 5))
def test_a_folder_that_is_not_surely_on_the_disk_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fill(folder: Path) -> None:
        (folder / "a").write_bytes(b"a")
        (folder / "b").write_bytes(b"b")

    with (
        refusing(monkeypatch, "fsync", number, errno.EIO),
        pytest.raises(OSError, match="Input/output error") as raised,
    ):
        build_folder(tmp_path / "release", fill)
    assert str(tmp_path) in str(raised.value.filename)
    assert list(tmp_path.iterdir()) == []
    build_folder(tmp_path / "release", fill)
    assert files_below(tmp_path) == ["release/a", "release/b"]


@pytest.mark.parametrize(("call", "number"), [("fsync", 1), ("rename", 1), ("open", 1)])
def test_a_file_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    write_durably(tmp_path / "a", b"old")
    with refusing(monkeypatch, call, number, errno.ENOSPC), pytest.raises(OSError, match="space"):
        write_durably(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert files_below(tmp_path) == ["a"]


def test_a_link_that_cannot_be_switched_stays_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_link(tmp_path / "current", "old")
    with refusing(monkeypatch, "replace", 1, errno.ENOSPC), pytest.raises(OSError, match="space"):
        switch_link(tmp_path / "current", "new")
    assert [str(path.readlink()) for path in tmp_path.iterdir()] == ["old"]


def record(store: Store, name: str) -> Delivery:
    file = LandedFile("0" * 64, 1, name)
    return store.record(
        Delivery(
            "finance.payments", "519900", "2023", (file,), "2024-01-01T00:00:00+00:00", "inbox"
        )
    )


@pytest.mark.parametrize("call", ["fsync", "write"])
def test_a_line_of_the_manifest_is_there_whole_or_was_not_received(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    store = Store(tmp_path / "landed")
    store.keep(io.BytesIO(b"a"), "a.csv")
    first = record(store, "a.csv")
    size = store.manifest.stat().st_size
    fault = largest_file(size + 30) if call == "write" else refusing(monkeypatch, call, 1, 5)
    with fault, pytest.raises(OSError, match=r"manifest\.jsonl"):
        record(store, "b.csv")
    assert store.manifest.stat().st_size == size
    second = record(store, "b.csv")
    assert store.deliveries() == [first, second]


def test_bytes_that_find_no_room_are_not_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "landed")
    with largest_file(100_000), pytest.raises(OSError, match="too large") as raised:
        store.keep(io.BytesIO(bytes(200_000)), "a.csv")
    assert str(raised.value.filename).startswith(str(store.folder))
    assert files_below(tmp_path) == []


def test_a_disk_that_is_not_mounted_is_named(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.warehouse.symlink_to("/mnt/away")
    with pytest.raises(ZipingError, match="leads to /mnt/away, which is not there: mount"):
        take_lock(workspace)


@as_two_users
def test_another_user_s_workspace_is_refused_with_a_sentence(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    workspace.warehouse.mkdir(parents=True)
    for folder in (tmp_path, *tmp_path.parents):
        if folder == tmp_path or folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(0o755)
    os.seteuid(NOBODY)
    try:
        with (
            pytest.raises(ZipingError, match=r"/w/warehouse.*: Permission denied: give it to"),
            translate_disk_errors(workspace),
        ):
            (workspace.warehouse / "a").write_bytes(b"")
    finally:
        os.seteuid(0)


ROOM = """if True:
    import sys; from pathlib import Path; from flows.common.settings import Workspace
    from flows.common.disk import describe_lacking_room
    print(describe_lacking_room(Workspace(Path(sys.argv[2])), int(sys.argv[3])))
"""


@with_disks
def test_a_night_that_would_not_find_room_is_told_in_numbers(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    for folder in (workspace.warehouse, workspace.landed, workspace.inbox):
        folder.mkdir(parents=True)
    root = str(tmp_path)
    assert on_a_disk(workspace.warehouse, "size=4m", ROOM, root, "0") == (
        f"{workspace.warehouse} has 4.0 MB free and a night needs about 40.0 MB: make room for "
        "36.0 MB there\n"
    )
    assert on_a_disk(workspace.warehouse, "size=64m", ROOM, root, "0") == "None\n"
    said = on_a_disk(workspace.landed, "size=1m", ROOM, root, str(5 << 20))
    assert said.startswith(f"{workspace.landed} has 1.0 MB free and a night needs about 5.0 MB")


def test_the_old_build_counts_as_room_and_a_last_release_as_need(tmp_path: Path) -> None:
    assert describe_lacking_room(Workspace(tmp_path), 0) is None
    need = shutil.disk_usage(tmp_path).free + (1 << 30)
    release = tmp_path / "warehouse" / "releases" / "2023" / "00001-0"
    release.mkdir(parents=True)
    with (release / "report.duckdb").open("wb") as file:
        file.truncate(need)  # holes: it takes no room
    sentence = describe_lacking_room(Workspace(tmp_path), 0)
    assert sentence is not None
    assert sentence.startswith(f"{tmp_path}/warehouse has ")
    lacks = float(sentence.split("make room for ")[1].split(" MB")[0].replace(",", ""))
    assert lacks == pytest.approx(1024 + 36, abs=64)  # what others write meanwhile
    workspace = Workspace(tmp_path)
    with workspace.build.open("wb") as file:
        file.truncate(1 << 30)
    sentence = describe_lacking_room(workspace, 0)
    assert sentence is not None
    counted = float(sentence.split("make room for ")[1].split(" MB")[0].replace(",", ""))
    assert counted == pytest.approx(1024 + 12, abs=64)


def test_a_full_disk_gets_the_build_s_room_back_and_other_errors_pass(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.warehouse.mkdir()
    workspace.build.write_bytes(b"tables")
    with pytest.raises(KeyError), translate_disk_errors(workspace):
        raise KeyError("another")
    assert workspace.build.exists()
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(workspace.warehouse / "a"))
    with pytest.raises(ZipingError) as told, translate_disk_errors(workspace):
        raise full
    assert str(told.value).startswith(f"{workspace.warehouse}/a: No space left on device (")
    assert str(told.value).endswith(" free): make room there, then run again")
    assert not workspace.build.exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_key_is_the_owner_s_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        key = make_person_key(Workspace(tmp_path))
        Store(tmp_path / "raw" / "landed").keep(io.BytesIO(b"a"), "a.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "raw" / "landed").stat().st_mode) == 0o700


@contextlib.contextmanager
def refusing_names(
    monkeypatch: pytest.MonkeyPatch, call: str, name: str, after: int
) -> Iterator[None]:
    """Let a call of the system's fail for files of one name, but for the first ones."""
    real, seen = getattr(os, call), itertools.count(1)

    def refuse(*arguments: object, **named: object) -> object:
        if str(arguments[-1]).endswith(name) and next(seen) > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), arguments[0])
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        yield


def what_lies_there(workspace: Workspace) -> list[str]:
    """List a workspace without the records of its nights and what Prefect empties each night."""
    own = ("warehouse/runs/", "warehouse/prefect/")
    return [name for name in files_below(workspace.root) if not name.startswith(own)]


@pytest.mark.slow
def test_a_night_goes_on_where_the_disk_stopped_it_and_nothing_piles_up(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, said: Said, tmp_path: Path
) -> None:
    before, funds = current(workspace), value(workspace, "education_funds")["value"]
    raise_funds(workspace, "第一小学", 5)

    def failed(what: str) -> None:
        printed = said()
        assert what.replace(" ", "") in printed
        assert "Traceback" not in printed
        assert current(workspace).name == before.name
        assert current(workspace).find_problems() == []
        assert what in last_record(workspace)["failure"]

    left = []
    for _ in range(2):
        with largest_file(300_000):
            assert night(workspace) == 1
        failed("File too large: raise the limit (ulimit -f)")
        left.append(what_lies_there(workspace))
    assert left[0] == left[1]
    with largest_file(3_000_000):  # the tables of dbt
        assert night(workspace) == 1
    failed("File too large: raise the limit (ulimit -f)")

    # A process of its own: no home, no temporary folder, and no room for the one link.
    fault = ("symlink", 1, errno.ENOSPC, True)
    (tmp_path / "sitecustomize.py").write_text(REFUSING.format(fault=fault), "utf-8")
    path = os.pathsep.join((str(tmp_path), str(CHECKOUT)))
    away = {"HOME": "/nonexistent", "TMPDIR": "/nonexistent", "PYTHONPATH": path}
    environment = {name: text for name, text in os.environ.items() if name != "PREFECT_API_URL"}
    done = night_apart(workspace, env=environment | away, umask=0)
    assert done.returncode == 1, done.stderr[-2000:]
    assert re.fullmatch(
        rf"ziping: {year_folder(workspace, YEAR)}/.*: No space left on device \(.* free\): "
        r"make room there, then run again\n",
        done.stderr,
    )
    assert current(workspace).name == before.name
    assert len(names_of_releases(workspace)) == 2
    assert not Path("/nonexistent").exists()

    with refusing_names(monkeypatch, "rename", "record.json", after=1):  # what it began with
        assert night(workspace) == 1
    printed = said()
    assert "2023unchanged,butwithoutarecordofit:" in printed
    assert "Nospaceleftondevice(" in printed
    assert night(workspace) == 0
    release = current(workspace)
    assert names_of_releases(workspace) == [before.name, release.name]
    assert release.find_problems() == []
    assert value(workspace, "education_funds")["value"] == funds + 50_000
    assert not [name for name in what_lies_there(workspace) if name.endswith(".part")]
    assert stat.S_IMODE((release.folder / "internal").stat().st_mode) == 0o700
    store = Store(workspace.landed)
    kept = {path.name for path in store.folder.glob("content/*/*")}
    assert kept == {file.sha256 for delivery in store.deliveries() for file in delivery.files}
