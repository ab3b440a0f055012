"""Why a file cannot be read, and the remedy."""

from ingest.errors import Reason

#: (reason, remedy) in Chinese, and in English.
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
            "install text recognition: .venv/bin/pip install -e '.[ocr]', and sync again",
        ),
    ),
    Reason.SCANNED_PAGES: (
        ("有扫描页没有文字层，未收录", "请安装文字识别：.venv/bin/pip install -e '.[ocr]'，然后重新同步"),
        (
            "scanned pages without text were left out",
            "install text recognition: .venv/bin/pip install -e '.[ocr]', and sync again",
        ),
    ),
    Reason.GARBLED: (
        (
            "文字疑似乱码",
            "请从原文件重新导出，或另存为 UTF-8；PDF 可装文字识别（.venv/bin/pip install -e '.[ocr]'）后重新同步",
        ),
        (
            "its text looks garbled",
            "export it again, save it as UTF-8, or for a PDF install recognition: .venv/bin/pip install -e '.[ocr]'",
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
