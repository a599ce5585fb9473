"""Pairs of whom there is no history: a startup and a mentor, a technology that is needed and one that is offered.

The prior of such pairs: documented weights that only rise with agreement. Hard limits are the caller's, who leaves out
whoever must not be shown; nothing here knows of them. Scores are logits, reasons their exact parts, as everywhere. The
standard library is all that this needs: pages rank with it themselves.

=============  ======  ======  ===================================================================================
code           mentor  techn.  agreement, from -.5 (both speak, nothing fits) to 1; 0 where a side is silent
=============  ======  ======  ===================================================================================
skills         2.5             share of what is needed that the other knows, each as well as they know it; never < 0
sectors        1.5     1.0     share of the asker's sectors that the other names
technologies           2.0     share of the asker's technologies that the other names
stage          .8              the asker's stage is among the other's
near           .7      .3      the same country .4, the same province 1; never < 0
words          1.2     2.5     cosine of what both write, by the vocabulary of both languages; never < 0
ready                  .6      how ready the technology is: TRL 1 to 9 as 0 to 1; never < 0
checked        .3      .3      the department has checked the other; never < 0
=============  ======  ======  ===================================================================================
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from matching.adjusted import chance, tie
from matching.folding import fold
from matching.suggestions import Audience, Reason, Suggestion, Value
from matching.text import terms

BASE = -4.0
DISAGREE = -0.5
"""As in stated.py; that module loads libraries which pages do without."""

REMEMBERED = 4_096
"""Texts whose terms are kept at hand."""

WEIGHTS: dict[str, dict[str, float]] = {
    "mentor": {"skills": 2.5, "sectors": 1.5, "stage": 0.8, "near": 0.7, "words": 1.2, "checked": 0.3},
    "technology": {
        "technologies": 2.0, "sectors": 1.0, "words": 2.5, "ready": 0.6, "near": 0.3, "checked": 0.3,
    },
}  # fmt: skip
"""Logit for a full agreement on each point, by kind of pair."""

MEETS: dict[str, Audience] = {
    "skills": "you", "sectors": "them", "technologies": "you", "stage": "them", "near": "you", "words": "them",
    "ready": "you", "checked": "you",
}  # fmt: skip
"""Whose wish each point meets, as the asker reads it: theirs, or that of whoever is suggested."""

NEVER_AGAINST = frozenset({"skills", "near", "words", "ready", "checked"})


@dataclass(frozen=True, slots=True)
class Profile:
    """Either side of such a pair. Everything but the id may be missing.

    Attributes
    ----------
    id : str
    text : str
        What it writes, in any language.
    skills : mapping of str to float
        What is known, or needed: how well, or 1.
    sectors, technologies, stages : tuple of str
        Codes.
    country, province : str
    ready : float or None
        Technology readiness, 0 to 1.
    checked : bool
    """

    id: str
    text: str = ""
    skills: Mapping[str, float] = field(default_factory=dict)
    sectors: tuple[str, ...] = ()
    technologies: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    country: str = ""
    province: str = ""
    ready: float | None = None
    checked: bool = False


def suggest(kind: str, asker: Profile, others: Sequence[Profile], limit: int = 20) -> list[Suggestion]:
    """Rank those who may suit somebody.

    Parameters
    ----------
    kind : "mentor" or "technology"
        Whose weights count.
    asker : Profile
        Who needs a mentor, or a technology.
    others : sequence of Profile
        Who may be shown. An id that is there twice counts once.
    limit : int

    Returns
    -------
    list of Suggestion
        Best first, those only for whom something speaks; ties by hashed id. ``p`` and ``q`` are those of the prior:
        what speaks for the asker's side and for the other's.
    """
    if kind not in WEIGHTS:
        raise ValueError(f"kind must be one of {', '.join(sorted(WEIGHTS))}, not {kind!r}")
    weights, mine = WEIGHTS[kind], _terms(asker.text)
    found = [_weighed(weights, asker, other, mine) for other in {one.id: one for one in others}.values()]
    told = [one for one in found if one.score > one.base]
    told.sort(key=lambda one: (-one.score, tie(one.candidate_id)))
    return told[: max(limit, 0)]


def _weighed(weights: Mapping[str, float], asker: Profile, other: Profile, mine: Counter[str]) -> Suggestion:
    reasons = []
    for code, weight in weights.items():
        agreement, params = _agreement(code, asker, other, mine)
        if agreement:
            reasons.append(Reason(code, MEETS[code], weight * agreement, params))
    score = BASE + sum(reason.contribution for reason in reasons)
    sides = {side: BASE + sum(r.contribution for r in reasons if r.audience == side) for side in ("you", "them")}
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.contribution))
    return Suggestion(other.id, score, chance(sides["you"]), chance(sides["them"]), BASE, ordered)


def _agreement(code: str, asker: Profile, other: Profile, mine: Counter[str]) -> tuple[float, dict[str, Value]]:
    match code:
        case "skills":
            met = {name: other.skills[name] for name in asker.skills if name in other.skills}
            known = sorted(met, key=lambda name: -met[name])
            return sum(met.values()) / max(len(asker.skills), 1), {"skills": list[str](known)}
        case "sectors" | "technologies":
            left, right = getattr(asker, code), getattr(other, code)
            both = [name for name in left if name in right]
            return _share(len(both), len(left) if right else 0), {code: list[str](both)}
        case "stage":
            both = [name for name in asker.stages if name in other.stages]
            return _share(min(len(both), 1), 1 if asker.stages and other.stages else 0), {
                "stage": both[0] if both else ""
            }
        case "near":
            if asker.province and fold(asker.province) == fold(other.province):
                return 1.0, {"same": "state"}
            if asker.country and fold(asker.country) == fold(other.country):
                return 0.4, {"same": "country"}
            return 0.0, {}
        case "words":
            return _cosine(mine, _terms(other.text)), {}
        case "ready":
            return max(0.0, min(other.ready or 0.0, 1.0)), {"level": round(1 + 8 * (other.ready or 0.0))}
        case _:
            return float(other.checked), {}


def _share(met: int, wanted: int) -> float:
    if not wanted:
        return 0.0
    return met / wanted if met else DISAGREE


@lru_cache(REMEMBERED)
def _terms(text: str) -> Counter[str]:
    return Counter(term for term in terms("", text) if term.startswith("=") or len(term) > 3)


def _cosine(left: Counter[str], right: Counter[str]) -> float:
    if not left or not right:
        return 0.0
    both = sum(math.log1p(left[term]) * math.log1p(right[term]) for term in left.keys() & right.keys())
    sizes = (sum(math.log1p(count) ** 2 for count in side.values()) for side in (left, right))
    return both / math.sqrt(math.prod(sizes))
