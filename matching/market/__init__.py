"""The market: everybody's lists at once, so that those in demand are not flooded and the others are seen.

Use::

    from matching.market import MarketOptions, Pairs, Prices, crowd, run_market_sparse

    people = crowd(n_left, n_right, ids=(left_ids, right_ids), capacity=lists_each_person_can_take)
    result = run_market_sparse(Pairs.of((indptr, indices), p, q, people), options=MarketOptions(lists=10))
    result.lists                        # (n_left, 10): who is shown to whom, -1 where a list ends
    prices = result.prices.clamped_to(Prices.from_json(kept), 0.5)
    prices.adjusted(p_new, q_new)       # ranks somebody new on the left, no new run

`run_market` takes whole tables of p and q, `run_market_factors` takes `Factors`. All three share one path: prices of
attention (prices.py), candidates by price-adjusted score (sources.py, candidates.py), a climb over fractional lists
with the exact slope (congestion.py, rerank.py), capacities (limits.py), a judge that knows nothing of the climb
(expected.py), and a bound that no lists exceed (bound.py).
"""

from matching.market.expected import Outcome, expected
from matching.market.factors import Factors
from matching.market.pairs import Crowd, Pairs, crowd
from matching.market.prices import Prices
from matching.market.run import MarketOptions, MarketResult, run_market, run_market_factors, run_market_sparse

__all__ = [
    "Crowd",
    "Factors",
    "MarketOptions",
    "MarketResult",
    "Outcome",
    "Pairs",
    "Prices",
    "crowd",
    "expected",
    "run_market",
    "run_market_factors",
    "run_market_sparse",
]
