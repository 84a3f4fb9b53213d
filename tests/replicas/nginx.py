"""nginx in front of the replicas, with the settings that docs/replicas.md gives people: each request goes to the other server
than the request before. With an authority it ends TLS, as it does there; without one it takes plain HTTP."""

import os
import re
import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
from authority import Authority
from waiting import PATIENCE, eventually

DOCUMENTED = Path(__file__).parent.parent.parent / "docs" / "replicas.md"

AROUND = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1; {user}
events {{}}
http {{
  log_format served '$upstream_addr $request_method $uri $status';
  access_log {folder}/served.log served;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{site}
}}
"""


def documented() -> str:
    """The one block of nginx's settings on the page."""
    blocks = re.findall(r"^```nginx\n(.*?)^```", DOCUMENTED.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"{len(blocks)} blocks of nginx in {DOCUMENTED}"
    return blocks[0]


def changed(site: str, pattern: str, replacement: str) -> str:
    """The settings with one thing changed, which must be there."""
    site, times = re.subn(pattern, lambda _: replacement, site)
    assert times == 1, f"{pattern!r} is {times} times in the settings of {DOCUMENTED}"
    return site


class Nginx:
    """Listens on a port of this machine, and sends what comes to the ports that it is told."""

    def __init__(self, folder: Path, port: int, authority: Authority | None) -> None:
        self._folder, self._port, self._authority = folder, port, authority
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"{'https' if authority else 'http'}://localhost:{port}"

    def start(self, ports: list[int]) -> None:
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self._configure(ports)
        command = [program, "-e", self._folder / "nginx.log", "-p", self._folder, "-c", self._folder / "nginx.conf"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        eventually("nginx answers", self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=PATIENCE)

    def balance(self, ports: list[int]) -> None:
        """Sends requests to these alone, soon."""
        assert self._process is not None
        self._configure(ports)
        self._process.send_signal(signal.SIGHUP)

    def balance_now(self, ports: list[int]) -> None:
        """The same, and waits until no worker of nginx has the list of before."""
        workers = self._workers()
        old = workers()
        self.balance(ports)
        eventually("nginx has read its list", lambda: old.isdisjoint(workers()))

    def served(self) -> list[list[str]]:
        """Address of the server, method, path and status of each request, in the order of their ends."""
        return [line.split(" ") for line in (self._folder / "served.log").read_text().splitlines()]

    def _workers(self) -> Callable[[], set[str]]:
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return lambda: set(children.read_text().split())

    def _configure(self, ports: list[int]) -> None:
        servers = "\n".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=5s;" for port in ports)
        site = changed(documented(), r"server 10\.0\.0\.1:8000 .*;\n +server 10\.0\.0\.2:8000 .*;", servers)
        listen, certificate, key = f"listen 127.0.0.1:{self._port}", "", ""
        if self._authority is not None:
            listen += " ssl"
            certificate = f"ssl_certificate {self._authority.certificate};"
            key = f"ssl_certificate_key {self._authority.key};"
        site = changed(site, r"listen 443 ssl", listen)
        site = changed(site, r"server_name mcp\.example\.com", "server_name localhost")
        site = changed(site, r"ssl_certificate +\S+;", certificate)
        site = changed(site, r"ssl_certificate_key +\S+;", key)
        user = "user root;" if os.geteuid() == 0 else ""
        (self._folder / "nginx.conf").write_text(AROUND.format(folder=self._folder, user=user, site=site))

    def _answers(self) -> bool:
        believed = ssl.create_default_context(cafile=self._authority.root if self._authority else None)
        try:
            return httpx2.get(f"{self.url}/health", timeout=10, verify=believed).status_code == 200
        except httpx2.HTTPError:
            return False
