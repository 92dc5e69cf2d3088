"""What is said of a picture that is not taken, not there, or too heavy. Pure."""

from __future__ import annotations

from typing import Final

from ileti.templates.content import ERROR, HINT
from ileti.templates.judging import Remark

HEAVY: Final = 1_000_000

#: by the word of :mod:`ileti.templates.picturework`; ``{mb}``: the largest file
REFUSED: Final = {
    "no_file": ("Bir resim dosyası seçin.", "Choose a picture’s file."),
    "no_picture": ("Bu dosya bir resim değil. PNG, JPEG, GIF ya da WebP yükleyin.",
                   "This file is no picture. Upload a PNG, JPEG, GIF or WebP."),
    "svg": ("SVG alınmaz: çoğu posta kutusu göstermez ve içinde program olabilir. PNG olarak dışa "
            "aktarıp onu yükleyin.",
            "SVG is not taken: most mailboxes do not show it, and it may hold a program. Export it "
            "as PNG and upload that."),
    "broken": ("Resim okunamadı: dosya bozuk ya da yarım. Yeniden kaydedip yükleyin.",
               "The picture cannot be read: the file is broken or cut short. Save it anew and "
               "upload it."),
    "too_large": ("Dosya en çok {mb} MB olabilir. Resmi küçültüp yükleyin.",
                  "A file has at most {mb} MB. Make the picture smaller and upload it."),
    "too_many_pixels": ("Resim çok büyük: en çok 25 milyon piksel, bir kenarı en çok 12 000. "
                        "Küçültüp yükleyin.",
                        "The picture is too large: at most 25 million pixels, 12,000 to a side. "
                        "Make it smaller and upload it."),
    "too_small": ("Resim görünmeyecek kadar küçük: her kenarı en az 4 piksel olmalı (R-28).",
                  "The picture is too small to be seen: each side has at least 4 pixels (R-28)."),
    "too_many_frames": ("Hareketli resim çok uzun: en çok 100 kare, hepsi birlikte en çok 60 "
                        "milyon piksel.",
                        "The moving picture is too long: at most 100 frames, 60 million pixels "
                        "together."),
    "too_heavy": ("Hareketli resim e-posta için çok ağır: küçültülünce de 2 MB’ı geçiyor.",
                  "The moving picture is too heavy for a mail: made smaller it still has more than "
                  "2 MB."),
}


def gone(field: str) -> Remark:
    """A mail names a picture that is not there, or not for it."""
    return Remark("picture_gone", ERROR, "",
                  "Bir resim artık yok ya da bu şablonun değil: yeniden seçin.",
                  "A picture is not there any more, or not this template’s: choose it again.",
                  field)


def heavy(size: int) -> Remark:
    """The pictures of a mail together are much to load."""
    mb = f"{size / 1_000_000:.1f}"
    return Remark("pictures_heavy", HINT, "",
                  f"Resimler birlikte {mb.replace('.', ',')} MB: telefonda geç açılır.",
                  f"The pictures have {mb} MB together: on a phone they load slowly.", "html")
