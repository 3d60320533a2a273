# The commands of docs/tour/operations.md, run by `npm run tour`. See scripts/tour.mjs for the form.

### operations-start
@export XDG_DATA_HOME=$TOUR LOG=$TOUR/hive.log DATA=$TOUR/cohesix/hive
@mkdir -p $DATA
printf 'schema = "cohesix-hive/1"\n[[leases.resources]]\nid = "gpu:GPU-0"\nmem_mb = 24576\nstreams = 4\n' > $DATA/hive.toml
@npm start > $LOG 2>&1 &
@for i in $(seq 300); do grep -q Ctrl-C $LOG && break; sleep 0.1; done
./coh status

### operations-lifecycle
./coh lifecycle cordon
./coh job queue --id report --ticks 3 --budget 1m
./coh job list
./coh lifecycle drain; echo "exit status $?"
./coh approve /queen/ctl '{"kill":"worker-1"}'
./coh kill worker-1
@sleep 0.3
./coh lifecycle drain
./coh cat /proc/lifecycle/reason
./coh lifecycle resume
./coh tail -n 3 /log/queen.log

### operations-jobs
./coh job watch report
./coh job queue --id nightly --ticks 50 --budget 1m --priority 1 --resource gpu:GPU-0
./coh job queue --id urgent --ticks 50 --budget 1m --priority 9 --resource gpu:GPU-0
./coh job queue --id later --role dispatcher-b --ticks 1 --budget 1m
@sleep 0.5
./coh job list
./coh job cancel nightly
@sleep 0.5
./coh job list
./coh job cancel urgent
@sleep 0.5
./coh job history
./coh cat /proc/schedule/summary

### operations-leases
./coh lease grant gpu:GPU-0 --id train --subject alice --ttl 10m --mem-mb 16384 --streams 2 --priority 5
./coh lease grant gpu:GPU-0 --id serve --subject bob --ttl 3s --mem-mb 8192 --streams 1
./coh lease grant gpu:GPU-0 --id third --subject carol --ttl 1m --mem-mb 1024 --streams 1; echo "exit status $?"
./coh lease grant gpu:GPU-0 --id third --subject carol --ttl 1m --mem-mb 1024 --streams 1 --queue
./coh lease renew train --ttl 20m
./coh lease list
@sleep 3.2
./coh lease list
./coh lease preempt train --reason maintenance
./coh lease renew train --ttl 10m; echo "exit status $?"
./coh lease history
./coh lease resources

### operations-approvals
./coh spawn '{"spawn":"heartbeat","ticks":100}' --wait 20 > $TOUR/spawned & sleep 1
./coh approvals | cut -c 1-120
./coh approve $(./coh approvals --json | grep -o 'ask-[0-9a-f]*' | head -n 1)
@wait $!
cat $TOUR/spawned
./coh spawn '{"spawn":"heartbeat","ticks":100}'; echo "exit status $?"

### operations-policy
cat docs/tour/two-persons.toml
./coh policy test docs/tour/two-persons.toml; echo "exit status $?"
./coh policy load docs/tour/two-persons.toml; echo "exit status $?"
sed 's/expect = "allow"/expect = "needs-approval"/' docs/tour/two-persons.toml > $TOUR/mended.toml
./coh policy test $TOUR/mended.toml
./coh policy diff $TOUR/mended.toml
./coh policy apply $TOUR/mended.toml --wait 20 > $TOUR/applied & sleep 2
./coh approve $(./coh approvals --json | grep -o 'ask-[0-9a-f]*' | head -n 1)
@wait $!
cat $TOUR/applied
./coh spawn '{"spawn":"host"}'
./coh spawn '{"spawn":"host"}'; echo "exit status $?"
./coh cat /policy/grants
./coh lifecycle cordon --wait 30 > $TOUR/cordoned & sleep 1
./coh approve $(./coh approvals --json | grep -o 'ask-[0-9a-f]*' | head -n 1)
./coh ticket mint --role queen --subject second --ttl 1h --out $TOUR/second.ticket
./coh --ticket $TOUR/second.ticket approve $(./coh approvals --json | grep -o 'ask-[0-9a-f]*' | head -n 1)
@wait $!
cat $TOUR/cordoned
./coh lifecycle resume
./coh policy rollback manifest --wait 20 > $TOUR/rolled & sleep 2
./coh approve $(./coh approvals --json | grep -o 'ask-[0-9a-f]*' | head -n 1)
@wait $!
cat $TOUR/rolled

### operations-once
./coh intent send /queen/lifecycle/ctl cordon --id stop-1 --issued 1700000000000
./coh intent send /queen/lifecycle/ctl cordon --id stop-1 --issued 1700000000000
./coh lifecycle resume
./coh host-ticket send systemd.restart --target ssh.service --key restart-7
./coh host-ticket send systemd.restart --target ssh.service --key restart-7
./coh host-ticket claim restart-7 --ttl 30s
./coh host-ticket report restart-7 succeeded --message active
./coh host-ticket history

### operations-watch
echo '{"set":{"level":"debug"}}' | ./coh echo /trace/ctl -
./coh lifecycle cordon
./coh lifecycle resume
./coh tail -n 4 /trace/events | cut -c 1-150
./coh cat /proc/root/cut_reason
./coh cat /proc/pressure/policy
./coh cat /proc/ingest/p95_ms
./coh status

### operations-pack
npm test -- tests/coh 2>&1 | tail -n 1

### operations-model
COHESIX_MODEL_STEPS=20000 npm run model 2>&1 | grep -e states -e lines
