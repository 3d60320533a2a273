# The commands of docs/tour/history.md, run by `npm run tour`. See scripts/tour.mjs for the form.

### history-act
@export XDG_DATA_HOME=$TOUR LOG=$TOUR/hive.log DATA=$TOUR/cohesix/hive
@npm start > $LOG 2>&1 &
@for i in $(seq 300); do grep -q Ctrl-C $LOG && break; sleep 0.1; done
./coh approve /queen/ctl '{"spawn":"heartbeat","ticks":100}'
./coh spawn '{"spawn":"heartbeat","ticks":100}'
./coh lifecycle cordon
./coh lifecycle resume
@sleep 1.5

### history-look
./coh tail -n 2 /audit/journal | cut -c 1-150
./coh cat /audit/decisions | cut -c 1-150
./coh cat /audit/checkpoint

### history-verify
./coh audit verify
./coh audit export $TOUR/evidence
python3 sdk/python/cohesix/verify.py $TOUR/evidence --key "$(cat $DATA/journal/key)"

### history-tamper
cp -r $TOUR/evidence $TOUR/forged
sed -i 's/cordon/resume/' $TOUR/forged/tile/entries/000.p/*
./coh audit verify $TOUR/forged; echo "exit status $?"
python3 sdk/python/cohesix/verify.py $TOUR/forged; echo "exit status $?"

### history-prove
./coh audit prove 6 --output $TOUR/line6.proof
./coh audit check $TOUR/line6.proof --key $DATA/journal/key | cut -c 1-110
python3 sdk/python/cohesix/verify.py --proof $TOUR/line6.proof --key "$(cat $DATA/journal/key)" | cut -c 1-110

### history-record
printf 'ls /queen\ncat /proc/lifecycle/state\necho /queen/lifecycle/ctl sing\n' | ./coh sh --record $TOUR/session.trace
./coh sh --replay $TOUR/session.trace
@cp $TOUR/session.trace.lines $TOUR/altered.trace.lines
printf 'X' | cat $TOUR/session.trace - > $TOUR/altered.trace
./coh sh --replay $TOUR/altered.trace; echo "exit status $?"

### history-crash
@(for n in $(seq 20000); do echo "echo /queen/lifecycle/ctl cordon"; echo "echo /queen/lifecycle/ctl resume"; done) > $TOUR/load
./coh sh < $TOUR/load > $TOUR/answers 2>&1 & sleep 2
kill -9 $(grep -o '"pid":[0-9]*' $DATA/run/addresses.json | cut -d: -f2)
@wait $! 2> /dev/null; sleep 0.5; : > $LOG
@npm start > $LOG 2>&1 &
@for i in $(seq 300); do grep -q Ctrl-C $LOG && break; sleep 0.1; done
grep -c '^OK ECHO' $TOUR/answers
grep recovery $LOG
./coh audit verify | head -n 2

### history-replay
./coh replay
printf 'schema = "cohesix-hive/1"\n[policy]\nrules = [{ id = "all", target = "/queen/lifecycle/ctl" }]\n' > $TOUR/stricter.toml
./coh replay --policy $TOUR/stricter.toml --to 8

### history-at
./coh at 2 ls /worker
./coh at 5 ls /worker
./coh at 6 cat /proc/lifecycle/state
./coh cat /proc/lifecycle/state
