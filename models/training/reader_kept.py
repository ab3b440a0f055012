"""What a training of the reader keeps beside its output, to go on from after a kill."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.errors import BadRecipe
from models.training.lora import Lora


@dataclass(slots=True)
class Progress:
    """How far a training has come: steps, seconds, and its log."""

    step: int = 0
    seconds: float = 0.0
    log: list[dict[str, float]] = field(default_factory=list)


class Kept:
    """The adapter, the optimizer and the random state of an unfinished training, in `<out>.state`."""

    def __init__(self, out: Path, adapter: Lora, optimizer: Any, *, made_of: str) -> None:  # noqa: ANN401 - torch's
        self._path = out.with_suffix(".state")
        self._adapter, self._optimizer, self._made_of = adapter, optimizer, made_of

    def read(self) -> Progress:
        """Put everything back as it was kept, and return how far it had come. Raises BadRecipe for another training."""
        import torch

        if not self._path.is_file():
            return Progress()
        found = torch.load(self._path, weights_only=True, map_location="cpu")
        if found["made_of"] != self._made_of:
            raise BadRecipe(
                f"{self._path} is an unfinished training with other settings or data: finish it with its own, choose "
                "another out, or delete it",
                path=str(self._path),
                cause="other_run",
                keys="recipe",
            )
        with torch.no_grad():
            for parameter, value in zip(self._adapter.parameters(), found["adapter"], strict=True):
                parameter.copy_(value)
        self._optimizer.load_state_dict(found["optimizer"])
        torch.set_rng_state(found["random"])
        if found["random_gpu"] is not None and torch.cuda.is_available():
            torch.cuda.set_rng_state(found["random_gpu"])
        return Progress(found["step"], found["seconds"], found["log"])

    def write(self, progress: Progress) -> None:
        """Keep everything; a kill while it is written leaves what was kept before."""
        import torch

        state = {
            "made_of": self._made_of,
            "step": progress.step,
            "seconds": progress.seconds,
            "log": progress.log,
            "adapter": [parameter.detach().cpu() for parameter in self._adapter.parameters()],
            "optimizer": self._optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "random_gpu": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
        }
        unfinished = self._path.with_suffix(".state.partial")
        torch.save(state, unfinished)
        unfinished.replace(self._path)

    def delete(self) -> None:
        """Forget what was kept."""
        self._path.unlink(missing_ok=True)
