#!/usr/bin/env python3
"""test_mail_python: what is told of each of the shared mails against Python's email package: subject, addresses, identifiers, times,
attachments, text. Where they differ, a reason is looked up in the mail, or the test fails; and so does a reason that nothing needs."""
import datetime
import email
import email.header
import email.policy
import email.utils
import hashlib
import inspect
import quopri
import re
from html.parser import HTMLParser

from mails import MAIL, Reasons, events, files, head, messages, run, values

UTC = datetime.timezone.utc
# Newer Pythons give nothing at all for a header that has one address too many.
LENIENT = {'strict': False} if 'strict' in inspect.signature(email.utils.getaddresses).parameters else {}


class Pair:
    """A message as it lies there, and what is told of it."""

    def __init__(self, where, raw, body, event):
        self.where, self.raw, self.body, self.event = where, raw, body, event
        self.message = email.message_from_bytes(body)

    def headers(self, name):
        """Values of all headers of that name, unfolded."""
        return [re.sub(rb'\r?\n(?=[ \t])', b'', value).strip() for key, value in head(self.body)[0]
                if key.lower() == name.encode()]

    def told(self, field):
        return values(self.event, field)


def pairs():
    if not hasattr(pairs, 'all'):
        told = events(MAIL)[0]
        pairs.all = [Pair(f'{name} at {at}', raw, body, event) for name, data in files()
                     for (at, raw, body), event in zip(messages(name, data), told.get(name, []))]
    return pairs.all


def blanks(text):
    return ' '.join(text.split())


def decoded(value):
    """Encoded words undone, as Python's policy for mail of today does."""
    try:
        value.decode('utf-8')
    except UnicodeDecodeError:
        value = value.decode('latin-1').encode('utf-8')
    return blanks(str(email.message_from_bytes(b'Subject: ' + value + b'\n\n', policy=email.policy.default)['subject']))


def eight_bits(value):
    """Raw bytes that are no UTF-8: whose characters they are nobody says. We take windows-1252, Python nothing."""
    try:
        value.decode('utf-8')
        return False
    except UnicodeDecodeError:
        return True


def subjects():
    reasons = Reasons({
        'bytes 80 to 9F of iso-8859-1, which are windows-1252':
            lambda _, theirs, ours, raw: re.search(rb'=\?iso-8859-1\?', raw, re.I) and
            theirs.encode('latin-1', 'replace').decode('cp1252', 'replace') == ours,
        'raw bytes within an encoded word':
            lambda _, theirs, ours, raw: re.fullmatch(rb'=\?[^ ?]*\?q\?[^ ?]*\?=', raw, re.I) and eight_bits(raw) and
            theirs.encode('latin-1').decode('utf-8') == ours,
    })
    for pair in pairs():
        raw = (pair.headers('subject') or [b''])[0]
        theirs, ours = decoded(raw), blanks(''.join(pair.told('subject')))
        if theirs != ours:
            reasons.differs(pair.where, theirs, ours, raw)
    reasons.close()


# ---- addresses

def addresses(raws):
    """(name, address) as Python's older reader of addresses has them, which knows comments as names; words undone."""
    texts = [raw.decode('utf-8', 'surrogateescape') for raw in raws]
    return [(decoded(name.encode('utf-8', 'surrogateescape')), address)
            for name, address in email.utils.getaddresses(texts, **LENIENT)]


def with_at(list_):
    return [address for address in list_ if '@' in address.strip('@')]


