"""What each right lets somebody do, in words an admin reads; the keys are those of ``roles``.

Why apart from the table of roles: that one is for whoever checks who may do what; this is what
pages say. A test keeps both equal.
"""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext as _l

#: topic → rights in the order in which a page shows them
TOPICS: Final[tuple[tuple[Any, tuple[tuple[str, Any], ...]], ...]] = (
    (_l("Consents"), (
        ("consent:read", _l("Sees consents, addresses masked")),
        ("consent:reveal", _l("Opens an address in full")),
        ("consent:take", _l("Takes notices and explicit consents on the phone and on paper")),
        ("call:take", _l("Takes consents in calls")),
        ("call:judge", _l("Draws, hears and judges calls, notes trainings")),
        ("call:allow", _l("Says whether outbound calls may ask")),
        ("consent:refuse", _l("Records a refusal")),
        ("consent:prove", _l("Takes proof bundles and receipts")),
        ("consent:share", _l("Opens consents to dealers")),
        ("inbound:read", _l("Reads SMS people wrote")),
        ("inbound:decide", _l("Decides on SMS nobody understood")),
        ("inbound:write", _l("Sets numbers and words of incoming SMS")),
        ("proof:read", _l("Opens proof files")),
        ("proof:write", _l("Adds proof files")),
        ("field:fill", _l("Writes what is known of recipients")),
        ("restricted:read", _l("Sees what is kept of an erased person for the law alone")),
    )),
    (_l("Import"), (
        ("import:read", _l("Sees imports and their reports")),
        ("import:run", _l("Uploads and applies lists")),
        ("import:approve", _l("Approves large imports of others")),
    )),
    (_l("İYS"), (
        ("iys:read", _l("Reads the error book")),
        ("iys:ask", _l("Asks İYS for the status of an address")),
        ("queue:read", _l("Sees what is on its way to İYS")),
        ("queue:resend", _l("Sends records again")),
        ("queue:drop", _l("Takes records out of the queue")),
        ("radar:read", _l("Sees the deadline radar")),
        ("radar:alarm", _l("Gets mails about deadlines")),
        ("reconciliation:read", _l("Sees the reconciliation")),
        ("reconciliation:run", _l("Reconciles now")),
        ("reconciliation:repair", _l("Repairs differences")),
        ("reconciliation:open", _l("Downloads from İYS’s archive")),
    )),
    (_l("Texts and forms"), (
        ("document:read", _l("Reads texts")),
        ("document:write", _l("Writes texts")),
        ("document:publish", _l("Publishes texts")),
        ("template:read", _l("Reads templates of messages")),
        ("template:write", _l("Writes and publishes templates of messages")),
        ("template:approve", _l("Approves exempt templates that may promote")),
        ("purpose:read", _l("Sees the processing inventory")),
        ("purpose:write", _l("Changes the processing inventory")),
        ("field:read", _l("Sees custom fields")),
        ("field:write", _l("Defines custom fields")),
        ("site:read", _l("Sees sites and forms")),
        ("site:write", _l("Changes sites and forms")),
        ("site:secret", _l("Opens the secrets of sites")),
        ("poster:read", _l("Opens a dealer’s page, poster and kiosk")),
        ("poster:write", _l("Makes and replaces a dealer’s codes")),
    )),
    (_l("Calls"), (
        ("call:read", _l("Sees call lists, phones masked")),
        ("call:write", _l("Makes, pauses and closes call lists")),
        ("call:work", _l("Calls: gets one number after the other and writes results")),
        ("call:export", _l("Takes numbers to call out as a file")),
    )),
    (_l("Outgoing messages"), (
        ("single:read", _l("Sees single messages")),
        ("single:send", _l("Sends single messages")),
        ("campaign:read", _l("Sees campaigns")),
        ("campaign:write", _l("Writes, pauses and gives up campaigns")),
        ("campaign:release", _l("Releases campaigns")),
    )),
    (_l("Data subjects"), (
        ("request:read", _l("Opens data requests")),
        ("request:write", _l("Works on data requests")),
        ("request:erase", _l("Proposes and approves erasures")),
        ("retention:read", _l("Sees periods and destruction")),
        ("retention:write", _l("Places legal holds and asks for a destruction")),
    )),
    (_l("Reports"), (
        ("daily:read", _l("Reads the daily report and gets it by mail")),
        ("report:read", _l("Reads reports")),
        ("home:read", _l("Opens the first page and the own account")),
    )),
    (_l("Organisation"), (
        ("provider:read", _l("Sees the provider’s record")),
        ("provider:write", _l("Changes the provider’s record")),
        ("provider:check", _l("Checks the connection to İYS")),
        ("provider:add", _l("Adds providers and says which modules they have")),
        ("provider:limit", _l("Says how many of each a provider may have")),
        ("brand:read", _l("Sees brands")),
        ("brand:write", _l("Changes brands")),
        ("dealer:read", _l("Sees dealers")),
        ("dealer:write", _l("Changes dealers")),
        ("dealer:reveal", _l("Opens dealers’ identity numbers")),
        ("dealer:allow", _l("Says what dealers may do")),
        ("user:read", _l("Sees users")),
        ("user:write", _l("Adds users and gives roles")),
        ("role:read", _l("Sees roles")),
        ("role:write", _l("Composes roles")),
        ("api:read", _l("Sees API accounts")),
        ("api:write", _l("Makes API accounts")),
        ("mail:read", _l("Sees mail keys, mailboxes and addresses in trouble")),
        ("mail:decide", _l("Reads mails nobody understood and decides on them")),
        ("mail:write", _l("Changes mail keys and mailboxes")),
        ("webhook:read", _l("Sees webhooks")),
        ("webhook:write", _l("Makes webhooks")),
        ("gateway:read", _l("Sees sending accounts and sender titles")),
        ("gateway:write", _l("Opens sending accounts and notes sender titles")),
        ("audit:read", _l("Reads the audit trail")),
        ("plugin:read", _l("Sees plug-ins")),
        ("plugin:write", _l("Switches plug-ins on and off")),
    )),
)
WORDS: Final[dict[str, Any]] = {key: words for _topic, rights in TOPICS for key, words in rights}


def right(permission: str) -> Any:
    """A right in words; its key when it has none any more."""
    return WORDS.get(permission, permission)
