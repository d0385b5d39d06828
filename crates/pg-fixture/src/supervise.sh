#!/bin/sh
# Parent of the shared test cluster: stops it and removes it when no test process has used it for a while.
# Usage: supervise.sh STATE CLUSTER GRACE POSTMASTER [ARGUMENT...]
# The module documentation of the crate says who takes which lock.
state=$1 cluster=$2 grace=$3
shift 3

# Held for as long as this shell lives: says that CLUSTER is not rubbish. Closed for the postmaster, which would
# otherwise go on holding it.
exec 9>"$cluster/alive"
flock 9

"$@" </dev/null >"$cluster/log" 2>&1 9>&- &
postmaster=$!

# `flock FILE true` succeeds when nobody else holds the lock.
unused() { flock --nonblock "$state/lease" true 9>&-; }

while sleep 1 9>&-; do
    # Ended by itself: its log stays for whoever waits for it, the next start sweeps it away.
    kill -0 "$postmaster" 2>/dev/null || exit 1
    if ! unused; then
        touch "$state/lease"
        continue
    fi
    [ $(($(date +%s) - $(stat -c %Y "$state/lease"))) -ge "$grace" ] || continue
    # With this lock nobody can be on the way to a lease, so a second look is final.
    exec 8>"$state/start.lock"
    flock 8
    unused && break
    exec 8>&-
done

# The data is rubbish from here on, so the fastest of the clean stops will do: it removes the shared memory.
kill -QUIT "$postmaster"
wait "$postmaster"
[ "$(sed -n 2p "$state/current" 2>/dev/null)" = "$cluster" ] && rm -f "$state/current"
rm -rf "$cluster"
