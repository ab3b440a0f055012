r"""Which option an answer in words chooses.

Rules, in order; the first that finds letters decides. Nothing is guessed: what no rule reads, or what names several
options (答案是A和B), counts as unanswered.
1. A conclusion: 答案是B, 答案：B, 故选B, the answer is B, \boxed{B}. Of several the last one counts.
2. A judgement: B是正确的, 选项B正确, 正确的是B.
3. The answer begins with a letter that stands alone: "B", "B. 水牛", "（B）因为……".
4. One letter alone stands in it: 选项B, B项, 是B.
5. The words of one option stand in it, and those of no other.
Letters inside of words (DNA, 维生素A, A型) do not count, nor do those that are denied (答案不是A, A错误, 不选A).
"""

import re
import unicodedata
from collections.abc import Sequence

from evals.choice_files import LETTERS

_HAN = "\u4e00-\u9fff"
_MARKS = r"[\s\"'“”‘’(\[{【「*_$]*"
_OPTION = rf"{_MARKS}(?:选项)?{_MARKS}"
_MORE = rf"(?: ?(?:[、/&+]|和|与|及|以及|或者?)? ?[A-D](?![E-Za-z0-9])|, ?[A-D](?![A-Za-z0-9{_HAN}]))*"
_LETTERS = rf"([A-D]{_MORE})(?![A-Za-z0-9])"
_IS = r"\s*(?:应该|应当|应|就|只能|便|即)?(?:是|为|选择?|填)?[:=]?"
_SELDOM = r"(?<!不)(?<!不应)(?<!不能)(?<!不该)(?<!不要)"

_DENIED = re.compile(
    rf"(?:不是|不为|不会是|并非|而非|排除|不选|不应选|不能选|不该选|不要选)择?{_OPTION}[A-D]{_MORE}(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z0-9])[A-D](?:选项|项)?(?:的?(?:说法|表述|描述))?\s*(?:是|并)?(?:不正确|错误|错|不对|不符|有误|可以?排除)"
)
_CONCLUDED = re.compile(
    rf"(?:答案|正确选项|(?:最佳|最终|正确)的?选择){_IS}{_OPTION}{_LETTERS}"
    rf"|{_SELDOM}选(?!项)择?(?:的是|为|是)?:?{_OPTION}{_LETTERS}"
    rf"|(?:[Aa]nswer|ANSWER)\s*(?:is|IS)?\s*:?{_OPTION}{_LETTERS}"
    r"|\\boxed\{(?:\\text\{)?\s*([A-D]+)\}"
)
_JUDGED = re.compile(
    rf"(?:选项|(?<![A-Za-z0-9{_HAN}])){_LETTERS}(?:选项|项)?(?:的?(?:说法|表述|描述))?\s*(?:[是也都均最]|完全)*(?:正确|对)(?:的|$|[,。;!])"
    rf"|正确的?(?:选项|一项|说法|答案|表述)?(?:是|为|:){_OPTION}{_LETTERS}"
)
_BEGINS = re.compile(rf"{_MARKS}(?:选项)?{_LETTERS}(?=$|[\s.,;:!、。)\]】」}}\"'”’*_$]|选项|项)")
_ALONE = re.compile(
    rf"(?:选项|[是选为即]|(?<![A-Za-z0-9{_HAN}]))([A-D])(?![A-Za-z0-9{_HAN}])|(?<![A-Za-z0-9])([A-D])(?:选项|项)"
)
_LISTED = re.compile(r"^\s*([A-D])\s*[.、:)]", re.MULTILINE)
_ENDS = " \t\n.,;:!。、\"'“”‘’()[]*"


def chosen_letter(said: str, *, options: Sequence[str], first: bool = False) -> str | None:
    """Return the letter of the option that an answer chooses, None where it chooses none or several.

    `first` takes the first conclusion, for a text that a model may have gone on with to another question.
    """
    text = _DENIED.sub("※", unicodedata.normalize("NFKC", said).strip())
    if text.strip(_ENDS).upper() in LETTERS:
        return text.strip(_ENDS).upper()
    if concluded := [_letters(match) for match in _CONCLUDED.finditer(text)]:
        return _only(concluded[0 if first else -1])
    if judged := [_letters(match) for match in _JUDGED.finditer(text)]:
        return _only(set().union(*judged))
    listed = set(_LISTED.findall(text))
    if len(listed) < 2 and (begins := _BEGINS.match(text)):
        return _only(_letters(begins))
    if alone := set().union(*(_letters(match) for match in _ALONE.finditer(text))):
        return _only(alone)
    return _by_words(text, options)


def _letters(match: re.Match[str]) -> set[str]:
    return set("".join(filter(None, match.groups()))).intersection(LETTERS)


def _only(letters: set[str]) -> str | None:
    return next(iter(letters)) if len(letters) == 1 else None


def _by_words(text: str, options: Sequence[str]) -> str | None:
    """Return the letter of the only option whose words the text has; one inside of another's does not count."""
    words = [unicodedata.normalize("NFKC", option).strip(_ENDS) for option in options]
    there = [word for word in words if word and _has(text, word)]
    longest = {word for word in there if not any(word != other and word in other for other in there)}
    letters = [letter for letter, word in zip(LETTERS, words, strict=False) if word in longest]
    return letters[0] if len(letters) == 1 else None


def _has(text: str, word: str) -> bool:
    if len(word) == 1:
        return text.strip(_ENDS) == word
    before, behind = (r"(?<![\d.])" if word[0].isdigit() else ""), (r"(?![\d.]*\d)" if word[-1].isdigit() else "")
    return re.search(before + re.escape(word) + behind, text) is not None
