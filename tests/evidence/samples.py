"""Files of every kind the vault takes and of kinds it does not; small, and true to their kind."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib


def pdf(text: str = "Onaylıyorum") -> bytes:
    return b"%PDF-1.4\n%\xe2\xe3\n1 0 obj<</Type/Catalog>>endobj\n% " + text.encode() + \
        b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(
            ">I", zlib.crc32(name + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def wav() -> bytes:
    return b"RIFF" + struct.pack("<I", 40) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + struct.pack("<I", 4) + b"\x80" * 4


def eml() -> bytes:
    return ("From: Nazlı <nazli@ornek.com.tr>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0300\r\n"
            "Subject: izin\r\n\r\nOnaylıyorum.\r\n").encode()


def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as out:
        out.writestr("a.txt", "a")
    return held.getvalue()


TAKEN = {
    "form.pdf": (pdf(), "application/pdf"),
    "ekran.png": (png(), "image/png"),
    "foto.jpg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(40), "image/jpeg"),
    "tarama.tif": (b"II*\0" + bytes(40), "image/tiff"),
    "ekran.webp": (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(30), "image/webp"),
    "kayit.wav": (wav(), "audio/wav"),
    "kayit.mp3": (b"ID3\x04\0\0\0\0\0\0" + bytes(40), "audio/mpeg"),
    "kayit2.mp3": (b"\xff\xfb\x90\x64" + bytes(40), "audio/mpeg"),
    "kayit.opus": (b"OggS\0\x02" + bytes(40), "audio/ogg"),
    "kayit.m4a": (b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0" + bytes(20), "audio/mp4"),
    "izin.eml": (eml(), "message/rfc822"),
    "not.txt": (b"Telefonda onay verdi.\n", "text/plain"),
}
REFUSED = {
    "sayfa.html": b"\n <!DOCTYPE html><html><script>alert(1)</script>",
    "yorum.html": b"<!-- a --><SCRIPT>alert(1)</SCRIPT>",
    "resim.svg": b"\xef\xbb\xbf<?xml version='1.0'?><svg onload='alert(1)'/>",
    "form.pdf.exe": b"MZ" + os.urandom(40),
    "betik.pdf": b"#!/bin/sh\nrm -rf /\n",
    "program": b"\x7fELF" + os.urandom(40),
    "belge.docx": archive(),
    "arsiv.gz": b"\x1f\x8b\x08" + os.urandom(40),
    "eski.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40),
    "film.mp4": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(20),
    "bilinmeyen.pdf": b"\0\1\2\3" + os.urandom(60),
    "cok-yuzlu.pdf": pdf() + archive(),
    "onu-baska.pdf": b"\0GIF89a" + pdf(),
    "arsiv.tar": b"a.txt".ljust(257, b"\0") + b"ustar\0" + bytes(300),
}
