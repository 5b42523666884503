"""Errors that a user can do something about."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

NOT_ENOUGH_MEMORY = "There is not enough memory"
MEMORY_ADVICE = "close other programs, or use smaller pictures or fewer people at once"
_WORDS_OF_MEMORY = (
    "bad_alloc",  # C++: OpenVINO, MediaPipe, PyTorch
    "out of memory",  # SQLite, CUDA
    "cannot alloc",  # the system, FFmpeg
    "can't alloc",  # PyTorch, oneDNN
    "could not alloc",
    "unable to alloc",  # NumPy
    "failed to alloc",
    "insufficient memory",  # OpenCV
    "failed to map segment",  # a library that is loaded
    "can't start new thread",  # no room for its stack
    "resource temporarily unavailable",  # the same in C++
)
_OTHER_MATTERS = ("not permitted", "static tls")
"""A folder where nothing may be executed, libraries loaded in the wrong order."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, here or in what the error was raised from; each library has words of its own for it."""
    if error.__cause__ is not None and is_out_of_memory(error.__cause__):
        return True
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # PyTorch is not loaded for this
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, UserError):  # in words of this program
        return False
    text = str(error).lower()
    return any(words in text for words in _WORDS_OF_MEMORY) and not any(words in text for words in _OTHER_MATTERS)


@contextmanager
def as_memory_errors() -> Iterator[None]:
    """Makes MemoryErrors of what libraries raise when memory runs out."""
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise


def sentence_for(error: BaseException, otherwise: str) -> str:
    """The sentence on an error for people: where memory ran out that, else another one."""
    return f"{NOT_ENOUGH_MEMORY}; {MEMORY_ADVICE}." if is_out_of_memory(error) else otherwise


class UserError(Exception):
    """One clear sentence that says what is wrong and what to do.

    Raised where the knowledge is; caught only by the command lines (message on stderr, exit code 2)
    and by the window (a banner). Everything else is a bug and shows a traceback in the log.

    option: what the command line says besides, after the sentence: its option that helps. The window has ways of its
    own.

    One that was raised `from` an error that says that memory ran out says so too, whatever else it was meant to say:
    without memory a sound file looks like a damaged one.
    """

    def __init__(self, *words: object, option: str = "") -> None:
        super().__init__(*words)
        self.option = option

    def __str__(self) -> str:
        said = super().__str__()
        return said if self.__cause__ is None else sentence_for(self.__cause__, said)

    def __reduce__(self) -> tuple[type["UserError"], tuple[str], dict[str, str]]:
        """Says the same in another process, where what it was raised from is not known."""
        return type(self), (str(self),), {"option": self.option}

    @property
    def on_command_line(self) -> str:
        """The sentence with the option that helps."""
        return f"{str(self).removesuffix('.')}; {self.option}." if self.option else str(self)


class TooLargeError(UserError):
    """What was asked for does not fit the memory; the message says what would."""

    def __str__(self) -> str:
        return Exception.__str__(self)


class CheckpointError(UserError):
    """A weights file that is missing, damaged, hostile or made for something else."""


class DatasetError(UserError):
    """Annotations or images that cannot be used; the message names the file (and the line)."""
