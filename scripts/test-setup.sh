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
/usr/bin/chromium         chromium         tests/ui: the page; tests/websocket, tests/gateway: the client and /docs in a browser
/usr/bin/systemd-analyze  systemd         tests/interop: the units of docs/service, as systemd reads them
/usr/bin/promtool         prometheus       tests/interop: checks the metrics, and its server scrapes them
/usr/bin/etcd             etcd-server      bench: a store whose changes are durable and acknowledged, nobody here wrote
/usr/sbin/nats-server     nats-server      bench: JetStream, shown beside it
/usr/bin/wrk             wrk              bench: load over HTTP, by a generator nobody here wrote
/usr/bin/gcc              gcc              tests/workbench: makes ELF x86-64 and x86 fixtures
/usr/lib/x86_64-linux-gnu/crt1.o libc6-dev tests/workbench: the same, with a C library
/usr/bin/aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu tests/workbench: makes ELF AArch64 fixtures
/usr/aarch64-linux-gnu/lib/crt1.o libc6-dev-arm64-cross tests/workbench: the same, with a C library
/usr/bin/aarch64-linux-gnu-objdump binutils-aarch64-linux-gnu tests/workbench: strips AArch64 fixtures, and reads them
/usr/bin/x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64 tests/workbench: makes PE x86-64 fixtures
/usr/bin/clang-19         clang-19         tests/workbench: makes fixtures of all formats
/usr/bin/ld64.lld-19      lld-19           tests/workbench: links Mach-O, PE ARM64, and ELF with RELR
/usr/bin/llvm-objdump-19  llvm-19          tests/workbench: reads every format, nobody here wrote
/usr/bin/objdump          binutils         tests/workbench: disassembles and reads ELF (readelf), nobody here wrote
/usr/bin/qemu-aarch64-static qemu-user-static tests/workbench: runs AArch64 programs
/usr/lib/wine/wine64      wine64           tests/workbench: runs PE programs
/usr/bin/osslsigncode     osslsigncode     tests/workbench: checks Authenticode
/usr/bin/valgrind         valgrind         tests/workbench: counts instructions (callgrind)
/usr/bin/file             file             tests/workbench: names files, nobody here wrote
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
