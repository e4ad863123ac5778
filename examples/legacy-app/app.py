#!/usr/bin/env python3
"""A guest book from before single sign-on: it believes whatever X-Remote-User says, and shows everybody else the door.

    python3 app.py data/app.sock

It listens on a Unix socket in a folder that only its own user can enter, so that nobody but certgate can say who asks.
"""
import html
import os
import socketserver
import sys
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler

entries = []


def app(environ, start_response):
    user = environ.get('HTTP_X_REMOTE_USER', '')
    groups = [group for group in environ.get('HTTP_X_REMOTE_GROUPS', '').split(',') if group]
    if not user:
        start_response('401 Unauthorized', [('Content-Type', 'text/plain; charset=utf-8')])
        return [b'who are you?\n']
    if environ['REQUEST_METHOD'] == 'POST':
        form = parse_qs(environ['wsgi.input'].read(int(environ.get('CONTENT_LENGTH') or 0)).decode())
        entries.append((user, form.get('text', [''])[0]))
        start_response('303 See Other', [('Location', '/')])
        return []
    if environ['PATH_INFO'] == '/admin/entries':
        start_response('200 OK', [('Content-Type', 'text/plain; charset=utf-8')])
        return [''.join(f'{author}: {text}\n' for author, text in entries).encode()]
    items = ''.join(f'<li><b>{html.escape(author)}</b> {html.escape(text)}</li>' for author, text in entries)
    page = f'<h1>Guest book</h1><p>Hello {html.escape(user)} ({html.escape(", ".join(groups))})</p><ul>{items}</ul>\n'
    start_response('200 OK', [('Content-Type', 'text/html; charset=utf-8')])
    return [page.encode()]


class Handler(WSGIRequestHandler):
    """wsgiref expects a TCP peer; a Unix socket has none to tell."""

    def address_string(self):
        return 'local'

    def get_environ(self):
        self.client_address = ('', 0)
        return super().get_environ()


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    base_environ = {'SERVER_NAME': 'localhost', 'SERVER_PORT': '', 'GATEWAY_INTERFACE': 'CGI/1.1', 'SCRIPT_NAME': ''}

    def get_app(self):
        return app


if __name__ == '__main__':
    path = sys.argv[1]
    if os.path.exists(path):
        os.unlink(path)
    os.umask(0o077)
    with Server(path, Handler) as server:
        print(f'listening on {path}', flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
