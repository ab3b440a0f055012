"""`wendang eval`: how good and how quick this installation is; the sub-commands are the files of ui/eval_commands."""

from ui.groups import Group
from ui.options import shared
from ui.text import t

command = shared(Group("eval", package="ui.eval_commands", help=t("help.eval"), short_help=t("short.eval")))
