# The commands of docs/tour/doors.md, run by `npm run tour`. See scripts/tour.mjs for the form.

### doors-start
@export XDG_DATA_HOME=$TOUR LOG=$TOUR/hive.log DATA=$TOUR/cohesix/hive WORK=$TOUR/work
@mkdir -p $WORK
@npm start > $LOG 2>&1 &
@for i in $(seq 300); do grep -q Ctrl-C $LOG && break; sleep 0.1; done
export URL=http://127.0.0.1:5641
curl -s $URL/healthz; curl -s $URL/readyz
./coh ticket mint --role queen --subject ann --scope /proc:r --scope /queen/ctl:rw --scope /queen/lease/ctl:rw --out $WORK/ann.ticket
./coh ticket mint --role queen --subject eve --scope /log:r --scope /queen/schedule/ctl:rw --quota operations=1/s:6 --out $WORK/eve.ticket
as() { who=$1; shift; curl -s -H "Authorization: Bearer $(cat $WORK/$who.ticket)" "$@"; echo; }

### doors-rest
as ann "$URL/v1/fs/ls?path=/queen"
as ann "$URL/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=100"
as eve "$URL/v1/fs/cat?path=/proc/lifecycle/state&max_bytes=100"
as ann $URL/v1/fs/echo --json '{"path":"/queen/ctl","line":"{\"spawn\":\"heartbeat\",\"ticks\":1000}"}'
for i in $(seq 12); do as eve "$URL/v1/fs/ls?path=/log"; done | sort -u
curl -s "$URL/v1/fs/ls?path=/"; echo
as ann -H 'Host: evil.example' "$URL/v1/fs/ls?path=/"
./coh tail -n 500 /log/queen.log | grep -o 'audit session.attach.*door=rest' | sed 's/sid=[0-9]*/sid=N/'

### doors-events
LEASE='{"path":"/queen/lease/ctl","line":"{\"op\":\"grant\",\"id\":\"l-1\",\"subject\":\"ann\",\"resource\":\"slot:a\",\"ttl_s\":60}"}'
as ann $URL/v1/fs/echo -H 'Idempotency-Key: "monday-1"' --json "$LEASE"
as ann $URL/v1/fs/echo -H 'Idempotency-Key: "monday-1"' --json "$LEASE" -i | tr -d '\r' | grep -iE '^(HTTP|idempotent)|status'
timeout 4 curl -sN -H "Authorization: Bearer $(cat $DATA/run/queen.ticket)" "$URL/v1/fs/tail?path=/worker/worker-1/telemetry&follow=1" | cut -c 1-60 | head -n 6

### doors-metrics
curl -s -H "Authorization: Bearer $(cat $DATA/run/queen.ticket)" $URL/metrics | grep -E '^cohesix_(ready|workers|sessions|refusals|journal)'
curl -s -H "Authorization: Bearer $(cat $WORK/eve.ticket)" $URL/metrics | grep -E '^cohesix_(views|ready|workers)'

### doors-mcp
node docs/tour/doors-mcp.mjs $URL/mcp $WORK/ann.ticket
node docs/tour/doors-mcp.mjs $URL/mcp $WORK/eve.ticket
node docs/tour/doors-mcp.mjs $URL/mcp $WORK/ann.ticket queen_lease_ctl '{"op":"renew","id":"l-1","ttl_s":600}'
node docs/tour/doors-mcp.mjs $URL/mcp $WORK/ann.ticket queen_ctl '{"spawn":"heartbeat","ticks":1000}'

### doors-python
export PYTHONPATH=sdk/python; pb() { python3 -m cohesix.playbooks "$@"; }
pb --list
pb --playbook jetson-traffic-safety --dry-run
pb --playbook mac-private-peft-grid --to $URL --ticket $DATA/run/queen.ticket --run t1 --no-host --out $WORK/run
ls $WORK/run

### doors-url
./coh --url $URL --ticket $WORK/ann.ticket ls /
./coh --url $URL lease list
./coh --url ws://127.0.0.1:5641/v1/9p ls /worker
timeout -s INT 3 ./coh --url $URL tail -f -n 1 /worker/worker-1/telemetry | cut -c 1-60 | head -n 3
