"""Batches of crops, loaded in processes beside the training or in its own."""

import signal
import threading
from collections.abc import Iterator

from torch.utils.data import DataLoader, Dataset, default_collate

from ppnet.data.dataset import BatchOrder, Crop, CropDataset
from ppnet.errors import UserError
from ppnet.stop_signals import HANG_UP, leave_to_parent

LOST = (
    "A loading process ended, most likely because memory ran out (in a container also shared memory, /dev/shm). "
    "Continue with --resume and fewer --workers (0 loads without them) or a smaller --batch."
)


def load_batches(dataset: CropDataset, order: BatchOrder, *, workers: int, pin: bool) -> Iterator[Crop]:
    """The batches of `order`, without end. workers: processes that load; pin: for a graphics card.

    UserError for what cannot be read, and when a loading process ends before its time.
    """
    batches = iter(
        DataLoader(
            _Batches(dataset),
            batch_size=None,
            sampler=order,
            num_workers=workers,
            pin_memory=pin,
            worker_init_fn=_begin_worker,
        )
    )
    _leave_losses_to_who_waits()
    return _told(batches)


def _told(batches: Iterator[Crop | UserError]) -> Iterator[Crop]:
    try:
        for batch in batches:
            if isinstance(batch, UserError):
                raise batch
            yield batch
    except RuntimeError as error:
        if "DataLoader worker (pid" in str(error):
            raise UserError(LOST) from error
        raise
    finally:
        del batches  # whoever keeps an error keeps no processes with it


class _Batches(Dataset["Crop | UserError"]):
    """Items are asked for by all that is wanted of a `CropDataset` at once. What is wrong is an item, too: an error
    that leaves a loading process by itself takes its traceback along."""

    def __init__(self, crops: CropDataset) -> None:
        self._crops = crops

    def __getitem__(self, wanted: list[tuple[int, int, int]]) -> Crop | UserError:
        try:
            batch: Crop = default_collate([self._crops[one] for one in wanted])
        except UserError as error:
            return UserError(str(error))
        return batch


def _leave_losses_to_who_waits() -> None:
    """PyTorch's handler of SIGCHLD would raise in the middle of a step. A process that is lost is noticed all the same,
    by whoever waits for its batch."""
    if hasattr(signal, "SIGCHLD") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _begin_worker(_number: int) -> None:
    """Whoever trains says when to stop: Ctrl+C of a terminal reaches every process."""
    leave_to_parent(signal.SIGINT, signal.SIGTERM, HANG_UP)
