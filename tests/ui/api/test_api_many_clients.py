"""Fifty at a time: nobody gets another one's answer."""

import re
from concurrent.futures import ThreadPoolExecutor

QUESTIONS = {
    "工作满一年的员工每年有几天年假？": "五天",
    "进入冷库一次最多停留多久？": "三十分钟",
    "出差住宿费每晚不超过多少？": "四百二十元",
}


def test_fifty_at_a_time_get_each_their_own_text(quick):
    def text(content):
        status, reply = quick.chat(content, model="endless", temperature=0, max_tokens=12)
        assert status == 200
        return reply["choices"][0]["message"]["content"], reply["usage"]["prompt_tokens"]

    contents = [f"第{n}个问题" + "字" * n for n in range(50)]
    alone = [text(content) for content in contents]
    with ThreadPoolExecutor(50) as clients:
        together = clients.map(text, contents)
        assert quick.ask("GET", "/healthz", timeout=1)[0] == 200
    assert list(together) == alone and len({tokens for _, tokens in alone}) == 50


def test_questions_to_the_library_are_not_mixed_up(reader):
    def answered(question, streamed):
        status, reply = reader.chat(question, stream=streamed)
        assert status == 200
        return re.search(r'"answer":"([^"]*)"', reply.decode())[1] if streamed else reply["answer"]

    with ThreadPoolExecutor(len(QUESTIONS)) as clients:
        answers = list(clients.map(answered, QUESTIONS, (False, True, False)))
    for expected, answer in zip(QUESTIONS.values(), answers, strict=True):
        assert expected in answer
