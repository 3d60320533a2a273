"""The generated lines: every example of every control file there and back, what is refused, and what a real hive says of both."""

from __future__ import annotations

import json
import sys
import unittest
from dataclasses import FrozenInstanceError
from typing import Any

from hive_process import MISSING, ROOT, HiveProcess

from cohesix import CohesixError, models, parse_line
from cohesix._line import Line, Whole, Word, json_text, read_json

SCHEMAS = ROOT / "docs" / "reference" / "schemas.json"
WORDS_ONLY = {"/gpu/:host/:gpu/ctl", "/gpu/:host/ctl"}
"""Files whose lines are several words: no class."""
# Values for the `:name` components of a path, in a hive that has nothing of that name: the file is there or it is not.
NAMES = {":host": "local", ":gpu": "GPU-0", ":device": "cam-1", ":adapter": "plc-1", ":unit": "web.service", ":node": "n1"}


def controls() -> list[dict[str, Any]]:
    """The control files that a ticket may write."""
    found = json.loads(SCHEMAS.read_text("utf-8"))["controls"]
    return [one for one in found if one["writers"] != ["system"] and one["pattern"] not in WORDS_ONLY]


def is_word(control: dict[str, Any], example: str) -> bool:
    """Whether an example is in words although the file has classes for its JSON lines only."""
    return bool(control["isWord"]) and not example.startswith("{") and not issubclass(models.CONTROLS[control["pattern"]][0], Word)


def path_at(pattern: str) -> str:
    return "/".join(NAMES.get(part, part) for part in pattern.split("/"))


class Models(unittest.TestCase):
    def test_every_example_comes_back(self) -> None:
        count = 0
        for control in controls():
            for example in control["examples"]:
                if is_word(control, example):
                    continue
                with self.subTest(control["pattern"], example=example):
                    made = parse_line(path_at(control["pattern"]), example)
                    again = type(made).from_line(made.to_line())
                    self.assertEqual(again, made)
                    if isinstance(made, Line):
                        self.assertEqual(json.loads(made.to_line()), json.loads(example))
                    else:
                        self.assertEqual(made.to_line(), example.lower() if example == "RESET" else example)
                    count += 1
        self.assertGreater(count, 90)

    def test_every_control_file_is_known(self) -> None:
        self.assertEqual([one["pattern"] for one in controls() if one["pattern"] not in models.CONTROLS], [])

    def test_a_line_is_what_coh_writes(self) -> None:
        lease = models.LeaseGrant(id="l1", subject="queen", resource="gpu0", ttl_s=60, priority=6)
        self.assertEqual(lease.to_line(), '{"op":"grant","id":"l1","subject":"queen","resource":"gpu0","ttl_s":60,"priority":6}')
        self.assertEqual(lease.path(), "/queen/lease/ctl")
        self.assertEqual(models.SegmentNew.path(device="cam-1"), "/queen/telemetry/cam-1/ctl")
        self.assertEqual(models.LifecycleWord(word="drain").to_line(), "drain")

    def test_fields_are_checked_at_their_limits(self) -> None:
        def grant(**fields: Any) -> models.LeaseGrant:
            return models.LeaseGrant(**{"id": "l1", "subject": "a", "resource": "gpu0", "ttl_s": 1, **fields})

        grant(id="x" * 32, ttl_s=4_294_967_295)
        for fields in (
            {"id": "x" * 33},
            {"id": ""},
            {"id": "l1\n"},
            {"id": 7},
            {"ttl_s": 0},
            {"ttl_s": 4_294_967_296},
            {"ttl_s": 1.0},
            {"ttl_s": True},
            {"ttl_s": None},
            {"wait": 1},
            {"resource": ".."},
        ):
            with self.subTest(fields), self.assertRaises(CohesixError) as caught:
                grant(**fields)
            self.assertEqual(caught.exception.code, "invalid-payload")
            self.assertIn(f"$.{next(iter(fields))}", caught.exception.detail)

    def test_lines_that_two_readers_could_understand_differently_are_refused(self) -> None:
        for text in (
            '{"kill":"a","kill":"b"}',
            '{"kill":"a","__proto__":1}',
            '{"kill":"a"} x',
            '{"kill":"a"',
            '{"kill":NaN}',
            '{"kill":"a\nb"}',
            '{"kill":"\\ud800"}',
            '{"spawn":"heartbeat","ticks":1e400}',
            '{"spawn":"heartbeat","ticks":9007199254740993}',
            '{"spawn":"heartbeat","ticks":' + "9" * 5000 + "}",
            '{"kill":' * 20_000,
            "[" * 9 + "]" * 9,
            "\ufeff{}",
            "",
        ):
            with self.subTest(text[:40]), self.assertRaises(CohesixError) as caught:
                parse_line("/queen/ctl", text)
            self.assertEqual(caught.exception.code, "invalid-payload")

    def test_the_problem_is_about_what_was_meant(self) -> None:
        for text, wanted in (
            ('{"op":"renew","id":"l1"}', "$.ttl_s: missing"),
            ('{"op":"release","id":"l1","x":1}', "unknown field 'x'"),
            ('{"op":"renew","id":"l1","ttl_s":0}', "$.ttl_s: expected a whole number 1..4294967295, got 0"),
        ):
            with self.subTest(text), self.assertRaises(CohesixError) as caught:
                parse_line("/queen/lease/ctl", text)
            self.assertIn(wanted, caught.exception.detail)
        with self.assertRaises(CohesixError) as caught:
            parse_line("/queen/nothing", "{}")
        self.assertEqual(caught.exception.code, "not-found")

    def test_what_was_checked_stays_so(self) -> None:
        lease = models.LeaseRelease(id="l1")
        with self.assertRaises(FrozenInstanceError):
            lease.id = "other"  # type: ignore[misc]
        with self.assertRaises(TypeError):
            models.LeaseRelease(id="l1", unknown=1)  # type: ignore[call-arg]

    def test_words_of_python_can_be_fields(self) -> None:
        line = models.BindPath(bind=models.BindPathBind(from_="/a", to="/b"))
        self.assertEqual(line.to_line(), '{"bind":{"from":"/a","to":"/b"}}')

    def test_json_is_as_ecmascript_writes_it(self) -> None:
        self.assertEqual(json_text({"a": "é\u2028\x7f", "b": [1, True, None]}), '{"a":"é\u2028\x7f","b":[1,true,null]}')
        self.assertEqual(read_json("1.0"), 1)


