"""Samples -> crops: the torch dataset, and the order in which several sources are mixed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset
from tqdm import tqdm

from ppnet.codec import Codec
from ppnet.crops import apply_matrices, crop_matrices, crop_regions, warp
from ppnet.data import augment
from ppnet.data.augment import Augmentation
from ppnet.data.samples import Sample, SampleSet
from ppnet.errors import DatasetError
from ppnet.skeleton import Skeleton

PICTURE_ENDS = 0.7  # of the persons shown in part: the picture ends there; else something else is seen beyond


class Crop(NamedTuple):
    """One training example; batches stack each field.

    image: (H, W, 3) uint8 RGB. keypoints: (K, 2) float32 crop pixels. weights: (K,) float32 trust, 0 unlabelled.
    absent: (K,) bool, joints known to be outside the crop: their heatmap should be empty.
    """

    image: torch.Tensor
    keypoints: torch.Tensor
    weights: torch.Tensor
    absent: torch.Tensor


@dataclass(frozen=True)
class Source:
    """People of one file, and how often each is shown per epoch (a fraction shows a part of them)."""

    samples: SampleSet
    share: float = 1.0


def convert_joints(values: npt.NDArray[Any], source: Skeleton, target: Skeleton) -> npt.NDArray[Any]:
    """Rows of (K_source, ...) put into the order of `target` by name; zeros for joints that the source lacks."""
    if source == target:
        return values
    converted = np.zeros((len(target), *values.shape[1:]), values.dtype)
    for index, name in enumerate(target.keypoints):
        if name in source.keypoints:
            converted[index] = values[source.index(name)]
    return converted


class _Person(NamedTuple):
    """A person before the crop is placed, joints in the dataset's order; the fields are those of `Sample`."""

    image: npt.NDArray[np.uint8]
    box: npt.NDArray[np.float32]
    keypoints: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    absent: npt.NDArray[np.bool_]

    def cut_off(self, part: augment.Part, *, picture_ends: bool) -> "_Person":
        """Only that part of the person; where the picture ends at it, the joints beyond are absent."""
        if not picture_ends:
            return self._replace(box=part.box)
        image, corner = augment.end_picture(self.image, part.ends)
        keypoints = self.keypoints - corner
        absent = self.absent | (_outside(keypoints, image.shape[1::-1]) & (self.weights > 0))
        return _Person(image, part.box - np.tile(corner, 2), keypoints, self.weights, absent)


def _outside(points: npt.NDArray[np.float32], size_wh: Sequence[int]) -> npt.NDArray[np.bool_]:
    """(K,), which of the points (K, 2) lie beyond a picture of that size."""
    return np.asarray(((points < -0.5) | (points > np.array(size_wh) - 0.5)).any(axis=1), np.bool_)