def people():
    reasons = Reasons({
        'an empty group, told by its name':
            lambda _, theirs, ours, raw: re.search(rb':\s*;', raw) and with_at(theirs) == with_at(ours),
        'nobody (<>)':
            lambda _, theirs, ours, raw: raw.strip() == b'<>' and theirs == [''] and ours == [],
        'as archives of lists hide it':
            lambda _, theirs, ours, raw: (m := re.match(rb'(\S+) at (\S+)', raw)) and
            ours == ['@'.join(p.decode('utf-8') if not eight_bits(p) else p.decode('cp1252') for p in m.groups())],
        'an @ in the local part, without quotes':
            lambda _, theirs, ours, raw: len(ours) == 1 and ours[0].count('@') > 1 and
            ours[0].rsplit('@', 1)[1] in raw.decode() and ours[0].split('@')[0].encode() in raw,
        'a name with commas or the like that should stand in quotes':
            lambda _, theirs, ours, raw: b'<' in raw and ours and with_at(theirs) == with_at(ours) and
            set(theirs) - set(ours) and all(address in raw.decode('utf-8', 'replace') for address in theirs),
        'an address as the name of itself or of another':
            lambda _, theirs, ours, raw: (m := re.fullmatch(rb'(\S+@\S+) <(\S+@\S+)>', raw)) and
            theirs == [m[1].decode(), m[2].decode()] and ours == [m[2].decode()],
        'brackets within the address':
            lambda _, theirs, ours, raw: len(ours) == 1 and b'[' in raw and ours[0].encode() in raw,
        'a comma in the domain':
            lambda _, theirs, ours, raw: len(ours) == 1 and b',' in raw and ('<%s>' % ours[0]).encode() in raw,
        'a name and no address':
            lambda _, theirs, ours, raw: b'@' not in raw and ours in ([], ['']),
        'of a time before domains':
            lambda _, theirs, ours, raw: b'!' in raw and len(ours) == 1 and ours[0].encode() in raw,
        'blanks within an address':
            lambda _, theirs, ours, raw: [''.join(address.split()) for address in theirs] == ours,
        'a group within brackets': lambda _, theirs, ours, raw: [b'<%s>' % o.encode() for o in ours] == [raw] and b':;' in raw,
        'two headers where one should be':
            lambda _, theirs, ours, raw: ours[:len(theirs)] == theirs and len(ours) > len(theirs),
    })
    for header, single in (('from', True), ('to', False), ('cc', False), ('reply-to', True), ('sender', True),
                           ('return-path', True)):
        for pair in pairs():
            raws = pair.headers(header)
            raws = raws[:1] if single else raws
            theirs, ours = [address for _, address in addresses(raws)], pair.told(header.replace('-', '_'))
            if theirs != ours:
                reasons.differs(f'{header} of {pair.where}', theirs, ours, b', '.join(raws))
    reasons.close()


def names():
    """Of those whose addresses are the same."""
    reasons = Reasons({
        'raw bytes within an encoded word': lambda _, theirs, ours, raw:
            eight_bits(raw) and b'=?' in raw and [name.encode('latin-1').decode('utf-8') for name in theirs] == ours,
        'blanks that stood in quotes or between words':
            lambda _, theirs, ours, raw: ''.join(''.join(theirs).split()) == ''.join(''.join(ours).split()),
        'a comment in brackets':
            lambda _, theirs, ours, raw: (m := re.search(rb'\((<[^>]*>)\)$', raw)) and ours[-1] == m[1].decode() and
            theirs[:-1] == ours[:-1],
        'a comment beside a name':
            lambda _, theirs, ours, raw: re.search(rb'[^\s(].* \(.*\) <', raw) and
            all(t == o or t.startswith(o + ' (') for t, o in zip(theirs, ours)),
    })
    for header in ('from', 'to'):
        for pair in pairs():
            raws = pair.headers(header)
            raws = raws[:1] if header == 'from' else raws
            expected = addresses(raws)
            if [address for _, address in expected] != pair.told(header):
                continue
            theirs, ours = [name for name, _ in expected], pair.told(header + '.name') or [''] * len(expected)
            if theirs != ours:
                reasons.differs(f'{header} of {pair.where}', theirs, ours, b', '.join(raws))
    reasons.close()


# ---- identifiers and times

def identifiers():
    reasons = Reasons({
        'nothing stands there': lambda _, theirs, ours, raw: raw == b'' and ours == [],
        'blanks within': lambda _, theirs, ours, raw: [''.join(t.split()) for t in theirs] == [''.join(o.split()) for o in ours],
        'longer than 998 bytes':
            lambda _, theirs, ours, raw: len(raw) > 998 and all(t.startswith(o) for t, o in zip(theirs, ours)),
        'what stands beside references in < >':
            lambda _, theirs, ours, raw: set(ours) < set(theirs) or set(theirs) < set(ours),
    })
    for header in ('message-id', 'in-reply-to', 'references'):
        for pair in pairs():
            raws = pair.headers(header)[:1]
            theirs = []
            for raw in raws:
                theirs += [m.decode('utf-8', 'replace') for m in re.findall(rb'<([^<>]*)>', raw)] or \
                    [raw.decode('utf-8', 'replace')]
            ours = pair.told(header.replace('-', '_'))
            if theirs != ours:
                reasons.differs(f'{header} of {pair.where}', theirs, ours, raws[0])
    reasons.close()


