"""Cursors: how far front ends have got is known after the process was killed."""

import asyncio

import httpx
import pytest

from jupyter_sessions_server.gateway.cursors import Cursors
from jupyter_sessions_server.gateway.listening import listen, port_of
from jupyter_sessions_server.gateway.serving import serve_gateway


@pytest.fixture
def path(tmp_path):
    """Where the file is."""
    return tmp_path / "cursors"


def test_a_front_end_that_comes_first_has_no_place(path):
    """It begins at the present."""
    with Cursors(path) as cursors, cursors.connected("kernel", "me") as cursor:
        assert cursor.next_seq is None


def test_a_place_is_there_when_it_comes_again(path):
    """By its names."""
    with Cursors(path) as cursors:
        with cursors.connected("kernel", "me") as cursor:
            cursor.begin(1)
            cursor.move(7)
        with cursors.connected("kernel", "me") as again:
            assert again.next_seq == 7
        with cursors.connected("kernel", "another") as other:
            assert other.next_seq is None


def test_a_place_is_known_to_the_next_process(path):
    """The file is closed here by nobody, as after a kill."""
    killed = Cursors(path)
    with killed.connected("kernel", "me") as cursor:
        cursor.begin(1)
        cursor.move(7)
        content = path.read_bytes()
    path.with_name("found").write_bytes(content)

    with Cursors(path.with_name("found")) as cursors, cursors.connected("kernel", "me") as found:
        assert found.next_seq == 7
    killed.__exit__()


def test_a_connection_that_broke_goes_on_where_the_other_side_has_everything(path):
    """What was on its way is sent again."""
    with Cursors(path) as cursors:
        with cursors.connected("kernel", "me") as cursor:
            cursor.begin(1)
            cursor.move(5)
            cursor.arrived(5)
            cursor.move(9)
            cursor.go_back()
        with cursors.connected("kernel", "me") as again:
            assert again.next_seq == 5


def test_who_comes_again_while_still_connected_has_lost_that_connection(path):
    """The older one was lost without our having noticed, and moves the place no more."""
    with Cursors(path) as cursors, cursors.connected("kernel", "me") as older:
        older.begin(1)
        older.move(5)
        older.arrived(3)

        with cursors.connected("kernel", "me") as newer:
            began = newer.next_seq
            newer.begin(began)
            older.move(100)
            older.go_back()

            assert began == 3
            assert newer.next_seq == 3


def test_a_place_that_is_forgotten_is_no_place(path):
    """The kernel is gone; another one may get its id."""
    with Cursors(path) as cursors:
        with cursors.connected("kernel", "me") as cursor:
            cursor.begin(4)
            cursor.forget()
        with cursors.connected("kernel", "me") as again:
            assert again.next_seq is None


def test_the_one_used_longest_ago_makes_way(path):
    """The file does not grow."""
    with Cursors(path, slot_count=2) as cursors:
        for name in ("a", "b", "a", "c"):
            with cursors.connected(name) as cursor:
                cursor.begin(cursor.next_seq or 7)
        size = path.stat().st_size

        with cursors.connected("a") as kept:
            assert kept.next_seq == 7
        with cursors.connected("b") as forgotten:
            assert forgotten.next_seq is None
        assert path.stat().st_size == size


def test_who_is_connected_does_not_make_way(path):
    """If all are, one more is refused rather than two be mixed up."""
    with Cursors(path, slot_count=2) as cursors, cursors.connected("a") as a:
        a.begin(5)
        for name in ("b", "c", "d"):
            with cursors.connected(name) as other:
                other.begin(1)
        assert a.next_seq == 5

        with cursors.connected("b"), pytest.raises(OSError, match="2 front ends"):
            cursors.connected("c").__enter__()


def test_a_file_has_one_process(path):
    """Two would undo what the other notes."""
    with Cursors(path), pytest.raises(BlockingIOError):
        Cursors(path)


def test_a_file_of_another_size_is_taken(path):
    """Whatever it was: places that are not found are no loss of messages to come."""
    path.write_bytes(b"x" * 1000)

    with Cursors(path) as cursors, cursors.connected("kernel", "me") as cursor:
        cursor.begin(3)

        assert cursor.next_seq == 3


def test_the_files_room_is_taken_from_the_beginning(path):
    """Later the disk may be full, and whoever stores into what is not there is ended."""
    with Cursors(path):
        status = path.stat()

    assert status.st_blocks * 512 >= status.st_size > 100_000


def test_without_a_file_places_are_kept_in_memory():
    """For a server that leaves nothing behind."""
    with Cursors(None) as cursors:
        with cursors.connected("kernel", "me") as cursor:
            cursor.begin(3)
        with cursors.connected("kernel", "me") as again:
            assert again.next_seq == 3


async def test_a_gateway_without_room_for_the_file_serves_all_the_same(
    service, gateway_config, tasks, tmp_path, caplog
):
    """What it does without is told."""
    (tmp_path / "cursors").mkdir()  # where no file can be
    stop = asyncio.Event()
    listening = listen("127.0.0.1", 0)
    serving = tasks.create_task(
        serve_gateway(
            service.channel,
            gateway_config,
            listening=listening,
            cursors=tmp_path / "cursors",
            tasks=tasks,
            stop=stop,
        )
    )

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port_of(listening)}") as http:
        answer = await http.get("/api")
    stop.set()
    await serving

    assert answer.status_code == 200
    assert "cursors" in caplog.text
