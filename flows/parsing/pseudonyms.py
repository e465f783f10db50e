"""Keyed pseudonyms: person ids are replaced by an HMAC while landing."""

import hmac
from base64 import b32encode
from hashlib import sha256

from flows.parsing.values import person_id


class PersonKey:
    """A key that turns a person's id into a pseudonym that only this warehouse can make."""

    def __init__(self, secret: bytes) -> None:
        """Take the secret bytes; each HMAC is begun with them once, and not for every id."""
        self._secret = secret
        self._begun = hmac.new(secret, digestmod=sha256)

    @property
    def id(self) -> str:
        """Name the key without giving it away; rows of two keys are never joined.

        In base 32, so that it is never taken for the id of a person.
        """
        return b32encode(hmac.digest(self._secret, b"key id", sha256))[:16].decode().lower()

    def pseudonym(self, cell: object) -> str | None:
        """Replace a person's id, however it is written, by its HMAC."""
        text = person_id(cell)
        if text is None:
            return None
        digest = self._begun.copy()
        digest.update(text.encode())
        return digest.hexdigest()
