"""What proposing tokens from the prompt gives (prompt lookup), for an answer that copies a sentence of the prompt.

    python tests/rag/llms/measure_lookup.py MODEL.gguf [--threads 2 --prompt 512 --answer 64]

The weights may be random: which tokens are "chosen" is laid down here, what they cost is computed by llama.cpp. The
first sixth of the answer is new, as in an answer that leads up to a quotation. Prints a JSON line: tokens a second one
by one and with proposals, and their ratio.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

from rag.llms._llama_model import Model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    for name, value in (("threads", 2), ("prompt", 512), ("answer", 64)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    model = Model(path=str(given.model), n_ctx=2048, gpu_layers=0, threads=given.threads)
    drawn = random.Random(7)
    prompt = [drawn.randrange(1000, 30000) for _ in range(given.prompt)]
    new, start = given.answer // 6, given.prompt // 3
    answer = [drawn.randrange(1000, 30000) for _ in range(new)] + prompt[start : start + given.answer - new]
    rates = {}
    for name, drafted in (("one_by_one", False), ("with_proposals", True)):
        model.forget()
        for _ in model.read(prompt, is_wanted=lambda: True):
            pass
        chosen = iter(answer[1:])
        started = time.perf_counter()
        # Each row that is looked at is the next one of the answer, whatever its logits are.
        written = list(
            model.write(answer[0], limit=len(answer), choose=lambda _: next(chosen), drafted=drafted)  # noqa: B023
        )
        assert written == answer
        rates[name] = len(answer) / (time.perf_counter() - started)
    ratio = rates["with_proposals"] / rates["one_by_one"]
    sys.stdout.write(
        json.dumps({**{name: round(rate, 2) for name, rate in rates.items()}, "ratio": round(ratio, 2)}) + "\n"
    )


if __name__ == "__main__":
    main()
