"""Every text that users see, in Chinese and English. Keys are dotted names; values fill in {names}."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from ingest.errors import Reason, WendangError
from ingest.types import Gap

_language = "zh"

# All control characters but the line end and the tab; and the marks that reorder what is shown.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class _Placed(Protocol):
    @property
    def source(self) -> str: ...
    @property
    def page(self) -> int | None: ...


def set_language(name: str) -> None:
    """Set the language of all texts: "en" for English, anything else for Chinese."""
    global _language
    _language = "en" if name.lower().startswith("en") else "zh"


def t(key: str, **values: object) -> str:
    """Return the text of a key with its values; KeyError for an unknown key (a test goes through all of them)."""
    chinese, english = TEXTS[key]
    return (english if _language == "en" else chinese).format_map(_Values(values))


def reason_text(reason: Reason, values: Mapping[str, object]) -> tuple[str, str]:
    """Return why a file could not be read, and what to do about it."""
    what, remedy = REASONS[reason][_language == "en"]
    page = values.get("page")
    filled = _Values(values)
    return (t("on_page", page=page) if page else "") + what.format_map(filled), remedy.format_map(filled)


def gaps_text(gaps: Sequence[Gap]) -> tuple[str | None, str | None]:
    """Return what is missing of a document and why, with the pages, and what to do about it; None where nothing is."""
    if not gaps:
        return None, None
    alike: dict[tuple[str, str], list[int]] = {}
    for gap in gaps:
        pages = alike.setdefault(reason_text(gap.reason, gap.values), [])
        if gap.page is not None:
            pages.append(gap.page)
    between = t("between")
    reasons = [(t("on_page", page=ranges(pages)) if pages else "") + what for (what, _), pages in alike.items()]
    return between.join(reasons), between.join(dict.fromkeys(remedy for _, remedy in alike))


def ranges(pages: Sequence[int]) -> str:
    """Return page numbers for people: 2-5, 9."""
    parts: list[list[int]] = []
    for page in sorted(set(pages)):
        if parts and page == parts[-1][1] + 1:
            parts[-1][1] = page
        else:
            parts.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def error_text(error: WendangError) -> str:
    """Return an error as one line: what failed, the value, what to do. English is the error's own message."""
    cause = str(error.values.get("cause", ""))
    for key in (f"error.{error.code}.{cause}", f"error.{error.code}"):
        if _language == "zh" and key in TEXTS:
            return t(key, **error.values)
    return " ".join(str(error).split())


def printable(text: str) -> str:
    """Return a document's text for a terminal: control characters, which may drive it, are shown as escapes."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def place(found: _Placed) -> str:
    """Return where a passage or a citation stands: the source, and the page where there is one."""
    return one_line(found.source) + (t("place.page", page=found.page) if found.page else "")


def one_line(text: str) -> str:
    """Return a name or a value for a line of its own: line ends are shown as escapes too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


class _Values(dict[str, object]):
    """Values of a text: a missing one is a question mark, one with control characters shows them as escapes."""

    def __getitem__(self, key: str) -> object:
        value = super().__getitem__(key)
        return one_line(value) if isinstance(value, str) else value

    def __missing__(self, key: str) -> str:
        return "?"


