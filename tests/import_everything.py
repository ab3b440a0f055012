"""Import every module of every package: with no extra installed, none of them may fail."""

import pkgutil
import sys
from importlib import import_module

# Faces that are made of their extra: their commands import them, and say which extra is missing.
FACES = ("ui.page", "ui.views", "ui.api", "ui.mcp_server")


def main() -> None:
    sys.path.insert(0, ".")
    count = 0
    for package in ("ingest", "rag", "ui", "models", "evals"):
        found = import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.startswith(FACES):
                import_module(module.name)
                count += 1
    heavy = {"torch", "streamlit", "transformers"} & set(sys.modules)
    if heavy:
        sys.exit(f"imported without need: {', '.join(sorted(heavy))}")
    sys.stdout.write(f"{count} modules imported\n")


if __name__ == "__main__":
    main()
