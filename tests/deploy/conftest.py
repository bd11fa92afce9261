"""Two replicas of the app behind a real nginx with the shipped configuration, all on loopback."""

import os
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

import pytest

from tests.load.server import ROOT, Server, free_port, get

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

WRAPPER = """
user root;
pid $folder/nginx.pid;
error_log $folder/error.log;
events {}
http {
    include /etc/nginx/mime.types;
    log_format replica '$$initviz_visitor $$upstream_addr $$status $$uri';
    access_log $folder/access.log replica;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    include $folder/site.conf;
}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("deploy"))


@dataclass
class Site:
    """The proxy and what stands behind it."""

    port: int
    folder: Path
    replicas: list[Server]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def replicas_of_visitors(self) -> dict[str, set[str]]:
        """Visitor's id -> addresses of the replicas that answered them, from nginx's own log."""
        seen = defaultdict(set)
        for line in (self.folder / "access.log").read_text().splitlines():
            visitor, replica, *_ = line.split(" ")
            if replica != "-":
                seen[visitor].add(replica)
        return seen

    def replica(self, address: str) -> Server:
        """The replica that listens there."""
        return next(server for server in self.replicas if address.endswith(f":{server.port}"))


def site_configuration(port: int, replicas: list[Server], folder: Path) -> str:
    """The shipped template, filled in as the image's start script would."""
    text = (ROOT / "deploy" / "nginx.conf.template").read_text()
    servers = " ".join(f"server 127.0.0.1:{server.port} max_fails=1 fail_timeout=2s;" for server in replicas)
    filled = Template(text).safe_substitute(INITVIZ_LISTEN=f"127.0.0.1:{port}", INITVIZ_SERVERS=servers)
    return filled.replace("/tmp/initviz-files", str(folder / "files"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if NGINX is None:
        if os.environ.get("INITVIZ_REQUIRE_BROWSER"):
            pytest.fail("No nginx on this machine, and INITVIZ_REQUIRE_BROWSER is set.")
        pytest.skip("no nginx on this machine")
    folder = tmp_path_factory.mktemp("nginx")
    replicas = [Server(folder / f"replica-{i}.log") for i in range(2)]
    port = free_port()
    (folder / "site.conf").write_text(site_configuration(port, replicas, folder))
    (folder / "nginx.conf").write_text(Template(WRAPPER).substitute(folder=folder))
    command = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with replicas[0], replicas[1], subprocess.Popen([*command, "-g", "daemon off;"]) as nginx:
        yield _started(Site(port, folder, replicas), nginx)
        nginx.terminate()
        nginx.wait(10)


def _started(site: Site, nginx: "subprocess.Popen[bytes]") -> Site:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and nginx.poll() is None:
        try:
            if get(site.port, "/_stcore/health") == (200, "ok"):
                return site
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nginx does not answer:\n{(site.folder / 'error.log').read_text()}")
