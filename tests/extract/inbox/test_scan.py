"""The inbox: what lies in it, what is taken tonight, and what is said of the rest."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from inbox_parts import NAME, NOBODY, as_nobody, as_two_users, district, drop, land, look

from flows.common.settings import Workspace
from flows.extract.raw_store import Store

__all__ = ["district"]


@contextlib.contextmanager
def writer(path: Path, **options: int) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold a file open for writing, and pause."""
    code = "import sys; file = open(sys.argv[1], 'ab'); print('open', flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options,  # type: ignore[call-overload]
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    try:
        yield process
    finally:
        process.communicate("\n", timeout=60)


def test_a_file_that_a_writer_holds_open_waits_however_long_it_pauses(district: Workspace) -> None:
    path = drop(district, NAME)
    os.utime(path, (0, 0))  # it has not been written for ages
    with writer(path):
        [sentence] = land(district)
        assert sentence == f"finance/{NAME} is still being written and waits for the next night"
    assert land(district) == []
    assert [delivery.name for delivery in Store(district.landed).deliveries()] == [
        f"finance/{NAME}"
    ]


def test_a_writer_who_comes_while_the_kernel_is_asked_harms_nobody(district: Workspace) -> None:
    path = drop(district, NAME)
    # Bounded, for the signal in question would end the tests and leave the writer alone.
    opening = "import sys\nfor _ in range(1_000_000): open(sys.argv[1], 'ab').close()"
    with subprocess.Popen([sys.executable, "-c", opening, str(path)]) as process:
        try:
            ends = time.monotonic() + 1
            while time.monotonic() < ends:
                look(district)
            assert process.poll() is None
        finally:
            process.kill()


@as_two_users
def test_a_writer_of_another_user_is_seen_too(district: Workspace) -> None:
    path = drop(district, NAME)
    path.chmod(0o666)
    for folder in path.parents:
        if folder.is_relative_to(district.root.parent):
            folder.chmod(0o755)
    # The folders above are root's alone: the writer gets the file as its standard output.
    with (
        path.open("ab") as handed,
        subprocess.Popen(["sleep", "60"], stdout=handed, user=NOBODY) as process,
    ):
        handed.close()
        try:
            assert "is still being written" in land(district)[0]
        finally:
            process.kill()
    assert land(district) == []


@as_two_users
def test_what_may_not_be_read_is_a_gap_of_the_night_and_the_rest_is_taken(
    district: Workspace,
) -> None:
    drop(district, NAME).chmod(0o600)
    drop(district, "支付明细_2022年.csv").chmod(0o644)
    closed = district.inbox / "staffing"
    closed.mkdir(0o700)
    for folder in (district.root, *district.root.parents):
        if folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    district.root.chmod(0o755)
    with as_nobody():
        view = look(district)
    assert view.unreadable == [
        "staffing cannot be listed (Permission denied)",
        f"finance/{NAME} cannot be read (Permission denied): look at it",
    ]
    assert "still being written" in view.notices[0]  # the other one is root's, and new


def test_an_inbox_that_is_not_there_is_a_gap_of_the_night(district: Workspace) -> None:
    district.inbox.rename(district.root / "away")
    assert land(district) == ["raw/inbox is not there: make it, or mount the share that it is"]


def test_what_is_no_file_is_named_and_never_waited_for(district: Workspace) -> None:
    folder = district.inbox / "finance"
    district.warehouse.mkdir()
    district.key_file.write_text("a key")
    os.mkfifo(folder / "支付明细_2019年.csv")
    (folder / "支付明细_2020年.csv").symlink_to("/etc/passwd")
    (folder / "支付明细_2021年.csv").symlink_to("支付明细_2021年.csv")
    (folder / "支付明细_2022年.csv").mkdir()
    (folder / "支付明细_2022年.csv" / "支付明细_2022年.csv").write_bytes(b"x")
    (folder / "elsewhere").symlink_to("/etc")
    os.link(district.key_file, folder / "支付明细_2023年.csv")
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(os.path.relpath(folder / "s.csv"))
        if os.geteuid() == 0:
            os.mknod(folder / "zero.csv", 0o020666, os.makedev(1, 5))
        view = look(district)
    assert [one.name for one in view.new] == ["finance/支付明细_2022年.csv/支付明细_2022年.csv"]
    assert view.unreadable == []
    said = dict(sentence.split(" ", 1) for sentence in view.notices)
    no_file, link = "is no regular file and was passed over", "is a link and was passed over"
    assert said.pop("finance/zero.csv", no_file) == no_file  # only root can make a device
    assert said == {
        "finance/支付明细_2019年.csv": no_file,
        "finance/支付明细_2020年.csv": link,
        "finance/支付明细_2021年.csv": link,
        "finance/elsewhere": link,
        "finance/支付明细_2023年.csv": "is this warehouse's own key or .env: take it away",
        "finance/s.csv": no_file,
    }


