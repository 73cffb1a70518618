"""The progress bar of an import."""

from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.imports.access_log import Progress


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Draws on standard error where that is a terminal; elsewhere it is silent."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)

        def show(position: int, size: int | None) -> None:
            bar.update(task, completed=position, total=size)

        yield show
