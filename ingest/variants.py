"""A folder of variants, one module each: the folder is the registry, and a module is asked for by its file's name."""

import pkgutil
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ingest.errors import BadSetting

if TYPE_CHECKING:
    # Only for checking: `wendang --help` must not wait for it.
    from pydantic import BaseModel


def names(package: str) -> list[str]:
    """Return the names of a package's modules, without those that begin with an underscore."""
    modules = pkgutil.iter_modules(import_module(package).__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def find(package: str, name: str, *, setting: str) -> ModuleType:
    """Return the module `name` of a package; BadSetting, under the name of the setting, lists what there is."""
    known = names(package)
    if name not in known:
        expected = ", ".join(known)
        raise BadSetting(
            f"setting {setting} = {name!r}: there is none; use one of {expected}",
            name=setting,
            value=name,
            expected=expected,
        )
    return import_module(f"{package}.{name}")


def options(module: ModuleType, given: dict[str, Any], *, setting: str) -> "BaseModel":
    """Return the module's `Options` made of what is given; BadSetting names the first that cannot be used."""
    from pydantic import ValidationError

    try:
        made: BaseModel = module.Options(**given)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join([setting, *map(str, first["loc"])])
        raise BadSetting(
            f"setting {name} = {first['input']!r}: {first['msg']}; correct it",
            name=name,
            value=first["input"],
            expected=first["msg"],
        ) from exc
    return made
