"""The account, texts, messages, custom fields, brands, dealers, users, İYS, reports, requests,
calls."""

from __future__ import annotations

from typing import Any, Unpack

from .. import services
from .. import types as t
from ..wire import call
from .pages import Listing
from .room import Room


class Account(Room):
    """``client.account``."""

    def document(self) -> dict[str, Any]:
        """The API's document (OpenAPI), with the services alone that the account's provider has."""
        return self._transport.ask(call(services.OWN_DOCUMENT))


class Documents(Room):
    """``client.documents``: the texts that are shown to people."""

    def on_show(self, **query: Unpack[t.ListTextsQuery]) -> t.Texts:
        """The words to show on a form, now or at a moment; ``textId`` names them in a consent."""
        return self._transport.ask(call(services.LIST_TEXTS, query=query))

    def show(self, id: int) -> t.Text:
        """One text with every version that was published."""
        return self._transport.ask(call(services.SHOW_TEXT, id))


class Messages(Room):
    """``client.messages``."""

    def list(self, **query: Unpack[t.ListMessagesQuery]) -> Listing[t.Message]:
        """What İleti sent, newest first; what it said is not given out."""
        return Listing(self._transport, services.LIST_MESSAGES, query)

    def show(self, id: int, **query: Unpack[t.ShowMessageQuery]) -> t.Message:
        """One message and what became of it."""
        return self._transport.ask(call(services.SHOW_MESSAGE, id, query=query))

    def send(self, *, idempotency_key: str | None = None,
                   **message: Unpack[t.SingleMessageIn]) -> t.Message:
        """One message to one person: a template and its values, or the words and what they are.
        An advertisement without a consent İYS knows is refused (``not_permitted``)."""
        return self._transport.ask(call(
            services.SEND_MESSAGE, body=message, key=idempotency_key))


class Templates(Room):
    """``client.templates``: templates of messages."""

    def list(self, **query: Unpack[t.ListTemplatesQuery]) -> Listing[t.TemplateInUse]:
        """Those with something published, each with the version in use."""
        return Listing(self._transport, services.LIST_TEMPLATES, query)

    def show(self, id: int) -> t.Template:
        """One template with every version that was published."""
        return self._transport.ask(call(services.SHOW_TEMPLATE, id))

    def preview(self, id: int, **asked: Unpack[t.TemplatePreviewIn]) -> t.TemplatePreview:
        """The version in use, filled with these values; nothing is sent, nobody looked up."""
        return self._transport.ask(call(services.PREVIEW_TEMPLATE, id, body=asked))


class Campaigns(Room):
    """``client.campaigns``: where campaigns stand and what became of their messages."""

    def list(self, **query: Unpack[t.ListCampaignsQuery]) -> Listing[t.CampaignShort]:
        """The campaigns in sight, newest first."""
        return Listing(self._transport, services.LIST_CAMPAIGNS, query)

    def show(self, id: int) -> t.Campaign:
        """One campaign with the numbers of its pre-flight and its results."""
        return self._transport.ask(call(services.SHOW_CAMPAIGN, id))

    def messages(self, id: int, **query: Unpack[t.ListCampaignMessagesQuery]
                 ) -> Listing[t.CampaignMessage]:
        """Its people in their order, with what became of each message."""
        return Listing(self._transport, services.LIST_CAMPAIGN_MESSAGES, query, id)

    def pause(self, id: int) -> t.Campaign:
        """Hand nothing more over; going on is a person's word, in the panel."""
        return self._transport.ask(call(services.PAUSE_CAMPAIGN, id))


class Fields(Room):
    """``client.fields``: the custom fields of the account's provider."""

    def in_use(self) -> t.Fields:
        """Those in use, in their order; ``schema`` is the JSON Schema of a value."""
        return self._transport.ask(call(services.LIST_FIELDS))

    def document(self) -> dict[str, Any]:
        """The API's document (OpenAPI), with the schemas of these fields in their places."""
        return self._transport.ask(call(services.ACCOUNT_DOCUMENT))


class Recipients(Room):
    """``client.recipients``: what is known of a person, in custom fields."""

    def fields(self, **asked: Unpack[t.RecipientIn]) -> t.RecipientFields:
        """The values of an address. Who asked about whom is kept in the audit trail."""
        return self._transport.ask(call(services.ASK_RECIPIENT_FIELDS, body=asked))

    def search(self, **asked: Unpack[t.RecipientSearch]) -> t.RecipientsFound:
        """Who has a value in a field that may be searched, by pages: ``cursor`` takes the ``next``
        of the page before. That it was asked is kept in the audit trail."""
        return self._transport.ask(call(services.SEARCH_RECIPIENTS, body=asked))

    def set_fields(self, **known: Unpack[t.RecipientFieldsIn]) -> t.RecipientFields:
        """Write the fields that are named, the others stay; None forgets one. The recipient must
        have a record."""
        return self._transport.ask(call(services.SET_RECIPIENT_FIELDS, body=known))


class Brands(Room):
    """``client.brands``."""

    def list(self, **query: Unpack[t.ListBrandsQuery]) -> Listing[t.Brand]:
        """All brands in sight."""
        return Listing(self._transport, services.LIST_BRANDS, query)


