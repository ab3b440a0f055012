"""What can go wrong between a model's files and a model that answers.

WorkshopError              anything the workshop refuses to do: what failed, the value and the remedy
├─ BadModelFiles           a file or folder that is not what it has to be; `values` has `cause`
├─ WrongPart               parts that do not belong together: base, LoRA, tokenizer; `values` has `cause`
├─ NotEnoughRoom           the disk or the memory is too small; `values` has `needed` and `free`, in bytes
├─ DownloadFailed          a hub did not give what was asked for; `values` has `cause`
├─ BadRecipe               a training's settings that cannot be; `values` has `cause`
├─ BadTrainingData         records that cannot be trained on, named with their lines; `values` has `cause`
├─ TrainingFailed          a training that cannot go on; `values` has `cause`
└─ MissingPackage          the extra `workshop` is not installed
"""


class WorkshopError(Exception):
    """An error for the user: `code` names it for translation, `values` fill the text in (`cause` tells variants apart).

    `str(error)` is one English line with what failed, the value and the remedy.
    """

    code = "workshop"

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.values = values


class BadModelFiles(WorkshopError):
    """A file or folder that is missing, damaged, or not what it has to be; `values` has `path` and `cause`."""

    code = "bad_model_files"


class WrongPart(WorkshopError):
    """Parts that do not belong together; `values` has `cause` and what was found and expected."""

    code = "wrong_part"


class NotEnoughRoom(WorkshopError):
    """The disk or the memory is too small; `values` has `where`, `needed` and `free` (bytes)."""

    code = "not_enough_room"


class DownloadFailed(WorkshopError):
    """A hub did not give what was asked for; `values` has `name` and `cause`."""

    code = "download_failed"


class BadRecipe(WorkshopError):
    """A training's settings that cannot be; `values` has `cause`, and `path` or `setting`."""

    code = "bad_recipe"


class BadTrainingData(WorkshopError):
    """Data that cannot be trained on; `values` has `cause`, and for bad records `count` and `records` (with lines)."""

    code = "bad_training_data"


class TrainingFailed(WorkshopError):
    """A training that cannot go on; `values` has `cause` and `step`."""

    code = "training_failed"


class MissingPackage(WorkshopError):
    """A package of the extra `workshop` is not installed; `values` has `package`."""

    code = "missing_package"
