"""The settings that the image, compose and Kubernetes ship, against the check and against Streamlit itself."""

from pathlib import Path

import pytest
import streamlit.config

from initviz.network.budget import Budget
from initviz.serving.limits import RULES, check, memory_ceiling
from initviz.ui.page import plain
from tests.load.server import ROOT, image_settings

APP_OF_COMPOSE = (ROOT / "compose.yaml").read_text().split("\n  proxy:")[0]
KUBERNETES = (ROOT / "deploy" / "kubernetes.yaml").read_text()


@pytest.fixture
def image(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    settings = image_settings()
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


def test_every_rule_names_a_setting_of_streamlit_and_its_default() -> None:
    for rule in RULES:
        option = streamlit.config._config_options_template[rule.name]
        default = option.default_val
        known = "" if default == [] else "false" if default is None else str(default).lower()
        assert rule.default == known, rule.name
        names = [finding.name for finding in check({}, Path("none"))]
        assert option.env_var in names


def test_the_image_sets_only_what_streamlit_knows(image: dict[str, str]) -> None:
    variables = {option.env_var for option in streamlit.config._config_options_template.values()}
    assert {name for name in image if name.startswith("STREAMLIT_")} <= variables


def test_the_image_passes_its_own_check_once_the_hosts_are_named(image: dict[str, str]) -> None:
    unfit = [finding.name for finding in check(image, ROOT / ".streamlit/config.toml") if not finding.fit]
    assert [name for name in unfit if name != "INITVIZ_MEMORY_MIB"] == ["STREAMLIT_SERVER_ALLOWED_HOSTS"]
    named = image | {"STREAMLIT_SERVER_ALLOWED_HOSTS": "class.example"}
    unfit = [finding.name for finding in check(named, ROOT / ".streamlit/config.toml") if not finding.fit]
    assert [name for name in unfit if name != "INITVIZ_MEMORY_MIB"] == []


def test_a_fresh_environment_does_not_pass() -> None:
    unfit = {finding.name for finding in check({}, Path("none")) if not finding.fit}
    assert {"STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "STREAMLIT_SERVER_FILE_WATCHER_TYPE"} <= unfit
    assert "STREAMLIT_SERVER_ENABLE_CORS" not in unfit


def test_settings_of_the_file_count_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[client]\nshowErrorDetails = "none"\n')

    def shown(environment: dict[str, str]) -> bool:
        return next(f.fit for f in check(environment, file) if f.name == "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS")

    assert shown({})
    assert not shown({"STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full"})


@pytest.mark.parametrize(
    ("name", "text", "mib"), [("memory.max", "1073741824\n", 1024.0), ("memory.max", "max\n", None)]
)
def test_the_ceiling_of_the_container_is_read(tmp_path: Path, name: str, text: str, mib: float | None) -> None:
    assert memory_ceiling(tmp_path) is None
    (tmp_path / name).write_text(text)
    assert memory_ceiling(tmp_path) == mib


def test_the_largest_experiment_of_the_image_fits_its_memory(image: dict[str, str]) -> None:
    findings = {finding.name: finding for finding in check(image)}
    assert findings["INITVIZ_MAX_MIB"].fit
    assert Budget.from_environment().mib == float(image["INITVIZ_MAX_MIB"])


def test_containers_may_take_what_the_settings_need(image: dict[str, str]) -> None:
    needed = next(finding for finding in check(image) if finding.name == "INITVIZ_MEMORY_MIB").why
    mib = float(needed.split("interpreter ")[1].split(" MiB")[0].replace(",", ""))
    assert "mem_limit: 1g" in APP_OF_COMPOSE
    assert 'limits: {cpu: "2", memory: 1Gi}' in KUBERNETES
    assert mib <= 1024


CLUSTER = {
    "compose": (ROOT / "deploy" / "compose.cluster.yaml").read_text(),
    "kubernetes": (ROOT / "deploy" / "kubernetes-cluster.yaml").read_text(),
}


def test_a_cluster_runs_one_thread_a_worker_without_privileges_and_without_a_port_to_visitors() -> None:
    for text in CLUSTER.values():
        assert '--nthreads, "1", --memory-limit, 800MiB' in text
        assert "/health" in text
        assert "LoadBalancer" not in text
    compose, kubernetes = CLUSTER["compose"], CLUSTER["kubernetes"]
    assert "ports:" not in compose
    for line in ("internal: true", "read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "mem_limit: 1g"):
        assert line in compose
    for line in (
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "drop: [ALL]",
        'limits: {cpu: "1", memory: 1Gi}',
    ):
        assert kubernetes.count(line) == 2
    assert "kind: NetworkPolicy" in kubernetes


@pytest.mark.parametrize("line", ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "pids_limit:"])
def test_compose_runs_the_app_without_privileges(line: str) -> None:
    assert line in APP_OF_COMPOSE


@pytest.mark.parametrize(
    "line",
    [
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "capabilities: {drop: [ALL]}",
        "automountServiceAccountToken: false",
    ],
)
def test_kubernetes_runs_the_app_without_privileges(line: str) -> None:
    assert line in KUBERNETES


FILES = [
    "requirements.txt",
    "requirements-test.txt",
    "requirements-cluster.txt",
    "requirements.lock",
    "requirements-cluster.lock",
]


@pytest.mark.parametrize("file", FILES)
def test_requirements_are_pinned_and_name_no_index(file: str) -> None:
    lines = (ROOT / file).read_text().splitlines()
    packages = [line for line in lines if line and line[0].isalpha()]
    assert packages
    assert all("==" in line for line in packages)
    assert not any("://" in line or "index-url" in line or "find-links" in line for line in lines)


def test_the_lock_covers_the_requirements_with_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    blocks = [block for block in lock.split("\n") if block and block[0].isalpha()]
    assert lock.count("--hash=sha256:") >= len(blocks)
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and line[0].isalpha():
            assert f"\n{line.split('  #')[0].split(' ;')[0]}" in f"\n{lock}"
    with_dask = (ROOT / "requirements-cluster.lock").read_text().splitlines()
    assert {line for line in lock.splitlines() if "==" in line} < set(with_dask)


def test_text_from_a_link_makes_no_link_and_no_picture() -> None:
    shown = plain("Unknown '[here](http://e.example)' ![x](//e.example) <b> :red[x] $x$.")
    for sign in "[](<>:$!/.":
        assert shown.count(sign) == shown.count(f"\\{sign}")
