"""How likely a text is: the fewer bits its characters take, the more it looks like what people write.

Frequent characters of Chinese documents take few bits, rare ones many. Only comparisons count, of the same bytes read
in several encodings: the figures are round logarithms of shares in Chinese prose (a common hanzi 1 in 1000, a rare one
1 in a million).
"""

import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import lru_cache

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
# Frequent syllables of Korean and letters of Western languages.
_HANGUL = (
    "이다는을의에고가하지은를한로사기도리자시인어서대그정해스나수있일아제라보여부장전만들주상구면과으조원관공성계과것게경동모"
    "비위용우소무신내생세안입니까습합회약문유국선업연요적재진오할년월금네드마트개당방분설실양음작출품행화"
)
_LATIN = "àâäãáåæçèéêëìíîïñòóôöõøßùúûüœ"
_PUNCTUATION = "，。、；：？！“”‘’（）《》〈〉【】「」『』—–…·％　～－／＋℃°×§①②③④⑤■◆●★→│─┌┐└┘├┤┬┴┼€£©®™"

_COMMON = (
    dict.fromkeys(_SIMPLIFIED + _TRADITIONAL, 10.0)
    | dict.fromkeys(_HANGUL, 9.0)
    | dict.fromkeys(_LATIN, 9.0)
    | dict.fromkeys(_PUNCTUATION, 8.0)
    | dict.fromkeys("\n\r\t", 6.0)
    | {"\f": 12.0, "\x1b": 12.0, "\x85": 12.0, "\xa0": 8.0}
)
_EVERYDAY, _RARE = 14.5, 20.0  # hanzi
_NOT_TEXT = 24.0
# The first characters of the ranges of Unicode, and the bits of a character there.
_RANGES = (
    (0x0000, _NOT_TEXT), (0x0020, 5.0), (0x0021, 8.5), (0x0030, 5.0), (0x003A, 8.5), (0x0041, 5.0), (0x005B, 8.5),
    (0x0061, 5.0), (0x007B, 8.5), (0x007F, _NOT_TEXT), (0x00A0, 14.0), (0x0100, 16.0), (0x0391, 14.0), (0x03CA, 16.0),
    (0x0410, 14.0), (0x0450, 16.0), (0x2E80, _RARE), (0x3000, 14.0), (0x3041, 14.0), (0x3100, 16.0), (0x3400, 24.0),
    (0x4DC0, _RARE), (0xA000, 22.0), (0xAC00, 16.0), (0xD7A4, _NOT_TEXT), (0xF900, 22.0), (0xFF01, 12.0),
    (0xFF61, 14.0), (0xFFE0, 14.0), (0xFFF0, _NOT_TEXT), (0x10000, 22.0), (0x20000, 26.0), (0x323B0, _NOT_TEXT),
)  # fmt: skip
_STARTS = [start for start, _ in _RANGES]
_WORD = re.compile("[\u0391-\u03c9]{3,}|[\u0410-\u044f]{3,}|[\u3041-\u30ff]{3,}")  # Greek, Cyrillic, kana
_WORD_SAVES = 6.0
_ASCII = re.compile("[\x00-\x7f]+")
_NULS = re.compile("\0{2,}")
_ENOUGH = 40  # characters
_GARBLED_BITS = 14.5
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd\ue000-\uf8ff]")


def bits(text: str) -> float:
    """Return the bits that `text` takes, the sum over its characters; letters take fewer where they form words."""
    alone = sum(_bits(char) * count for char, count in Counter(text).items())
    return alone - _WORD_SAVES * sum(len(word) for word in _WORD.findall(text))


def looks_garbled(text: str) -> bool:
    """Tell whether a text is made of characters that do not belong together, as one read in a wrong encoding is.

    Chinese prose takes 11 to 13 bits for a character that is not ASCII; what was looked at in wrong encodings took 15
    and more. Too short a text is never called garbled.
    """
    foreign = _ASCII.sub("", text)
    return len(foreign) >= _ENOUGH and bits(foreign) > _GARBLED_BITS * len(foreign)


def is_noise(text: str) -> bool:
    """Tell whether more than a tenth of the characters are none; a few bad ones are damage, not noise.

    A run of NULs counts once: a file system that was cut off leaves whole blocks of them in a text.
    """
    text = _NULS.sub("\0", text)
    bad = len(_UNPRINTABLE.findall(text))
    return (bad > 4 and bad * 10 > len(text)) or (bad > 0 and bad == len(text))


@lru_cache(maxsize=70_000)
def _bits(char: str) -> float:
    known = _COMMON.get(char)
    if known is not None:
        return known
    if "\u4e00" <= char <= "\u9fff":
        return _EVERYDAY if _is_everyday(char) else _RARE
    usual = _RANGES[bisect_right(_STARTS, ord(char)) - 1][1]
    return max(usual, _NOT_TEXT) if unicodedata.category(char) == "Cn" else usual


def _is_everyday(char: str) -> bool:
    """Tell whether GB 2312 or Big5 lists the character in its first level, the 3755 and 5401 common ones."""
    simplified = char.encode("gb2312", "ignore")
    traditional = char.encode("big5", "ignore")
    return b"\xb0" <= simplified[:1] <= b"\xd7" or b"\xa4" <= traditional[:1] <= b"\xc6"
