"""What a worker of a Dask cluster does before its first task: `dask worker ... --preload initviz.sweep.worker`."""

from initviz.measure.passes import compile_all


def dask_setup(worker: object) -> None:
    """Compile what measures, or load it: the first visitor does not wait for that."""
    compile_all()
