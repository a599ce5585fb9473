"""Codes that are no tickets, for tests and benches."""

import random


def forgeries(code: str, foreign: str, count: int) -> list[str]:
    """Codes that are not what they seem, each by its own way."""
    rng = random.Random(7)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    found = []
    for number in range(count):
        at = rng.randrange(len(code))
        kind = number % 5
        if kind == 0:  # one letter other, and one more
            mixed = list(code)
            mixed[at], mixed[number % len(code)] = rng.choice(letters.replace(code[at], "")), rng.choice(letters)
            found.append("".join(mixed) if "".join(mixed) != code else foreign)
        elif kind == 1:  # cut off or too long
            found.append(code[:at] if number % 2 else code + "".join(rng.choices(letters, k=1 + at)))
        elif kind == 2:  # two letters swapped, or the same with a prefix that scanners add
            other = (at + 1) % len(code)
            mixed = list(code)
            mixed[at], mixed[other] = mixed[other], mixed[at]
            found.append("".join(mixed) if mixed[at] != mixed[other] else foreign[:at] + code[at:])
        elif kind == 3:  # a head of ours with a foreign signature
            found.append("\\000026" + code[: 40 + at % 20] + foreign[40 + at % 20 :])
        else:
            found.append("".join(rng.choices(letters, k=len(code))))
    return found
