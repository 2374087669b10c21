"""Who may ask: whoever shows a key as a bearer token (RFC 6750)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated

from fastapi import BackgroundTasks, Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.exc import SQLAlchemyError

from digest.catalogue import keys
from digest.catalogue.keys import ApiKey
from digest.clock import Clock
from digest.db import Database

_LOG = logging.getLogger(__name__)
_BEARER = HTTPBearer(
    auto_error=False, scheme_name="key", description="A key that `digest api-keys create NAME` printed."
)
Shown = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


# The framework keeps dependencies in a dictionary: each is itself, whatever it holds.
@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """A dependency that lets a request through only with a key, and leaves the key in its state.

    Reading needs one too: the catalogue holds what is embargoed.
    """

    database: Database
    clock: Clock

    def __call__(self, request: Request, shown: Shown, later: BackgroundTasks) -> None:
        """Raise HTTPException 401, with the challenge that RFC 6750, section 3, asks for."""
        if shown is None:
            raise _refused("this needs a key: Authorization: Bearer KEY", "Bearer")
        with self.database.reading() as session:
            key = keys.find_key(session, shown.credentials)
        if key is None:
            raise _refused("this key is not known, or was revoked", 'Bearer error="invalid_token"')
        request.state.key = key
        if key.use_is_worth_noting(self.clock.now()):
            # After the answer: nobody shall wait for a busy database because of a note.
            later.add_task(self._note_use, key)

    def _note_use(self, key: ApiKey) -> None:
        try:
            with self.database.writing() as session:
                keys.note_use(session, key.name, self.clock.now())
        except SQLAlchemyError as error:
            _LOG.warning("the use of key %s was not noted: %s", key.name, type(error).__name__)


def key_of(request: Request) -> ApiKey:
    """Return the key that let a request through."""
    key = request.state.key
    assert isinstance(key, ApiKey)
    return key


def _refused(detail: str, challenge: str) -> HTTPException:
    return HTTPException(401, detail, {"WWW-Authenticate": challenge})
