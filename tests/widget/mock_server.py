"""A small server that speaks the widget's HTTP contract, so that the widget is tested by itself.

It stands apart from the application on purpose: when both the widget's tests against this server
and the application's tests against the same contract pass, a change of one side alone is seen. It
answers on two host names of the loopback, so that page and API are different origins and CORS is
exercised for real.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]
SITE = "pk_demo"
CODE = "482119"

Json = dict[str, Any]
#: What a site asks for besides channels, when a test wants it (``MockServer.privacy``).
PRIVACY: Json = {
    "heading": "Kişisel verileriniz için açık rıza",
    "free": "Her biri ayrı bir karardır.",
    "told": "Kararınız kaydedildi. Her an, ücretsiz geri alabilirsiniz.",
    "texts": [
        {"document": 12, "title": "Kişiye özel öneri", "text": "Öneri için açık rıza veriyorum.",
         "more": "Rıza vermeden de alışveriş yapabilirim.\n\nGeri alabilirim."},
        {"document": 15, "title": "Fotoğraf", "text": "Yayımlanmasına açık rıza veriyorum.",
         "more": ""},
    ],
}
#: The same in both languages, so that a test of English sees which words are the widget's own.
WORDS: dict[str, dict[str, str]] = {
    "tr": {
        **{f"title.{end}": title for end, title in (
            ("recorded", "Seçiminiz kaydedildi"), ("unverified", "Seçiminiz alındı"),
            ("code_sent", "Seçiminiz alındı"), ("none", "Hiçbir izin vermediniz"))},
        "told.recorded": "İzin verdiğiniz adreslere bugün bilgi iletisi gelir; oradan da "
                         "vazgeçebilirsiniz.",
        **dict.fromkeys(("told.unverified", "told.code_sent"),
                        "Adresiniz doğrulanana kadar ileti gönderilmez."),
        "told.none": "Tanıtım iletisi almayacaksınız.",
        "MESAJ": "Kısa mesaj", "ARAMA": "Arama", "EPOSTA": "E-posta", "ONAY": "Onay", "RET": "Ret",
        "RECORDED": "İYS’e iletiliyor", "UNVERIFIED": "Adres doğrulanmayı bekliyor",
        "UNCHANGED": "Daha önce kaydedilmişti", "OUTDATED": "Daha yeni bir seçiminiz geçerli",
        "LOCAL_ONLY": "Bizde kayıtlı", "none": "İzin vermediniz", "given": "Rıza verdiniz",
        "notGiven": "Rıza vermediniz", "notice": "Aydınlatma metni", "read": "Okundu",
        "unread": "İşaretlemediniz", "number": "Makbuz no", "date": "Tarih",
        "download": "Makbuzu indir",
    },
    "en": {
        **{f"title.{end}": title for end, title in (
            ("recorded", "Your choice is recorded"), ("unverified", "Your choice is received"),
            ("code_sent", "Your choice is received"), ("none", "You gave no consent"))},
        "told.recorded": "A notice goes to the addresses you chose today; you can withdraw from "
                         "there too.",
        **dict.fromkeys(("told.unverified", "told.code_sent"),
                        "Nothing is sent until your address is verified."),
        "told.none": "You will get no promotional messages.",
        "MESAJ": "Text message", "ARAMA": "Call", "EPOSTA": "E-mail", "ONAY": "Consent",
        "RET": "Refusal", "RECORDED": "being reported to İYS",
        "UNVERIFIED": "address waits for verification", "UNCHANGED": "already recorded before",
        "OUTDATED": "a newer choice of yours is in force", "LOCAL_ONLY": "kept with us",
        "none": "No consent given", "given": "Explicit consent given",
        "notGiven": "No explicit consent given", "notice": "Privacy notice", "read": "Read",
        "unread": "Not marked", "number": "Receipt no", "date": "Date",
        "download": "Download receipt",
    },
}
NOTICE: Json = {
    "open": "Aydınlatma metnini oku", "page": "Ayrı sayfada aç", "title": "Aydınlatma metni",
    "body": "## Veri sorumlusu\n\nLiman Kahve Gıda Tic. A.Ş.\n\n" + "\n\n".join(
        f"{n}. paragraf: adınızı ve adresinizi siparişinizi ulaştırmak için işleriz."
        for n in range(1, 40)),
}
TEXTS: dict[str, Json] = {
    "tr": {
        "heading": "Ticari elektronik ileti",
        "intro": "Liman Kahve Gıda Tic. A.Ş.’nin ürün ve kampanya tanıtımlarını,",
        "channels": [
            {"channel": "MESAJ", "strong": "kısa mesajla", "text": "almayı kabul ediyorum."},
            {"channel": "ARAMA", "strong": "telefonla aranarak", "text": "almayı kabul ediyorum."},
            {"channel": "EPOSTA", "strong": "e-postayla", "text": "almayı kabul ediyorum."},
        ],
        "free": "Hiçbirini seçmeden de üye olabilirsiniz. "
        "Seçtiğinizden her an, ücretsiz vazgeçebilirsiniz.",
        "notice": {
            "before": "Verilerinizi neden ve nasıl işlediğimizi ",
            "link": "aydınlatma metninde",
            "after": " anlatıyoruz.",
            "url": "https://limankahve.ornek.test/aydinlatma",
            "ack": "Aydınlatma metnini okudum, anladım.",
        },
    },
    "en": {
        "heading": "Commercial electronic message",
        "intro": "I accept to receive promotions of Liman Kahve Gıda Tic. A.Ş.",
        "channels": [
            {"channel": "MESAJ", "strong": "by text message", "text": "."},
            {"channel": "ARAMA", "strong": "by phone call", "text": "."},
            {"channel": "EPOSTA", "strong": "by e-mail", "text": "."},
        ],
        "free": "You can become a member without choosing any. You can withdraw at any time, free.",
        "notice": {
            "before": "Our ",
            "link": "privacy notice",
            "after": " tells why and how we process your data.",
            "url": "https://limankahve.ornek.test/notice",
            "ack": "I have read and understood the privacy notice.",
        },
    },
}


@dataclass
class Answer:
    """One HTTP answer; `body` None closes the connection without a word."""

    status: int
    body: Json | None
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, *errors: Json, retry_after: int | None = None, detail: str = "") -> Answer:
    """An `application/problem+json` answer."""
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "errors": list(errors)}
    return Answer(status, body | ({"detail": detail} if detail else {}), headers)


class MockServer:
    """The contract with a memory of what was asked, and a script of what to answer next."""

    def __init__(self) -> None:
        self.policy = "code"
        self.privacy: Json | None = None
        self.calls: list[tuple[str, Json]] = []
        self.pages: dict[str, tuple[str, str]] = {}
        self.script: dict[str, list[Answer | Callable[[Json], Answer]]] = {}
        self.text_edition = 1
        self.seen: dict[str, tuple[str, Json]] = {}
        self.asked: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer_get(self)

            def do_POST(self) -> None:
                server.answer_post(self)

            def do_OPTIONS(self) -> None:
                server.reply(self, 204, b"", {})

            def log_message(self, *_: object) -> None:
                """Keeps the test output quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]
        self.page_origin = f"http://localhost:{self.port}"
        self.api_origin = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stops serving."""
        self.http.shutdown()
        self.http.server_close()

    def page(self, path: str, html: str, csp: str = "") -> str:
        """Keeps a host page; returns its address on the page's own origin."""
        self.pages[path] = (html, csp)
        return f"{self.page_origin}{path}"

    def next(self, action: str, *answers: Answer | Callable[[Json], Answer]) -> None:
        """The next answers to `action` instead of the ordinary one."""
        self.script.setdefault(action, []).extend(answers)

    def posts(self, action: str) -> list[Json]:
        """Bodies posted to `action`, in order."""
        return [body for name, body in self.calls if name == action]

    # -- HTTP ---------------------------------------------------------------------------------

    def reply(
        self, handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]
    ) -> None:
        handler.send_response(status)
        cors = {
            "Access-Control-Allow-Origin": handler.headers.get("Origin") or "*",
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Expose-Headers": "Retry-After",
            "Content-Length": str(len(body)),
        }
        for name, value in (cors | headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def answer_get(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path != "/favicon.ico":
            self.asked.append(handler.path)
        url = urlsplit(handler.path)
        if url.path in self.pages:
            html, csp = self.pages[url.path]
            headers = {"Content-Type": "text/html; charset=utf-8"}
            if csp:
                headers["Content-Security-Policy"] = csp
            self.reply(handler, 200, html.encode(), headers)
        elif url.path.startswith("/static/"):
            self.send_file(handler, ROOT / url.path.lstrip("/"))
        elif url.path == f"/w/v1/{SITE}/form":
            lang = parse_qs(url.query).get("lang", ["tr"])[0]
            self.send(handler, self.scripted("form", {}) or Answer(200, self.form(lang)))
        elif url.path == f"/w/v1/{SITE}/notice":
            lang = parse_qs(url.query).get("lang", ["tr"])[0]
            form = self.form(lang)
            self.send(handler, self.scripted("notice", {}) or Answer(
                200, form | {"notice": form["notice"] | NOTICE}))
        else:
            self.send(handler, problem(404))

    def answer_post(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        action = handler.path.rsplit("/", 1)[-1]
        if handler.headers.get("Content-Type") != "application/json":
            self.calls.append((action, {"form": raw.decode()}))
            self.reply(
                handler,
                200,
                b"<!doctype html><title>host</title><p id=done>host got it",
                {"Content-Type": "text/html; charset=utf-8"},
            )
            return
        body = json.loads(raw)
        self.calls.append((action, body))
        known: dict[str, Callable[[Json], Answer]] = {
            "submissions": self.submit,
            "confirmations": self.confirm,
            "codes": lambda _: Answer(202, {"expiresIn": 300}),
        }
        self.send(handler, self.scripted(action, body) or known[action](body))

    def scripted(self, action: str, body: Json) -> Answer | None:
        queue = self.script.get(action)
        if not queue:
            return None
        first = queue.pop(0)
        return first(body) if callable(first) else first

    def send(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        if answer.body is None:
            handler.close_connection = True
            handler.connection.close()
            return
        kind = "application/json" if answer.status < 400 else "application/problem+json"
        body = json.dumps(answer.body, ensure_ascii=False).encode()
        self.reply(handler, answer.status, body, {"Content-Type": kind} | answer.headers)

    def send_file(self, handler: BaseHTTPRequestHandler, path: Path) -> None:
        kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
        if path.is_file():
            kind = kinds.get(path.suffix, "application/octet-stream")
            self.reply(handler, 200, path.read_bytes(), {"Content-Type": f"{kind}; charset=utf-8"})
        else:
            self.send(handler, problem(404))

    # -- the contract -------------------------------------------------------------------------

    def form(self, lang: str) -> Json:
        """Answer of `GET …/form`; a new edition changes the words and so the token."""
        text: Json = json.loads(json.dumps(TEXTS[lang]))
        if self.text_edition > 1:
            text["intro"] += f" ({self.text_edition})"
        return text | {
            "token": f"token-{lang}-{self.text_edition}-{len(self.asked)}",
            "expiresIn": 1800,
            "lang": lang,
            "policy": self.policy,
            "provider": {"title": "Liman Kahve Gıda Tic. A.Ş.", "brand": "Liman Kahve"},
            "fields": ["name", "phone", "email"],
            "privacy": self.privacy,
            "words": WORDS[lang],
            "proofOfPower": None,
            "somethingNew": {"a newer server": "may say more"},
        }

    def submit(self, body: Json) -> Answer:
        """Same key and body: same receipt. Same key, other body: 409."""
        key = body["key"]
        plain = json.dumps({k: v for k, v in body.items() if k != "key"}, sort_keys=True)
        if key in self.seen:
            before, receipt = self.seen[key]
            return Answer(201, receipt) if before == plain else problem(409)
        phone = body.get("phone", "")
        if phone and sum(c.isdigit() for c in phone) < 10:
            text = "Numara eksik. 10 hane yazın, örnek: 0599 213 41 17"
            return problem(422, {"field": "phone", "code": "too_short", "message": text})
        receipt = self.receipt(body)
        self.seen[key] = (plain, receipt)
        return Answer(201, receipt)

    def receipt(self, body: Json) -> Json:
        """A receipt whose state follows from the policy."""
        state = {"code": "code_sent", "signed": "recorded", "later": "unverified"}[self.policy]
        outcome = "RECORDED" if state == "recorded" else "UNVERIFIED"
        items = [
            {"channel": c["channel"], "status": c["status"], "outcome": outcome}
            for c in body["choices"]
        ]
        codes = []
        if state == "code_sent" and body.get("phone"):
            codes.append({"to": "phone", "masked": "+90 5•• ••• 41 17", "expiresIn": 300})
        if state == "code_sent" and body.get("email"):
            codes.append({"to": "email", "masked": "n•••k@ornek.com.tr", "expiresIn": 300})
        return {
            "receipt": "IZN-0048-2917",
            "state": state if codes or state != "code_sent" else "recorded",
            "handle": "h_1",
            "issuedAt": "2026-11-23T10:58:00Z",
            "signature": "c2lnbmVk",
            "items": items,
            "codes": codes,
        }

    def confirm(self, body: Json) -> Answer:
        """Every code must be the right one."""
        wrong = [c["to"] for c in body["codes"] if c["code"] != CODE]
        if wrong:
            text = "Kod uymadı. 2 deneme hakkınız kaldı."
            fault = {"code": "wrong_code", "message": text, "triesLeft": 2}
            return problem(422, *({"field": f"code.{to}"} | fault for to in wrong))
        asked = self.posts("submissions")[-1]
        items = [
            {"channel": c["channel"], "status": c["status"], "outcome": "RECORDED"}
            for c in asked["choices"]
        ]
        return Answer(200, self.receipt(asked) | {"state": "recorded", "items": items, "codes": []})