@unittest.skipIf(MISSING is not None, MISSING or "")
class AgainstAHive(unittest.TestCase):
    """The checks here are those there: what a class makes a hive never calls `invalid-payload`, what it refuses the hive does."""

    hive: HiveProcess

    @classmethod
    def setUpClass(cls) -> None:
        cls.hive = HiveProcess()
        cls.addClassCleanup(cls.hive.stop)
        cls.hive.coh("gpu", "publish", "--mock", "--once")

    def code_of(self, backend: Any, path: str, line: str) -> str:
        try:
            backend.write_append(path, line)
        except CohesixError as error:
            return error.code
        return "accepted"

    def test_every_example_passes_the_checks_of_the_hive(self) -> None:
        accepted: set[str] = set()
        with self.hive.connect("9p") as backend:
            for control in controls():
                pattern = control["pattern"]
                if pattern in ("/queen/lifecycle/ctl", "/queen/manifest/ctl", "/replay/ctl", "/policy/ctl", "/queen/epoch/ctl"):
                    continue  # they would change what the others meet; a policy document is signed
                for example in control["examples"]:
                    if is_word(control, example):
                        continue
                    made = parse_line(path_at(pattern), example)
                    code = self.code_of(backend, path_at(pattern), made.to_line())
                    with self.subTest(pattern, example=example):
                        self.assertNotEqual(code, "invalid-payload" if self.is_pure(pattern) else "")
                    if code == "accepted":
                        accepted.add(pattern)
        self.assertGreater(len(accepted), 15, sorted(accepted))

    def is_pure(self, pattern: str) -> bool:
        """Files that also call `invalid-payload` what fits their schema: a hash that is wrong, a signature, a journal that is younger."""
        return pattern not in ("/audit/cosign", "/queen/intents/ctl", "/gpu/:host/:gpu/job", "/gpu/:host/job")

    def test_what_a_class_refuses_the_hive_refuses(self) -> None:
        count = 0
        with self.hive.connect("9p") as backend:
            for path, cls in (
                ("/queen/lease/ctl", models.LeaseGrant),
                ("/queen/schedule/ctl", models.ScheduleRequest),
                ("/queen/export/ctl", models.ExportOpen),
                ("/queen/ctl", models.SpawnHeartbeat),
                ("/host/tickets/spec", models.HostTicket),
            ):
                for wrong in self.wrong_lines(path, cls):
                    with self.subTest(path, wrong=wrong):
                        with self.assertRaises(CohesixError):
                            parse_line(path, wrong)
                        self.assertEqual(self.code_of(backend, path, wrong), "invalid-payload")
                        count += 1
        self.assertGreater(count, 40)

    def wrong_lines(self, path: str, cls: type[Line]) -> list[str]:
        examples = next(one["examples"] for one in controls() if one["pattern"] == path)
        good = next(json.loads(one) for one in examples if isinstance(parse_line(path, one), cls))
        made = [{**good, "unknown": 1}]
        for name, value in good.items():
            made += [{key: one for key, one in good.items() if key != name}] if name not in cls.optional() else []
            made += [{**good, name: other} for other in (None, [], 1.5, "" if isinstance(value, str) else "x")]
            spec = cls.SPECS[name]
            if isinstance(spec, Whole):
                made += [{**good, name: spec.minimum - 1}, {**good, name: spec.maximum + 1}]
        return [json.dumps(one) for one in made]


if __name__ == "__main__":
    sys.exit(unittest.main())
