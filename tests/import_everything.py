"""Import every module of every package but those made of an extra: with no extra installed, none of them may fail."""

import pkgutil
import sys
from importlib import import_module

# Made of an extra: what imports them says which one is missing.
OF_EXTRAS = ("ui.page", "ui.views", "ui.api", "ui.mcp_server", "rag.llms._server_chat")


def main() -> None:
    sys.path.insert(0, ".")
    count = 0
    for package in ("ingest", "rag", "ui", "models", "evals"):
        found = import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            if not module.name.startswith(OF_EXTRAS):
                import_module(module.name)
                count += 1
    heavy = {"torch", "streamlit", "transformers"} & set(sys.modules)
    if heavy:
        sys.exit(f"imported without need: {', '.join(sorted(heavy))}")
    sys.stdout.write(f"{count} modules imported\n")


if __name__ == "__main__":
    main()
