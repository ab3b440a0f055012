"""`wendang model merge`, `tokenizer` and `verify`, and the errors of reading, merging and writing weights."""

TEXTS: dict[str, tuple[str, str]] = {
    "work.hash": ("计算 SHA-256", "hashing"),
    "work.merge": ("合并并写入", "merging and writing"),
    "option.out_folder": ("写到哪个文件夹（不能已有内容）", "the folder to write; it must be new or empty"),
    "option.merge_base": (
        "基座模型的文件夹：safetensors、.bin，或 Meta 的 consolidated.*.pth",
        "folder of the base model: safetensors, .bin, or Meta's consolidated.*.pth",
    ),
    "option.merge_lora": (
        "LoRA 的文件夹；有几个就按顺序写几次（先 LLaMA-Plus，后 Alpaca-Plus）",
        "folder of a LoRA; several in order (LLaMA-Plus first, Alpaca-Plus last)",
    ),
    "option.merge_no_lora": ("不合并 LoRA，只转换格式", "merge nothing, only change the form"),
    "option.merge_format": ("写成 Hugging Face 格式或 Meta 的 pth 格式", "Hugging Face's form, or Meta's"),
    "option.merge_shard_by_shard": ("逐个张量合并，只占很少内存", "one tensor in memory at a time"),
    "option.merge_parts": (
        "pth 分成几个文件（默认按模型大小）",
        "files of the pth form (default: by the model's size)",
    ),
    "option.merge_force": (
        "即使看起来缺少第一个 LoRA 或基座版本不符，也照样合并",
        "merge although a first LoRA seems to be missing, or the base to be of another generation",
    ),
    "merge.lora_or_not": (
        "请用 --lora 指明要合并的 LoRA；只转换格式时用 --no-lora",
        "name what to merge with --lora, or say --no-lora to change the form only",
    ),
    "merge.done": (
        "已合并 {count} 个 LoRA，词表 {vocabulary}，写入 {out}",
        "{count} LoRAs merged, vocabulary {vocabulary}, written to {out}",
    ),
    "merge.no_tokenizer": (
        "基座和 LoRA 都没有分词器；使用前请把 tokenizer.model 放进输出的文件夹",
        "neither the base nor a LoRA has a tokenizer: put its tokenizer.model into the new folder before use",
    ),
    "merge.next": (
        "下一步：wendang model convert {out} --out 模型.gguf",
        "next: wendang model convert {out} --out MODEL.gguf",
    ),
    "option.tokenizer_base": ("原来的 tokenizer.model", "the tokenizer.model to extend"),
    "option.tokenizer_add": ("要加入的 SentencePiece 模型", "the SentencePiece model whose pieces are added"),
    "option.tokenizer_pad": ("再加一个 [PAD]（Alpaca 的词表）", "append [PAD], as Chinese-Alpaca's has it"),
    "option.tokenizer_text": ("用这个文本文件比较每字的词元数", "compare tokens per character on this text file"),
    "tokenizer.sample": (
        "仓库里一共有三百二十七件货物，其中二十件需要在周五以前发出。请先核对清单，再通知司机。",
        "仓库里一共有三百二十七件货物，其中二十件需要在周五以前发出。请先核对清单，再通知司机。",
    ),
    "tokenizer.not_utf8": ("{file} 不是 UTF-8 文本；请先转换编码", "{file} is not UTF-8 text: convert it first"),
    "tokenizer.sizes": (
        "原有 {base}，加入的模型有 {given}，其中 {overlap} 个已有；现在共 {total} 个词元",
        "{base} tokens before, {given} in the added model, {overlap} of them known; {total} now",
    ),
    "tokenizer.published": ("与公布的 {model} 分词器完全一致", "the same as the published tokenizer of {model}"),
    "tokenizer.other": (
        "大小与 {model} 的词表相同，但内容与公布的不同；请确认两个输入文件都是原版",
        "as large as the vocabulary of {model}, but not the published one: check that both inputs are the originals",
    ),
    "tokenizer.efficiency": (
        "{characters} 字的文本：原来 {before} 个词元（每字 {per_before}），现在 {after} 个（每字 {per_after}）",
        "a text of {characters} characters: {before} tokens before ({per_before} each), {after} now ({per_after})",
    ),
    "option.verify_kind": ("按哪一类核对（默认自动判断）", "what it should be (default: told by its files)"),
    "option.verify_name": (
        "应该是哪个模型，例如 Chinese-Alpaca-Plus-7B",
        "which model it should be, such as Chinese-Alpaca-Plus-7B",
    ),
    "verify.no_such_name": (
        "公布的表里没有 {name}；可用：{names}",
        "the published table has no {name}; it has: {names}",
    ),
    "verify.head": ("{kind}：{model}", "{kind}: {model}"),
    "verify.no_model": ("未知来源", "of unknown origin"),
    "verify.kind.base": ("基座模型", "base model"),
    "verify.kind.lora": ("LoRA", "LoRA"),
    "verify.kind.tokenizer": ("分词器", "tokenizer"),
    "verify.kind.merged": ("合并后的模型", "merged model"),
    "verify.ok": ("✓ 一致（{model}）", "✓ ok ({model})"),
    "verify.own": ("✓ 与合并时的记录一致", "✓ as recorded when it was merged"),
    "verify.mismatch": ("✗ 不一致（{model}）", "✗ differs ({model})"),
    "verify.unknown": ("？ 没有公布的哈希可以核对", "? no published hash to compare with"),
    "verify.expected": ("应有的哈希", "expected"),
    "verify.missing": ("✗ 缺少", "✗ missing"),
    "verify.wrong": (
        "{path} 没有通过核对；请重新下载或合并有问题的文件",
        "{path} is not as it should be; get or merge again what differs",
    ),
    "verify.some_unknown": (
        "{path} 里有文件没有公布的哈希，无法确认；可用 --name 指明应有的模型",
        "{path} has files without a published hash, which cannot be confirmed; --name says which model it should be",
    ),
    "verify.remark.torch_version": (
        "合并后的 pth 的哈希随 PyTorch 的版本变化：公布的只适用于 1.13 及以上的旧版保存格式，不一致不等于合并有误",
        "hashes of merged pth files vary with the version of PyTorch (published: 1.13 and later, original script); "
        "a difference alone does not mean that the merge is wrong",
    ),
    "verify.remark.unpublished": (
        "“没有公布”不等于“一致”：请确认文件的来源",
        "unpublished is not ok: make sure where the files come from",
    ),
    "verify.remark.not_opened": (
        "没有安装 workshop 的依赖，只核对了哈希，没有打开文件：.venv/bin/pip install -e '.[workshop]'",
        "the extra workshop is not installed: hashes were compared, files were not opened",
    ),
    "error.missing_package": ("这需要 {package}；请运行 .venv/bin/pip install -e '.[workshop]'", ""),
    "error.not_enough_room.disk": (
        "要写入 {needed_gb} GB 到 {where}，磁盘只剩 {free_gb} GB；请腾出空间，或换一个磁盘",
        "",
    ),
    "error.not_enough_room.disk_full": ("{where} 所在的磁盘满了；请腾出空间，再运行同一个命令", ""),
    "error.not_enough_room.memory_shard_by_shard": (
        "需要 {needed_gb} GB 内存，只有 {free_gb} GB 可用；请加上 --shard-by-shard",
        "",
    ),
    "error.not_enough_room.memory_smaller": (
        "需要 {needed_gb} GB 内存，只有 {free_gb} GB 可用；请关闭其他程序，或换一台机器",
        "",
    ),
    "error.bad_model_files.not_found": ("找不到 {path}；请检查路径", ""),
    "error.bad_model_files.no_weights": (
        "{path} 里没有权重（model*.safetensors、pytorch_model*.bin、adapter_model.*、consolidated.*.pth）；"
        "请指明放权重的文件夹，或先取得权重",
        "",
    ),
    "error.bad_model_files.no_lora_weights": (
        "{path} 里没有 LoRA 权重（adapter_model.safetensors 或 adapter_model.bin）；请先取得",
        "",
    ),
    "error.bad_model_files.bad_index": ("索引 {path} 没有列出权重文件；请重新取得", ""),
    "error.bad_model_files.bad_json": ("{path} 不是正确的 JSON（{detail}）；请重新取得", ""),
    "error.bad_model_files.missing_files": ("{path} 里缺少 {files}；请补全", ""),
    "error.bad_model_files.damaged": ("{path} 已损坏或不完整（{detail}）；请重新取得", ""),
    "error.bad_model_files.unreadable": ("读不到 {path}（{detail}）；请检查路径和权限", ""),
    "error.bad_model_files.pickle": (
        "{path} 里除了张量还有别的内容，可能夹带代码，不予打开；请换成 safetensors 格式",
        "",
    ),
    "error.bad_model_files.not_tensors": ("{path} 不是张量表（可能是训练存档）；请保存模型本身的权重", ""),
    "error.bad_model_files.dtype": ("{path} 的数值格式 {dtype} 不受支持；请换成 F32、F16 或 BF16", ""),
    "error.bad_model_files.parts": ("{path} 里的 consolidated.*.pth 不全或不配套（{name}）；请补全所有部分", ""),
    "error.bad_model_files.params": ("{path} 缺少 dim、n_heads、n_layers 或 norm_eps；请重新取得", ""),
    "error.bad_model_files.scaled_rope": (
        "{path} 使用缩放的位置编码（Llama 3.1 及以后）；请使用该模型的 Hugging Face 格式",
        "",
    ),
    "error.bad_model_files.not_llama": ("{path} 里有 LLaMA 没有的张量 {name}，这是别的模型；请检查路径", ""),
    "error.bad_model_files.not_in_meta": ("pth 格式存不下 {what}；请用 --format huggingface", ""),
    "error.bad_model_files.no_tokenizer": ("找不到分词器 {path}；请检查路径", ""),
    "error.bad_model_files.not_sentencepiece": (
        "{path} 不是 SentencePiece 模型；请指明 tokenizer.model 本身，或重新取得",
        "",
    ),
    "error.bad_model_files.exists": ("{path} 已经存在，不会覆盖；请换一个文件夹，或先删除它", ""),
    "error.bad_model_files.busy": ("另一个进程正在写 {path}；请等它结束，或换一个名字", ""),
    "error.bad_model_files.lora_form": (
        "{path} 的 LoRA 使用了 {form}，不能合并到原来的权重；请用 PEFT 另存为普通的 LoRA",
        "",
    ),
    "error.bad_model_files.incomplete_lora": (
        "{path} 的 LoRA 不完整，缺少 {lacking}；请重新取得，或用新版 PEFT 重新保存（只有几百 KB 的文件就是这种情况）",
        "",
    ),
    "error.bad_model_files.lora_config": ("{path} 的 adapter_config.json 缺少 r 或 lora_alpha；请重新取得", ""),
    "error.bad_model_files.rank": (
        "{path} 的配置与权重不是同一个 LoRA：{module} 的秩是 {rank}，配置里是 {said}；请重新取得两者",
        "",
    ),
    "error.bad_model_files.not_finite": (
        "加上 {path} 后 {name} 出现无穷大或非数；LoRA 已损坏或属于别的基座，请用 wendang model verify 核对两者",
        "",
    ),
    "error.bad_model_files.changed": ("合并期间 {path} 变了；请重新运行", ""),
    "error.bad_model_files.not_a_model": ("{path} 不是完整的语言模型（缺少 {name}）；请指明基座模型的文件夹", ""),
    "error.bad_model_files.quantised": ("{path} 是量化过的；请先合并到原始权重，再量化", ""),
    "error.bad_model_files.untrained": (
        "{path} 的 LoRA 什么也不改变（B 全为零），是训练之前保存的；请换成训练后的",
        "",
    ),
    "error.bad_model_files.tied": (
        "基座的输出层就是词嵌入，而 {path} 只改变其中一个；训练时请把两者都列入 modules_to_save",
        "",
    ),
    "error.bad_model_files.nothing_to_verify": (
        "{path} 里没有可以核对的文件；请指明放权重或 tokenizer.model 的文件夹",
        "",
    ),
    "error.wrong_part.other_parts": ("{path} 是用别的文件合并的；请换一个 --out，或先删除这个文件夹", ""),
    "error.wrong_part.other_recipe": (
        "{path} 不是这样做出来的（不同的有：{different}）；请换一个 --out，或先删除这个文件",
        "",
    ),
    "error.wrong_part.nothing_new": ("{add} 里没有 {base} 缺少的词元；两个文件写反了，或者已经扩充过", ""),
    "error.wrong_part.vocabularies_mixed": (
        "权重有 {rows} 个词元（{rows_name}），分词器有 {tokens} 个（{tokens_name}）：LLaMA 与 Alpaca 的词表不能混用，"
        "请换成与权重配套的 tokenizer.model",
        "",
    ),
    "error.wrong_part.not_extended": (
        "权重有 {rows} 个词元（{rows_name}），分词器有 {tokens} 个（{tokens_name}）：权重还没有扩充词表，"
        "请先合并与分词器配套的 LoRA，或换回 LLaMA 的 tokenizer.model",
        "",
    ),
    "error.wrong_part.vocabulary": (
        "权重有 {rows} 个词元（{rows_name}），分词器有 {tokens} 个（{tokens_name}）；"
        "请使用与权重一起发布的 tokenizer.model",
        "",
    ),
    "error.wrong_part.wrong_base": (
        "LoRA {lora} 与基座 {base} 不配套（{detail}）；请使用训练它的基座（{trained_on}）",
        "",
    ),
    "error.wrong_part.wrong_order": (
        "{lora} 有 {tokens} 个词元，少于它之前的 {rows} 个：顺序错了，请先写 LLaMA 的 LoRA，最后写 Alpaca 的",
        "",
    ),
    "error.wrong_part.lora_without_tokenizer": (
        "{lora} 把词表扩充到 {tokens} 个词元，却缺少对应的 tokenizer.model；请从 LoRA 的来源取得",
        "",
    ),
    "error.wrong_part.wrong_generation": (
        "基座 {base} 的上下文是 {context}，而 {tokens} 个词元的词表属于 {right}；请使用同样大小的 {right} 作为基座",
        "",
    ),
    "error.wrong_part.missing_first": (
        "{lora} 是在 LLaMA-Plus 的 LoRA 上训练的，前面缺少它；请两个都写，LLaMA-Plus 在前（--lora A --lora B）；"
        "如果基座已经合并过，请加 --force",
        "",
    ),
}
