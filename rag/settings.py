"""All settings, from `wendang.toml` in the home, the environment (WENDANG_…) and arguments, the last ones winning.

Read here and in the composition root (`rag.engine`) only; everything else takes plain arguments.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ingest.errors import BadSetting
from ingest.limits import Limits
from rag.types import Mode


class Settings(BaseSettings):
    """The settings of one library; `home` is where everything that the program writes lies."""

    model_config = SettingsConfigDict(env_prefix="WENDANG_", extra="forbid", env_nested_delimiter="__")

    home: Path
    models_dir: Path | None = Field(None, description="where models lie; default: `models` in the home")

    embedder: str = Field("e5_onnx", description="a file of ingest/embedders")
    embedder_options: dict[str, Any] = Field(default_factory=dict)
    top_k: int = Field(4, ge=1, le=100, description="passages found for a question")
    dense_weight: float = Field(0.5, ge=0, le=1, description="share of the dense leg in the fused score")

    backend: str | None = Field(
        None, description="a file of rag/llms; default: llama_cpp for a GGUF file, transformers for a folder"
    )
    model: str | None = Field(
        None, description="a model's file or folder, or the server's name of it; default: the reader"
    )
    family: str | None = Field(None, description="the prompt family, where the model does not tell it")
    backend_options: dict[str, Any] = Field(default_factory=dict)
    mode: Mode = Field("stuff", description="all passages in one prompt, or a few at a time, the best ones first")
    wording: Literal["own", "seed", "seed_literal"] = Field(
        "own",
        description="how a model is asked; `seed` is the form of Chinese-LLaMA-Alpaca, `seed_literal` with its slips",
    )
    first_token_s: float = Field(
        20.0, gt=0, description="seconds to the first word; fewer passages are read to keep it"
    )
    followups: Literal["rules", "model"] = Field(
        "rules", description="what makes a follow-up question stand alone; a chat model takes its time for it"
    )
    question_limit: int = Field(4000, ge=1, description="characters in a question")

    jobs: int = Field(1, ge=1, le=64, description="files read at a time")
    limits: Limits = Field(default_factory=Limits, description="what reading one file may take")
    ignore: list[str] = Field(default_factory=list, description="shell patterns of files and folders to pass over")
    watch_check_s: float = Field(300.0, ge=1, description="seconds between full checks while watching")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before the environment before the file of the home."""
        home = Path(init_settings()["home"])
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=home / "wendang.toml")

    @property
    def documents(self) -> Path:
        """The drop folder."""
        return self.home / "docs"

    @property
    def library(self) -> Path:
        """Where the library lies."""
        return self.home / "library"

    @property
    def models(self) -> Path:
        """Where models lie."""
        return self.home / (self.models_dir or Path("models")).expanduser()


def read_settings(home: Path, **overrides: Any) -> Settings:  # noqa: ANN401 - any setting's type
    """Return the settings of a home; BadSetting names the first that cannot be used."""
    given = {name: value for name, value in overrides.items() if value is not None}
    if "model" in given:
        # The file's family is that of the file's model; another model tells its own.
        given.setdefault("family", None)
    try:
        return Settings(home=home.expanduser().absolute(), **given)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(map(str, first["loc"])) or "wendang.toml"
        raise BadSetting(
            f"setting {name} = {first.get('input')!r}: {first['msg']}; correct it in wendang.toml or the environment",
            name=name,
            value=first.get("input"),
            expected=first["msg"],
        ) from exc
    except ValueError as exc:  # the file is not TOML
        raise BadSetting(
            f"{home / 'wendang.toml'} cannot be read: {exc}; correct it",
            name="wendang.toml",
            value="",
            expected=str(exc),
        ) from exc


def changed(settings: Settings, **given: Any) -> Settings:  # noqa: ANN401 - any setting's type
    """Return the settings with others in place of some; None leaves one as it is. Raises BadSetting."""
    others = {name: value for name, value in given.items() if value is not None}
    # A family in the settings is that of their model.
    kept = settings.model_dump(exclude={"home", *(["family"] if "model" in others else [])})
    return read_settings(settings.home, **{**kept, **others})
