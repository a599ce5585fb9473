"""How Vietnamese a text looks: the share of its accented words that are syllables the language has.

With it the letters of a file are told apart: in the wrong encoding hardly a word is a syllable. No lists of words.
"""

import re
import unicodedata

_ONSETS = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x"
_RIMES = """
    a ai ao au ay ac ach am an ang anh ap at ăc ăm ăn ăng ăp ăt âu ây âc âm ân âng âp ât
    e eo ec em en eng ep et ê êu êch êm ên ênh êp êt i ia iu ich im in inh ip it iêu iêc iêm iên iêng iêp iêt
    o oi oa oai oao oay oac oach oam oan oang oanh oap oat oăc oăm oăn oăng oăt oe oeo oen oet oc om on ong op ot
    ooc oong ô ôi ôc ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua ui uc um un ung up ut uôi uôc uôm uôn uông uôt
    ư ưa ưi ưu ưc ưm ưng ưt ươi ươu ươc ươm ươn ương ươp ươt uê uêch uên uênh uy uya uych uynh uyn uyt uyu uyên
    uyêt uơ uân uâng uât uây y ych ynh yt yn yu yên yêt yêu yêm yêng
"""
_ONSET_SET = frozenset([*_ONSETS.split(), ""])
_RIME_SET = frozenset(_RIMES.split())
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_STOPPED = ("c", "ch", "p", "t")
_WORD = re.compile(r"[^\W\d_]+(?:[\u0300-\u0323][^\W\d_]*)*")
_SYLLABLE = re.compile(r"(ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnprstvx]|)(.+)")


def is_syllable(word: str) -> bool:
    """Whether the language has this syllable: an onset, a rime, a tone that the rime takes."""
    toneless: list[str] = []
    tones: list[str] = []
    for letter in unicodedata.normalize("NFD", word.casefold()):
        (tones if letter in _TONES else toneless).append(letter)
    found = _SYLLABLE.fullmatch(unicodedata.normalize("NFC", "".join(toneless)))
    if found is None or len(tones) > 1:
        return False
    onset, rime = found[1], found[2]
    if onset not in _ONSET_SET or not (rime in _RIME_SET or (onset == "gi" and f"i{rime}" in _RIME_SET)):
        return False
    return not rime.endswith(_STOPPED) or tones in (["\u0301"], ["\u0323"])


class Share:
    """Of the words with a letter beyond a to z, how many are syllables. `accented` says how much that is worth."""

    def __init__(self, accented: int, legal: int) -> None:
        self.accented = accented
        self.legal = legal

    @property
    def value(self) -> float:
        """From 0 to 1; 1 where nothing is accented, for then nothing is wrong."""
        return self.legal / self.accented if self.accented else 1.0


def share_of(text: str) -> Share:
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    return Share(len(words), sum(is_syllable(word) for word in words))
