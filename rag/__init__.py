"""From a question to an answer that cites the passages it rests on.

>>> from rag import open_library
>>> with open_library("data") as library:
...     print(library.ask("年假有几天？").text)
"""

from rag.engine import Engine, open_library
from rag.types import Answer, Citation, Delta, Done, Found

__all__ = ["Answer", "Citation", "Delta", "Done", "Engine", "Found", "open_library"]
