import pytest
import tiny_gguf
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from samples import BigramEmbedder, story

from ingest.errors import BadSetting, NotInLibrary
from ingest.library.store import Library
from ingest.sync import Sync
from rag import llms
from rag.document import sections, sentences, whole_document
from rag.errors import ContextTooSmall, ModelFailed
from rag.families import load, names
from rag.key_sentences import key_sentences
from rag.pieces import pieces
from rag.summarize import Reading, Summarized, summarize, writes
from rag.types import Delta

MANUAL = """# 冷库手册

## 进入

进入冷库必须穿防寒服，一次不超过三十分钟。冷库门不得长时间敞开，出入要随手关门。

## 停电

市电中断时，发电机在十秒之内自动启动。发电机没有启动的，设备科应当在三十分钟之内手动投入。

| 组别 | 人数 |
| --- | --- |
| 抢险组 | 16 |

## 维修

制冷机组每六个月保养一次，由设备科负责登记。
"""


LONG = "".join(f"## 第{n}章\n\n{story(6, seed=n)}\n\n" for n in range(1, 9))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("资料")
    (folder / "手册.md").write_text(MANUAL, "utf-8")
    (folder / "日志.md").write_text(LONG, "utf-8")
    opened = Library(tmp_path_factory.mktemp("library"))
    list(Sync(opened, embedder=BigramEmbedder()).run([folder]))
    yield opened
    opened.close()


@pytest.fixture
def document(library):
    return whole_document(library, "手册.md")


@pytest.fixture
def long_document(library):
    return whole_document(library, "日志.md")


CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


class Summarizer(GenericFakeChatModel):
    """A chat model with a small context that says the first characters of the last line that it was given."""

    n_ctx: int = 400
    prompts: list[str]
    says: str | None = None

    def prompt_tokens(self, messages):
        return sum(len(message.text) for message in messages)

    def _stream(self, messages, stop=None, run_manager=None, **options):
        assert self.prompt_tokens(messages) + options["max_tokens"] <= self.n_ctx
        self.prompts.append(messages[-1].text)
        said = messages[-1].text.splitlines()[-1][:20] if self.says is None else self.says
        for char in said:
            yield ChatGenerationChunk(message=AIMessageChunk(char))


def summarizer(**options):
    return Summarizer(messages=iter([AIMessage("")]), prompts=[], **options)


def run(document, model, embedder=None, **options):
    embed = (embedder or BigramEmbedder()).embed_passages
    *events, last = summarize(document, model=model, embed=embed, **options)
    assert isinstance(last, Summarized)
    return events, last.summary


def test_every_chat_family_writes_and_the_reader_does_not():
    assert {name for name in names() if not writes(load(name))} == {"reader"}


@pytest.mark.parametrize("mode", ["map_reduce", "refine"])
def test_a_model_reads_every_piece_and_never_more_than_fits(long_document, mode):
    model = summarizer(n_ctx=400)
    events, summary = run(long_document, model, mode=mode)
    readings = [event for event in events if isinstance(event, Reading)]
    assert summary.mode == mode
    assert summary.pieces == readings[-1].total > 2
    read = "".join("".join(prompt.split()) for prompt in model.prompts)
    for passage in long_document.passages:
        for start, end in sentences(passage.text):
            assert "".join(passage.text[start:end].split()) in read
    assert summary.characters > 0.9 * summary.document_characters
    shown = "".join(event.text for event in events if isinstance(event, Delta))
    assert shown.strip()


def test_a_short_document_is_one_piece(document):
    model = summarizer(n_ctx=4096)
    _, summary = run(document, model)
    assert summary.pieces == len(model.prompts) == 1


def test_summaries_that_do_not_fit_together_are_summarised_again(long_document):
    model = summarizer(n_ctx=400, says="摘要" * 30)
    events, summary = run(long_document, model)
    merges = [prompt for prompt in model.prompts if prompt.startswith("以下是一份文档各部分")]
    assert len(merges) > 1
    assert summary.text.startswith("摘要")
    assert sum(isinstance(event, Delta) for event in events) == len("摘要" * 30)


def test_what_a_summary_says_is_found_in_the_document_and_numbered_from_one(document, library):
    model = summarizer(
        n_ctx=4096, says="制冷机组每六个月保养一次，由设备科负责登记[7]。地下车库没有照明。进入冷库必须穿防寒服。"
    )
    _, summary = run(document, model)
    assert summary.text == "制冷机组每六个月保养一次，由设备科负责登记[1]。地下车库没有照明。进入冷库必须穿防寒服[1]。"
    assert [citation.n for citation in summary.citations] == [1, 1]
    assert all(citation.verified for citation in summary.citations)
    assert summary.citations[0].quote == "制冷机组每六个月保养一次，由设备科负责登记。"


