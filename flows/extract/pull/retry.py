"""Patience with a source: one total time for all that is asked of it, retries and waits with it."""

import contextlib
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TypeVar

from flows.common.errors import Unavailable

WAITS = (1.0, 5.0, 25.0)  # seconds before another try: a system that restarts is back by then
Answer = TypeVar("Answer")


class OverTime(Exception):
    """No whole answer came in time."""


def answer_within(seconds: float, question: Callable[[], Answer]) -> Answer:
    """Wait for an answer no longer than there is time, whatever it is that hangs.

    A timeout of a socket begins anew with every byte, and a name server, a stopped database or
    a header that drips know of none. A thread that is left behind holds nothing but its
    connection and ends with the process.
    """
    answers: SimpleQueue[tuple[Answer, None] | tuple[None, BaseException]] = SimpleQueue()

    def put_question() -> None:
        try:
            answers.put((question(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            answers.put((None, error))

    try:
        if not seconds:
            raise Empty
        Thread(target=put_question, daemon=True).start()
        answer, error = answers.get(timeout=seconds)
    except Empty:
        raise OverTime from None
    if error:
        raise error
    return answer  # type: ignore[return-value] # without an error it is one


class Patience:
    """The time that one source has in a night; it runs while the source is being asked."""

    def __init__(self, seconds: float) -> None:
        """Begin with all of the time."""
        self.seconds = seconds
        self._left = seconds
        self._until = 0.0
        self._given_up = False
        self._asking = 0  # periods of one source are pulled side by side
        self._lock = Lock()

    @property
    def left(self) -> float:
        """The seconds that are left, never below nought."""
        return max(0.0, self._until - time.monotonic() if self._asking else self._left)

    def ask(self, name: str, question: Callable[[], Answer]) -> Answer:
        """Ask until there is an answer, asking again cannot help, or the time is over.

        A source that was given up once is tried once for each of its other periods.
        """
        with self._running():
            for wait in () if self._given_up else WAITS:
                try:
                    return self._within_the_time(name, question)
                except Unavailable as error:
                    pause = max(wait, error.wait)
                    if not error.may_pass or pause >= self.left:
                        raise
                time.sleep(pause)
            try:
                return self._within_the_time(name, question)
            except Unavailable:
                self._given_up = True
                raise

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        with self._lock:
            if not self._asking:
                self._until = time.monotonic() + self._left
            self._asking += 1
        try:
            yield
        finally:
            with self._lock:
                self._left = self.left
                self._asking -= 1

    def _within_the_time(self, name: str, question: Callable[[], Answer]) -> Answer:
        """Wait for the answer no longer than there is time."""
        try:
            return answer_within(self.left, question)
        except OverTime:
            raise Unavailable(
                f"{name}: no whole answer within {self.seconds:g} s, all the time that a source "
                "has: ask its operator, or raise ZIPING_PULL_SECONDS"
            ) from None
