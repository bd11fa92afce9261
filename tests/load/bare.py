"""What the machine multiplies when it does nothing else."""

import os
import subprocess
import sys

from tests.load.server import ROOT, image_settings

_SCRIPT = """
import time
from threading import Thread
import numpy as np

def multiply(seconds, done):
    h, w = np.ones((1000, 500), np.float32), np.ones((500, 500), np.float32)
    z = np.empty_like(h)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        np.matmul(h, w, out=z)
        done.append(2 * h.size * w.shape[1] / 1e9)

from initviz.serving.limits import cores
done = []
started = time.monotonic()
threads = [Thread(target=multiply, args=(SECONDS, done)) for _ in range(cores())]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sum(done) / (time.monotonic() - started))
"""


def bare_rate(seconds: float = 2.0) -> float:
    """GFLOP/s of matrix products of the default experiment's shapes, one thread a core, in a process of their own."""
    script = _SCRIPT.replace("SECONDS", str(seconds))
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | image_settings(), capture_output=True, text=True, check=True
    )
    return float(done.stdout)
