"""The doors behind TLS, with certificates that openssl makes on the spot: who is believed, and who is let in."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from hive_process import MISSING, NO_APPROVALS, HiveProcess

from cohesix import CohesixError, connect

OPENSSL = shutil.which("openssl")
WHY = MISSING or (None if OPENSSL else "openssl is not installed (Debian package openssl)")
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(*words: str) -> None:
    subprocess.run([str(OPENSSL), *words], check=True, capture_output=True)


def authority(folder: Path, name: str) -> Path:
    """The certificate of an authority; its key lies beside."""
    ca = folder / f"{name}.pem"
    extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    files = ("-keyout", str(folder / f"{name}.key"), "-out", str(ca))
    openssl("req", "-x509", *NEW_KEY, *files, "-subj", f"/CN={name}", "-days", "2", *extensions)
    return ca


def issued(ca: Path, who: str, names: str = "IP:127.0.0.1") -> tuple[str, str]:
    """A certificate of it, and its key."""
    cert, key, request, extensions = (ca.parent / f"{who}.{kind}" for kind in ("pem", "key", "csr", "ext"))
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
    openssl("req", "-new", *NEW_KEY, "-keyout", str(key), "-out", str(request), "-subj", f"/CN={who}")
    signed = ("-CA", str(ca), "-CAkey", str(ca.with_suffix(".key")), "-CAcreateserial", "-extfile", str(extensions))
    openssl("x509", "-req", "-in", str(request), "-out", str(cert), *signed, "-days", "2")
    return str(cert), str(key)


@unittest.skipIf(WHY is not None, WHY or "")
class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        ours, theirs = authority(folder, "ours"), authority(folder, "theirs")
        cert, key = issued(ours, "hive")
        cls.ca, cls.other_ca = str(ours), str(theirs)
        cls.operator, cls.stranger = issued(ours, "operator"), issued(theirs, "stranger")
        section = f'[tls]\ncertificate = "{cert}"\nkey = "{key}"\nclient_ca = "{ours}"\n'
        cls.hive = HiveProcess(f"{NO_APPROVALS}\n{section}")
        cls.addClassCleanup(cls.hive.stop)

    def opened(self, door: str, ca: str, who: tuple[str, str] | None) -> str:
        """The lifecycle state, or the code of the refusal."""
        url = self.hive.url(door).replace("9p:", "9ps:").replace("console:", "consoles:").replace("http:", "https:")
        cert, key = who if who is not None else (None, None)
        try:
            with connect(
                url, ticket=self.hive.ticket, console_token=self.hive.console_token, timeout_s=20.0, max_retries=1,
                ca_file=ca, cert_file=cert, key_file=key,
            ) as backend:  # fmt: skip
                return backend.read_text("/proc/lifecycle/state")
        except CohesixError as error:
            self.assertNotIn(self.hive.ticket[5:20], str(error))
            return error.code

    def test_doors_open_for_who_has_a_certificate_and_believes_theirs(self) -> None:
        for door in ("9p", "console", "rest"):
            with self.subTest(door):
                self.assertEqual(self.opened(door, self.ca, self.operator), "state=ONLINE\n")
                self.assertEqual(self.opened(door, self.other_ca, self.operator), "unreachable")
                self.assertIn(self.opened(door, self.ca, None), ("unreachable", "closed"))
                self.assertIn(self.opened(door, self.ca, self.stranger), ("unreachable", "closed"))

    def test_nobody_is_served_in_plain_text(self) -> None:
        for door in ("9p", "console", "rest"):
            url = self.hive.url(door).replace("https:", "http:")
            with self.subTest(door), self.assertRaises(CohesixError):
                connect(url, ticket="coh2.none", console_token="none", timeout_s=5.0, max_retries=1).list_dir("/")

    def test_files_that_are_none_are_told_before_anything_is_sent(self) -> None:
        for ca in ("/no/such/file", __file__):
            with self.assertRaises(CohesixError) as caught:
                connect("9ps://127.0.0.1:1", ticket="t", ca_file=ca)
            self.assertEqual(caught.exception.code, "invalid-payload")


if __name__ == "__main__":
    unittest.main()
