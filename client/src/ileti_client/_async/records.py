"""The account, texts, messages, custom fields, brands, dealers, users, İYS, reports, requests,
calls."""

from __future__ import annotations

from typing import Any, Unpack

from .. import services
from .. import types as t
from ..wire import call
from .pages import AsyncListing
from .room import AsyncRoom


class AsyncAccount(AsyncRoom):
    """``client.account``."""

    async def document(self) -> dict[str, Any]:
        """The API's document (OpenAPI), with the services alone that the account's provider has."""
        return await self._transport.ask(call(services.OWN_DOCUMENT))


class AsyncDocuments(AsyncRoom):
    """``client.documents``: the texts that are shown to people."""

    async def on_show(self, **query: Unpack[t.ListTextsQuery]) -> t.Texts:
        """The words to show on a form, now or at a moment; ``textId`` names them in a consent."""
        return await self._transport.ask(call(services.LIST_TEXTS, query=query))

    async def show(self, id: int) -> t.Text:
        """One text with every version that was published."""
        return await self._transport.ask(call(services.SHOW_TEXT, id))


class AsyncMessages(AsyncRoom):
    """``client.messages``."""

    def list(self, **query: Unpack[t.ListMessagesQuery]) -> AsyncListing[t.Message]:
        """What İleti sent, newest first; what it said is not given out."""
        return AsyncListing(self._transport, services.LIST_MESSAGES, query)

    async def show(self, id: int, **query: Unpack[t.ShowMessageQuery]) -> t.Message:
        """One message and what became of it."""
        return await self._transport.ask(call(services.SHOW_MESSAGE, id, query=query))

    async def send(self, *, idempotency_key: str | None = None,
                   **message: Unpack[t.SingleMessageIn]) -> t.Message:
        """One message to one person: a template and its values, or the words and what they are.
        An advertisement without a consent İYS knows is refused (``not_permitted``)."""
        return await self._transport.ask(call(
            services.SEND_MESSAGE, body=message, key=idempotency_key))


class AsyncTemplates(AsyncRoom):
    """``client.templates``: templates of messages."""

    def list(self, **query: Unpack[t.ListTemplatesQuery]) -> AsyncListing[t.TemplateInUse]:
        """Those with something published, each with the version in use."""
        return AsyncListing(self._transport, services.LIST_TEMPLATES, query)

    async def show(self, id: int) -> t.Template:
        """One template with every version that was published."""
        return await self._transport.ask(call(services.SHOW_TEMPLATE, id))

    async def preview(self, id: int, **asked: Unpack[t.TemplatePreviewIn]) -> t.TemplatePreview:
        """The version in use, filled with these values; nothing is sent, nobody looked up."""
        return await self._transport.ask(call(services.PREVIEW_TEMPLATE, id, body=asked))


class AsyncCampaigns(AsyncRoom):
    """``client.campaigns``: where campaigns stand and what became of their messages."""

    def list(self, **query: Unpack[t.ListCampaignsQuery]) -> AsyncListing[t.CampaignShort]:
        """The campaigns in sight, newest first."""
        return AsyncListing(self._transport, services.LIST_CAMPAIGNS, query)

    async def show(self, id: int) -> t.Campaign:
        """One campaign with the numbers of its pre-flight and its results."""
        return await self._transport.ask(call(services.SHOW_CAMPAIGN, id))

    def messages(self, id: int, **query: Unpack[t.ListCampaignMessagesQuery]
                 ) -> AsyncListing[t.CampaignMessage]:
        """Its people in their order, with what became of each message."""
        return AsyncListing(self._transport, services.LIST_CAMPAIGN_MESSAGES, query, id)

    async def pause(self, id: int) -> t.Campaign:
        """Hand nothing more over; going on is a person's word, in the panel."""
        return await self._transport.ask(call(services.PAUSE_CAMPAIGN, id))


class AsyncFields(AsyncRoom):
    """``client.fields``: the custom fields of the account's provider."""

    async def in_use(self) -> t.Fields:
        """Those in use, in their order; ``schema`` is the JSON Schema of a value."""
        return await self._transport.ask(call(services.LIST_FIELDS))

    async def document(self) -> dict[str, Any]:
        """The API's document (OpenAPI), with the schemas of these fields in their places."""
        return await self._transport.ask(call(services.ACCOUNT_DOCUMENT))


class AsyncRecipients(AsyncRoom):
    """``client.recipients``: what is known of a person, in custom fields."""

    async def fields(self, **asked: Unpack[t.RecipientIn]) -> t.RecipientFields:
        """The values of an address. Who asked about whom is kept in the audit trail."""
        return await self._transport.ask(call(services.ASK_RECIPIENT_FIELDS, body=asked))

    async def search(self, **asked: Unpack[t.RecipientSearch]) -> t.RecipientsFound:
        """Who has a value in a field that may be searched, by pages: ``cursor`` takes the ``next``
        of the page before. That it was asked is kept in the audit trail."""
        return await self._transport.ask(call(services.SEARCH_RECIPIENTS, body=asked))

    async def set_fields(self, **known: Unpack[t.RecipientFieldsIn]) -> t.RecipientFields:
        """Write the fields that are named, the others stay; None forgets one. The recipient must
        have a record."""
        return await self._transport.ask(call(services.SET_RECIPIENT_FIELDS, body=known))


class AsyncBrands(AsyncRoom):
    """``client.brands``."""

    def list(self, **query: Unpack[t.ListBrandsQuery]) -> AsyncListing[t.Brand]:
        """All brands in sight."""
        return AsyncListing(self._transport, services.LIST_BRANDS, query)


