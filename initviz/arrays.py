"""Array types used throughout the core."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""An array of float32 or float64; functions keep the dtype they are given."""

CountArray: TypeAlias = NDArray[np.int64]
