"""ListKernels, page by page."""

import pytest

from jupyter_sessions.v1 import kernels_pb2 as pb
from tests.refusals import refused


@pytest.fixture
async def ids(kernel_stub, clock):
    """Seven kernels, oldest first."""
    made = []
    for _ in range(7):
        clock.ms += 1
        made.append((await kernel_stub.StartKernel(pb.StartKernelRequest())).kernel.kernel_id)
    return made


@pytest.mark.parametrize("size", [1, 3, 7, 8])
async def test_pages_hold_all_kernels_once_and_in_order(kernel_stub, ids, size):
    """Going through pages is the same as one long list."""
    request = pb.ListKernelsRequest(page_size=size)
    seen, count = [], 0
    while not count or request.page_token:
        page = await kernel_stub.ListKernels(request)
        seen += [kernel.kernel_id for kernel in page.kernels]
        request.page_token = page.next_page_token
        count += 1

    assert seen == ids
    assert count == -(-7 // size)


async def test_what_stays_is_listed_once_whatever_comes_and_goes(kernel_stub, ids):
    """Shutting down what is listed skips nothing."""
    request = pb.ListKernelsRequest(page_size=2)
    first = await kernel_stub.ListKernels(request)
    for kernel in first.kernels:
        await kernel_stub.ShutDownKernel(pb.ShutDownKernelRequest(kernel_id=kernel.kernel_id))

    request.page_token = first.next_page_token
    second = await kernel_stub.ListKernels(request)

    assert [kernel.kernel_id for kernel in second.kernels] == ids[2:4]


@pytest.mark.covers("KernelService.ListKernels", "PAGE_TOKEN_INVALID")
async def test_a_token_of_another_list_is_refused(kernel_stub, ids):
    """A token says where a list goes on, and only this list."""
    page = await kernel_stub.ListKernels(pb.ListKernelsRequest(page_size=2))
    request = pb.ListKernelsRequest(page_token=page.next_page_token, states=[pb.KERNEL_STATE_IDLE])

    refusal = await refused(kernel_stub.ListKernels(request))

    assert refusal.what == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
    assert refusal.fields == ("page_token",)
