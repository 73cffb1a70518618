"""What a person at the command line sees when something goes wrong: one line, and a code.

CommandFailed             exit 1: it was asked correctly and did not work out
└── NotReady              exit 3: something it needs is not running
"""


class CommandFailed(Exception):
    """One line that says what is wrong and what to do."""

    exit_code = 1


class NotReady(CommandFailed):
    """Something that has to run does not."""

    exit_code = 3
