"""The page's models and settings."""

TEXTS: dict[str, tuple[str, str]] = {
    "settings.parts": ("部分", "parts"),
    "settings.part.models": ("模型", "Models"),
    "settings.part.choices": ("选项", "Options"),
    "settings.part.health": ("检查", "Health"),
    "settings.file": ("这些设置保存在 {path}", "These settings are kept in {path}"),
    "settings.save": ("保存", "Save"),
    "settings.saved": ("已保存，从下一个问题或下一次同步起生效", "Saved: they count from the next question or sync on"),
    "settings.unchanged": ("没有改动", "Nothing has changed"),
    "settings.automatic": ("自动", "automatic"),
    "settings.from_environment": (
        "这一项由环境变量 {variable} 决定，在这里不能改；取消该变量并重新启动后就可以。",
        "The variable {variable} of the environment sets this; unset it and start again to change it here.",
    ),
    "settings.examining": ("正在检查……", "Examining …"),
    "settings.examine_again": ("重新检查", "Examine again"),
    "settings.health_ok": ("一切正常", "All is well"),
    "settings.health_bad": ("有 {count} 处问题", "{count} problems"),
    "settings.group.answers": ("查找与回答", "Finding and answering"),
    "settings.group.running": ("语言模型的运行", "Running the language model"),
    "settings.group.reading": ("读取文件", "Reading files"),
    "setting.top_k": ("每个问题读几个段落", "Passages for a question"),
    "setting.top_k.help": (
        "多了更全，但更慢，也更容易混入无关内容。默认 4；问题跨多个文件时可以试 6 到 10。",
        "More are more complete, but slower, and bring in what does not matter. Default 4; try 6 to 10 for questions "
        "across documents.",
    ),
    "setting.mode": ("怎样读这些段落", "How the passages are read"),
    "setting.mode.stuff": ("一次读完", "All at once"),
    "setting.mode.refine": ("分几步读", "In steps"),
    "setting.mode.help": (
        "分几步读时，自带的阅读模型先读最相关的两段，没有答案再读后面的，答得快一些；对话模型每一步都改一遍回答，要慢几倍，但段落"
        "很长时更稳。",
        "In steps, the built-in reader reads the two best passages first, and more only where they hold no answer: "
        "somewhat quicker. A chat model betters its answer at each step: several times slower, but steadier with long "
        "passages.",
    ),
    "setting.followups": ("追问怎样补全", "How follow-ups are completed"),
    "setting.followups.rules": ("按规则", "By rules"),
    "setting.followups.model": ("由模型改写", "By the model"),
    "setting.followups.help": (
        "“那第二年呢？”这样的追问要先补全再查找。按规则不花时间；由模型改写更灵活，但每次追问多等一会儿。",
        "“And the second year?” is completed before it is looked up. Rules take no time; the model is more flexible, "
        "and takes a while for each.",
    ),
    "setting.first_token_s": ("最多等几秒看到第一个字", "Seconds to the first word"),
    "setting.first_token_s.help": (
        "机器慢时，会少读几个段落来守住这个时间。默认 20 秒；宁可慢一点也要读全，就改大。",
        "On a slow machine fewer passages are read to keep it. Default 20; raise it to have all of them read.",
    ),
    "setting.dense_weight": ("按意思查找的比重", "Weight of meaning"),
    "setting.dense_weight.help": (
        "0 只按字词查找，1 只按意思查找，0.5 两者并重（默认）。常查编号、型号、人名时可以调低。",
        "0 looks for words only, 1 for meaning only, 0.5 weighs both (default). Lower it for numbers and names.",
    ),
    "setting.backend_options.n_ctx": ("模型一次能看的长度（词元）", "Context (tokens)"),
    "setting.backend_options.n_ctx.help": (
        "越大能同时读的段落越多，占的内存也越多。留空为模型自己的长度，最多 4096。",
        "A larger one takes more passages and more memory. Empty: the model's own, at most 4096.",
    ),
    "setting.backend_options.threads": ("使用的线程数", "Threads"),
    "setting.backend_options.threads.help": (
        "留空按本机的处理器自动选择。要同时做别的事，可以改小。",
        "Empty: chosen for this machine. Lower it to leave room for other work.",
    ),
    "setting.backend_options.gpu_layers": ("放到显卡上的层数", "Layers on the GPU"),
    "setting.backend_options.gpu_layers.help": (
        "0 只用处理器，-1 全部放到显卡。需要支持显卡的 llama.cpp，显存不够时改小。",
        "0 uses the processor only, -1 puts all on the GPU. llama.cpp must be built for it; lower it where the GPU's "
        "memory is too small.",
    ),
    "setting.backend_options.temperature": ("随机程度", "Temperature"),
    "setting.backend_options.temperature.help": (
        "0 每次回答都一样，最稳妥；越大越发散。留空按模型的习惯。",
        "0 gives the same answer each time; higher is freer. Empty: as the model's family does.",
    ),
    "setting.backend_options.max_tokens": ("回答最长多少词元", "Longest answer (tokens)"),
    "setting.backend_options.max_tokens.help": (
        "到了这个长度就停。留空按模型的习惯。",
        "The answer ends there. Empty: as the model's family does.",
    ),
    "setting.jobs": ("同时读几个文件", "Files read at a time"),
    "setting.jobs.help": (
        "多了同步更快，占的内存和处理器也更多。默认 1；8 核 16 GB 的机器可以试 4。",
        "More make the sync quicker and take more memory. Default 1; try 4 with 8 cores and 16 GB.",
    ),
    "setting.ignore": ("不收录的文件和文件夹", "Files and folders to pass over"),
    "setting.ignore.help": (
        "每行一个，可以用 * 代表任意字，例如 *.bak 或 存档/*。下次同步时生效。",
        "One a line, * stands for anything: *.bak or archive/*. They count from the next sync on.",
    ),
    "setting.limits.timeout_s": ("一页最多读几秒", "Seconds for a page"),
    "setting.limits.timeout_s.help": (
        "超过就放弃这个文件剩下的部分，并说明原因。扫描件多、机器慢时可以改大。",
        "Beyond that the rest of the file is left, and named. Raise it for many scans on a slow machine.",
    ),
    "setting.limits.file_bytes": ("一个文件最大多少 MB", "Largest file (MB)"),
    "setting.limits.file_bytes.help": (
        "更大的文件不读，并列为失败。",
        "Larger files are not read, and listed as failed.",
    ),
    "setting.limits.pages": ("一个文件最多读几页", "Pages of a file"),
    "setting.limits.pages.help": ("页、幻灯片或工作表的数目。", "Pages, slides or sheets."),
    "models.answering": ("现在由 {model} 回答问题", "{model} answers the questions"),
    "models.by_server": (
        "现在由 {model} 回答问题，它由 {backend} 提供；要改用本机的模型，请在 wendang.toml 里去掉 backend",
        "{model} answers the questions, by {backend}; take `backend` out of wendang.toml to use one of this machine",
    ),
    "models.memory": (
        "这台机器的内存：共 {total} GB，现在可用 {free} GB",
        "Memory: {total} GB, {free} GB of it free now",
    ),
    "models.default": ("问档自带的阅读模型", "Wendang's own reader"),
    "models.default_help": (
        "小而快，只从原文里摘取答案，答不了就说没有；适合查条款、数字和日期。",
        "Small and quick: it takes answers from the text and says so where there is none. For terms, figures, dates.",
    ),
    "models.not_made": (
        "第一次提问时自动生成，需要十几秒",
        "made at the first question, which takes some seconds more",
    ),
    "models.need": (
        "约需内存 {weights} GB，另加 {n_ctx} 词元的上下文 {context} GB",
        "takes about {weights} GB, and {context} GB for a context of {n_ctx} tokens",
    ),
    "models.need_weights": ("约需内存 {weights} GB", "takes about {weights} GB"),
    "models.too_large": ("内存不够", "does not fit the memory"),
    "models.choose": ("使用", "Use"),
    "models.chosen": ("使用中", "In use"),
    "models.try": ("试一试", "Try"),
    "models.more": (
        "把别的 GGUF 模型文件放进 {folder}，就会出现在这里；也可以直接填文件的路径。",
        "Put other GGUF files into {folder} to see them here, or give a path.",
    ),
    "models.path": ("模型文件的路径", "Path of a model file"),
    "models.path_example": (
        "例如 /home/我/模型/qwen3-4b-q4_k_m.gguf",
        "for example /home/me/models/qwen3-4b-q4_k_m.gguf",
    ),
    "models.trial": ("用 {model} 试一个问题（不改变现在的选择）", "Try a question with {model} (your choice stays)"),
    "models.question": ("问题", "Question"),
    "models.sample_question": ("这些文件主要讲什么？", "What are these documents about?"),
    "models.ask": ("提问", "Ask"),
    "models.thinking": ("正在回答……", "Answering …"),
}