class CropDataset(Dataset[Crop]):
    """Crops of all sources.

    Items are asked for by (draw, index, size), so that the crop depends on seed and these alone: never on how many
    workers there are or where a run was resumed. `size` is a place in `codecs`: one per input size.
    `keep_images` holds decoded pictures in memory.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        codecs: Sequence[Codec],
        augmentation: Augmentation,
        *,
        skeleton: Skeleton,
        seed: int = 0,
        keep_images: bool = False,
    ) -> None:
        self.sources = tuple(sources)
        self.codecs = tuple(codecs)
        self.augmentation = augmentation
        self.skeleton = skeleton
        self.seed = seed
        self._people: list[tuple[Sample, Source]] = [
            (sample, source) for source in self.sources for sample in source.samples.samples
        ]
        if not self._people:
            raise DatasetError("There is nobody to train on; name data with --data.")
        self._kept: dict[int, npt.NDArray[np.uint8]] | None = {} if keep_images else None

    def __len__(self) -> int:
        return len(self._people)

    def preload(self) -> None:
        """Decode every picture now, so that loading processes started afterwards share them."""
        with ThreadPoolExecutor() as pool:
            indexes = range(len(self._people)) if self._kept is not None else ()
            list(
                tqdm(
                    pool.map(lambda index: self._image(index, self._people[index][0]), indexes), "reading", len(indexes)
                )
            )

    def __getitem__(self, item: tuple[int, int, int]) -> Crop:
        draw, index, size = item
        codec = self.codecs[size]
        rng = np.random.default_rng([self.seed, draw, index])
        person, part = self._person(index), None
        if self.augmentation.truncate_share and rng.random() < self.augmentation.truncate_share:
            part = augment.part_of_person(person.box, person.keypoints, person.weights, rng)
        if part is not None:
            person = person.cut_off(part, picture_ends=bool(rng.random() < PICTURE_ENDS))
        matrix, flip = self._place(person, codec, rng, whole=part is None)
        width, height = codec.input_wh
        crop = warp(person.image, matrix, (width, height))[0]
        if self.augmentation.neighbour_share and rng.random() < self.augmentation.neighbour_share:
            crop = augment.put_neighbour(crop, self._somebody(codec, rng), rng)
        crop = augment.change_pixels(crop, self.augmentation, rng)
        points = apply_matrices(person.keypoints[None], matrix)[0].astype(np.float32)
        weights, absent = person.weights, person.absent
        if flip:
            crop = np.ascontiguousarray(crop[:, ::-1])
            points = augment.flip_keypoints(points, width, self.skeleton)
            weights, absent = weights[self.skeleton.flip_index], absent[self.skeleton.flip_index]
        absent = absent | (_outside(points, (width, height)) & (weights > 0))
        fields = (crop, points, weights, absent)
        return Crop(*(torch.from_numpy(np.ascontiguousarray(field)) for field in fields))

    def _person(self, index: int) -> "_Person":
        sample, source = self._people[index]
        joints = (sample.keypoints, sample.weights, sample.absent)
        keypoints, weights, absent = (convert_joints(part, source.samples.skeleton, self.skeleton) for part in joints)
        return _Person(self._image(index, sample), sample.box, keypoints, weights, absent)

    def _image(self, index: int, sample: Sample) -> npt.NDArray[np.uint8]:
        if self._kept is None:
            return sample.image.read()
        if index not in self._kept:
            self._kept[index] = sample.image.read()
        return self._kept[index]

    def _somebody(self, codec: Codec, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        """A plain crop of anybody, (H, W, 3) RGB."""
        index = int(rng.integers(len(self._people)))
        sample = self._people[index][0]
        matrix = codec.crop_matrices(sample.box)
        crop: npt.NDArray[np.uint8] = warp(self._image(index, sample), matrix, codec.input_wh)[0]
        return crop

    def _place(
        self,
        person: "_Person",
        codec: Codec,
        rng: np.random.Generator,
        *,
        whole: bool,
    ) -> tuple[npt.NDArray[np.float64], bool]:
        """Matrix image -> crop, (1, 2, 3), and whether the crop is to be mirrored."""
        settings, box = self.augmentation, person.box
        if whole and rng.random() < settings.half_body_share:
            half = augment.half_body_box(person.keypoints, person.weights, self.skeleton, rng)
            box = box if half is None else half
        centers, sizes = crop_regions(box[None], codec.aspect)
        centers = centers + sizes * rng.normal(0, settings.shift, (1, 2)) if settings.shift else centers
        matrices = crop_matrices(
            centers,
            sizes * augment.draw_scale(settings, rng),
            codec.input_wh,
            rotations_deg=[augment.draw_rotation(settings, rng)],
            kind=codec.crop_kind,
        )
        stretch, middle = augment.draw_stretch(settings, rng), (np.array(codec.input_wh) - 1) / 2
        matrices = stretch @ matrices
        matrices[:, :, 2] += middle - stretch @ middle
        return matrices, bool(rng.random() < settings.flip_share)


def epoch_order(sources: Sequence[Source], seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """Indexes into `CropDataset` for one epoch, mixed: each source's people `share` times."""
    rng = np.random.default_rng([seed, epoch, 1 << 20])
    chosen, start = [], 0
    for source in sources:
        count = len(source.samples)
        whole, part = divmod(round(source.share * count), count)
        chosen += [np.arange(count)] * whole + [rng.permutation(count)[:part]]
        chosen[-whole - 1 :] = [indexes + start for indexes in chosen[-whole - 1 :]]
        start += count
    return rng.permutation(np.concatenate(chosen)).astype(np.int64)


class BatchOrder:
    """Batches of (draw, index, size) from a given step on, without end; the share of one process out of `world`.

    draw: number of the sample since the beginning, so that someone who comes several times in an epoch is changed
    another way each time. A step's global batch is the same however many processes share it.
    size: all of a batch have one input size, drawn for each step by `size_shares`.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        batch: int,
        *,
        seed: int,
        size_shares: Sequence[float] = (1.0,),
        first_step: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.size_shares = np.asarray(size_shares) / np.sum(size_shares)
        self.sources, self.batch, self.seed = sources, batch, seed
        self.first_step, self.rank, self.world = first_step, rank, world
        people = len(epoch_order(sources, seed, 0))
        self.steps_per_epoch = max(1, people // (batch * world))

    def __iter__(self) -> Iterator[list[tuple[int, int, int]]]:
        step = self.first_step
        while True:
            epoch, within = divmod(step, self.steps_per_epoch)
            order = epoch_order(self.sources, self.seed, epoch)
            for position in range(within, self.steps_per_epoch):
                start = (position * self.world + self.rank) * self.batch
                indexes = np.take(order, range(start, start + self.batch), mode="wrap")
                first = (step * self.world + self.rank) * self.batch
                size = int(np.random.default_rng([self.seed, step]).choice(len(self.size_shares), p=self.size_shares))
                yield [(first + place, int(index), size) for place, index in enumerate(indexes)]
                step += 1
