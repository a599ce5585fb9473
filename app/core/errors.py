"""How the house says no: four families of domain errors, and three that the ground itself raises.

Subclasses stand beside the verb that raises them; the class name is the machine's code, `message` the
English msgid fit for a person. `app.core.web` maps them to status codes; nothing below it knows HTTP.
"""

import re
from typing import ClassVar

from app.core.i18n import N_, Phrase

_HUMP = re.compile(r"(?<!^)(?=[A-Z])")


class DomainError(Exception):
    """An answer of the domain that is not yes. Keyword arguments fill the %(name)s of `message`."""

    message: ClassVar[Phrase] = N_("Something went wrong.")
    status: ClassVar[int] = 400

    def __init__(self, message: Phrase | None = None, /, **params: object) -> None:
        self.phrase = message or self.message
        self.params = params
        super().__init__(self.phrase)

    @property
    def code(self) -> str:
        return _HUMP.sub("_", type(self).__name__).lower()

    def text(self, locale: str | None = None) -> str:
        return self.phrase.text(locale, **self.params)


class NotFound(DomainError):
    """Absent, or not to be seen by this person: the same answer for both."""

    message = N_("We cannot find that. It may have been moved or taken down.")
    status = 404


class NotAllowed(DomainError):
    message = N_("You may not do that here.")
    status = 403


class Conflict(DomainError):
    message = N_("Somebody else was faster. Please look again and repeat if it still applies.")
    status = 409


class Invalid(DomainError):
    """Input that cannot be taken; `fields` has a phrase per field."""

    message = N_("Please check the marked fields.")
    status = 422

    def __init__(
        self, message: Phrase | None = None, /, fields: dict[str, Phrase] | None = None, **params: object
    ) -> None:
        super().__init__(message, **params)
        self.fields = fields or {}


class NotSignedIn(DomainError):
    message = N_("Please sign in first.")
    status = 401


class SecondStepFirst(NotAllowed):
    """A role that works only with two-step sign-in, held by somebody who has not turned it on; pages lead there."""

    message = N_("Your role works only with two-step sign-in. Please turn it on first; it takes a minute.")


class TooMany(DomainError):
    """A limit was reached; `retry_after` is in seconds."""

    message = N_("Too many attempts. Please wait a moment and try again.")
    status = 429

    def __init__(self, retry_after: int = 60) -> None:
        super().__init__()
        self.retry_after = retry_after


class Busy(DomainError):
    """The database or its pool cannot serve this request now; nothing was written."""

    message = N_("Many people are here right now. Nothing was lost: please try again in a few seconds.")
    status = 503
    retry_after = 2
