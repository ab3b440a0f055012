"""`wendang model`."""

TEXTS: dict[str, tuple[str, str]] = {
    "preparing_model": (
        "第一次提问：正在准备语言模型，需要十几秒",
        "first question: making the language model ready, some seconds",
    ),
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
}
