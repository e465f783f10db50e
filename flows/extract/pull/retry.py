"""Retry with one time budget per source: all that is asked of it, retries and waits together."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
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
    future: Future[Answer] = Future()

    def put_question() -> None:
        try:
            future.set_result(question())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    if seconds:
        Thread(target=put_question, daemon=True).start()
        wait([future], seconds)
    if not future.done():
        raise OverTime
    return future.result()


class RetryBudget:
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
            for pause in () if self._given_up else WAITS:
                try:
                    return self._ask_once(name, question)
                except Unavailable as error:
                    pause = max(pause, error.wait)
                    if not error.is_transient or pause >= self.left:
                        raise
                time.sleep(pause)
            try:
                return self._ask_once(name, question)
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

    def _ask_once(self, name: str, question: Callable[[], Answer]) -> Answer:
        """Wait for the answer no longer than there is time."""
        try:
            return answer_within(self.left, question)
        except OverTime:
            raise Unavailable(
                f"{name}: no whole answer within {self.seconds:g} s, all the time that a source "
                "has: ask its operator, or raise ZIPING_PULL_SECONDS"
            ) from None
