#!/usr/bin/env python3
"""test_exercise: an exercise is the same for the same seed, is read whole, holds nothing that is anybody's, and its truth is true: every
event stands where TRUTH.json says, and what was reached is counted again out of the logs."""
import collections
import datetime
import email
import hashlib
import ipaddress
import json
import mailbox
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get('LONGWATCH_BINARY', str(SOURCE / 'build/longwatch'))
SEEDS = (9, 1, 4, 7, 16)  # among them are all shapes, and doors of every kind, open and closed; in the last everyday life closes some
SHAPES = {'tracking-mail', 'mail-server', 'public-application', 'provider', 'call-records'}
KINDS = {  # what the logs must be taken for, up to the second slash
    'mail/message', 'm365/exchange', 'm365/sharepoint', 'm365/entra', 'azure/signinlogs', 'web/iis', 'web/access', 'web/access-url', 'exchange/tracking',
    'windows/security', 'windows/system', 'windows/firewall-as', 'zeek/conn', 'zeek/dns', 'zeek/http', 'zeek/ssl', 'fortinet/event', 'barracuda/message', 'call/cucm',
    'cisco/cucm-audit',
}
NETWORKS = [ipaddress.ip_network(text) for text in (
    '10.0.0.0/8', '127.0.0.0/8', '0.0.0.0/32', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '198.18.0.0/15', '2001:2::/48')]
ADDRESS = re.compile(rb'(?<![\d.\w/:-])(?:\d{1,3}\.){3}\d{1,3}(?![\d.\w])|(?<![\w:.])2001:[0-9a-f:]+')
HOST = re.compile(rb'(?:@|//)((?:[a-z0-9-]+\.)+[a-z]{2,})', re.I)
CLOSED = {  # how a door is closed in the logs
    'password reset': ('Reset user password.', '"EventID":4724'), 'sessions revoked': ('Update StsRefreshTokenValidFrom',), 'rule removed': ('Remove-InboxRule',),
    'consent removed': ('Remove OAuth2PermissionGrant.',), 'page deleted': ('"EventID":4663',), 'rule deleted': ('"EventID":2006',), 'service deleted': ('sc.exe delete',),
    'task deleted': ('"EventID":4699',), 'account disabled': ('"EventID":4725', 'Disable account.'), 'user deleted': ('deleted]',),
}


def run(*words, status=0):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, check=False, timeout=280)
    assert done.returncode == status, (words, done.returncode, done.stderr.decode('utf-8', 'replace')[-2000:])
    return done


def make(name, *words):
    folder = pathlib.Path(TEMPORARY) / name
    if not folder.exists():
        run('exercise', '-o', folder, '--years', 1, '--accounts', 20, *words)
    return folder


def truth_of(folder):
    return json.loads((folder / 'TRUTH.json').read_text(encoding='utf-8'))


def tree(folder):
    hashes = hashlib.sha256()
    for path in sorted(folder.rglob('*')):
        if path.is_file():
            hashes.update(str(path.relative_to(folder)).encode() + b'\0' + hashlib.sha256(path.read_bytes()).digest())
    return hashes.hexdigest()


def all_events(truth):
    for one in truth['intrusions']:
        for part in ('events', 'symptoms', 'responses'):
            yield from ((one, part, event) for event in one[part])
    yield from ((None, 'harmless', event) for event in truth['harmless'])


def record_at(folder, event):
    """The bytes of the record that begins there: a line, or a message."""
    data = DATA.setdefault(folder / 'evidence' / event['file'], None) or (folder / 'evidence' / event['file']).read_bytes()
    DATA[folder / 'evidence' / event['file']] = data
    if event['source'] == 'mailbox':
        return data
    assert event['offset'] == 0 or data[event['offset'] - 1:event['offset']] == b'\n', event
    end = data.find(b'\n\nFrom ' if event['source'] == 'mail' else b'\n', event['offset'])
    return data[event['offset']:end if end >= 0 else None]


# ---- tests

def same_seed_same_bytes():
    first = make('seed9', '--seed', 9)
    again = make('seed9-again', '--seed', 9)
    assert tree(first) == tree(again)
    assert tree(first) != tree(make('seed1', '--seed', 1))


