"""What files are kept for: which kinds are taken, how pictures are drawn, who may see them. Subjects register theirs.

The ground knows no subject: a file whose purpose nobody registered is kept and shown to nobody.
"""

from collections.abc import Awaitable
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from app.core.web import Actor

Fit = Literal["pad", "crop", "wide", "within"]
Kind = Literal["image", "document", "data"]

IMAGE_BYTES = 8_000_000
DOCUMENT_BYTES = 40_000_000


class Shape(msgspec.Struct, frozen=True):
    """How a picture is drawn (see pictures.draw) and in which sizes, smallest first."""

    fit: Fit
    sizes: tuple[tuple[int, int], ...]


LOGO = Shape("pad", ((96, 96), (256, 256), (512, 512)))
PORTRAIT = Shape("crop", ((96, 96), (256, 256), (512, 512)))
COVER = Shape("wide", ((800, 450), (1600, 900)))
SCAN = Shape("within", ((400, 400), (2000, 2000)))


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What a checker is told of a file: enough to ask its own tables about the owner."""

    id: UUID
    purpose: str
    owner_kind: str
    owner_id: UUID | None
    tier: int
    created_by: UUID | None


class MaySee(Protocol):
    def __call__(self, actor: Actor, file: Stored, /) -> Awaitable[bool]: ...


async def its_bringer(actor: Actor, file: Stored) -> bool:
    """The checker of a purpose without one: who brought the file sees it, nobody else."""
    return actor.id is not None and actor.id == file.created_by


async def by_tier(actor: Actor, file: Stored) -> bool:
    """Public files to everybody, those for members to whoever is signed in; the other tiers need a subject's word."""
    return file.tier == 0 or (file.tier == 1 and actor.signed_in)


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """One use of files. `pictures` None: no pictures are taken; `lasting` False: browsers ask again each time."""

    name: str
    pictures: Shape | None = None
    documents: bool = False
    data: bool = False
    tier: int = 0
    lasting: bool = True
    may_see: MaySee = its_bringer

    @property
    def most_bytes(self) -> int:
        """The limit for `upload_form`: of the largest kind that is taken."""
        return DOCUMENT_BYTES if self.documents or self.data else IMAGE_BYTES


_purposes: dict[str, Purpose] = {}


def register(purpose: Purpose) -> Purpose:
    """Make a purpose known, once, from the module of the subject that owns it."""
    if _purposes.setdefault(purpose.name, purpose) is not purpose:
        raise RuntimeError(f"two purposes named {purpose.name}")
    return purpose


def known(name: str) -> Purpose | None:
    return _purposes.get(name)


async def sees(actor: Actor, file: Stored) -> bool:
    """Whether the actor may have the file now. To have brought it once is no right: people leave organisations."""
    purpose = _purposes.get(file.purpose)
    return purpose is not None and await purpose.may_see(actor, file)
