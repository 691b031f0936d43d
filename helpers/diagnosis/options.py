"""An optimiser and a number format, by name or as torch has them."""

from typing import Any

import torch

from helpers.diagnosis.facts import EPSILON

FORMATS = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}


def optimizer_name(optimizer: Any) -> str:
    """The name of one of the optimisers known, in any case, or of a class that is or extends one of torch.optim."""
    names = [parent.__name__ for parent in optimizer.__mro__] if isinstance(optimizer, type) else [str(optimizer)]
    known = {name.lower(): name for name in EPSILON}
    for name in names:
        if name.lower() in known:
            return known[name.lower()]
    raise ValueError(
        f"optimizer is {str(optimizer)[:40]!r}; expected one of {', '.join(EPSILON)}, by name or as the class of "
        "torch.optim"
    )


def number_format(name: str, dtype: Any) -> torch.dtype:
    """A floating point dtype, or its name."""
    known = FORMATS.get(dtype) if isinstance(dtype, str) else dtype
    if not isinstance(known, torch.dtype) or known not in FORMATS.values():
        raise ValueError(f"{name} is {dtype!r}; expected one of {', '.join(FORMATS)}, as torch's dtype or by name")
    return known