def instant(text):
    """As RFC 3339 in UTC; "": Python cannot read it."""
    try:
        when = email.utils.parsedate_to_datetime(text.decode('latin-1'))
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return when.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')
    except (ValueError, OverflowError, TypeError):
        return ''


def times_of_hops():
    reasons = Reasons({
        'a time of another form (numbers, fractions, month first), not behind a semicolon, or with AM and PM':
            lambda _, theirs, ours, raw: theirs == '' and ours and in_other_form(raw) == ours,
        'a zone as -08:00':
            lambda _, theirs, ours, raw: (m := re.search(rb'([-+]\d\d):(\d\d)$', raw)) and
            instant(raw.rsplit(b';', 1)[1][:-6] + m[1] + m[2]) == ours,
        'the year 102': lambda _, theirs, ours, raw: b' 0102 ' in raw and ours == '',
        'a zone that is none (2000)': lambda _, theirs, ours, raw: re.search(rb'\d 2000$', raw) and ours == '',
    })
    for pair in pairs():
        raws, ours = pair.headers('received'), pair.told('received.time')
        assert len(raws) == len(ours), f'{pair.where}: {len(ours)} of {len(raws)} hops'
        for raw, told in zip(raws, ours):
            said = instant(raw.rsplit(b';', 1)[1]) if b';' in raw else ''
            if said != told:
                reasons.differs(f'received of {pair.where}', said, told, raw)
    reasons.close()


MONTHS = b'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split()


def in_other_form(raw):
    """The time at the end of a hop, put together by hand."""
    def put(year, month, day, hour, minute, second, zone=0):
        when = datetime.datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        return (when - datetime.timedelta(minutes=zone)).strftime('%Y-%m-%dT%H:%M:%S')

    if m := re.search(rb'(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+) \+0000 UTC', raw):  # Go's
        return put(m[1], int(m[2]), m[3], m[4], m[5], m[6]) + m[7].decode() + 'Z'
    if m := re.search(rb'(\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d)(\.\d+) \+0000 \(UTC\)$', raw):
        return put(m[3], MONTHS.index(m[2]) + 1, m[1], m[4], m[5], m[6]) + m[7].decode() + 'Z'
    if m := re.search(rb'(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)$', raw):
        return put(m[3], int(m[2]), m[1], m[4], m[5], m[6]) + 'Z'
    if m := re.search(rb'(\w{3}), (\d\d) (\d{4}) (\d+):(\d\d):(\d\d) ([AP])M ([-+])(\d\d)(\d\d)$', raw):
        hour = int(m[4]) % 12 + (12 if m[7] == b'P' else 0)
        zone = (60 * int(m[9]) + int(m[10])) * (-1 if m[8] == b'-' else 1)
        return put(m[3], MONTHS.index(m[1]) + 1, m[2], hour, m[5], m[6], zone) + 'Z'
    return None


def times():
    """The uppermost hop that says one, what Exchange says of the arrival, Date; of a mailbox, its line."""
    reasons = Reasons({
        "the mailbox's line":
            lambda pair, theirs, ours: theirs == '' and not pair.told('date') and pair.raw.startswith(b'From ') and
            instant(re.search(rb'\w{3} (\w{3} +\d+ [\d:]+ \d{4})\n', pair.raw)[1]) == ours,
    })
    for pair in pairs():
        arrival = (pair.headers('x-ms-exchange-crosstenant-originalarrivaltime') or [b''])[0]
        theirs = next((time for time in pair.told('received.time') if time), '') or instant(arrival) or \
            instant((pair.headers('date') or [b''])[0])
        ours = pair.event['time'] or ''
        if theirs != ours:
            reasons.differs(pair, theirs, ours)
        written = [blanks(raw.decode('utf-8', 'replace')) for raw in pair.headers('date')[:1] if raw]
        assert written == [blanks(text) for text in pair.told('date')], pair.where
    reasons.close()


