#!/usr/bin/env python3
"""test_mail_features: the phishing mails' features (features.ndjson, counted by others with expressions over the source) against what is
told of each mail, and the one-pixel images of wanted mail. test_html_mails (codec) understands the counts of bodies; here they have
to arrive in the events."""
import collections
import email
import json
import os
import re
import sys

from mails import MAIL, SOURCE, Reasons, events, run, values

sys.path.insert(0, str(SOURCE / 'tests/codec'))
import mail_bodies  # noqa: E402
import test_html_mails as html  # noqa: E402

PHISHING = MAIL / 'phishing-pot'


def remote(address):
    return re.match(r'\s*(https?:)?[/\\]{2}', address or '', re.I)


def mails():
    """(features, event, bodies of HTML, the whole message) of each."""
    if not hasattr(mails, 'all'):
        told = events(PHISHING)[0]
        bodies = collections.defaultdict(list)
        for name, source, out in html.said(str(PHISHING)):
            bodies[name.split('#')[0]].append((name, source, out))
        mails.all = []
        for line in (PHISHING / 'features.ndjson').read_text().splitlines():
            features = json.loads(line)
            event, = told['phishing-pot/' + features['file']]
            message = email.message_from_bytes((PHISHING / features['file']).read_bytes())
            mails.all.append((features, event, bodies[features['file']], message))
        assert len(mails.all) == 175
    return mails.all


def heads():
    for features, event, _, _ in mails():
        names = values(event, 'headers')[0].split(',')
        assert features['arc'] == ('arc-seal' in names), features['file']
        assert features['dkim_signatures'] == names.count('dkim-signature') == len(values(event, 'dkim.domain')) == \
            len(values(event, 'dkim.selector')), features['file']
        assert features['list_unsubscribe'] == ('list-unsubscribe' in names) == bool(values(event, 'list_unsubscribe')), \
            features['file']
        for field in ('from', 'reverse', 'address', 'by', 'with', 'tls', 'time'):
            assert features['received'] == len(values(event, 'received.' + field)), (features['file'], field)


def attachments():
    reasons = Reasons({
        'a name in encoded words': lambda where, theirs, ours: [[mail_word(name), kind] for name, kind in theirs] == ours,
    })
    for features, event, _, _ in mails():
        ours = [list(pair) for pair in zip(values(event, 'attachment.name'), values(event, 'attachment.type'))]
        if features['attachments'] != ours:
            reasons.differs(features['file'], features['attachments'], ours)
    reasons.close()


def mail_word(text):
    return str(email.header.make_header(email.header.decode_header(text)))


def pixels():
    reasons = Reasons({
        'one without an address, or with a local one': lambda where, theirs, ours, images, script:
            theirs - ours == sum(1 for i in images if not remote(i.get('src'))) > 0,
        'one in a script that does not end': lambda where, theirs, ours, images, script: theirs - ours == len(script) > 0,
        'another thing of one pixel than an image': lambda where, theirs, ours, images, script: ours > theirs,
    })
    counted = 0
    for features, event, bodies, _ in mails():
        images = [i for _, source, _ in bodies for i in html.images(source) if html.size(i, 'width') and html.size(i, 'height')]
        assert len(images) == features['one_pixel_images'], features['file']
        ours = int(values(event, 'html.pixels')[0])
        counted += ours > 0
        if ours != len(images):
            reasons.differs(features['file'], len(images), ours, images, html.in_scripts(images, bodies))
        beacons = set(zip(values(event, 'beacon'), values(event, 'beacon.host')))
        assert bool(beacons) == (ours + int(values(event, 'html.hidden')[0]) > 0), features['file']
        assert beacons <= set(zip(values(event, 'url'), values(event, 'url.host'))), features['file']
    print(f'{counted} of 175 phishing mails load something of one pixel')
    reasons.close()


def hidden():
    reasons = Reasons({
        'hidden by an element around it': lambda where, theirs, ours, bodies: ours > theirs and any(
            re.search(r'display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0|opacity\s*:\s*0|overflow\s*:\s*hidden',
                      source, re.I) for _, source, _ in bodies),
    })
    for features, event, bodies, _ in mails():
        ours = sum(1 for where, flags in zip(values(event, 'url.where'), values(event, 'url.flags'))
                   if where == 'image' and flags == 'hidden')
        if ours != features['hidden_images']:
            reasons.differs(features['file'], features['hidden_images'], ours, bodies)
    reasons.close()


def hosts():
    reasons = collections.Counter()
    for features, event, bodies, message in mails():
        counted = {host.lower() for _, source, _ in bodies for host in html.HOST.findall(source)}
        assert len(counted) == features['link_hosts'], features['file']
        ours = {host for host in values(event, 'url.host') if host}
        tags = [i for _, source, _ in bodies for i in html.images(source) if html.size(i, 'width') and html.size(i, 'height')]
        for host in counted - ours:
            why = html.why_untold(host, bodies, ours, html.in_scripts(tags, bodies))
            assert why, f'{features["file"]}: {host} is not told: {sorted(ours)}'
            reasons['a host in ' + why] += 1
        others = ' '.join(mail_bodies.text_of(part).decode('utf-8', 'replace') for part in message.walk()
                          if part.get_content_maintype() == 'text' and part.get_content_subtype() != 'html').lower()
        for host in ours - counted:
            why = 'the text, not the HTML' if host in others else None
            if not why and any(ord(c) > 126 for c in host):
                why = 'letters that references stood for'
            if not why and any(host in source.lower() for _, source, _ in bodies):
                why = 'an address of another form'
            assert why, f'{features["file"]}: {host} is told and stands nowhere'
            reasons['one more: ' + why] += 1
    for why, count in sorted(reasons.items()):
        print('%5d %s' % (count, why))


def wanted_mail_has_them_too():
    """SOURCE.md: half of the hard ham has one-pixel images."""
    told = events(MAIL / 'spamassassin-corpus/hard-ham-1')[0]
    assert len(told) == 110
    sources = collections.defaultdict(str)
    for name, source in mail_bodies.bodies(str(MAIL / 'spamassassin-corpus/hard-ham-1')):
        sources[name.split('#')[0]] += re.sub(r'(?s)<!--.*?-->', '', source.decode('utf-8', 'replace'))
    loads = draws = 0
    for name, (event,) in told.items():
        expected = sum(1 for i in html.images(sources[os.path.basename(name)])
                       if remote(i.get('src')) and html.size(i, 'width') and html.size(i, 'height'))
        ours = int(values(event, 'html.pixels')[0])
        assert ours == expected, f'{name}: {expected}, told {ours}'
        loads += ours > 0
        draws += any(html.size(i, 'width') and html.size(i, 'height') for i in html.images(sources[os.path.basename(name)]))
    print(f'{loads} of 110 wanted newsletters load something of one pixel ({draws} have an image of one pixel)')
    assert loads >= 40


if __name__ == '__main__':
    run([heads, attachments, pixels, hidden, hosts, wanted_mail_has_them_too])
