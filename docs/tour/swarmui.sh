# The commands of docs/tour/swarmui.md, run by `npm run tour`. See scripts/tour.mjs for the form. swarmui.mjs drives the browser
# and makes the pictures of docs/tour/swarmui/.

### swarmui-start
@export XDG_DATA_HOME=$TOUR DATA=$TOUR/cohesix/hive WORK=$TOUR/work
@mkdir -p $DATA $WORK
@up() { ./coh up "$@" > $WORK/hive.log 2>&1 & HIVE=$!; for i in $(seq 300); do grep -q Ctrl-C $WORK/hive.log && break; sleep 0.1; done; }
@see() { node docs/tour/swarmui.mjs $(./coh ui $AS 2> /dev/null) "$@" || kill $$; }
@until_there() { for i in $(seq 600); do [ -e $1 ] && break; sleep 0.1; done; }
cp docs/tour/swarmui.toml $DATA/hive.toml
@up
./coh spawn '{"spawn":"bus","adapter":"pump-house"}'
./coh spawn '{"spawn":"lora","adapter":"field-7"}'
./coh spawn host --count 40 | tail -n 1
./coh gpu publish --mock --host edge-1 --once
for i in $(seq 6); do ./coh gpu lease GPU-$((i % 2)) --mem-mb 1024 --streams 1 --ttl 10m; done | tail -n 1
./coh spawn heartbeat ticks=1000000 --count 951 | tail -n 1
./coh status | grep -e workers -e leases
./coh ui
see 'watch Legend heartbeat\s*951' 'drawn marks 15' 'drawn pollen 8' 'rest 2' 'shot live-hive' 'say Legend' 'say header'

### swarmui-storm
for i in $(seq 300 10 370); do ./coh ticket mint --role worker-heartbeat --subject worker-$i --quota operations=4/s:8 --out $WORK/worker-$i.ticket 2> /dev/null; done
node_modules/node/bin/node docs/tour/swarmui-storm.mjs $DATA/run/9p.sock $WORK/worker-*.ticket > $WORK/storm & STORM=$!
see 'watch Legend refusals seen [1-9]' 'drawn marks 15' 'rest 2' 'drawn pulses 1' 'shot storm' 'say Legend' 'say header' \
  'go hive/worker-350' 'focus listbox Workers' 'press + + + +' 'drawn bees 30' 'drawn pulses 2' 'shot worker' 'say Worker_worker-350'
kill $STORM; wait $STORM; cat $WORK/storm

### swarmui-fleet
./coh lease grant gpu:GPU-0 --id train --subject alice --ttl 10m --mem-mb 16384 --streams 2 --priority 5
./coh lease grant gpu:GPU-1 --id serve --subject bob --ttl 5m --mem-mb 8192 --streams 1
./coh lease grant rack:4 --id move --subject carol --ttl 2m
for i in 1 2 3; do ./coh job queue --id night-$i --ticks $((20 * i)) --budget 5m --priority $i --resource rack:5; done
@LINE=$(./coh cat /audit/journal | grep '"path":"/queen/lease/ctl".*train' | grep -o -m 1 '"seq":[0-9]*' | head -n 1 | cut -d : -f 2)
see 'press Alt+6' 'click link Leases' 'watch Held_now train' 'scroll Who_held_what,_in_time' 'rest 1' 'shot leases' 'say Who_held_what,_in_time'

### swarmui-approval
see 'go fleet' 'click button Cordon' 'press Enter' 'click button Ask' 'see Asked' "touch $WORK/asked" \
  'see Approved' 'shot approved' 'click button Send now' 'see Accepted' 'press Escape' 'watch header DRAINING' 'say header' > $WORK/asks & ASKS=$!
@until_there $WORK/asked
AS="--ticket $DATA/run/approver.ticket" see 'press Alt+4' 'see Nothing new is begun' 'see Under this rule' 'shot approval' 'press a' 'see The same in a shell' 'press Enter' 'see Accepted'
wait $ASKS; cat $WORK/asks
./coh lifecycle resume --wait 30 > $WORK/resumed 2>&1 & RESUME=$!
@for i in $(seq 100); do ./coh approvals | grep -q resume && break; sleep 0.2; done
./coh approvals | cut -c 1-120
./coh approve $(./coh approvals --json | grep -o 'ask-[0-9a-f]*' | head -n 1)
wait $RESUME; cat $WORK/resumed

### swarmui-audit
see "go audit/$LINE" 'fill Who = queen' 'click button Verify' 'see ✓ In the signed journal' 'shot audit' 'say Proof'
see "go audit/500" 'click button Hive after it' 'see PAST' 'press Alt+1' 'watch Legend heartbeat' 'drawn marks 5' 'rest 2' 'shot past' 'say The_past' 'say Legend'

### swarmui-lost
see 'watch Legend heartbeat' 'drawn marks 14' "touch $WORK/watched" 'watch header OFFLINE' 'rest 2' 'shot lost' 'say Connection' "touch $WORK/lost" \
  'watch header LIVE' 'watch Legend running' 'say header' > $WORK/page & PAGE=$!
@until_there $WORK/watched
kill -9 $HIVE
@wait $HIVE 2> /dev/null
@until_there $WORK/lost
@up
./coh status | grep -e workers -e journal
wait $PAGE; cat $WORK/page

### swarmui-cut
@kill $HIVE; wait $HIVE
export COH_DATA=$TOUR/large; mkdir -p $COH_DATA
cp docs/tour/swarmui-large.toml $COH_DATA/hive.toml
@up
./coh spawn heartbeat ticks=1
see 'watch header CUT lifecycle_offline' 'say header' 'go fleet' 'click button Resume' 'see The same in a shell' 'shot cut' 'click button Send' \
  'see Accepted' 'press Escape' 'watch header ROOT OK' 'say header'

### swarmui-large
./coh spawn heartbeat ticks=1000000 ttl_s=3600 --count 10000 | tail -n 1
see 'watch Legend running\s*10001' 'drawn marks 111' 'drawn pollen 8' 'rest 2' 'shot large' 'say Legend' \
  'go hive/worker-5000' 'focus listbox Workers' 'press + + + + + +' 'drawn bees 12' 'rest 2' 'shot large-near' 'say Worker_worker-5000'
