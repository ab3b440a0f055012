"""`wendang model convert`, `quantize`, `compare` and `make`, and their errors."""

TEXTS: dict[str, tuple[str, str]] = {
    "work.convert": ("转换并写入", "converting and writing"),
    "work.quantize": ("量化", "quantising"),
    "work.imatrix": ("计算重要性矩阵", "computing the importance matrix"),
    "work.compare": ("比较", "comparing"),
    "short.make": ("从基座和 LoRA 一步做到量化模型", "base and LoRAs to a quantised model, in one go"),
    "help.make": (
        "合并、转换、量化，并逐步比较误差。中断后运行同一个命令会接着做。",
        "Merge, convert, quantise, and compare each step with the one before. An interrupted run goes on with the same "
        "command.",
    ),
    "option.out_gguf": ("写到哪个文件（不能已存在）", "the file to write; it must not exist"),
    "option.make_out": ("写到哪个文件夹", "the folder to write into"),
    "option.convert_type": ("数的格式", "format of the numbers"),
    "option.convert_base": (
        "转换 LoRA 时，基座模型的文件夹（有 config.json 即可）",
        "for a LoRA: the folder of its base model (its config.json suffices)",
    ),
    "option.quantize_type": ("量化类型，例如 q8_0、q6_k、q5_k_m、q4_k_m", "the type: q8_0, q6_k, q5_k_m, q4_k_m …"),
    "option.imatrix": (
        "用这个文本文件计算重要性矩阵（量化误差更小，但要花时间）",
        "compute an importance matrix from this text file: a smaller error, for more time",
    ),
    "option.threads": ("使用的线程数", "threads to use"),
    "option.compare_text": (
        "在这个文本文件上比较（默认用内置的文字）",
        "compare on this text file (default: one of ours)",
    ),
    "convert.done": ("已写入 {out}（{megabytes} MB）", "written: {out} ({megabytes} MB)"),
    "convert.next": (
        "下一步：wendang model quantize {out} --out 模型-q4_k_m.gguf --type q4_k_m",
        "next: wendang model quantize {out} --out MODEL-q4_k_m.gguf --type q4_k_m",
    ),
    "quantize.done": ("已写入 {out}：{before} MB → {after} MB", "written: {out}: {before} MB → {after} MB"),
    "quantize.next": ("用它回答：wendang model use {out}", "to answer with it: wendang model use {out}"),
    "compare.columns": ("指标|数值", "measure|value"),
    "compare.plot_columns": ("KL 散度||占比", "KL divergence||share"),
    "compare.tokens": ("比较的词元数", "tokens compared"),
    "compare.kl_mean": ("平均 KL 散度", "mean KL divergence"),
    "compare.kl_max": ("最大 KL 散度", "largest KL divergence"),
    "compare.same_top": ("首选词元相同的比例", "share with the same likeliest token"),
    "compare.same_greedy": ("自由续写 64 个词元中相同的比例", "share of 64 written tokens that agree"),
    "compare.logit_error_mean": ("logit 平均误差", "mean error of logits"),
    "compare.logit_error_max": ("logit 最大误差", "largest error of logits"),
    "compare.perplexity_a": ("困惑度（甲）", "perplexity of the first"),
    "compare.perplexity_b": ("困惑度（乙）", "perplexity of the second"),
    "make.columns": (
        "步骤|MB|平均 KL|首选相同|logit 最大误差|文件",
        "step|MB|mean KL|same likeliest|largest logit error|file",
    ),
    "example.model convert": (
        "wendang model convert 合并好的模型 --out 模型-f16.gguf\n"
        "wendang model convert 某个LoRA --base 基座 --out lora.gguf",
        "wendang model convert MERGED --out model-f16.gguf\nwendang model convert LORA --base BASE --out lora.gguf",
    ),
    "example.model quantize": (
        "wendang model quantize 模型-f16.gguf --out 模型-q4_k_m.gguf --type q4_k_m\n"
        "wendang model quantize 模型-f16.gguf --out 模型-iq3_m.gguf --type iq3_m --imatrix 语料.txt",
        "wendang model quantize model-f16.gguf --out model-q4_k_m.gguf --type q4_k_m\n"
        "wendang model quantize model-f16.gguf --out model-iq3_m.gguf --type iq3_m --imatrix corpus.txt",
    ),
    "example.model compare": (
        "wendang model compare 合并好的模型 模型-f16.gguf\n"
        "wendang model compare 模型-f16.gguf 模型-q4_k_m.gguf --text 语料.txt",
        "wendang model compare MERGED model-f16.gguf\n"
        "wendang model compare model-f16.gguf model-q4_k_m.gguf --text corpus.txt",
    ),
    "example.model make": (
        "wendang model make --base llama-7b-hf --lora chinese-llama-plus-lora-7b --lora chinese-alpaca-plus-lora-7b "
        "--out alpaca-plus-7b",
        "wendang model make --base llama-7b-hf --lora chinese-llama-plus-lora-7b --lora chinese-alpaca-plus-lora-7b "
        "--out alpaca-plus-7b",
    ),
    "error.bad_model_files.architecture": ("{path} 是 {architecture} 模型；这里只能转换 LLaMA 结构的模型", ""),
    "error.bad_model_files.config": ("{path} 缺少或写错了 {detail}；请重新取得这个文件", ""),
    "error.bad_model_files.unknown_tensor": ("{path} 中有 LLaMA 没有的张量 {tensor}；请指明模型本身的文件夹", ""),
    "error.bad_model_files.shape": ("{path} 的张量形状与 config.json 不符；请从同一来源重新取得全部文件", ""),
    "error.bad_model_files.rope_scaling": ("{path} 的上下文扩展方式 {scaling} 不受支持", ""),
    "error.bad_model_files.pre_tokenizer": (
        "{path} 的切分方式不是 Llama 3 的；请把模型的 tokenizer.model 放进同一个文件夹",
        "",
    ),
    "error.bad_model_files.lora_needs_merge": (
        "LoRA {path} 含有 {form}，llama.cpp 不能直接加载；请先用 wendang model merge 合并，再转换合并的结果",
        "",
    ),
    "error.bad_model_files.base_unknown": (
        "LoRA {path} 所说的基座 {base} 不在本机；请用 --base 指明基座模型的文件夹（有 config.json 即可）",
        "",
    ),
    "error.bad_model_files.type": ("没有量化类型 {kind}；可用的有 {known}", ""),
    "error.bad_model_files.imatrix_needed": (
        "{kind} 没有重要性矩阵就不能用；请加 --imatrix，并给一个与将来的问题相近的文本文件",
        "",
    ),
    "error.bad_model_files.imatrix_text": ("文本只有 {tokens} 个词元；计算重要性矩阵至少要 {least} 个，最好上万", ""),
    "error.bad_model_files.text_unreadable": ("{path} 不能按 UTF-8 文本读取；请给一个文本文件，或先转换编码", ""),
    "error.bad_model_files.imatrix_unknown_layout": (
        "这个版本的 llama.cpp 不能计算重要性矩阵；请去掉 --imatrix，或安装 wendang 要求的 llama-cpp-python",
        "",
    ),
    "error.bad_model_files.not_gguf": (
        "{path} 不是完好的 GGUF 文件；请用 wendang model convert 从模型的文件夹转换",
        "",
    ),
    "error.bad_model_files.is_lora": ("{path} 是 LoRA，不能量化；请先用 wendang model merge 合并", ""),
    "error.bad_model_files.quantized_already": (
        "{path} 已经量化过，再量化会损失更多；请从 F16 文件开始（wendang model convert）",
        "",
    ),
    "error.bad_model_files.llama_cpp": ("llama.cpp 没能处理 {path}（{detail}）；请检查文件，或换一种类型", ""),
    "error.bad_model_files.not_loaded": ("llama.cpp 无法加载 {path}；文件不是模型或已损坏，请重新转换", ""),
    "error.bad_model_files.not_read": ("llama.cpp 不能用 {path} 读文字；请检查文件", ""),
    "error.bad_model_files.comparison_text": ("比较用的文字只有 {tokens} 个词元；至少要 {least} 个，最好上千", ""),
    "error.wrong_part.tokens_differ": ("两个模型的词表大小不同（{first} 与 {second}）；只能比较同一种分词器的模型", ""),
    "error.wrong_part.token_differs": ("两个模型的第 {number} 个词元不同；只能比较同一种分词器的模型", ""),
}
