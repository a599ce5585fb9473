"""Reasons: which part of a score speaks about what, whose wish it meets, and the numbers for the caller's sentence.

The parts themselves come from scorer.py and stated.py; nothing is computed here that the score does not hold.

A part is the score with a fact minus the score with the fact erased, so parts may be negative: a caveat.

=================  ========  ==========================================================================================
code               meets     what it says, and its parameters (every one may be missing or None)
=================  ========  ==========================================================================================
sector             investor  past deals in the company's sector: category, sectors, deals (number of them)
technology         investor  past deals in the company's technologies: technologies
place              company   past deals and home near the company: city, region, state, country, deals (in the region,
                             else in the state), same (narrowest place of home shared: city, region, state, country)
focus              investor  past deals in the same sector and place at once: category, state, deals
round              investor  past deals in this kind of round: round_type (empty: none asked, the usual next one), deals
amount             investor  past rounds of this size: amount_usd, low_usd, high_usd (quartiles of their rounds)
entry              investor  comes in first, or after others, as the company needs it now: deals (number of such)
similar            investor  backed companies like this one: companies (ids, most alike first, at most 3), deals
network            company   invested together with the company's investors: investors (ids, at most 3), count
text               investor  words in common with companies they chose
activity           company   how much they invest, and how lately: deals, deals_1y, days_since
company            investor  how likely a company at this point takes investors in: rounds, backers, days_since
stated_sector      investor  sectors stated by both: sectors
stated_technology  investor  technologies stated by both: technologies
stated_stage       investor  the company's stage is among those stated: stage
stated_round       investor  the round asked is among those stated: round_type
stated_ticket      company   the amount asked against the stated ticket: amount_usd
stated_place       investor  the company's place is among those stated: places
home               company   near each other: same
languages          company   a shared language: languages
needs              company   needs that the investor offers: needs
words              investor  words in common of both texts
meaning            investor  both texts mean alike, by an embedder that the operator has configured
=================  ========  ==========================================================================================
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.data import Company, Investor
from matching.encode import YEAR, tidy
from matching.features import SEGMENTS, Companies, Investors
from matching.history import History
from matching.likeness import Likeness
from matching.scorer import GROUPS
from matching.stated import WEIGHTS
from matching.suggestions import Audience, Reason, Value

MEETS: dict[str, str] = {
    "sector": "investor", "technology": "investor", "place": "company", "focus": "investor", "round": "investor",
    "amount": "investor", "entry": "investor", "similar": "investor", "network": "company", "text": "investor",
    "activity": "company", "company": "investor", "stated_sector": "investor", "stated_technology": "investor",
    "stated_stage": "investor", "stated_round": "investor", "stated_ticket": "company", "stated_place": "investor",
    "home": "company", "languages": "company", "needs": "company", "words": "investor", "meaning": "investor",
}  # fmt: skip
"""Whose wish each code meets."""

CODES = tuple(MEETS)
"""Every code, as listed above."""

PART_NAMES = (*GROUPS, *WEIGHTS, "company")
"""Code of each part of a score, in the order of the columns that model.py computes."""

NEGLIGIBLE = 1e-9
_SAID = {"stated_stage": "stage", "stated_round": "round_type", "stated_ticket": "amount_usd"}
_COMMON = {
    "stated_sector": ("sectors", "sectors"),
    "stated_technology": ("technologies", "technologies"),
    "languages": ("languages", "languages"),
    "needs": ("needs", "offers"),
}
_PLACES = ("city", "region", "state", "country")


@dataclass
class Picked:
    """Pairs that were chosen for a list: profiles, and their places in the encoded blocks (k each)."""

    companies: Sequence[Company]
    investors: Sequence[Investor]
    company_block: Companies
    investor_block: Investors
    company_at: np.ndarray
    investor_at: np.ndarray


class Explainer:
    """Finds the parameters of reasons for picked pairs.

    Parameters
    ----------
    history : History
        What the scores were computed from.
    """

    def __init__(self, history: History) -> None:
        self.history = history

    def reasons(self, picked: Picked, parts: np.ndarray, reader: str) -> list[tuple[Reason, ...]]:
        """Turn the parts of picked pairs into reasons.

        Parameters
        ----------
        picked : Picked
            k pairs.
        parts : ndarray, shape (k, len(PART_NAMES))
        reader : "company" or "investor"
            Who asked.

        Returns
        -------
        list of tuple of Reason
            For each pair all parts that are not nothing, largest first.
        """
        counts = self._counts(picked)
        found = []
        for k, row in enumerate(parts):
            reasons = []
            for code, part in zip(PART_NAMES, row.tolist(), strict=True):
                if abs(part) <= NEGLIGIBLE:
                    continue
                audience: Audience = "you" if MEETS[code] == reader else "them"
                reasons.append(Reason(code, audience, part, self._params(code, picked, k, counts)))
            found.append(tuple(sorted(reasons, key=lambda reason: -reason.contribution)))
        return found

    def _counts(self, picked: Picked) -> dict[str, np.ndarray]:
        table, values = picked.investor_block.table, picked.company_block.values
        sums = table.sums(values, picked.company_at, picked.investor_at, len(SEGMENTS))[:, :, 0]
        facets = ("category", "sector", "region", "state", "category_state", "round", "entry")
        counts = {facet: sums[:, SEGMENTS.index(facet)] for facet in facets}
        n_sectors = np.diff(picked.company_block.facets["sector"].indptr)[picked.company_at]
        counts["sector"] = counts["sector"] * np.minimum(n_sectors, 4)
        return counts

    def _params(self, code: str, picked: Picked, k: int, counts: dict[str, np.ndarray]) -> dict[str, Value]:
        company, investor = picked.companies[k], picked.investors[k]
        match code:
            case "sector" | "place" | "focus" | "round" | "entry":
                return _record(code, company, investor, {facet: values[k] for facet, values in counts.items()})
            case "amount":
                return self._amount(company, picked, k)
            case "similar":
                return self._similar(picked, k)
            case "network":
                return self._network(picked, k)
            case "activity":
                return self._activity(picked, k)
            case "company":
                return _company(picked, k)
            case _:
                return _shared(code, company, investor)

    def _deals(self, picked: Picked, k: int) -> np.ndarray:
        row = picked.investor_block.rows[picked.investor_at[k]]
        order, ends = self.history.by_investor
        return order[ends[row] : ends[row + 1]] if row >= 0 else order[:0]

    def _amount(self, company: Company, picked: Picked, k: int) -> dict[str, Value]:
        logs = self.history.store.link_log_amount[self.history.deals[self._deals(picked, k)]]
        logs = logs[np.isfinite(logs)]
        low, high = (10 ** np.quantile(logs, [0.25, 0.75])).round().tolist() if len(logs) else (None, None)
        return {"amount_usd": company.amount_usd, "low_usd": low, "high_usd": high}

    def _similar(self, picked: Picked, k: int) -> dict[str, Value]:
        deals, store = self._deals(picked, k), self.history.store
        here = np.full(len(deals), picked.company_at[k])
        _, near = Likeness(self.history).compare(picked.company_block, here, deals)
        order = self.history.deals[deals[np.lexsort((deals, -near))]]
        names = [store.data.companies[row].id for row in dict.fromkeys(store.link_company[order].tolist())]
        return {"companies": list[str](names[:3]), "deals": len(deals)}

    def _network(self, picked: Picked, k: int) -> dict[str, Value]:
        data = self.history.store.data
        backers = picked.company_block.backers[1][[picked.company_at[k]]].indices
        row = picked.investor_block.rows[picked.investor_at[k]]
        near = self.history.partners[[row]].toarray().ravel()[backers] if row >= 0 else np.zeros(len(backers))
        order = [int(backers[j]) for j in np.argsort(-near, kind="stable") if near[j] > 0]
        return {"investors": [data.investors[row].id for row in order[:3]], "count": len(order)}

    def _activity(self, picked: Picked, k: int) -> dict[str, Value]:
        age = self.history.deal_age[self._deals(picked, k)]
        latest = float(age.min()) if len(age) else np.inf
        days: Value = round(latest) if np.isfinite(latest) else None
        return {"deals": len(age), "deals_1y": int((age <= YEAR).sum()), "days_since": days}


def _record(code: str, company: Company, investor: Investor, counts: dict[str, float]) -> dict[str, Value]:
    if code == "sector":
        deals = counts["category"] or counts["sector"]
        return {"category": company.category, "sectors": list(company.sectors), "deals": round(deals)}
    if code == "place":
        places: dict[str, Value] = {name: getattr(company, name) for name in _PLACES}
        return {**places, "deals": round(counts["region"] or counts["state"]), "same": _same_place(company, investor)}
    if code == "focus":
        return {"category": company.category, "state": company.state, "deals": round(counts["category_state"])}
    if code == "round":
        return {"round_type": company.round_type, "deals": round(counts["round"]) if company.round_type else None}
    return {"deals": round(counts["entry"])}


def _company(picked: Picked, k: int) -> dict[str, Value]:
    facts = picked.company_block.facts[picked.company_at[k]]
    rounds, backers, since = np.expm1(facts[:3]).tolist()
    return {
        "rounds": round(rounds),
        "backers": round(backers),
        "days_since": None if np.isnan(since) else round(since * 30),
    }


def _shared(code: str, company: Company, investor: Investor) -> dict[str, Value]:
    if code == "stated_place":
        return {"places": _both((company.country, company.state, company.region, company.city), investor.places)}
    if code == "home":
        return {"same": _same_place(company, investor)}
    if code == "technology":
        return {"technologies": list(company.technologies)}
    if code in _SAID:
        return {_SAID[code]: getattr(company, _SAID[code])}
    if code in _COMMON:
        mine, theirs = _COMMON[code]
        return {mine: _both(getattr(company, mine), getattr(investor, theirs))}
    return {}


def _both(left: Sequence[str], right: Sequence[str]) -> list[str]:
    there = {tidy(value) for value in right}
    return [value for value in left if tidy(value) and tidy(value) in there]


def _same_place(company: Company, investor: Investor) -> str:
    for name in _PLACES:
        value = tidy(getattr(company, name))
        if value and value == tidy(getattr(investor, name)):
            return name
    return ""
