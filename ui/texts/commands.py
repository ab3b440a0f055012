"""What the command line says of itself: commands, options, help."""

TEXTS: dict[str, tuple[str, str]] = {
    "help": (
        "问档：向自己的中文文件提问，全部在本机完成，每句回答都标明出处。\n\n"
        "把文件放进 data/docs（用 --home 换了资料库时，是其中的 docs），运行 wendang sync，"
        '然后 wendang ask "问题"。',
        "Wendang: ask your own documents, on your own machine; every answer cites its source.\n\n"
        "Put files into data/docs (with --home, its docs folder), run `wendang sync`, then `wendang ask QUESTION`.",
    ),
    "commands": ("命令", "Commands"),
    "examples": ("例子", "Examples"),
    "short.completion": ("让命令行自动补全", "let the shell complete commands and file names"),
    "help.completion": (
        "输出自动补全的脚本：补全命令、选项和资料库里的文件。",
        "Print the script with which a shell completes commands, options and the library's documents.",
    ),
    "short.help": ("查看命令的用法", "show how a command is used"),
    "help.help": ("查看命令的用法和例子。", "Show how a command is used, with examples."),
    "metavar.options": ("[选项]", "[OPTIONS]"),
    "metavar.command": ("命令 [参数]...", "COMMAND [ARGS]..."),
    "argument.question": ("问题；- 表示从标准输入读", "the question; - reads it from standard input"),
    "argument.query": ("要查找的内容", "what to look for"),
    "argument.source": (
        "文件，写法与 wendang status 列出的相同，也可以是文件的路径",
        "a document as `wendang status` lists it, or the path of its file",
    ),
    "argument.sources": (
        "文件、通配符（例如 '草稿/*'）或同步过的文件夹",
        "documents, patterns such as 'drafts/*', or folders that were synced",
    ),
    "argument.folders": ("要同步的文件夹；不给则同步全部已知的", "folders to sync; all known ones, if none is given"),
    "option.home": ("资料库所在的文件夹（默认 data）", "the home folder (default: data)"),
    "option.json": ("输出 JSON", "print JSON"),
    "option.lang": ("界面语言", "language of the texts"),
    "option.version": ("显示版本", "show the version"),
    "version.unknown": ("（没有以安装方式运行，版本未知）", "(not installed, so its version is not known)"),
    "option.debug": ("出错时显示完整信息", "show the traceback of an error"),
    "option.watch": ("持续同步", "keep syncing"),
    "option.remove_many": ("确认移除一起不见的多数文件", "confirm that most files are gone for good"),
    "option.jobs": ("同时读取的文件数", "files read at a time"),
    "option.force": ("重新读取所有文件", "read every file again"),
    "option.verbose": ("也列出未变化的文件", "list unchanged files too"),
    "option.top_k": ("返回的段落数", "number of passages"),
    "option.source": ("只在匹配的文件中查找，可重复，例如 '合同/*'", "only in files that match; may be repeated"),
    "option.leg": ("检索方式：混合、向量、关键词", "hybrid, dense or keyword search"),
    "option.mode": ("回答方式：一次读完，或分几步读", "read all passages at once, or refine one by one"),
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
        "让资料库与文件夹一致：新增、修改、移动、删除都会跟上。不给文件夹时同步全部已知文件夹。",
        "Make the library equal to its folders: what was added, changed, moved or deleted is followed. "
        "Without FOLDER all known folders are synced.",
    ),
    "short.ask": ("提问，回答带出处", "ask, and get a cited answer"),
    "help.ask": (
        "根据文件回答问题，并列出依据的原文。",
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
    "help.list": (
        "列出本机的模型，以及目录中适合本机内存的模型。",
        "List the models on this machine, and those of the catalogue that fit its memory.",
    ),
    "short.show": ("显示一个模型的信息", "show what a model is"),
    "help.show": ("显示一个模型文件的信息。", "Show what a model file says about itself."),
    "short.get": ("下载模型", "download a model"),
    "help.get": (
        "取得模型：目录中的名称（wendang model list）、仓库名，或本机的 GGUF 文件、模型文件夹。"
        "下载会核对大小和 SHA-256；中断后运行同一个命令会接着下载。",
        "Get a model: by a name of the catalogue (wendang model list), of a repository, or from a file or folder of "
        "this machine. Size and SHA-256 are checked; the same command goes on with an interrupted download.",
    ),
    "short.verify": ("校验模型文件", "verify a model's files"),
    "help.verify": (
        "核对模型文件：与公布的 SHA-256 或合并时的记录比较，检查缺什么、分词器配不配。"
        "全部一致时退出状态为 0，有不一致或缺少时为 1，没有公布的哈希可比时为 3。",
        "Verify a model's files: against published SHA-256 or the record of the merge, what is missing, whether the "
        "tokenizer fits. The status is 0 where all are right, 1 where one is not, 3 where no hash was published.",
    ),
    "short.tokenizer": ("扩充词表", "extend a tokenizer"),
    "help.tokenizer": (
        "扩充词表：把一个 SentencePiece 模型的新词元加到另一个的末尾，与中文 LLaMA 的做法相同。",
        "Extend a tokenizer: the new pieces of one SentencePiece model go to the end of another, as in Chinese-LLaMA.",
    ),
    "short.merge": ("合并 LoRA 权重", "merge LoRA weights"),
    "help.merge": (
        "把一个或几个 LoRA 按顺序合并到基座模型。中断后运行同一个命令会接着做；完成之前不会出现输出的文件夹。",
        "Merge one or several LoRAs into a base model, in order. An interrupted run goes on with the same command; "
        "the folder appears when it is complete.",
    ),
    "short.convert": ("转换为 GGUF", "convert to GGUF"),
    "help.convert": (
        "把模型文件夹转换为 GGUF；LoRA 文件夹转换为 GGUF 适配器。",
        "Convert a model's folder to GGUF, or a LoRA's to a GGUF adapter.",
    ),
    "short.quantize": ("量化模型", "quantise a model"),
    "help.quantize": (
        "把 F16 的 GGUF 量化成更小的文件；写之前先算好大小并检查磁盘。",
        "Quantise an F16 GGUF file; its size is predicted and the disk checked first.",
    ),
    "short.compare": ("比较两个模型", "compare two models"),
    "help.compare": (
        "比较两个模型（文件夹或 GGUF）：KL 散度、首选词元、困惑度、续写。",
        "Compare two models (folders or GGUF files): KL divergence, likeliest tokens, perplexity, text.",
    ),
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
    "short.speed": ("评测速度", "measure speed"),
    "help.speed": (
        "同步与嵌入、生成与 llama.cpp 的速度之比。",
        "Measure the speed of sync against the bare embedder, and of generation against bare llama.cpp.",
    ),
    "empty_library": (
        "资料库是空的：把文件放进 {folder}，再运行 wendang sync；也可以直接同步别的文件夹：wendang sync 文件夹",
        "the library is empty: put files into {folder} and run `wendang sync`, or `wendang sync FOLDER` for another",
    ),
    "interrupted": ("已中断；已完成的部分都已保存", "interrupted; what was finished is saved"),
    "unexpected": (
        "意外错误 {kind}：{message}；加 --debug 重试可看到完整信息",
        "unexpected error {kind}: {message}; add --debug for the traceback",
    ),
    "option.continue": ("接着上一次的对话", "go on with the last conversation"),
}
