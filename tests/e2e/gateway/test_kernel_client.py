"""jupyter-kernel-client, a client in Python that others have written, unchanged."""

from threading import Thread

import pytest
from jupyter_kernel_client import JupyterKernelClient

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(60)]


@pytest.fixture
def connect(gateway):
    """Makes clients: of kernels of their own, unless one is named."""
    url = gateway.http_url.removesuffix("/")  # it adds one
    soon = {"timeout": 1}  # it waits for its own thread, in vain now and then
    return lambda **kernel: JupyterKernelClient(
        server_url=url, token=gateway.token, client_kwargs=dict(soon), **kernel
    )


@pytest.fixture
def kernel(connect):
    """A kernel of the client's own."""
    with connect() as client:
        yield client


def test_code_is_run(kernel):
    """My program runs code far away."""
    ran = kernel.execute("import sys\nprint('hello')\nprint('oh', file=sys.stderr)\n6 * 7")

    assert (ran["status"], ran["execution_count"]) == ("ok", 1)
    texts = {output["name"]: output["text"] for output in ran["outputs"] if "name" in output}
    assert texts == {"stdout": "hello\n", "stderr": "oh\n"}
    assert ran["outputs"][-1]["data"]["text/plain"] == "42"


def test_an_error_is_told(kernel):
    """My code fails there as here."""
    ran = kernel.execute("1 / 0")

    assert ran["status"] == "error"
    assert ran["outputs"][0]["ename"] == "ZeroDivisionError"


def test_variables_are_set_read_and_listed(kernel):
    """I hand data over, and get it back."""
    kernel.set_variable("data", {"a": [1, 2, 3]})

    value = kernel.get_variable("data")

    assert value == {"a": [1, 2, 3]}
    assert [variable["name"] for variable in kernel.list_variables()] == ["data"]


def test_code_that_asks_is_answered(kernel):
    """The remote code calls input()."""

    def answer(request):
        assert request["content"]["prompt"] == "Who? "
        kernel._manager.client.input("ada")

    ran = kernel.execute("print(input('Who? ').upper())", allow_stdin=True, stdin_hook=answer)

    assert ran["outputs"][0]["text"] == "ADA\n"


def test_endless_code_is_interrupted(kernel):
    """I have to stop it from another thread."""

    def interrupt(message):
        if message["header"]["msg_type"] == "stream":
            Thread(target=kernel.interrupt).start()

    code = "print('on', flush=True)\nimport time\ntime.sleep(60)"
    reply = kernel.execute_interactive(code, output_hook=interrupt, allow_stdin=False, timeout=30)

    assert reply["content"]["ename"] == "KeyboardInterrupt"


def test_a_kernel_is_restarted(kernel):
    """I want a clean start."""
    kernel.execute("kept = 1")

    kernel.restart()

    ran = kernel.execute("print('kept' in globals())", timeout=30)
    assert ran["outputs"][0]["text"] == "False\n"


def test_a_second_client_joins(connect, kernel):
    """My notebook and my script share a kernel."""
    kernel.execute("x = 'from one'")

    with connect(kernel_id=kernel.id) as second:
        ran = second.execute("print(x)")

    assert ran["outputs"][0]["text"] == "from one\n"
    assert kernel.is_alive()  # who joined does not end it


def test_its_kernel_ends_with_it(connect, kernel):
    """No kernels are left behind."""
    ended = kernel.id

    kernel.stop()

    with connect() as other:
        assert ended not in [each["id"] for each in other.list_kernels()]