# ---- bodies

def leaves(part):
    """Each part that holds no other; a message within is told before its own, other message/... (reports, pieces) are not taken apart."""
    if part.get_content_maintype() == 'message' or not part.is_multipart():
        yield part
    if part.is_multipart() and (part.get_content_maintype() != 'message' or part.get_content_type() == 'message/rfc822'):
        for inner in part.get_payload():
            yield from leaves(inner)


def attachments():
    defect = 'bytes that the transfer encoding has no meaning for'
    reasons = Reasons({
        'raw bytes in a name, or windows-1252': lambda _, theirs, ours, pair:
            re.search(rb'name="?[^"\n]*([\x80-\xff]|=A5)', pair.body) and [t[1:] for t in theirs] == [o[1:] for o in ours],
        'message/partial, external-body, delivery-status, which Python takes apart': lambda _, theirs, ours, pair:
            re.search(rb'message/(partial|external-body|delivery-status|feedback-report)', pair.body, re.I) and
            [t if t[1] == 'message/rfc822' or not t[1].startswith('message/') else t[:2] for t in theirs] ==
            [o if o[1] == 'message/rfc822' or not o[1].startswith('message/') else o[:2] for o in ours],
        'an outer boundary used within (Python loses what follows)': lambda _, theirs, ours, pair:
            pair.where.split(' ')[0] in ('mime-cpython/msg_15.txt', 'mime-cpython/msg_39.txt',
                                         'mime-stalwart/malformed/017.eml') and all(t in ours for t in theirs),
        'base64 behind which text stands': lambda _, theirs, ours, pair:
            defect in pair.told('defects') and [t[:2] for t in theirs] == [o[:2] for o in ours],
        'a message within that is encoded': lambda _, theirs, ours, pair:
            'a message within that is encoded' in pair.told('defects') and [t[:2] for t in theirs] == [o[:2] for o in ours],
        'a message within that begins with a From_ line': lambda _, theirs, ours, pair:
            b'\n>From - ' in pair.body and ours[:len(theirs)] == theirs,
    })
    for pair in pairs():
        theirs = []
        for part in leaves(pair.message):
            name = str(email.header.make_header(email.header.decode_header(part.get_filename('')))).strip()
            if part.get_content_type() == 'message/rfc822':
                theirs.append((name, 'message/rfc822', '', ''))
            elif name or part.get_content_disposition() == 'attachment' or \
                    part.get_content_maintype() not in ('text', 'multipart'):
                data = part.get_payload(decode=True) or b''
                theirs.append((name, part.get_content_type(), str(len(data)), hashlib.sha256(data).hexdigest()))
        ours = list(zip(*(pair.told('attachment.' + of) for of in ('name', 'type', 'size', 'sha256'))))
        if theirs != ours:
            reasons.differs(pair.where, theirs, ours, pair)
    reasons.close()


# ---- text

def shown(part):
    """Texts that a reader sees, decoded as Python does: of alternatives the HTML, none of messages within; None: Python cannot."""
    if part.get_content_maintype() == 'message' and part.is_multipart():
        return []
    if part.is_multipart():
        inner = [shown(one) for one in part.get_payload()]
        return None if None in inner else sum(inner, [])
    if part.get_content_maintype() != 'text' or part.get_filename() or part.get_content_disposition() == 'attachment':
        return []
    try:
        return [(part.get_payload(decode=True) or b'').decode(part.get_content_charset() or 'utf-8')]
    except (LookupError, ValueError):
        return None


