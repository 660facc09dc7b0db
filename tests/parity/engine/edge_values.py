"""The odd values that requests are made of; the first of several is the usual one."""

from tests.parity.engine.request import Header

# Waiting would take most of the time of a run, so hardly any.
WAITS_MS = (0, 0, 0, 0, 0, 0, 0, 1, 2)
# What is asked for. Every parser knows these methods.
METHODS = (
    "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "M-SEARCH", "PURGE",
    "LINK",
)  # fmt: skip
PATHS = ("/", "/wait", "/echo", "/healthz")
# Of targets: also what a server or framework might undo, repair or take for an end.
PIECES = (
    "/", "//", ".", "..", "./", "%2F", "%2f", "%2e%2E", "%5C", "\\", ";", ";v=1", ":", "@", ",", "=", "&",
    "+", "~", "*", "'", '"', "<", ">", "^", "`", "{", "|", "}", "!", "$", "(", ")", "[", "]", "?", "#", "%",
    "%%", "%zz", "%4", "%00", "%0A", "%0D%0A", "%20", "%25", "%2565", "%41", "%7F", "%80", "%C3", "%C3%A9",
    "%E2%82%AC", "%F0%9F%8E%89", "%FF", "%FE%FF", "%ED%A0%80", "%C0%AF", "%F4%90%80%80", "a", "A", "Z", "0",
    "wait", "echo", "WAIT", "index.html", "static", "favicon.ico",
)  # fmt: skip
# Near a valid `ms`, few of them valid.
NUMBERS = (
    "00", "01", "00000", "00003", "000003", "+1", "-0", "-1", "1.0", "1e1", "0x1", "1_0", "10001", "99999",
    "100000", "4294967296", "%30", "%31%30", "%D9%A1", "%EF%BC%91", "%B2", "1%00", "%0A1", "1%0A", "1+", "+1",
    "%201", "1%20", "1,", "1;2", "1%262", "true", "null", "NaN", "[1]", "one",
)  # fmt: skip
# Near `ms`.
NAMES = (
    "ms", "MS", "Ms", "m%73", "%6Ds", "ms%20", "+ms", "ms[]", "ms%00", "ms[0]", "ms.", "_ms", "ms;", "x", "q",
    "msg",
)  # fmt: skip
# Of `Content-Type`; the first is the right one.
MEDIA_TYPES = (
    b"application/json", b"Application/JSON", b"APPLICATION/JSON;charset=utf-8",
    b"application/json; charset=latin-1", b"application/json ; q=1", b"application/json;",
    b"application/json;;", b"application/json;charset", b'application/json; a="b;c"',
    b'application/json; a="', b"application/json\t;x=y", b"application/json, text/plain",
    b"application/json,", b"application/json; a=1, text/plain", b"application/json\xa0",
    b"\xa0application/json", b"application/json\x85", b"application / json", b"application/json x",
    b"application/jsonp", b"application/json+json", b"application/problem+json", b"application/vnd.api+json",
    b"application/*", b"*/*", b"text/json", b"text/plain", b"text/plain; application/json",
    b"application/x-www-form-urlencoded", b"multipart/form-data", b"multipart/form-data; boundary=a", b"json",
    b"/", b";", b"; charset=utf-8", b",application/json", b'"application/json"', b"",
)  # fmt: skip
# Of `Content-Encoding`.
CODINGS = (
    b"identity", b"Identity", b"IDENTITY", b"gzip", b"identity, identity", b"identity;q=1", b"", b",",
    b"identity,", b"x",
)  # fmt: skip
# Must not matter to anybody.
ODD_HEADERS: tuple[Header, ...] = (
    (b"X-HTTP-Method-Override", b"DELETE"), (b"X-Original-URL", b"/echo"), (b"X-Rewrite-URL", b"/echo"),
    (b"X-Forwarded-Proto", b"https"), (b"X-Forwarded-Ssl", b"on"), (b"X-Forwarded-Protocol", b"http"),
    (b"X-Forwarded-For", b"::1, 203.0.113.1"), (b"X-Forwarded-Host", b"example.org, .."),
    (b"X-Forwarded-Port", b"-1"), (b"X-Forwarded-Prefix", b"/echo"), (b"Forwarded", b"for=_x;proto=https"),
    (b"SCRIPT_NAME", b"/echo"), (b"PATH_INFO", b"/echo"), (b"REMOTE_USER", b"x"), (b"Content_Length", b"3"),
    (b"Content_Type", b"application/json"), (b"X_Under", b"1"), (b"Accept", b"text/html;q=1, */*;q=0"),
    (b"Accept-Encoding", b"gzip, br, identity;q=0"), (b"Accept-Charset", b"utf-16"),
    (b"Accept-Language", b"\xff"), (b"Authorization", b"Basic %"), (b"Cache-Control", b"only-if-cached"),
    (b"Content-Language", b"x"), (b"Content-Location", b"/echo"), (b"Content-MD5", b"x"),
    (b"Content-Range", b"bytes 0-1/2"), (b"Cookie", b"session=e30.x.y; =; a"), (b"Cookie", b"\xe9=\xff"),
    (b"Date", b"yesterday"), (b"If-Match", b'"x"'), (b"If-Modified-Since", b"Fri, 31 Dec 9999 23:59:59 GMT"),
    (b"If-None-Match", b"*"), (b"If-Range", b'"x"'),
    (b"If-Unmodified-Since", b"Thu, 01 Jan 1970 00:00:00 GMT"), (b"Keep-Alive", b"timeout=1, max=1"),
    (b"Max-Forwards", b"0"), (b"Origin", b"null"), (b"Access-Control-Request-Method", b"POST"),
    (b"Prefer", b"return=minimal"), (b"Range", b"bytes=0-0"), (b"Referer", b"\\"), (b"Status", b"500"),
    (b"TE", b"trailers"), (b"Trailer", b"X"), (b"Via", b"1.0 x"), (b"User-Agent", b""),
    (b"X-Long", b"x" * 4_000),
)  # fmt: skip
# Of `Connection`.
CONNECTIONS = (b"keep-alive", b"Keep-Alive, TE", b"close", b"Close", b"x", b"")
# Of `Host`.
HOSTS = (
    b"", b"..", b".", b"localhost:1", b"LOCALHOST.", b"127.0.0.1:0", b"[::1]:80", b"[", b"a b", b"a/b",
    b"a,b", b"a@b", b"a:b:c", b":", b":80", b"%41", b"*", b"\xe9.example", b"xn--a", b"xn--\xff",
    b"a" * 64 + b".example",
)  # fmt: skip
# JSON values, and what some readers take for one.
SCALARS = (
    b"null", b"true", b"false", b"0", b"-0", b"1", b"1.0", b"-1", b"1e400", b"-1e999", b"1E-9", b"9" * 20,
    b"9" * 5_000, b"0.1e1", b"NaN", b"-Infinity", b"Infinity", b"01", b"+1", b"1.", b".1", b"- 1", b"nul",
    b"True", b"None", b"undefined", b"0x1", b"[]", b"{}", b'[["msg"]]', b'{"msg":"a"}', b'["a"]', b"[1,]",
    b"{,}", b"[" * 150 + b"]" * 150, b"[" * 300 + b"]" * 300, b"'a'", b'""', b'"', b'"\\"', b'"\t"',
    b'"\\u00"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83c\\udf89"', b'"\\u0000"', b'"\\x41"', b'"\xff"',
    b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x80\xa8\x7f"', b'"\\/\\b\\f\\n\\r\\t"',
)  # fmt: skip
# Names of members other than `msg`.
MEMBERS = (
    b'"extra"', b'"Msg"', b'"MSG"', b'"msg "', b'"\\u006dsg"', b'""', b'"msg\\u0000"', b'"/"', b'"~"',
    b'"~1a/b"', b'"%"', b'"a b"', b'"\\"\\\\"', b'"\xc3\xa9"', b'"\xf0\x9f\x8e\x89"', b'"#"', b'"?"', b'"0"',
    b'"__class__"', b'"model_config"', b'"\\n"', b"msg", b"1",
)  # fmt: skip
# What may or must not stand around a JSON text.
SPACES = (
    b"", b" ", b"\n", b"\r\n\t ", b"\x0b", b"\x0c", b"\x00", b"\xa0", b"\xef\xbb\xbf", b"/**/", b"//\n", b",",
    b"]", b"}", b"1",
)  # fmt: skip
# 280 code points are the most; some of them take 2, 3 or 4 bytes and 1 or 2 UTF-16 units.
LENGTHS = (0, 1, 2, 139, 140, 141, 279, 280, 281, 560)
CHARACTERS = ("a", "é", "€", "🎉", "e\u0301", "\u200b", "\ufeff", "\x00", '"', "\\", "\u2028")
# For operations that ignore them.
QUERIES = ("", "", "", "", "?", "?msg=a", "?ms=1", "?%FF", "?%C3%A9", "?a=%", "??", "#", "?#", "#?%FF")
SEPARATORS = ("&", "&", "&", ";", "&&", "?", "&amp;", "#", "%26", "")
ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7")