class AsyncDealers(AsyncRoom):
    """``client.dealers``."""

    def list(self, **query: Unpack[t.ListDealersQuery]) -> AsyncListing[t.Dealer]:
        """All dealers in sight."""
        return AsyncListing(self._transport, services.LIST_DEALERS, query)

    async def add(self, *, idempotency_key: str | None = None,
                  **dealer: Unpack[t.DealerIn]) -> t.Dealer:
        """Add a dealer."""
        return await self._transport.ask(call(
            services.ADD_DEALER, body=dealer, key=idempotency_key))

    async def show(self, id: int) -> t.Dealer:
        """One dealer; ``about(dealer).etag`` names the state it is in."""
        return await self._transport.ask(call(services.SHOW_DEALER, id))

    async def change(self, id: int, *, if_match: str | None = None,
                     idempotency_key: str | None = None,
                     **change: Unpack[t.DealerChange]) -> t.Dealer:
        """Change the fields that are named. With ``if_match`` only if the dealer is still in that
        state, else Changed is raised."""
        return await self._transport.ask(call(
            services.CHANGE_DEALER, id, body=change, key=idempotency_key, If_Match=if_match))


class AsyncUsers(AsyncRoom):
    """``client.users``."""

    def list(self, **query: Unpack[t.ListUsersQuery]) -> AsyncListing[t.User]:
        """Who works inside the account's place."""
        return AsyncListing(self._transport, services.LIST_USERS, query)


class AsyncIys(AsyncRoom):
    """``client.iys``: what İYS knows, and the reconciliation."""

    async def state(self) -> t.IysState:
        """Per brand: what waits, what stopped, when changes were heard."""
        return await self._transport.ask(call(services.IYS_STATE))

    def days(self, **query: Unpack[t.IysDaysQuery]) -> AsyncListing[t.IysDay]:
        """The reconciliation of each day, newest first."""
        return AsyncListing(self._transport, services.IYS_DAYS, query)

    def differences(self, brand: int, day: t.Day, **query: Unpack[t.IysDifferencesQuery]
                    ) -> AsyncListing[t.IysDifference]:
        """What differed on a day."""
        return AsyncListing(self._transport, services.IYS_DIFFERENCES, query, brand, day)

    async def reconcile(self, *, idempotency_key: str | None = None,
                        **wish: Unpack[t.ReconcileIn]) -> t.Reconcile:
        """Fetch what is missing and compare a brand's last week again, at once."""
        return await self._transport.ask(call(
            services.RECONCILE, body=wish, key=idempotency_key))


class AsyncReports(AsyncRoom):
    """``client.reports``."""

    async def consents(self, **query: Unpack[t.ReportConsentsQuery]) -> t.Report:
        """Consents and refusals that were taken in a span of days, counted by one thing."""
        return await self._transport.ask(call(services.REPORT_CONSENTS, query=query))

    async def compliance(self, **query: Unpack[t.ReportComplianceQuery]) -> t.ComplianceReport:
        """Late, rejected, slow, unproven, on which text, due and fined; the last thirty days when
        none are said."""
        return await self._transport.ask(call(services.REPORT_COMPLIANCE, query=query))

    async def daily(self, **query: Unpack[t.ReportDailyQuery]) -> t.DailyReport:
        """The numbers of the panel's daily report; without a day today's, so far."""
        return await self._transport.ask(call(services.REPORT_DAILY, query=query))

    async def messages(self, **query: Unpack[t.ReportMessagesQuery]) -> t.SentReport:
        """Messages that came to be sent in a span of days, counted by one thing."""
        return await self._transport.ask(call(services.REPORT_MESSAGES, query=query))


class AsyncRequests(AsyncRoom):
    """``client.requests``: what people ask about their own data (KVKK)."""

    def list(self, **query: Unpack[t.ListRequestsQuery]) -> AsyncListing[t.Request]:
        """All requests in sight."""
        return AsyncListing(self._transport, services.LIST_REQUESTS, query)

    async def add(self, *, idempotency_key: str | None = None,
                  **request: Unpack[t.RequestIn]) -> t.Request:
        """Add a request that came on another way; its 30 days begin when it was received."""
        return await self._transport.ask(call(
            services.ADD_REQUEST, body=request, key=idempotency_key))

    async def show(self, case: str) -> t.Request:
        """One request by its number ``BSV-…``."""
        return await self._transport.ask(call(services.SHOW_REQUEST, case))


class AsyncCallLists(AsyncRoom):
    """``client.call_lists``: for diallers, one number after the other."""

    def list(self, **query: Unpack[t.ListCallListsQuery]) -> AsyncListing[t.CallList]:
        """The call lists in sight, newest first."""
        return AsyncListing(self._transport, services.LIST_CALL_LISTS, query)

    async def take(self, *, idempotency_key: str | None = None,
                   **wish: Unpack[t.CallWish]) -> t.CallTaken:
        """The next number that may be called now; ``call`` is None when there is none. Call before
        ``until``, or the number is somebody else's."""
        return await self._transport.ask(call(
            services.TAKE_CALL, body=wish, key=idempotency_key))

    async def result(self, id: int, **result: Unpack[t.CallResultIn]) -> t.CallResult:
        """What the call came to; a refusal is recorded at once."""
        return await self._transport.ask(call(services.CALL_RESULT, id, body=result))
