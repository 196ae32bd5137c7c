#!/bin/sh
# Starts a worker in a container. Its name is its number among the replicas, which Docker's DNS knows: nginx finds the
# worker of a session by it.
set -eu
if [ -z "${HUB_WORKER:-}" ]; then
    number=$(getent hosts "$(hostname -i)" | sed -n 's/.*-worker-\([0-9]\{1,\}\).*/\1/p')
    export HUB_WORKER="w$number"
fi
exec node --import tsx src/bin/worker.ts