def test_a_silent_model_is_an_error_and_silent_pieces_are_counted(document):
    with pytest.raises(ModelFailed, match="no summary"):
        run(document, summarizer(says=" "))


@pytest.mark.parametrize("mode", ["map_reduce", "refine"])
def test_closing_stops_the_model(long_document, mode):
    model = summarizer(n_ctx=400)
    events = summarize(long_document, model=model, embed=BigramEmbedder().embed_passages, mode=mode)
    assert isinstance(next(events), Reading)
    assert isinstance(next(events), Reading)
    events.close()
    assert len(model.prompts) == 1


def test_a_context_without_room_is_named(document):
    with pytest.raises(ContextTooSmall, match="n_ctx"):
        run(document, summarizer(n_ctx=60))


def test_the_real_llama_cpp_reads_a_document_in_pieces(long_document, tmp_path, monkeypatch):
    # Each of its tokens is a byte, so a prompt takes thrice the room.
    monkeypatch.setattr(tiny_gguf, "CONTEXT", 2048)
    path = tiny_gguf.write_tiny_model(tmp_path / "tiny-chat.gguf", template=CHATML)
    model = llms.load("llama_cpp", model=str(path), threads=1, n_ctx=2048)
    try:
        _, summary = run(long_document, model)
    finally:
        model.close()
    assert summary.pieces > 1
    assert summary.family == "chatml"


def test_an_unknown_mode_names_the_known_ones(document):
    with pytest.raises(BadSetting, match="map_reduce or refine"):
        run(document, summarizer(), mode="magic")


def test_a_document_that_is_not_there_is_named(library):
    with pytest.raises(NotInLibrary, match="没有"):
        whole_document(library, "没有.txt")


# ── key sentences ──


def test_the_reader_gives_key_sentences_word_for_word(document, library):
    _, summary = run(document, summarizer(), family="reader", mode="refine")
    assert summary.mode == "extractive"
    assert len(summary.citations) == 3
    for citation in summary.citations:
        assert citation.quote in MANUAL
        assert f"{citation.quote}[{citation.n}]" in summary.text
        assert citation.verified


def test_every_section_is_heard_before_one_is_heard_twice(document):
    found = key_sentences(document, embed=BigramEmbedder().embed_passages, wanted=3)
    starts = [MANUAL.index(citation.quote) for citation in found]
    assert starts == sorted(starts)
    sections_heard = {MANUAL.rfind("## ", 0, start) for start in starts}
    assert len(sections_heard) == 3


def test_headings_and_tables_are_no_key_sentences(document):
    found = key_sentences(document, embed=BigramEmbedder().embed_passages, wanted=12)
    assert not any("|" in citation.quote or "#" in citation.quote for citation in found)
    assert len({citation.start for citation in found}) == len(found)


def test_the_same_document_gives_the_same_sentences(document):
    embed = BigramEmbedder().embed_passages
    assert key_sentences(document, embed=embed) == key_sentences(document, embed=embed)


# ── pieces ──


def test_pieces_hold_everything_and_end_with_sentences(document):
    made = pieces(document, fits=lambda text: len(text) <= 60)
    assert all(len(piece.text) <= 60 for piece in made)
    whole = "".join("".join(piece.text for piece in made).split())
    assert whole == "".join("".join(passage.text for passage in document.passages).split())
    assert all(piece.text.endswith(("。", "手册", "进入", "停电", "维修", "|")) for piece in made)


def test_a_sentence_longer_than_the_room_is_cut(document):
    made = pieces(document, fits=lambda text: len(text) <= 7)
    whole = "".join("".join(piece.text for piece in made).split())
    assert whole == "".join("".join(passage.text for passage in document.passages).split())


def test_sections_are_the_outermost_headings_that_differ(long_document):
    assert set(sections(long_document.passages)) == {f"第{n}章" for n in range(1, 9)}


def test_a_line_that_was_broken_in_the_middle_of_a_sentence_goes_on():
    text = "箱体采用真空绝热板和相变蓄冷板的组合\n不需要外接电源。\n第三章\n结束"
    found = [text[start:end] for start, end in sentences(text)]
    assert found == [text[:27], "第三章", "结束"]
