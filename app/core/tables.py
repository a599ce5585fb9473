"""Tables of the ground: work to be done, mails, when each repeated task is due, and what is known of stored files."""

from piccolo.columns import JSONB, UUID, Array, BigInt, BigSerial, Bytea, ForeignKey, Integer, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id


class Outbox(Table, tablename="outbox"):
    """One row per piece of work that a verb asked for, written in the verb's own transaction."""

    id = BigSerial(primary_key=True)
    topic = Text()
    payload = JSONB(default="{}")
    dedupe_key = Text(null=True, default=None, unique=True)
    available_at = Timestamptz(default=now)
    attempts = Integer(default=0)
    claimed_until = Timestamptz(null=True, default=None)
    last_error = Text(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    dead_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=now)


class ScheduledTask(Table, tablename="scheduled_task"):
    """When a repeated task runs next; the row's lock keeps two workers from running it at once."""

    name = Text(primary_key=True)
    next_run_at = Timestamptz(default=now)
    last_run_at = Timestamptz(null=True, default=None)
    last_error = Text(null=True, default=None)


class Mail(Table, tablename="mail"):
    """A mail to one address. `state`: queued, handing_over, sent, kept (no SMTP configured), failed."""

    id = UUID(primary_key=True, default=new_id)
    message_key = Text(unique=True)
    to_address = Text()
    locale = Text()
    subject = Text()
    text = Text()
    html = Text()
    unsubscribe_url = Text(default="")
    state = Text(default="queued")
    maybe_twice_at = Timestamptz(null=True, default=None)
    last_error = Text(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=now, index=True)


class MailAttachment(Table, tablename="mail_attachment"):
    id = UUID(primary_key=True, default=new_id)
    mail = ForeignKey(Mail, null=False, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    filename = Text()
    media_type = Text()
    place = Integer(default=0)
    content = Bytea()


class StoredFile(Table, tablename="stored_file"):
    """A logo, photo, deck or piece of evidence; its bytes lie in the storage under the id, one key for each variant.

    Until `kept_at` it is a draft of whoever brought it; after `ended_at` nobody is served; `erased_at`: the bytes are
    gone, and what the row said of people with them. `purpose`, `owner_kind` and `owner_id` are words of the subjects.
    """

    id = UUID(primary_key=True, default=new_id)
    purpose = Text()
    kind = Text()
    name = Text()
    media_type = Text()
    variants = Array(base_column=Text())
    size = BigInt(default=0)
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    pages = Integer(null=True, default=None)
    sha256 = Text()
    tier = Integer(default=0)
    owner_kind = Text()
    owner_id = UUID(null=True, default=None)
    created_by = UUID(null=True, default=None, index=True)
    created_at = Timestamptz(default=now)
    kept_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    end_reason = Text(null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)
