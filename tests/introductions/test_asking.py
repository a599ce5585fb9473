"""Asking, answering, and what is refused: by the verbs, as the database stands afterwards."""

from app.connections.introductions import between
from tests.introductions.conftest import Pair, state_of


async def test_smoke(pair: Pair) -> None:
    introduction = await pair.asks()
    assert await state_of(introduction) == "pending_b"
    assert await pair.asks() == introduction
    await pair.accepts(introduction)
    assert await state_of(introduction) == "accepted"
    found = await between.between(pair.fund, pair.startup)
    assert found is not None
    assert (found.state, found.side) == ("accepted", "receiver")
