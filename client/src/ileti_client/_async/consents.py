"""Consents and refusals: recorded, asked about, listed, proved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Unpack

from .. import batches, services
from .. import types as t
from ..answers import about
from ..batches import Batch, Taken
from ..bodies import Body, File, Pieces, body_of
from ..errors import BatchInterrupted, IletiError
from ..wire import ASKED_BYTES, BATCH, BATCH_BYTES, call, checked_key, new_key
from . import waits
from .files import AsyncDownload
from .pages import AsyncListing
from .room import AsyncRoom


class AsyncConsents(AsyncRoom):
    """``client.consents``."""

    async def take(self, *, idempotency_key: str | None = None,
                   **consent: Unpack[t.ConsentIn]) -> t.ConsentTaken:
        """Record one choice. A refusal is recorded in the same way and works at once."""
        return await self._transport.ask(call(
            services.TAKE_CONSENT, body=consent, key=idempotency_key))

    async def take_many(self, items: Iterable[t.ConsentItem], *, brand: int | None = None,
                        idempotency_key: str | None = None) -> Batch:
        """Record a list, however long, in calls of up to 1,000. Each item is judged by itself: a
        faulty one stops no other. When a call fails for good, BatchInterrupted tells what was
        recorded before it; the same list under the same key then goes on."""
        batch = Batch(_key(idempotency_key))
        async for _ in self._taken(items, brand, batch):
            pass
        return batch

    async def take_each(self, items: Iterable[t.ConsentItem], *, brand: int | None = None,
                        idempotency_key: str | None = None) -> AsyncIterator[Taken]:
        """As :meth:`take_many`, for lists that fit into no memory: what became of each item comes
        while the list is still being read. Nothing is recorded that is not asked for."""
        batch = Batch(_key(idempotency_key))
        async for found in self._taken(items, brand, batch):
            for one in found:
                yield one
            batch.forget()

    async def _taken(self, items: Iterable[t.ConsentItem], brand: int | None, batch: Batch
                     ) -> AsyncIterator[list[Taken]]:
        chunks = batches.chunks(items, BATCH, BATCH_BYTES)
        number = 0
        while True:
            try:
                chunk = next(chunks, None)
                if chunk is None:
                    return
                said = await self._transport.ask(call(
                    services.TAKE_CONSENTS, body=batches.body_of(chunk, brand),
                    key=batches.key_of(batch.idempotency_key, number)))
            except Exception as error:
                if number == 0 and not isinstance(error, IletiError):
                    raise  # nothing was sent: the list itself is at fault
                raise BatchInterrupted(error, batch, batch.idempotency_key, batch.count
                                       ) from error
            number += 1
            yield batch.add(said, about(said))

    async def status(self, **asked: Unpack[t.StatusIn]) -> t.Statuses:
        """What holds now for addresses, however many; asked in calls of up to 1,000, told in their
        order. Who asked about whom is kept in the audit trail."""
        results: list[t.StatusesResult] = []
        for chunk in batches.chunks(asked["addresses"], BATCH, ASKED_BYTES):
            said = await self._transport.ask(call(
                services.ASK_STATUS, body={**asked, "addresses": chunk}))
            first = len(results)
            for one in said["results"]:
                one["index"] += first
                results.append(one)
        return {"results": results}

    async def history(self, **asked: Unpack[t.HistoryIn]) -> t.History:
        """Every record of an address."""
        return await self._transport.ask(call(services.ASK_HISTORY, body=asked))

    async def at(self, **asked: Unpack[t.MomentIn]) -> t.Moment:
        """What held for an address at a moment, and on which records it stood (R-49)."""
        return await self._transport.ask(call(services.CONSENTS_AT, body=asked))

    def list(self, **query: Unpack[t.ListConsentsQuery]) -> AsyncListing[t.Consent]:
        """All consents in sight, newest first. Addresses are masked unless ``addresses="full"``."""
        return AsyncListing(self._transport, services.LIST_CONSENTS, query)

    async def show(self, record: str, **query: Unpack[t.ShowConsentQuery]) -> t.Consent:
        """One record by its number ``IZN-…``."""
        return await self._transport.ask(call(services.SHOW_CONSENT, record, query=query))

    def export(self, **query: Unpack[t.ExportConsentsQuery]) -> AsyncDownload:
        """All of the list as a table (CSV), custom fields as columns; that it was taken is kept."""
        return AsyncDownload(self._transport, call(
            services.EXPORT_CONSENTS, query=query, Accept="text/csv"))

    async def ask_export(self, *, idempotency_key: str | None = None,
                         **wish: Unpack[t.ExportIn]) -> t.Export:
        """Ask for a long list as a file that is made in the background."""
        return await self._transport.ask(call(
            services.ASK_EXPORT, body=wish, key=idempotency_key))

    async def show_export(self, id: int) -> t.Export:
        """How far it is; once it is ``READY`` its file can be fetched until ``expiresAt``."""
        return await self._transport.ask(call(services.SHOW_EXPORT, id))

    def export_file(self, id: int) -> AsyncDownload:
        """Its file; that it was taken is kept."""
        return AsyncDownload(self._transport, call(services.EXPORT_FILE, id))

    async def cancel_export(self, id: int) -> t.Export:
        """Do without it: its file is destroyed."""
        return await self._transport.ask(call(services.CANCEL_EXPORT, id))

    def proof(self, record: str) -> AsyncDownload:
        """The proof bundle of a record, a ZIP that is checked without İleti."""
        return AsyncDownload(self._transport, call(
            services.PROOF_BUNDLE, record, Accept="application/zip"))

    def person_proof(self, **who: Unpack[t.PersonProofIn]) -> AsyncDownload:
        """Everything of a person in one bundle: consents, notices, explicit consents, messages."""
        return AsyncDownload(self._transport, call(
            services.PERSON_PROOF, body=who, Accept="application/zip"))


class AsyncProofs(AsyncRoom):
    """``client.proofs``."""

    async def add(self, file: File | Pieces, *, idempotency_key: str | None = None,
                  media_type: str = "application/octet-stream",
                  **about: Unpack[t.AddProofQuery]) -> t.Proof:
        """Add a form, a recording or a mail to exactly one of ``record``, ``receipt`` and
        ``import_``. What it is its content says."""
        body = body_of(file)
        query = dict(about)
        if isinstance(body, Body):
            await waits.hashed(body)
            if body.name:
                query.setdefault("name", body.name)
        return await self._transport.ask(call(
            services.ADD_PROOF, query=query, file=body, key=idempotency_key,
            Content_Type=media_type))


class AsyncActs(AsyncRoom):
    """``client.acts``: privacy notices that were shown, explicit consents (KVKK)."""

    def list(self, **query: Unpack[t.ListActsQuery]) -> AsyncListing[t.Act]:
        """All acts in sight, newest first."""
        return AsyncListing(self._transport, services.LIST_ACTS, query)

    async def take(self, *, idempotency_key: str | None = None,
                   **acts: Unpack[t.ActsIn]) -> t.ActsTaken:
        """Record that a notice was shown or read, and answers to explicit consents."""
        return await self._transport.ask(call(
            services.TAKE_ACTS, body=acts, key=idempotency_key))

    async def at(self, **asked: Unpack[t.ActsAtIn]) -> t.ActsAt:
        """What stood of notices and explicit consents for an address at a moment."""
        return await self._transport.ask(call(services.ACTS_AT, body=asked))

    def proof(self, record: str) -> AsyncDownload:
        """The proof bundle of an act, a ZIP that is checked without İleti."""
        return AsyncDownload(self._transport, call(
            services.ACT_PROOF, record, Accept="application/zip"))


def _key(given: str | None) -> str:
    return new_key() if given is None else checked_key(given)
