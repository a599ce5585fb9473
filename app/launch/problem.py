"""What a command says in one line instead of a traceback, and the code it ends with."""


class Problem(RuntimeError):
    """Something that the person at the terminal can mend; the message says how."""

    exit_code = 1
