#!/usr/bin/env bash
# Generates all code that is generated: Python and TypeScript from protos/, sync.py from client.py,
# and the console's page from clients/typescript/.
#
#   tools/generate.sh            replaces it
#   tools/generate.sh --check    only compares, and fails where it differs
#
# Both generate into a temporary directory, so that files which nothing generates any more
# are found, and half a result is never left behind. Where Node is missing, what needs it is left
# as it is; in CI that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv-generate/bin:$PATH"

python_client=clients/python/jupyter_sessions
typescript=clients/typescript
console=server/jupyter_sessions_server/gateway/console/static
generated=("$python_client/v1" "$python_client/sync.py")

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

generate_python() {
    buf generate --output "$fresh"
    echo '"""Generated from protos/jupyter_sessions/v1; do not edit."""' >"$fresh/$python_client/v1/__init__.py"
    python tools/generate_sync_client.py "$python_client/client.py" "$fresh/$python_client/sync.py"
}

install_node_packages() {
    if [ ! "$typescript/node_modules/.package-lock.json" -nt "$typescript/package-lock.json" ]; then
        npm ci --prefix "$typescript" --ignore-scripts --no-audit --no-fund --silent
    fi
}

# The page is bundled of what was generated just now, not of what is there.
generate_typescript() {
    install_node_packages
    buf generate --template "$typescript/buf.gen.yaml" --output "$fresh"
    cp "$typescript"/src/*.ts "$fresh/$typescript/src/"
    cp -R "$typescript"/{console,package.json,tsconfig.json} "$fresh/$typescript/"
    ln -s "$PWD/$typescript/node_modules" "$fresh/$typescript/node_modules"
    node "$fresh/$typescript/console/build.mjs" "$fresh/$console"
    generated+=("$typescript/src/gen" "$console")
}

generate_python
if command -v node >/dev/null; then
    generate_typescript
elif [ "${CI-}" ]; then
    echo "Node is needed to generate TypeScript and the console." >&2
    exit 1
else
    echo "TypeScript and the console: skipped, node is not installed" >&2
fi

differs=
for path in "${generated[@]}"; do
    if [ "${1-}" = --check ]; then
        if [ -e "$fresh/$path" ] || [ -e "$path" ]; then
            diff -rqN --exclude=__pycache__ "$path" "$fresh/$path" || differs=yes
        fi
    else
        rm -rf "$path"
        if [ -e "$fresh/$path" ]; then
            mkdir -p "$(dirname "$path")"
            mv "$fresh/$path" "$path"
        fi
    fi
done

if [ "$differs" ]; then
    echo "Generated code is not what its sources give: run 'make generate' and commit the result." >&2
    exit 1
fi
