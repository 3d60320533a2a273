# The commands of docs/tour/first-steps.md and README.md, run by `npm run tour`. See scripts/tour.mjs for the form.

### start
@export XDG_DATA_HOME=$TOUR LOG=$TOUR/hive.log
npm start > $LOG 2>&1 &
@for i in $(seq 300); do grep -q Ctrl-C $LOG && break; sleep 0.1; done
grep -v -e '^>' -e '^npm' -e '^$' $LOG

### look
./coh ls /
./coh ls /proc
./coh cat /proc/lifecycle/state
./coh cat /worker/worker-1/info

### tail
@sleep 2.5
timeout 3 ./coh tail -f /worker/worker-1/telemetry | head -n 2 | cut -c 1-120

### needs-approval
./coh spawn '{"spawn":"heartbeat","ticks":100}'; echo "exit status $?"

### approve
./coh approve /queen/ctl '{"spawn":"heartbeat","ticks":100}'
./coh spawn '{"spawn":"heartbeat","ticks":100}'
./coh ls /worker

### ticket
./coh ticket attenuate --name intern --scope /proc:r --ttl 1h --out $TOUR/narrow.ticket
./coh --ticket $TOUR/narrow.ticket ls /
./coh --ticket $TOUR/narrow.ticket cat /queen/ctl
./coh --ticket $TOUR/narrow.ticket whoami

### crash
kill -9 $(grep -o '"pid":[0-9]*' $XDG_DATA_HOME/cohesix/hive/run/addresses.json | cut -d: -f2)
@sleep 0.5; : > $LOG
npm start > $LOG 2>&1 &
@for i in $(seq 300); do grep -q Ctrl-C $LOG && break; sleep 0.1; done
./coh ls /worker
grep recovery $LOG

### selftest
./coh test --mode full | tail -n 6
./coh test --mode full --json | cut -c 1-200

### log
./coh tail -n 6 /log/queen.log
