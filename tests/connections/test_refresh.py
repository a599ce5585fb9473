"""Lists made anew: both directions, changes, bursts, who waits, who is stale."""

from app.connections import refresh, versions
from app.core import db as database
from tests.connections import make


async def test_a_profile_of_three_fields_gets_useful_suggestions(market):
    new = await make.startup("Mới", sectors=["agri"], country="VN", summary_vi="Cảm biến cho ruộng lúa")

    assert await refresh.refresh(new) is True

    names = await make.listed(new, "investor")
    assert names[0] == "Fund agri-VN"
    assert names[-1] == "Fund fin-SG"
    assert len(names) == 4
