"""What JupyterLab behind `--gateway-url` says of a new kernel, as to Jupyter's Kernel Gateway."""

import pytest


async def test_kernel_variables_reach_the_kernel(new_kernel, kernels):
    """All that are called KERNEL_…; others could make the process another one."""
    env = {
        "KERNEL_USERNAME": "ada",
        "KERNEL_LAUNCH_TIMEOUT": "40",
        "PATH": "p",
        "LD_PRELOAD": "x",
    }

    await new_kernel(env=env)

    assert kernels.launches[-1].env == {"KERNEL_USERNAME": "ada", "KERNEL_LAUNCH_TIMEOUT": "40"}


async def test_variables_that_the_settings_name_reach_it_too(serve, http, kernels):
    """And no others."""
    address = await serve(kernel_env=frozenset({"TEAM"}))

    await http.post(f"{address}api/kernels", json={"env": {"TEAM": "a", "TEAMS": "b"}})

    assert kernels.launches[-1].env == {"TEAM": "a"}


@pytest.mark.parametrize(
    ("directory", "cwd"),
    [
        ("/root/b", "/root/b"),
        ("/root/b/../c", "/root/c"),
        ("/root", "/root"),
        ("/elsewhere", "/root"),
        ("/root/../elsewhere", "/root"),
        ("/rooted", "/root"),
        ("b", "/root"),
    ],
)
async def test_a_working_directory_below_the_root_is_used(new_kernel, kernels, directory, cwd):
    """The notebook's relative paths then mean what they mean in JupyterLab."""
    await new_kernel(env={"KERNEL_WORKING_DIR": directory})

    assert kernels.launches[-1].cwd == cwd


async def test_the_path_of_a_request_wins_over_its_variable(new_kernel, kernels):
    """It is the API's own way to say it."""
    await new_kernel(path="b", env={"KERNEL_WORKING_DIR": "/root/c"})

    assert kernels.launches[-1].cwd == "/root/b"


async def test_without_a_root_the_service_decides(serve, http, kernels):
    """A gateway elsewhere does not know the kernels' disk; what is no directory is not used."""
    address = await serve(root_dir=None)
    kernels.missing_directories.add("/gone")

    for directory in ("/data", "/gone"):
        body = {"env": {"KERNEL_WORKING_DIR": directory}}
        assert (await http.post(f"{address}api/kernels", json=body)).status_code == 201

    assert [launch.cwd for launch in kernels.launches] == ["/data", "/root"]
