"""`wendang model train`, and its errors."""

_SETTINGS = """kind = "{kind}"                # {about}
base = "{base}"
tokenizer = "{tokenizer}"
data = ["{data}"]
out = "{out}"
block = 512                     # {block}
batch = 8                       # {batch}
accumulate = 8
epochs = 1
learning_rate = {learning_rate}
save_every = 200                # {save}
gradient_checkpointing = true   # {checkpointing}

[lora]
rank = 8
alpha = 32
dropout = 0.05
targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
whole = ["embed_tokens", "lm_head"]"""

TEXTS: dict[str, tuple[str, str]] = {
    "work.tokenize": ("切分为词元", "tokenising"),
    "work.train": ("训练", "training"),
    "short.train": ("继续预训练或指令微调", "continued pre-training, or instruction tuning"),
    "help.train": (
        '按 TOML 文件里的设置，用 LoRA 继续预训练（kind = "pretrain"，数据为 .txt 或 .jsonl）或指令微调'
        '（kind = "tune"，数据为 .json 或 .jsonl）。先检查全部数据，再开始训练；中断后运行同一个命令会接着做。'
        "结果是一个 LoRA 文件夹，可用 wendang model merge 合并。",
        'Continue pre-training (kind = "pretrain", data in .txt or .jsonl) or tune on instructions (kind = "tune", '
        "data in .json or .jsonl) with LoRA, as a TOML file says. All data is checked first; an interrupted run goes "
        "on with the same command. The result is a LoRA's folder, for wendang model merge.",
    ),
    "metavar.train_file": ("训练.toml", "TRAIN.toml"),
    "option.train_new": (
        "写出一份可以改用的设置文件，不训练",
        "print a file of settings to begin with, and do nothing else",
    ),
    "train.file_or_new": (
        "请写明设置文件；还没有的话，用 --new tune 或 --new pretrain 写一份",
        "name the file of settings; `--new tune` or `--new pretrain` prints one to begin with",
    ),
    "train.settings": (_SETTINGS, _SETTINGS),
    "train.about_pretrain": ("继续预训练；路径相对于本文件", "continued pre-training; paths are relative to this file"),
    "train.about_tune": ("指令微调；路径相对于本文件", "instruction tuning; paths are relative to this file"),
    "train.names_pretrain": ("基座|扩充后的分词器|语料.txt|我的LoRA", "BASE|EXTENDED-TOKENIZER|corpus.txt|my-lora"),
    "train.names_tune": ("基座|分词器|指令.json|我的LoRA", "BASE|TOKENIZER|instructions.json|my-lora"),
    "train.about_block": ("一段（一条）最多多少词元", "tokens of a block, or of the longest example"),
    "train.about_batch": (
        "一次送入几条；显存不够就减小它，加大 accumulate",
        "examples at once; with too little memory, make it smaller and accumulate larger",
    ),
    "train.about_save": ("每多少步存一次，中断后从那里继续", "steps between checkpoints, from which a run goes on"),
    "train.about_checkpointing": ("省显存，慢一些", "less memory, a little slower"),
    "train.resumed": ("从第 {step} 步接着训练", "going on from step {step}"),
    "train.loss": ("损失 {loss}", "loss {loss}"),
    "train.done": (
        "已训练 {steps} 步（{examples} 条，另留 {held_out} 条验证），写入 {out}\n损失 {first} → {last}",
        "trained {steps} steps on {examples} examples ({held_out} more held out), written to {out}\n"
        "loss {first} → {last}",
    ),
    "train.perplexity": ("验证困惑度 {before} → {after}", "perplexity of the held-out examples {before} → {after}"),
    "train.left_out": ("没有使用的记录，例如：{records}", "records that were left out, such as: {records}"),
    "train.next": (
        "下一步：wendang model merge --base {base} --lora {out} --out 合并好的模型",
        "next: wendang model merge --base {base} --lora {out} --out MERGED",
    ),
    "example.model train": (
        "wendang model train --new tune > 训练.toml\nwendang model train 训练.toml",
        "wendang model train --new tune > train.toml\nwendang model train train.toml",
    ),
    "error.bad_recipe.toml": ("{path} 不是正确的 TOML（{detail}）；请改正", ""),
    "error.bad_recipe.setting": (
        "{path} 里的 {setting} 不对（{detail}；现为 {given}）；可用的设置见 docs/training.md",
        "",
    ),
    "error.bad_recipe.template": (
        'template = "{template}" 需要控制词元 {token}，而这个 {tokens} 个词元的词表里没有；请换成这一代模型的模板',
        "",
    ),
    "error.bad_recipe.modules": ("{setting} 里的 {unknown} 在模型里不存在；可用的有 {known}", ""),
    "error.bad_recipe.growing": (
        "词表要从 {rows} 个词元扩充到 {tokens} 个，lora.whole 里却没有 embed_tokens 和 lm_head，新词元会丢失；请加上",
        "",
    ),
    "error.bad_recipe.other_run": (
        "{path} 是一次没有完成的训练，它的 {keys} 与现在不同；请用原来的设置做完，或换一个 out，或删除它",
        "",
    ),
    "error.bad_recipe.no_gpu": ('precision = "fp16" 需要 GPU，本机没有；请去掉 precision，或改为 "bf16" 或 "fp32"', ""),
    "error.bad_recipe.kinds": ("没有 {unknown} 这类文件；可用的有 {known}", ""),
    "error.bad_training_data.not_squad": ("{path} 不是 SQuAD 的格式（{detail}）；请检查文件", ""),
    "error.wrong_part.other_adapter": (
        "{path} 是别的适配器（alpha {alpha}，应为 {expected}）；请使用同样设置、同样基座的适配器",
        "",
    ),
    "error.bad_model_files.not_gemma": ("{path} 不是可以在这里训练的 Gemma 3；请换一个基座", ""),
    "error.bad_training_data.no_files": (
        "{path} 不是、里面也没有可以用来训练的文件（{suffixes}）；请检查路径",
        "",
    ),
    "error.bad_training_data.records": (
        "有 {count} 条记录不能用来训练（{records}）；请改正，或设 skip_bad = true 跳过它们",
        "",
    ),
    "error.bad_training_data.nothing": (
        "数据里凑不出一条 {block} 词元的例子（可用记录 {records} 条，剩余 {tokens} 个词元，"
        "有问题的 {bad} 条，太长的 {too_long} 条）；请增加数据，或改变 block",
        "",
    ),
    "error.training_failed.not_finite": (
        "{what} 变成了无穷大或非数（第 {step} 步）；请减小 learning_rate、增大 warmup，"
        '或把 precision 改为 "bf16" 或 "fp32"',
        "",
    ),
    "error.bad_model_files.train_on_pth": (
        "{path} 是 Meta 的格式，不能直接训练；请先用 wendang model merge --no-lora 转换",
        "",
    ),
    "error.wrong_part.tune_with_llama": (
        "权重有 {rows} 个词元，分词器有 {tokens} 个（Chinese-LLaMA）；微调要用 49954 个词元的 Chinese-Alpaca 分词器，"
        "可用 wendang model tokenizer --pad 制作",
        "",
    ),
    "error.not_enough_room.gpu": (
        "显存（{total_gb} GB）不够；请减小 batch（同时加大 accumulate）、打开 gradient_checkpointing，或减小 block；"
        "再运行同一个命令会接着做",
        "",
    ),
}
