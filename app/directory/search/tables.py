"""Tables of the search: what can be found, and the searches that people keep. What fills the index is in `index`."""

from piccolo.columns import UUID, BigInt, BigSerial, Boolean, ForeignKey, Integer, SmallInt, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.directory.tables import Organisation
from app.people.tables import Person


class Findable(Table, tablename="findable"):
    """Something that has a page and may be found: an organisation, a person, an event, a technology on offer.

    `names`: every name, folded, a line each (see `lines`); `text`: everything else that may be typed, folded. Only
    what is public goes in: `tier` 0, or 1 for what people who are signed in may find. `owner`: the organisation that
    it belongs to, with which it leaves. `number`: an organisation's, for sets in memory. `id` is new after each
    change, `listed_at` is when it was first there to be found. A migration adds the vectors, their indexes, and the
    triggers that keep organisations.
    """

    id = BigSerial(primary_key=True)
    kind = Text()
    subject = UUID()
    owner = ForeignKey(
        Organisation, null=True, default=None, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True
    )
    number = BigInt(null=True, default=None)
    title = Text()
    title_en = Text(default="")
    title_folded = Text()
    subtitle_vi = Text(default="")
    subtitle_en = Text(default="")
    names = Text()
    text = Text(default="")
    url = Text()
    tier = SmallInt(default=0)
    weight = Integer(default=0)
    sample = Boolean(default=False)
    listed = Boolean(default=True)
    listed_at = Timestamptz(default=now)


class SavedSearch(Table, tablename="saved_search"):
    """A state of the directory or of the search that a person keeps under a name.

    `digest`: never, daily or weekly, never by itself: `digest_agreed_at` is when the person chose it. `key` is part
    of the addresses of the feed and of the link that ends the mails; another key makes the old ones worthless.
    """

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict, index=True)
    name = Text()
    path = Text()
    query = Text(default="")
    digest = Text(default="never")
    digest_agreed_at = Timestamptz(null=True, default=None)
    digested_until = Timestamptz(null=True, default=None)
    key = Text(secret=True)
    seen_at = Timestamptz(default=now)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)
