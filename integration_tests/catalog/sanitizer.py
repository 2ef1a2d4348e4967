"""What the server's sanitizer of HTML makes of a description: elements that are harmless stay, without attributes here;
others go; text has its special signs written as references."""

from html.parser import HTMLParser

_ALLOWED = {
    "p", "br", "hr", "em", "strong", "b", "i", "u", "s", "del", "ins", "sub", "sup", "small", "mark", "h1", "h2", "h3",
    "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "div", "span", "section", "table", "thead",
    "tbody", "tfoot", "tr", "th", "td", "caption", "a", "details", "summary", "dl", "dt", "dd",
}  # fmt: skip
_SILENT = {"script", "style", "iframe", "noscript"}
_REFERENCES = {ord(sign): f"&#{ord(sign)};" for sign in "\"'+=@`"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}


class _Sanitizer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.kept: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag in _ALLOWED:
            self.kept.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in _ALLOWED:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.kept.append(data.translate(_REFERENCES).replace("{{", "{<!-- -->{"))


def sanitized(text: str) -> str:
    parser = _Sanitizer()
    parser.feed(text)
    parser.close()
    return "".join(parser.kept)
