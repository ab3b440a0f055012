"""The ways in which synthetic documents are laid out: headings, items, rules by steps, what stands before a table."""

from dataclasses import dataclass
from functools import cache

from models.training.patterns import DESCRIPTIONS


@dataclass(frozen=True, slots=True)
class Layout:
    """How a document writes headings and items; `glue` is between items, `through` counts them through all sections."""

    heading: str
    item: str
    glue: str
    through: bool = False


LAYOUTS = (
    Layout("第{chinese}章 {title}", "第{chinese}条 {text}", "\n\n", through=True),
    Layout("第{chinese}条 {title}", "{n}. {text}", "\n"),
    Layout("第{chinese}条 {title}", "{section}.{n} {text}", "\n\n"),
    Layout("{n} {title}", "{section}.{n} {text}", "\n"),
    Layout("{chinese}、{title}", "　　{n}. {text}", "\n", through=True),
    Layout("{chinese}、{title}", "（{chinese}）{text}", "\n"),
    Layout("{chinese}、{title}", "{text}", ""),
    Layout("{title}", "{text}", ""),
    Layout("{title}", "{text}", "\n"),
    Layout("{title}", "{text}", "\n\n"),
    Layout("## {title}", "{text}", "\n\n"),
    Layout("## {chinese}、{title}", "- {text}", "\n"),
    Layout("### {title}", "* {text}", "\n"),
    Layout("【{title}】", "{n}、{text}", "\n"),
    Layout("（{chinese}）{title}", "　　{text}", "\n"),
    Layout("{title}", "• {text}", "\n"),
    Layout("{title}：", "({n}) {text}", " "),
)

STEP_FORMS = (
    ("满{low}不满{high}的，{value}", "满{low}的，{value}"),
    ("{low}以上不满{high}的，为{value}", "{low}以上的，为{value}"),
    ("{low}（含）至{high}（不含）：{value}", "{low}（含）以上：{value}"),
    ("{low}以上{high}以下的{value}", "{low}以上的{value}"),
)

BEFORE_TABLE = ("见下表。", "具体如下：", "单位见各列。", "明细如下表所示。", "以下数据截至上月末。", "标准如下。", "")


@cache
def fillers() -> tuple[str, ...]:
    """Return sentences that answer nothing."""
    return tuple((DESCRIPTIONS / "fillers.txt").read_text("utf-8").split("\n")[:-1])
