"""Bytes into text: which encoding a file is in, and where it breaks it.

Detection rests on content alone: a byte order mark, strict UTF-8, then a score of the candidates by how common the
characters are that they give. Labels inside files (an HTML `charset`, an XML declaration) are often wrong and are not
asked.
"""

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

from ingest.errors import Reason, UnreadableFile

# The longer mark comes first: UTF-32 LE begins with the mark of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 64 * 1024  # bytes; enough for a certain answer, and keeps detection apart from the size of the file
_CANDIDATES = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")  # in a tie, the earlier one

# Frequent characters of everyday, business and legal Chinese, by use; the second list has the Traditional forms.
_SIMPLIFIED = (
    "的一是了不在有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
    "十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平"
    "形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题程展"
    "五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战"
    "先回则任取据处理世车书价值名单位签订合同甲乙双方支付款项违约责任协议规定甲金额税费交货验收保密争议仲裁请假考勤薪资福利报销审批"
    "奖励处罚培训职务员工安全卫生消防应急预案检查标准技术服务客户供应商采购销售库存财务预算发票银行账号地址电话邮箱联系附件说明目录"
    "编号版本日期姓名性别身份证学历专业申请通知公告会议纪要北京上海广州深圳省市县乡镇村街道办你好谢谢再见今天明天测试文档资料内容"
)
_TRADITIONAL = (
    "這個們來時國會為對學發經過後產種動說現實體機當點從業應開還與關間樣樣義無軍將題論組見計別農幾區強決戰則據處車書價單簽訂雙"
    "項違約責協議規額稅費貨驗審獎勵罰訓職員務衛標準術報銷購財務預發票銀賬號電話郵聯繫說錄編號證歷專請會議紀廣縣鄉鎮辦謝見測試檔"
    "資質氣萬長門問聽寫讀親愛臺灣灣東西兩條線級統結給總設許認識語課誰讓變運進遠連達選過還頭顧類風飛館餐馬驗體麼點黨齊處備優價億"
    "傳傷兒內剛創勞勝動務華單參吳員嗎園圖團國圍場壓壞聲夠奪婦學寧寶實審對導將專屬島幫庫廠廳廢張強彈復徵從態慣慶憂應懷戲戶拋掃"
)
_COMMON = frozenset(_SIMPLIFIED + _TRADITIONAL)
_EXPECTED = frozenset("，。、；：？！“”‘’（）《》〈〉【】「」『』—…·％　～－／＋０１２３４５６７８９①②③④⑤①℃°×§●■◆★→")

_NOT_PRINTED = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd\ue000-\uf8ff]")
_NEVER_STORED = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, its encoding as Python names it, and the offset of the first byte that is not valid in it."""

    text: str
    encoding: str
    first_bad: int | None = None


def decode(data: bytes) -> Decoded:
    """Return the text that `data` holds; bytes that fit no encoding become U+FFFD and are told of.

    Raises `UnreadableFile(NOT_TEXT)` for what is no text in any of the encodings: pictures, archives, noise.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(encoding, data=data, skip=len(mark))
    if not data:
        return Decoded("", "utf-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    # A NUL is valid UTF-8, but in practice it is half of an ASCII character in UTF-16, or no text at all.
    if text is not None and "\0" not in text[:_SAMPLE]:
        _refuse_noise(text[:_SAMPLE])
        return Decoded(text, "utf-8")
    return _decode_as(_best_encoding(data), data=data, skip=0)


def clean(text: str) -> str:
    r"""Return `text` as it is stored: line ends as "\n", no NUL, no byte order mark, always encodable as UTF-8."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\ufeff", "")
    return _NEVER_STORED.sub("\ufffd", text)


def _decode_as(encoding: str, *, data: bytes, skip: int) -> Decoded:
    body = memoryview(data)[skip:]
    first_bad = None
    try:
        text = str(body, encoding)
    except UnicodeDecodeError as error:
        first_bad = skip + error.start
        text = str(body, encoding, "replace")
    _refuse_noise(text[:_SAMPLE])
    return Decoded(text, encoding, first_bad)


def _refuse_noise(sample: str) -> None:
    """Raise NOT_TEXT where more than a tenth of the characters are none; a few bad ones are damage, not noise."""
    bad = len(_NOT_PRINTED.findall(sample))
    if (bad > 4 and bad * 10 > len(sample)) or (bad and bad == len(sample)):
        raise UnreadableFile(Reason.NOT_TEXT)


def _best_encoding(data: bytes) -> str:
    first_high = _HIGH_BYTE.search(data)
    # The first high byte of a double-byte text is the first half of a character: a sample from there is aligned.
    narrow = data[first_high.start() :][:_SAMPLE] if first_high else data[:_SAMPLE]
    wide = data[: _SAMPLE if len(data) > _SAMPLE else len(data) // 2 * 2]
    scores = {
        encoding: _score(wide if encoding.startswith("utf-16") else narrow, encoding=encoding)
        for encoding in _CANDIDATES
    }
    best = max(_CANDIDATES, key=scores.__getitem__)
    if scores[best] <= 0 and not _is_nearly_ascii(narrow):
        raise UnreadableFile(Reason.NOT_TEXT)
    return best if scores[best] > 0 else "utf-8"


def _is_nearly_ascii(sample: bytes) -> bool:
    return len(_HIGH_BYTE.findall(sample)) * 10 < len(sample)


def _score(sample: bytes, *, encoding: str) -> float:
    """Return how much `sample` looks like Chinese in `encoding`: the mean over its characters, 1 is the best."""
    text = sample.decode(encoding, "replace")
    if encoding.startswith("utf-16"):
        # Plain ASCII is strong evidence here, since it costs every second byte; elsewhere it says nothing.
        weights = [1.0 if " " <= char <= "~" or char in "\r\n\t" else _weight(char) for char in text]
    else:
        weights = [_weight(char) for char in text if not "\x09" <= char <= "\x7e"]
    return sum(weights) / len(weights) if weights else 0.0


@lru_cache(maxsize=70_000)
def _weight(char: str) -> float:
    if char in _COMMON or char in _EXPECTED:
        return 1.0
    if _NOT_PRINTED.match(char) or _NEVER_STORED.match(char):
        return -2.0
    if "\u4e00" <= char <= "\u9fff":
        return 0.5 if _is_everyday(char) else 0.05
    return 0.05 if "\u3000" <= char <= "\u30ff" or "\uff01" <= char <= "\uff5e" else -0.2


def _is_everyday(char: str) -> bool:
    """Tell whether GB 2312 or Big5 lists the character in its first level, the 3755 and 5401 common ones."""
    simplified = char.encode("gb2312", "ignore")
    traditional = char.encode("big5", "ignore")
    return b"\xb0" <= simplified[:1] <= b"\xd7" or b"\xa4" <= traditional[:1] <= b"\xc6"
