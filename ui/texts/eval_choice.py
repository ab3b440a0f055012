"""`wendang eval choice` and `wendang eval prompts`."""

TEXTS: dict[str, tuple[str, str]] = {
    "short.choice": ("评测模型做选择题（C-Eval、CMMLU）", "measure a model with C-Eval or CMMLU"),
    "help.choice": (
        "用 C-Eval 或 CMMLU 形式的选择题评测语言模型。文件夹里有 dev（示例）和 val 或 test，每个科目一个 CSV 文件。\n\n"
        "得分都是 0 到 1 之间的比例。默认按选项字母的概率作答；--mode free 让模型自己写，读不出答案的算错。",
        "Measure a language model with multiple choice questions in the form of C-Eval or CMMLU: a folder with dev "
        "(examples) and val or test, a CSV file a subject.\n\n"
        "All scores are shares between 0 and 1. The likeliest letter is the answer; with --mode free the model writes "
        "one itself, and what cannot be read counts as wrong.",
    ),
    "example.eval choice": (
        "wendang eval choice ceval/ --shots 5 --out 答案.jsonl\n"
        "wendang eval choice cmmlu/ --subject 农学 --mode free --cot\n"
        "wendang eval choice ceval/ --split test --submission submission.json",
        "wendang eval choice ceval/ --shots 5 --out answers.jsonl\n"
        "wendang eval choice cmmlu/ --subject agronomy --mode free --cot\n"
        "wendang eval choice ceval/ --split test --submission submission.json",
    ),
    "option.shots": ("每题之前最多给出的示例数", "examples shown before a question, at most"),
    "option.subject": (
        "只评测这个科目（文件名或中文名），可重复",
        "this subject only, by file or name; may be repeated",
    ),
    "option.split": ("评测哪一部分（默认 val，没有则 test）", "what is asked (default: val, or else test)"),
    "option.choice_mode": ("按选项概率作答，或自由作答", "take the likeliest letter, or let the model write"),
    "option.cot": ("先逐步分析再作答（自由作答）", "ask for a chain of thought (implies free answers)"),
    "option.template": ("是否使用模型的对话模板", "put the model's template around the prompt, or not"),
    "option.wording": (
        "提示的写法：本项目的，或 Chinese-LLaMA-Alpaca 的",
        "words of the prompt: our own, or those of Chinese-LLaMA-Alpaca",
    ),
    "option.submission": ("把答案写成 C-Eval 的提交文件", "write the answers as C-Eval's submission file"),
    "option.choice_out": (
        "随时保存答案的 JSONL 文件；再次运行时接着做",
        "a JSONL file that keeps the answers; another run goes on with it",
    ),
    "option.compare_speed": (
        "再逐题评测一部分，比较共用前缀快多少",
        "ask some questions again one by one, and tell how much quicker they are together",
    ),
    "progress.choice": ("作答", "answering"),
    "choice.columns": ("科目|题数|正确率|95% 区间|未作答", "subject|questions|accuracy|95 % interval|unanswered"),
    "choice.stem": ("理工科", "STEM"),
    "choice.social_science": ("社会科学", "social science"),
    "choice.humanities": ("人文学科", "humanities"),
    "choice.other": ("其他", "other"),
    "choice.all": ("全部", "all"),
    "choice.average": (
        "各科目平均：{accuracy}（95% 区间 {low}–{high}）",
        "mean over the subjects: {accuracy} (95 % interval {low}–{high})",
    ),
    "choice.asked": ("{settings}；每秒 {rate} 题", "{settings}; {rate} questions a second"),
    "choice.speed": (
        "{subject} 的 {questions} 题：一起 {together_s} 秒，逐题 {one_by_one_s} 秒，快 {ratio} 倍",
        "{subject}, {questions} questions: {together_s} s together, {one_by_one_s} s one by one, ratio {ratio}",
    ),
    "choice.speed_of_letters": (
        "--compare-speed 只用于 --mode constrained",
        "--compare-speed is for --mode constrained only",
    ),
    "choice.go_on": (
        "已中断；答案保存在 {file}，用同样的命令可以接着做",
        "interrupted; the answers are in {file}, the same command goes on with them",
    ),
    "choice.not_kept": (
        "已中断，以上只是已作答的部分；加上 --out 文件 就能接着做",
        "interrupted, this is what was answered so far; with --out FILE another run can go on",
    ),
    "choice.not_test": (
        "{file} 里是 {split} 的答案；要提交 C-Eval，请加上 --split test",
        "{file} has the answers to {split}; C-Eval wants those of --split test",
    ),
    "error.bad_choice_set.not_found": ("找不到文件夹 {file}；请检查路径", ""),
    "error.bad_choice_set.no_files": (
        "{file} 不能用（{detail}）；里面应有 dev 和 val 或 test，每个科目一个 CSV 文件",
        "",
    ),
    "error.bad_choice_set.no_subject": ("{file} 里没有科目 {detail}；有 {subjects}", ""),
    "error.bad_choice_set.unreadable": ("读不到 {file}（{detail}）；请检查文件和权限", ""),
    "error.bad_choice_set.table": ("{file} 不是 CSV 表格（{detail}）；请重新下载或另存", ""),
    "error.bad_choice_set.columns": ("{file} 缺少这些列：{detail}；应有 question、A、B、C、D、answer", ""),
    "error.bad_choice_set.row": (
        "{file} 第 {row} 行不对（{detail}）；有逗号或换行的内容要放在双引号里，答案应是 A 到 D",
        "",
    ),
    "error.bad_choice_set.empty": ("{file} 里没有题目；请检查文件", ""),
    "error.kept_answers_differ.settings": ("{file} 里的答案是用别的设置得到的；请用 --out 换一个文件", ""),
    "error.kept_answers_differ.unwritable": ("写不了 {file}（{detail}）；请用 --out 换一个文件", ""),
    "error.bad_setting.mode": ("--mode 不能是 {value}；{expected}", ""),
    "short.prompts": ("评测模型回答各类指令", "let a model answer prompts by category"),
    "help.prompts": (
        "让模型回答分好类的指令（例如十类各二十题），可以再由另一个本地模型按 0 到 10 打分，每类换算成 100 分。\n\n"
        "文件是 JSON（类别 → 指令列表），或有“类别”“题目”两列的 CSV。分数只能用来比较同一个评分模型打分的模型，"
        "不能与 GPT-4 打的分相比。",
        "Let a model answer prompts by category (ten of twenty, for instance), and another local one rate them from 0 "
        "to 10; each category makes 100 points.\n\n"
        "The file is JSON (category → list of prompts), or CSV with the columns category and prompt. Points compare "
        "models that the same judge rated; they are not comparable with GPT-4's.",
    ),
    "example.eval prompts": (
        "wendang eval prompts 指令.json --out 回答.json\nwendang eval prompts 指令.json --judge qwen2.5-7b-instruct",
        "wendang eval prompts prompts.json --out outputs.json\n"
        "wendang eval prompts prompts.json --judge qwen2.5-7b-instruct",
    ),
    "option.prompts_limit": ("每类只用前 N 题", "the first N prompts of each category only"),
    "option.judge": ("打分的模型", "the model that rates the outputs"),
    "option.prompts_out": (
        "把回答写入 JSON 文件，附上可以拿去别处打分的提示",
        "write the outputs to a JSON file, with the prompts to have them rated elsewhere",
    ),
    "prompts.columns": ("类别|题数|得分", "category|prompts|points"),
    "prompts.not_gpt4": (
        "由 {judge} 打分，{unrated} 题没有读出分数；不能与 GPT-4 打的分相比",
        "rated by {judge}, {unrated} without a rating; not comparable with GPT-4's points",
    ),
    "error.bad_prompt_set.unreadable": ("读不到 {file}（{detail}）；请检查路径和权限", ""),
    "error.bad_prompt_set.form": (
        "{file} 的格式不对（{detail}）；请使用 JSON（类别 → 指令列表），或有“类别”“题目”两列的 CSV",
        "",
    ),
    "error.bad_prompt_set.empty": ("{file} 里没有指令；请检查文件", ""),
}
