"""The page of a model of one's own: what a file shows, how it is corrected, and hostile files, one sentence each."""

import io
import json
import re
import struct
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save
from streamlit.testing.v1 import AppTest

from initviz.advice.diagnosis import diagnose_network
from initviz.arrays import FloatArray
from initviz.model.audit import audit, headline
from initviz.model.chain import SAMPLES, chain_fix, hidden_layers, run_chain
from initviz.model.read import CONVERT, read_model
from initviz.ui.model_parts import FAULT, FINE, NOTE
from initviz.ui.page import plain
from tests.app.conftest import Visit, charts, sentences, works
from tests.model.test_chain import DEEP, RELU, he_normal, model, torch_default

DEFAULT = save(model(torch_default, DEEP))
HE = model(he_normal, [48, 64, 80, 72, 10])


def show(open_page: Visit, data: bytes, name: str = "model.safetensors") -> AppTest:
    page = open_page("your_model")
    page.file_uploader[0].set_value((name, data, "application/octet-stream"))
    return page.run()


def test_it_waits_for_a_file(open_page: Visit) -> None:
    page = open_page("your_model")
    assert not page.exception
    assert charts(page) == []
    assert not page.dataframe


def test_a_chain_is_audited_run_and_diagnosed(open_page: Visit) -> None:
    page = works(show(open_page, DEFAULT))
    tensors = read_model(DEFAULT)
    rows = audit(tensors)
    network = hidden_layers(tensors, rows, RELU)
    findings = diagnose_network(network.spec, SAMPLES, run_chain(network).measured)
    assert set(sentences(page)) == {plain(headline(rows)), findings[0].sentence}
    assert any("dies on its way back" in one.sentence for one in findings)
    fix = chain_fix(tensors, RELU)
    assert [one.value for one in page.code][-2:] == [fix.torch.strip(), fix.numpy.strip()]
    table = page.dataframe[0].value
    assert list(table.columns)[:2] == ["matrix", "law"]
    assert list(table["mark"]) == [FAULT if row.severe else NOTE if row.finding else FINE for row in rows]
    assert any(
        "Took 31 matrices, 64-128-128-128-128-128-128-…-10, weights as (out, in)." in c.value for c in page.caption
    )
    measured, predicted = (trace["name"] for trace in json.loads(charts(page)[0])["data"] if trace.get("name"))
    assert measured == "measured"
    assert predicted.startswith("predicted")
    assert len(charts(page)) == 2


def test_another_function_is_another_diagnosis(open_page: Visit) -> None:
    page = show(open_page, DEFAULT)
    before = charts(page)
    page = works(page.selectbox(key="between").set_value("tanh").run())
    assert charts(page) != before


def test_a_broken_rule_is_the_headline(open_page: Visit) -> None:
    broken = HE | {"2.weight": np.zeros_like(HE["2.weight"])}
    page = works(show(open_page, save(broken)))
    assert page.error[0].value.startswith(plain("1 of 4 matrices breaks a rule. 2.weight: all weights are 0"))
    assert list(page.dataframe[0].value["mark"]).count(FAULT) == 1


def test_the_orientation_is_corrected(open_page: Visit) -> None:
    """Square matrices do not say how they lie."""
    square = {name: array for name, array in model(he_normal, [64] * 5).items() if "weight" in name}
    page = show(open_page, save(square))
    assert "weights as (out, in)." in "".join(one.value for one in page.caption)
    page = page.segmented_control(key="orientation").set_value("in, out").run()
    assert "weights as (in, out)." in "".join(one.value for one in works(page).caption)


def test_what_is_no_chain_is_audited_alone(open_page: Visit) -> None:
    page = show(open_page, save(HE | {"norm.weight": np.ones(64, np.float32)}))
    assert not page.exception
    assert len(page.dataframe[0].value) == 4
    assert len(page.error) == 1
    assert page.error[0].value.startswith("No forward pass")


def test_a_batch_of_ones_own(open_page: Visit) -> None:
    page = show(open_page, save(HE))
    before = charts(page)
    rows = np.random.default_rng(1).standard_normal((60, 48))
    text = "\n".join(",".join(map(str, row)) for row in rows)
    page.file_uploader[1].set_value(("batch.csv", text.encode(), "text/csv"))
    page = works(page.run())
    assert charts(page) != before
    assert any("60 samples" in one.value for one in page.caption)
    page.file_uploader[1].set_value(("batch.csv", b"1,2\n3,4", "text/csv"))
    page.run()
    assert [one.value for one in page.error] == [r"The batch has 2 columns\; the first layer takes 48\."]


def test_layer_sizes_are_typed_and_looked_into(open_page: Visit) -> None:
    page = open_page("your_model")
    page = works(page.segmented_control(key="source").set_value("Layer sizes").run())
    page.selectbox(key="law").set_value("orthogonal")
    page = works(page.text_input(key="sizes").set_value("20-30-30-5").run())
    assert any("20-30-30-5, weights as (out, in)" in one.value for one in page.caption)
    assert set(page.dataframe[0].value["law"]) == {"orthogonal"}
    for view, count in (("formats", 4), ("singular", 4)):
        page = works(page.segmented_control(key="look").set_value(view).run())
        assert len(charts(page)) == count
    page.text_input(key="sizes").set_value("twenty").run()
    assert page.error[0].value.startswith("Layer sizes are whole numbers")


@pytest.mark.parametrize("view", ["formats", "singular"])
def test_a_drawn_network_is_looked_into_as_well(view: str, open_page: Visit) -> None:
    plain_page = charts(open_page("gradient_flow", width="40", depth="4"))
    page = works(open_page("gradient_flow", width="40", depth="4", inside=view))
    assert len(charts(page)) == len(plain_page) + 2


def npz(arrays: dict[str, FloatArray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", bytes(2**27))
    return file.getvalue()


def described(entries: dict[str, object], body: bytes = b"") -> bytes:
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + body


def test_an_npz_is_read(open_page: Visit) -> None:
    works(show(open_page, npz(HE), "model.npz"))


HOSTILE = {
    "empty": b"",
    "text": b"hello, world, this is no model",
    "truncated": save(HE)[:-100],
    "bomb": bomb(),
    "absurd": described({"w": {"dtype": "F32", "shape": [0, 10**12], "data_offsets": [0, 0]}}),
    "many": described({f"w{k}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for k in range(3000)}),
    "objects": npz({"w": np.array([{}], dtype=object)}),
    "biases alone": save({"b": np.ones(3, np.float32)}),
    "deep": struct.pack("<Q", 200_000) + b"[" * 200_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_gives_one_sentence_and_the_page_works_on(kind: str, open_page: Visit) -> None:
    page = show(open_page, HOSTILE[kind], "evil [x](http://e.example).npz")
    assert not page.exception
    assert len(sentences(page)) == len(page.error) == 1
    assert "](http" not in page.error[0].value
    page.file_uploader[0].set_value(("model.safetensors", save(HE), "application/octet-stream"))
    works(page.run())


def test_a_pickle_is_refused_with_the_line_that_converts_it(open_page: Visit) -> None:
    page = show(open_page, b"\x80\x04garbage", "model.pt")
    (sentence,) = sentences(page)
    assert "is a pickle" in re.sub(r"\\", "", sentence)
    assert [one.value for one in page.code] == [CONVERT]


def test_names_in_a_file_make_no_link(open_page: Visit) -> None:
    page = show(open_page, save({"[x](http://e.example)": np.zeros((20, 20), np.float32)}))
    assert not page.exception
    assert all("](http" not in said for said in sentences(page))
