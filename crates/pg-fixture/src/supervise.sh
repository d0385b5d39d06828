#!/bin/sh
# Parent of the shared test cluster: stops and removes it when no test process has used it for a while.
# Usage: supervise.sh STATE CLUSTER GRACE POSTMASTER [ARGUMENT...]
# The crate's documentation describes the locks.
state=$1 cluster=$2 grace=$3
shift 3

# Held for as long as this shell lives: marks CLUSTER as in use. Closed for the postmaster, which would otherwise keep
# holding it.
exec 9>"$cluster/alive"
flock 9

"$@" </dev/null >"$cluster/log" 2>&1 9>&- &
postmaster=$!

# `flock FILE true` succeeds when no other process holds the lock.
unused() { flock --nonblock "$state/lease" true 9>&-; }

while sleep 1 9>&-; do
    # The postmaster ended by itself: its log stays for waiting starters, and the next start removes it.
    kill -0 "$postmaster" 2>/dev/null || exit 1
    if ! unused; then
        touch "$state/lease"
        continue
    fi
    [ $(($(date +%s) - $(stat -c %Y "$state/lease"))) -ge "$grace" ] || continue
    # With this lock no process can be acquiring a lease, so the second check is final.
    exec 8>"$state/start.lock"
    flock 8
    unused && break
    exec 8>&-
done

# The data is not needed any more, so the fastest clean stop is enough: it removes the shared memory.
kill -QUIT "$postmaster"
wait "$postmaster"
[ "$(sed -n 2p "$state/current" 2>/dev/null)" = "$cluster" ] && rm -f "$state/current"
rm -rf "$cluster"
