"""Sets one page description as a PDF, in a process of its own.

Why this module exists: the words on a proof's pages come from strangers. Whatever they do to the
typesetter (a panic in native code, a minute without end, memory that stays in its caches) ends with
this child and not with the server. It is run as a file, so that nothing of İleti is loaded: it
reads one JSON object (``template``, ``fonts``, ``at``, ``standards``, ``data``) and writes the PDF.
``data`` reaches the template as JSON that is only ever shown, never read as markup.
"""

import json
import resource
import sys

MOST_MEMORY = 4 << 30
MOST_SECONDS = 120


def main() -> None:
    """From standard input to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    import typst

    asked = json.load(sys.stdin.buffer)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False,
                        font_paths=[asked["fonts"]])
    made = typst.compile(
        asked["template"], font_paths=fonts, ignore_system_fonts=True, timestamp=asked["at"],
        pdf_standards=asked["standards"],
        sys_inputs={"data": json.dumps(asked["data"], ensure_ascii=False)})
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:  # a panic of native code is no Exception
        # Only the kind: the message may hold a person's words, and it goes to the log.
        sys.stderr.write(f"\ntypeset: {type(error).__name__}\n")
        sys.exit(1)
