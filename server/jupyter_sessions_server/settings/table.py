"""The tables of all settings."""

from typing import NamedTuple

from jupyter_sessions_server.config import (
    GatewayConfig,
    KernelConfig,
    KernelPolicy,
    RpcConfig,
    SessionConfig,
)
from jupyter_sessions_server.settings.setting import Setting

_RPC, _KERNELS, _SESSIONS, _POLICY = RpcConfig(), KernelConfig(), SessionConfig(), KernelPolicy()
_GATEWAY = GatewayConfig()

POLICY_SETTINGS = (
    Setting(
        "cull_idle_timeout",
        float,
        _POLICY.idle_cull_seconds,
        "seconds after which idle kernels are ended; 0: never",
    ),
    Setting("cull_connected", bool, _POLICY.cull_connected, "end idle kernels in use, too"),
    Setting("cull_busy", bool, _POLICY.cull_busy, "end busy kernels that say nothing, too"),
    Setting(
        "kernel_ttl_seconds",
        float,
        _POLICY.ttl_seconds,
        "seconds that a kernel's process may live, used or not; 0: for ever",
    ),
    Setting(
        "restart_limit",
        int,
        _POLICY.restart_limit,
        "how many times a minute a kernel that died is restarted; 0: never",
    ),
    Setting(
        "kernel_memory_limit",
        int,
        _POLICY.memory_limit_bytes,
        "bytes of memory that a kernel may take; 0: any",
    ),
    Setting("kernel_nice", int, _POLICY.nice, "niceness of kernels, 0 to 19"),
    Setting("warm_kernels", int, _POLICY.warm_kernels, "kernels kept ready per kernelspec"),
    Setting("warm_start", bool, _POLICY.warm_start, "start kernels from a prepared process"),
)
"""Those that kernelspecs may have of their own."""

GATEWAY_SETTINGS = (
    Setting("http_port", int, _GATEWAY.port, "port for browsers; 0: any free one"),
    Setting("base_url", str, _GATEWAY.base_url, "what addresses for browsers begin with"),
    Setting(
        "allow_origin",
        str,
        None,
        "origin whose pages may call this server; '*': any (default: our own)",
    ),
    Setting(
        "allow_origin_pat",
        str,
        None,
        "regular expression of such origins, where allow_origin is empty",
    ),
    Setting("allow_credentials", bool, _GATEWAY.allow_credentials, "let them send cookies, too"),
    Setting(
        "local_hostnames",
        str,
        ",".join(_GATEWAY.local_hostnames),
        "names that browsers may use for this machine, with commas between",
    ),
    Setting(
        "kernel_env",
        str,
        None,
        "variables that the REST API may set in kernels, besides KERNEL_*, with commas between",
    ),
)
"""Those of the gateway."""

_LISTENING = (
    Setting("host", str, _RPC.host, "address to listen on"),
    Setting("tls_cert", str, None, "PEM file of a certificate; with a key, speak TLS"),
    Setting("tls_key", str, None, "PEM file of the certificate's key"),
    Setting("insecure_bind", bool, False, "allow to listen beyond this machine without TLS"),
)
_LOG_LEVEL = Setting("log_level", str, "warning", "debug, info, warning or error")

SETTINGS = (
    *_LISTENING,
    Setting("grpc_port", int, _RPC.port, "port for gRPC; 0: any free one"),
    Setting("http", bool, True, "serve browsers and JupyterLab, too"),
    *GATEWAY_SETTINGS,
    Setting("root_dir", str, ".", "directory that documents' paths are relative to"),
    Setting(
        "data_dir", str, None, "directory of the database (default: in Jupyter's data directory)"
    ),
    Setting("ephemeral", bool, False, "keep the database in a temporary directory"),
    Setting("token", str, None, "token that callers send; other users can see it here"),
    Setting("token_file", str, None, "file that holds the token (default: one kept in data_dir)"),
    Setting("stream_limit", int, _RPC.stream_limit, "how many streams a caller may have open"),
    Setting("kernel_limit", int, _KERNELS.kernel_limit, "how many kernels may run at once"),
    Setting("session_limit", int, _SESSIONS.session_limit, "how many sessions may exist"),
    Setting("kernel_start_seconds", float, _KERNELS.start_seconds, "how long a start may take"),
    Setting(
        "kernel_query_seconds",
        float,
        _KERNELS.query_seconds,
        "how long a kernel may take to complete or inspect code",
    ),
    *POLICY_SETTINGS,
    Setting(
        "cull_interval",
        float,
        _KERNELS.cull_interval_seconds,
        "seconds between looks for kernels to end",
    ),
    Setting(
        "usage_interval_seconds",
        float,
        _KERNELS.usage_interval_seconds,
        "seconds between measurements of kernels' memory and processor time",
    ),
    Setting(
        "kernel_journal_bytes",
        int,
        _KERNELS.journal.kernel_bytes,
        "how much is kept of what a kernel said",
    ),
    Setting(
        "journal_bytes",
        int,
        _KERNELS.journal.total_bytes,
        "how much is kept of what all kernels said together",
    ),
    Setting(
        "retention_seconds",
        float,
        _KERNELS.retention_seconds,
        "seconds that what a kernel said is kept after it is forgotten",
    ),
    Setting("queue_limit", int, _KERNELS.queue_limit, "how many executions may wait for a kernel"),
    Setting(
        "interrupt_grace_seconds",
        float,
        _KERNELS.interrupt_grace_seconds,
        "seconds that interrupted code has to end, before its kernel is restarted",
    ),
    Setting(
        "output_limit_bytes",
        int,
        _KERNELS.output_limit_bytes,
        "how much output of one execution counts, unless its caller says less",
    ),
    Setting(
        "orphan_ttl_seconds",
        float,
        _KERNELS.orphan_ttl_seconds,
        "seconds after which silent kernels are ended that no server is there for",
    ),
    Setting("stop_kernels", bool, _KERNELS.stop_kernels, "end kernels when the server stops"),
    _LOG_LEVEL,
)
"""Those of the server."""


class Program(NamedTuple):
    """A command that has settings."""

    name: str
    purpose: str
    settings: tuple[Setting, ...]
    has_kernels: bool = False
    """Whether some of them may differ by kernelspec."""


SERVE = Program(
    "jupyter-sessions serve",
    "Serve Jupyter sessions over gRPC, and to browsers.",
    SETTINGS,
    has_kernels=True,
)
GATEWAY = Program(
    "jupyter-sessions gateway",
    "Serve browsers and JupyterLab in front of a server that runs elsewhere.",
    (
        Setting("target", str, None, "HOST:PORT of the server (default: the one that runs here)"),
        Setting("target_tls", bool, False, "speak TLS to it"),
        Setting("target_ca", str, None, "PEM file of the authorities to trust for that"),
        *_LISTENING,
        *GATEWAY_SETTINGS,
        Setting("data_dir", str, None, "directory of its own (default: in Jupyter's)"),
        _LOG_LEVEL,
    ),
)
