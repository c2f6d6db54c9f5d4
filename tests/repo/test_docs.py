"""The docs name what there is: no more, no less."""

import re
from pathlib import Path

from jupyter_sessions.v1 import channels_pb2, executions_pb2, kernels_pb2, sessions_pb2
from jupyter_sessions_server.rpc.channel_service import ChannelService
from jupyter_sessions_server.rpc.execution_service import ExecutionService
from jupyter_sessions_server.rpc.kernel_service import KernelService
from jupyter_sessions_server.rpc.session_service import SessionService
from jupyter_sessions_server.settings import SETTINGS

ROOT = Path(__file__).parents[2]
SERVICES = {
    channels_pb2: ChannelService,
    executions_pb2: ExecutionService,
    kernels_pb2: KernelService,
    sessions_pb2: SessionService,
}


def unserved() -> set[str]:
    """The RPCs whose handlers only refuse."""
    names = set()
    for module, servicer in SERVICES.items():
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                handler = getattr(servicer, method.name)
                if handler.__qualname__.startswith("unserved."):
                    names.add(f"{service.name}.{method.name}")
    return names


def test_the_changelog_lists_what_is_not_served():
    """A user reads there what not to build on yet."""
    changelog = (ROOT / "CHANGELOG.md").read_text()

    listed = set(re.findall(r"^- `(\w+Service\.\w+)`$", changelog, re.MULTILINE))

    assert listed == unserved()


def test_every_setting_is_documented_with_its_default():
    """Whoever runs the server finds them all on one page."""
    guide = (ROOT / "docs/guides/running.md").read_text()
    rows = {row.split("|")[1]: row for row in guide.splitlines() if row.startswith("| `")}

    for setting in SETTINGS:
        row = next((rows[names] for names in rows if f"`{setting.name}`" in names), "")

        assert row, f"docs/guides/running.md does not name {setting.name}"
        if setting.shown_default:
            default = f"{setting.default:g}" if setting.type is float else str(setting.default)
            assert default.lower() in row.lower(), setting.name


def test_every_decision_is_in_the_index():
    """A record that is not listed is not read."""
    index = (ROOT / "docs/decisions/README.md").read_text()

    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))

    assert records
    assert all(f"({record.name})" in index for record in records)


def test_links_between_pages_lead_somewhere():
    """A reader who follows one arrives."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]

    broken = [
        (page.name, link)
        for page in pages
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
        if not (page.parent / link).exists()
    ]

    assert broken == []
