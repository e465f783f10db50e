"""The key of the pseudonyms: never made in silence, never a weak one; and one person is one."""

import base64
import hmac
import os
import re
import resource
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nights import Said, current, last_record, night, ziping
from tiny_files import person_number

from flows.common.errors import ZipingError
from flows.common.files import read_sealed
from flows.common.settings import CHECKOUT, SAMPLE_DISTRICT, Workspace
from flows.landing.load import ROWS
from flows.parsing.codes import check_digit
from flows.parsing.pseudonyms import PersonKey
from flows.parsing.values import Unreadable
from flows.releases.release import rows_of
from flows.runs.person_key import load_person_key, make_person_key, rests_on_a_key, sample_secrets

DISTRICT = "510104"
SECRET = "5e4f0a9c1b2d3e4f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7"
KEY = PersonKey(bytes.fromhex(SECRET))


@pytest.fixture
def bare(tmp_path: Path) -> Workspace:
    """A workspace with a key and nothing else."""
    bare = Workspace(tmp_path / "workspace")
    write_key(bare, f"{SECRET}\n".encode())
    return bare


def write_key(bare: Workspace, content: bytes, mode: int = 0o600) -> None:
    bare.warehouse.mkdir(parents=True, exist_ok=True)
    bare.key_file.write_bytes(content)
    bare.key_file.chmod(mode)


def refused(bare: Workspace, district: str = DISTRICT) -> str:
    """Ask for the key, which must be refused and stay as it is; give the sentence."""
    path = bare.key_file
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ZipingError) as caught:
        load_person_key(bare, district)
    assert caught.value.exit_code == 1
    assert (path.read_bytes() if path.is_file() else None) == before
    assert "warehouse/person_id.key" in str(caught.value)
    assert (
        before is None or not before or before.decode("utf-8", "replace") not in str(caught.value)
    )
    return str(caught.value)


# What the file holds


@pytest.mark.parametrize(
    "content",
    [
        SECRET,
        f"{SECRET}\n",
        f"{SECRET}\r\n",
        f"{SECRET} \n\n",
        f"\ufeff{SECRET}\r\n",
        SECRET.upper(),
    ],
    ids=["bare", "newline", "CRLF", "blanks", "mark of the encoding", "capitals"],
)
def test_what_an_editor_leaves_around_the_key_changes_no_pseudonym(
    bare: Workspace, content: str
) -> None:
    write_key(bare, content.encode())
    key = load_person_key(bare, DISTRICT)
    assert key.id == KEY.id
    assert key.pseudonym("SY000123") == KEY.pseudonym("SY000123")


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", SECRET[:63].encode(), SECRET[:20].encode(), f"{SECRET}0".encode(), b"0" * 64,
     b"f" * 64, b"01" * 32, f"{SECRET}\n{SECRET}".encode(), f"{SECRET[:63]}g".encode(),
     bytes.fromhex(SECRET), base64.b64encode(bytes.fromhex(SECRET)), f"key={SECRET}".encode()],
    ids=["empty", "a line's end", "one short", "short", "one too many", "zeros", "one digit",
         "two digits", "two keys", "no hexadecimal", "bytes", "base64", "with a name"],
)  # fmt: skip
def test_what_is_no_key_stops_and_says_what_to_do(bare: Workspace, content: bytes) -> None:
    write_key(bare, content)
    said = refused(bare)
    assert "is no key" in said
    assert "restore it from your copy" in said


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602])
def test_a_key_that_others_can_reach_stops(bare: Workspace, mode: int) -> None:
    bare.key_file.chmod(mode)
    assert "chmod 600" in refused(bare)


def test_a_folder_or_a_link_to_nothing_is_no_key(bare: Workspace) -> None:
    bare.key_file.unlink()
    bare.key_file.symlink_to("gone")
    assert "is missing" in refused(bare)
    with pytest.raises(ZipingError, match="is there already"):
        make_person_key(bare)
    bare.key_file.unlink()
    bare.key_file.mkdir()
    assert "is missing" in refused(bare)


@pytest.mark.parametrize("seed", [0, 2023, 99_999])
def test_the_samples_key_serves_the_sample_alone(bare: Workspace, seed: int) -> None:
    (secret,) = sample_secrets(range(seed, seed + 1))
    write_key(bare, f"{secret}\r\n".encode())
    assert load_person_key(bare, SAMPLE_DISTRICT).id
    assert "public key of the sample" in refused(bare)


# Lost and made


def test_without_a_key_a_new_warehouse_is_told_how_to_make_one(bare: Workspace) -> None:
    bare.key_file.unlink()
    assert refused(bare).endswith("make one with `ziping new-key`")