class Dealers(Room):
    """``client.dealers``."""

    def list(self, **query: Unpack[t.ListDealersQuery]) -> Listing[t.Dealer]:
        """All dealers in sight."""
        return Listing(self._transport, services.LIST_DEALERS, query)

    def add(self, *, idempotency_key: str | None = None,
                  **dealer: Unpack[t.DealerIn]) -> t.Dealer:
        """Add a dealer."""
        return self._transport.ask(call(
            services.ADD_DEALER, body=dealer, key=idempotency_key))

    def show(self, id: int) -> t.Dealer:
        """One dealer; ``about(dealer).etag`` names the state it is in."""
        return self._transport.ask(call(services.SHOW_DEALER, id))

    def change(self, id: int, *, if_match: str | None = None,
                     idempotency_key: str | None = None,
                     **change: Unpack[t.DealerChange]) -> t.Dealer:
        """Change the fields that are named. With ``if_match`` only if the dealer is still in that
        state, else Changed is raised."""
        return self._transport.ask(call(
            services.CHANGE_DEALER, id, body=change, key=idempotency_key, If_Match=if_match))


class Users(Room):
    """``client.users``."""

    def list(self, **query: Unpack[t.ListUsersQuery]) -> Listing[t.User]:
        """Who works inside the account's place."""
        return Listing(self._transport, services.LIST_USERS, query)


class Iys(Room):
    """``client.iys``: what İYS knows, and the reconciliation."""

    def state(self) -> t.IysState:
        """Per brand: what waits, what stopped, when changes were heard."""
        return self._transport.ask(call(services.IYS_STATE))

    def days(self, **query: Unpack[t.IysDaysQuery]) -> Listing[t.IysDay]:
        """The reconciliation of each day, newest first."""
        return Listing(self._transport, services.IYS_DAYS, query)

    def differences(self, brand: int, day: t.Day, **query: Unpack[t.IysDifferencesQuery]
                    ) -> Listing[t.IysDifference]:
        """What differed on a day."""
        return Listing(self._transport, services.IYS_DIFFERENCES, query, brand, day)

    def reconcile(self, *, idempotency_key: str | None = None,
                        **wish: Unpack[t.ReconcileIn]) -> t.Reconcile:
        """Fetch what is missing and compare a brand's last week again, at once."""
        return self._transport.ask(call(
            services.RECONCILE, body=wish, key=idempotency_key))


class Reports(Room):
    """``client.reports``."""

    def consents(self, **query: Unpack[t.ReportConsentsQuery]) -> t.Report:
        """Consents and refusals that were taken in a span of days, counted by one thing."""
        return self._transport.ask(call(services.REPORT_CONSENTS, query=query))

    def compliance(self, **query: Unpack[t.ReportComplianceQuery]) -> t.ComplianceReport:
        """Late, rejected, slow, unproven, on which text, due and fined; the last thirty days when
        none are said."""
        return self._transport.ask(call(services.REPORT_COMPLIANCE, query=query))

    def daily(self, **query: Unpack[t.ReportDailyQuery]) -> t.DailyReport:
        """The numbers of the panel's daily report; without a day today's, so far."""
        return self._transport.ask(call(services.REPORT_DAILY, query=query))

    def messages(self, **query: Unpack[t.ReportMessagesQuery]) -> t.SentReport:
        """Messages that came to be sent in a span of days, counted by one thing."""
        return self._transport.ask(call(services.REPORT_MESSAGES, query=query))


class Requests(Room):
    """``client.requests``: what people ask about their own data (KVKK)."""

    def list(self, **query: Unpack[t.ListRequestsQuery]) -> Listing[t.Request]:
        """All requests in sight."""
        return Listing(self._transport, services.LIST_REQUESTS, query)

    def add(self, *, idempotency_key: str | None = None,
                  **request: Unpack[t.RequestIn]) -> t.Request:
        """Add a request that came on another way; its 30 days begin when it was received."""
        return self._transport.ask(call(
            services.ADD_REQUEST, body=request, key=idempotency_key))

    def show(self, case: str) -> t.Request:
        """One request by its number ``BSV-…``."""
        return self._transport.ask(call(services.SHOW_REQUEST, case))


class CallLists(Room):
    """``client.call_lists``: for diallers, one number after the other."""

    def list(self, **query: Unpack[t.ListCallListsQuery]) -> Listing[t.CallList]:
        """The call lists in sight, newest first."""
        return Listing(self._transport, services.LIST_CALL_LISTS, query)

    def take(self, *, idempotency_key: str | None = None,
                   **wish: Unpack[t.CallWish]) -> t.CallTaken:
        """The next number that may be called now; ``call`` is None when there is none. Call before
        ``until``, or the number is somebody else's."""
        return self._transport.ask(call(
            services.TAKE_CALL, body=wish, key=idempotency_key))

    def result(self, id: int, **result: Unpack[t.CallResultIn]) -> t.CallResult:
        """What the call came to; a refusal is recorded at once."""
        return self._transport.ask(call(services.CALL_RESULT, id, body=result))
