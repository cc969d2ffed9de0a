"""https: a server for tests on this machine, with a certificate that only they trust (SSL_CERT_FILE), and what a test wants it to answer.
Not a test itself."""

import contextlib
import http.server
import pathlib
import ssl
import subprocess
import threading


def certificate(folder, host="localhost"):
    """A key and a certificate signed by itself, by openssl; the path of the two."""
    key, cert = pathlib.Path(folder) / f"{host}.key", pathlib.Path(folder) / f"{host}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert, "-subj",
         f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


class Answers(dict):
    """By path: bytes, or a function of the handler that answers itself. `asked`: every request."""

    def __init__(self):
        super().__init__()
        self.asked = []


@contextlib.contextmanager
def server(answers, key=None, cert=None):
    """Serves answers on a free port; with a key over TLS. Gives the beginning of its addresses."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            answers.asked.append((self.command, self.path, dict(self.headers)))
            found = answers.get(self.path.split("?")[0])
            if callable(found):
                found(self)
                return
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(found or b"")))
            if found is not None:
                self.send_header("ETag", f'"{hash(found) & 0xffffffff:x}"')
            self.end_headers()
            if self.command == "GET" and found:
                self.wfile.write(found)

        do_GET = do_HEAD = answer

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):  # whoever does not trust it hangs up
            pass

    httpd = Server(("127.0.0.1", 0), Handler)
    if key:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{'https' if key else 'http'}://localhost:{httpd.server_address[1]}"
    finally:
        httpd.shutdown()
        httpd.server_close()


def redirect(to):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def status(code):
    def answer(handler):
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def broken(content, after):
    """Promises all of it and hangs up after so many bytes."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(content[:after])
        handler.close_connection = True

    return answer


def endless(handler):
    """Says no length, and never ends."""
    handler.send_response(200)
    handler.end_headers()
    if handler.command != "GET":
        return
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b"a" * 65536)