@pytest.mark.parametrize("rest", ["landed rows", "readings", "releases"])
def test_a_lost_key_is_not_replaced_unless_somebody_says_so(
    bare: Workspace, rest: str, said: Said
) -> None:
    bare.key_file.unlink()
    folder = {"landed rows": bare.landed / "content", "readings": bare.cache / "x"}
    folder.get(rest, bare.releases / "2023").mkdir(parents=True)
    (bare.landed / "manifest.jsonl").touch() if rest == "landed rows" else None
    assert rests_on_a_key(bare)
    sentence = refused(bare)
    for word in ("every pseudonym would change", "restore it from your copy", "new-key --anew"):
        assert word in sentence
    assert ziping("new-key", workspace=bare) == 1
    assert "restoreitfromyourcopy" in said()
    assert not bare.key_file.exists()
    assert ziping("new-key", "--anew", workspace=bare) == 0
    made = bare.key_file.read_bytes()
    assert re.fullmatch(rb"[0-9a-f]{64}\n", made)
    assert bare.key_file.stat().st_mode & 0o777 == 0o600
    assert load_person_key(bare, DISTRICT).id
    assert made.decode().strip() not in said()


def test_a_key_is_never_replaced_not_even_deliberately(bare: Workspace, said: Said) -> None:
    assert ziping("new-key", "--anew", workspace=bare) == 1
    assert "istherealreadyandisneverreplaced" in said()
    assert bare.key_file.read_text() == f"{SECRET}\n"


def test_two_keys_are_never_the_same(tmp_path: Path) -> None:
    made = {make_person_key(Workspace(tmp_path / str(n))).read_text() for n in range(20)}
    assert len(made) == 20


KILLED_AT_EACH_LINE = """
import os, signal, sys
from pathlib import Path
from flows.common.errors import ZipingError
from flows.runs.person_key import make_person_key
from flows.common.settings import Workspace

WATCHED = ("common/files.py", "runs/person_key.py")
def run(folder, last):
    seen = 0
    def watch(frame, event, _):
        nonlocal seen
        if not frame.f_code.co_filename.endswith(WATCHED):
            return None
        if event == "line":
            seen += 1
            if seen == last:
                os.kill(os.getpid(), signal.SIGKILL)
        return watch
    sys.settrace(watch)
    make_person_key(Workspace(folder))
    os._exit(0)

for last in range(1, 200):
    child = os.fork()
    if not child:
        run(Path(sys.argv[1]) / str(last), last)
    if os.waitpid(child, 0)[1] == 0:
        break
print(last)
"""


def test_killed_at_any_line_while_it_is_made_there_is_a_whole_key_or_none(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_LINE, str(tmp_path)],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    kills = int(ended.stdout) - 1
    assert kills > 10
    whole = 0
    for last in range(1, kills + 1):
        bare = Workspace(tmp_path / str(last))
        left = [path for path in bare.root.rglob("*person_id*") if path != bare.key_file]
        assert all(path.stat().st_mode & 0o77 == 0 for path in left)
        if bare.key_file.exists():
            whole += 1
            assert load_person_key(bare, SAMPLE_DISTRICT).id
        else:
            assert load_person_key(Workspace(make_person_key(bare).parents[1]), SAMPLE_DISTRICT).id
    assert 0 < whole < kills


# Where it stands


