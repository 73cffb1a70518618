"""Imports: events that others recorded, landed like any other."""

from ingestion.imports.access_log import ImportReport, import_access_log
from ingestion.imports.errors import FileMissing, FileUnreadable, ImportFailed, NotAnAccessLog, RecordUnwritable
from ingestion.imports.progress import progress_bar

__all__ = [
    "FileMissing",
    "FileUnreadable",
    "ImportFailed",
    "ImportReport",
    "NotAnAccessLog",
    "RecordUnwritable",
    "import_access_log",
    "progress_bar",
]
