"""A slider over the recorded steps of a training: its layers at each, redrawn in the browser alone.

Plotly's own slider has no keyboard and no role; an `input` of the page has both, so this small chart is drawn in SVG.
"""

import json
from math import isfinite
from typing import Any

import numpy as np
import streamlit as st

from initviz.figures.scales import log_ticks
from initviz.figures.theme import Theme
from initviz.learn.history import COLUMNS, History

_HTML = """
<div class="scrubber">
  <svg viewBox="0 0 640 260" role="img"></svg>
  <div class="row">
    <button type="button" aria-label="Play">▶</button>
    <input type="range" min="0" value="0" step="1" aria-label="Recorded step">
    <output></output>
  </div>
</div>
"""

_CSS = """
.scrubber { font-size: 15px; }
.scrubber svg { width: 100%; height: auto; max-height: 300px; }
.scrubber .row { display: flex; gap: 12px; align-items: center; }
.scrubber input { flex: 1; min-width: 0; }
.scrubber output { min-width: 7em; text-align: right; }
.scrubber button { min-width: 44px; min-height: 36px; font-size: 16px; cursor: pointer; }
"""

_JS = """
const NS = 'http://www.w3.org/2000/svg';
const put = (parent, name, attributes, text) => {
  const node = parent.appendChild(document.createElementNS(NS, name));
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
export default function ({ data, parentElement }) {
  const { steps, values, low, high, ticks, title, colours, alt } = JSON.parse(data);
  const svg = parentElement.querySelector('svg'), slider = parentElement.querySelector('input');
  const button = parentElement.querySelector('button'), said = parentElement.querySelector('output');
  svg.replaceChildren();
  svg.setAttribute('aria-label', alt);
  const layers = values[0].length;
  const x = layer => 84 + 530 * (layers > 1 ? layer / (layers - 1) : 0.5);
  const y = value => 225 - 190 * (value - low) / (high - low);
  const words = { fill: colours.text, 'font-size': 20 };
  for (const [place, word] of ticks) {
    put(svg, 'line', { x1: 66, x2: 630, y1: y(place), y2: y(place), stroke: colours.grid });
    put(svg, 'text', { ...words, x: 60, y: y(place) + 7, 'text-anchor': 'end' }, word);
  }
  const every = Math.ceil(layers / 10);
  for (let layer = 0; layer < layers; layer += every)
    put(svg, 'text', { ...words, x: x(layer), y: 252, 'text-anchor': 'middle' }, layer + 1);
  put(svg, 'text', { ...words, x: 66, y: 18 }, title + ' by layer; faint: at the start');
  const line = (width, opacity) => put(svg, 'polyline',
    { fill: 'none', stroke: colours.line, 'stroke-width': width, opacity, 'stroke-linejoin': 'round' });
  const points = row => row.map((value, layer) => value === null ? '' : `${x(layer)},${y(value)}`).join(' ');
  line(2, 0.3).setAttribute('points', points(values[0]));
  const now = line(3, 1);
  const dots = values[0].map((_, layer) => put(svg, 'circle', { r: 4, cx: x(layer), fill: colours.line }));
  const show = () => {
    const row = values[slider.value];
    now.setAttribute('points', points(row));
    dots.forEach((dot, layer) => {
      dot.setAttribute('visibility', row[layer] === null ? 'hidden' : 'visible');
      if (row[layer] !== null) dot.setAttribute('cy', y(row[layer]));
    });
    said.textContent = slider.ariaValueText = `step ${steps[slider.value].toLocaleString('en')}`;
  };
  let timer = 0;
  const stop = () => { clearInterval(timer); timer = 0; button.textContent = '▶'; button.ariaLabel = 'Play'; };
  button.onclick = () => {
    if (timer) return stop();
    if (+slider.value === steps.length - 1) slider.value = 0;
    button.textContent = '❚❚'; button.ariaLabel = 'Pause';
    timer = setInterval(() => { slider.value = +slider.value + 1; show();
      if (+slider.value === steps.length - 1) stop(); }, 60);
  };
  slider.max = steps.length - 1;
  slider.oninput = () => { stop(); show(); };
  slider.value = steps.length - 1;
  show();
  return stop;
}
"""

_component = st.components.v2.component("initviz_scrubber", html=_HTML, css=_CSS, js=_JS)


def frames(history: History, column: str, look: Theme) -> dict[str, Any]:
    """What the browser needs to draw any recorded step: values (records, layers) on an axis that all steps share."""
    values, log = history.column(column), COLUMNS[column].log
    if log:
        values = np.log10(values, out=np.full_like(values, np.nan), where=values > 0)
    seen = values[np.isfinite(values)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    margin = max(0.05 * (high - low), 0.01 * abs(high), 1e-3)
    low, high = low - margin, high + margin
    ticks = log_ticks(low, high) if log else None
    places = ticks["tickvals"] if ticks else np.linspace(low, high, 5).tolist()
    words = ticks["ticktext"] if ticks else [f"{place:.3g}" for place in places]
    name = COLUMNS[column].name
    return {
        "steps": [int(step) for step in history.steps],
        "values": [[float(f"{one:.4g}") if isfinite(one) else None for one in row] for row in values],
        "low": low,
        "high": high,
        "ticks": list(zip(places, words, strict=True)),
        "title": name,
        "colours": {"text": look.text, "grid": look.grid, "line": look.colour(0)},
        "alt": f"{name} in every layer at a recorded step, beside the start",
    }


def scrubber(history: History, column: str, look: Theme) -> None:
    """Draw it; moving it asks nothing of the server."""
    st.markdown(f"**{COLUMNS[column].name.capitalize()}, step by step**")
    _component(data=json.dumps(frames(history, column, look)), key="scrubber")
