"""The Streamlit page."""

TEXTS: dict[str, tuple[str, str]] = {
    "page.address": ("网页地址：{address}（按 Ctrl-C 结束）", "the page is at {address} (Ctrl-C ends it)"),
    "page.title": ("问档", "Wendang"),
    "page.subtitle": (
        "向自己的文件提问，全部在本机完成，每句回答都标明出处",
        "Ask your own documents, on your own machine; every answer cites its source",
    ),
    "page.views": ("页面", "view"),
    "page.view.ask": ("提问", "Ask"),
    "page.view.documents": ("文件", "Documents"),
    "page.view.inside": ("分析", "Inside"),
    "page.view.quality": ("质量", "Quality"),
    "page.view.settings": ("设置", "Settings"),
    "page.language": ("界面语言 / Language", "Language / 界面语言"),
    "page.busy": (
        "资料库正由另一个程序使用：进程 {owner}。"
        "现在可以提问和查看，暂时不能添加、同步或移除文件；它结束后本页自动恢复。",
        "Another program has the library: process {owner}. You can ask and look, but not add, sync or remove files; "
        "the page goes on by itself when it is done.",
    ),
    "page.unverified": ("未能核实", "not verified"),
    "page.took": ("{model}，{seconds} 秒", "{model}, {seconds} s"),
    "page.choose": ("选择文件，或拖到这里", "Choose files, or drop them here"),
    "page.not_sent": ("没有添加：文件太大，或没有传完", "Not added: too large, or not sent whole"),
    "page.gone": ("连接断开了", "Disconnected"),
    "page.gone_help": (
        "问档没有回应，可能已经停止。请在终端里再运行 wendang page，然后刷新本页；对话和文件都还在。",
        "Wendang does not answer; it may have ended. Run wendang page again, then reload this page: conversations and "
        "documents are kept.",
    ),
    "page.known": ("{name} 已经在资料文件夹里，内容相同", "{name} is there already, with the same content"),
    "page.stored_as": ("{name} 已保存为 {stored}", "{name} was stored as {stored}"),
    "page.temporary": ("{name} 是临时文件，没有保存", "{name} is a temporary file and was not stored"),
    "page.not_stored": ("{name} 没有保存：{cause}", "{name} was not stored: {cause}"),
    "page.remove_help": (
        "移除后不再出现在回答里，直到文件再次变化；文件本身不动",
        "They no longer appear in answers until their files change; the files are left alone",
    ),
    "page.remove_button": ("移除", "Remove"),
}