def it_is_read_whole():
    """Every record is an event of the kind it should be, at the place and with the time that the truth says; nothing is damaged."""
    folder = make('seed9', '--seed', 9)
    truth, wanted, kinds, count = truth_of(folder), {}, collections.Counter(), 0
    for _, _, event in all_events(truth):
        wanted[event['file'], event['record'], event['offset']] = event
    with subprocess.Popen([BINARY, 'events', folder / 'evidence', '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for line in process.stdout:
            event = json.loads(line)
            count += 1
            kinds['/'.join(event['kind'].split('/')[:2])] += 1
            assert event.get('time'), event
            where = str(pathlib.Path(event['evidence_path']).relative_to(folder / 'evidence')), event['record'], event['offset']
            said = wanted.pop(where, None)
            if said and said['source'] not in ('mail', 'mailbox'):  # whose own time is when it was sent
                assert moment(event['time'])[:19] == moment(said['time'])[:19], (event, said)
        complaints = process.stderr.read().decode('utf-8', 'replace')
        assert process.wait() == 0, complaints
    assert not wanted, list(wanted.values())[:3]
    assert set(kinds) == KINDS, set(kinds) ^ KINDS
    assert count == sum(one['records'] for one in truth['sources']), count
    assert not complaints.strip(), complaints


def moment(text):
    return datetime.datetime.fromisoformat(text[:19]).isoformat()


def sizes_are_counted():
    truth = truth_of(make('seed9', '--seed', 9))
    files = [path for path in (make('seed9', '--seed', 9) / 'evidence').rglob('*') if path.is_file()]
    assert len(files) == sum(one['files'] for one in truth['sources'])
    assert sum(path.stat().st_size for path in files) == sum(one['bytes'] for one in truth['sources'])


def events_say_what_they_are():
    """Each stands at its offset, and what is told of it stands in it; a record has one story."""
    for seed in SEEDS:
        folder = make(f'seed{seed}', '--seed', seed)
        seen = set()
        for _, _, event in all_events(truth_of(folder)):
            where = event['file'], event['offset']
            assert where not in seen, event
            seen.add(where)
            text = record_at(folder, event).decode('utf-8')
            words = re.findall(r'[a-z]+\.[a-z]+(?= |$)|(?<=token )[a-z0-9]{16}$|\d+\.\d+\.\d+\.\d+$', event['what'])
            for word in words:
                assert word in text or event['source'] in ('zeek', 'iis', 'www', 'tracking', 'pbx', 'windows'), (word, event, text[:400])
        DATA.clear()


def intrusions_are_whole():
    """All shapes occur among some seeds; first and last are those of the acts, and every set has something in it."""
    shapes = collections.Counter()
    for seed in SEEDS:
        folder = make(f'seed{seed}', '--seed', seed)
        truth = truth_of(folder)
        assert 1 <= len(truth['intrusions']) <= 5
        for one in truth['intrusions']:
            shapes[one['shape']] += 1
            times = sorted(event['time'] for event in one['events'])
            assert (times[0], times[-1]) == (one['first'], one['last'])
            assert truth['begins'] < one['first'] < one['last'] < truth['ends']
            assert len(times) >= 10 and one['accounts'] and one['addresses'] and one['doors'], one
            assert one['began'] is None or one['shape'] != 'call-records'
            for event in one['events']:
                assert re.fullmatch(r'T\d{4}(\.\d{3})?', event['technique']) and event['tactic'], event
        accounts = [account for one in truth['intrusions'] for account in one['accounts']]
        addresses = [address for one in truth['intrusions'] for address in one['addresses']]
        assert len(set(accounts)) == len(accounts) and len(set(addresses)) == len(addresses), 'two intruders share something'
    assert set(shapes) == SHAPES, shapes
    print(dict(shapes))


def doors_are_true():
    """Each is opened, perhaps used, perhaps closed; if closed, a response says so at that moment, or everyday life (somebody forgot the
    password), and the record is one that does so, of that account."""
    states = collections.Counter()
    everyday = 0
    for seed in SEEDS:
        folder = make(f'seed{seed}', '--seed', seed)
        truth = truth_of(folder)
        for one in truth['intrusions']:
            answers = {event['time']: event for event in one['responses']}
            lived = {event['time']: event for event in truth['harmless']}
            for door in one['doors']:
                states[door['kind'], door['state']] += 1
                assert door['opened'] <= door['last_used'], door
                assert (door['closed'] is None) == (door['state'] == 'open') == ('how' not in door), door
                if door['closed'] is None:
                    continue
                assert door['last_used'] < door['closed'], door
                everyday += door['closed'] not in answers
                event = answers.get(door['closed']) or lived[door['closed']]
                record = record_at(folder, event).decode('utf-8')
                assert any(sign in record for sign in CLOSED[door['how']]), (door, record)
                if door['kind'] in ('account', 'session'):
                    login = re.sub(r'^.*[\\ ]|@.*$', '', door['identity'])
                    assert login in record, (door, record)
        DATA.clear()
    assert everyday
    for kind in ('account', 'session', 'rule', 'consent', 'web_shell', 'firewall_opening', 'service', 'task', 'vpn_account'):
        assert states[kind, 'open'] and states[kind, 'closed'], (kind, states)


def messages_that_were_read_were_there():
    """Messages that were read, counted again: distinct, and delivered to that person before."""
    folder = make('seed9', '--seed', 9)
    delivered = {}
    for path in (folder / 'evidence/mail').rglob('*'):
        messages = mailbox.mbox(path, create=False) if path.suffix == '.mbox' else [email.message_from_bytes(path.read_bytes())] if path.is_file() else []
        for message in messages:
            delivered[message['Delivered-To'], message['Message-ID']] = email.utils.parsedate_to_datetime(message['Date'])
    (one,) = [one for one in truth_of(folder)['intrusions'] if one['shape'] == 'tracking-mail']
    read = collections.defaultdict(set)
    for event in one['events']:
        if event['source'] != 'm365' or 'MailItemsAccessed' not in record_at(folder, event).decode():
            continue
        record = json.loads(record_at(folder, event))
        when = datetime.datetime.fromisoformat(record['CreationTime']).replace(tzinfo=datetime.timezone.utc)
        for item in (item for part in record.get('Folders', []) for item in part['FolderItems']):
            sent = delivered.get((record['MailboxOwnerUPN'], item['InternetMessageId']))
            assert sent and sent < when, (event, sent)
            read[record['MailboxOwnerUPN'].split('@')[0]].add(item['InternetMessageId'])
    counted, told = {name: len(ids) for name, ids in read.items()}, {box['mailbox']: box['messages'] for box in one['mailboxes']}
    assert counted == told, (counted, told)


def calls_and_registers_are_counted():
    folder = make('seed9', '--seed', 9)
    truth = truth_of(folder)
    (calls,) = [one for one in truth['intrusions'] if one['shape'] == 'call-records']
    months = {re.search(r'\d{4}-\d{2}', event['what']).group() for event in calls['events'] if 'exported' in event['what']}
    rows, persons = 0, set()
    for month in months:
        lines = (folder / f'evidence/telephone/cdr_exercise_01_{month.replace("-", "")}.csv').read_text().splitlines()[2:]
        rows += len(lines)
        persons |= {number for line in lines for number in re.findall(r'"(41\d{3})"', line)}
    assert rows == calls['calls'] > 0
    assert set(calls['call_persons']) <= persons
    (server,) = [one for one in truth['intrusions'] if one['shape'] == 'mail-server']
    names = {event['what'].split(': ')[1] for event in server['events'] if event['what'].startswith('register read')}
    assert names == {one['object'].split('$\\')[1] for one in server['objects']}
    assert server['register_records'] == sum(one['records'] for one in server['objects']) > 100000


def benign_hides_nothing():
    folder = make('benign', '--seed', 9, '--benign')
    truth = truth_of(folder)
    assert truth['benign'] is True and truth['intrusions'] == [] and len(truth['harmless']) > 20
    for path in folder.rglob('*'):
        if path.is_file():
            data = path.read_bytes()
            for sign in (b'lumen-stat', b'chamber-webmail', b'iisext.aspx', b'thumb.jsp', b'PerfDataSync', b'Remote Assist Bridge', b'cdr.reader', b'post-keep', b'9998'):
                assert sign != b'9998' and sign not in data or sign == b'9998' and b'LocalPorts":"9998' not in data, (path, sign)


def nothing_is_anybodys():
    """Addresses are nobody's, names end in .example or .test, and files say what they are."""
    folder = make('seed9', '--seed', 9)
    for path in (folder / 'evidence').rglob('*'):
        if not path.is_file():
            continue
        data = re.sub(rb'Chrome/[\d.]+|Version/[\d.]+|Firefox/[\d.]+|Edg/[\d.]+|Safari/[\d.]+|#Version: [\d.]+', b'', path.read_bytes())
        for found in set(ADDRESS.findall(data)):
            address = ipaddress.ip_address(found.decode().rstrip(':'))
            assert any(address in network for network in NETWORKS), (path, found)
        for found in set(HOST.findall(data)):
            assert found.lower().endswith((b'.example', b'.test')), (path, found)
        marked = path.parent.name in ('www', 'proxy') or re.search(rb'synthetic|exercise', data, re.I)
        assert marked, path
    assert 'SYNTHETIC' in (folder / 'README').read_text()


def scale_makes_more_of_everyday_life():
    one, three = truth_of(make('benign', '--seed', 9, '--benign')), truth_of(make('scaled', '--seed', 9, '--benign', '--scale', 3))
    for source in ('m365', 'calls', 'www', 'proxy'):
        counts = [sum(row['records'] for row in truth['sources'] if row['source'] == source) for truth in (one, three)]
        assert 2.4 < counts[1] / counts[0] < 3.3, (source, counts)


def wrong_wishes():
    folder = pathlib.Path(TEMPORARY) / 'wrong'
    folder.mkdir()
    (folder / 'kept').write_text('x')
    assert b'not empty' in run('exercise', '-o', folder, status=2).stderr
    assert [path.name for path in folder.iterdir()] == ['kept']
    run('exercise', '-o', folder / 'kept', status=4)
    run('exercise', '-o', folder / 'no' / 'such' / 'folder', status=4)
    for words in ([], ['-o'], ['-o', folder / 'x', '--years', '0'], ['-o', folder / 'x', '--years', '21'], ['-o', folder / 'x', '--accounts', '19'],
                  ['-o', folder / 'x', '--scale', '0'], ['-o', folder / 'x', '--seed', '-1'], ['-o', folder / 'x', 'more']):
        run('exercise', *words, status=2)
    assert not (folder / 'x').exists()


def what_cannot_be_written_has_no_truth():
    """A full disk, Ctrl-C: told, and there is no TRUTH.json that speaks of half a thing."""
    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))

    full = pathlib.Path(TEMPORARY) / 'full'
    done = subprocess.run([BINARY, 'exercise', '-o', full, '--years', '1', '--accounts', '20'], capture_output=True, check=False, timeout=280, preexec_fn=small)
    assert done.returncode == 4 and b'too large' in done.stderr, done
    stopped = pathlib.Path(TEMPORARY) / 'stopped'
    with subprocess.Popen([BINARY, 'exercise', '-o', stopped, '--years', '20', '--accounts', '20'], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        while not (stopped / 'evidence').is_dir():
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        complaint = process.communicate(timeout=120)[1]
    assert process.returncode == 4 and b'interrupted' in complaint, (process.returncode, complaint)
    for folder in (full, stopped):
        assert not (folder / 'TRUTH.json').exists() and not list(folder.rglob('*.part')), list(folder.rglob('*.part'))


def main():
    passed = failed = 0
    for case in (same_seed_same_bytes, it_is_read_whole, sizes_are_counted, events_say_what_they_are, intrusions_are_whole, doors_are_true,
                 messages_that_were_read_were_there, calls_and_registers_are_counted, benign_hides_nothing, nothing_is_anybodys, scale_makes_more_of_everyday_life,
                 wrong_wishes, what_cannot_be_written_has_no_truth):
        try:
            case()
            passed += 1
        except AssertionError as failure:
            failed += 1
            print(f'{case.__name__}: line {failure.__traceback__.tb_next.tb_lineno}: {str(failure)[:1500]}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    DATA = {}
    with tempfile.TemporaryDirectory() as TEMPORARY:
        sys.exit(main())
