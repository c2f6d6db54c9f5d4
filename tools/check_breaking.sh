#!/usr/bin/env bash
# Fails if protos/ would break a client that was made from the protos of main.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

# A clone that only fetched a pull request has no main of its own.
for main in refs/heads/main refs/remotes/origin/main none; do
    git rev-parse --quiet --verify "$main^{commit}" >/dev/null && break
done
if [ "$main" = none ]; then
    echo "buf breaking: skipped, there is no main branch to compare with"
    exit
fi
if ! git ls-tree -r --name-only "$main" -- protos | grep -q '\.proto$'; then
    echo "buf breaking: skipped, main has no protos yet"
    exit
fi

# Unpacked, because buf reads no branch from a worktree or a remote's main.
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
git archive "$main" | tar -x -C "$before"
buf breaking --against "$before"
