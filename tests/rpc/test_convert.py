"""Sessions and kernels as the contract has them, field by field."""

import enum
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_sessions.v1 import kernels_pb2, sessions_pb2
from jupyter_sessions_server import model
from jupyter_sessions_server.errors import InvalidField
from jupyter_sessions_server.rpc import convert

KERNEL = model.Kernel(
    kernel_id="k",
    kernel_name="python3",
    owner="o",
    state=model.KernelState.IDLE,
    cwd="/root/é",
    created_ms=1,
    start_ms=1_700_000_000_123,
    last_activity_ms=1_700_000_001_456,
    restarts=3,
    connections=2,
    start=model.KernelStart(model.StartMode.WARM, ready_after_ms=1_250),
)
SESSION = model.Session(
    session_id="s",
    owner="o",
    path="é.ipynb",
    name="n",
    type="notebook",
    labels={"a": "b"},
    kernel_id="k",
    revision=7,
    create_revision=5,
    created_ms=1_700_000_000_001,
    updated_ms=1_700_000_000_002,
)


def test_a_kernel():
    """All that is known of a kernel is told."""
    assert convert.kernel_to_pb(KERNEL) == kernels_pb2.Kernel(
        kernel_id="k",
        kernel_name="python3",
        owner="o",
        state=kernels_pb2.KERNEL_STATE_IDLE,
        connection_count=2,
        last_activity_time={"seconds": 1_700_000_001, "nanos": 456_000_000},
        start_time={"seconds": 1_700_000_000, "nanos": 123_000_000},
        restart_count=3,
        start={
            "mode": kernels_pb2.KERNEL_START_MODE_WARM,
            "ready_duration": {"seconds": 1, "nanos": 250_000_000},
        },
        cwd="/root/é",
    )


def test_what_a_kernel_takes_of_the_machine():
    """It is told once it was measured."""
    usage = model.KernelUsage(memory_bytes=2**40, cpu_seconds=61.2504, measure_ms=1_700_000_000_123)

    told = convert.kernel_to_pb(replace(KERNEL, usage=usage))

    assert not convert.kernel_to_pb(KERNEL).HasField("usage")
    assert told.usage == kernels_pb2.KernelUsage(
        memory_bytes=2**40,
        cpu_time={"seconds": 61, "nanos": 250_000_000},
        measure_time={"seconds": 1_700_000_000, "nanos": 123_000_000},
    )


def test_a_kernel_that_starts_has_no_time_until_ready():
    """Unset is not zero."""
    starting = replace(KERNEL, start=model.KernelStart(cold_reason="first of its kind"))

    made = convert.kernel_to_pb(starting).start

    assert not made.HasField("ready_duration")
    assert (made.mode, made.cold_reason) == (
        kernels_pb2.KERNEL_START_MODE_COLD,
        "first of its kind",
    )


@pytest.mark.parametrize(("exit_code", "signal"), [(0, None), (3, None), (None, 9), (None, None)])
def test_a_dead_kernel_tells_how_it_ended(exit_code, signal):
    """An exit code of 0 is a code, and none is none."""
    end = model.KernelExit(
        model.ExitCause.EXITED, 1_000, exit_code=exit_code, signal=signal, stderr_tail="é"
    )

    made = convert.kernel_to_pb(replace(KERNEL, state=model.KernelState.DEAD, exit=end)).exit

    assert made.cause == kernels_pb2.KERNEL_EXIT_CAUSE_EXITED
    assert (made.exit_code if made.HasField("exit_code") else None) == exit_code
    assert (made.signal if made.HasField("signal") else None) == signal
    assert (made.stderr_tail, made.exit_time.seconds) == ("é", 1)


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (convert.KERNEL_STATE_TO_PB, kernels_pb2.KernelState),
        (convert.EXIT_CAUSE_TO_PB, kernels_pb2.KernelExitCause),
        (convert.START_MODE_TO_PB, kernels_pb2.KernelStartMode),
    ],
    ids=["state", "cause", "mode"],
)
def test_each_value_of_an_enum_has_its_number(values, numbers):
    """None is left out, none is told as another, and UNSPECIFIED is never sent."""
    (kind,) = {type(value) for value in values}
    assert issubclass(kind, enum.Enum)
    assert set(values) == set(kind)
    assert sorted(values.values()) == sorted(set(numbers.values()) - {0})
    for value, number in values.items():
        assert numbers.Name(number).endswith(f"_{value.name}")


