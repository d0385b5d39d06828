#!/bin/sh
# Parent of the shared emulator: stops it and removes its data when no test process has used it for a while.
# Usage: supervise.sh STATE RUN GRACE PROGRAM [ARGUMENT...]
state=$1 run=$2 grace=$3
shift 3

# If this shell is killed, the kernel kills the emulator.
setpriv --pdeathsig KILL "$@" --data-dir "$run/data" </dev/null >"$run/log" 2>&1 &
emulator=$!

# `flock FILE true` succeeds when no other process holds the lock.
unused() { flock --nonblock "$state/lease" true; }

while sleep 1; do
    # The emulator ended by itself: its log stays for the process that waits for it, and the next start removes it.
    kill -0 "$emulator" 2>/dev/null || exit 1
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

kill -KILL "$emulator"
wait "$emulator"
rm -rf "$state/current" "$run"
