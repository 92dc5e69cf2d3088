"""Whoever walks over providers has decided what becomes of sandboxes (docs/adr/0055)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ileti.cli.worker import load_jobs
from ileti.core.jobs import JOBS

ROOT = Path(__file__).resolve().parents[2]
WALKS = re.compile(r"(?:from|join) provider\b|select\(Provider|\(Provider\)|Provider\.id\b")

#: leaves twins out by a condition of its own
REAL = {
    "ileti/cli/bundling.py", "ileti/cli/doctor.py", "ileti/cli/retention.py", "ileti/cli/vault.py",
    "ileti/iys/alarms.py", "ileti/iys/stampcheck.py", "ileti/kvkk/integrity.py",
    "ileti/documents/sealed.py", "ileti/outbox/relay.py", "ileti/radar/backlog.py",
    "ileti/tenancy/scope.py",
}
#: asks through the session, whose scope holds no twin for anybody
SCOPED = {
    "ileti/tenancy/access.py", "ileti/tenancy/limitviews.py", "ileti/tenancy/people.py",
    "ileti/tenancy/pluginviews.py", "ileti/tenancy/trailpage.py", "ileti/tenancy/views.py",
    "ileti/retention/pages.py", "ileti/kvkk/views.py", "ileti/web/today.py",
    "ileti/web/wizard_steps.py", "ileti/web/wizard_views.py", "ileti/consents/search.py",
    "ileti/requests/desk/listpage.py", "ileti/requests/desk/textviews.py", "ileti/fields/views.py",
    "ileti/radar/causes.py", "ileti/iys/book.py", "ileti/iys/access_chosen.py",
    "ileti/iys/story.py", "ileti/iys/views.py", "ileti/channels/packviews.py",
    "ileti/inbound/numberviews.py", "ileti/mailroom/views.py", "ileti/templates/senderviews.py",
    "ileti/templates/pages.py", "ileti/templates/owners.py",
}
#: asks about one row or one provider that somebody named, and is never led to a twin by a list
ONE = {
    "ileti/programs/accounts.py", "ileti/programs/sandboxviews.py", "ileti/programs/sandbox.py",
    "ileti/tenancy/accounts.py", "ileti/tenancy/foureyes.py", "ileti/tenancy/twins.py",
    "ileti/retention/holds.py", "ileti/channels/messagepack.py", "ileti/signin/invitations.py",
    "ileti/signin/mails.py", "ileti/signin/twostep.py", "ileti/cli/users.py",
    "ileti/cli/commands.py", "ileti/cli/importing.py", "ileti/consents/consentreceipt.py",
    "ileti/consents/proofpage.py", "ileti/consents/claims.py", "ileti/kvkk/claims.py",
    "ileti/imports/runs.py", "ileti/preferences/centre.py", "ileti/preferences/ways.py",
    "ileti/requests/exports.py", "ileti/requests/answering.py", "ileti/requests/stops.py",
    "ileti/requests/drafts.py", "ileti/capture/pages.py", "ileti/capture/sites.py",
    "ileti/capture/seed.py", "ileti/capture/dealercodes.py", "ileti/capture/refusals.py",
    "ileti/evidence/stepup.py", "ileti/evidence/vault.py", "ileti/documents/publish.py",
    "ileti/documents/reviews.py", "ileti/documents/facts.py", "ileti/iys/client.py",
    "ileti/iys/connection.py", "ileti/iys/pushed.py", "ileti/iys/late.py",
    "ileti/templates/senders.py", "ileti/api/templates.py", "ileti/capture/paper.py",
    "ileti/channels/presses.py", "ileti/channels/refusing.py", "ileti/capture/receiptpage.py",
    "ileti/kvkk/receipt.py",
}
#: twins take part, since their work is done against the simulator and by the demo's gateways
ALIKE = {
    "ileti/iys/forward.py", "ileti/iys/days.py", "ileti/iys/pull.py", "ileti/channels/send.py",
    "ileti/templates/pictures.py",
    "ileti/requests/mails.py", "ileti/retention/destroy.py", "ileti/retention/erase.py",
    "ileti/webhooks/whose.py", "ileti/callcentre/calls.py", "ileti/retention/plan.py",
    "ileti/reports/standing.py",
    "ileti/capture/demo.py", "ileti/requests/demo.py", "ileti/channels/actreceipts.py",
}
#: hangs on rows a twin never has, since only people in its panel make them (accounts of gateways,
#: campaigns, call lists, numbers, mailboxes; :func:`ileti.channels.accounts.roads` gives it none):
NEVER_MADE = {
    "ileti/calllists/results.py", "ileti/campaigns/answering.py", "ileti/campaigns/dispatch.py",
    "ileti/campaigns/prepare.py", "ileti/channels/accounts.py",
    "ileti/channels/ivr.py", "ileti/inbound/numbers.py", "ileti/inbound/treat.py",
    "ileti/mailroom/acts.py", "ileti/mailroom/consenting.py",
}
#: hangs on rows a twin never has: webhooks are its home's, no alarm is raised for it, nobody
#: is a member of it and ``alarm_mails`` is off
NEVER = {
    "ileti/webhooks/acts.py", "ileti/webhooks/facts.py", "ileti/webhooks/send.py",
    "ileti/webhooks/events.py", "ileti/radar/letters.py", "ileti/requests/alarms.py",
}
_APART = "walks over rows that are nobody's, or marks what is ready; a twin's as everybody's"
_SIMULATED = "a twin's calls go to the simulator alone (iys.client.account_of)"
_DEMO = "a twin's messages go to the demo's phone and mailbox (channels.registry)"
JOBS_DECIDED = {
    **dict.fromkeys(("forward", "settle", "pull", "share", "sweep", "reconcile", "repair",
                     "check_stamps"), _SIMULATED),
    **dict.fromkeys(("send_messages", "confirm_lately", "confirm_today", "send_mails"), _DEMO),
    **dict.fromkeys(("watch_deadlines", "watch_days", "count_long_queues", "mail_alarms",
                     "raise_alarms"), "no alarm is raised for a twin, and no mail is its"),
    **dict.fromkeys(("mail_seals", "mail_accounts", "warn_of_keys", "forget_mails",
                     "mail_daily"),
                    "about the installation and its users; a twin has none"),
    **dict.fromkeys(("seal", "stamp", "export_seals", "carry_seals"),
                    "one chain over all leaves, which say nothing of whose they are"),
    **dict.fromkeys(("forget_calls", "clear_logins", "carry_out_agreed", "make_partitions",
                     "mark_overdue", "check", "apply", "undo", "make_copies", "erase",
                     "sweep_requests", "forget_former_secrets", "destroy_due", "count",
                     "destroy_unused_pictures", "count_standing"),
                    _APART),
    "make": "a program's own file, of the rows its account sees in the twin",
    **dict.fromkeys(("sweep_lists", "find_forgotten", "hand_over", "make_ready", "fetch_reports",
                     "pull_messages", "treat_messages", "read_mailboxes",
                     "forget_mails_set_aside", "wipe_kiosk_items", "destroy_look_files"),
                    "campaigns, calls, numbers, mailboxes and pages are made by people alone"),
    "tell_webhooks": "a webhook tells of the sandbox when it is one of it, and says so",
    "forget_message_news": "deletes news of messages whose time is over, whosever",
    "forget_webhook_secrets": "wipes secrets whose time is over, whosever",
    "keep_sandboxes": "is the twins' own",
}


def walkers() -> set[str]:
    found = set()
    for path in sorted((ROOT / "ileti").rglob("*.py")):
        if not {"migrations", "simulator"} & set(path.parts) and WALKS.search(path.read_text()):
            found.add(str(path.relative_to(ROOT)))
    return found


def test_every_file_that_walks_over_providers_says_what_becomes_of_sandboxes() -> None:
    decided = [*REAL, *SCOPED, *ONE, *ALIKE, *NEVER, *NEVER_MADE]
    assert len(decided) == len(set(decided)), "one decision each"
    assert walkers() - set(decided) == set(), "decide what becomes of twins there"
    assert set(decided) - walkers() == {"ileti/tenancy/scope.py"}


@pytest.mark.parametrize("path", sorted(REAL))
def test_what_leaves_twins_out_says_so(path: str) -> None:
    assert "sandbox_of" in (ROOT / path).read_text()


def test_every_job_has_decided_too() -> None:
    load_jobs()
    assert {name.rpartition(".")[2] for name in JOBS} == JOBS_DECIDED.keys()
