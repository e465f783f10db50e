"""Finding the encoding of a text from its beginning, by the captions that it must hold."""

import codecs
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from flows.common.errors import Rejected
from flows.common.text import HAN

ENCODINGS = ("utf-8", "gb18030", "big5", "cp950", "utf-16-le", "utf-16-be", "windows-1252")
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # which begins as UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
START_BYTES = 1 << 18
BLOCK_BYTES = 1 << 20
FEW_SIGNS = 5  # so many different ones may by chance be letters in another encoding
LATIN_1 = re.compile("[\u00a0-\u00ff]*")
MOST_BROKEN = 0.1  # of the lines: of more the encoding is another one
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
TWO_HAN_IN_UTF_8 = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf]{2}){2}")  # rare in other encodings
# The first level of GB 2312 and of Big5: the common characters.
COMMON = (("gb2312", b"\xb0\xa1", b"\xd7\xf9"), ("big5", b"\xa4\x40", b"\xc6\x7e"))

FindCaptions = Callable[[str], set[str]]


def read_start(path: Path) -> bytes:
    """Read the bytes from which the encoding is found."""
    with path.open("rb") as file:
        return file.read(START_BYTES)


def marked_encoding(start: bytes) -> str | None:
    """Give the encoding that a mark at the beginning says."""
    return next((name for mark, name in BOMS if start.startswith(mark)), None)


def decode_start(start: bytes, encoding: str, *, is_whole: bool = False) -> str | None:
    """Decode a beginning, which may end within a character; None where it is not that."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(start, final=is_whole)
    except UnicodeDecodeError:
        return None


def decode_in_each(start: bytes, *, is_whole: bool) -> dict[str, str]:
    """Decode a beginning in each encoding that it may have."""
    has_zeros = b"\0" in start
    texts = {
        encoding: decode_start(start, encoding, is_whole=is_whole)
        for encoding in ENCODINGS
        if encoding.startswith("utf-16") is has_zeros
    }
    return {encoding: text for encoding, text in texts.items() if text and "\0" not in text}


def is_in_encoding(path: Path, encoding: str) -> bool:
    """Whether a whole file can be decoded."""
    with path.open(encoding=encoding) as file, suppress(UnicodeDecodeError):
        while file.read(BLOCK_BYTES):
            pass
        return True
    return False


def choose_encoding(
    texts: Mapping[str, str],
    find_captions: FindCaptions,
    is_valid: Callable[[str], bool],
    *,
    is_headerless: bool = False,
) -> str | None:
    """Choose of the encodings in which a text can be read; None where none shows a caption.

    That one decodes is no proof of it: captions that are no plain ASCII prove it, and so do many
    signs of UTF-8. Raises Rejected where several may be meant.
    """
    found = {encoding: find_captions(text) for encoding, text in texts.items()}
    best = max(map(len, found.values()), default=0)
    fitting = [encoding for encoding, captions in found.items() if len(captions) == best]
    if "big5" in fitting and "cp950" in fitting:
        fitting.remove("cp950")  # which has some signs more
    if "utf-8" in fitting and not _may_be_another(texts):
        return "utf-8"
    if best == 0 and not is_headerless:
        return None
    proved = [
        encoding
        for encoding in fitting
        if encoding.startswith("utf-16") or not "".join(found[encoding]).isascii()
    ]
    if len(proved) > 1:
        proved = list(filter(is_valid, proved))
    if len(proved) == 1:
        return proved[0]
    if possible := proved or list(filter(is_valid, fitting)):
        raise Rejected("several_encodings_fit", encodings=possible)
    raise Rejected("no_encoding_fits")


def _may_be_another(texts: Mapping[str, str]) -> bool:
    """Say whether what is valid UTF-8 may be Han of another encoding: 学校 may read ѧУ."""
    signs = {sign for sign in texts["utf-8"] if not sign.isascii()}
    is_short = all(sign < "\u0800" for sign in signs) and not LATIN_1.fullmatch("".join(signs))
    return is_short and len(signs) < FEW_SIGNS and bool(HAN.search(texts.get("gb18030", "")))


def find_broken_lines(text: bytes, encoding: str) -> list[int]:
    """Find by their number the lines that are of another encoding."""
    lines = enumerate(LINE.findall(text), start=1)
    return [number for number, line in lines if decode_start(line, encoding) is None]


def are_few(broken: Collection[int], start: bytes) -> bool:
    """Say whether so few lines are of another encoding that the others can be relied on."""
    return 1 not in broken and len(broken) <= max(1, MOST_BROKEN * count_line_ends(start))


def find_encoding_of_most(
    start: bytes, texts: Mapping[str, str], find_captions: FindCaptions
) -> str | None:
    """Find the encoding of all lines but few, where more captions stand than in any of all lines.

    Raises Rejected where the line of the captions or many lines are of another one.
    """
    best = max((len(find_captions(text)) for text in texts.values()), default=0)
    for encoding in ENCODINGS:
        if encoding in texts or b"\0" in start:
            continue
        if len(find_captions(start.decode(encoding, "ignore"))) > best:
            broken = find_broken_lines(start, encoding)
            if are_few(broken, start):
                return encoding
            if 1 in broken:
                raise Rejected("line_1_in_part_encoded", encoding=encoding)
            raise Rejected("line_of_other_encoding", line=broken[0], encoding=encoding)
    return None


def is_by_lines(encoding: str) -> bool:
    """Whether the bytes of a line's end are nothing else in an encoding."""
    return not encoding.startswith(("utf-16", "utf-32"))


def decode_page(content: bytes, captions: Collection[str], stated: str | None) -> str:
    """Decode a page by the captions that it must hold, not by what it says of itself."""
    if encoding := marked_encoding(content) or stated:
        text = decode_start(content, encoding, is_whole=True)
        texts = {} if text is None else {encoding: text}
    else:
        texts = decode_in_each(content, is_whole=True)
    if not texts:
        raise Rejected("text_not_in_encoding", encoding=encoding or "UTF-8 or GB18030")

    def find_captions(text: str) -> set[str]:
        plain = "".join(text.split())
        return {caption for caption in captions if caption in plain}

    if encoding is None:
        encoding = choose_encoding(texts, find_captions, texts.__contains__)
    return texts[encoding or next(iter(texts))]


def share_of_common(text: str) -> float:
    """Say which part of the Han of a text is of the first level of GB 2312 or of Big5."""
    han = HAN.findall(text)
    common = sum(
        any(first <= sign.encode(codec, "ignore") <= last for codec, first, last in COMMON)
        for sign in han
    )
    return common / len(han) if han else 0


def find_utf_8_lines(block: bytes, encoding: str) -> Iterator[int]:
    """Find by their number, from 0, lines that are UTF-8 within another encoding.

    Mostly they can be read in that, too, as other characters: in UTF-8 most of their Han are
    common ones, in the other encoding fewer.
    """
    ends = 0
    for found in TWO_HAN_IN_UTF_8.finditer(block):
        if found.start() < ends:
            continue  # in a line that was looked at
        begins = max(block.rfind(end, 0, found.start()) for end in (b"\r", b"\n")) + 1
        line = LINE.match(block, begins)
        ends = line.end() if line else begins
        with suppress(UnicodeDecodeError):
            share = share_of_common(block[begins:ends].decode())
            if share >= 1 / 2 and share > share_of_common(
                block[begins:ends].decode(encoding, "replace")
            ):
                yield count_line_ends(block[:begins])


def count_line_ends(text: bytes) -> int:
    """Count the ends of lines."""
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")
