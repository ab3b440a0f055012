"""Keep the program off the network: the parts that it is built on call home unless told otherwise."""

import os


def stay_offline(*, downloads: bool) -> None:
    """Turn off what the parts would send by themselves; a stray tracing variable would upload prompts.

    `downloads` is whether the user asked for a model from a hub.
    """
    for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING", "LANGSMITH_TRACING_V2"):
        os.environ[name] = "false"
    if not downloads:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    os.environ["DO_NOT_TRACK"] = "1"
