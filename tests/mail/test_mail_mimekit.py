#!/usr/bin/env python3
"""test_mail_mimekit: the messages of MimeKit's mailbox against its summary: who, what, when, and of which parts each is made."""
import email.utils
import gzip
import re

from mails import MAIL, Reasons, events, run, values

BOX = 'mimekit/mbox_content-length.mbox.txt.gz'
SUMMARY = 'mimekit/mbox_content-length-summary.txt'


def summaries():
    """(text, {name: value}, types in their order) of each message of the summary."""
    text = (MAIL / SUMMARY).read_text(encoding='utf-8-sig')
    for one in re.split(r'(?m)^(?=From )', text)[1:]:
        headers = dict(re.findall(r'(?m)^([A-Z][a-z-]+): (.*)$', one))
        yield one, headers, [kind.lower() for kind in re.findall(r'(?m)^ *Content-Type: (\S+)', one)]


def pairs():
    told = events(MAIL / BOX)[0][BOX]
    expected = list(summaries())
    assert len(told) == len(expected) == 29, (len(told), len(expected))
    return list(zip(expected, told))


def lines_of_the_mailbox():
    box = gzip.decompress((MAIL / BOX).read_bytes())
    for (text, _, _), event in pairs():
        line = box[event['offset']:].split(b'\n', 1)[0].decode().rstrip('\r')
        assert line.rstrip() == text.split('\n', 1)[0].rstrip(), (line, text[:60])


def heads():
    reasons = Reasons({
        'an address of a time before domains': lambda where, theirs, ours: '!' in str(ours),
        'an empty group, told by its name': lambda where, theirs, ours: theirs == [] and ours[0] == 'unlisted-recipients',
    })
    for (_, headers, _), event in pairs():
        where = headers.get('Subject', '?')
        assert headers.get('Subject', '') == ' '.join(values(event, 'subject')), where
        for field in ('from', 'to'):
            expected = [pair for pair in email.utils.getaddresses([headers.get(field.title(), '')]) if pair[1]]
            theirs, ours = [address for _, address in expected], values(event, field)
            if theirs != ours:
                reasons.differs(where, theirs, ours)
            elif expected:
                assert [name for name, _ in expected] == (values(event, field + '.name') or [''] * len(ours)), where
        assert email.utils.parsedate_to_datetime(headers['Date']).timestamp() == \
            email.utils.parsedate_to_datetime(values(event, 'date')[0]).timestamp() or \
            'cst' in values(event, 'date')[0], where  # the summary has it without its zone
    reasons.close()


def structure():
    """What is neither text nor a multipart is attached; what is told beyond that is text of the message."""
    count = 0
    for (text, _, types), event in pairs():
        theirs = [kind for kind in types if not kind.startswith(('text/', 'multipart/'))]
        told = values(event, 'attachment.type')
        ours = [kind for kind in told if not kind.startswith('text/')]
        assert theirs == ours, f'{text}\n  told {told}'
        texts = [kind for kind in types if kind.startswith('text/')]
        for kind in told:
            assert not kind.startswith('text/') or kind in texts, f'{text}\n  told {told}'
        assert types[0] == re.match(r'[^;\s]+', (values(event, 'content_type') or ['text/plain'])[0])[0].lower(), text
        count += len(ours)
    print(f'{count} parts')
    assert count > 50


if __name__ == '__main__':
    run([lines_of_the_mailbox, heads, structure])
