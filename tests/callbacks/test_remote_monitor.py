import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

from plait.callbacks import RemoteMonitor
from tests.callbacks.fake import FakeModel, run_epochs

EPOCHS = [{"loss": 0.5, "acc": np.float32(0.25)}]
EXPECTED = {"epoch": 0, "loss": 0.5, "acc": 0.25}


@pytest.fixture
def server():
    """Gives a server on this machine that keeps what it is sent, and answers with its `status`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.received.append((self.path, dict(self.headers), body))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_):
            """Says nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.received, server.status = [], 200
    server.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_logs_are_sent_as_json_in_a_field_of_a_form(server):
    run_epochs(FakeModel(), RemoteMonitor(server.root, field="sent"), EPOCHS)

    ((path, headers, body),) = server.received
    assert path == "/publish/epoch/end/"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    ((name, value),) = urllib.parse.parse_qsl(body)
    assert (name, json.loads(value)) == ("sent", EXPECTED)


def test_the_logs_are_sent_as_json_alone(server):
    run_epochs(FakeModel(), RemoteMonitor(server.root, "/here", headers={"X-Key": "secret"}, send_as_json=True), EPOCHS)

    ((path, headers, body),) = server.received
    assert (path, headers["Content-Type"], headers["X-Key"]) == ("/here", "application/json", "secret")
    assert json.loads(body) == EXPECTED


def test_a_server_that_refuses_is_warned_of_and_training_goes_on(server):
    server.status = 500

    with pytest.warns(UserWarning, match="Could not reach RemoteMonitor root server at http.*: HTTP Error 500"):
        assert run_epochs(FakeModel(), RemoteMonitor(server.root), EPOCHS * 2) == 2


def test_a_server_that_is_not_there_is_warned_of_and_training_goes_on(server):
    root = server.root
    server.shutdown()
    server.server_close()

    with pytest.warns(UserWarning, match=f"Could not reach RemoteMonitor root server at {root}: "):
        assert run_epochs(FakeModel(), RemoteMonitor(root), EPOCHS) == 1


@pytest.mark.parametrize("root", ["file:///tmp/x", "localhost:9000", ""])
def test_another_kind_of_url_is_an_error(root):
    with pytest.raises(ValueError, match="needs a root that begins with"):
        RemoteMonitor(root)
