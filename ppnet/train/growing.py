"""A PPNet that begins with the modules of a smaller one, e.g. M4-D2-W32 with those of M2-D2-W32."""

from collections.abc import Collection

import torch

from ppnet.networks.pyramid import PPNet


def fill_new_modules(network: PPNet, given: Collection[str]) -> None:
    """Starts the modules that no file gave as copies of those that one gave, in place.

    given: names of the tensors that are there. The last module is a copy of the file's last, which fuses into the
    finest branch only, as it does; every other new tensor is a copy of the first module's. Files of one module, and
    those that give no whole module, leave the network as it is.
    """
    tensors = network.state_dict()
    stacked = [name.split(".") for name in given if name.startswith("ppnet.")]
    last_given = max((int(parts[1]) for parts in stacked), default=0)
    if last_given == 0:
        return
    with torch.no_grad():
        for name, tensor in tensors.items():
            stack, _, rest = name.partition(".")
            index, _, layer = rest.partition(".")
            if name in given or not index.isdecimal():
                continue
            is_last = int(index) == network.spec.modules - 1
            source = f"{stack}.{last_given if is_last else 0}.{layer}"
            if source in given and tensors[source].shape == tensor.shape:
                tensor.copy_(tensors[source])
