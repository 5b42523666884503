"""Errors that a user can do something about."""


class UserError(Exception):
    """One clear sentence that says what is wrong and what to do.

    Raised where the knowledge is; caught only by the command lines (message on stderr, exit code 2)
    and by the window (a banner). Everything else is a bug and shows a traceback in the log.
    """


class CheckpointError(UserError):
    """A weights file that is missing, damaged, hostile or made for something else."""


class DatasetError(UserError):
    """Annotations or images that cannot be used; the message names the file (and the line)."""
