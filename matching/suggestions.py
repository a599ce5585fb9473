"""What the engine hands out: suggestions and their reasons, plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SEEN = 10
"""Places of a list that people see."""
DRAWN_FROM = 7
"""The place, from 1, from which on one of those seen is drawn by lot for somebody from further down."""

Audience = Literal["you", "them"]
Value = str | int | float | bool | list[str] | None


@dataclass(frozen=True, slots=True)
class Reason:
    """An exact part of a score.

    Attributes
    ----------
    code : str
        What the part speaks about; the table in `matching.explain` lists all codes with their parameters.
    audience : "you" or "them"
        Whether it says why the candidate suits the reader, or why the reader suits the candidate.
    contribution : float
        Part of the logit; negative for a caveat.
    params : mapping
        Numbers, codes and ids for the caller's sentence.
    """

    code: str
    audience: Audience
    contribution: float
    params: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One candidate for one query.

    Attributes
    ----------
    candidate_id : str
    score : float
        Logit that lists are ordered by; ``base + sum(r.contribution for r in contributions)``.
    p, q : float
        Calibrated probabilities, seen from the query's side and from the candidate's side.
    base : float
        Score of a candidate of whom nothing in question is known.
    contributions : tuple of Reason
        All parts of the score, largest first.
    """

    candidate_id: str
    score: float
    p: float
    q: float
    base: float
    contributions: tuple[Reason, ...]
