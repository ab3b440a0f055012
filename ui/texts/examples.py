"""The examples at the end of each help page; a page of `wendang model use` has the key `example.model use`."""

TEXTS: dict[str, tuple[str, str]] = {
    "example.": (
        'wendang sync ~/合同\nwendang ask "预付款比例是多少？"\nwendang help ask        查看一个命令的用法',
        'wendang sync ~/contracts\nwendang ask "预付款比例是多少？"\nwendang help ask        how a command is used',
    ),
    "example.sync": (
        "wendang sync                  同步 docs 文件夹和以前同步过的文件夹\n"
        "wendang sync ~/合同 ~/制度    再加两个文件夹\n"
        "wendang sync --watch          文件一有变化就同步，直到按 Ctrl-C\n"
        "wendang sync --json | tail -1 只看最后的统计",
        "wendang sync                  the docs folder, and the folders synced before\n"
        "wendang sync ~/合同 ~/制度    two more folders\n"
        "wendang sync --watch          sync whenever a file changes, until Ctrl-C\n"
        "wendang sync --json | tail -1 only the counts at the end",
    ),
    "example.ask": (
        'wendang ask "年假有几天？"\n'
        "wendang ask \"违约金怎么算？\" --source '合同/*' --source '*.pdf'\n"
        'wendang ask "押金什么时候退？" --json | jq .citations\n'
        "wendang ask - < 问题.txt          从标准输入读问题",
        'wendang ask "年假有几天？"\n'
        "wendang ask \"违约金怎么算？\" --source '合同/*' --source '*.pdf'\n"
        'wendang ask "押金什么时候退？" --json | jq .citations\n'
        "wendang ask - < question.txt      the question from standard input",
    ),
    "example.chat": (
        "wendang chat\n"
        "wendang chat --continue           接着上一次的对话\n"
        "wendang chat --json < 问题.txt    每行一个问题，每行一个 JSON 回答",
        "wendang chat\n"
        "wendang chat --continue           go on with the last conversation\n"
        "wendang chat --json < lines.txt   a question a line, a JSON answer a line",
    ),
    "example.search": (
        "wendang search 年假 --top-k 10\n"
        "wendang search 保证金 --source '合同/*' --leg keyword\n"
        "wendang search 年假 --json | jq -r '.[].source'",
        "wendang search 年假 --top-k 10\n"
        "wendang search 保证金 --source '合同/*' --leg keyword\n"
        "wendang search 年假 --json | jq -r '.[].source'",
    ),
    "example.status": (
        "wendang status\n"
        "wendang status 合同/采购合同.pdf  逐页显示\n"
        "wendang status | grep 失败        输出到管道时每行一个文件，用制表符分隔",
        "wendang status\n"
        "wendang status 合同/采购合同.pdf  page by page\n"
        "wendang status | grep failed      into a pipe: a document a line, with tabs between the columns",
    ),
    "example.text": (
        "wendang text 合同/采购合同.pdf --page 3\nwendang text 制度/员工手册.docx | less",
        "wendang text 合同/采购合同.pdf --page 3\nwendang text 制度/员工手册.docx | less",
    ),
    "example.remove": (
        "wendang remove 合同/旧合同.pdf\n"
        "wendang remove '草稿/*'           所有匹配的文件\n"
        "wendang remove ~/归档             整个同步过的文件夹",
        "wendang remove 合同/旧合同.pdf\n"
        "wendang remove '草稿/*'           every document that matches\n"
        "wendang remove ~/归档             a whole folder that was synced",
    ),
    "example.repair": ("wendang repair", "wendang repair"),
    "example.doctor": (
        "wendang doctor\nwendang doctor --json | jq '.[] | select(.ok | not)'",
        "wendang doctor\nwendang doctor --json | jq '.[] | select(.ok | not)'",
    ),
    "example.summarize": (
        "wendang summarize 制度/员工手册.docx\nwendang summarize 合同/采购合同.pdf --model 对话模型.gguf --mode refine",
        "wendang summarize 制度/员工手册.docx\nwendang summarize 合同/采购合同.pdf --model chat.gguf --mode refine",
    ),
    "example.page": ("wendang page\nwendang page --port 8600", "wendang page\nwendang page --port 8600"),
    "example.api": (
        "wendang api\nwendang api --host 0.0.0.0 --api-key 一个密钥   供局域网使用",
        "wendang api\nwendang api --host 0.0.0.0 --api-key SECRET     for the local network",
    ),
    "example.mcp": (
        "wendang --home ~/资料 mcp         由 MCP 客户端启动，配置方法见 docs/mcp.md",
        "wendang --home ~/资料 mcp         started by an MCP client; docs/mcp.md shows its configuration",
    ),
    "example.completion": (
        'eval "$(wendang completion bash)"                               写进 ~/.bashrc\n'
        'eval "$(wendang completion zsh)"                                写进 ~/.zshrc\n'
        "wendang completion fish > ~/.config/fish/completions/wendang.fish",
        'eval "$(wendang completion bash)"                               put it into ~/.bashrc\n'
        'eval "$(wendang completion zsh)"                                put it into ~/.zshrc\n'
        "wendang completion fish > ~/.config/fish/completions/wendang.fish",
    ),
    "example.help": ("wendang help ask\nwendang help model use", "wendang help ask\nwendang help model use"),
    "example.model": (
        "wendang model list\nwendang model use default",
        "wendang model list\nwendang model use default",
    ),
    "example.model use": (
        "wendang model use ~/下载/chat-q4_k_m.gguf\nwendang model use default         恢复默认模型",
        "wendang model use ~/Downloads/chat-q4_k_m.gguf\nwendang model use default         the default model again",
    ),
    "example.model list": ("wendang model list --json", "wendang model list --json"),
    "example.eval": (
        "wendang eval retrieval 问题.json\nwendang eval speed",
        "wendang eval retrieval questions.json\nwendang eval speed",
    ),
    "example.eval retrieval": (
        "wendang eval retrieval 问题.json --limit 300 --leg dense",
        "wendang eval retrieval questions.json --limit 300 --leg dense",
    ),
    "example.eval answers": (
        "wendang eval answers 问题.json --limit 50 --out 不足.jsonl",
        "wendang eval answers questions.json --limit 50 --out short.jsonl",
    ),
    "example.eval speed": ("wendang eval speed --json", "wendang eval speed --json"),
}
