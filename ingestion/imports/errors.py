"""What an import can fail with.

ImportFailed
├── FileMissing        there is no such file
├── FileUnreadable     it is a folder, or forbidden, or its compressed data is damaged
├── NotAnAccessLog     its first lines are all of another format; nothing was stored
└── RecordUnwritable   what was imported cannot be noted in the home directory
"""


class ImportFailed(Exception):
    """The import could not be done, or not to its end."""


class FileMissing(ImportFailed):
    """There is no such file."""


class FileUnreadable(ImportFailed):
    """The file cannot be read, or not to its end. What was read before is stored; importing again goes on there."""


class NotAnAccessLog(ImportFailed):
    """The first lines are all of another format. Nothing was stored."""


class RecordUnwritable(ImportFailed):
    """What was imported cannot be noted in the home directory. Make room there, or let it be written; import again."""
