"""`wendang model list`, `get` and the catalogue; what `wendang doctor` says about model files; their errors."""

TEXTS: dict[str, tuple[str, str]] = {
    "work.download": ("下载", "downloading"),
    "work.copy": ("复制", "copying"),
    "option.list_all": ("列出目录中的全部模型", "list all models of the catalogue"),
    "option.get_form": (
        "取哪一种：gguf（可直接使用）、full（完整模型）、lora（需要合并）；默认 gguf，没有时取 lora",
        "which form: gguf (ready for use), full (the whole model), lora (to be merged); default: gguf, else lora",
    ),
    "option.get_type": ("GGUF 的量化类型（默认 q4_k_m）", "the type of GGUF (default: q4_k_m)"),
    "option.get_file": ("仓库中的文件名", "a file of the repository"),
    "option.get_revision": ("仓库的版本", "a version of the repository"),
    "option.get_hub": ("从哪里下载", "the hub"),
    "option.get_endpoint": ("镜像的网址（默认取环境变量 HF_ENDPOINT）", "a mirror's address (default: HF_ENDPOINT)"),
    "option.get_timeout": ("多少秒没有回应就放弃", "seconds of silence after which to give up"),
    "option.get_pickles": ("允许下载 .bin、.pth（只当作数表打开）", "get .bin and .pth, too (only read as tables)"),
    "option.get_link": ("本机的模型不复制，只建立链接", "link a model of this machine instead of copying it"),
    "example.model get": (
        "wendang model get chinese-alpaca-2-7b-16k\n"
        "wendang model get hfl/chinese-alpaca-2-7b-gguf --type q8_0 --endpoint https://镜像\n"
        "wendang model get ~/下载/chat-q4_k_m.gguf --link",
        "wendang model get chinese-alpaca-2-7b-16k\n"
        "wendang model get hfl/chinese-alpaca-2-7b-gguf --type q8_0 --endpoint https://MIRROR\n"
        "wendang model get ~/Downloads/chat-q4_k_m.gguf --link",
    ),
    "get.done": ("已下载 {source} → {path}", "got {source} → {path}"),
    "get.already": ("已经有了，与 {source} 一致：{path}", "there already, and the same as {source}: {path}"),
    "get.published": ("（与公布的 {model} 一致）", "(as published for {model})"),
    "get.licence": ("许可：{licence}", "licence: {licence}"),
    "get.brought": ("已放入 {path}", "now in {path}"),
    "get.advice": ("说明：{advice}", "remarks: {advice}"),
    "get.next_use": ("用它回答：wendang model use {name}", "to answer with it: wendang model use {name}"),
    "get.next_merge": (
        "下一步：wendang model make --base {base} {loras} --out 新模型",
        "next: wendang model make --base {base} {loras} --out NEW_MODEL",
    ),
    "get.its_base": ("它的基座", "ITS_BASE"),
    "get.resumable": (
        "已下载的部分留着；再运行同一个命令会接着下载",
        "what has come is kept; the same command goes on with it",
    ),
    "get.too_large": (
        "注意：它至少要 {needed} GB 内存，本机有 {memory} GB",
        "note: it needs {needed} GB of memory at least, this machine has {memory} GB",
    ),
    "catalog.title": (
        "可以取得的模型（q4_k_m 的大小和所需内存，GB）",
        "models that can be got (size and memory of q4_k_m, in GB)",
    ),
    "catalog.columns": (
        "名称|大小|内存|本机可用|文档问答|说明",
        "name|size|memory|fits here|questions on documents|remarks",
    ),
    "catalog.how": ("下载：wendang model get 名称", "to get one: wendang model get NAME"),
    "catalog.how_all": (
        "下载：wendang model get 名称；全部模型：wendang model list --all",
        "to get one: wendang model get NAME; all models: wendang model list --all",
    ),
    "catalog.get": ("下载：wendang model get {name}", "to get it: wendang model get {name}"),
    "catalog.memory_unknown": ("未知", "unknown"),
    "catalog.too_large": ("内存不够", "too large"),
    "catalog.name": ("名称", "name"),
    "catalog.kind": ("种类", "kind"),
    "catalog.kind.base": ("基座模型，只会续写", "base model, continues texts"),
    "catalog.kind.chat": ("指令模型，可以问答", "chat model"),
    "catalog.documents": ("文档问答", "questions on documents"),
    "catalog.advice": ("说明", "remarks"),
    "catalog.longbench": ("LongBench", "LongBench"),
    "catalog.longbench.single": ("单文档问答", "one document"),
    "catalog.longbench.several": ("多文档问答", "several documents"),
    "catalog.base": ("基座", "base"),
    "catalog.loras": ("LoRA（按合并顺序）", "LoRAs, in the order of merging"),
    "catalog.vocabulary": ("词表大小", "vocabulary"),
    "catalog.context": ("上下文长度", "context"),
    "catalog.tuned": ("训练时的最大长度", "longest example learned from"),
    "catalog.family": ("提示格式", "family"),
    "catalog.sizes": ("各量化类型的大小（GB）", "sizes by type, in GB"),
    "catalog.memory": ("所需内存（GB）", "memory, in GB"),
    "catalog.fits": ("本机可用的最好类型", "best type for this machine"),
    "catalog.repositories": ("仓库", "repositories"),
    "catalog.licence": ("许可", "licence"),
    "suits.best": ("最适合", "best"),
    "suits.good": ("适合", "good"),
    "suits.fair": ("一般", "fair"),
    "suits.poor": ("较差", "poor"),
    "suits.no": ("不适合", "no"),
    "licence.llama1": ("LLaMA：仅限研究，严禁商用", "LLaMA: for research only, no commercial use"),
    "licence.llama2": ("Llama 2 社区许可协议", "Llama 2 Community License"),
    "licence.llama3": ("Llama 3 社区许可协议", "Llama 3 Community License"),
    "advice.short_context": (
        "按 512 个词元训练，资料多时请用 Alpaca-2-16K",
        "learned from 512 tokens; take Alpaca-2-16K for many passages",
    ),
    "advice.terse": ("回答偏短，Pro 版较详细", "answers are short; Pro tells more"),
    "advice.legacy": ("早期版本，请用 Plus 或 Pro", "an early version; take Plus or Pro"),
    "advice.continues": ("只会续写，不会回答", "continues texts, does not answer"),
    "advice.superseded_33b": ("已由 chinese-llama-plus-33b 取代", "superseded by chinese-llama-plus-33b"),
    "advice.best_single": ("同代中单文档问答最好", "best of its generation on one document"),
    "advice.best_several": ("同代中多文档问答最好", "best of its generation on several documents"),
    "advice.rather_16k": ("文档问答建议用 16K 版", "take a 16K one for documents"),
    "advice.draft": ("只适合做投机解码的草稿模型", "meant to draft for a larger one, not to answer"),
    "advice.best_llama3": (
        "单文档问答得分最高，比 v3 更适合文档",
        "highest score on one document; better than v3 on documents",
    ),
    "advice.rather_v2": ("文档问答建议用 v2", "take v2 for documents"),
    "advice.general": ("一般对话推荐", "recommended for general talk"),
    "model.recorded": (
        "{model} 与第一次使用时不同（{files}）；如果不是您换的，请重新取得",
        "{model} is not what it was at its first use ({files}); unless you changed it, get it again",
    ),
    "model.warning": ("注意：{detail}；{remedy}", "note: {detail}; {remedy}"),
    "option.doctor_deep": (
        "读出模型文件全文，核对 SHA-256（每 GB 几秒）",
        "read model files whole to compare SHA-256, some seconds a GB",
    ),
    "doctor.model_files": ("模型文件", "model files"),
    "doctor.model_files.ok": ("{count} 个，没有发现问题", "{count}, nothing found"),
    "doctor.model_files.mixed_tokenizer.remedy": (
        "{model}：请换成与权重一起发布的 tokenizer.model；LLaMA 与 Alpaca 的不能混用",
        "{model}: take the tokenizer.model that was released with the weights; never mix LLaMA's and Alpaca's",
    ),
    "doctor.model_files.broken.remedy": ("{model}：请重新取得或重新制作", "{model}: get it, or make it, again"),
    "doctor.model_files.base_model": (
        "{model} 是基座模型（{name}，词表 {tokens}），只会续写，不会按指令回答",
        "{model} is a base model ({name}, {tokens} tokens): it continues texts and does not answer",
    ),
    "doctor.model_files.base_model.remedy": (
        "请使用 Alpaca 或其他指令模型：wendang model list",
        "use an Alpaca or another chat model: wendang model list",
    ),
    "doctor.model_files.missing_lora": (
        "{model} 缺少 LoRA：{missing}（{name} 要在它之后合并）；能说话，但答得差",
        "{model} lacks a LoRA: {missing} (to be merged before {name}); it speaks, but badly",
    ),
    "doctor.model_files.missing_lora.remedy": (
        "请从基座重新合并，先 {missing}，后 {name}",
        "merge anew from the base, {missing} first, then {name}",
    ),
    "doctor.model_files.not_merged": ("{model} 是还没有合并的 LoRA", "{model} is a LoRA that is not merged"),
    "doctor.model_files.not_merged.remedy": (
        "请用 wendang model merge 依次合并到基座：{loras}",
        "merge into the base, in this order: {loras} (wendang model merge)",
    ),
    "doctor.model_files.long_context": (
        "{model} 的上下文是 {context}，设置要求 {asked}",
        "the context of {model} is {context}, the settings ask for {asked}",
    ),
    "doctor.model_files.long_context.remedy": (
        "请把设置 backend_options.n_ctx 改为 {context} 以内，或使用 16K 的模型",
        "lower the setting `backend_options.n_ctx` to {context}, or use a 16K model",
    ),
    "doctor.model_files.short_training": (
        "{model} 训练时最长 {tuned} 个词元，现在的上下文是 {context}，资料一多就容易答偏",
        "{model} learned from {tuned} tokens at most; with a context of {context}, many passages mislead it",
    ),
    "doctor.model_files.short_training.remedy": (
        "文档问答建议用 chinese-alpaca-2-7b-16k，或把设置 top_k 改小",
        "take chinese-alpaca-2-7b-16k for documents, or lower `top_k` in the settings",
    ),
    "doctor.model_files.coarse": (
        "{model} 的量化类型是 {type}，回答会变短、变错",
        "{model} is quantised to {type}: answers get short and wrong",
    ),
    "doctor.model_files.coarse.remedy": (
        "内存够时请用 q4_k_m 以上的类型",
        "use q4_k_m or a finer type where the memory suffices",
    ),
    "doctor.model_files.terse": ("{model} 是 Plus 版，回答偏短", "{model} is a Plus model: its answers are short"),
    "doctor.model_files.terse.remedy": (
        "可改用 {better}，或在问题中写“请详细说明”",
        "use {better}, or ask for details in the question",
    ),
    "doctor.model_files.named_30b": (
        "{model} 名为 30B，实为 33B：Meta 当初把名字写错了",
        "{model} is called 30B and is 33B, which Meta misnamed",
    ),
    "doctor.model_files.named_30b.remedy": (
        "请与 33B 的 LoRA 和哈希配套使用",
        "it belongs with LoRAs and hashes of 33B",
    ),
    "doctor.model_files.odd_split": (
        "{model} 的各部分合起来，输出层有 {head} 行，词表有 {rows} 行：词表是奇数，切分时丢了一行",
        "the parts of {model} have {head} rows of output for {rows} tokens: an odd vocabulary was split evenly",
    ),
    "doctor.model_files.odd_split.remedy": (
        "请重新合并：wendang model merge --format pth（两个文件大小不同是正常的）",
        "merge anew: wendang model merge --format pth (files of unequal size are right)",
    ),
    "doctor.model_files.hash_differs": (
        "{model} 的 SHA-256 与公布的不符：{files}",
        "the SHA-256 of {model} is not the published one: {files}",
    ),
    "doctor.model_files.hash_differs.remedy": (
        "请重新取得；用 wendang model verify 查看详情",
        "get it again; `wendang model verify` tells more",
    ),
    "doctor.model_files.hash_differs_torch": (
        "{model} 合并结果的 SHA-256 与公布的不符：{files}",
        "the SHA-256 of the merged {model} is not the published one: {files}",
    ),
    "doctor.model_files.hash_differs_torch.remedy": (
        "公布的哈希只适用于 PyTorch 1.13 以上合并的 .pth；确认版本后仍不符，请检查基座和 LoRA",
        "published hashes are those of .pth files merged with PyTorch 1.13 or later; else check base and LoRAs",
    ),
    "doctor.model_files.incomplete": ("{model} 缺少 {files}", "{model} lacks {files}"),
    "doctor.model_files.incomplete.remedy": ("请补齐这些文件", "get these files"),
    "doctor.model_files.changed": (
        "{model} 与第一次使用时不同：{files}",
        "{model} is not what it was at its first use: {files}",
    ),
    "doctor.model_files.changed.remedy": (
        "如果不是您换的，请重新取得；是您换的，请再运行 wendang model use {model}",
        "unless you changed it, get it again; else run `wendang model use {model}` again",
    ),
    "doctor.model_files.not_opened": (
        "{model} 没有打开检查：缺少 {package}",
        "{model} was not opened: {package} is not installed",
    ),
    "doctor.model_files.not_opened.remedy": (
        "需要时安装：.venv/bin/pip install -e '.[workshop]'",
        "where needed: .venv/bin/pip install -e '.[workshop]'",
    ),
    "doctor.model_files.code_page": (
        "Windows 控制台的代码页是 {code_page}，中文会显示成乱码",
        "the code page of the console is {code_page}: Chinese is garbled",
    ),
    "doctor.model_files.code_page.remedy": (
        "请先运行 chcp 65001，或使用 Windows Terminal",
        "run `chcp 65001` first, or use Windows Terminal",
    ),
    "error.bad_model_files.record": (
        "{path} 读不了（{detail}）；请删除它，下次使用时会重新记录",
        "",
    ),
    "error.bad_model_files.record_unwritable": ("{path} 写不了（{detail}）；请检查 models 文件夹的权限", ""),
    "error.bad_model_files.not_a_model_folder": (
        "{path} 不是模型的文件夹（没有 config.json、adapter_config.json、params.json 或 tokenizer.model）；"
        "请指明模型的文件夹或 GGUF 文件",
        "",
    ),
    "error.bad_model_files.points_nowhere": ("{path} 指向的文件不存在；请重新取得模型", ""),
    "error.bad_model_files.no_link": ("{path} 不能建成链接（{detail}）；请去掉 --link，改为复制", ""),
    "error.download_failed.unknown_name": (
        "目录中没有模型 {name}（相近的有：{near}）；用 wendang model list --all 查看，或写 组织/仓库名",
        "",
    ),
    "error.download_failed.bad_name": ("{name} 不是仓库的名字；请写 组织/仓库名，或目录中的名称", ""),
    "error.download_failed.no_such_form": (
        "不知道 {hub} 上有 {name} 的 {form}；它的仓库有：{there}",
        "",
    ),
    "error.download_failed.endpoint": ("{endpoint} 不是网址；请写以 https:// 开头的网址", ""),
    "error.download_failed.token_unencrypted": (
        "令牌会不加密地发给 {endpoint}；请用 https:// 的网址，或取消环境变量 {token}",
        "",
    ),
    "error.download_failed.gated": (
        "{name} 没有下载：要先同意它的条款；请打开 {endpoint}/{name} 同意，再把令牌写进环境变量 {token}",
        "",
    ),
    "error.download_failed.unauthorized": (
        "{name} 没有下载：令牌无效；请更正或取消环境变量 {token}",
        "",
    ),
    "error.download_failed.forbidden": (
        "{name} 没有下载：没有权限（{status}）；请向它的主人申请，再把有权限的令牌写进环境变量 {token}",
        "",
    ),
    "error.download_failed.not_found": (
        "{endpoint} 上没有 {name}（仓库、文件或版本），或者它不公开；请检查名字，不公开的请设置环境变量 {token}",
        "",
    ),
    "error.download_failed.too_many": ("{name} 没有下载：请求太多（{status}）；请过一会儿再运行同一个命令", ""),
    "error.download_failed.server": (
        "{name} 没有下载：{endpoint} 出了故障（{status}）；请稍后再运行同一个命令，或用 --endpoint 换一个镜像",
        "",
    ),
    "error.download_failed.http": ("{name} 没有下载：{endpoint} 回答 {status}；请检查名字和 --endpoint", ""),
    "error.download_failed.timeout": (
        "{endpoint} 在 {timeout_s} 秒内没有回应；请再运行同一个命令接着下载，或用 --endpoint 换一个镜像",
        "",
    ),
    "error.download_failed.unreachable": (
        "连不上 {endpoint}（{detail}）；请检查网络，或用 --endpoint 换一个镜像",
        "",
    ),
    "error.download_failed.not_a_hub": (
        "{endpoint} 的回答不像模型仓库（{detail}）；请检查 --endpoint 和 --hub",
        "",
    ),
    "error.download_failed.no_gguf": ("{name} 没有 GGUF 文件；请去掉 --type，下载后再转换", ""),
    "error.download_failed.unsafe_name": ("{name} 列出的文件名 {file} 不安全，不能写入；请换一个来源", ""),
    "error.download_failed.ambiguous": ("{wanted} 对应 {name} 的多个文件（{files}）；请用 --file 指明一个", ""),
    "error.download_failed.no_such_file": (
        "{name} 没有 {wanted} 的 GGUF 文件；请用 --type 或 --file 选一个（{files}）",
        "",
    ),
    "error.download_failed.only_pickles": (
        "{name} 的权重是 pickle（{files}），在别的程序里打开可能运行代码；这里只当作数表打开，要下载请加 --pickles",
        "",
    ),
    "error.download_failed.no_weights": ("{name} 里没有权重；请指明模型本身的仓库", ""),
    "error.download_failed.exists": (
        "{path} 已经存在，与 {name} 现在的内容不同（或无法确定）；请先把它移走",
        "",
    ),
    "error.download_failed.busy": ("另一个进程正在下载 {name}；请等它结束", ""),
    "error.download_failed.too_long": ("{name} 比公布的 {expected} 字节长；请换一个来源", ""),
    "error.download_failed.wrong_hash": (
        "{name} 与公布的不同（哈希 {found}，应为 {expected}）；请再运行同一个命令，仍不行就换一个来源",
        "",
    ),
    "error.download_failed.not_written": ("{path} 写不了（{detail}）；请检查文件夹的权限", ""),
    "error.download_failed.cut_short": (
        "{name} 只收到 {found} / {expected} 字节；请再运行同一个命令接着下载",
        "",
    ),
}
