# The commands of docs/tour/first-steps.md and README.md, run by `npm run tour`. See scripts/tour.mjs for the form.

### start
@NODE=node_modules/node/bin/node
npm start -- --data $TOUR --listen-9p 127.0.0.1:0 --listen-console 127.0.0.1:0 > $TOUR/out.log 2>&1 &
@for i in $(seq 300); do test -e $TOUR/run/addresses.json && break; sleep 0.1; done; sleep 0.3; grep -v '^>' $TOUR/out.log | grep -v '^$'
@export COH_DATA=$TOUR

### look
./coh ls /
./coh ls /proc
./coh cat /proc/lifecycle/state
./coh cat /worker/worker-1/info

### tail
@sleep 2.5
timeout 3 ./coh tail -f /worker/worker-1/telemetry | head -n 2 | cut -c 1-150

### needs-approval
./coh spawn '{"spawn":"heartbeat","ticks":100}'

### approve
./coh approve /queen/ctl '{"spawn":"heartbeat","ticks":100}'
./coh spawn '{"spawn":"heartbeat","ticks":100}'
./coh ls /worker

### ticket
./coh ticket attenuate run --scope /proc:r --ttl 1h --out $TOUR/narrow.ticket < $TOUR/run/queen.ticket
./coh --ticket $TOUR/narrow.ticket ls /
./coh --ticket $TOUR/narrow.ticket cat /queen/ctl

### crash
kill -9 $(grep -o '"pid":[0-9]*' $TOUR/run/addresses.json | cut -d: -f2)
@sleep 0.5
npm start -- --data $TOUR --listen-9p 127.0.0.1:0 --listen-console 127.0.0.1:0 > $TOUR/out2.log 2>&1 &
@for i in $(seq 300); do grep -q coh $TOUR/out2.log && break; sleep 0.1; done; sleep 1.5
./coh ls /worker
./coh cat /proc/workers

### selftest
./coh test --mode full --json

### log
./coh tail -n 6 /log/queen.log
