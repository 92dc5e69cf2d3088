"""How many mails a second go out, against a server that takes everything; `make bench-mail`.

``mail_per_s``: mails of text and HTML, DKIM signed, over one connection with pipelining.
``mail_per_s_four``: over four. ``mail_vs_smtplib``: the first against smtplib's ``sendmail`` over
one open connection with mails written and signed beforehand, in turn: what writing, signing and the
honest answers cost, less what pipelining wins. ``mail_written_per_s``: writing and signing alone.
The server is the simulator's, in a process of its own.
"""

from __future__ import annotations

import os
import smtplib
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime

MAILS, ROUNDS = int(os.environ.get("ILETI_BENCH_MAILS", "400")), 3


def serve() -> None:
    """The server's process: its port on the first line, until its input closes."""
    from ileti.simulator.mail.boxes import Mailboxes
    from ileti.simulator.mail.smtpserver import MailServer

    boxes = Mailboxes(lambda: datetime.now(UTC))
    MailServer("127.0.0.1", 0, boxes)
    print(boxes.port, flush=True)
    sys.stdin.read()


def main() -> None:
    """Print the figures."""
    from ileti.channels.dkimsign import Signer, new_key
    from ileti.channels.gateways.bulksmtp import BulkSmtp
    from ileti.channels.gateways.smtpline import Server
    from ileti.channels.mail import Mail
    from ileti.channels.mailwire import Sender, wire
    from ileti.channels.sms import Taken

    signer, sender = Signer("magaza.test", "s1", new_key()), Sender("bilgi@magaza.test")
    html = "<p>" + "Seçili ürünlerde indirim başladı. " * 60 + "</p>"
    mails = [Mail(n, f"kisi{n}@ornek.test", "Kampanya: yaz indirimi", "Merhaba\n" * 40, html,
                  unsubscribe_url="https://izin.magaza.test/r/abc") for n in range(MAILS)]
    began = time.perf_counter()
    raw = [wire(mail, sender, signer) for mail in mails]
    print(f"mail_written_per_s {MAILS / (time.perf_counter() - began):.0f}")
    with subprocess.Popen([sys.executable, "-m", "benchmarks.mail", "serve"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())

        class Signed(BulkSmtp):
            def _keys(self, messages):  # type: ignore[no-untyped-def]
                return {}

            def _written(self, mail, keys, place, answers):  # type: ignore[no-untyped-def]
                from ileti.channels.gateways.smtpline import Letter
                return Letter(sender.address, mail.to, wire(mail, sender, signer), mail.id)

        def ours(connections: int) -> float:
            gateway = Signed(Server("127.0.0.1", port, tls="none"), sender,
                             connections=connections)
            start = time.perf_counter()
            answers = gateway.send(mails)
            seconds = time.perf_counter() - start
            gateway.close()
            assert all(isinstance(one, Taken) for one in answers)
            return MAILS / seconds

        def plain() -> float:
            with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as line:
                start = time.perf_counter()
                for mail, one in zip(mails, raw, strict=True):
                    line.sendmail(sender.address, mail.to, one)
                return MAILS / (time.perf_counter() - start)

        rounds = [(ours(1), plain(), ours(4)) for _ in range(ROUNDS)]
        one, _, four = (statistics.median(values) for values in zip(*rounds, strict=True))
        server.stdin.close()  # type: ignore[union-attr]
    print(f"mail_per_s {one:.0f}\nmail_per_s_four {four:.0f}\n"
          f"mail_vs_smtplib {statistics.median(o / p for o, p, _ in rounds):.2f}")


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
