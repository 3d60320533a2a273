"""Probes against programs that hang, lie, fail and never stop; snapshots; evidence for CI; records for a SIEM."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fake_tools import ToolsCase, has_ended, running_with

from cohesix.integrations import (
    ProbeBounds,
    ProbeChoice,
    collect_host_snapshot,
    probe_docker,
    probe_kubernetes,
    probe_nvidia,
    probe_peft,
    probe_systemd,
    safe_record,
    siem_export_ndjson,
    snapshot_to_ndjson,
)
from cohesix.integrations.bounded import NotRun, Ran, run_bounded
from cohesix.integrations.siem import safe_text
from cohesix.integrations.text import visible

PACKAGE = Path(__file__).resolve().parents[1]
SHORT = ProbeBounds(timeout_s=0.4)  # for what must not be waited for
ROOMY = ProbeBounds(timeout_s=30.0, output_bytes_max=65536)  # for what is to be answered, also on a busy machine

COMMANDS = {
    "docker": probe_docker,
    "kubectl": lambda bounds: probe_kubernetes("ml", "app=x", bounds),
    "nvidia-smi": probe_nvidia,
    "systemctl": lambda bounds: probe_systemd(("*.service",), bounds),
}


class BadTools(ToolsCase):
    def reasons(self, script: str, bounds: ProbeBounds = ROOMY) -> dict[str, tuple[str, str]]:
        told = {}
        for name, probe in COMMANDS.items():
            self.tool(name, script)
            found = probe(bounds)
            told[name] = (found.state, found.reason)
        return told

    def all(self, reason: str) -> dict[str, tuple[str, str]]:
        return dict.fromkeys(COMMANDS, ("unknown", reason))

    def test_none_installed(self) -> None:
        told = {name: (probe(ROOMY).state, probe(ROOMY).reason) for name, probe in COMMANDS.items()}
        self.assertEqual(told, self.all("not-installed"))

    def test_a_program_that_hangs_is_ended(self) -> None:
        self.assertEqual(self.reasons("hang", SHORT), self.all("timeout"))
        self.assertEqual(running_with(str(self.folder)), [])

    def test_a_program_that_ignores_signals_is_ended(self) -> None:
        self.assertEqual(self.reasons("deaf", SHORT), self.all("timeout"))
        self.assertEqual(running_with(str(self.folder)), [])

    def test_a_child_that_keeps_the_pipe_open(self) -> None:
        for name, probe in COMMANDS.items():
            self.tool(name, "orphan")
            self.assertEqual(probe(SHORT).reason, "timeout")
            self.assertTrue(has_ended(int((self.folder / "bin" / "orphan.pid").read_text())), name)

    def test_output_that_never_ends(self) -> None:
        self.assertEqual(self.reasons("huge"), self.all("too-big"))

    def test_errors_that_never_end(self) -> None:
        self.assertEqual(self.reasons("loud", SHORT), self.all("timeout"))

    def test_garbage(self) -> None:
        self.assertEqual(self.reasons("garbage"), self.all("garbage"))
        self.assertEqual(self.reasons("words"), self.all("garbage"))

    def test_a_program_that_cannot_be_started(self) -> None:
        told = self.reasons("no-exec")
        self.assertEqual({state for state, _ in told.values()}, {"unknown"})

    def test_an_exit_status_is_told_with_its_last_words_and_nothing_else(self) -> None:
        self.assertEqual(self.reasons("exit"), self.all("exit-status"))
        self.assertEqual(probe_docker(ROOMY).detail, "status 3: no such daemon \\x1b[31mred\\x1b[0m")

    def test_no_output_is_no_items(self) -> None:
        self.assertEqual(self.reasons("silent"), dict.fromkeys(COMMANDS, ("ok", "")))

    def test_the_bound_of_output_is_exact(self) -> None:
        at = run_bounded(["printf", "%100s", ""], timeout_s=20, output_bytes_max=100)
        past = run_bounded(["printf", "%101s", ""], timeout_s=20, output_bytes_max=100)
        self.assertIsInstance(at, Ran)
        self.assertEqual(past, NotRun("too-big", "printf wrote more than 100 bytes"))


class GoodTools(ToolsCase):
    def test_systemd(self) -> None:
        self.tool("systemctl", "#!/bin/sh\nprintf 'Id=b.service\\nActiveState=failed\\n\\nId=a.service\\nLoadState=loaded\\n'\n")
        found = probe_systemd(bounds=ROOMY)
        self.assertEqual(
            [(item["unit"], item["load"], item["active"]) for item in found.items],
            [("a.service", "loaded", None), ("b.service", None, "failed")],
        )
        self.assertEqual((found.state, found.source), ("ok", "systemctl"))

    def test_docker(self) -> None:
        line = '{"ID":"0123456789abcdef","Names":"web","Image":"nginx","State":"running"}'
        self.tool("docker", f"#!/bin/sh\necho '{line}'\n")
        found = probe_docker(ROOMY)
        self.assertEqual(found.source, "docker")
        self.assertEqual(found.items, ({"id": "0123456789ab", "name": "web", "image": "nginx", "status": "running"},))

    def test_kubernetes_is_asked_for_its_namespace_and_selector(self) -> None:
        self.tool("kubectl", "#!/bin/sh\nprintf '%s\\t\\tRunning\\n' \"$3$4\"\n")
        found = probe_kubernetes("ml", "app=trainer", ROOMY)
        self.assertEqual(found.items, ({"name": "--namespace=ml--selector=app=trainer", "node": None, "phase": "Running"},))

    def test_nvidia_does_not_guess_what_a_gpu_does_not_tell(self) -> None:
        self.tool("nvidia-smi", "#!/bin/sh\necho '0, GPU-1, Orin, 550.1, [N/A], 12, 3'\n")
        (item,) = probe_nvidia(ROOMY).items
        self.assertEqual((item["index"], item["memory_mib"], item["used_mib"]), (0, None, 12))

    def test_items_beyond_the_bound_are_counted(self) -> None:
        self.tool("nvidia-smi", "#!/bin/sh\nfor i in 10 2 3 4 5 6 7 8 9; do echo \"$i, u, n, d, 1, 2, 3\"; done\n")
        at = probe_nvidia(ProbeBounds(items_max=9))
        past = probe_nvidia(ProbeBounds(items_max=8))
        self.assertEqual([(len(one.items), one.dropped) for one in (at, past)], [(9, 0), (8, 1)])
        self.assertEqual([item["index"] for item in past.items], [2, 3, 4, 5, 6, 7, 8, 9])


class Sdks(ToolsCase):
    NVML = (
        "class NVMLError(Exception): pass\n"
        "def nvmlInit(): pass\n"
        "def nvmlShutdown(): pass\n"
        "def nvmlSystemGetDriverVersion(): return b'550.1'\n"
        "def nvmlDeviceGetCount(): return 1\n"
        "def nvmlDeviceGetHandleByIndex(index): return index\n"
        "def nvmlDeviceGetUUID(handle): return 'GPU-1'\n"
        "def nvmlDeviceGetName(handle): return 'H100'\n"
        "def nvmlDeviceGetUtilizationRates(handle): raise NVMLError('not supported')\n"
        "class Memory: total, used = 80 << 30, 1 << 30\n"
        "def nvmlDeviceGetMemoryInfo(handle): return Memory\n"
    )

    def test_an_sdk_goes_before_its_command(self) -> None:
        self.sdk("pynvml", self.NVML)
        self.tool("nvidia-smi", "hang")
        found = probe_nvidia(ROOMY)
        self.assertEqual((found.state, found.source), ("ok", "nvidia-sdk"))
        self.assertEqual(found.items[0]["memory_mib"], 81920)
        self.assertIsNone(found.items[0]["busy_percent"])

    def test_an_sdk_that_hangs_in_its_driver_is_ended_and_the_command_asked(self) -> None:
        self.sdk("pynvml", "import time\ndef nvmlInit(): time.sleep(600)\n")
        found = probe_nvidia(SHORT)
        self.assertEqual((found.source, found.reason), ("nvidia-sdk", "timeout"))
        self.tool("nvidia-smi", "#!/bin/sh\necho '0, GPU-1, H100, 550.1, 1, 2, 3'\n")
        found = probe_nvidia(ProbeBounds(timeout_s=3.0))
        self.assertEqual((found.source, found.state), ("nvidia-smi", "ok"))

    def test_an_sdk_that_crashes_its_process(self) -> None:
        self.sdk("pynvml", "import os\ndef nvmlInit(): os.abort()\n")
        found = probe_nvidia(ROOMY)
        self.assertEqual((found.source, found.reason), ("nvidia-sdk", "exit-status"))

    def test_an_sdk_that_raises_what_it_likes(self) -> None:
        self.sdk("docker", "def from_env(timeout): raise RuntimeError('no daemon')\n")
        found = probe_docker(ROOMY)
        self.assertEqual((found.source, found.reason, found.detail), ("docker-sdk", "failed", "RuntimeError: no daemon"))

    def test_an_sdk_that_prints_and_then_answers_is_not_believed(self) -> None:
        self.sdk("docker", "print('welcome')\ndef from_env(timeout): raise RuntimeError('x')\n")
        self.assertEqual(probe_docker(ROOMY).reason, "garbage")

    def test_a_module_in_the_working_folder_is_not_imported(self) -> None:
        (self.folder / "docker.py").write_text("raise SystemExit('imported from the working folder')\n")
        code = "from cohesix.integrations import probe_docker; print(probe_docker().reason)"
        ran = subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=self.folder,
            env={"PATH": str(self.folder / "bin"), "PYTHONPATH": f"{PACKAGE}{os.pathsep}{self.folder / 'sdks'}"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual((ran.stdout, ran.stderr), ("not-installed\n", ""))

    def test_no_sdk_is_imported_by_importing_the_package(self) -> None:
        code = (
            "import sys, cohesix.integrations, cohesix.playbooks\n"
            "print([name for name in ('docker','kubernetes','pynvml','torch','peft') if name in sys.modules])"
        )
        environment = {"PYTHONPATH": str(PACKAGE)}
        ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual((ran.stdout, ran.stderr), ("[]\n", ""))


class Snapshots(ToolsCase):
    def setUp(self) -> None:
        super().setUp()
        line = '{"ID":"%s","Names":"%s","Image":"i","State":"running"}'
        self.tool("docker", f"#!/bin/sh\necho '{line % ('b', 'b')}'\necho '{line % ('a', 'a')}'\n")
        self.tool("nvidia-smi", "exit")

    def test_the_same_answers_give_the_same_bytes_in_any_order(self) -> None:
        first, second = (
            snapshot_to_ndjson(collect_host_snapshot(ProbeChoice(names=names), now_ms=7, bounds=ROOMY))
            for names in (("nvidia", "docker", "systemd"), ("systemd", "docker", "nvidia"))
        )
        self.assertEqual(first, second)
        kinds = [(record["kind"], record.get("probe")) for record in map(json.loads, first.splitlines())]
        docker = [("probe", "docker"), ("item", "docker"), ("item", "docker")]
        self.assertEqual(kinds, [("host", None), *docker, ("probe", "nvidia"), ("probe", "systemd")])

    def test_a_snapshot_has_a_bound_and_says_what_it_left_out(self) -> None:
        snapshot = collect_host_snapshot(ProbeChoice(names=("docker",)), now_ms=7, bounds=ROOMY)
        whole = snapshot_to_ndjson(snapshot)
        self.assertEqual(snapshot_to_ndjson(snapshot, bytes_max=len(whole)), whole)
        *kept, cut = snapshot_to_ndjson(snapshot, bytes_max=len(whole) - 1).splitlines()
        self.assertEqual(kept, whole.splitlines()[:-1])
        self.assertEqual(json.loads(cut)["lines"], 1)

    def test_an_item_all_escaped_fits_into_a_telemetry_record(self) -> None:
        wild = json.dumps({"ID": "\x00" * 300, "Names": "\u2028" * 300, "Image": "\U0001f600" * 300, "State": "é" * 300})
        (self.folder / "wild").write_text(wild)
        self.tool("docker", f"#!/bin/sh\nexec cat {self.folder}/wild\n")
        text = snapshot_to_ndjson(collect_host_snapshot(ProbeChoice(names=("docker",)), bounds=ROOMY))
        self.assertIn('"state":"ok"', text)
        self.assertLess(max(len(line) for line in text.splitlines()), 3900)

    def test_an_unknown_probe_is_a_mistake_of_the_caller(self) -> None:
        with self.assertRaisesRegex(ValueError, "no probe 'gpu'"):
            collect_host_snapshot(ProbeChoice(names=("gpu",)))

    def test_peft_names_every_package(self) -> None:
        names = [item["package"] for item in probe_peft().items]
        self.assertEqual(names, ["accelerate", "bitsandbytes", "peft", "torch", "transformers"])


class Siem(unittest.TestCase):
    def exported(self, *records: bytes) -> list[dict[str, object]]:
        out = io.StringIO()
        siem_export_ndjson(records, out)
        return [json.loads(line)["record"] for line in out.getvalue().splitlines()]

    def test_nothing_acts_on_the_reader(self) -> None:
        cases = {
            "=HYPERLINK(1)": "'=HYPERLINK(1)",
            "+1": "'+1",
            "-1": "'-1",
            "@sum": "'@sum",
            "  =1": "'  =1",
            "<img src=x onerror=alert(1)>": "&lt;img src=x onerror=alert(1)&gt;",
            "&lt;": "&amp;lt;",
            "\x1b[2Jgone": "\\x1b[2Jgone",
            "a\r\nb": "a\\x0d\\x0ab",
            "\u202etxt.exe": "\\u202etxt.exe",
            "\ud800": "\\ud800",
            "plain text": "plain text",
        }
        self.assertEqual({text: safe_text(text) for text in cases}, cases)

    def test_keys_are_cleaned_as_values_are(self) -> None:
        self.assertEqual(safe_record({"<b>": {"=1": ["\x07"]}}), ({"&lt;b&gt;": {"'=1": ["\\x07"]}}, 0))

    def test_secrets_are_hidden_also_inside_a_line(self) -> None:
        line = json.dumps({"op": "x", "args": {"api_key": "s3cret"}})
        record = {"who": "a", "line": line, "Authorization": "s3cret", "auth": "s3cret", "nested": [{"password": "s3cret"}]}
        (clean,) = self.exported(json.dumps(record).encode())
        self.assertNotIn("s3cret", json.dumps(clean))
        self.assertEqual(json.loads(str(clean["line"]))["op"], "x")

    def test_what_is_no_json_is_kept_and_counted(self) -> None:
        out = io.StringIO()
        report = siem_export_ndjson([b"{}", b"[1]", b"\xff<", b'{"a":' * 5000], out)
        self.assertEqual((report.records, report.unparsed, report.ok), (4, 3, False))
        self.assertEqual(json.loads(out.getvalue().splitlines()[2])["record"], {"unparsed": "\ufffd&lt;"})

    def test_depth_ends(self) -> None:
        deep = json.loads('{"a":' * 200 + "1" + "}" * 200)
        self.assertIn('"..."', json.dumps(safe_record(deep)[0]))

    def test_visible_leaves_what_people_write(self) -> None:
        self.assertEqual(visible("Grüße, 世界 😀"), "Grüße, 世界 😀")


if __name__ == "__main__":
    unittest.main()
