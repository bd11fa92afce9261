"""Figures that are sent as the plain dicts they were made of."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go


class PlainFigure(go.Figure):  # type: ignore[misc]  # Plotly has no types
    """A `go.Figure` whose parts Plotly makes only for who asks for them. A page does not: making them and copying them
    for the browser takes as long as all the rest of a chart."""

    def __init__(
        self,
        traces: Sequence[Mapping[str, Any]],
        layout: Mapping[str, Any],
        frames: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        moving = {"frames": list(frames)} if frames else {}
        self._plain: dict[str, Any] | None = {"data": list(traces), "layout": dict(layout), **moving}

    def __getattr__(self, name: str) -> Any:
        """What the constructor of `go.Figure` would have set: it runs now."""
        plain = self.__dict__.get("_plain")
        if plain is None:
            raise AttributeError(name)
        self._plain = None
        super().__init__(plain["data"], plain["layout"], plain.get("frames"), _validate=False)
        return getattr(self, name)

    def to_dict(self) -> dict[str, Any]:
        """The figure as it is sent; not to be changed. Arrays are left to Plotly, which packs them."""
        if self._plain is None or _has_arrays(self._plain):
            made: dict[str, Any] = super().to_dict()
            return made
        layout = self._plain["layout"]
        return {**self._plain, "layout": {**layout, "template": layout["template"].to_plotly_json()}}

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy is a `go.Figure`."""
        return go.Figure, (self.to_dict(),)


def _has_arrays(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_arrays, value.values()))
    if isinstance(value, list | tuple) and value:
        return isinstance(value[0], dict | list | tuple | np.ndarray) and any(map(_has_arrays, value))
    return isinstance(value, np.ndarray)
