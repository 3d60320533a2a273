# The commands of docs/tour/swarmui.md, run by `npm run tour`. See scripts/tour.mjs for the form. swarmui.mjs drives the browser
# and makes the pictures of docs/tour/swarmui/.

### swarmui-start
@export XDG_DATA_HOME=$TOUR DATA=$TOUR/cohesix/hive WORK=$TOUR/work
@mkdir -p $DATA $WORK
@up() { ./coh up "$@" > $WORK/hive.log 2>&1 & HIVE=$!; for i in $(seq 300); do grep -q Ctrl-C $WORK/hive.log && break; sleep 0.1; done; }
@see() { node docs/tour/swarmui.mjs "$@"; }
@until_there() { for i in $(seq 600); do [ -e $1 ] && break; sleep 0.1; done; }
cp docs/tour/swarmui.toml $DATA/hive.toml
@up
./coh spawn '{"spawn":"bus","adapter":"pump-house"}'
./coh spawn '{"spawn":"lora","adapter":"field-7"}'
./coh spawn host --count 40 | tail -n 1
./coh gpu publish --mock --host edge-1 --once
for i in $(seq 12); do ./coh gpu lease GPU-$((i % 2)) --mem-mb 1024 --streams 1 --ttl 10m; done | tail -n 1
./coh spawn heartbeat ticks=1000000 --count 945 | tail -n 1
./coh status | grep -e workers -e leases
see $(./coh ui) 'watch Legend heartbeat\s*945' 'rest 4' 'shot live-hive' 'say Legend' 'say Pressure'

### swarmui-storm
for i in $(seq 300 10 410); do ./coh ticket mint --role worker-heartbeat --subject worker-$i --quota operations=4/s:8 --out $WORK/worker-$i.ticket 2> /dev/null; done
node_modules/node/bin/node docs/tour/swarmui-storm.mjs 20 $DATA/run/9p.sock $WORK/worker-*.ticket > $WORK/storm & STORM=$!
see $(./coh ui) 'watch Legend refusals seen [1-9]' 'rest 3' 'shot storm' 'say Legend' 'say Pressure' \
  'go hive/worker-350' 'focus listbox Workers' 'press + + + + + + +' 'rest 2' 'shot worker' 'say Worker_worker-350'
wait $STORM; cat $WORK/storm

### swarmui-fleet
./coh lease grant gpu:GPU-0 --id train --subject alice --ttl 10m --mem-mb 16384 --streams 2 --priority 5
./coh lease grant gpu:GPU-1 --id serve --subject bob --ttl 5m --mem-mb 8192 --streams 1
./coh lease grant rack:4 --id move --subject carol --ttl 2m
for i in 1 2 3 4 5 6; do ./coh job queue --id night-$i --ticks $((20 * i)) --budget 5m --priority $i --resource rack:5; done
see $(./coh ui) 'press Alt+6' 'click link Leases' 'see Leases' 'rest 1' 'shot leases' 'say Leases'
see $(./coh ui) 'go fleet/schedule' 'rest 1' 'shot schedule' 'say Place'

### swarmui-approval
see $(./coh ui) 'go fleet' 'click button Cordon' 'press Enter' 'click button Ask' 'see Asked' "touch $WORK/asked" \
  'see Approved' 'shot approved' 'click button Send now' 'see Accepted' 'press Escape' 'watch header CORDONED' 'say header' & ASKS=$!
@until_there $WORK/asked
see $(./coh ui --ticket $DATA/run/approver.ticket) 'press Alt+4' 'see Time left' 'shot approval' 'press a' 'see The same in a shell' 'press Enter' 'see Accepted'
wait $ASKS
./coh lifecycle resume --wait 1; ./coh tail -n 3 /log/queen.log

### swarmui-audit
LINE=$(./coh cat /audit/journal | grep '"path":"/queen/lease/ctl"' | head -n 1 | grep -o '"seq":[0-9]*' | cut -d : -f 2)
see $(./coh ui) "go audit/$LINE" 'click button Verify' 'see ✓ In the signed journal' 'shot audit' 'say Proof'
see $(./coh ui) "go audit/500" 'click button Hive after it' 'see PAST' 'press Alt+1' 'watch Legend heartbeat' 'rest 3' 'shot past' \
  'say The_past' 'say Legend' 'press Alt+6' 'rest 1' 'shot past-fleet' 'say Workers,_table'

### swarmui-cut
see $(./coh ui) 'watch Legend heartbeat' 'rest 2' "touch $WORK/watched" 'watch header OFFLINE' 'rest 2' 'shot cut' 'say header' "touch $WORK/cut" \
  'watch header LIVE' 'say header' & PAGE=$!
@until_there $WORK/watched
kill -9 $HIVE
@until_there $WORK/cut
@up
./coh status | grep -e workers -e journal
wait $PAGE

### swarmui-large
@kill $HIVE; wait $HIVE
export COH_DATA=$TOUR/large; mkdir -p $COH_DATA
printf 'schema = "cohesix-hive/1"\n[policy]\nenabled = false\n[secure9p]\nsessions_max = 128\n[workers]\nmax = 10100\nheartbeat_interval_ms = 5000\n' > $COH_DATA/hive.toml
@up
./coh spawn heartbeat ticks=1000000 ttl_s=3600 --count 10000 | tail -n 1
see $(./coh ui) 'watch Legend running\s*10001' 'rest 8' 'shot large' 'say Legend' \
  'go hive/worker-5000' 'focus listbox Workers' 'press + + + + + + + + + + + +' 'rest 3' 'shot large-near' 'say Worker_worker-5000'
