# The command of the shared test container: runs the server and ends when no client was connected for a while.
docker-entrypoint.sh postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off \
    -c max_connections=300 -c shared_buffers=128MB &
postmaster=$!
clients="SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
idle=0
while [ "$idle" -lt 20 ] && sleep 1 && kill -0 "$postmaster" 2>/dev/null; do
    # A server that does not answer is not idle: it may be starting.
    if [ "$(psql -U postgres -Atc "$clients" 2>/dev/null)" = 0 ]; then idle=$((idle + 1)); else idle=0; fi
done
kill -QUIT "$postmaster" 2>/dev/null
wait "$postmaster"
