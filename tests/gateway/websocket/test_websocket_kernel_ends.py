"""What becomes of a kernel: front ends are told in Jupyter's words, within a moment."""

from dataclasses import replace

import pytest
import websockets

from jupyter_sessions_server.config import KernelPolicy
from tests.gateway.websocket.front_end import FrontEnd, connect


async def test_a_kernel_that_dies_is_told_dead(connected, http, kernels, kernel_id):
    """The connection stays, for it may be restarted."""
    async with connected() as front_end:
        await front_end.run("say hello")
        kernels.die(kernel_id)
        dead = await front_end.until("status", execution_state="dead")

        assert dead["channel"] == "iopub"
        assert dead["parent_header"] == {}
        assert (await http.get(f"api/kernels/{kernel_id}")).status_code == 404


async def test_a_dead_kernel_that_is_restarted_goes_on_over_the_same_connection(
    connected, http, kernels, kernel_id
):
    """Under the same id; what was sent to the dead one is gone, and disturbs nothing."""
    async with connected() as front_end:
        kernels.die(kernel_id)
        await front_end.until("status", execution_state="dead")
        await front_end.execute("say to nobody")

        restarted = await http.post(f"api/kernels/{kernel_id}/restart")
        await front_end.run("say hello")

    assert restarted.status_code == 200
    assert front_end.texts() == ["hello"]


async def test_code_that_ends_the_kernel_is_heard_to_its_end(connected):
    """What it said before comes first."""
    async with connected() as front_end:
        await front_end.execute("die")
        await front_end.until("status", execution_state="dead")

    told = [each["header"]["msg_type"] for each in front_end.heard]
    assert told == ["status", "execute_input", "status"]


async def test_a_restart_that_was_asked_for_is_not_told_as_a_crash(connected, http, kernel_id):
    """Front ends show a warning when they hear "restarting"."""
    async with connected() as front_end:
        await http.post(f"api/kernels/{kernel_id}/restart")
        await front_end.run("say hello")

    states = [each["content"].get("execution_state") for each in front_end.heard]
    assert "restarting" not in states
    assert "dead" not in states
    assert front_end.texts() == ["hello"]


class TestWhereKernelsAreRestarted:
    """A server that starts kernels again which died."""

    @pytest.fixture
    def config(self, config):
        """The settings."""
        policy = KernelPolicy(restart_limit=1)
        return replace(config, kernels=replace(config.kernels, policy=policy))

    async def test_it_is_told_that_it_restarts_and_in_the_end_that_it_is_dead(
        self, connected, kernels, kernel_id
    ):
        """By the words that front ends know."""
        async with connected() as front_end:
            kernels.die(kernel_id)
            restarting = await front_end.until("status", execution_state="restarting")
            await front_end.run("say alive")
            kernels.die(kernel_id)
            await front_end.until("status", execution_state="dead")

        assert restarting["parent_header"] == {}
        assert front_end.texts() == ["alive"]

    async def test_who_connects_anew_for_that_is_not_told_again(
        self, connected, kernels, kernel_id
    ):
        """JupyterLab does so when it hears that a kernel is restarted."""
        async with connected() as front_end:
            await front_end.run("say one")
            kernels.die(kernel_id)
            await front_end.until("status", execution_state="restarting")
            front_end.socket.transport.abort()

        async with connected() as again:
            await again.run("say two")

        states = [each["content"].get("execution_state") for each in again.heard]
        assert "restarting" not in states
        assert again.texts() == ["two"]


@pytest.mark.parametrize("with_session", [True, False])
async def test_a_kernel_that_is_shut_down_closes_its_connections(gateway, http, with_session):
    """jupyter_server leaves them open, and silent."""
    body = {"path": "a.ipynb", "type": "notebook"}
    kernel = (
        (await http.post("api/sessions", json=body)).json()["kernel"]
        if with_session
        else (await http.post("api/kernels", json={})).json()
    )
    async with connect(gateway, kernel["id"]) as socket:
        front_end = FrontEnd(socket, "me")
        await front_end.run("say hello")

        await http.delete(f"api/kernels/{kernel['id']}")
        await front_end.until("status", execution_state="dead")
        with pytest.raises(websockets.ConnectionClosed):
            await front_end.next()

    assert socket.close_code == 1001
    assert "shut down" in socket.close_reason


async def test_a_session_that_is_deleted_closes_its_kernels_connections(gateway, http):
    """The same for whoever closes a notebook for good."""
    body = {"path": "a.ipynb", "type": "notebook"}
    session = (await http.post("api/sessions", json=body)).json()
    async with connect(gateway, session["kernel"]["id"]) as socket:
        front_end = FrontEnd(socket, "me")
        await front_end.run("say hello")

        await http.delete(f"api/sessions/{session['id']}")
        await front_end.until("status", execution_state="dead")
        await socket.wait_closed()

    assert socket.close_code == 1001


async def test_a_dead_kernel_is_not_there_for_who_comes_new(connected, kernels, kernel_id):
    """As by REST."""
    kernels.die(kernel_id)

    with pytest.raises(websockets.InvalidStatus) as caught:
        async with connected("new"):
            pass

    assert caught.value.response.status_code == 404


async def test_who_was_there_before_hears_how_it_ended(connected, kernels, kernel_id):
    """The last output, and that it is dead."""
    async with connected() as front_end:
        await front_end.run("say one")
        await front_end.execute("say two")
        await front_end.execute("die", msg_id="last")

    async with connected() as again:
        await again.until("status", execution_state="dead")

    assert front_end.texts() + again.texts() == ["one", "two"]


class TestWhereLittleIsKept:
    """A kernel whose journal holds a few messages only."""

    @pytest.fixture
    async def kernels(self, kernels):
        """Kernels that are started from now on."""
        kernels.journal_bytes = 5000
        return kernels

    async def test_what_is_missing_is_counted_where_it_belongs(self, connected):
        """As output of the code that was heard last, in words."""
        async with connected() as front_end:
            await front_end.run("say one")
        async with connected("other") as other:
            await other.run("lines 500")

        async with connected() as again:
            missed = await again.until("stream", name="stderr")
            await again.until("status", execution_state="idle")

        count, _, words = missed["content"]["text"].partition(" ")
        assert words.startswith("messages are missing here: ")
        numbers = [text for text in again.texts() if text.isdigit()]
        assert numbers[-1] == "499"
        assert int(count) + len(again.heard) - 1 == 504  # 500 lines, reply, input, busy and idle
