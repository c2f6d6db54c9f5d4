"""What settings say of kernels: of all, and of those of some kernelspecs."""

from collections.abc import Mapping
from typing import Any

from jupyter_sessions_server.config import JournalConfig, KernelConfig, KernelPolicy
from jupyter_sessions_server.settings.setting import SettingsError, not_negative, positive
from jupyter_sessions_server.settings.sources import KERNELSPEC
from jupyter_sessions_server.settings.table import POLICY_SETTINGS

MAX_NICE = 19


def kernel_config(
    values: Mapping[str, Any], by_kernelspec: Mapping[str, Mapping[str, Any]]
) -> KernelConfig:
    """The configuration of kernels; raises SettingsError that names what is wrong."""
    common = {setting.name: values[setting.name] for setting in POLICY_SETTINGS}
    return KernelConfig(
        start_seconds=positive(values, "kernel_start_seconds"),
        query_seconds=positive(values, "kernel_query_seconds"),
        kernel_limit=positive(values, "kernel_limit"),
        journal=_journal(values),
        cull_interval_seconds=positive(values, "cull_interval"),
        usage_interval_seconds=positive(values, "usage_interval_seconds"),
        retention_seconds=not_negative(values, "retention_seconds"),
        queue_limit=positive(values, "queue_limit"),
        interrupt_grace_seconds=not_negative(values, "interrupt_grace_seconds"),
        output_limit_bytes=positive(values, "output_limit_bytes"),
        orphan_ttl_seconds=positive(values, "orphan_ttl_seconds"),
        stop_kernels=values["stop_kernels"],
        policy=_policy(common),
        policies={
            kernel_name: _policy({**common, **own}, f"{KERNELSPEC}.{kernel_name}.")
            for kernel_name, own in by_kernelspec.items()
        },
    )


def _policy(values: Mapping[str, Any], where: str = "") -> KernelPolicy:
    nice = not_negative(values, "kernel_nice", where)
    if nice > MAX_NICE:
        message = f"{where}kernel_nice: {nice} is above {MAX_NICE}"
        raise SettingsError(message)
    return KernelPolicy(
        idle_cull_seconds=not_negative(values, "cull_idle_timeout", where),
        cull_connected=values["cull_connected"],
        cull_busy=values["cull_busy"],
        ttl_seconds=not_negative(values, "kernel_ttl_seconds", where),
        restart_limit=not_negative(values, "restart_limit", where),
        memory_limit_bytes=not_negative(values, "kernel_memory_limit", where),
        nice=nice,
        warm_kernels=not_negative(values, "warm_kernels", where),
        warm_start=values["warm_start"],
    )


def _journal(values: Mapping[str, Any]) -> JournalConfig:
    """The journals' limits; none is below the size of a segment."""
    kernel_bytes = positive(values, "kernel_journal_bytes")
    total_bytes = positive(values, "journal_bytes")
    segment_bytes = min(JournalConfig().segment_bytes, kernel_bytes, total_bytes)
    return JournalConfig(segment_bytes, kernel_bytes, total_bytes)