def git(folder: Path, *arguments: str) -> None:
    plain = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    command = ["git", "-C", str(folder), *who, *arguments]
    subprocess.run(command, env=plain, capture_output=True, check=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_key_that_git_would_carry_away_stops(
    bare: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(bare.root, "init")
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as a hook of another repository sets it
    assert "git does not ignore warehouse/person_id.key" in refused(bare)
    (bare.root / ".gitignore").write_text("/warehouse/\n")
    assert load_person_key(bare, DISTRICT).id == KEY.id
    git(bare.root, "add", "--force", "warehouse/person_id.key")
    assert "if the key was committed, others may have it" in refused(bare)
    git(bare.root, "commit", "--message", "x")
    assert "new-key --anew" in refused(bare)


def test_a_process_that_holds_ids_leaves_no_core() -> None:
    asking = (
        "import resource; from pathlib import Path; "
        "resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096)); "
        "from flows.runs.person_key import load_person_key; "
        "from flows.common.settings import Workspace\n"
        "try: load_person_key(Workspace(Path('/nowhere')), '510104')\n"
        "except Exception: print(*resource.getrlimit(resource.RLIMIT_CORE))"
    )
    if 0 <= resource.getrlimit(resource.RLIMIT_CORE)[1] < 4096:
        pytest.skip("this system lets no process have a core of 4096 bytes")
    ended = subprocess.run(
        [sys.executable, "-c", asking], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["0", "4096"]


# One person is one


CITIZEN = next(one for n in range(99) if (one := person_number("19750101", n)).endswith("X"))
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
FORMS = {
    "lower x": CITIZEN.lower(),
    "full width": CITIZEN.translate(WIDE),
    "full width, lower x": CITIZEN.lower().translate(WIDE),
    "blanks around": f" \t{CITIZEN}\r\n",
    "blanks within": f"{CITIZEN[:6]} {CITIZEN[6:14]} {CITIZEN[14:]}",
    "wide blank": f"{CITIZEN}\u3000",
    "no-break space": f"{CITIZEN[:6]}\xa0{CITIZEN[6:]}",
    "apostrophe": f"'{CITIZEN}",
    "wide apostrophe": f"＇{CITIZEN}",
    "curly quotes": f"‘{CITIZEN}’",
    "formula of a text": f'="{CITIZEN}"',
    "signs that are not seen": f"\ufeff\u200b{CITIZEN}\u200e",
    "as a decimal": f"{CITIZEN}.0",
    "15 digits": CITIZEN[:6] + CITIZEN[8:17],
    "15 digits as a number": float(CITIZEN[:6] + CITIZEN[8:17]),
    "15 digits as a decimal": f"{CITIZEN[:6]}{CITIZEN[8:17]}.0",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_ids_in_odd_forms_are_one_person(form: object) -> None:
    assert KEY.pseudonym(form) == KEY.pseudonym(CITIZEN)


@given(st.integers(0, 999), st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_old_and_new_numbers_of_one_person_are_one(sequence: int, born: date) -> None:
    new = person_number(f"{born:%Y%m%d}", sequence)
    assert check_digit(new[:17]) == new[17]
    if new[6:8] == "19":
        assert KEY.pseudonym(new[:6] + new[8:17]) == KEY.pseudonym(new)


@pytest.mark.parametrize(
    ("first", "second"),
    [("SY000123", "SY000124"), ("00123", "123"), ("G51990020130901001X", "51990020130901001X"),
     ("519900990101001", "519900199901010019"), ("519900991301001", "51990019991301001X")],
)  # fmt: skip
def test_different_ids_stay_different(first: str, second: str) -> None:
    assert KEY.pseudonym(first) != KEY.pseudonym(second)


@pytest.mark.parametrize(
    "cell", ["5.19900197501E+17", "5.199e+17", "5.2E17", "5E+17", 5.19900197501010e17, 1e15]
)
def test_what_a_spreadsheet_made_a_power_of_ten_of_is_unreadable(cell: object) -> None:
    with pytest.raises(Unreadable) as caught:
        KEY.pseudonym(cell)
    assert caught.value.args == ()


@pytest.mark.parametrize("cell", [None, "", " \u3000", "'", "\ufeff"])
def test_no_id_has_no_pseudonym(cell: object) -> None:
    assert KEY.pseudonym(cell) is None


# A night after the key was rotated


def _pseudonyms(workspace: Workspace) -> set[str]:
    folders = [path for path in workspace.cache.iterdir() if (path / ROWS).exists()]
    rows = [row for folder in folders for row in rows_of(folder / ROWS)]
    return {row[name] for row in rows for name in ("staff_id", "student_id") if row.get(name)}


@pytest.mark.slow
def test_a_rotated_key_reads_all_rows_again_and_joins_none_of_two_keys(
    workspace: Workspace, said: Said
) -> None:
    old_key = load_person_key(workspace, SAMPLE_DISTRICT)
    before, old = rows_of(current(workspace).folder / "report_values.parquet"), current(workspace)
    old_pseudonyms = _pseudonyms(workspace)
    workspace.key_file.rename(workspace.root / "old.key")
    assert night(workspace) == 1
    assert "everypseudonymwouldchange" in said()
    assert "every pseudonym would change" in str(last_record(workspace)["failure"])
    assert ziping("new-key", "--anew", workspace=workspace) == 0
    assert night(workspace) == 0
    assert "allrowsarereadagain" in said()
    new_key = load_person_key(workspace, SAMPLE_DISTRICT)
    release = current(workspace)
    assert release.name != old.name
    assert release.manifest["inputs"]["key_id"] == new_key.id != old_key.id
    assert rows_of(release.folder / "report_values.parquet") == before  # staff and trainings join
    outcomes = [read_sealed(path) for path in workspace.cache.glob("*/outcome.json")]
    assert {outcome["key_id"] for outcome in outcomes} == {new_key.id}
    assert len(old_pseudonyms) == len(_pseudonyms(workspace)) > 1000
    assert not old_pseudonyms & _pseudonyms(workspace)


@pytest.mark.parametrize("length", [1, 32, 64, 65, 200])
def test_a_pseudonym_is_the_hmac_of_the_id(length: int) -> None:
    secret = bytes(range(length))
    key = PersonKey(secret)
    for text in ("G519900201309010001", "甲", "7" * 500):
        assert key.pseudonym(text) == hmac.digest(secret, text.encode(), "sha256").hex()
    assert key.pseudonym(" ") is None