def test_a_systems_folder_that_is_a_link_is_named(district: Workspace) -> None:
    share = district.root / "share"
    drop(district, NAME)
    (district.inbox / "finance").rename(share)
    (district.inbox / "finance").symlink_to(share)
    assert land(district) == ["finance is a link and was passed over"]
    district.inbox.rename(district.root / "elsewhere")
    district.inbox.symlink_to(district.root / "elsewhere")  # the inbox itself may be one
    (district.inbox / "finance").unlink()
    share.rename(district.inbox / "finance")
    assert land(district) == []
    assert [delivery.name for delivery in Store(district.landed).deliveries()] == [
        f"finance/{NAME}"
    ]


NAMES = {
    "支付明细_2023年\n.csv": "支付明细_2023年\\n.csv",
    "支付明细_2023年$(touch x)`x`;'\".csv": "支付明细_2023年$(touch x)`x`;'\".csv",
    "支付明细_2023年\u202egnp.csv": "支付明细_2023年\\u202egnp.csv",
    "支付明细_2023年 (1).csv": "支付明细_2023年 (1).csv",
    "支付明细_2023年 - 副本.csv": "支付明细_2023年 - 副本.csv",
    "支付明细_2023年GBK.csv".encode("gb18030"): "支付明细_2023年GBK.csv",
    "支付明细_2023年_ba\u0301.csv": "支付明细_2023年_bá.csv",
    "支付明细_2023年" + "x" * 230 + ".csv": "支付明细_2023年" + "x" * 230 + ".csv",
}


def test_odd_names_are_landed_under_the_hash_and_shown_so_that_they_can_be_printed(
    district: Workspace,
) -> None:
    for number, name in enumerate(NAMES):
        drop(district, name, f"{number}".encode())
        land(district)  # of several in one night none would be taken
    drop(district, "-rf", b"no table's")
    drop(district, b"\xff\xfe\x80", b"no table's either")
    said = land(district)
    deliveries = Store(district.landed).deliveries()
    assert {delivery.files[0].original_name: delivery.id for delivery in deliveries} == {
        f"finance/{shown}": sha256(f"{number}".encode()).hexdigest()
        for number, shown in enumerate(NAMES.values())
    }
    assert len(said) == 2
    assert said[0].startswith("finance/-rf: fits no")
    for sentence in said:
        assert sentence.isprintable()
        sentence.encode()
    assert look(district).new == []  # by these names they are known again


def test_names_that_look_alike_are_two_files_and_known_again(district: Workspace) -> None:
    twins = ["支付明细_2023年_\u00e1.csv", "支付明细_2023年_a\u0301.csv"]
    twins.append("支付明细_2023年_\u00e1.csv".encode("gb18030"))  # type: ignore[arg-type]
    for number, name in enumerate(twins):
        drop(district, name, f"{number}".encode())
        land(district)
    names = {delivery.files[0].original_name for delivery in Store(district.landed).deliveries()}
    assert len(names) == 3
    assert f"finance/{twins[0]}" in names
    assert look(district).new == []


def test_what_other_programs_leave_is_passed_over_and_listed(district: Workspace) -> None:
    left = [".DS_Store", ".~lock.x#", "Thumbs.db", "desktop.ini", "~$支付明细_2023年.xlsx"]
    left += ["支付明细_2023年.csv.part", "支付明细_2023年.csv.crdownload"]
    for name in left:
        drop(district, name)
    [sentence] = land(district)
    assert sentence.startswith("left by other programs and passed over: ")
    assert sorted(sentence.split(": ")[1].split(", ")) == sorted(f"finance/{name}" for name in left)
    for number in range(30):
        drop(district, f".{number}")
    [sentence] = land(district)
    assert sentence.endswith(" and 17 more")


def test_a_file_in_no_table_s_folder_is_named(district: Workspace) -> None:
    (district.inbox / NAME).write_bytes(b"x")
    (district.inbox / "fiance").mkdir()
    (district.inbox / "fiance" / NAME).write_bytes(b"x")
    (district.inbox / "519900" / "finance").mkdir(parents=True)
    (district.inbox / "519900" / "finance" / NAME).write_bytes(b"y")
    view = look(district)
    assert [one.route.district_code for one in view.new] == ["519900"]
    assert len(view.notices) == 2
    assert all(
        "in none of the folders finance, registers, sch" in notice for notice in view.notices
    )
