#!/bin/sh
# Installs what the tests use from Debian, where they run as root (CI, a developer's container). Idempotent, and quick
# when everything is there. What cannot be had is named; the tests that need it then skip and say so.
set -u

# file, Debian package, what uses it
needs='
/usr/sbin/diod            diod             tests/interop and bench: a 9P server nobody here wrote
/usr/sbin/diodcat         diod             tests/interop: a 9P client nobody here wrote
/usr/sbin/diodls          diod             tests/interop: the same
/usr/bin/linux.uml        user-mode-linux  tests/interop: the kernel 9P client, in a kernel that needs no privileges
/usr/lib/uml/modules      user-mode-linux  tests/interop: its modules
/usr/bin/slirp-fullbolt   slirp            tests/interop: the network of that kernel
/usr/bin/busybox          busybox-static   tests/interop: the user land of that kernel
/usr/bin/python3          python3          tests/python: the verifier that shares no code with ours
/usr/bin/pytest-3         python3-pytest   tests/python: the tests of sdk/python
/usr/bin/openssl          openssl          tests/tls: makes the certificates
/usr/bin/chromium         chromium         tests/websocket: the client in a browser
/usr/bin/systemd-analyze  systemd         tests/interop: the units of docs/service, as systemd reads them
/usr/bin/promtool         prometheus       tests/interop: checks the metrics, and its server scrapes them
/usr/bin/etcd             etcd-server      bench: a store whose changes are durable and acknowledged, nobody here wrote
/usr/sbin/nats-server     nats-server      bench: JetStream, shown beside it
/usr/bin/wrk             wrk              bench: load over HTTP, by a generator nobody here wrote
'

missing() {
  echo "$needs" | while read -r file package use; do
    [ -z "$file" ] || [ -e "$file" ] || echo "$file $package $use"
  done
}

packages() {
  missing | while read -r _ package _; do echo "$package"; done | sort -u
}

[ -z "$(packages)" ] && exit 0

export DEBIAN_FRONTEND=noninteractive
install() {
  # One by one when together fails: a package that is not to be had must not keep the others away.
  # shellcheck disable=SC2046
  apt-get install -y -q --no-install-recommends $(packages) && return
  for package in $(packages); do apt-get install -y -q --no-install-recommends "$package"; done
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing: $(packages | tr '\n' ' ')"
{ install || { apt-get update -q && install; }; } >"$log" 2>&1

if [ -n "$(packages)" ]; then
  tail -n 5 "$log"
  echo 'could not be installed; the tests that use them will be skipped:'
  missing | while read -r file package use; do echo "  $file ($package): $use"; done
fi
exit 0
