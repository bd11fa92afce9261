"""What an operator sets through environment variables, and the check that it has been set well."""

import os
from dataclasses import dataclass

from initviz.experiment import positive_setting


@dataclass(frozen=True)
class Limits:
    """What all visitors together may take. The defaults suit one person on their own machine."""

    running: int
    """Big simulations at once; one small one more may run beside them."""
    cache_mib: float = 128.0
    memory_mib: float = 4096.0
    """Estimated memory of everything that runs."""

    @classmethod
    def from_environment(cls) -> "Limits":
        """INITVIZ_RUNNING, INITVIZ_CACHE_MIB and INITVIZ_MEMORY_MIB. Raises InputError unless positive numbers."""
        return cls(
            max(1, round(positive_setting("INITVIZ_RUNNING", cores()))),
            positive_setting("INITVIZ_CACHE_MIB", cls.cache_mib),
            positive_setting("INITVIZ_MEMORY_MIB", cls.memory_mib),
        )


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
