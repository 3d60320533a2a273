"""The doors against servers that misbehave: everything is bounded, nothing secret is told, and no write is sent twice without a key."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_servers import FakeServer, Script, console, exactly, frame, http_answer, http_request, ninep, send_frame
from hive_process import DOORS, MISSING, HiveProcess

from cohesix import CohesixError, FilesystemBackend, MockBackend, NinePBackend, RestBackend, connect, read_token
from cohesix.backends.lines import whole_lines
from cohesix.backends.sockets import parse_address
from cohesix.models import TicketRevoke, TicketRevokeRevoke

TICKET = "coh2.SECRETSECRET"
SHORT_S = 0.4
QID = b"\x00" + b"\0" * 12
RWALK = b"\x6f" + struct.pack("<H", 2) + QID + QID
ROPEN = b"\x0d" + QID + struct.pack("<I", 0)
RCLUNK = b"\x79"


def rread(data: bytes) -> bytes:
    return b"\x75" + struct.pack("<I", len(data)) + data


def gone(peer: socket.socket) -> None:
    """Takes the request and goes away."""
    frame(peer)
    peer.close()


def silent(peer: socket.socket) -> None:
    """Takes the request and says nothing, until the client has enough."""
    frame(peer)
    exactly(peer, 1)


class Doors(unittest.TestCase):
    def server(self, *scripts: Script) -> FakeServer:
        made = FakeServer(*scripts)
        self.addCleanup(made.close)
        return made

    def ninep(self, *scripts: Script, retries: int = 1) -> tuple[NinePBackend, FakeServer]:
        server = self.server(*scripts)
        made = NinePBackend(f"9p://127.0.0.1:{server.port}", ticket=TICKET, timeout_s=SHORT_S, max_retries=retries)
        self.addCleanup(made.close)
        return made, server

    def refused(self, act: Callable[[], object], code: str) -> CohesixError:
        with self.assertRaises(CohesixError) as caught:
            act()
        self.assertEqual(caught.exception.code, code, caught.exception)
        self.assertNotIn("SECRET", str(caught.exception) + repr(caught.exception))
        return caught.exception

    # --- 9P

    def test_a_server_of_another_protocol_is_refused(self) -> None:
        def page(peer: socket.socket) -> None:
            exactly(peer, 7)
            peer.sendall(http_answer(400, b"no"))

        self.refused(lambda: self.ninep(page), "invalid-frame")
        self.refused(lambda: self.ninep(ninep(version=b"9P2000.u")), "unsupported")
        self.refused(lambda: self.ninep(ninep(msize=1 << 30)), "unsupported")
        self.refused(lambda: self.ninep(ninep(msize=64)), "unsupported")

    def test_a_server_that_trickles_is_not_waited_for_longer_than_the_deadline(self) -> None:
        def trickle(peer: socket.socket) -> None:
            frame(peer)
            while True:
                peer.sendall(b"\x00")
                peer.settimeout(0.05)
                try:
                    if not peer.recv(1):
                        return
                except TimeoutError:
                    continue

        backend, _ = self.ninep(ninep(trickle))
        # Zeroes are no size: refused for what they are, or late; never read on.
        with self.assertRaises(CohesixError) as caught:
            backend.read_file("/a/b")
        self.assertIn(caught.exception.code, ("invalid-frame", "timeout"))

    def test_more_than_was_asked_for_is_refused(self) -> None:
        backend, _ = self.ninep(ninep(RWALK, ROPEN, rread(b"x" * 8168), rread(b"x" * 8168), RCLUNK))
        self.refused(lambda: backend.read_file("/a/b", 10_000), "too-big")
        backend, _ = self.ninep(ninep(RWALK, ROPEN, b"\x75" + struct.pack("<I", 5000) + b"x" * 10))
        self.refused(lambda: backend.read_file("/a/b"), "invalid-frame")
        huge = lambda peer: (frame(peer), peer.sendall(struct.pack("<IBH", 1 << 31, 0x6F, 1)))  # noqa: E731
        backend, _ = self.ninep(ninep(huge))
        self.refused(lambda: backend.read_file("/a/b"), "invalid-frame")

    def test_messages_that_are_cut_are_refused(self) -> None:
        for answers in ([b"\x6f"], [b"\x6f\x02"], [RWALK, b"\x0d" + QID], [RWALK, ROPEN, b"\x75\x01"], [RWALK, ROPEN, b"\x29"]):
            backend, _ = self.ninep(ninep(*answers))
            act = backend.list_dir if answers[-1] == b"\x29" else backend.read_file
            self.refused(lambda act=act: act("/a/b"), "invalid-frame")
        backend, _ = self.ninep(ninep(RWALK, b"\x19" + b"\0" * 10))
        self.refused(lambda: backend.stat("/a/b"), "invalid-frame")

    def test_a_listing_that_goes_round_ends(self) -> None:
        entry = QID + struct.pack("<QBH", 7, 8, 1) + b"a"
        page = b"\x29" + struct.pack("<I", len(entry)) + entry
        backend, _ = self.ninep(ninep(RWALK, ROPEN, page, page, RCLUNK))
        self.refused(lambda: backend.list_dir("/a/b"), "invalid-frame")

    def test_an_errno_is_its_code_and_another_servers_is_internal(self) -> None:
        for errno, code in ((1, "denied"), (126, "needs-approval"), (122, "exhausted"), (9999, "internal")):
            backend, _ = self.ninep(ninep(b"\x07" + struct.pack("<I", errno)), ninep(silent))
            self.refused(lambda backend=backend: backend.read_file("/proc/self/refusal"), code)

    def test_a_read_goes_on_over_a_new_connection(self) -> None:
        backend, server = self.ninep(ninep(gone), ninep(RWALK, ROPEN, rread(b"ok\n"), rread(b""), RCLUNK))
        self.assertEqual(backend.read_file("/a/b"), b"ok\n")
        self.assertEqual(server.connections, 2)

    def test_a_read_is_not_tried_for_ever(self) -> None:
        backend, server = self.ninep(ninep(gone))
        self.refused(lambda: backend.read_file("/a/b"), "unreachable")
        self.assertEqual(server.connections, 2)

    def test_a_write_without_an_answer_is_unknown_and_sent_once(self) -> None:
        writes: list[bytes] = []

        def taken(peer: socket.socket) -> None:
            writes.append(frame(peer))
            peer.close()

        for last in (taken, lambda peer: (writes.append(frame(peer)), exactly(peer, 1))):
            writes.clear()
            backend, _ = self.ninep(ninep(RWALK, ROPEN, last))
            error = self.refused(lambda backend=backend: backend.write_append("/a/b", "line"), "timeout")
            self.assertTrue(error.is_unknown)
            self.assertEqual(len(writes), 1)
            self.assertIn(b"line\n", writes[0])

    def test_a_write_that_was_not_begun_goes_over_a_new_connection(self) -> None:
        writes: list[bytes] = []

        def written(peer: socket.socket) -> None:
            writes.append(frame(peer))
            send_frame(peer, b"\x77\x01\x00" + struct.pack("<I", 5))

        backend, server = self.ninep(ninep(gone), ninep(RWALK, ROPEN, written, RCLUNK))
        self.assertEqual(backend.write_append("/a/b", "line"), 5)
        self.assertEqual((len(writes), server.connections), (1, 2))

    def test_nobody_there_is_told_after_bounded_attempts(self) -> None:
        server = self.server(ninep())
        server.close()
        self.refused(lambda: connect(f"9p://127.0.0.1:{server.port}", ticket=TICKET, timeout_s=0.2, max_retries=2), "unreachable")

    # --- Console

    def console(self, *answers: object) -> object:
        server = self.server(console(*answers))  # type: ignore[arg-type]
        made = connect(f"console://127.0.0.1:{server.port}", ticket=TICKET, console_token="SECRETWORD", timeout_s=SHORT_S, max_retries=1)
        self.addCleanup(made.close)
        return made

    def test_console_content_is_the_bytes_of_the_file(self) -> None:
        encoded = base64.b64encode(b"\x00OK CAT\r\n").decode()
        backend = self.console(["OK CAT path=/a", f"b64:{encoded}", "plain \u00e9", "END"])
        self.assertEqual(backend.read_file("/a"), b"\x00OK CAT\r\nplain \xc3\xa9\n")
        backend = self.console(["OK CAT path=/a", "b64:@@@", "END"])
        self.refused(lambda: backend.read_file("/a"), "invalid-frame")

    def test_console_answers_stay_in_step(self) -> None:
        listed = ["OK LS path=/ entries=2", "b", "a", "END"]
        backend = self.console(["OK CAT path=/a", "x" * 100, "END"], ["OK CAT path=/b", "b", "END"], listed)
        self.refused(lambda: backend.read_file("/a", 10), "too-big")
        self.assertEqual(backend.read_file("/b"), b"b\n")
        self.assertEqual(backend.list_dir("/"), ["a", "b"])
        backend = self.console(["OK LS path=/ entries=1", "a"])
        self.refused(lambda: backend.read_file("/a"), "invalid-frame")

    def test_console_refusals_by_code_errno_and_reason(self) -> None:
        for line, code in (
            ("ERR CAT reason=policy detail=needs-approval path=/proc/self/refusal error=ENOKEY", "needs-approval"),
            ("ERR CAT reason=policy detail=other error=EBUSY", "busy"),
            ("ERR CAT reason=quota", "exhausted"),
            ("ERR CAT what", "internal"),
            ("ERR PARSE reason=policy detail=unknown verb", "invalid-payload"),
        ):
            backend = self.console([line])
            self.refused(lambda backend=backend: backend.read_file("/proc/self/refusal"), code)

    def test_console_write_without_an_answer_is_unknown(self) -> None:
        error = self.refused(lambda: self.console(gone).write_append("/a", "line"), "timeout")
        self.assertTrue(error.is_unknown)

    def test_a_ticket_with_a_line_end_is_no_second_command(self) -> None:
        with self.assertRaises(CohesixError):
            connect("console://127.0.0.1:1", ticket="a\nECHO /queen/ctl x", console_token="t")
        backend = self.console(["OK CAT", "END"])
        self.refused(lambda: backend.read_file("/a b"), "invalid-path")
        self.refused(lambda: backend.read_file("/a\nECHO"), "invalid-path")

    # --- REST

    def rest(self, *answers: Script, retries: int = 3) -> tuple[RestBackend, FakeServer]:
        server = self.server(*answers)
        made = RestBackend(f"http://127.0.0.1:{server.port}", ticket=TICKET, timeout_s=SHORT_S, max_retries=retries)
        self.addCleanup(lambda: setattr(made, "_is_closed", True))
        return made, server

    def test_a_lost_answer_is_asked_for_again_under_the_same_key(self) -> None:
        keys: list[tuple[str, str | None]] = []
        told = b'{"status":"OK","verb":"ECHO","path":"/a","end":true,"bytes":4,"seq":9,"reply":{"id":"x"}}'
        answer = http_answer(200, told, x_cohesix_instance="i1")
        listed = http_answer(200, b'{"status":"OK","lines":["a"]}', x_cohesix_instance="i1")

        def met_then_lost(peer: socket.socket) -> None:
            http_request(peer)
            peer.sendall(listed)
            _, headers, _ = http_request(peer)
            keys.append((headers["idempotency-key"], headers.get("x-cohesix-expect-instance")))

        def answered(peer: socket.socket) -> None:
            _, headers, body = http_request(peer)
            keys.append((headers["idempotency-key"], headers.get("x-cohesix-expect-instance")))
            self.assertEqual(json.loads(body), {"path": "/a", "text": "line\n"})
            peer.sendall(answer)

        backend, _ = self.rest(met_then_lost, answered)
        backend.list_dir("/")
        accepted = backend.write_line("/a", "line")
        self.assertEqual((accepted.entry, accepted.reply, accepted.bytes), (9, {"id": "x"}, 5))
        self.assertEqual([key for key, _ in keys], [keys[0][0]] * 2)
        self.assertEqual([expected for _, expected in keys], [None, "i1"])

    def test_a_write_to_a_gateway_that_was_never_met_is_not_sent_again(self) -> None:
        backend, server = self.rest(lambda peer: (http_request(peer), None)[1])
        error = self.refused(lambda: backend.write_append("/a", "line"), "timeout")
        self.assertTrue(error.is_unknown)
        self.assertEqual(server.connections, 1)

    def test_what_the_gateway_calls_unknown_is_unknown(self) -> None:
        for status, told in ((504, {"code": "timeout", "outcome": "unknown"}), (412, {"code": "timeout"})):
            body = json.dumps({"type": "urn:x", "status": status, "detail": "who knows", **told}).encode()
            send = http_answer(status, body, "application/problem+json")
            backend, _ = self.rest(lambda peer, send=send: (http_request(peer), peer.sendall(send), http_request(peer))[0])
            error = self.refused(lambda backend=backend: backend.write_append("/a", "line"), "timeout")
            self.assertTrue(error.is_unknown)

    def test_later_is_waited_for_and_not_for_ever(self) -> None:
        busy = http_answer(429, b'{"code":"rate-limited","detail":"later"}', "application/problem+json", retry_after="0")

        def always(peer: socket.socket) -> None:
            while True:
                http_request(peer)
                seen.append(1)
                peer.sendall(busy)

        seen: list[int] = []
        backend, _ = self.rest(always)
        self.refused(lambda: backend.list_dir("/"), "rate-limited")
        self.assertEqual(len(seen), 3)

    def test_refusals_go_by_code_and_never_by_words(self) -> None:
        for status, body, code in (
            (200, b'{"status":"ERR","code":"busy","detail":"not-found EPERM"}', "busy"),
            (200, b'{"status":"ERR","error":"ERR LS"}', "internal"),
            (200, b"<html>", "internal"),
            (200, b"[" * 100_000, "internal"),
            (401, b"", "unauthenticated"),
            (418, b"{}", "internal"),
        ):
            send = http_answer(status, body)
            once = lambda peer, send=send: (http_request(peer), peer.sendall(send), http_request(peer))  # noqa: E731
            backend, _ = self.rest(once, retries=1)
            self.refused(lambda backend=backend: backend.list_dir("/"), code)

    def test_events_are_the_bytes_of_the_stream_and_resume_where_they_broke(self) -> None:
        asked: list[str | None] = []
        head = b"HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\n\r\n"
        raw = base64.b64encode(b"c\r\n").decode()

        def first(peer: socket.socket) -> None:
            asked.append(http_request(peer)[1].get("last-event-id"))
            peer.sendall(head + b'event: start\nid: 4\ndata: {"from":4}\n\nid: 6\ndata: a\n\nid: 9\nda')

        def second(peer: socket.socket) -> None:
            asked.append(http_request(peer)[1].get("last-event-id"))
            gap = json.dumps({"from": 6, "to": 20, "text": "~ lost 14\n"})
            peer.sendall(head + f": here\n\nevent: gap\nid: 20\ndata: {gap}\n\nevent: bytes\nid: 23\ndata: {raw}\n\n".encode())
            peer.sendall(b'event: end\ndata: {"code":"revoked","detail":"gone"}\n\n')
            exactly(peer, 1)

        backend, _ = self.rest(first, second)
        got: list[bytes] = []
        with self.assertRaises(CohesixError) as caught:
            for chunk in backend.follow("/log/queen.log", 4):
                got.append(chunk)
        self.assertEqual((caught.exception.code, caught.exception.detail), ("revoked", "gone"))
        self.assertEqual(got, [b"a\n", b"~ lost 14\n", b"c\r\n"])
        self.assertEqual(asked, [None, "6"])

    def test_the_ticket_is_in_a_header_and_in_nothing_that_is_shown(self) -> None:
        seen: list[tuple[str, dict[str, str]]] = []

        def kept(peer: socket.socket) -> None:
            first, headers, _ = http_request(peer)
            seen.append((first, headers))
            peer.sendall(http_answer(200, b'{"status":"OK"}'))
            http_request(peer)

        backend, _ = self.rest(kept)
        backend.list_dir("/a b?c")
        self.assertEqual(seen[0][0], "GET /v1/fs/ls?path=%2Fa%20b%3Fc HTTP/1.1")
        self.assertEqual(seen[0][1]["authorization"], f"Bearer {TICKET}")
        self.assertNotIn("SECRET", repr(backend))
        for bad in ("a\r\nx: y", "", "a b", "\u00e9"):
            self.refused(lambda bad=bad: RestBackend("http://h", ticket=bad), "invalid-claims")
        for url in ("ftp://h", "http://user:SECRET@h/", "http://h/?ticket=SECRET", "http:///x"):
            self.refused(lambda url=url: RestBackend(url, ticket=TICKET), "invalid-payload")


class Trees(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def test_nothing_outside_the_root_is_reached(self) -> None:
        (self.root / "tree").mkdir()
        (self.root / "secret").write_text("no")
        os.symlink(self.root, self.root / "tree" / "up")
        os.symlink(self.root / "secret", self.root / "tree" / "link")
        backend = FilesystemBackend(self.root / "tree")
        for path in ("/../secret", "/up/secret", "/link", "/./x", "//x", "secret", "/a\0b"):
            with self.subTest(path), self.assertRaises(CohesixError) as caught:
                backend.read_file(path)
            self.assertEqual(caught.exception.code, "invalid-path")
            with self.subTest(path), self.assertRaises(CohesixError):
                backend.write_append(path, "x")
        self.assertEqual((self.root / "secret").read_text(), "no")

    def test_reading_is_bounded_and_appending_whole_lines(self) -> None:
        (self.root / "f").write_text("")
        backend = FilesystemBackend(self.root)
        self.assertEqual(backend.write_append("/f", "a\n\n\n"), 2)
        self.assertEqual(backend.write_append("/f", b"b"), 2)
        self.assertEqual(backend.read_file("/f", 4), b"a\nb\n")
        for act, code in (
            (lambda: backend.read_file("/f", 3), "too-big"),
            (lambda: backend.write_append("/f", "\n"), "invalid-payload"),
            (lambda: backend.write_append("/f", "x" * 8168), "too-big"),
            (lambda: backend.write_append("/f", "\ud800"), "invalid-payload"),
            (lambda: backend.list_dir("/f"), "not-directory"),
            (lambda: backend.read_file("/none"), "invalid-path"),
        ):
            with self.assertRaises(CohesixError) as caught:
                act()
            self.assertEqual(caught.exception.code, code)
        self.assertEqual(backend.write_append("/f", "x" * 8167), 8168)

    def test_a_follow_gives_what_comes_after_its_cursor(self) -> None:
        (self.root / "f").write_text("old\n")
        backend = FilesystemBackend(self.root)
        follow = backend.follow("/f")
        backend.write_append("/f", "new")
        self.assertEqual(next(iter(follow)), b"new\n")
        follow.close()
        self.assertEqual(next(iter(backend.follow("/f", 0))), b"old\nnew\n")

    def test_a_mock_is_the_same_bytes_each_time_and_goes_on_where_it_was(self) -> None:
        lines = [
            ("/queen/lease/ctl", '{"op":"grant","id":"l1","subject":"a","resource":"gpu0","ttl_s":60}'),
            ("/queen/schedule/ctl", '{"id":"j1","role":"gpu","priority":1,"ticks":1,"budget_ms":1}'),
            ("/queen/ctl", '{"spawn":"heartbeat","ticks":5}'),
            ("/queen/telemetry/d/ctl", '{"new":"segment"}'),
        ]
        for name in ("one", "two"):
            for path, line in lines:
                MockBackend(self.root / name).write_line(path, line)

        def files(root: Path) -> dict[str, bytes]:
            return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}

        self.assertEqual(files(self.root / "one"), files(self.root / "two"))
        self.assertIn("id=l1", MockBackend(self.root / "one").read_text("/proc/lease/active"))

    def test_a_mock_refuses_as_a_hive_does_and_then_nothing_has_changed(self) -> None:
        backend = MockBackend(self.root / "m")
        grant = '{"op":"grant","id":"l1","subject":"a","resource":"gpu0","ttl_s":60}'
        backend.write_line("/queen/lease/ctl", grant)
        before = {path.name: path.read_bytes() for path in (self.root / "m").rglob("*") if path.is_file()}
        for path, line, code in (
            ("/queen/lease/ctl", grant, "exists"),
            ("/queen/lease/ctl", grant.replace("l1", "l2"), "busy"),
            ("/queen/lease/ctl", '{"op":"renew","id":"l9","ttl_s":1}', "not-found"),
            ("/queen/lease/ctl", '{"op":"release","id":"l1"}\n{"op":"release","id":"l1"}', "not-found"),
            ("/queen/lease/ctl", '{"op":"release"}', "invalid-payload"),
            ("/proc/lease/active", "x", "denied"),
            ("/nothing", "x", "invalid-path"),
        ):
            with self.subTest(line), self.assertRaises(CohesixError) as caught:
                backend.write_append(path, line)
            self.assertEqual(caught.exception.code, code)
        self.assertEqual({path.name: path.read_bytes() for path in (self.root / "m").rglob("*") if path.is_file()}, before)

    def test_a_token_file_is_one_line_and_its_text_is_not_told(self) -> None:
        for text in ("", "SECRET two", "SECRET\nmore", "x" * 9000, "S\u00c9CRET"):
            (self.root / "t").write_text(text)
            with self.assertRaises(CohesixError) as caught:
                read_token(self.root / "t")
            self.assertNotIn("SECRET", str(caught.exception))
        (self.root / "t").write_text(" word\n")
        self.assertEqual(read_token(self.root / "t"), "word")

    def test_addresses(self) -> None:
        self.assertEqual(parse_address("unix:///run/x")[1].path, "/run/x")
        protocol, address = parse_address("console://[::1]")
        self.assertEqual((protocol, address.host, address.port, address.tls), ("console", "::1", 31_337, False))
        self.assertTrue(parse_address("9ps://h:1")[1].tls)
        for url in ("9p://", "h:1", "9p://h:0", "9p://h:70000", "9p://h:1/x", "ssh://h"):
            with self.subTest(url), self.assertRaises(CohesixError):
                parse_address(url)

    def test_chunks_become_whole_lines(self) -> None:
        self.assertEqual(list(whole_lines([b"a", b"b\nc", b"\n\nd"])), [b"ab\n", b"c\n\n", b"d"])
        self.assertEqual(list(whole_lines([b"\xa1\n", b"x"])), [b"\xa1\n", b"x"])


@unittest.skipIf(MISSING is not None, MISSING or "")
class Real(unittest.TestCase):
    hive: HiveProcess

    @classmethod
    def setUpClass(cls) -> None:
        cls.hive = HiveProcess()
        cls.addClassCleanup(cls.hive.stop)

    def test_a_follow_of_each_door_gives_the_same_bytes(self) -> None:
        hive = self.hive
        with hive.connect("9p") as writer:
            found: dict[str, bytes] = {}
            for door in ("9p", "console", "rest"):
                with hive.connect(door) as backend:
                    end = backend.stat("/audit/journal").size
                    with backend.follow("/audit/journal", end) as follow:
                        writer.write_line("/queen/export/ctl", f'{{"op":"open","id":"w-{door}","ttl_s":60}}')
                        found[door] = next(iter(follow))
                self.assertTrue(found[door].endswith(b"\n"), found[door][-40:])
                self.assertIn(f"w-{door}".encode(), found[door])

    def test_a_wrong_ticket_is_the_same_refusal_at_every_door(self) -> None:
        hive = self.hive
        codes = set()
        for door in ("9p", "unix", "console", "rest"):
            with self.assertRaises(CohesixError) as caught:
                hive.connect(door, ticket=hive.ticket[:-4] + "AAAA").list_dir("/")
            self.assertNotIn(hive.ticket[5:20], str(caught.exception))
            codes.add(caught.exception.code)
        self.assertEqual(codes, {"denied"})

    def minted(self, name: str, *words: str) -> str:
        """A ticket of a queen that may less."""
        return str(self.mint(name, *words)["token"])

    def mint(self, name: str, *words: str) -> dict[str, Any]:
        """The same, with what it says."""
        done = self.hive.coh("--json", "ticket", "mint", "--role", "queen", "--subject", name, *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return dict(json.loads(done.stdout))

    def code_of(self, act: Callable[[], object]) -> str:
        try:
            act()
        except CohesixError as error:
            return error.code
        return "ok"

    def test_a_narrow_ticket_is_as_narrow_at_every_door(self) -> None:
        ticket = self.minted("narrow", "--scope", "/proc:r", "--scope", "/queen/export:rw")
        found = {}
        for door in DOORS:
            with self.hive.connect(door, ticket=ticket) as backend:
                found[door] = [
                    self.code_of(lambda: backend.read_file("/proc/boot")),
                    self.code_of(lambda: backend.read_file("/log/queen.log")),
                    self.code_of(lambda: backend.list_dir("/queen/lease")),
                    self.code_of(lambda: backend.write_line("/queen/export/ctl", '{"op":"open","id":"n","ttl_s":9}')),
                    self.code_of(lambda: backend.write_line("/queen/lease/ctl", '{"op":"release","id":"n"}')),
                    self.code_of(lambda: backend.write_line("/proc/boot", "x")),
                ]
        self.assertEqual(found, {door: found["9p"] for door in DOORS})
        self.assertEqual((found["9p"][0], found["9p"][3]), ("ok", "ok"))
        self.assertNotIn("ok", found["9p"][1:3] + found["9p"][4:])

    def test_a_quota_is_used_up_and_refuses_alike_at_every_door(self) -> None:
        codes = {}
        for door in DOORS:
            with self.hive.connect(door, ticket=self.minted(f"few-{door}", "--quota", "operations=1/s:20")) as backend:
                seen = (self.code_of(lambda: backend.read_file("/proc/boot")) for _ in range(400))
                codes[door] = next((code for code in seen if code != "ok"), "never")
        self.assertEqual(set(codes.values()), {"exhausted"}, codes)

    def test_a_revoked_ticket_opens_nothing_any_more(self) -> None:
        minted = self.mint("gone")
        backends = {door: self.hive.connect(door, ticket=minted["token"]) for door in DOORS}
        for backend in backends.values():
            backend.read_file("/proc/boot")
        with self.hive.connect("9p") as queen:
            revoke = TicketRevokeRevoke(id=minted["ticket"]["ids"][0])
            queen.write_line(TicketRevoke.path(), TicketRevoke(revoke=revoke).to_line())
        codes = {door: self.code_of(lambda one=one: one.read_file("/proc/boot")) for door, one in backends.items()}
        self.assertEqual(set(codes.values()), {"revoked"}, codes)
        for backend in backends.values():
            backend.close()

    def test_a_hive_that_was_started_again_is_gone_on_with(self) -> None:
        hive = HiveProcess()
        self.addCleanup(hive.stop)
        with hive.connect("unix") as backend:
            backend.write_line("/queen/export/ctl", '{"op":"open","id":"before","ttl_s":900}')
            hive.restart()
            self.assertIn("id=before", backend.read_text("/proc/export/windows"))
            hive.restart()
            backend.write_line("/queen/export/ctl", '{"op":"open","id":"after","ttl_s":900}')
            lines = [json.loads(line)["line"] for line in backend.read_text("/queen/export/ctl").splitlines()]
            self.assertEqual([json.loads(line)["id"] for line in lines], ["before", "after"])


if __name__ == "__main__":
    unittest.main()
