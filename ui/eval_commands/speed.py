"""`wendang eval speed`: how quick this installation is, beside what it stands on."""

from ui.eval_options import limit_option, print_scores, seed_option
from ui.options import define, home

#: Files that are synced where no limit is given.
_FILES = 400


@define("speed")
@limit_option
@seed_option
def command(limit: int | None, seed: int) -> int:
    """Print the speed of sync and of generation, beside that of what they stand on."""
    from evals.speed import measure_speed

    print_scores(measure_speed(home=home(), files=limit or _FILES, seed=seed))
    return 0
