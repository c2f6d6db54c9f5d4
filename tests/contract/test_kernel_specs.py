"""ListKernelSpecs, GetKernelSpec and GetKernelSpecResource: which kernels can be started."""

import pytest

from jupyter_sessions.v1 import kernels_pb2 as pb
from tests.refusals import refused


async def test_all_are_listed_by_name_and_the_default_one_is_told(kernel_stub):
    """A front end fills its menu with one call."""
    answer = await kernel_stub.ListKernelSpecs(pb.ListKernelSpecsRequest())

    assert [spec.kernel_name for spec in answer.kernel_specs] == ["broken", "ir", "python3"]
    assert answer.default_kernel_name == "python3"


async def test_the_default_one_is_told_even_if_it_is_not_installed(kernel_stub, specs):
    """The list says what is there, the default what would be started."""
    del specs.specs["python3"]

    answer = await kernel_stub.ListKernelSpecs(pb.ListKernelSpecsRequest())

    assert [spec.kernel_name for spec in answer.kernel_specs] == ["broken", "ir"]
    assert answer.default_kernel_name == "python3"


async def test_a_kernelspec_is_what_its_file_says(kernel_stub):
    """Names for people, the language, the command: what a front end shows and a tool checks."""
    answer = await kernel_stub.GetKernelSpec(pb.GetKernelSpecRequest(kernel_name="python3"))

    assert answer.kernel_spec == pb.KernelSpec(
        kernel_name="python3",
        display_name="Python3",
        language="python",
        argv=["python3", "-f", "{connection_file}"],
        interrupt_mode=pb.KERNEL_INTERRUPT_MODE_SIGNAL,
        metadata_json="{}",
        resource_names=["logo-64x64.png"],
    )


async def test_a_kernelspec_is_found_by_its_other_name(kernel_stub):
    """Old notebooks say `python`."""
    answer = await kernel_stub.GetKernelSpec(pb.GetKernelSpecRequest(kernel_name="python"))

    assert answer.kernel_spec.kernel_name == "python3"


@pytest.mark.covers("KernelService.GetKernelSpec", "KERNELSPEC_NOT_FOUND")
async def test_an_unknown_kernelspec_is_not_found(kernel_stub):
    """The error says which name was meant."""
    request = pb.GetKernelSpecRequest(kernel_name="julia")

    refusal = await refused(kernel_stub.GetKernelSpec(request))

    assert refusal.what == ("NOT_FOUND", "KERNELSPEC_NOT_FOUND")
    assert refusal.facts == {"kernel_name": "julia"}


async def test_a_resource_comes_with_its_media_type(kernel_stub, specs):
    """A browser shows the logo as it is sent."""
    specs.resources["python3", "notes"] = b"\x00\xff"

    logo, notes = [
        await kernel_stub.GetKernelSpecResource(
            pb.GetKernelSpecResourceRequest(kernel_name="python3", resource_name=name)
        )
        for name in ("logo-64x64.png", "notes")
    ]

    assert (logo.content, logo.content_type) == (b"\x89PNG", "image/png")
    assert (notes.content, notes.content_type) == (b"\x00\xff", "application/octet-stream")


@pytest.mark.covers(
    "KernelService.GetKernelSpecResource", "KERNELSPEC_NOT_FOUND", "KERNELSPEC_RESOURCE_NOT_FOUND"
)
@pytest.mark.parametrize(
    ("kernel", "resource", "reason"),
    [
        ("julia", "logo-64x64.png", "KERNELSPEC_NOT_FOUND"),
        ("ir", "logo-64x64.png", "KERNELSPEC_RESOURCE_NOT_FOUND"),
        ("python3", "../python3/logo-64x64.png", "KERNELSPEC_RESOURCE_NOT_FOUND"),
        ("python3", "/etc/passwd", "KERNELSPEC_RESOURCE_NOT_FOUND"),
    ],
)
async def test_only_what_a_kernelspec_offers_is_handed_out(kernel_stub, kernel, resource, reason):
    """No file of the server can be read by a name with dots."""
    request = pb.GetKernelSpecResourceRequest(kernel_name=kernel, resource_name=resource)

    refusal = await refused(kernel_stub.GetKernelSpecResource(request))

    assert refusal.what == ("NOT_FOUND", reason)
    told = {"kernel_name": kernel, "resource_name": resource}
    assert refusal.facts.items() <= told.items()
    assert refusal.facts
