"""What commands print: syncs, states, answers, conversations, summaries."""

TEXTS: dict[str, tuple[str, str]] = {
    "eval.columns": ("指标|结果", "measure|result"),
    "sync.added": (
        "新增  {source}（{pages} 页，{passages} 段，{characters} 字）",
        "added    {source} ({pages} pages, {passages} passages, {characters} characters)",
    ),
    "sync.updated": (
        "更新  {source}（{pages} 页，{passages} 段，{characters} 字）",
        "updated  {source} ({pages} pages, {passages} passages, {characters} characters)",
    ),
    "sync.moved": ("移动  {from} → {source}", "moved    {from} → {source}"),
    "sync.removed": ("移除  {source}", "removed  {source}"),
    "sync.unchanged": ("未变  {source}", "unchanged {source}"),
    "sync.failed": ("失败  {source}：{reason}；{remedy}", "failed   {source}: {reason}; {remedy}"),
    "sync.summary": (
        "完成：新增 {added}，更新 {updated}，移动 {moved}，移除 {removed}，未变 {unchanged}，失败 {failed}；"
        "嵌入 {embedded} 段，沿用 {reused} 段，{seconds} 秒",
        "done: {added} added, {updated} updated, {moved} moved, {removed} removed, {unchanged} unchanged, "
        "{failed} failed; {embedded} texts embedded, {reused} reused, {seconds} s",
    ),
    "sync.held": (
        "资料库的 {known} 个文件中有 {removed} 个一起不见了，暂不移除：移动硬盘或网盘可能没有接上。"
        "确认要移除，请运行 wendang sync --remove-many",
        "{removed} of the library's {known} files are gone at once; they stay for now, since a drive may be missing. "
        "To let them go, run `wendang sync --remove-many`",
    ),
    "sync.polling": (
        "系统不报告这些文件夹的变化（{cause}），改为定时查看",
        "the system does not report changes of these folders ({cause}); looking for them from time to time",
    ),
    "watching": ("持续同步中，按 Ctrl-C 结束", "syncing whenever the folders change; Ctrl-C ends it"),
    "between": ("；", "; "),
    "progress.page": ("读取页", "pages"),
    "progress.read": ("读取文件", "reading"),
    "progress.embed": ("计算向量", "embedding"),
    "progress.ask": ("提问", "asking"),
    "status.library": (
        "{files} 个文件，{passages} 段，{pages} 页，{read} 字",
        "{files} files, {passages} passages, {pages} pages, {read} characters",
    ),
    "status.indexed": ("已收录", "indexed"),
    "status.partial": ("部分收录", "partial"),
    "status.failed": ("失败", "failed"),
    "status.pending": ("待处理", "pending"),
    "status.columns": ("文件|状态|页|收录/读出字数|编码|说明", "file|status|pages|indexed/read|encoding|remarks"),
    "status.page_columns": ("页|收录/读出字数|标题|说明", "page|indexed/read|heading|remarks"),
    "search.nothing": ("没有找到相关段落", "no passage found"),
    "reason_and_remedy": ("{reason}；{remedy}", "{reason}; {remedy}"),
    "checked": ("核对出处后：{answer}", "with its sources checked: {answer}"),
    "removed": ("已移除 {count} 个文件（文件本身没有改动）", "{count} documents forgotten; their files are untouched"),
    "repaired": ("索引已重建：{count} 段", "indexes rebuilt: {count} passages"),
    "unverified": ("（未能核实）", " (not verified)"),
    "place.page": (" 第{page}页", " p. {page}"),
    "on_page": ("第{page}页：", "page {page}: "),
    "chat.hello": (
        "请输入问题，追问可以省略前面说过的内容。/new 重新开始，/in 文件 只在匹配的文件中查找，"
        "/sources 显示读过的段落，/list 列出以前的对话（可加要找的字），/open N 打开，/delete N 删除，"
        "/export 文件名 导出，/quit 退出；Tab 补全，Ctrl-C 停止回答",
        "Ask a question; a follow-up may leave out what was said. /new starts over, /in GLOB looks in documents that "
        "match, /sources shows the passages, /list [WORDS] lists conversations, /open N, /delete N, /export FILE, "
        "/quit leaves; Tab completes, Ctrl-C stops an answer",
    ),
    "chat.in": ("只在匹配 {source} 的文件中查找", "looking only in documents that match {source}"),
    "chat.in_all": ("在全部文件中查找", "looking in all documents"),
    "chat.understood": ("按“{question}”查找", "looking for: {question}"),
    "chat.stopped": ("已停止", "stopped"),
    "chat.none": ("没有对话", "no conversation"),
    "chat.listed": ("{number}  {name}（{turns} 问，{changed}）", "{number}  {name} ({turns} questions, {changed})"),
    "chat.deleted": ("已删除对话 {number}", "conversation {number} deleted"),
    "chat.exported": ("已导出到 {path}", "exported to {path}"),
    "chat.not_exported": (
        "没有导出到 {path}：{cause}；请换一个文件名",
        "not exported to {path}: {cause}; use another name",
    ),
    "progress.summary": ("阅读", "reading"),
    "progress.summary_text": ("写摘要 {characters} 字", "writing, {characters} characters"),
    "summary.extractive": (
        "以下是摘录的原文关键句：当前模型只会回答问题，不会写摘要；要写成的摘要，请用 --model 换成对话模型",
        "these are key sentences, word for word: the model only answers questions; for a written summary, choose a "
        "chat model with --model",
    ),
    "summary.covered": (
        "读了全文 {characters} 字中的 {read} 字，分 {pieces} 块{pages}",
        "read {read} of {characters} characters, in {pieces} pieces{pages}",
    ),
    "summary.pages": ("，第 {pages} 页", ", pages {pages}"),
    "summary.silent": ("其中 {silent} 块模型没有写出内容", "of {silent} pieces the model wrote nothing"),
    "answer.unsupported": ("资料中没有找到这句话的依据：{text}", "the documents do not bear this out: {text}"),
    "answer.made_up": ("所引资料中没有这个数字：{text}", "the cited passages do not have this figure: {text}"),
    "answer.cut": (
        "回答没有写完：已达到长度上限；可以缩小问题再问",
        "the answer is cut short by the limit of its length; ask for less at once",
    ),
    "answer.nearest": ("最接近的资料：{places}", "the nearest passages: {places}"),
    "comma": ("、", ", "),
    "terminal.prompt": ("问题：", "question: "),
    "terminal.found": ("找到 {count} 段资料，正在阅读", "reading the {count} passages that were found"),
    "terminal.waiting": ("模型正在回答别的问题，前面还有 {ahead} 个", "waiting for {ahead} other questions"),
    "terminal.reading": ("正在阅读 {percent}%", "reading, {percent} %"),
    "answer.dropped": (
        "另外找到的 {count} 段资料因篇幅或时间所限没有读",
        "{count} more passages were found, but not read for lack of room or time",
    ),
}
