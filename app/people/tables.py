"""Tables of people: accounts, roles, sessions, links sent by mail, second steps, tokens, and what happened.

Nothing is deleted that somebody may ask about later: rows end with a time, a reason and who ended them.
"""

from piccolo.columns import JSONB, UUID, Array, BigInt, BigSerial, Boolean, Bytea, ForeignKey, Text, Timestamptz
from piccolo.columns.base import OnDelete, OnUpdate
from piccolo.columns.reference import LazyTableReference
from piccolo.table import Table

from app.core.clock import now
from app.core.ids import new_id

ROLES = ("admin", "moderator", "organizer", "desk")
"""What a person may be on the whole site; membership of an organisation is the directory's."""


class Person(Table, tablename="person"):
    """A person with an account. `email` is as typed, `email_key` is what is compared; an ended account frees it."""

    id = UUID(primary_key=True, default=new_id)
    email = Text()
    email_key = Text()
    name = Text()
    search_text = Text(default="")
    locale = Text(default="vi")
    password_hash = Text(null=True, default=None, secret=True)
    password_changed_at = Timestamptz(null=True, default=None)
    email_confirmed_at = Timestamptz(null=True, default=None)
    sample = Boolean(default=False)
    created_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)
    ended_by: ForeignKey = ForeignKey(
        LazyTableReference("Person", module_path=__name__),
        null=True,
        default=None,
        on_delete=OnDelete.restrict,
        on_update=OnUpdate.restrict,
    )
    erased_at = Timestamptz(null=True, default=None)
    """Name and addresses are gone; the row stays for counts and for what refers to it."""


class PersonRole(Table, tablename="person_role"):
    """A role that somebody was given, from when to when, by whom and why."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    role = Text()
    granted_at = Timestamptz(default=now)
    granted_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    reason = Text(default="")
    ended_at = Timestamptz(null=True, default=None)
    ended_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    ended_reason = Text(null=True, default=None)


class Session(Table, tablename="session"):
    """A browser that somebody signed in with. `waiting`: the password was right, the second step is not done yet."""

    id = UUID(primary_key=True, default=new_id)
    token_hash = Bytea(unique=True, secret=True)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    waiting = Boolean(default=False)
    stays = Boolean(default=False)
    device = Text(default="")
    network = Text(default="")
    created_at = Timestamptz(default=now)
    last_seen_at = Timestamptz(default=now)
    confirmed_at = Timestamptz(default=now)
    expires_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    ended_reason = Text(null=True, default=None)


class SignUp(Table, tablename="sign_up"):
    """Somebody wants an account; it becomes a person when the link sent to the address is confirmed.

    `browser_hash` recognises the browser that asked: another one has to know the password chosen there. `comes_as` is
    what was chosen on the landing page, "" for nothing: it decides which page comes first.
    """

    id = UUID(primary_key=True, default=new_id)
    email = Text()
    email_key = Text()
    name = Text()
    locale = Text(default="vi")
    password_hash = Text(secret=True)
    browser_hash = Bytea(secret=True)
    comes_as = Text(default="")
    created_at = Timestamptz(default=now)
    done_at = Timestamptz(null=True, default=None)


class MailLink(Table, tablename="mail_link"):
    """A link sent by mail. `purpose`: sign_up, reset or email; it works once and for a while."""

    id = UUID(primary_key=True, default=new_id)
    token_hash = Bytea(unique=True, secret=True)
    purpose = Text()
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    sign_up = ForeignKey(SignUp, null=True, default=None, on_delete=OnDelete.cascade, on_update=OnUpdate.restrict)
    email = Text()
    created_at = Timestamptz(default=now)
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class SecondStep(Table, tablename="second_step"):
    """The secret that somebody's phone makes codes from, sealed; `last_step`: the newest period used."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    secret = Text(secret=True)
    last_step = BigInt(default=0)
    created_at = Timestamptz(default=now)
    confirmed_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table, tablename="recovery_code"):
    """A code on paper that replaces the phone once."""

    id = UUID(primary_key=True, default=new_id)
    second_step = ForeignKey(SecondStep, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    code_hash = Bytea(unique=True, secret=True)
    used_at = Timestamptz(null=True, default=None)


class ApiToken(Table, tablename="api_token"):
    """What a program signs in with, shown once; `prefix` is kept to recognise it."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    name = Text()
    prefix = Text()
    token_hash = Bytea(unique=True, secret=True)
    scopes = Array(base_column=Text())
    created_at = Timestamptz(default=now)
    expires_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class AccountEvent(Table, tablename="account_event"):
    """What happened to an account. Rows are only ever added; the database refuses changes.

    Without a person: a sign-in with an address that no account has; these go after thirty days.
    """

    id = BigSerial(primary_key=True)
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    kind = Text()
    at = Timestamptz(default=now)
    actor = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.restrict, on_update=OnUpdate.restrict)
    device = Text(default="")
    network = Text(default="")
    detail = JSONB(default="{}")
