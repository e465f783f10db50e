"""Telling somebody that a night needs them: a command or a webhook, named in the settings."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from functools import partial
from typing import Any

from flows.common.errors import BLOCKED, FAILED, GAPS, WrongUse
from flows.common.settings import FORGOTTEN, PREFIX, Workspace
from flows.contracts.environment import load_settings
from flows.extract.pull.retry import OverTime, answer_within
from flows.runs.summary import Summary

WORDS = {FAILED: "failed", BLOCKED: "blocked", GAPS: "gaps"}
LONGEST_SECONDS = 4.0  # a night that is told to end does so within ten
LONGEST_BYTES = 2_048  # what 企业微信 takes as the text of one message


def notify(workspace: Workspace, record: Mapping[str, Any], summary: Summary) -> list[str]:
    """Tell of a night that ended as `notify_on` lists; give what could not be told, in sentences.

    A command gets the message as JSON on its standard input, a webhook as the body of a POST. The
    address of a webhook is a secret and reaches no sentence.
    """
    try:
        settings = load_settings(workspace, is_strict=False)
    except WrongUse:
        return []  # that is the failure itself, and nobody is named to be told of it
    if WORDS.get(record["exit_code"]) not in settings.notify_on:
        return []
    message = json.dumps(make_message(record, summary), ensure_ascii=False).encode()
    failed = []
    if settings.notify_command and (why := _run(settings.notify_command, message)):
        failed.append(f"nobody was told of this night: ZIPING_NOTIFY_COMMAND {why}")
    if settings.notify_url and (why := _post_in_time(settings.notify_url, message)):
        failed.append(f"nobody was told of this night: the address in ZIPING_NOTIFY_URL {why}")
    return failed


def make_message(record: Mapping[str, Any], summary: Summary) -> dict[str, Any]:
    """Write the message: the text in the form of 企业微信 and 钉钉, and as a mail has it."""
    return {
        "msgtype": "text",
        "text": {"content": summary.fit(LONGEST_BYTES)},
        "run": record["run"],
        "exit_code": record["exit_code"],
        "result": WORDS[record["exit_code"]],
        "subject": summary.subject,
        "body": summary.text,
    }


def _run(command: str, message: bytes) -> str | None:
    """Run the command without a shell, bounded in time; say why it did not succeed."""
    said = FORGOTTEN | os.environ  # it may need a proxy
    try:
        done = subprocess.run(
            shlex.split(command),
            input=message,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_SECONDS,
            check=False,
            env={name: text for name, text in said.items() if not name.startswith(PREFIX)},
        )
    except subprocess.TimeoutExpired:
        return f"did not end within {LONGEST_SECONDS:.0f} s and was ended"
    except (OSError, ValueError) as error:
        return f"cannot be run ({type(error).__name__}): write the whole path of the program"
    return f"ended with {done.returncode}" if done.returncode else None


def _post_in_time(url: str, message: bytes) -> str | None:
    """Post the message; say why it did not succeed, also where the answer drips without an end."""
    try:
        return answer_within(LONGEST_SECONDS, partial(_post, url, message))
    except OverTime:
        return f"gave no whole answer within {LONGEST_SECONDS:g} s"


def _post(url: str, message: bytes) -> str | None:
    """Post the message, no redirect, no proxy; say why it did not succeed."""
    import requests

    with requests.Session() as session:
        session.trust_env = False
        try:
            with session.post(
                url,
                data=message,
                headers={"Content-Type": "application/json; charset=utf-8"},
                timeout=2 * LONGEST_SECONDS,  # for the thread: nobody waits as long
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code >= 300:
                    return f"answers {response.status_code}"
                answer = json.loads(response.raw.read(1 << 16, decode_content=True) or b"{}")
        except requests.RequestException as error:
            return f"cannot be reached ({type(error).__name__})"
        except ValueError:
            return None  # it was taken; not every service answers in JSON
    # Chat services say 200 to what they do not deliver.
    code = answer.get("errcode", 0) if isinstance(answer, dict) else 0
    return f"answers errcode {code}" if code else None