# Why a file cannot be read, and the remedy: in Chinese, in English.
REASONS: dict[Reason, tuple[tuple[str, str], tuple[str, str]]] = {
    Reason.EMPTY: (("空文件", "请检查文件是否保存完整"), ("the file is empty", "check that it was saved whole")),
    Reason.BLANK: (
        ("没有可检索的文字", "请检查文件内容；如果是图片，请转换为文字版"),
        ("there is no text in it", "check its content; turn pictures into text"),
    ),
    Reason.NOT_TEXT: (
        ("不是文本文件", "请换成正确的格式，或移出资料文件夹"),
        ("it is not a text file", "save it in its real format, or move it out of the folder"),
    ),
    Reason.UNSUPPORTED: (
        ("暂不支持这种格式", "请另存为 docx、xlsx、pdf 或 txt；压缩包请用 zip"),
        ("the format is not supported", "save it as docx, xlsx, pdf or txt; archives as zip"),
    ),
    Reason.OLD_FORMAT: (
        ("旧版 Office/WPS 格式", "请另存为 docx、xlsx 或 pptx"),
        ("it is in an old Office or WPS format", "save it as docx, xlsx or pptx"),
    ),
    Reason.ENCRYPTED: (
        ("文件已加密", "请另存为没有密码的副本"),
        ("it is encrypted", "save a copy without a password"),
    ),
    Reason.DAMAGED: (
        ("文件已损坏或不完整", "请重新获取或重新保存这个文件"),
        ("it is damaged or cut short", "get or save it again"),
    ),
    Reason.TOO_LARGE: (
        (
            "文件或解压后的内容过大（{limit} 上限 {most}）",
            "请拆分成较小的文件，或在 wendang.toml 的 [limits] 中调大 {limit}",
        ),
        ("it is too large, or becomes so when unpacked ({limit}: {most})", "split it, or raise {limit} in [limits]"),
    ),
    Reason.TIMEOUT: (
        ("读取超时", "请拆分文件，或另存为其他格式后重试"),
        ("reading it took too long", "split it, or save it in another format"),
    ),
    Reason.CRASHED: (
        ("读取时解析程序崩溃", "请另存为其他格式后重试"),
        ("the parser crashed on it", "save it in another format"),
    ),
    Reason.OUT_OF_MEMORY: (
        ("读取时内存超出限制", "请拆分成较小的文件"),
        ("reading it took too much memory", "split it into smaller files"),
    ),
    Reason.NO_TEXT_LAYER: (
        ("没有文字层，可能是扫描件", "请安装文字识别：.venv/bin/pip install -e '.[ocr]'，然后重新同步"),
        (
            "it has no text layer, probably a scan",
            "install text recognition: pip install 'wendang[ocr]', and sync again",
        ),
    ),
    Reason.SCANNED_PAGES: (
        ("有扫描页没有文字层，未收录", "请安装文字识别：.venv/bin/pip install -e '.[ocr]'，然后重新同步"),
        (
            "scanned pages without text were left out",
            "install text recognition: pip install 'wendang[ocr]', and sync again",
        ),
    ),
    Reason.GARBLED: (
        (
            "文字疑似乱码",
            "请从原文件重新导出，或另存为 UTF-8；PDF 可装文字识别（.venv/bin/pip install -e '.[ocr]'）后重新同步",
        ),
        (
            "its text looks garbled",
            "export it again, save it as UTF-8, or for a PDF install text recognition: pip install 'wendang[ocr]'",
        ),
    ),
    Reason.UNDECODABLE_BYTES: (
        (
            "从第 {offset} 字节起有不是 {encoding} 编码的内容，能辨认的已另行解码，其余用 � 代替",
            "请用同一种编码另存（建议 UTF-8）",
        ),
        (
            "bytes from offset {offset} are not {encoding}: some were read in another encoding, others became �",
            "save it again as UTF-8",
        ),
    ),
    Reason.NOT_PERMITTED: (
        ("没有读取权限（{cause}）", "请修改文件权限后重新同步"),
        ("no permission to read it ({cause})", "change its permissions and sync again"),
    ),
    Reason.CHANGED_WHILE_READING: (
        ("读取时文件正在变化", "等文件写完后重新同步"),
        ("it changed while it was read", "sync again when it is complete"),
    ),
    Reason.VANISHED: (
        ("文件或文件夹不存在", "如果在移动硬盘或网盘上，请接上后重新同步"),
        ("it does not exist", "if it is on a drive that can be removed, attach it and sync again"),
    ),
    Reason.STILL_READING: (
        ("还在读取，目前只收录了前面的部分", "读完后会自动补全；如果读取中断，请再次同步"),
        ("it is still being read; so far only its beginning is there", "wait, or sync again if it was interrupted"),
    ),
    Reason.TEXT_LOST: (
        ("{found} 个字中只读出 {read} 个", "请另存为其他格式后重试"),
        ("only {read} of its {found} characters were read", "save it in another format"),
    ),
    Reason.NEEDS_PROGRAM: (
        ("读取这种格式需要 {program}，本机没有找到", "请安装 {program} 后重新同步，或另存为新格式（docx、xlsx、pptx）"),
        (
            "reading it needs {program}, which is not installed",
            "install {program} and sync again, or save it as docx, xlsx or pptx",
        ),
    ),
    Reason.TOO_MANY_PAGES: (
        ("页数超过上限 {most}，后面的没有读取", "请拆分文件，或在 wendang.toml 的 [limits] 中调大 {limit}"),
        (
            "it has more than {most} pages; the rest was not read",
            "split it, or raise {limit} in [limits] of wendang.toml",
        ),
    ),
    Reason.TOO_MANY_MEMBERS: (
        ("内含的文件超过上限 {most} 个", "请解压后放入文件夹，或在 wendang.toml 的 [limits] 中调大 {limit}"),
        ("it holds more than {most} files", "unpack it, or raise {limit} in [limits] of wendang.toml"),
    ),
    Reason.NESTED_TOO_DEEPLY: (
        ("压缩包或邮件嵌套超过 {most} 层", "请解压后放入文件夹"),
        ("archives or mails are nested more than {most} deep", "unpack it"),
    ),
    Reason.UNSAFE_NAME: (
        ("内部文件名不安全，未读取", "请解压并确认内容后放入文件夹"),
        ("a name inside is unsafe; that file was not read", "unpack it, look at it, and put it into the folder"),
    ),
    Reason.LINK_OUTSIDE: (
        ("是指向资料文件夹之外的链接，或链接已失效，未读取", "请把原文件复制进来，或把它所在的文件夹一起同步"),
        (
            "a link that leads out of the folder or nowhere; it was not followed",
            "copy the file itself, or sync its folder too",
        ),
    ),
    Reason.EMBEDDED_FILES: (
        ("内嵌了 {count} 个附件，未读取", "请把附件另存到文件夹"),
        ("{count} files inside of it were not read", "save them into the folder"),
    ),
}

