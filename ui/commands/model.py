"""`wendang model`: choose or make a language model; the sub-commands are the files of ui/model_commands."""

from ui.groups import Group
from ui.options import shared
from ui.text import t

command = shared(Group("model", package="ui.model_commands", help=t("help.model"), short_help=t("short.model")))
