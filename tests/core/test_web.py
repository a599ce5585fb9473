"""Redirect targets stay here; guards say who may."""

import pytest

from app.core.errors import NotAllowed, NotSignedIn
from app.core.web import Actor, local_path, role


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "https:evil", "https://evil.example", "javascript:alert(1)", "", None,
     "/a\r\nSet-Cookie: x=1", "/a b", "\\\\evil", "/%0d\n", "evil", "/" + "x" * 3000, "/a\\b"],
)  # fmt: skip
def test_other_places_are_not_gone_to(path: str | None) -> None:
    assert local_path(path, "/home") == "/home"


@pytest.mark.parametrize("path", ["/", "/directory?q=nguy%E1%BB%85n", "/events/techfest#register"])
def test_our_own_are(path: str) -> None:
    assert local_path(path) == path


class _Connection:
    def __init__(self, actor: Actor) -> None:
        self.scope = {"actor": actor}


async def test_roles() -> None:
    from uuid import uuid4

    guard = role("organizer", "desk")
    for roles in ({"organizer"}, {"desk"}, {"admin"}):
        await guard(_Connection(Actor(id=uuid4(), roles=frozenset(roles))), None)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        await guard(_Connection(Actor(id=uuid4())), None)  # type: ignore[arg-type]
    with pytest.raises(NotSignedIn):
        await guard(_Connection(Actor()), None)  # type: ignore[arg-type]
    with pytest.raises(NotSignedIn):
        assert Actor().person_id