# What users read on the command line: (Chinese, English).
TEXTS: dict[str, tuple[str, str]] = {
    "help": (
        "问档：向自己的中文文件提问，全部在本机完成，每句回答都标明出处。\n\n把文件放进 data/docs，运行 wendang sync，"
        '然后 wendang ask "问题"。',
        "Wendang: ask your own documents, on your own machine; every answer cites its source.\n\n"
        "Put files into data/docs, run `wendang sync`, then `wendang ask QUESTION`.",
    ),
    "commands": ("命令", "Commands"),
    "option.home": ("资料库所在的文件夹（默认 data）", "the home folder (default: data)"),
    "option.json": ("输出 JSON", "print JSON"),
    "option.lang": ("界面语言", "language of the texts"),
    "option.debug": ("出错时显示完整信息", "show the traceback of an error"),
    "option.watch": ("持续同步", "keep syncing"),
    "option.remove_many": ("确认移除一起不见的多数文件", "confirm that most files are gone for good"),
    "option.jobs": ("同时读取的文件数", "files read at a time"),
    "option.force": ("重新读取所有文件", "read every file again"),
    "option.verbose": ("也列出未变化的文件", "list unchanged files too"),
    "option.top_k": ("返回的段落数", "number of passages"),
    "option.source": ("只在匹配的文件中查找，可重复，例如 '合同/*'", "only in files that match; may be repeated"),
    "option.leg": ("检索方式：混合、向量、关键词", "hybrid, dense or keyword search"),
    "option.mode": ("回答方式：一次读完，或逐段完善", "read all passages at once, or refine one by one"),
    "option.model": ("使用的模型", "the model to answer with"),
    "option.detail": ("要求详细回答", "ask for a detailed answer"),
    "option.no_stream": ("回答完成后一次输出", "print the answer when it is complete"),
    "option.page": ("只显示这一页", "this page only"),
    "option.port": ("端口", "port"),
    "option.limit": ("只评测前 N 个问题", "only N of the questions"),
    "option.seed": ("抽样的随机种子", "seed of the sample"),
    "option.simplify": ("先把问题转换成简体", "ask in Simplified characters"),
    "option.keep": ("保留评测用的资料库，供下次使用", "a new folder to keep the library in, for another run"),
    "option.out": ("把不理想的回答写入 JSONL 文件", "write the answers that fell short to a JSONL file"),
    "option.host": ("监听的地址", "address to listen on"),
    "option.api_key": ("访问密钥；监听本机以外的地址时必须设置", "key that clients need; required beyond this machine"),
    "option.summary_mode": ("概括方式：分段概括再合并，或逐段完善", "sum up part by part, or refine one by one"),
    "option.family": ("模型的提示格式（无法自动识别时）", "the prompt family, where the file does not tell it"),
    "short.sync": ("让资料库与文件夹一致", "make the library equal to its folders"),
    "help.sync": (
        "让资料库与文件夹一致：新增、修改、移动、删除都会跟上。不给文件夹时同步全部已知文件夹。\n\n"
        "例：wendang sync ~/合同",
        "Make the library equal to its folders: what was added, changed, moved or deleted is followed. "
        "Without FOLDER all known folders are synced.",
    ),
    "short.ask": ("提问，回答带出处", "ask, and get a cited answer"),
    "help.ask": (
        '根据文件回答问题，并列出依据的原文。\n\n例：wendang ask "年假有几天？"',
        "Answer a question from the files, with the passages that the answer rests on.",
    ),
    "short.chat": ("连续提问", "ask several questions"),
    "help.chat": (
        "在终端里连续提问。/new 重新开始，/sources 显示上一个回答读过的段落，/quit 退出。",
        "Ask several questions. /new starts over, /sources shows the passages of the last answer, /quit leaves.",
    ),
    "short.search": ("查找相关段落（不用语言模型）", "find passages, without a language model"),
    "help.search": (
        "查找与问题相关的段落，不使用语言模型。",
        "Find the passages that a query is about; no language model.",
    ),
    "short.status": ("资料库里有什么，缺什么", "what is in the library, and what is missing"),
    "help.status": (
        "列出资料库里的文件、收录的字数和没有收录的原因；给出 SOURCE 时逐页列出。",
        "List the documents, how much of each is indexed, and why anything is missing; with SOURCE, page by page.",
    ),
    "short.text": ("显示收录的文字", "show a document's stored text"),
    "help.text": (
        "显示文件收录的文字；引用的位置按它计数。",
        "Show the stored text of a document, as citations count it.",
    ),
    "short.remove": ("从资料库中移除文件", "forget a file until it changes"),
    "help.remove": (
        "从资料库中移除文件，直到它再次变化；文件本身不动。",
        "Forget a document until its file changes; the file itself is left alone.",
    ),
    "short.repair": ("重建索引", "rebuild the derived indexes"),
    "help.repair": (
        "根据记录重建关键词索引和向量索引，不需要重新读取文件。",
        "Rebuild the keyword and vector indexes from the record; no file is read again.",
    ),
    "short.doctor": ("检查各部分是否正常", "check what works and what is missing"),
    "help.doctor": (
        "检查各部分是否正常，缺什么，怎么办。",
        "Check what works, what is missing, and what to do about it.",
    ),
    "short.summarize": ("概括一个文件", "summarise a document"),
    "help.summarize": ("概括一个文件。", "Summarise a document."),
    "short.page": ("打开网页界面", "open the page"),
    "help.page": ("在浏览器中使用（只在本机）。", "Serve the page, on this machine only."),
    "short.api": ("启动 OpenAI 兼容接口", "serve the HTTP API"),
    "help.api": ("启动 OpenAI 兼容的 HTTP 接口。", "Serve the OpenAI-compatible HTTP API."),
    "short.mcp": ("作为 MCP 工具提供", "serve as MCP tools"),
    "help.mcp": ("通过标准输入输出提供 MCP 工具。", "Serve search, ask and read as MCP tools over stdio."),
    "short.model": ("选择和制作语言模型", "choose or make a language model"),
    "help.model": ("查看、选择、制作语言模型。", "List, choose and make language models."),
    "short.eval": ("评测检索和回答", "measure retrieval and answers"),
    "help.eval": ("评测检索和回答的质量与速度。", "Measure the quality and speed of retrieval and answers."),
    "short.use": ("选择回答问题的模型", "choose the model that answers"),
    "help.use": (
        "选择回答问题的模型：GGUF 文件、models 文件夹里的名字，或 default。",
        "Choose the model that answers: a GGUF file, a name in the models folder, or `default`.",
    ),
    "short.list": ("列出本机的模型", "list the models on this machine"),
    "help.list": ("列出本机的模型。", "List the models on this machine."),
    "short.show": ("显示一个模型的信息", "show what a model is"),
    "help.show": ("显示一个模型文件的信息。", "Show what a model file says about itself."),
    "short.get": ("下载模型", "download a model"),
    "short.verify": ("校验模型文件", "verify a model's files"),
    "short.tokenizer": ("扩充词表", "extend a tokenizer"),
    "short.merge": ("合并 LoRA 权重", "merge LoRA weights"),
    "short.convert": ("转换为 GGUF", "convert to GGUF"),
    "short.quantize": ("量化模型", "quantise a model"),
    "short.compare": ("比较两个模型", "compare two models"),
    "short.retrieval": ("评测检索", "measure retrieval"),
    "help.retrieval": (
        "用 SQuAD 或问档格式的问题集评测检索。",
        "Measure retrieval with a question set in SQuAD's or Wendang's form.",
    ),
    "short.answers": ("评测回答", "measure answers"),
    "help.answers": (
        "用 SQuAD 或问档格式的问题集评测回答、引用和拒答。",
        "Measure answers, citations and refusals with a question set in SQuAD's or Wendang's form.",
    ),
    "short.choice": ("评测选择题", "measure multiple choice"),
    "help.choice": ("用选择题评测语言模型。", "Measure a language model with multiple-choice questions."),
    "eval.columns": ("指标|结果", "measure|result"),
    "short.speed": ("评测速度", "measure speed"),
    "help.speed": (
        "同步与嵌入、生成与 llama.cpp 的速度之比。",
        "Measure the speed of sync against the bare embedder, and of generation against bare llama.cpp.",
    ),
    "sync.added": (
        "新增  {source}（{pages} 页，{passages} 段，{characters} 字）",
        "added    {source} ({pages} pages, {passages} passages, {characters} characters)",
    ),
    "sync.updated": (
        "更新  {source}（{pages} 页，{passages} 段，{characters} 字）",
        "updated  {source} ({pages} pages, {passages} passages, {characters} characters)",
    ),
    "sync.moved": ("移动  {from} → {source}", "moved    {from} → {source}"),
    "sync.removed": ("移除  {source}", "removed  {source}"),
    "sync.unchanged": ("未变  {source}", "unchanged {source}"),
    "sync.failed": ("失败  {source}：{reason}；{remedy}", "failed   {source}: {reason}; {remedy}"),
    "sync.summary": (
        "完成：新增 {added}，更新 {updated}，移动 {moved}，移除 {removed}，未变 {unchanged}，失败 {failed}；"
        "嵌入 {embedded} 段，沿用 {reused} 段，{seconds} 秒",
        "done: {added} added, {updated} updated, {moved} moved, {removed} removed, {unchanged} unchanged, "
        "{failed} failed; {embedded} texts embedded, {reused} reused, {seconds} s",
    ),
    "sync.held": (
        "资料库的 {known} 个文件中有 {removed} 个一起不见了，暂不移除：移动硬盘或网盘可能没有接上。"
        "确认要移除，请运行 wendang sync --remove-many",
        "{removed} of the library's {known} files are gone at once; they stay for now, since a drive may be missing. "
        "To let them go, run `wendang sync --remove-many`",
    ),
    "sync.polling": (
        "系统不报告这些文件夹的变化（{cause}），改为定时查看",
        "the system does not report changes of these folders ({cause}); looking for them from time to time",
    ),
    "watching": ("持续同步中，按 Ctrl-C 结束", "syncing whenever the folders change; Ctrl-C ends it"),
    "between": ("；", "; "),
    "progress.page": ("读取页", "pages"),
    "progress.read": ("读取文件", "reading"),
    "progress.embed": ("计算向量", "embedding"),
    "progress.ask": ("提问", "asking"),
    "status.library": (
        "{files} 个文件，{passages} 段，{pages} 页，{read} 字",
        "{files} files, {passages} passages, {pages} pages, {read} characters",
    ),
    "status.indexed": ("已收录", "indexed"),
    "status.partial": ("部分收录", "partial"),
    "status.failed": ("失败", "failed"),
    "status.pending": ("待处理", "pending"),
    "status.columns": ("文件|状态|页|收录/读出字数|编码|说明", "file|status|pages|indexed/read|encoding|remarks"),
    "status.page_columns": ("页|收录/读出字数|标题|说明", "page|indexed/read|heading|remarks"),
    "search.nothing": ("没有找到相关段落", "no passage found"),
    "empty_library": (
        "资料库是空的：把文件放进 docs 文件夹，再运行 wendang sync",
        "the library is empty: put files into the docs folder and run `wendang sync`",
    ),
    "preparing_model": (
        "第一次提问：正在准备语言模型，需要十几秒",
        "first question: making the language model ready, some seconds",
    ),
    "reason_and_remedy": ("{reason}；{remedy}", "{reason}; {remedy}"),
    "checked": ("核对出处后：{answer}", "with its sources checked: {answer}"),
    "removed": ("已移除 {count} 个文件（文件本身没有改动）", "{count} documents forgotten; their files are untouched"),
    "repaired": ("索引已重建：{count} 段", "indexes rebuilt: {count} passages"),
    "unverified": ("（未能核实）", " (not verified)"),
    "place.page": (" 第{page}页", " p. {page}"),
    "on_page": ("第{page}页：", "page {page}: "),
    "chat.hello": (
        "请输入问题，追问可以省略前面说过的内容。/new 重新开始，/sources 显示读过的段落，"
        "/list 列出以前的对话（可加要找的字），/open N 打开，/delete N 删除，/export 文件名 导出，/quit 退出；"
        "Ctrl-C 停止回答",
        "Ask a question; a follow-up may leave out what was said. /new starts over, /sources shows the passages, "
        "/list [WORDS] lists conversations, /open N, /delete N, /export FILE, /quit leaves; Ctrl-C stops an answer",
    ),
    "not_built": ("{what} 还没有做好，请等后续版本", "{what} is not built yet; a later version will have it"),
    "interrupted": ("已中断；已完成的部分都已保存", "interrupted; what was finished is saved"),
    "unexpected": (
        "意外错误 {kind}：{message}；加 --debug 重试可看到完整信息",
        "unexpected error {kind}: {message}; add --debug for the traceback",
    ),
    "doctor.ok": ("正常", "ok"),
    "doctor.note": ("注意", "note"),
    "doctor.bad": ("有问题", "problem"),
    "doctor.python": ("Python", "Python"),
    "doctor.python.ok": ("{version}", "{version}"),
    "doctor.python.too_old": ("{version}，太旧", "{version} is too old"),
    "doctor.python.too_old.remedy": ("请安装 Python {needed} 或更新的版本", "install Python {needed} or newer"),
    "doctor.packages": ("依赖包", "packages"),
    "doctor.packages.ok": ("{count} 个，齐全", "all {count} are there"),
    "doctor.packages.unknown": ("没有以安装方式运行，未检查版本", "not installed as a package: versions not checked"),
    "doctor.packages.missing": ("缺少或版本不符：{missing}", "missing, or of another version: {missing}"),
    "doctor.packages.missing.remedy": ("请重新安装 wendang", "install wendang again"),
    "doctor.extras": ("可选功能", "extras"),
    "doctor.extras.ok": ("已安装：{present}；未安装：{absent}", "installed: {present}; not installed: {absent}"),
    "doctor.settings": ("设置", "settings"),
    "doctor.settings.ok": ("资料库文件夹 {path}", "home {path}"),
    "doctor.settings.broken.remedy": ("请修改 wendang.toml 或 WENDANG_ 环境变量", "correct wendang.toml or WENDANG_…"),
    "doctor.disk": ("磁盘", "disk"),
    "doctor.disk.ok": ("可用 {free} GB", "{free} GB free"),
    "doctor.disk.low": ("只剩 {free} GB", "only {free} GB free"),
    "doctor.disk.low.remedy": ("请腾出至少 {needed} GB", "free at least {needed} GB"),
    "doctor.threads": ("线程", "threads"),
    "doctor.threads.ok": ("{threads} 个线程，{cores} 个处理器核", "{threads} threads on {cores} cores"),
    "doctor.threads.many": ("{threads} 个线程多于 {cores} 个处理器核", "{threads} threads on only {cores} cores"),
    "doctor.threads.many.remedy": ("请把设置中的 threads 改小，否则会变慢", "lower `threads` in the settings"),
    "doctor.ocr": ("文字识别", "text recognition"),
    "doctor.ocr.ok": ("已安装，扫描件和图片可以读", "installed: scans and pictures are read"),
    "doctor.ocr.absent": ("未安装，扫描件和图片读不了", "not installed: scans and pictures are not read"),
    "doctor.ocr.absent.remedy": (
        "需要时安装：.venv/bin/pip install -e '.[ocr]'",
        "where needed: .venv/bin/pip install -e '.[ocr]'",
    ),
    "doctor.libreoffice": ("LibreOffice", "LibreOffice"),
    "doctor.libreoffice.ok": ("{path}", "{path}"),
    "doctor.libreoffice.absent": (
        "未安装，doc、ppt、wps、dps 读不了",
        "not installed: doc, ppt, wps and dps are not read",
    ),
    "doctor.libreoffice.absent.remedy": (
        "需要时安装 LibreOffice，或把这些文件另存为 docx、pptx",
        "where needed, install LibreOffice, or save such files as docx or pptx",
    ),
    "doctor.embedder": ("嵌入模型", "embedder"),
    "doctor.embedder.ok": ("{name}，{dimensions} 维", "{name}, {dimensions} dimensions"),
    "doctor.embedder.broken.remedy": (
        "请检查 models 文件夹和设置中的 embedder；必要时重新安装 wendang",
        "check the models folder and the setting `embedder`, or install wendang again",
    ),
    "doctor.model": ("语言模型", "language model"),
    "doctor.model.ok": ("{name}（{family}）", "{name} ({family})"),
    "doctor.model.not_made": (
        "默认模型 {name}，第一次提问时自动生成",
        "the default {name}, to be made at the first question",
    ),
    "doctor.model.elsewhere": ("{model}，由 {backend} 提供，未检查", "{model} by {backend}, not checked"),
    "doctor.model.broken.remedy": (
        "请用 wendang model list 查看，再用 wendang model use 选择；wendang model use default 恢复默认",
        "see `wendang model list`, choose with `wendang model use`; `use default` returns to the default",
    ),
    "doctor.library": ("资料库", "library"),
    "doctor.library.ok": ("{path}", "{path}"),
    "doctor.library.busy": ("正在被进程 {owner} 使用，索引未检查", "in use by process {owner}: indexes not checked"),
    "doctor.library.broken.remedy": ("请从备份恢复，或移走后重新同步", "restore it, or move it away and sync again"),
    "doctor.index": ("索引", "indexes"),
    "doctor.index.ok": ("与记录一致，{vectors} 个向量", "equal to the record, {vectors} vectors"),
    "doctor.index.differs": ("与记录不一致，应有 {vectors} 个向量", "not equal to the record of {vectors} vectors"),
    "doctor.index.differs.remedy": ("请运行 wendang repair", "run `wendang repair`"),
    "doctor.documents": ("文件", "documents"),
    "doctor.documents.ok": ("{files} 个，全部收录", "all {files} are indexed"),
    "doctor.documents.none": ("还没有文件", "none yet"),
    "doctor.documents.none.remedy": (
        "把文件放进 docs 文件夹，再运行 wendang sync",
        "put files into the docs folder and run `wendang sync`",
    ),
    "doctor.documents.gaps": (
        "{files} 个，其中失败 {failed}，部分收录 {partial}，待处理 {pending}",
        "{files}, of them {failed} failed, {partial} partial, {pending} pending",
    ),
    "doctor.documents.gaps.remedy": ("用 wendang status 查看原因", "`wendang status` tells why"),
    "model.used": ("已选择 {model}（{family}）", "{model} ({family}) is now used"),
    "model.default": ("已恢复默认模型", "the default model is used again"),
    "model.name": ("文件", "file"),
    "model.path": ("路径", "path"),
    "model.title": ("名称", "name"),
    "model.architecture": ("结构", "architecture"),
    "model.vocabulary": ("词表大小", "vocabulary"),
    "model.context": ("上下文长度", "context"),
    "model.bytes": ("字节数", "bytes"),
    "model.family": ("提示格式", "family"),
    "model.reason": ("不能使用", "unusable"),
    "page.address": ("网页地址：{address}（按 Ctrl-C 结束）", "the page is at {address} (Ctrl-C ends it)"),
    "page.title": ("问档", "Wendang"),
    "page.subtitle": (
        "向自己的文件提问，全部在本机完成，每句回答都标明出处",
        "Ask your own documents, on your own machine; every answer cites its source",
    ),
    "page.views": ("页面", "view"),
    "page.view.ask": ("提问", "Ask"),
    "page.view.documents": ("文件", "Documents"),
    "page.read_only": ("现在可以提问，但不能添加、同步或移除文件", "You can ask, but not add, sync or remove files"),
    "page.retry": ("重试", "Try again"),
    "page.ask": ("请输入问题", "Ask a question"),
    "page.new": ("新的对话", "New conversation"),
    "page.thinking": ("正在查找和阅读……", "Searching and reading …"),
    "page.empty": ("资料库还是空的，请在“文件”页添加文件", "The library is empty: add files under Documents"),
    "page.unverified": ("未能核实", "not verified"),
    "page.others": ("读过但没有引用的段落（{count}）", "Passages read but not cited ({count})"),
    "page.nearest": ("最接近的段落（{count}）", "The nearest passages ({count})"),
    "page.took": ("{model}，{seconds} 秒", "{model}, {seconds} s"),
    "page.files": ("添加文件（每个不超过 200 MB）", "Add files (of up to 200 MB)"),
    "page.choose": ("选择文件，或拖到这里", "Choose files, or drop them here"),
    "page.add": ("保存并同步", "Save and sync"),
    "page.sync": ("同步文件夹", "Sync the folders"),
    "page.syncing": ("正在另一个窗口中同步，请稍候", "another tab is syncing; wait for it"),
    "page.known": ("{name} 已经在资料文件夹里，内容相同", "{name} is there already, with the same content"),
    "page.stored_as": ("{name} 已保存为 {stored}", "{name} was stored as {stored}"),
    "page.temporary": ("{name} 是临时文件，没有保存", "{name} is a temporary file and was not stored"),
    "page.not_stored": ("{name} 没有保存：{cause}", "{name} was not stored: {cause}"),
    "page.columns": ("文件|状态|说明|页数|字数|编码", "file|status|remarks|pages|characters|encoding"),
    "page.remove": ("移除文件", "Remove documents"),
    "page.remove_help": (
        "移除后不再出现在回答里，直到文件再次变化；文件本身不动",
        "They no longer appear in answers until their files change; the files are left alone",
    ),
    "page.remove_which": ("要移除的文件", "documents to remove"),
    "page.remove_button": ("移除", "Remove"),
    "error.library_busy": (
        "资料库正在被进程 {owner} 使用，请等它结束或先停止它",
        "",
    ),
    "error.library_read_only": ("资料库以只读方式打开，不能修改", ""),
    "error.library_damaged": (
        "无法打开资料库的记录 {path}：{cause}；请从备份恢复，或移走后重新同步",
        "",
    ),
    "error.bad_setting": ("设置 {name} 的值 {value} 不能用：{expected}", ""),
    "error.bad_setting.port": ("端口 {value} 不能用，请用 --port 换一个", ""),
    "error.not_in_library": ("资料库里没有 {source}；用 wendang status 查看全部文件", ""),
    "error.missing_extra": ("{what} 需要 {package}，请运行 pip install 'wendang[{extra}]'", ""),
    "error.bad_question_file.unreadable": ("读不到问题集 {file}（{detail}）；请检查路径和权限", ""),
    "error.bad_question_file.not_json": ("问题集 {file} 不是 UTF-8 编码的 JSON（{detail}）；请重新下载或另存", ""),
    "error.bad_question_file.form": (
        "问题集 {file} 的格式不对（{detail}）；请使用 SQuAD 格式，或 evals/questions.py 中说明的格式",
        "",
    ),
    "error.bad_question_file.empty": ("问题集 {file} 里没有问题；请检查文件", ""),
    "error.bad_question": ("问题有 {length} 个字；请输入 1 到 {limit} 个字的问题", ""),
    "error.unusable_model.not_found": ("找不到模型 {model}；用 wendang model list 查看本机的模型", ""),
    "error.unusable_model.not_gguf": ("{model} 不是 GGUF 文件；请先用 wendang model convert 转换", ""),
    "error.unusable_model.damaged": ("模型文件 {model} 已损坏；请重新下载或转换", ""),
    "error.unusable_model.wrong_checksum": ("{model} 与预期的文件不一致；请重新安装 wendang", ""),
    "error.unusable_model.base_model": (
        "{model} 是基座模型，只会续写，不能回答问题；请换成 Alpaca 或其他对话模型",
        "",
    ),
    "error.unusable_model.unknown_family": (
        "不知道怎样向 {model} 提问；如果它是对话模型，请用 --family 或设置 family 指明提示格式",
        "",
    ),
    "error.unusable_model.not_permitted": ("没有读取模型 {model} 的权限；请修改文件权限", ""),
    "error.unusable_model.is_folder": ("{model} 是文件夹；请指明其中的 GGUF 文件，或设置 backend = transformers", ""),
    "error.unusable_model.empty": ("模型文件 {model} 是空的；请重新下载", ""),
    "error.unusable_model.web_page": ("{model} 是网页，不是模型；请从下载页重新下载模型文件本身", ""),
    "error.unusable_model.lfs_pointer": ("{model} 只是 Git LFS 的指针；请用 git lfs pull 取得模型", ""),
    "error.unusable_model.old_format": ("{model} 是旧的 GGML 格式；请转换成 GGUF", ""),
    "error.unusable_model.old_version": ("{model} 是旧版 GGUF；请重新转换", ""),
    "error.unusable_model.new_version": ("{model} 的 GGUF 版本太新；请升级 wendang，或换一个文件", ""),
    "error.unusable_model.big_endian": ("{model} 是大端序的 GGUF；请换成小端序的文件", ""),
    "error.unusable_model.incomplete": (
        "模型 {model} 下载不完整：应为 {expected} 字节，实为 {found} 字节；请重新下载",
        "",
    ),
    "error.unusable_model.embedding_model": ("{model} 是嵌入模型，不能回答问题；请换一个对话模型", ""),
    "error.unusable_model.adapter": ("{model} 只是 LoRA 适配器，不是完整的模型；请先合并，或换一个模型", ""),
    "error.unusable_model.memory": (
        "模型 {model} 需要 {weights_gb} GB，{n_ctx} 个 token 的上下文另需 {context_gb} GB；"
        "内存共 {total_gb} GB，可用 {free_gb} GB。请减小 n_ctx，或换小一些的模型",
        "",
    ),
    "error.unusable_model.not_loaded": ("llama.cpp 无法加载 {model}：{detail}；请检查文件，或减小 n_ctx", ""),
    "error.unusable_model.crashed": (
        "加载模型 {model} 时 llama.cpp 崩溃（{detail}）；请重新下载文件，或换一个模型",
        "",
    ),
    "error.unusable_model.out_of_memory": ("加载模型 {model} 时内存不足；请减小 n_ctx，或换小一些的模型", ""),
    "error.unusable_model.wrong_processor": ("llama.cpp 不是为本机的处理器编译的；请重新安装 llama-cpp-python", ""),
    "error.unusable_model.replaced": ("模型 {model} 在使用中被换成了另一个文件；请重新打开资料库", ""),
    "error.unusable_model.missing_package": ("{model} 需要 llama-cpp-python；请运行 pip install llama-cpp-python", ""),
    "error.unusable_model.no_config": ("模型文件夹 {model} 里没有 config.json；请补全", ""),
    "error.unusable_model.no_weights": ("模型文件夹 {model} 里没有权重；请补全", ""),
    "error.unusable_model.missing_shard": ("模型文件夹 {model} 缺少部分权重文件；请补全", ""),
    "error.unusable_model.missing_index": ("模型文件夹 {model} 缺少权重的索引文件；请补全", ""),
    "error.unusable_model.pickle": (
        "模型文件夹 {model} 只有 pickle 格式的权重，可能夹带代码，不予加载；请换成 safetensors",
        "",
    ),
    "error.unusable_model.foreign_code": ("模型 {model} 要运行自带的代码，不予加载；请换一个模型", ""),
    "error.unusable_model.lora": ("模型文件夹 {model} 是 LoRA，不是完整的模型；请先合并", ""),
    "error.unusable_model.architecture": ("模型 {model} 的结构不受支持；请换成 GGUF 文件，或换一个模型", ""),
    "error.unusable_model.tokenizer_mismatch": ("模型 {model} 的分词器与权重不配套；请使用同一来源的文件", ""),
    "error.unusable_model.no_tokenizer": ("模型文件夹 {model} 里没有分词器；请补全", ""),
    "error.model_failed.crashed": ("语言模型 {model} 崩溃了（{detail}）；请重新提问，模型会自动重新加载", ""),
    "error.model_failed.out_of_memory": ("语言模型 {model} 因内存不足被系统结束；请减小 n_ctx，或换小一些的模型", ""),
    "error.model_failed.wrong_processor": ("llama.cpp 不是为本机的处理器编译的；请重新安装 llama-cpp-python", ""),
    "error.model_failed.busy": ("语言模型 {model} 等了 {waited} 秒仍在回答别的问题；请稍后再试", ""),
    "error.model_failed.failed": ("语言模型 {model} 出错：{detail}；请减小 n_ctx", ""),
    "error.model_failed.closed": ("语言模型 {model} 已经关闭；请重新打开资料库", ""),
    "error.model_failed.empty": ("语言模型 {model} 没有写出摘要；请换一个模型或方式", ""),
    "error.model_failed": ("模型 {model} 出错：{cause}；请重试，或换一个模型", ""),
    "error.context_too_small": (
        "问题太长：需要 {needed} 个词元，模型只剩 {available} 个；请缩短问题或换上下文更长的模型",
        "",
    ),
    "option.continue": ("接着上一次的对话", "go on with the last conversation"),
    "chat.understood": ("按“{question}”查找", "looking for: {question}"),
    "chat.stopped": ("已停止", "stopped"),
    "chat.none": ("没有对话", "no conversation"),
    "chat.listed": ("{number}  {name}（{turns} 问，{changed}）", "{number}  {name} ({turns} questions, {changed})"),
    "chat.deleted": ("已删除对话 {number}", "conversation {number} deleted"),
    "chat.exported": ("已导出到 {path}", "exported to {path}"),
    "chat.not_exported": (
        "没有导出到 {path}：{cause}；请换一个文件名",
        "not exported to {path}: {cause}; use another name",
    ),
    "error.no_conversation": ("没有对话 {number}；用 /list 查看", ""),
    "error.conversations_unusable": ("无法打开对话记录 {path}：{detail}；请恢复该文件，或把它移走", ""),
    "progress.summary": ("阅读", "reading"),
    "progress.summary_text": ("写摘要 {characters} 字", "writing, {characters} characters"),
    "summary.extractive": (
        "以下是摘录的原文关键句：当前模型只会回答问题，不会写摘要；要写成的摘要，请用 --model 换成对话模型",
        "these are key sentences, word for word: the model only answers questions; for a written summary, choose a "
        "chat model with --model",
    ),
    "summary.covered": (
        "读了全文 {characters} 字中的 {read} 字，分 {pieces} 块{pages}",
        "read {read} of {characters} characters, in {pieces} pieces{pages}",
    ),
    "summary.pages": ("，第 {pages} 页", ", pages {pages}"),
    "summary.silent": ("其中 {silent} 块模型没有写出内容", "of {silent} pieces the model wrote nothing"),
    "answer.unsupported": ("资料中没有找到这句话的依据：{text}", "the documents do not bear this out: {text}"),
    "answer.made_up": ("所引资料中没有这个数字：{text}", "the cited passages do not have this figure: {text}"),
    "answer.dropped": (
        "另外找到的 {count} 段资料因篇幅或时间所限没有读",
        "{count} more passages were found, but not read for lack of room or time",
    ),
    "error.bad_question.empty": ("请输入问题", ""),
}
