"""The errors that end a night or a command with one sentence, and the exit codes."""

from typing import Any

from flows.common.messages import message

PUBLISHED = 0
FAILED = 1
WRONG_USE = 2
BLOCKED = 3
GAPS = 4

GRAVITY = (FAILED, BLOCKED, GAPS, PUBLISHED)


class ZipingError(Exception):
    """A failure with a sentence that names what to do; the command ends with `exit_code`."""

    exit_code = FAILED


class WrongUse(ZipingError):
    """The command or the settings are wrong."""

    exit_code = WRONG_USE


class Blocked(ZipingError):
    """A gate or a failed dbt test prevents the release."""

    exit_code = BLOCKED


class Rejected(ZipingError):
    """A delivery that cannot be accepted; the last good one of its period stays in force."""

    def __init__(self, code: str, /, **parameters: Any) -> None:
        """Take a code of `messages.csv` and what fills the gaps of its sentences."""
        self.message = message(code, **parameters)
        super().__init__(self.message.english)


class Unavailable(ZipingError):
    """A source that cannot be asked now."""

    def __init__(self, sentence: str, *, is_transient: bool = False, wait: float = 0) -> None:
        """Say whether asking again may help, and after how many seconds at the earliest."""
        super().__init__(sentence)
        self.is_transient, self.wait = is_transient, wait


def related(error: BaseException) -> list[BaseException]:
    """List an error and what it came from, nearest first."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is not None and cause not in found:
            found.append(cause)
            waiting += [cause.__cause__, cause.__context__, *getattr(cause, "exceptions", ())]
    return found


def worst_exit_code(codes: list[int]) -> int:
    """Pick the worst exit code, in the order 1, 3, 4, 0."""
    return min(codes, key=GRAVITY.index) if codes else PUBLISHED


class Waiting(ZipingError):
    """A file that cannot be taken as it is now; the next night looks at it again."""