@pytest.mark.parametrize(
    ("values", "numbers", "unspecified"),
    [
        (convert.IF_EXISTS_FROM_PB, sessions_pb2.IfExists, "RETURN_MATCHING"),
        (convert.DISPOSITION_FROM_PB, sessions_pb2.KernelDisposition, "SHUT_DOWN_IF_UNUSED"),
        (convert.ORDER_FROM_PB, sessions_pb2.SessionOrder, "CREATED"),
    ],
    ids=["if_exists", "disposition", "order"],
)
def test_each_number_of_an_enum_is_understood(values, numbers, unspecified):
    """UNSPECIFIED is what the contract says it is the same as."""
    assert set(values) == set(numbers.values())
    assert values[0].name == unspecified
    for number, value in values.items():
        assert number == 0 or numbers.Name(number).endswith(f"_{value.name}")


def test_a_number_of_a_newer_contract_is_refused():
    """What a caller wants and the server does not know must not be guessed at."""
    with pytest.raises(InvalidField) as caught:
        convert.enum_from_pb("if_exists", 99, convert.IF_EXISTS_FROM_PB)

    assert caught.value.facts == {"field": "if_exists"}


@given(st.integers(min_value=0, max_value=253_402_300_799_999))
def test_times_are_exact_to_the_millisecond(ms):
    """A Timestamp holds more than the service does."""
    assert convert.timestamp_to_pb(ms).ToMilliseconds() == ms
    assert convert.duration_to_pb(ms).ToMilliseconds() == ms


def test_a_session():
    """A session holds its kernel as it is now."""
    assert convert.session_to_pb(SESSION, KERNEL) == sessions_pb2.Session(
        session_id="s",
        path="é.ipynb",
        name="n",
        type="notebook",
        owner="o",
        labels={"a": "b"},
        kernel=convert.kernel_to_pb(KERNEL),
        revision=7,
        create_time={"seconds": 1_700_000_000, "nanos": 1_000_000},
        update_time={"seconds": 1_700_000_000, "nanos": 2_000_000},
    )


def test_a_name_is_unset_or_empty_or_a_name():
    """Three different things."""
    unset, empty = (
        convert.session_to_pb(replace(SESSION, name=name), KERNEL) for name in (None, "")
    )

    assert not unset.HasField("name")
    assert empty.HasField("name")


def test_a_kernelspec():
    """As kernel.json has it."""
    spec = model.KernelSpec(
        kernel_name="ir",
        display_name="R é",
        language="R",
        argv=["R", "--args", "{connection_file}"],
        env={"A": "B"},
        interrupt_by_message=True,
        metadata_json='{"debugger": true}',
        resource_names=["logo.svg"],
    )

    assert convert.kernel_spec_to_pb(spec) == kernels_pb2.KernelSpec(
        kernel_name="ir",
        display_name="R é",
        language="R",
        argv=["R", "--args", "{connection_file}"],
        env={"A": "B"},
        interrupt_mode=kernels_pb2.KERNEL_INTERRUPT_MODE_MESSAGE,
        metadata_json='{"debugger": true}',
        resource_names=["logo.svg"],
    )


def test_a_filter():
    """An empty field lets all through."""
    dead = kernels_pb2.KERNEL_STATE_DEAD
    filter_ = sessions_pb2.SessionFilter(
        path_prefix="a", type="t", kernel_id="k", labels={"a": "b"}, kernel_states=[dead, dead]
    )

    everything = convert.session_filter_from_pb(sessions_pb2.SessionFilter())

    assert everything == model.SessionFilter()
    assert convert.session_filter_from_pb(filter_) == model.SessionFilter(
        path_prefix="a",
        type="t",
        kernel_id="k",
        labels={"a": "b"},
        kernel_states=frozenset({model.KernelState.DEAD}),
    )
