"""`wendang model`."""

TEXTS: dict[str, tuple[str, str]] = {
    "preparing_model": (
        "第一次提问：正在准备语言模型，需要十几秒",
        "first question: making the language model ready, some seconds",
    ),
    "model.used": ("已选择 {model}（{family}）", "{model} ({family}) is now used"),
    "model.default": ("已恢复默认模型", "the default model is used again"),
    "model.name": ("文件", "file"),
    "model.backend": ("运行方式", "backend"),
    "model.path": ("路径", "path"),
    "model.title": ("名称", "name"),
    "model.architecture": ("结构", "architecture"),
    "model.vocabulary": ("词表大小", "vocabulary"),
    "model.context": ("上下文长度", "context"),
    "model.bytes": ("字节数", "bytes"),
    "model.family": ("提示格式", "family"),
    "model.reason": ("不能使用", "unusable"),
    "option.try": ("用一个内置的问题试一试，并测速", "ask a built-in question, and time the answer"),
    "option.raw": (
        "不套提示格式，直接续写这段文字（基座模型也可以）",
        "go on with this text, without a prompt template (base models can, too)",
    ),
    "trial.figures": (
        "\n读了 {prompt_tokens} 个词元（每秒 {read_tokens_per_s}），{first_token_s} 秒后出第一个词；"
        "写了 {completion_tokens} 个（每秒 {written_tokens_per_s}），共 {total_s} 秒",
        "\nread {prompt_tokens} tokens ({read_tokens_per_s} a second), first token after {first_token_s} s; "
        "wrote {completion_tokens} ({written_tokens_per_s} a second), {total_s} s in all",
    ),
    "error.unusable_model.wrong_backend": (
        "设置 backend = {backend} 不能运行 {model}（它要用 {fitting}）；请去掉这项设置",
        "",
    ),
}
