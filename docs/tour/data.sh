# The commands of docs/tour/data.md, run by `npm run tour`. See scripts/tour.mjs for the form.

### data-start
@export XDG_DATA_HOME=$TOUR LOG=$TOUR/hive.log DATA=$TOUR/cohesix/hive WORK=$TOUR/work
@mkdir -p $DATA $WORK
cp docs/tour/data.toml $DATA/hive.toml
@npm start > $LOG 2>&1 &
@for i in $(seq 300); do grep -q Ctrl-C $LOG && break; sleep 0.1; done
./coh spawn heartbeat ticks=1000000 --count 1000 | tail -n 1
@sleep 1

### data-follow
timeout -s INT 3 ./coh tail -f '/worker/*/telemetry' > $WORK/lines; cut -d ' ' -f 1 $WORK/lines | sort -u | wc -l
tail -n 2 $WORK/lines | cut -c 1-100
timeout -s INT 8 ./coh tail -f -n 1 '/worker/*/telemetry' --interval 6000 > $WORK/late; grep worker-500/ $WORK/late | head -n 3
grep -c '~ lost' $WORK/late

### data-artefact
head -c 1000000000 /dev/urandom > $WORK/flight.bag
timeout --foreground -s KILL 0.6 ./coh telemetry push $WORK/flight.bag --device cam-1 --store $WORK/artefacts; echo "exit status $?"
./coh telemetry push $WORK/flight.bag --device cam-1 --store $WORK/artefacts
./coh telemetry status cam-1
./coh telemetry pull --device cam-1 --store $WORK/artefacts --out $WORK/pulled && cmp $WORK/flight.bag $(find $WORK/pulled -name '*.bag') && echo same
./coh cas pack $WORK/flight.bag --epoch 1 --out $WORK/update-1
timeout --foreground -s KILL 2 ./coh cas push $WORK/update-1; echo "exit status $?"
./coh cas status 1 | sed -n 3p
./coh cas push $WORK/update-1
./coh cas status 1

### data-update
head -c 3000000 /dev/urandom > $WORK/firmware-2; (cat $WORK/firmware-2; head -c 500000 /dev/urandom) > $WORK/firmware-3
./coh cas pack $WORK/firmware-2 --epoch 2 --out $WORK/update-2
./coh cas pack $WORK/firmware-3 --epoch 3 --out $WORK/update-3 --delta-base $WORK/update-2 | tail -n 1
./coh cas repo init $WORK/updates --keys $WORK/keys
./coh cas repo publish $WORK/updates $WORK/update-2/manifest.cbor --as 2.cbor --keys $WORK/keys
cp -r $WORK/updates $WORK/updates-of-yesterday
./coh cas repo publish $WORK/updates $WORK/update-3/manifest.cbor --as 3.cbor --keys $WORK/keys
./coh cas repo fetch $WORK/updates 3.cbor --trust $WORK/trust --root $WORK/updates/metadata/1.root.json --out $WORK/3.cbor
./coh cas repo fetch $WORK/updates-of-yesterday 2.cbor --trust $WORK/trust --out $WORK/2.cbor; echo "exit status $?"
./coh cas push $WORK/update-2 && ./coh cas push $WORK/update-3
./coh cas activate 2 && ./coh cas activate 3 && ./coh cas rollback
chunk=$(ls -d $WORK/update-2/chunks/* | head -n 1); printf tampered | dd of=$chunk conv=notrunc status=none
./coh cas verify $WORK/update-2; echo "exit status $?"
./coh cas list

### data-model
@header='{"lora.A":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
@adapter() { mkdir -p $WORK/$1; { printf "\\x$(printf %02x ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header"; printf "$2"; } > $WORK/$1/adapter.safetensors; echo '{"base_model_name_or_path":"llama3-8b","r":2,"lora_alpha":4}' > $WORK/$1/lora.json; echo "{\"loss\":$3}" > $WORK/$1/metrics.json; }
@adapter v7 '\0\0\x80\x3f\0\0\0\x40' 0.42; adapter v8 '\0\0\x40\x3f\0\0\0\x40' 0.37; adapter v9 '\0\0\xc0\x7f\0\0\0\x40' 0.01
@printf '\xa1\x66schema\x72telemetry-frame/v1' > $WORK/telemetry.cbor; printf 'rank_max = 8\n' > $WORK/policy.toml
./coh peft publish job_8932 --base llama3-8b --telemetry $WORK/telemetry.cbor --policy $WORK/policy.toml
./coh peft export job_8932 --out $WORK/jobs; echo "exit status $?"
./coh window open job_8932 --ttl 10m && ./coh peft export job_8932 --out $WORK/jobs
./coh peft import --model edge-v7 --from $WORK/v7 --job job_8932 --export $WORK/jobs --registry $WORK/registry --publish
./coh peft import --model edge-v8 --from $WORK/v8 --job job_8932 --export $WORK/jobs --registry $WORK/registry --publish
./coh peft import --model edge-v9 --from $WORK/v9 --job job_8932 --export $WORK/jobs --registry $WORK/registry --publish; echo "exit status $?"
./coh peft activate --model edge-v7 --registry $WORK/registry && ./coh peft activate --model edge-v8 --registry $WORK/registry
./coh model list
./coh peft rollback --registry $WORK/registry
./coh cat /gpu/models/active
./coh model lineage
./coh model history

### data-gpu
./coh gpu publish --mock --host edge-1 --once
./coh gpu list
./coh gpu lease GPU-0 --mem-mb 16384 --streams 2 --ttl 10m
./coh gpu lease GPU-0 --mem-mb 16384 --streams 1 --ttl 10m; echo "exit status $?"
./coh cat /gpu/edge-1/GPU-0/lease

### data-host
./coh host publish --mock --host edge-1 --once
./coh ls /host/edge-1
./coh host status edge-1 | head -n 4

### data-bus
./coh spawn '{"spawn":"bus","adapter":"pump-house"}'
./coh ticket mint --role worker-bus --subject pump-house --ttl 1h --out $WORK/pump.ticket
./coh --ticket $WORK/pump.ticket ls /
./coh --ticket $WORK/pump.ticket bus send pump-house pressure=4.1
./coh bus feed pump-house --mock --count 4; echo "exit status $?"
./coh cat /bus/pump-house/spool
./coh bus list
./coh bus replay pump-house
./coh bus replay pump-house
./coh bus link pump-house online
./coh bus send pump-house pressure=4.2
./coh cat /bus/pump-house/telemetry
./coh kill $(./coh bus list --json | grep -o 'worker-[0-9]*')
./coh --ticket $WORK/pump.ticket bus list; echo "exit status $?"

### data-lora
./coh lora send field-7 level=2.31
./coh lora send field-7 level=2.30
./coh lora send field-7 level=2.29; echo "exit status $?"
./coh lora send field-7 $(printf 'x%.0s' $(seq 60)); echo "exit status $?"
./coh lora tamper field-7
./coh lora status field-7

### data-spool
for i in $(seq 1 5); do ./coh spool append "temperature=2$i"; done
(for i in $(seq 6 999); do ./coh spool append "temperature=2$i" >> $WORK/kept 2>&1 || break; done) & sleep 2; kill -KILL $(grep -o '"pid":[0-9]*' $DATA/run/addresses.json | grep -o '[0-9]*'); wait $!; grep -c appended $WORK/kept
@npm start >> $LOG 2>&1 &
@for i in $(seq 300); do [ $(grep -c Ctrl-C $LOG) -ge 2 ] && break; sleep 0.1; done
./coh spool status
./coh spool read --ack | tail -n 2
./coh spool read
