"""The HTTP API: what it says when it starts, and why it refuses a request."""

TEXTS: dict[str, tuple[str, str]] = {
    "option.queue": ("最多允许多少个请求排队等候", "requests that may wait for their turn"),
    "api.lang": ("zh-CN", "en"),
    "api.title": ("问档接口", "Wendang API"),
    "api.description": (
        "与 OpenAI 接口兼容。模型 wendang 根据资料库回答并标明出处；用语言模型自己的名称则直接对话。",
        "OpenAI-compatible. The model wendang answers from the library with citations; the language model's own name "
        "answers without it.",
    ),
    "api.address": (
        "接口地址：{address}/v1，说明：{address}/docs（按 Ctrl-C 结束）",
        "the API is at {address}/v1, its description at {address}/docs (Ctrl-C ends it)",
    ),
    "api.read_only": (
        "现在可以提问；添加、同步和移除要等那个进程结束",
        "questions can be asked; adding, syncing and removing must wait for that process to end",
    ),
    "api.bad_json": ("请求内容不是合法的 JSON（{detail}）；请更正", "the body is not JSON ({detail}); correct it"),
    "api.invalid": (
        "{param} 的值 {given} 不能用：{expected}",
        "{param} = {given}: {expected}; correct it",
    ),
    "api.missing": ("缺少 {param}，请补上", "{param} is missing; add it"),
    # What a field takes, by pydantic's names for the kinds of problems.
    "api.expected.string_type": ("应为字符串", "a string is expected"),
    "api.expected.string_unicode": ("不是完整的 Unicode 文字", "a string of whole Unicode characters is expected"),
    "api.expected.string_too_short": ("至少要有 {min_length} 个字", "{min_length} characters at least are expected"),
    "api.expected.string_too_long": ("最多 {max_length} 个字", "{max_length} characters at most are expected"),
    "api.expected.int_type": ("应为整数", "a whole number is expected"),
    "api.expected.float_type": ("应为数字", "a number is expected"),
    "api.expected.finite_number": ("应为有限的数字", "a finite number is expected"),
    "api.expected.bool_type": ("应为 true 或 false", "true or false is expected"),
    "api.expected.greater_than": ("应大于 {gt}", "it must be greater than {gt}"),
    "api.expected.greater_than_equal": ("不能小于 {ge}", "it must be {ge} or more"),
    "api.expected.less_than": ("应小于 {lt}", "it must be less than {lt}"),
    "api.expected.less_than_equal": ("不能大于 {le}", "it must be {le} or less"),
    "api.expected.literal_error": ("只能是其中之一：{expected}", "one of {expected} is expected"),
    "api.expected.list_type": ("应为数组", "an array is expected"),
    "api.expected.too_short": ("至少要有 {min_length} 项", "{min_length} items at least are expected"),
    "api.expected.too_long": ("最多 {max_length} 项", "{max_length} items at most are expected"),
    "api.expected.dict_type": ("应为对象", "an object is expected"),
    "api.expected.model_type": ("应为对象", "an object is expected"),
    "api.expected.model_attributes_type": ("应为对象", "an object is expected"),
    "api.expected.no_content": ("缺少 content", "its content is missing"),
    "api.unsupported": (
        "不支持 {param}；请去掉这个字段，或使用它的默认值",
        "{param} is not supported; leave it out, or at its default",
    ),
    "api.not_text": (
        "{param} 的类型是 {kind}，这里只接受文字（text）",
        "{param} is of the type {kind}; only text is accepted",
    ),
    "api.needs_stream": (
        "只有 stream 为 true 时才能使用 {param}",
        "{param} is only for requests with stream = true",
    ),
    "api.no_question": (
        "最后一条消息必须是用户的提问（role 为 user）",
        "the last message must be the user's (role = user)",
    ),
    "api.model_not_found": (
        "没有模型 {model}；可用的有：{names}",
        "there is no model {model}; there are: {names}",
    ),
    "api.no_continuation": (
        "远程的语言模型不能续写文字；请改用 /v1/chat/completions",
        "a language model of another server cannot continue a text; use /v1/chat/completions",
    ),
    "api.dimensions": (
        "向量的维数是 {dimensions}，不能改为 {value}",
        "the vectors have {dimensions} dimensions, not {value}; leave the field out",
    ),
    "api.busy": (
        "已有 {waiting} 个请求在等候；请按 Retry-After 稍后再试",
        "{waiting} requests are waiting already; come again after Retry-After seconds",
    ),
    "api.ending": ("服务正在停止；请稍后再试", "the server is ending; try again later"),
    "api.failed": ("请求失败（{kind}）；请查看服务的日志", "the request failed ({kind}); see the server's log"),
    "api.no_path": ("没有 {path}；请查看 /docs", "there is no {path}; see /docs"),
    "api.no_method": ("{path} 不接受 {method}；请查看 /docs", "{path} does not take {method}; see /docs"),
    "api.key": (
        "缺少密钥，或密钥不对；请用请求头 Authorization: Bearer 密钥",
        "the key is missing or wrong; send the header Authorization: Bearer KEY",
    ),
    "api.host": (
        "不接受以 {host} 为名的请求；请使用 127.0.0.1 或 localhost",
        "requests under the name {host} are not served; use 127.0.0.1 or localhost",
    ),
    "api.origin": (
        "不接受来自其他网页（{origin}）的请求；请从程序里调用",
        "requests of other web pages ({origin}) are not served; call from a program",
    ),
    "api.content_type": (
        "请求内容的类型是 {given}，应为 {wanted}",
        "the body's type is {given}; send {wanted}",
    ),
    "api.compressed": (
        "不接受压缩的请求内容；请去掉 Content-Encoding",
        "compressed bodies are not read; send it without Content-Encoding",
    ),
    "api.too_large": ("请求内容超过 {most} MiB；请分成几次", "the body has more than {most} MiB; send less at a time"),
    "api.slow": (
        "请求没有在 {seconds} 秒内传完；请重试",
        "the request did not arrive within {seconds} seconds; try again",
    ),
    "api.headers": (
        "请求头超过 {most} KiB 或太多",
        "the headers have more than {most} KiB, or are too many; send less",
    ),
    "api.smuggling": (
        "请求同时有 Content-Length 和 Transfer-Encoding；请只用一个",
        "the request has both Content-Length and Transfer-Encoding; send one",
    ),
    "api.not_http": ("收到的不是合法的 HTTP 请求（{detail}）", "this is not an HTTP request ({detail}); correct it"),
    "api.bad_form": (
        "上传的表单不能读取（{detail}）；请用 multipart/form-data",
        "the form cannot be read ({detail}); send multipart/form-data",
    ),
    "api.no_file": (
        "请求里没有文件；请用名为 {param} 的表单字段上传",
        "there is no file in the request; send it as the form field {param}",
    ),
    "api.too_many_files": ("一次最多上传 {most} 个文件；请分几次", "{most} files at a time at most; send fewer"),
    "api.temporary_name": (
        "文件名 {name} 是临时文件或隐藏文件，同步时会跳过；请改名",
        "a file called {name} is temporary or hidden and would be passed over; rename it",
    ),
    "api.not_stored": ("文件没有保存（{detail}）；请检查磁盘", "the file was not stored ({detail}); see to the disk"),
    "error.bad_setting.host": ("不能在 {value} 上监听（{expected}）；请用 --host 换一个", ""),
    "error.bad_setting.no_key": (
        "其他机器也能访问 {value}；请先用 WENDANG_API_KEY 或 --api-key 设置密钥",
        "",
    ),
    "error.bad_setting.key_form": ("密钥不能放进请求头；请只用字母和数字", ""),
}
