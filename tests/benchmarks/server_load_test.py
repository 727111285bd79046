"""Clients of the section on servers, against a server of this process."""

import contextlib
import http.server
import threading

import pytest

from benchmarks.server.load import HttpCall
from benchmarks.server.load import load_rounds


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers a request by its body, twice."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if self.path == "/good" else 400)
        self.send_header("Content-Length", str(2 * len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_connection_is_used_again(port):
    with contextlib.closing(
        HttpCall(port, "/good", b"abc", {"X": "y"})
    ) as call:
        assert [call(), call()] == [b"abcabc"] * 2
    with contextlib.closing(HttpCall(port, "/bad", b"abc", {})) as call:
        with pytest.raises(RuntimeError, match="400.*: abcabc"):
            call()


def test_every_client_asks_and_all_are_counted():
    calls = []

    def new_call():
        counts = [0]
        calls.append(counts)

        def call():
            counts[0] += 1

        return call

    figures = load_rounds(new_call, (1, 3), seconds=0.02)()
    assert len(calls) == 1 + 1 + 3
    assert min(counts[0] for counts in calls) > 1
    assert set(figures) == {
        f"{figure}_{count}"
        for figure in ("p50_us", "p99_us", "per_second")
        for count in (1, 3)
    }
    assert 0 < figures["p50_us_3"] <= figures["p99_us_3"]


def test_an_error_of_a_client_is_raised():
    def new_call():
        counts = iter(range(25))
        return lambda: next(counts)

    with pytest.raises(StopIteration):
        load_rounds(new_call, (2,), seconds=60)()
