#!/usr/bin/env python3
"""make_exercise: writes an evidence folder with a planted campaign of tracking mails, and its truth.

usage: make_exercise.py FOLDER [SEED]      FOLDER/evidence, FOLDER/roster.csv, FOLDER/truth.json

1,200 messages to 400 people of a made-up parliament from ten accounts through a mail-merge service, over three weeks of 2021, hidden
among newsletters, correspondence and, where they are there, the shared mails; logs of who fetched what, with gateways, image proxies
and a shared address among them; and what happened on accounts. Everything is made up: names end in .example and .test (RFC 2606) but
for services whose names the knowledge has, addresses are private or for documentation. The same seed writes the same bytes.
"""
import base64
import datetime
import email.header
import email.utils
import gzip
import io
import json
import os
import pathlib
import quopri
import random
import shutil
import sys
import zipfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get('LONGWATCH_SHARED', SOURCE.parent / 'shared'))
UTC = datetime.timezone.utc
OWN = 'assembly.example'
PIXEL_HOST, LINK_HOST = 'px.lumen-metrics.example', 'read.lumen-metrics.example'
GATEWAY, NAT, PROXY, RESOLVER = '10.1.1.25', '10.99.0.1', '10.1.0.80', '10.1.0.53'
ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

FIRST = ('Anna Bjarne Cecilia David Elin Farid Greta Hakan Ines Jonas Karin Lars Maja Nils Olga Per Rasmus Sofia Tove Ulf Vera Wilma '
         'Yusuf Zoë José Åsa').split()
LAST = ('Berg Lind Novak Moreau Okafor Sandström Dahl Ek Falk Grön Holm Iversen Jansson Krantz Lund Marek Nyström Olsen Palm Quist Ros '
        'Strand Thorn Udd Vik Wallin').split()
GROUPS = [('members', 'assembly.example', 150), ('staff', 'assembly.example', 150), ('candidates', 'candidates.assembly.example', 60),
          ('journalists', 'press.assembly.example', 40)]

SENDERS = [  # display name, address; what they say of themselves
    ('BBC News Digest', 'digest@newsbridge-daily.example'),
    ('Helen Marsh, The Guardian', 'h.marsh@press-notes.example'),
    ('Reuters World', 'world@wire-brief.example'),
    ('Daniel Roth', 'd.roth@pressroom-mail.example'),
    ('Le Monde International', 'redaction@lettre-du-jour.example'),
    ('Ingrid Sol', 'ingrid.sol@nordic-press.example'),
    ('Der Spiegel International', 'international@spiegel-lesen.example'),
    ('Marc Deville', 'marc.deville@post-box.test'),
    ('Financial Times Briefing', 'briefing@markets-letter.example'),
    ('Amira Nasser', 'amira.nasser@correspondent.test'),
]

ARTICLES = [
    ('Ports prepare for a winter without certainty', [
        'Harbour masters along the northern coast have spent the first weeks of the year counting empty berths. Freight that used to '
        'arrive by schedule now comes in waves, and the crews who unload it are called in by telephone the evening before.',
        'At the centre of the trouble lies a question that no ministry has answered so far: who pays when a ship waits outside for '
        'three days because a signature is missing? Shipping lines point to the terminals, the terminals to customs, and customs to '
        'a form that was withdrawn in November and has not been replaced.',
        'Two committees have announced hearings for the spring. Those who work at the quays doubt that they will last that long. '
        'One foreman keeps a chalk board with the names of vessels that turned back; there were eleven of them on Monday.',
        'What remains is improvisation. A cooperative of small carriers has begun to share its lorries, and a school for sailors '
        'lends its classrooms to drivers who would otherwise sleep in their cabins.']),
    ('The quiet return of the regional railway', [
        'When the last diesel car left the valley in 1987, nobody thought that children would one day ask for a ticket again. Since '
        'December a train of two coaches runs every hour, and on market days people stand.',
        'The line was not saved by a programme but by stubbornness. Four mayors bought the track bed for the price of a garage, '
        'cleared it with volunteers, and persuaded a manufacturer to lend its prototype for two winters.',
        'Economists who were asked for an opinion wrote that the costs would never be covered. The mayors agree. They add that '
        'nobody asks this of the road, and that the clinic at the end of the valley has found its first new doctor in nine years.',
        'Whether the example can be copied is another matter. Elsewhere the bridges are gone, and with them the will to build. '
        'The ministry of transport has sent an observer who, it is said, rode all day and missed his own return train.']),
    ('Why the glass makers look to the sun', [
        'A furnace for glass cannot be switched off. It burns for fifteen years, day and night, and if it cools it cracks. This is '
        'why the oldest works in the province was thought to be the last that could do without gas.',
        'Now mirrors stand on the slope behind the works, nine hundred of them, and on a clear morning they heat a tower until the '
        'air above it trembles. Salt carries the heat through the night, and an electric ring bridges the days of fog.',
        'The engineers speak of it with caution. In January the tower delivered a third of what had been promised, in June it will '
        'be more than can be used. In between lie weeks in which the old burners have to help.',
        'Still, orders have come from three countries, and the apprentices no longer ask how long the works will last. They ask '
        'who will clean nine hundred mirrors. For the time being, they do it themselves, with brushes, before breakfast.']),
]

