"""Table of figures: which events show theirs to everybody."""

from piccolo.columns import ForeignKey, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.people.tables import Person
from events.tables import Event


class PublicFigures(Table, tablename="event_public_figures"):
    """That an event's statistics are public, since when and who said so; ended with a date when it is taken back."""

    event = ForeignKey(Event, primary_key=True, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    since_at = Timestamptz(default=now)
    by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ended_at = Timestamptz(null=True, default=None)
