#!/usr/bin/env bash
# Generates all code that is generated: Python from protos/, and sync.py from client.py.
#
#   tools/generate.sh            replaces it
#   tools/generate.sh --check    only compares, and fails where it differs
#
# Both generate into a temporary directory, so that files which nothing generates any more
# are found, and half a result is never left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv-generate/bin:$PATH"

python_client=clients/python/jupyter_sessions
generated=("$python_client/v1" "$python_client/sync.py")

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

buf generate --output "$fresh"
echo '"""Generated from protos/jupyter_sessions/v1; do not edit."""' >"$fresh/$python_client/v1/__init__.py"
python tools/generate_sync_client.py "$python_client/client.py" "$fresh/$python_client/sync.py"

differs=
for path in "${generated[@]}"; do
    if [ "${1-}" = --check ]; then
        if [ -e "$fresh/$path" ] || [ -e "$path" ]; then
            diff -rqN --exclude=__pycache__ "$path" "$fresh/$path" || differs=yes
        fi
    else
        rm -rf "$path"
        if [ -e "$fresh/$path" ]; then
            mv "$fresh/$path" "$path"
        fi
    fi
done

if [ "$differs" ]; then
    echo "Generated code is not what its sources give: run 'make generate' and commit the result." >&2
    exit 1
fi
