"""Start the app in the image, or Dask: what it brings compiled goes where Numba may write, for its own root is
read-only. `scheduler ...` and `worker ...` start Dask's, which an instance on a cluster runs from the same image.

On a processor of another kind none of it fits; then it is compiled anew, before the health check answers ok.
"""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

BAKED = Path(__file__).parent / "compiled"


def unpack(writable: Path) -> None:
    """Copy what is baked to where NUMBA_CACHE_DIR points, unless it is there; without room it is compiled in memory."""
    with suppress(OSError):
        shutil.copytree(BAKED, writable)


if __name__ == "__main__":
    unpack(Path(os.environ["NUMBA_CACHE_DIR"]))
    if sys.argv[1:2] in (["scheduler"], ["worker"]):
        warm = ["--preload", "initviz.sweep.worker"] if sys.argv[1] == "worker" else []
        os.execvp("python", ["python", "-m", "dask", *sys.argv[1:], *warm])
    os.execvp("streamlit", ["streamlit", "run", "app.py", *sys.argv[1:]])
