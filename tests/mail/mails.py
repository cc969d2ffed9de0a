"""mails: the shared mails as bytes, split by rules of our own, and what the program says of them; for the tests beside.

Nothing here is taken from the program: where messages begin is said by `^From ` and by the tables below, which name what only looks so.
"""
import gzip
import json
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get('LONGWATCH_BINARY', str(SOURCE / 'build/longwatch'))
SHARED = pathlib.Path(os.environ.get('LONGWATCH_SHARED', SOURCE.parent / 'shared'))
MAIL = SHARED / 'data/mail'
MARK = b'\xef\xbb\xbf'

# What lies beside the mails and is none, by name.
NO_MAIL = re.compile(r'''
    (^|/)(SOURCE\.md|LICENSE[^/]*|COPYING|MIT\.txt|Apache-2\.0\.txt)$  # licences
  | ^charsets-cpython/ | ^mime-cpython/(python\.|sndhdr\.)             # texts, pictures, sounds
  | ^mime-stalwart/.*\.json(\.gz)?$ | ^phishing-pot/features\.ndjson$  # truths
  | ^dkim-arc/.*\.yml$                                                 # cases with messages inside
  | ^spamassassin-tests/phishing/.*feed\.                              # feeds
  | ^mime-cpython/msg_19\.txt$                                         # the body of a digest, without any header
  | ^spamassassin-tests/spam/bsmtp$                                    # a session of SMTP
  | ^mimekit/mbox_content-length-summary\.txt$                         # headers of a mailbox's parts, indented: a truth
    ''', re.X)

# Lines of text that begin with "From " and begin no message: (file, line).
NO_BEGINNING = {
    ('mimekit/mbox_unmunged.mbox.txt', b'From Russia with love'),
    ('spamassassin-tests/spam/008', b'From  :<tst1@example.com>'),  # a header
}


def files():
    """(name below MAIL, bytes, inner name or '') of each file of mail."""
    for path in sorted(MAIL.rglob('*')):
        name = str(path.relative_to(MAIL))
        if path.is_symlink() or not path.is_file() or NO_MAIL.search(name):
            continue
        data = path.read_bytes()
        if name.endswith('.gz'):
            yield name, gzip.decompress(data)
        else:
            yield name, data


def beginnings(name, data):
    """Offsets at which messages begin; From_ lines within a file that does not begin with one are text."""
    start = len(MARK) if data.startswith(MARK) else 0
    if not data[start:].startswith(b'From '):
        return [start]
    found = [start] + [m.start() + 1 for m in re.finditer(rb'\nFrom [^\n]*', data[start - 1 if start else 0:])]
    if start:
        found = [start] + [at + start - 1 for at in found[1:]]
    return [at for at in found if (name, data[at:].split(b'\n', 1)[0].rstrip(b'\r')) not in NO_BEGINNING]


def messages(name, data):
    """(offset, bytes as they lie there, bytes without the mailbox's line and the blank one that ends it)."""
    starts = beginnings(name, data)
    boxed = data.startswith((b'From ', MARK + b'From '))
    for at, end in zip(starts, starts[1:] + [len(data)]):
        raw = data[at:end]
        body = raw.split(b'\n', 1)[1] if boxed else raw
        if boxed and body.endswith((b'\n\n', b'\n\r\n')):
            body = body[:-2] if body.endswith(b'\r\n') else body[:-1]
        yield at, raw, body


def events(*paths):
    """What the program says: the events of mail by file (below MAIL) in their order, and all that it wrote to standard error."""
    done = subprocess.run([BINARY, 'events', '--json', '--kind', 'mail/message', *map(str, paths)], capture_output=True,
                          check=False, timeout=120)
    told = {}
    for line in done.stdout.splitlines():
        event = json.loads(line)
        name = os.path.relpath(event['evidence_path'].split('!', 1)[0] if '.gz!' in event['evidence_path']
                               else event['evidence_path'], MAIL)
        if not NO_MAIL.search(name):
            told.setdefault(name, []).append(event)
    return told, done.stderr.decode('utf-8', 'replace')


def values(event, field):
    """A field as a list: nothing, one or many."""
    value = event['fields'].get(field)
    return [] if value is None else value if isinstance(value, list) else [value]


def head(body):
    """Lines of the head of a message, unfolded: (name, rest) of headers; and the rest's first byte. What is no header is passed over."""
    lines = []
    at = 0
    while at < len(body):
        end = body.find(b'\n', at)
        end = len(body) if end < 0 else end + 1
        line = body[at:end].rstrip(b'\r\n')
        at = end
        if not line:
            break
        if line.startswith(b'--'):  # the first part, without the blank line that should end the head
            at -= len(line) + 1
            break
        if line[:1] in b' \t' and lines:
            lines[-1] += b'\r\n' + line
        else:
            lines.append(line)
    return [(m[1], m[2]) for line in lines if (m := re.match(rb'([!-9;-~]+)[ \t]*:(.*)', line, re.S))], at


class Reasons:
    """Differences that are understood. A reason is a class of them: a name, and a predicate that looks at the message for the cause.
    Whatever differs needs one; a reason that nothing needs fails."""

    def __init__(self, reasons):
        self.reasons = reasons
        self.used = dict.fromkeys(reasons, 0)
        self.failures = []

    def differs(self, where, theirs, ours, *of):
        """Whether the difference has a reason; else it is noted as a failure."""
        for name, holds in self.reasons.items():
            if holds(where, theirs, ours, *of):
                self.used[name] += 1
                return True
        self.failures.append(f'{where}\n  expected {theirs!r:.600}\n  told     {ours!r:.600}')
        return False

    def close(self):
        """Prints what there was; fails where something is without a reason, or a reason without use."""
        for name, count in sorted(self.used.items()):
            print('%5d %s' % (count, name))
        assert not self.failures, '%d differences without a reason:\n%s' % (len(self.failures), '\n'.join(self.failures[:40]))
        idle = [name for name, count in self.used.items() if not count]
        assert not idle, f'reasons that nothing needs: {idle}'


def run(tests, shared=True):
    """Each test in turn; the closing line that counts them, and the exit status."""
    if shared and not MAIL.is_dir():
        print(f'SKIP: no {MAIL}; LONGWATCH_SHARED names the shared data')
        print(f'0 passed, 0 failed, {len(tests)} skipped')
        sys.exit(0)
    passed = failed = 0
    for test in tests:
        try:
            test()
            passed += 1
        except AssertionError as error:
            failed += 1
            print(f'{test.__name__}: {error}')
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed else 0)
