"""Clients that ask at the same time, as fast as they are answered."""

import socket
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

Call = Callable[[], object]
WARM_CALLS = 20
END_OF_HEAD = b"\r\n\r\n"
RECEIVED = 65536  # bytes at a time


def load_rounds(
    new_call: Callable[[], Call], num_clients: Sequence[int], seconds: float
) -> Callable[[], dict[str, float]]:
    """A function that measures a round, warm.

    Args:
        new_call: makes a client; what it returns asks once.
        num_clients: numbers of clients to measure with, one after the other.
        seconds: time of a round with each number.

    Returns:
        Function without arguments. Its figures are `p50_us_<n>`, `p99_us_<n>`
        and `per_second_<n>` of n clients.
    """
    warm = new_call()
    for _ in range(WARM_CALLS):
        warm()

    def measure() -> dict[str, float]:
        figures = {}
        for count in num_clients:
            # Anew: servers close connections that have waited for their round.
            clients = [new_call() for _ in range(count)]
            for call in clients:
                call()
            times, elapsed = _ask(clients, seconds)
            figures[f"p50_us_{count}"] = float(np.percentile(times, 50))
            figures[f"p99_us_{count}"] = float(np.percentile(times, 99))
            figures[f"per_second_{count}"] = len(times) / elapsed
        return figures

    return measure


def _ask(clients: Sequence[Call], seconds: float) -> tuple[list[float], float]:
    """Times of all answers in microseconds, and the seconds they took."""
    times: list[list[float]] = [[] for _ in clients]
    errors: list[Exception] = []
    start = time.perf_counter()

    def work(call: Call, own_times: list[float]) -> None:
        try:
            # Once at least: a thread may begin late.
            while not own_times or time.perf_counter() < start + seconds:
                begin = time.perf_counter_ns()
                call()
                own_times.append((time.perf_counter_ns() - begin) / 1e3)
        except Exception as error:
            errors.append(error)

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in zip(clients, times, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return sum(times, []), time.perf_counter() - start


class HttpCall:
    """Sends the same request of HTTP again and again over one connection.

    An HTTP library would take longer than the server.

    Args:
        port: int. The server's, on this machine.
        path: string.
        body: bytes.
        headers: name -> value.
    """

    def __init__(
        self, port: int, path: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1"]
        all_headers = {"Content-Length": str(len(body)), **headers}
        lines += [f"{name}: {value}" for name, value in all_headers.items()]
        self._request = "\r\n".join(lines).encode() + END_OF_HEAD + body
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __call__(self) -> bytes:
        """The body of the answer.

        Raises:
            RuntimeError: if its status is not 200.
        """
        self._socket.sendall(self._request)
        answer = b""
        while END_OF_HEAD not in answer:
            answer += self._receive()
        head, _, body = answer.partition(END_OF_HEAD)
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        while len(body) < int(headers["content-length"]):
            body += self._receive()
        if status.split()[1] != "200":
            raise RuntimeError(f"{status}: {body.decode()}")
        return body

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()

    def _receive(self) -> bytes:
        part = self._socket.recv(RECEIVED)
        if not part:
            raise RuntimeError("the server closed the connection")
        return part
