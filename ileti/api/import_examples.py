"""What the document of the API shows of bringing lists: one import, told throughout.

Why this module exists: an integrator reads examples first, so they are of one list and agree with
each other; tests send them and hold the answers' shapes against them.
"""

from __future__ import annotations

from typing import Any, Final

_STATEMENT: Final = {
    "origin": "customers", "ground": "Üyelik formundaki ETK onayı",
    "proof": "Formlar genel merkez arşivinde", "notice": "Üyelikte bilgilendirildi"}
COUNTS: Final = {"rows": 250_000, "consents": 250_000, "taken": 249_990, "repaired": 1_204,
                  "waits": 0, "already": 8, "refused": 2}
_SHORT: Final[dict[str, Any]] = {
    "id": 81, "state": "applying", "brand": 731_204, "retailerCode": None, "name": "crm.ndjson",
    "key": "gece-2026-11-30", "size": 31_250_000, "sha256": "9f2c" * 16, "format": "ndjson",
    "createdAt": "2026-11-30T01:00:00.000+03:00", "checkedAt": "2026-11-30T01:00:05.000+03:00",
    "startedAt": "2026-11-30T01:00:06.000+03:00", "endedAt": None, "undoneAt": None,
    "counts": COUNTS, "written": 80_000, "leftOut": 0, "problem": None,
    "apply": {"asked": "all", "mostRefused": 10, "decided": "applied"}}
EXAMPLES: Final[dict[str, Any]] = {
    "ImportIn": {"brand": 731_204, "name": "crm.ndjson", **_STATEMENT,
                 "columns": {"phone": "gsm"}, "status": "ONAY", "apply": "all", "mostRefused": 10},
    "Import": _SHORT | {
        "approval": None, "sending": None,
        "progress": {"unit": "consents", "done": 80_000, "total": 249_990, "perSecond": 41_300},
        "uploading": None, "seconds": 4.2,
        "reasons": [{"code": "NUMARA_EKSIK", "verdict": "left", "rule": "R-38", "count": 2,
                     "firstLine": 17, "lastLine": 4_711, "text": "Telefon numarası geçersiz",
                     "advice": "Numara eksik. 10 hane yazın, örnek: 0599 213 41 17"}],
        "totals": {"channel": {"MESAJ": 249_990}, "status": {"ONAY": 249_990},
                   "source": {"HS_WEB": 249_990}, "recipientType": {"BIREYSEL": 249_990},
                   "dealer": {"": 249_990}},
        "due": {"2026-12-03": 249_990}, "atIys": None},
    "Imports": {"imports": [_SHORT], "next": None},
    "Parts": {"partBytes": 8_388_608, "parts": [{"number": 1, "size": 8_388_608}]},
    "Part": {"number": 2, "size": 1_210_391},
    "FileIn": {"size": 31_250_000, "sha256": "9f2c" * 16},
    "Mapping": {
        "import": 81, "state": "mapping", "format": "ndjson", "sheets": [],
        "columns": [
            {"number": 1, "heading": "gsm_no_2", "role": "phone", "samples": ["0599 ••• •• 17"]},
            {"number": 2, "heading": "izinli", "role": None, "samples": ["1", "0"]}],
        "mapping": {"columns": {"phone": 1}, "status": None, "source": None, "date": None,
                    "recipientType": "BIREYSEL", "retailerCode": None, "basis": None,
                    "channels": ["MESAJ"], "delimiter": None, "encoding": None, "sheet": None,
                    "header": True, "skip": 0},
        "missing": [{"field": "status", "code": "missing",
                     "message": "Consent or refusal? Choose a column, or a fixed value."}],
        "templates": ["CRM gece"], "problem": None},
    "MappingIn": {"columns": {"phone": "gsm_no_2", "status": "izinli"}, "source": "HS_WEB",
                  "date": "2026-11-23 14:05:00", "channels": ["MESAJ"]},
    "Undo": {"kind": "take_back", "reported": 0, "consents": 249_000, "refusals": 990,
             "changed": 12, "counters": {}},
    "UndoIn": {"kind": "take_back"},
}