NEWSLETTERS = [  # title, author's domain, service: return path, host of pixels and links, headers, List-Id
    ('Energy Forum Monthly', 'energyforum.example', 'bounce-mc.us4_1.44@mail9.mcsv.net', 'energyforum.us4.list-manage.com',
     'X-MC-User: 7af3\nX-Campaign: mailchimp7af3'),
    ('City Theatre News', 'citytheatre.example', 'bounces+81@em.citytheatre.example', 'u81.ct.sendgrid.net', 'X-SG-EID: {token}'),
    ('Chamber of Trade Letter', 'townchamber.example', 'bounce@rs6.net', 'r20.rs6.net', 'X-Roving-ID: 110.{token}'),
    ('Rivers Alive', 'rivers-ngo.example', 'bounces@sendibm1.com', 'track.sendibm1.com', 'X-Mailin-EID: {token}'),
    ('Law Review Update', 'lawreview.example', 'bounce-mc.us2_9.12@mail2.mcsv.net', 'lawreview.us2.list-manage.com', 'X-MC-User: 99c1'),
    ('Museum Friends', 'museum.example', 'bounces+77@em.museum.example', 'u77.ct.sendgrid.net', 'X-SG-EID: {token}'),
    ('Transport Week', 'transportweek.example', 'bounce@cmail19.com', 'transportweek.cmail19.com', 'X-CMail-CampaignId: {token}'),
    ('Farmers Union Bulletin', 'farmers-union.example', 'bounce@mailjet.com', 'x.mjt.lu', 'X-Mailjet-Campaign: 41'),
]
TOPICS = ('a summer of tariffs|the archive opens its doors|what members asked|dates for your diary|an interview with the director|'
          'numbers of the quarter|a look behind the curtain|the long road to reform|readers write|prizes and people|on the water|'
          'lights in the hall').split('|')
SENTENCES = ('We report on what our board decided last week, and on what it put off.', 'Tickets are on sale from Thursday at the usual counters.',
             'The annual survey was answered by more of you than ever before.', 'A new exhibition shows letters that were thought to be lost.',
             'Our colleagues from the coast have sent pictures of the spring tide.', 'The working group on fees meets again on the second Monday.',
             'Whoever would like to help at the stand is welcome to write to us.', 'The minutes can be read in the office, and on our pages.',
             'Prices for seed have risen for the third month in a row.', 'The court has published its reasons, all ninety pages of them.',
             'For the younger among you there is a workshop on sound and light.', 'The bus to the meeting leaves at seven from the station.')
TALK = ('Thank you for the draft; I have marked three places.|Could we move our meeting to Thursday morning?|The committee would like to see the numbers '
        'once more before it votes.|I attach nothing, as you asked, and bring the papers with me.|The delegation arrives at noon; lunch is arranged.|'
        'My answer to the second question is still no, and I will say why on the telephone.|Good that you reminded me, the deadline is Friday.|'
        'The translation reads well now, apart from the title.').split('|')

BROWSERS = ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:84.0) Gecko/20100101 Firefox/84.0',
            'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87.0.4280.141 Safari/537.36',
            'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
            'Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.13530; Pro)',
            'Mozilla/5.0 (iPhone; CPU iPhone OS 14_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148']
GATEWAY_AGENT = 'Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/70.0.3538.77 Safari/537.36'
GOOGLE_AGENT = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)'
YAHOO_AGENT = 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html'


