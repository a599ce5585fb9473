"""Tables of forms: questions as organizers edit them, and the versions that people were asked."""

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id
from app.people.tables import Person
from events.tables import Event


class FormQuestion(Table, tablename="event_question"):
    """A question of an event's form. `about` is the rest of it, as `schema.Question` reads it. Ended, never deleted:
    answers that were given keep their question."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    code = Text()
    kind = Text()
    about = JSONB(default="{}")
    required = Boolean(default=False)
    place = Integer(default=0)
    created_at = Timestamptz(default=now)
    changed_at = Timestamptz(default=now)
    changed_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ended_at = Timestamptz(null=True, default=None)


class FormVersion(Table, tablename="event_form"):
    """The questions of an event as they were asked from one moment on."""

    id = UUID(primary_key=True, default=new_id)
    event = ForeignKey(Event, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    number = Integer()
    questions = JSONB(default="[]")
    published_at = Timestamptz(default=now)
    published_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
