"""Publishes a client ID metadata document on this machine over https, as an application's website does."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Publisher:
    """Serves one document and counts who reads it. The certificate is for `localhost`, and whoever reads must believe it."""

    def __init__(self, certificate: Path) -> None:
        """`certificate` is its file without the ending; its key lies beside it."""
        self.reads = 0
        self._document: dict[str, Any] = {}
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 (the name that the base class calls)
                publisher.reads += 1
                body = json.dumps(publisher._document).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}/oauth/client.json"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def publish(self, metadata: dict[str, Any]) -> None:
        """The client is who lies at this address."""
        self._document = {"client_id": self.url, **metadata}
