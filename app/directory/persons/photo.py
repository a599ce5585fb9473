"""Photos of people: what they are kept for, and who may have the file. Who sees the photo sees it, nobody else."""

from app.core.errors import NotFound
from app.core.files.purposes import PORTRAIT, Purpose, Stored, register
from app.core.web import Actor
from app.directory.fields import PERSON_FIELDS
from app.directory.persons.access import person_by_id_for
from app.directory.seeing import tier_of


async def seen_with_the_profile(actor: Actor, file: Stored) -> bool:
    """Whether the actor sees the photo on the profile now: unlisted, withdrawn or kept for others is a no."""
    if file.owner_kind != "person" or file.owner_id is None:
        return False
    try:
        seen = await person_by_id_for(actor, file.owner_id)
    except NotFound:
        return False
    return seen.viewer.sees(tier_of(PERSON_FIELDS["photo_file"], seen.row["tiers"]))


PHOTO = register(Purpose(name="portrait", pictures=PORTRAIT, lasting=False, may_see=seen_with_the_profile))
"""Not lasting: browsers ask again each time, so that a withdrawn consent takes the photo away too."""
