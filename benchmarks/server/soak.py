"""Memory of a server under sustained load.

    python -m benchmarks.server.soak EXPORT MODEL BODY [MINUTES [CLIENTS]]

starts a server of an export, sends it the content of the file BODY as requests
of inference again and again, 5 minutes by 16 clients if not told otherwise,
and prints its resident memory every minute, the peak and the requests.
"""

import pathlib
import sys
import threading
import time

from benchmarks.server.load import HttpCall
from benchmarks.server.started import start_ours

INTERVAL = 60.0  # seconds


def main() -> None:
    """Measures and prints."""
    export, model, path, *numbers = sys.argv[1:]
    minutes, clients = [*map(float, numbers), *(5.0, 16.0)[len(numbers) :]]
    body = pathlib.Path(path).read_bytes()
    server = start_ours(export, ["--name", model])
    counts = [0] * int(clients)
    start = time.monotonic()
    end = start + 60 * minutes

    def ask(client: int) -> None:
        call = HttpCall(server.http_port, f"/v2/models/{model}/infer", body, {})
        while time.monotonic() < end:
            call()
            counts[client] += 1

    threads = [
        threading.Thread(target=ask, args=(client,))
        for client in range(len(counts))
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        _report(server.process.pid, time.monotonic() - start, sum(counts))
        time.sleep(INTERVAL)
    _report(server.process.pid, time.monotonic() - start, sum(counts))


def _report(pid: int, seconds: float, count: int) -> None:
    status = pathlib.Path(f"/proc/{pid}/status").read_text("ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    megabytes, peak = (
        int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")
    )
    print(
        f"{seconds:6.0f} s: {megabytes:7.1f} MB, peak {peak:7.1f} MB, "
        f"{count} requests",
        flush=True,
    )


if __name__ == "__main__":
    main()
