"""The templates that docs/training.md gives to other programs are those that the families here ask with."""

import ctypes
import json
import re
from pathlib import Path

import llama_cpp
import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from rag.families import alpaca, alpaca2

PAGE = (Path(__file__).parents[3] / "docs" / "training.md").read_text("utf-8")
TALK = [
    HumanMessage("第一问"),
    AIMessage("第一答"),
    HumanMessage("第二问"),
    AIMessage("第二答"),
    HumanMessage("第三问"),
]
#: What Ollama does with its template (docs.ollama.com, "Template"), as far as the page uses it.
TEMPLATE = re.compile(
    r'TEMPLATE """(.*?)\{\{ range \.Messages \}\}\{\{ if eq \.Role "user" \}\}(.*?)'
    r'\{\{ else if eq \.Role "assistant" \}\}(.*?)\{\{ end \}\}\{\{ end \}\}(.*?)"""',
    re.DOTALL,
)


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def rendered(modelfile, messages):
    """Return the prompt that a Modelfile makes of a conversation."""
    head, user, assistant, tail = TEMPLATE.search(modelfile).groups()
    system = re.search(r'SYSTEM """(.*?)"""', modelfile)
    turns = [(assistant if isinstance(m, AIMessage) else user).replace("{{ .Content }}", m.text) for m in messages]
    return "".join([head.replace("{{ .System }}", system[1] if system else ""), *turns, tail])


def prompt_of(family, messages):
    return "".join(segment.text for segment in family.render(messages))


@pytest.mark.parametrize(("number", "family"), [(0, alpaca), (1, alpaca2)])
@pytest.mark.parametrize("turns", [1, 5])
def test_a_modelfile_asks_as_the_family_does(number, family, turns):
    modelfile = blocks("modelfile")[number]
    assert rendered(modelfile, TALK[:turns]) == prompt_of(family, TALK[:turns])
    assert tuple(re.findall(r'PARAMETER stop "(.*)"', modelfile)) == family.STOP


def test_the_request_to_llama_cpp_is_the_family_s_prompt():
    request = json.loads(blocks("json")[-1])
    assert request["prompt"] == prompt_of(alpaca, [HumanMessage("为什么要减少污染？")])
    assert (tuple(request["stop"]), request["n_predict"]) == (alpaca.STOP, alpaca.SAMPLING.max_tokens)


def test_llama_cpp_s_own_template_for_the_second_generation_is_the_family_s():
    (name,) = re.findall(r"--chat-template (\S+?)`", PAGE)
    system = re.search(r'SYSTEM """(.*?)"""', PAGE)[1]
    chat = (llama_cpp.llama_chat_message * 2)(
        llama_cpp.llama_chat_message(b"system", system.encode()), llama_cpp.llama_chat_message(b"user", "问".encode())
    )
    made = ctypes.create_string_buffer(1000)
    count = llama_cpp.llama_chat_apply_template(name.encode(), chat, 2, True, made, len(made))
    assert made.raw[:count].decode() == prompt_of(alpaca2, [SystemMessage(system), HumanMessage("问")])
