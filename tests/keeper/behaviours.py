"""What users can see of how their kernel was started: each line of code leaves it in `result`."""

BEHAVIOURS = {
    "working folder": "import os; result = os.getcwd()",
    "environment": "import os; result = sorted(os.environ.items())",
    "environment of its programs": (
        "import os, subprocess; lines = subprocess.check_output(['env', '-0']).split(b'\\0')\n"
        "result = sorted(line for line in lines if line and not line.startswith(b'_='))"
    ),
    "sys.path": "import sys; result = sys.path",
    "sys.argv": "import sys; result = sys.argv",
    "sys.flags": "import sys; result = sys.flags, sys._xoptions, sys.warnoptions",
    "interpreter": "import sys; result = sys.executable, sys.prefix, sys.version",
    "imports": "import sys; result = sys.meta_path, len(sys.path_hooks), sys.dont_write_bytecode",
    "hooks": "import sys; result = sys.excepthook, type(sys.displayhook), sys.breakpointhook",
    "limits of the interpreter": "result = sys.getrecursionlimit(), sys.getswitchinterval()",
    "main module": (
        "import sys; main = sys.modules['__main__']\n"
        "result = __name__, main.__name__, sorted(n for n in vars(main) if n[:2] == '__')"
    ),
    "names of a new kernel": "result = names_at_start",
    "built-in names": "import builtins; result = dir(builtins)",
    "startup file": "result = seen_by_startup_file",
    "configured lines": "result = from_configuration",
    "session name": "result = __session__",
    "folders": "result = _dh, get_ipython().starting_dir, get_ipython().home_dir",
    "profile": (
        "ip = get_ipython()\n"
        "result = ip.profile, ip.profile_dir.location, ip.ipython_dir, ip.colors"
    ),
    "magics": "result = get_ipython().magics_manager.lsmagic()",
    "connection": (
        "import ipykernel; info = ipykernel.get_connection_info(unpack=True); del info['key']\n"
        "result = ipykernel.get_connection_file(), info"
    ),
    "history": (
        "history = get_ipython().history_manager\n"
        "result = [line[1:] for line in history.get_range()][:3], history.session_number > 0"
    ),
    "history on disk": (
        "history = get_ipython().history_manager; history.writeout_cache()\n"
        "rows = history.get_range(history.session_number); result = [row[1:] for row in rows][:3]"
    ),
    "main thread": "import threading as t; result = t.current_thread() is t.main_thread()",
    "threads": (
        "import re, threading as t\n"
        "result = sorted(re.sub(r'\\d+', 'N', thread.name) for thread in t.enumerate())"
    ),
    "output of a thread": (
        "import threading as t; seen = []; thread = t.Thread(target=seen.append, args=[1])\n"
        "thread.start(); thread.join(); result = seen"
    ),
    "multiprocessing by fork": (
        "import multiprocessing as m\n"
        "with m.get_context('fork').Pool(2) as pool: result = pool.map(abs, [-1, -2])"
    ),
    "multiprocessing by spawn": (
        "import multiprocessing as m\n"
        "with m.get_context('spawn').Pool(1) as pool: result = pool.map(abs, [-1, -2])"
    ),
    "multiprocessing by forkserver": (
        "import multiprocessing as m\n"
        "with m.get_context('forkserver').Pool(1) as pool: result = pool.map(abs, [-1, -2])"
    ),
    "process pool": (
        "from concurrent.futures import ProcessPoolExecutor as Pool\n"
        "with Pool(1) as pool: result = list(pool.map(abs, [-1, -2]))"
    ),
    "%run": "get_ipython().run_line_magic('run', 'program.py one two'); result = ran",
    "a module beside the notebook": "import program; result = program.__name__, program.ran",
    "shell command": "result = get_ipython().getoutput('echo $ANSWER; pwd; umask; ulimit -n')",
    "top-level await": "import asyncio; result = await asyncio.sleep(0, 'slept')",
    "event loop": (
        "import asyncio; loop = asyncio.get_running_loop()\n"
        "result = type(loop), loop.get_debug(), type(asyncio.get_event_loop_policy())"
    ),
    "signal handlers": (
        "import signal\n"
        "result = [(each, signal.getsignal(each)) for each in sorted(signal.valid_signals())]"
    ),
    "blocked signals": "import signal; result = signal.pthread_sigmask(signal.SIG_BLOCK, [])",
    "warnings": "import warnings; result = [str(each) for each in warnings.filters]",
    "logging": (
        "import logging; root = logging.getLogger()\n"
        "loggers = {n: getattr(l, 'handlers', []) for n, l in root.manager.loggerDict.items()}\n"
        "result = root.level, root.handlers, {n: len(each) for n, each in loggers.items() if each}"
    ),
    "locale": "import locale; result = locale.setlocale(locale.LC_ALL), locale.getencoding()",
    "encodings": (
        "import sys; result = sys.getfilesystemencoding(), sys.stdout.encoding, "
        "sys.__stdout__.encoding, sys.__stderr__.errors, sys.__stdin__.encoding"
    ),
    "time zone": "import time; result = time.tzname, time.timezone",
    "collector": "import gc; result = gc.isenabled(), gc.get_threshold(), gc.get_debug()",
    "tracemalloc": "import tracemalloc; result = tracemalloc.is_tracing()",
    "tracing": "import sys; result = sys.gettrace(), sys.getprofile()",
    "umask": "import os; result = os.umask(0o22); _ = os.umask(result)",
    "priority": "import os; result = os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0)",
    "resource limits": (
        "import resource as r\n"
        "result = {n: r.getrlimit(getattr(r, n)) for n in dir(r) if n.startswith('RLIMIT_')}"
    ),
    "session and group": "import os; result = os.getpid() == os.getsid(0) == os.getpgrp()",
    "standard input": "import os, sys; result = os.readlink('/proc/self/fd/0'), sys.stdin.read",
    "descriptors of its programs": (
        "import subprocess\n"
        "result = subprocess.check_output(['ls', '/proc/self/fd'], close_fds=False)"
    ),
    "temporary folder": "import tempfile; result = tempfile.gettempdir(), tempfile.tempdir",
    "matplotlib's backend": "import os; result = os.environ['MPLBACKEND']",
    "comm": (
        "import comm\n"
        "result = type(comm.create_comm(target_name='x')), type(comm.get_comm_manager())"
    ),
    "widgets": (
        "import importlib.util as u; result = None\n"
        "if u.find_spec('ipywidgets'): import ipywidgets; result = ipywidgets.IntSlider().value"
    ),
    "figures": (
        "import importlib.util as u; result = None\n"
        "if u.find_spec('matplotlib'):\n"
        "    get_ipython().run_line_magic('matplotlib', 'inline')\n"
        "    import matplotlib; result = matplotlib.get_backend()"
    ),
    "linear algebra": (
        "import importlib.util as u; result = None\n"
        "if u.find_spec('numpy'):\n"
        "    import numpy as n; result = float((n.ones((300, 300)) @ n.ones((300, 300))).sum())"
    ),
    "display formats": "result = sorted(get_ipython().display_formatter.formatters)",
    "error": "result = None\ntry: 1 / 0\nexcept ZeroDivisionError as error: result = repr(error)",
}
"""By name; results are compared by their repr."""

STARTUP_FILE = """
import os
names_at_start = sorted(globals())
seen_by_startup_file = os.getcwd(), os.environ["ANSWER"], __name__, __file__
"""

CONFIGURATION = "c.InteractiveShellApp.exec_lines = ['from_configuration = 42']"

PROGRAM = """
import sys
ran = __name__, sys.argv, [__file__]
if __name__ == "__main__":
    ran += ("as a program",)
"""