def at(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


def plus(when, **more):
    return when + datetime.timedelta(**more)


def plain(name):
    """Letters of an address."""
    return name.lower().translate(str.maketrans('åäöëéø', 'aaoeeo'))


class Exercise:
    def __init__(self, folder, seed):
        self.random = random.Random(seed)
        self.folder = pathlib.Path(folder)
        self.evidence = self.folder / 'evidence'
        self.people = []        # {name, address, group, box, ip, ...}; the first 400 get the campaign
        self.boxes = {}         # place: [(when, message)]
        self.campaign = []      # {person, token, when}
        self.squid, self.w3c, self.http, self.ssl, self.dns, self.dovecot, self.m365 = [], [], [], [], [], [], []

    def token(self, length=16):
        return ''.join(self.random.choice(ALPHABET) for _ in range(length))

    # ---- people

    def make_people(self):
        names = [(first, last) for last in LAST for first in FIRST]
        self.random.shuffle(names)
        for group, domain, count in GROUPS:
            for _ in range(count + count // 2):  # a third of each group gets nothing
                first, last = names.pop()
                self.people.append({'first': first, 'last': last, 'name': f'{first} {last}', 'group': group,
                                    'local': f'{plain(first)}.{plain(last)}', 'address': f'{plain(first)}.{plain(last)}@{domain}'})
        self.random.shuffle(self.people)
        wanted = {group: count for group, _, count in GROUPS}
        self.targets = []
        for person in self.people:
            if wanted[person['group']]:
                wanted[person['group']] -= 1
                self.targets.append(person)
        for number, person in enumerate(self.people):
            person['ip'] = f'10.20.{number // 250}.{number % 250 + 2}'
            person['agent'] = BROWSERS[number % len(BROWSERS)]
            person['box'] = ('mbox', 'maildir', 'eml', 'zip')[number % 4]
        with open(self.folder / 'roster.csv', 'w', encoding='utf-8') as file:
            for person in self.people:
                file.write('%s,%s,%s\n' % (person['address'], person['group'], person['name']))

    # ---- messages

    def deliver(self, person, when, message, folder=''):
        """Into the mailbox of that person, with what its server writes in front."""
        if not folder:
            message = f'Delivered-To: {person["address"]}\n' + message
        self.boxes.setdefault((person['box'], person['local'], folder), []).append((when, message))

    def hop(self, when, helo, address, by, for_=None):
        return (f'Received: from {helo} ({helo} [{address}])\n\tby {by} (Postfix) with ESMTPS id {self.token(10).upper()}\n'
                + (f'\tfor <{for_}>' if for_ else '\t') + f'; {email.utils.format_datetime(when)}\n')

    def body(self, text, html, kind):
        """Plain text and HTML as alternatives, or HTML alone; encodings change."""
        def part(subtype, content):
            data = content.encode('utf-8')
            if kind % 2:
                return (f'Content-Type: text/{subtype}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n'
                        + base64.encodebytes(data).decode())
            return (f'Content-Type: text/{subtype}; charset="UTF-8"\nContent-Transfer-Encoding: quoted-printable\n\n'
                    + quopri.encodestring(data).decode() + '\n')
        if kind % 3 == 2:
            return 'MIME-Version: 1.0\n' + part('html', html)
        boundary = '=_' + self.token(20)
        return (f'MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="{boundary}"\n\n--{boundary}\n' + part('plain', text)
                + f'--{boundary}\n' + part('html', html) + f'--{boundary}--\n')

    def make_campaign(self):
        for wave, (title, paragraphs) in enumerate(ARTICLES):
            for number, person in enumerate(self.targets):
                account = (number + 3 * wave) % len(SENDERS)
                day = at('2021-01-18T00:00:00') + datetime.timedelta(days=7 * wave + number % 5)
                when = plus(day, hours=7 + account % 9, minutes=self.random.randrange(60), seconds=self.random.randrange(60))
                self.campaign.append({'person': person, 'token': self.token(), 'when': when, 'wave': wave})
                self.deliver(person, when, self.tracking_mail(self.campaign[-1], SENDERS[account], title, paragraphs, wave * 10 + account))

    def tracking_mail(self, one, sender, title, paragraphs, kind):
        person, token, when = one['person'], one['token'], one['when']
        name, address = sender
        greeting = f'Dear {person["first"]} {person["last"]},'
        intro = ('you may find this of interest before your next session.', 'a colleague suggested that I send you this piece.',
                 'below is our latest report, with kind regards.')[kind % 3]
        link = f'https://{LINK_HOST}/a/{token}'
        text = f'{greeting}\n\n{intro}\n\n{title}\n\n' + '\n\n'.join(paragraphs) + f'\n\nRead on: {link}\n\n{name}\n'
        html = (f'<html><body><p>{greeting}</p><p>{intro}</p><h2>{title}</h2>' + ''.join(f'<p>{p}</p>' for p in paragraphs)
                + f'<p><a href="{link}">Read on</a></p><p>{name}</p>'
                + f'<img src="http://{PIXEL_HOST}/i/{token}.gif" width="1" height="1" style="display:none" alt=""></body></html>')
        out = f'out{kind % 4}.mergepost.example'
        return (self.hop(plus(when, seconds=1), 'mx.assembly.example', '10.1.0.25', 'mbx1.assembly.example', person['address'])
                + self.hop(when, out, f'203.0.113.{10 + kind % 4}', 'mx.assembly.example')
                + f'Return-Path: <bounce-{self.token(8)}@bounce.mergepost.example>\n'
                + 'Authentication-Results: mx.assembly.example; spf=pass smtp.mailfrom=bounce.mergepost.example;\n'
                + f'\tdkim=pass header.d=mergepost.example; dmarc=none header.from={address.split("@")[1]}\n'
                + f'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mergepost.example; s=m1; h=from:to:subject; bh={self.token(24)}=; b={self.token(40)}\n'
                + f'From: "{name}" <{address}>\nTo: {mailbox(person)}\nSubject: {title}\n'
                + f'Date: {email.utils.format_datetime(plus(when, seconds=-4))}\nMessage-ID: <{token}.{kind}@out.mergepost.example>\n'
                + f'X-Mailer: MergePost 4.2\nPrecedence: bulk\nList-Unsubscribe: <http://mergepost.example/u/{self.token(12)}>\n'
                + self.body(text, html, kind))

    def make_newsletters(self):
        for number, (title, domain, bounce, host, headers) in enumerate(NEWSLETTERS):
            readers = self.random.sample(self.targets, 12) + self.random.sample(self.people, 3)
            for month in range(28):
                when = at(f'{2018 + (month + 10) // 12}-{(month + 10) % 12 + 1:02}-{5 + number:02}T06:{5 * number + 10}:00')
                topic = self.random.choice(TOPICS)
                sentences = self.random.sample(SENTENCES, 6)
                for reader in readers:
                    self.newsletter(reader, plus(when, seconds=self.random.randrange(900)), title, topic, sentences, domain, bounce, host, headers, month)
        readers = self.random.sample(self.targets, 120)  # one that begins in the same weeks
        for issue, day in enumerate(('2021-01-20T08:00:00', '2021-01-27T08:00:00')):
            sentences = self.random.sample(SENTENCES, 6)
            for reader in readers:
                self.newsletter(reader, plus(at(day), seconds=self.random.randrange(900)), 'Congress of Towns', 'programme and rooms', sentences,
                                'congress-of-towns.example', 'bounce-mc.us4_3.1@mail4.mcsv.net', 'congress.us4.list-manage.com', 'X-MC-User: 5d11', issue)
        for week in range(6):  # the house's own, with a picture that has no token
            when = at('2021-01-08T12:00:00') + datetime.timedelta(days=7 * week)
            sentences = self.random.sample(SENTENCES, 4)
            for reader in self.targets[:40]:
                html = f'<p>{"</p><p>".join(sentences)}</p><img src="https://intranet.{OWN}/logo.png" width=120 height=40>'
                self.deliver(reader, when, self.hop(when, f'mbx2.{OWN}', '10.1.0.26', f'mbx1.{OWN}', reader['address'])
                             + f'From: Internal Services <services@{OWN}>\nTo: {mailbox(reader)}\nSubject: This week in the house\n'
                             + f'Date: {email.utils.format_datetime(when)}\nMessage-ID: <week{week}.{self.token(8)}@{OWN}>\n'
                             + self.body('\n\n'.join(sentences) + '\n', html, 0))

    def newsletter(self, reader, when, title, topic, sentences, domain, bounce, host, headers, kind):
        token = self.token(20)
        html = (f'<h1>{title}</h1><h2>{topic}</h2><p>Dear reader,</p><p>{"</p><p>".join(sentences)}</p>'
                + f'<a href="https://{host}/track/click?u={token}&amp;id=1">More on our pages</a>'
                + f'<a href="https://{host}/unsubscribe?u={token}">Unsubscribe</a>'
                + f'<img src="https://{host}/track/open.php?u={token}" height="1" width="1" alt="">')
        self.deliver(reader, when, self.hop(plus(when, seconds=2), f'mx.{OWN}', '10.1.0.25', f'mbx1.{OWN}', reader['address'])
                     + self.hop(when, 'mta.' + bounce.split('@')[1], f'192.0.2.{20 + len(domain)}', f'mx.{OWN}')
                     + f'Return-Path: <{bounce}>\n'
                     + f'Authentication-Results: mx.{OWN}; spf=pass smtp.mailfrom={bounce.split("@")[1]}; dkim=pass header.d={domain};\n'
                     + f'\tdmarc=pass header.from={domain}\n'
                     + f'DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=k1; h=from:to:subject; bh={self.token(24)}=; b={self.token(40)}\n'
                     + f'From: {title} <news@{domain}>\nReply-To: office@{domain}\nTo: {mailbox(reader)}\nSubject: {title}: {topic}\n'
                     + f'Date: {email.utils.format_datetime(when)}\nMessage-ID: <{token}@{domain}>\nList-Id: {title} <letter.{domain}>\n'
                     + f'List-Unsubscribe: <https://{host}/unsubscribe?u={token}>, <mailto:leave@{domain}>\nPrecedence: bulk\n'
                     + headers.format(token=token) + '\n' + self.body('\n\n'.join([title, topic] + sentences) + '\n', html, kind))

    def make_correspondence(self):
        own = {person['local'] for person in self.people}
        others = []
        while len(others) < 60:  # nobody of the house's name: whose account a proxy means would not be known
            first, last = self.random.choice(FIRST), self.random.choice(LAST)
            domain = self.random.choice(('ministry.example', 'university.example', 'rivers-ngo.example', 'townhall.example', 'daily-herald.example'))
            if f'{plain(first)}.{plain(last)}' not in own:
                others.append((f'{first} {last}', f'{plain(first)}.{plain(last)}@{domain}'))
        for name, address in others:
            person = self.random.choice(self.people)
            when = plus(at('2019-03-01T08:00:00'), hours=self.random.randrange(24 * 800))
            before = None
            subject = self.random.choice(TOPICS).capitalize()
            for turn in range(6):
                when = plus(when, hours=3 + self.random.randrange(60), minutes=self.random.randrange(60))
                ours = turn % 2 == 1
                identifier = f'{self.token(14)}@{OWN if ours else address.split("@")[1]}'
                text = '\n'.join(self.random.sample(TALK, 2)) + f'\n\n{person["first"] if ours else name.split()[0]}\n'
                message = ('' if ours else self.hop(when, 'mail.' + address.split('@')[1], '198.51.100.40', f'mx.{OWN}', person['address'])) + (
                    f'From: {mailbox(person) if ours else "%s <%s>" % (word(name), address)}\n'
                    f'To: {"%s <%s>" % (word(name), address) if ours else mailbox(person)}\nSubject: {"Re: " if turn else ""}{subject}\n'
                    f'Date: {email.utils.format_datetime(when)}\nMessage-ID: <{identifier}>\n'
                    + (f'In-Reply-To: <{before}>\nReferences: <{before}>\n' if before else '')
                    + 'Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n' + text)
                before = identifier
                self.deliver(person, when, message, 'sent' if ours else '')

    def write_mail(self):
        """Each mailbox in its form; some of the campaign's mails lie in a backup as well."""
        mail = self.evidence / 'mail'
        groups, zipped, backup = {}, io.BytesIO(), []
        journal = zipfile.ZipFile(zipped, 'w', zipfile.ZIP_DEFLATED)
        for number, ((box, local, folder), messages) in enumerate(sorted(self.boxes.items())):
            messages.sort(key=lambda one: one[0])
            backup += [one for one in messages if 'mergepost' in one[1]][number % 5:number % 5 + 1] if number % 6 == 0 else []
            if box == 'mbox':
                groups.setdefault(sum(map(ord, local)) % 4, []).extend(messages)
            for count, (when, message) in enumerate(messages) if box != 'mbox' else ():
                if box == 'maildir':
                    path = mail / 'maildir' / local / (folder or 'inbox') / 'cur'
                    path.mkdir(parents=True, exist_ok=True)
                    (path / f'{int(when.timestamp())}.M{count}P7.mbx1:2,S').write_text(message, encoding='utf-8')
                elif box == 'eml':
                    path = mail / 'eml' / local
                    path.mkdir(parents=True, exist_ok=True)
                    (path / f'{folder}{count:03}.eml').write_bytes(message.replace('\n', '\r\n').encode())
                else:
                    journal.writestr(zipfile.ZipInfo(f'{local}/{folder}{count:03}.eml', (2021, 6, 1, 0, 0, 0)), message.replace('\n', '\r\n').encode())
        journal.close()
        mail.mkdir(parents=True, exist_ok=True)
        (mail / 'journal.zip').write_bytes(zipped.getvalue())
        self.copies = len(backup)
        for number, messages in sorted(groups.items()):
            data = b''.join(map(boxed, sorted(messages, key=lambda one: one[0])))
            if number % 2:
                (mail / f'archive-{number}.mbox.gz').write_bytes(gzip.compress(data, mtime=0))
            else:
                (mail / f'archive-{number}.mbox').write_bytes(data)
        (mail / 'backup.mbox').write_bytes(b''.join(map(boxed, backup)))

    def add_shared(self):
        """All wanted mail, and what is unwanted, of the shared data, in a folder of their own."""
        source = SHARED / 'data/mail'
        self.shared = source.is_dir()
        for name in ('spamassassin-corpus', 'notmuch-corpora', 'mbox-perceval', 'phishing-pot') if self.shared else ():
            for path in sorted((source / name).rglob('*')):
                if path.is_file() and not path.is_symlink() and path.suffix not in ('.ndjson', '.md') and path.name not in ('LICENSE', 'COPYING'):
                    to = self.evidence / 'mail/others' / name / path.relative_to(source / name)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, to)

    # ---- who fetched what

    def make_openings(self):
        """Truth: of each person opened (the first), or fetched, or neither."""
        by_person = {}
        for one in self.campaign:
            by_person.setdefault(one['person']['address'], []).append(one)
        inside = [person for person in self.targets if person['group'] != 'journalists']
        openers = self.random.sample(inside, 120)
        ways = ['squid'] * 25 + ['squid without name'] * 20 + ['nat'] * 20 + ['zeek'] * 25 + ['w3c'] * 15 + ['tls'] * 10 + ['tunnel'] * 5
        for person, way in zip(openers, ways):
            mails = by_person[person['address']]
            one = mails[0] if way in ('zeek', 'tls') else self.random.choice(mails)
            when = plus(one['when'], hours=self.random.randrange(1, 30), minutes=self.random.randrange(60), seconds=self.random.randrange(60),
                        milliseconds=self.random.randrange(1000))
            self.opening(person, way, one, when)
            if way not in ('tls', 'tunnel'):  # some look again, elsewhere
                again = plus(when, days=self.random.randrange(1, 4), minutes=7)
                self.opening(dict(person, ip=f'10.30.1.{self.random.randrange(2, 250)}', agent=BROWSERS[4]), 'squid without name', one, again, False)
            person.update(opened=when, way=way, opened_from=NAT if way == 'nat' else person['ip'],
                          opened_with='' if way in ('tls', 'tunnel') else person['agent'])
        self.openers = openers
        for one in self.random.sample(self.campaign, 300):  # the gateway, seconds after delivery; on logs' days only
            one['person']['fetched'] = True
            seconds = self.random.uniform(3, 40)
            self.squid_line(plus(one['when'], seconds=seconds), GATEWAY, 'GET', f'http://{PIXEL_HOST}/i/{one["token"]}.gif', '-', GATEWAY_AGENT)
            if self.random.random() < 0.5:
                self.squid_line(plus(one['when'], seconds=seconds + 1), GATEWAY, 'GET', f'http://{LINK_HOST}/a/{one["token"]}', '-', GATEWAY_AGENT)
        others = [person for person in self.targets if 'opened' not in person]
        for number, person in enumerate(self.random.sample(others, 35)):
            one = self.random.choice(by_person[person['address']])
            person['fetched'] = True
            self.w3c_line(plus(one['when'], hours=self.random.randrange(1, 20)), f'66.249.84.{10 + number}' if number < 25 else '192.0.2.90', '-', PIXEL_HOST,
                          f'/i/{one["token"]}.gif', GOOGLE_AGENT if number < 25 else YAHOO_AGENT)

    def opening(self, person, way, one, when, first=True):
        url = f'http://{PIXEL_HOST}/i/{one["token"]}.gif'
        if way == 'squid':
            self.squid_line(when, person['ip'], 'GET', url, person['local'], person['agent'])
        elif way == 'squid without name':
            self.squid_line(when, person['ip'], 'GET', url, '-', person['agent'])
        elif way == 'nat':
            self.squid_line(when, NAT, 'GET', url, '-', person['agent'])
        elif way == 'zeek':
            self.http.append((when, person['ip'], PIXEL_HOST, f'/i/{one["token"]}.gif', person['agent']))
        elif way == 'w3c':
            self.w3c_line(when, person['ip'], '-', PIXEL_HOST, f'/i/{one["token"]}.gif', person['agent'])
        elif way == 'tls':  # the host alone; whose address it was that day, another log says
            self.ssl.append((when, person['ip'], LINK_HOST))
            if len(self.ssl) % 2:
                self.squid_line(plus(when.replace(hour=23), seconds=9), person['ip'], 'CONNECT', 'news.townhall.example:443', person['local'], person['agent'])
            else:
                person['imap'] = True
        elif way == 'tunnel':
            self.squid_line(when, person['ip'], 'CONNECT', f'{LINK_HOST}:443', person['local'], '-')
        if first and way in ('zeek', 'tls'):
            self.dns.append((plus(when, seconds=-1), RESOLVER, PIXEL_HOST if way == 'zeek' else LINK_HOST))

    def squid_line(self, when, client, method, url, user, agent):
        self.squid.append((when, '%.3f %6d %s %s/200 %d %s %s %s HIER_DIRECT/203.0.113.77 %s "-" "%s"\n' % (
            when.timestamp(), self.random.randrange(20, 400), client, 'TCP_TUNNEL' if method == 'CONNECT' else 'TCP_MISS', self.random.randrange(300, 9000),
            method, url, user, '-' if method == 'CONNECT' else 'image/gif', agent)))

    def w3c_line(self, when, client, user, host, path, agent):
        when = when.replace(microsecond=0)
        self.w3c.append((when, '%s 31 %s %s 200 TCP_NC_MISS GET http %s 80 %s - "%s" 10.1.0.81 1402 330\n' % (
            when.strftime('%Y-%m-%d %H:%M:%S'), client, user, host, path, agent)))

    def login(self, when, person, address):
        self.dovecot.append((when, f'{when.strftime("%Y-%m-%dT%H:%M:%S")}.000000+00:00 mbx1 dovecot: imap-login: Login: user=<{person["address"]}>, method=PLAIN, '
                                   f'rip={address}, lip=10.1.0.30, mpid={self.random.randrange(1000, 30000)}, TLS, session=<{self.token(12)}>\n'))

    def make_noise(self):
        """Other traffic, openings of newsletters, the host without a token, and many users behind one address."""
        hosts = ['www.townhall.example', 'news.ministry.example', 'maps.example', 'weather.example', 'cdn.daily-herald.example']
        for _ in range(9000):
            person = self.random.choice(self.people)
            when = plus(at('2021-01-11T06:00:00'), seconds=self.random.randrange(30 * 86400), milliseconds=self.random.randrange(1000))
            host = self.random.choice(hosts)
            kind = self.random.randrange(4)
            if kind == 0:
                self.squid_line(when, person['ip'], 'GET', f'http://{host}/{self.token(6)}', person['local'], person['agent'])
            elif kind == 1:
                self.squid_line(when, NAT, 'CONNECT', f'{host}:443', person['local'], '-')
            elif kind == 2:
                self.w3c_line(when, person['ip'], '-', host, f'/{self.token(6)}', person['agent'])
            elif when < at('2021-02-03T00:00:00'):
                self.http.append((when, f'10.40.0.{self.random.randrange(2, 200)}', host, f'/{self.token(6)}', person['agent']))
                self.dns.append((plus(when, seconds=-1), RESOLVER, host))
        for day in range(18, 30):  # the host alone, behind an address of many
            self.ssl.append((at(f'2021-01-{day}T11:05:09.250'), NAT, LINK_HOST))
            self.squid_line(at(f'2021-01-{day}T11:05:10'), NAT, 'GET', f'http://{PIXEL_HOST}/favicon.ico', '-', BROWSERS[0])
        readers = [person for person in self.people if person.get('imap')] + [person for person in self.people[:30] if person.get('way') != 'tls']
        for day in range(30):  # who reads mail by IMAP: at their own desk, or behind the address of many
            for person in readers:
                self.login(plus(at('2021-01-11T05:00:00'), days=day, seconds=self.random.randrange(60000)), person, person['ip'])
            for person in self.random.sample([person for person in self.people if 'opened' not in person], 6):
                self.login(plus(at('2021-01-11T05:00:00'), days=day, seconds=self.random.randrange(60000)), person, NAT)

    def write_logs(self):
        logs = self.evidence / 'logs'
        (logs / 'zeek').mkdir(parents=True)
        (logs / 'proxy').mkdir()
        (logs / 'proxy/access.log').write_text(''.join(line for _, line in sorted(self.squid)), encoding='utf-8')
        (logs / 'proxy/gateway.log').write_text(
            '#Software: SGOS 6.7\n#Version: 1.0\n#Date: 2021-01-11 00:00:00\n#Fields: date time time-taken c-ip cs-username sc-status s-action cs-method '
            'cs-uri-scheme cs-host cs-uri-port cs-uri-path cs-uri-query cs(User-Agent) s-ip sc-bytes cs-bytes\n'
            + ''.join(line for _, line in sorted(self.w3c)), encoding='utf-8')
        (logs / 'mbx1.log').write_text(''.join(line for _, line in sorted(self.dovecot)), encoding='utf-8')

        def zeek(name, fields, types, rows):
            text = ('#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n' f'#path\t{name}\n#open\t2021-01-11-00-00-00\n'
                    + '#fields\t' + '\t'.join(fields.split()) + '\n#types\t' + '\t'.join(types.split()) + '\n')
            for when, *rest in sorted(rows):
                text += '\t'.join([f'{when.timestamp():.6f}', 'C' + self.token(16), *rest]) + '\n'
            (logs / f'zeek/{name}.log').write_text(text, encoding='utf-8')

        zeek('http', 'ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri referrer version user_agent status_code status_msg',
             'time string addr port addr port count string string string string string string count string',
             [(when, client, str(self.random.randrange(20000, 60000)), '203.0.113.77', '80', '1', 'GET', host, uri, '-', '1.1', agent, '200', 'OK')
              for when, client, host, uri, agent in self.http])
        zeek('ssl', 'ts uid id.orig_h id.orig_p id.resp_h id.resp_p version cipher server_name resumed established',
             'time string addr port addr port string string string bool bool',
             [(when, client, str(self.random.randrange(20000, 60000)), '203.0.113.77', '443', 'TLSv12', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', host, 'F', 'T')
              for when, client, host in self.ssl])
        zeek('dns', 'ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id query qclass_name qtype_name rcode_name answers',
             'time string addr port addr port enum count string string string string vector[string]',
             [(when, client, str(self.random.randrange(20000, 60000)), '192.0.2.53', '53', 'udp', str(self.random.randrange(65536)), host, 'C_INTERNET', 'A',
               'NOERROR', '203.0.113.77') for when, client, host in self.dns])

    # ---- accounts

    def account(self, when, operation, workload, user, address, **more):
        self.m365.append((when, {'CreationTime': when.strftime('%Y-%m-%dT%H:%M:%S'), 'Id': '5eed%04x-0000-0000-0000-000000000000' % len(self.m365),
                                 'Operation': operation, 'OrganizationId': '0c5f7e0a-5a0e-4b0e-9d5b-000000000000', 'RecordType': 15, 'UserType': 0, 'Version': 1,
                                 'Workload': workload, 'UserId': user, 'ResultStatus': 'Success', 'ClientIP': address, **more}))

    def sign_in(self, when, person, address, agent):
        self.account(when, 'UserLoggedIn', 'AzureActiveDirectory', person['address'], address, ErrorNumber='0', ActorIpAddress=address,
                     ExtendedProperties=[{'Name': 'UserAgent', 'Value': agent}])

    def make_accounts(self):
        others = [person for person in self.targets if 'opened' not in person]
        quiet = self.random.sample(others, 100)
        for number, person in enumerate(self.openers + quiet):
            for week in range(0, 24, 2):
                when = plus(at('2020-12-01T07:00:00'), days=7 * week + number % 5, minutes=number, seconds=self.random.randrange(60))
                self.sign_in(when, person, ('192.0.2.10', f'198.51.100.{100 + number % 50}')[week % 4 // 2], BROWSERS[number % 3])
        what = (['client'] * 3 + ['forwarding'] * 3 + ['consent'] * 2 + ['reset'] * 2 + ['legacy'] * 2 + ['late'] + ['before'])
        for number, (person, how) in enumerate(zip(self.random.sample(self.openers, len(what)), what)):
            when = plus(person['opened'].replace(microsecond=0), days={'late': 95, 'before': -3}.get(how, 5 + 6 * number % 80), hours=2)
            person['followed'] = self.happen(person, how, when)
        for number, (person, how) in enumerate(zip(quiet, what)):  # the same, on accounts of those who did not open
            self.happen(person, how, plus(at('2021-02-09T10:00:00'), days=number))
        path = self.evidence / 'logs/m365'
        path.mkdir()
        (path / 'audit.ndjson').write_text(''.join(json.dumps(event) + '\n' for _, event in sorted(self.m365, key=lambda one: one[0])), encoding='utf-8')

    def happen(self, person, how, when):
        """What it must be told as: (what, when)."""
        user, office = person['address'], '192.0.2.10'
        if how == 'client':
            self.sign_in(when, person, '203.0.113.200', 'python-requests/2.25.1')
            return [('new network', when), ('new program', when)]
        if how in ('forwarding', 'late', 'before'):
            self.account(when, 'New-InboxRule', 'Exchange', user, office, ObjectId=user + '\\Weekly reports', Parameters=[
                {'Name': 'Name', 'Value': 'Weekly reports'}, {'Name': 'ForwardTo', 'Value': 'collect@box.test'}])
            return [('forwarding', when)] if how == 'forwarding' else []
        if how == 'consent':
            self.account(when, 'Consent to application.', 'AzureActiveDirectory', user, office, ObjectId='Reader', ModifiedProperties=[
                {'Name': 'ConsentContext.OnBehalfOfAll', 'NewValue': 'False'},
                {'Name': 'ConsentAction.Permissions', 'NewValue': '[] => [[Scope: Mail.Read offline_access]]'}])
            return [('application consent', when)]
        if how == 'reset':
            self.account(when, 'Reset user password.', 'AzureActiveDirectory', f'helpdesk@{OWN}', office, ObjectId=user)
            return [('password reset', when)]
        self.sign_in(when, person, office, 'BAV2ROPC')
        return [('legacy protocol', when), ('new program', when)]

    def write_truth(self):
        recipients = {}
        for person in self.targets:
            mails = [one for one in self.campaign if one['person'] is person]
            recipients[person['address']] = {
                'group': person['group'], 'messages': len(mails), 'tokens': [one['token'] for one in mails],
                'status': 'opened' if 'opened' in person else 'fetched' if person.get('fetched') else 'delivered',
                'way': person.get('way', ''), 'opened': stamp(person['opened'], person['way']) if 'opened' in person else None,
                'from': person.get('opened_from', ''), 'with': person.get('opened_with', ''),
                'followed': [[what, stamp(when)] for what, when in person.get('followed', [])]}
        truth = {'own': [OWN], 'messages': len(self.campaign), 'copies': self.copies, 'senders': [address for _, address in SENDERS],
                 'hosts': [PIXEL_HOST, LINK_HOST], 'recipients': recipients, 'shared': self.shared}
        (self.folder / 'truth.json').write_text(json.dumps(truth, indent=1), encoding='utf-8')


def stamp(when, way=''):
    """As it is told; a W3C log has whole seconds."""
    when = when.replace(microsecond=0 if way == 'w3c' else when.microsecond)
    return when.strftime('%Y-%m-%dT%H:%M:%S') + ('.%03d' % (when.microsecond // 1000) if when.microsecond else '') + 'Z'


def word(name):
    return name if name.isascii() else email.header.Header(name, 'utf-8').encode()


def mailbox(person):
    return f'{word(person["name"])} <{person["address"]}>'


def boxed(one):
    """As a mailbox (mboxrd) has it."""
    when, message = one
    lines = ['>' + line if line.lstrip('>').startswith('From ') else line for line in message.split('\n')]
    return (f'From MAILER-DAEMON {when.strftime("%a %b %d %H:%M:%S %Y")}\n' + '\n'.join(lines) + '\n').encode()


def make(folder, seed=2021):
    exercise = Exercise(folder, seed)
    exercise.evidence.mkdir(parents=True)
    exercise.make_people()
    exercise.make_campaign()
    exercise.make_newsletters()
    exercise.make_correspondence()
    exercise.write_mail()
    exercise.add_shared()
    exercise.make_openings()
    exercise.make_noise()
    exercise.write_logs()
    exercise.make_accounts()
    exercise.write_truth()


if __name__ == '__main__':
    make(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2021)
