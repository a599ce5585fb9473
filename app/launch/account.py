"""Under which account the embedded servers run, and how a command is started as that account.

PostgreSQL refuses to run as root. Started by root, both servers run as an unprivileged account; started by anybody
else, they run as that person. The project may lie in a folder that the unprivileged account cannot enter (/root is
0700): then the servers get the one capability that lets them pass through folders, and nothing else. Permissions of
other people's folders are never changed.
"""

import os
import pwd
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.launch.problem import Problem

_CAPABILITIES = (("dac_read_search", 2), ("dac_override", 1))
"""Name for setpriv and bit in the bounding set; the weaker one first."""


class AccountProblem(Problem):
    """The servers cannot be started under any suitable account here; the message says the way out."""


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """The account of the servers. `uid` is our own one unless we are root."""

    uid: int
    gid: int
    name: str

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def own(self, path: Path, mode: int) -> None:
        """Give a file or folder to the servers."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)

    def command(self, argv: list[str], touches: Iterable[Path], *, die_with_parent: str | None = None) -> list[str]:
        """`argv` so that it runs as this account. `touches`: folders that it has to be able to enter.

        `die_with_parent`: the signal the kernel sends it when the thread that starts it ends (Linux only).
        """
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            if self.is_other:
                raise AccountProblem(
                    "PostgreSQL does not run as root and the program setpriv (package util-linux) is missing: "
                    "install it, or start as an ordinary user"
                )
            return argv
        options: list[str] = []
        if self.is_other:
            options += [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups", "--no-new-privs"]
            granted = "-all" if all(self._can_enter(p) for p in touches) else f"-all,+{_passing_capability(self)}"
            options += [f"--inh-caps={granted}", f"--ambient-caps={granted}", f"--bounding-set={granted}"]
            if granted != "-all":
                # initdb asks access(2) for its programs, and that ignores what somebody else than root was granted
                options += ["--securebits=+no_setuid_fixup"]
        if die_with_parent:
            options += [f"--pdeathsig={die_with_parent}"]
        return [setpriv, *options, "--", *argv] if options else argv

    def _can_enter(self, folder: Path) -> bool:
        folder = folder.resolve()
        for step in (folder, *folder.parents):
            info = step.stat()
            needed = 0o100 if info.st_uid == self.uid else 0o001
            if not info.st_mode & needed:
                return False
        return True


def _passing_capability(account: ServerAccount) -> str:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    held = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    effective = int(held.group(1), 16) if held else 0
    for name, bit in _CAPABILITIES:
        if effective >> bit & 1:
            return name
    raise AccountProblem(
        f"the account {account.name} cannot enter this folder and this machine does not let root grant it: "
        "move the project to a folder that everybody may enter, or start as an ordinary user"
    )


def server_account(owned: Path) -> ServerAccount:
    """The account for servers whose data lies in `owned`; an existing folder keeps the account that owns it."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        _require_name(uid)
        return ServerAccount(uid, gid, _name_of(uid))
    if owned.exists() and owned.stat().st_uid != 0:
        info = owned.stat()
        return ServerAccount(info.st_uid, info.st_gid, _name_of(info.st_uid))
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(entry.pw_uid, entry.pw_gid, name)
    raise AccountProblem(
        "started as root, and neither an account postgres nor nobody exists: start as an ordinary user"
    )


def _require_name(uid: int) -> None:
    """PostgreSQL looks its account up by number; containers started with a bare number have none."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise AccountProblem(
            f"this process runs as number {uid}, for which this machine knows no account, and PostgreSQL needs one: "
            "add it to /etc/passwd, start as another account, or set DATABASE_URL to a server of your own"
        ) from None


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
