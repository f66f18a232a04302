"""A scriptable ClickHouse: answers inserts as told and keeps what it took."""

import threading
from collections import deque
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple
from urllib.parse import parse_qs
from urllib.parse import urlsplit


class Answer(NamedTuple):
    status: int
    code: int | None = None
    text: str = ""


OK = Answer(200)
TOO_MANY_QUERIES = Answer(503, 202, "Code: 202. DB::Exception: Too many simultaneous queries")
UNKNOWN_TABLE = Answer(404, 60, "Code: 60. DB::Exception: Table t does not exist")
BAD_DATA = Answer(400, 33, "Code: 33. DB::Exception: Cannot read all data")


class ClickHouseServer:
    """Answers with what is scripted first, then by whether a body holds poison."""

    def __init__(self, poison: bytes = b"POISON") -> None:
        self.script: deque[Answer] = deque()
        self.stored: list[bytes] = []
        self.queries: list[dict[str, list[str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.queries.append(parse_qs(urlsplit(self.path).query))
                if outer.script:
                    answer = outer.script.popleft()
                else:
                    answer = BAD_DATA if poison in body else OK
                if answer.status == 200:
                    outer.stored.append(body)
                self.send_response(answer.status)
                if answer.code is not None:
                    self.send_header("X-ClickHouse-Exception-Code", str(answer.code))
                self.send_header("Content-Length", str(len(answer.text)))
                self.end_headers()
                self.wfile.write(answer.text.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "ClickHouseServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
