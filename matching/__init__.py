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

A `Suggestion` has ``candidate_id``, ``score`` (a logit), ``p`` (probability, among those who could be suggested, that the
one asked for and the one suggested come together, seen from the query's side), ``q`` (the same seen from the
candidate's side: among all that the candidate could take up) and ``contributions``, reasons ordered by size.

A `Reason` has ``code``, ``audience`` ("you": why the candidate suits the reader; "them": why the reader suits the
candidate), ``contribution`` and ``params``. ``score == model.base(kind) + sum(contributions)`` exactly (``suggestion.base``
holds it); taking away what a reason states lowers the score by its contribution. A negative contribution is a caveat.
Texts are the caller's; see `matching.explain` for the table of codes and their parameters.
"""

from matching.data import Company, DataError, Dataset, Investor, Link
from matching.fitting import fit
from matching.model import Model
from matching.suggestions import Reason, Suggestion

__all__ = ["Company", "DataError", "Dataset", "Investor", "Link", "Model", "Reason", "Suggestion", "fit"]
