#!/usr/bin/env python3
"""test_mail_stalwart: the messages of mime-stalwart against the expected parse that lies beside each (.json or .json.gz): subject,
addresses, identifier, date, what is attached, texts."""
import datetime
import email
import gzip
import json

from mails import MAIL, Reasons, events, files, run, values

FOLDER = 'mime-stalwart/'


class Case:
    def __init__(self, name, data, event, expected):
        self.name, self.data, self.event, self.expected = name, data, event, expected
        self.root = expected['parts'][0]

    def told(self, field):
        return values(self.event, field)

    def header(self, name):
        """The value of the first header of that name."""
        return next((header['value'] for header in self.root['headers'] if header['name'] == name), None)

    def defect(self, words):
        return any(words in why for why in self.told('defects'))


def cases():
    if not hasattr(cases, 'all'):
        told = events(MAIL / FOLDER)[0]
        cases.all = []
        for name, data in files():
            if not name.startswith(FOLDER):
                continue
            beside = MAIL / (name[:-len('.eml')] + '.json')
            text = beside.read_bytes() if beside.exists() else gzip.decompress(beside.with_suffix('.json.gz').read_bytes())
            event, = told[name]
            cases.all.append(Case(name, data, event, json.loads(text)))
        assert len(cases.all) == 73, len(cases.all)  # as SOURCE.md counts
    return cases.all


def blanks(text):
    return ' '.join(text.split())


def inner(value, kind):
    """What stands in {"Text": ...}; None: it is of another kind."""
    return value[kind] if isinstance(value, dict) and kind in value else None


def of(*names):
    """In these files."""
    return lambda where, *_: where[len(FOLDER):-len('.eml')] in names


def headers():
    reasons = Reasons({
        'bytes without a character set, which are windows-1252': lambda where, theirs, ours:
            '\ufffd' in str(theirs) and '\ufffd' not in str(ours),
        'one word: a name to them, what stands in place of an address to us': lambda where, theirs, ours:
            [name for name, _ in theirs] == [address for _, address in ours],
    })
    for case in cases():
        subject = case.header('subject')
        theirs, ours = blanks(inner(subject, 'Text') or ''), blanks(''.join(case.told('subject')))
        if theirs != ours:
            reasons.differs(case.name, theirs, ours)
        theirs, ours = inner(case.header('message_id'), 'Text') or '', ''.join(case.told('message_id'))
        if theirs != ours:
            reasons.differs(case.name, theirs, ours)
        for field in ('from', 'to'):
            groups = inner(case.header(field), 'Address') or {}
            list_ = groups.get('List') or [one for group in groups.get('Group', []) for one in group['addresses']]
            theirs = [(blanks(one['name'] or ''), one['address'] or '') for one in list_]
            ours = list(zip(map(blanks, case.told(field + '.name') or [''] * len(case.told(field))), case.told(field)))
            if theirs != ours:
                reasons.differs(case.name, theirs, ours)
        date = inner(case.header('date'), 'DateTime')
        if date and case.header('received') is None:
            zone = datetime.timedelta(hours=date['tz_hour'], minutes=date['tz_minute']) * (-1 if date['tz_before_gmt'] else 1)
            when = datetime.datetime(*(date[of] for of in ('year', 'month', 'day', 'hour', 'minute', 'second'))) - zone
            if when.strftime('%Y-%m-%dT%H:%M:%SZ') != case.event['time']:
                reasons.differs(case.name, when, case.event['time'])
    reasons.close()


def parts(message):
    """Leaves of a parsed message and of those within, in the order in which they stand; a message within before its own."""
    for part in message['parts']:
        within = inner(part['body'], 'Message')
        if inner(part['body'], 'Multipart') is None:
            yield part
        if within:
            yield from parts(within)


def kind(part):
    """Type and the name; for the type nothing is said: text/plain."""
    said = {header['name']: inner(header['value'], 'ContentType') for header in part['headers'] if isinstance(header['name'], str)}
    of = said.get('content_type') or {}
    disposition = said.get('content_disposition') or {}
    name = next((one['value'] for one in (disposition.get('attributes') or []) if one['name'] == 'filename'), None) or \
        next((one['value'] for one in (of.get('attributes') or []) if one['name'] == 'name'), None)
    return ('%s/%s' % (of.get('c_type', 'text'), of.get('c_subtype') or 'plain')).lower(), name or '', disposition.get('c_type')


def without_line_ends(case):
    """Sizes of what is attached, as Python decodes it, with one byte for a line end."""
    return [str(len((part.get_payload(decode=True) or b'').replace(b'\r\n', b'\n')))
            for part in email.message_from_bytes(case.data).walk() if part.get_filename()]


def attachments():
    reasons = Reasons({
        'raw bytes in a name, line ends of two bytes that they made one': lambda where, theirs, ours, case:
            [t[0].replace('\ufffd', 'ö') for t in theirs] == [o[0] for o in ours] and
            all(t[2] in (None, o[2], one) for t, o, one in zip(theirs, ours, without_line_ends(case))),
        'messages behind the first of an inner multipart': of('malformed/012', 'thirdparty/015'),  # as Python has them
        'a name without a disposition': of('malformed/017'),
        'a message within that is encoded is not taken apart': lambda where, theirs, ours, case:
            case.defect('a message within that is encoded'),
    })
    count = 0
    for case in cases():
        theirs = []
        for part in parts(case.expected):
            type_, name, disposition = kind(part)
            data = next((inner(part['body'], shape) for shape in ('Text', 'Html', 'Binary', 'InlineBinary')
                         if inner(part['body'], shape) is not None), None)
            if inner(part['body'], 'Message'):
                theirs.append((name, 'message/rfc822', ''))
            elif name or disposition == 'attachment' or not type_.startswith('text/'):
                theirs.append((name, type_, str(len(bytes(data))) if isinstance(data, list) else None))
        ours = list(zip(case.told('attachment.name'), case.told('attachment.type'), case.told('attachment.size')))
        count += len(ours)
        same = len(theirs) == len(ours) and all(t[:2] == o[:2] and t[2] in (None, o[2]) for t, o in zip(theirs, ours))
        if not same:
            reasons.differs(case.name, theirs, ours, case)
    print(f'{count} attachments compared')
    reasons.close()


def texts():
    reasons = Reasons({
        'a boundary whose multipart an outer one has ended is text': of('malformed/016'),
        'texts behind the first of an inner multipart': of('malformed/003', 'malformed/008', 'malformed/009', 'malformed/011'),
        'no boundary of its own (told as damage)': lambda where, theirs, ours, case: case.defect('a multipart without parts'),
        'base64 with words behind its end': of('thirdparty/002'),
        'a boundary that begins no line': of('thirdparty/005'),
    })
    count = 0
    for case in cases():
        own = case.expected['parts']
        if any(inner(part['body'], 'Html') is not None for part in own):
            continue
        shown = [inner(part['body'], 'Text') or '' for part in own
                 if kind(part)[0].startswith('text/') and not kind(part)[1] and kind(part)[2] != 'attachment']
        count += 1
        theirs, ours = blanks(' '.join(shown)), blanks(''.join(case.told('text')))
        if theirs != ours:
            reasons.differs(case.name, theirs, ours, case)
    print(f'{count} texts compared')
    reasons.close()


if __name__ == '__main__':
    run([headers, attachments, texts])
