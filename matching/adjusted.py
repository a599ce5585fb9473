"""A documented prior whose points count as much as answers have shown: the lists of `pairings` and of supporters.

What is learned is one factor for each point, never below 0: a point that speaks for somebody never comes to speak
against them, and a score stays the sum of its reasons. Learning is in adjusting.py; this needs the standard library.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from matching.suggestions import Reason, Suggestion


@dataclass(frozen=True, slots=True)
class Learned:
    """What answers have taught about one kind of list.

    Attributes
    ----------
    factors : mapping of str to float
        How many times its documented weight a point counts, by code of its reason; 1 where it is missing.
    base_p, base_q : float
        Log odds that somebody of whom nothing is known is asked, and says yes. Of p all points speak, of q those that
        meet the candidate's wishes (audience "them"). p takes for granted that somebody of the list is asked.
    slope_q : float
        So many times as much do these points move a reply as they move a choice.
    replies : bool
        Whether there were enough replies for q; otherwise q is the prior's.
    """

    factors: Mapping[str, float] = field(default_factory=dict)
    base_p: float = 0.0
    base_q: float = 0.0
    slope_q: float = 1.0
    replies: bool = False


def adjusted(found: Sequence[Suggestion], learned: Learned | None) -> list[Suggestion]:
    """Return the same suggestions, weighed by what was learned, best first, ties by hashed id.

    Parameters
    ----------
    found : sequence of Suggestion
        By the documented prior.
    learned : Learned or None
        None leaves them as they are.
    """
    if learned is None:
        return list(found)
    return sorted((_weighed(one, learned) for one in found), key=lambda one: (-one.score, tie(one.candidate_id)))


def tie(candidate_id: str) -> bytes:
    """Return what decides between equals: nobody is first for their name."""
    return hashlib.blake2b(candidate_id.encode(), digest_size=8).digest()


def _weighed(one: Suggestion, learned: Learned) -> Suggestion:
    reasons = tuple(
        sorted((_counted(reason, learned) for reason in one.contributions), key=lambda reason: -reason.contribution)
    )
    total = sum(reason.contribution for reason in reasons)
    theirs = sum(reason.contribution for reason in reasons if reason.audience == "them")
    q = chance(learned.base_q + learned.slope_q * theirs) if learned.replies else one.q
    return replace(one, score=one.base + total, p=chance(learned.base_p + total), q=q, contributions=reasons)


def _counted(reason: Reason, learned: Learned) -> Reason:
    return replace(reason, contribution=reason.contribution * learned.factors.get(reason.code, 1.0))


def chance(logit: float) -> float:
    """Return the probability of log odds."""
    return 1.0 / (1.0 + math.exp(-logit)) if logit > -700 else 0.0
