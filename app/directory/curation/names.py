"""Names of organisations as duplicates are looked for: folded, without the legal form; keys by which they meet.

"Công ty Cổ phần Công nghệ Sông Hồng", "CTCP CN Sông Hồng" and "Song Hong Technology JSC" share their core. Pure text.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.directory.curation.domains import is_shared
from app.directory.vocabulary.terms import words

LEGAL_FORMS = tuple(
    tuple(words(text).split())
    for text in (
        "công ty trách nhiệm hữu hạn một thành viên", "công ty trách nhiệm hữu hạn hai thành viên trở lên",
        "công ty trách nhiệm hữu hạn", "công ty tnhh một thành viên", "công ty tnhh mtv", "công ty tnhh 1 thành viên",
        "công ty tnhh 2 thành viên", "công ty tnhh hai thành viên", "công ty tnhh", "công ty cổ phần",
        "công ty hợp danh",
        "công ty cp", "cty tnhh", "cty cp", "cty cổ phần", "ctcp", "cty", "công ty", "tnhh mtv", "tnhh", "mtv",
        "doanh nghiệp tư nhân", "dntn", "hợp tác xã", "htx", "tổng công ty", "tập đoàn", "chi nhánh", "cổ phần",
        "joint stock company", "jsc", "j s c", "company limited", "co ltd", "co l t d", "limited liability company",
        "limited company", "private limited", "pte ltd", "pty ltd", "pvt ltd", "sdn bhd", "ltd", "limited", "llc",
        "l l c", "llp", "inc", "incorporated", "corp", "corporation", "gmbh", "ag", "bv", "b v", "nv", "oy", "ab",
        "sarl", "s a r l", "srl", "spa", "plc", "kk", "the",
    )
)  # fmt: skip
_LONGEST_FIRST = sorted(LEGAL_FORMS, key=len, reverse=True)
_STARTS = frozenset(form[0] for form in LEGAL_FORMS)

SMALL_WORDS = frozenset(("va", "and", "of", "cho", "the", "de", "la", "du", "di", "viet", "nam", "vietnam", "vn"))
"""Say too little to be looked for alone."""

LETTERS_OF_A_PIECE = 7
_DIGITS = re.compile(r"\D")


@lru_cache(2_000)
def core_of(name: str) -> str:
    """The folded name without legal forms; the whole folded name where nothing else is left."""
    parts = words(name).split()
    kept: list[str] = []
    place = 0
    while place < len(parts):
        step = 0
        if parts[place] in _STARTS:
            step = next((len(f) for f in _LONGEST_FIRST if tuple(parts[place : place + len(f)]) == f), 0)
        if not step:
            kept.append(parts[place])
        place += step or 1
    return " ".join(kept or parts)


def code_of(enterprise_code: str) -> str:
    """The ten digits that an enterprise and its branches share; "" for what is no code."""
    digits = _DIGITS.sub("", enterprise_code)
    return digits[:10] if len(digits) in (10, 13) else ""


def keys_of(row: Mapping[str, Any]) -> set[str]:
    """Everything under which the organisation is laid beside others: the same key means that a look is worth it.

    One or two typing errors leave one of the pieces of a name as it was, or one of its rarer words.
    """
    core = core_of(row["name"])
    compact = core.replace(" ", "")
    parts = [part for part in core.split() if part not in SMALL_WORDS]
    found = {f"n:{compact}"}
    if len(parts) > 1:
        found.add(f"s:{' '.join(sorted(parts))}")
        found |= {f"w:{part}" for part in parts if len(part) > 3}
    if len(compact) > LETTERS_OF_A_PIECE + 1:
        found |= {f"b:{compact[:LETTERS_OF_A_PIECE]}", f"e:{compact[-LETTERS_OF_A_PIECE:]}"}
    elif len(compact) > 3:
        found |= {f"d:{compact[:n]}{compact[n + 1 :]}" for n in range(len(compact))} | {f"d:{compact}"}
    if len(parts) > 2:
        found.add(f"i:{''.join(part[0] for part in parts)}")
    if len(parts) == 1 and 3 <= len(compact) <= 6:
        found.add(f"i:{compact}")
    english = core_of(row.get("name_en") or "").replace(" ", "")
    if english:
        found.add(f"n:{english}")
    code = code_of(row.get("enterprise_code") or "")
    if code:
        found.add(f"c:{code}")
    domain = row.get("domain") or ""
    if domain and not is_shared(domain):
        found.add(f"h:{domain}")
    return found
