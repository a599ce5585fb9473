"""The engine: plain values in, suggestions out. It knows no web, no database and nothing of the application.

Use::

    from matching import Company, Dataset, Investor, Link, Model, fit

    data = Dataset.of(companies, investors, links)      # or Dataset.from_csv(folder)
    model = fit(data)                                   # a minute for 38,000 links; zero links work too
    model.save("model.bin"); model = Model.load("model.bin")
    [suggestions] = model.rank_investors([company], limit=20)
    [suggestions] = model.rank_companies([investor], limit=20)

Queries are profiles (`Company`, `Investor`), not ids: what stands in the profile that is passed counts, so a changed
profile needs no refit; what is known of the id (past links) comes from the fitted data. ``candidates`` may be None
(everyone in the data), ids, or profiles. Links that exist already are never suggested.

A `Suggestion` has ``candidate_id``, ``score`` (a logit that lists are ordered by), ``base`` and ``contributions``
(reasons ordered by size), and two calibrated probabilities. Both speak of a deal within half a year; the one on the
company's side takes for granted that the company raises, the one on the investor's side counts how likely that is (1
where the company states what it asks). ``p`` is the reader's side, ``q`` the candidate's.

A `Reason` has ``code``, ``audience`` ("you": why the candidate suits the reader; "them": why the reader suits the
candidate), ``contribution`` and ``params``. A score is its ``base`` plus the sum of its contributions; a contribution
is what the score loses when what the reason speaks of is erased. A negative one is a caveat.
Texts are the caller's; see `matching.explain` for the table of codes and their parameters.
"""

from typing import TYPE_CHECKING, Any

from matching.data import Company, DataError, Dataset, Investor, Link
from matching.suggestions import Reason, Suggestion

if TYPE_CHECKING:
    from matching.fitting import fit
    from matching.model import Model

__all__ = ["Company", "DataError", "Dataset", "Investor", "Link", "Model", "Reason", "Suggestion", "fit"]


def __getattr__(name: str) -> Any:
    """Load the learner when it is asked for first: timetables and markets start without scikit-learn, much sooner."""
    if name == "fit":
        from matching.fitting import fit  # noqa: PLC0415

        return fit
    if name == "Model":
        from matching.model import Model  # noqa: PLC0415

        return Model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