def texts():
    """Of messages without HTML (test_html has the rest), to the byte but for blanks, up to 60,000 bytes."""
    reasons = Reasons({
        'what is cut where no part begins': lambda _, theirs, ours, pair:
            any('boundary' in why or 'without parts' in why for why in pair.told('defects')),
        'a head that ends where a line is none': lambda _, theirs, ours, pair:
            any('blank line' in why or 'among headers' in why for why in pair.told('defects')),
        'an = that escapes nothing': lambda _, theirs, ours, pair:
            'bytes that the transfer encoding has no meaning for' in pair.told('defects') and
            theirs.replace('=', '') == ours.replace('=', ''),
        'text within a signature (S/MIME), which Python does not open': lambda _, theirs, ours, pair:
            pair.told('signed') == ['true'] and b'pkcs7-mime' in pair.body and theirs in ours,
        'an encoding that is written with blanks or the like': lambda _, theirs, ours, pair:
            re.search(rb'\nContent-Transfer-Encoding: *quoted-printable[^\r\n]', pair.body) and
            quopri.decodestring(theirs.encode()).decode() == ours,
    })
    compared = 0
    for pair in pairs():
        parts = shown(pair.message)
        if parts is None or any(part.get_content_type() == 'text/html' for part in pair.message.walk()):
            continue
        theirs, ours = blanks(' '.join(parts)), blanks(''.join(pair.told('text')))
        if len(theirs.encode('utf-8', 'replace')) > 60000:
            continue
        compared += 1
        if theirs != ours:
            at = next((i for i in range(min(len(theirs), len(ours))) if theirs[i] != ours[i]), 0)
            if not reasons.differs(pair.where, theirs, ours, pair):
                reasons.failures[-1] = f'{pair.where} {pair.told("defects")}\n {theirs[max(0, at - 40):at + 80]!r}\n {ours[max(0, at - 40):at + 80]!r}'
    print(f'{compared} texts compared')
    assert compared > 700
    reasons.close()


class Visible(HTMLParser):
    """The text of a page, hidden or not; elements part words."""

    def __init__(self, source):
        super().__init__()
        self.text, self.within = '', 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.text += ' '
        self.within += tag in ('style', 'script', 'title')

    def handle_endtag(self, tag):
        self.text += ' '
        self.within = max(0, self.within - (tag in ('style', 'script', 'title')))

    def handle_data(self, text):
        self.text += '' if self.within else text


HIDING = re.compile(r'display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|max-height\s*:\s*0|opacity\s*:\s*0|'
                    r'(?:height|width)\s*:\s*0|\bhidden\b|<(?:template|canvas|progress|meter|iframe)\b', re.I)
NO_WIDTH = re.compile('[\u200b-\u200f\u202a-\u202e]')


def of_all_parts(message):
    """Texts that are no page, in whatever character set."""
    return ' '.join((part.get_payload(decode=True) or b'').decode('utf-8', errors) for part in message.walk()
                    if part.get_content_maintype() == 'text' and part.get_content_subtype() != 'html'
                    for errors in ('replace', 'ignore'))


def words_of_pages():
    """Of messages with one page of HTML: each word of three letters or more that Python's parser sees is told, and no other."""
    reasons = Reasons({
        'hidden text': lambda _, missing, more, page, pair: not more and HIDING.search(page),
        'hidden text, or letters without width, within words': lambda _, missing, more, page, pair:
            HIDING.search(page) and (NO_WIDTH.search(page) or re.search(r'\w<(\w+)[^>]*>[^<]*</\1>\w', page)),
        'text of other parts': lambda _, missing, more, page, pair:
            (not missing or HIDING.search(page)) and more <= words(of_all_parts(pair.message)),
        'the page of a message within': lambda _, missing, more, page, pair: b'message/rfc822' in pair.body,
    })
    compared = 0
    for pair in pairs():
        pages = [part for part in pair.message.walk() if part.get_content_type() == 'text/html' and not part.get_filename()]
        try:
            page, = [(part.get_payload(decode=True) or b'').decode(part.get_content_charset() or 'utf-8') for part in pages]
        except (LookupError, ValueError):
            continue
        theirs, ours = Visible(page).text, ''.join(pair.told('text'))
        if len(ours.encode()) > 65000:
            continue
        compared += 1
        missing = {word for word in words(theirs) if word not in ''.join(ours.split())}
        more = {word for word in words(ours) if word not in ''.join(theirs.split())}
        if missing or more:
            reasons.differs(pair.where, missing, more, page, pair)
    print(f'{compared} pages compared')
    assert compared > 250
    reasons.close()


def words(text):
    return set(re.findall(r'\w{3,}', text))


if __name__ == '__main__':
    run([subjects, people, names, identifiers, times_of_hops, times, attachments, texts,
         words_of_pages])
