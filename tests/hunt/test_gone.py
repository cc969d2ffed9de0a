#!/usr/bin/env python3
# Are they gone? Exercises hunted, and followed through later evidence: an institution that cleans one server of two, every door against the truth, one intruder that is
# gone, and what cannot be told: logs that end, begin late, are not there, or cannot be read.
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from datetime import datetime, timedelta, timezone

BINARY = os.environ['LONGWATCH_BINARY']
SOURCE = os.environ['LONGWATCH_SOURCE']
TEMPORARY = tempfile.mkdtemp(prefix='longwatch-gone-')
SERVER = 10  # mail-server alone
CHECKED = 'san' in os.path.basename(os.environ.get('LONGWATCH_BUILD', 'build'))  # ten times slower
SEEDS = (9,) if CHECKED else (4, 9, 16)


def run(*words, status=0):
    done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == status, (words, done.returncode, done.stdout[-1500:], done.stderr[-1500:])
    return done


def exercise(seed):
    folder = os.path.join(TEMPORARY, f'exercise{seed}')
    if not os.path.exists(folder):
        run('exercise', '--seed', seed, '--years', 1, '--accounts', 20, '-o', folder)
    with open(os.path.join(folder, 'TRUTH.json'), encoding='utf-8') as file:
        return folder, json.load(file)


def moment(text):
    return datetime.fromisoformat(re.sub(r'\.\d+Z$', 'Z', text).replace('Z', '+00:00')) if text else None


def text_of(when):
    return when.astimezone(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def hunted(folder, name, *options):
    case = os.path.join(TEMPORARY, name)
    if not os.path.exists(case):
        done = subprocess.run([BINARY, 'hunt', os.path.join(folder, 'evidence'), '--rules', os.path.join(SOURCE, 'data/rules'), '--own-domain', 'chamber.example',
                               '--roster', os.path.join(folder, 'roster.csv'), '-q', '-o', case, *options], capture_output=True, text=True, check=False, timeout=280)
        assert done.returncode == 1, (done.returncode, done.stderr)
    return case


def gone(case, since, *evidence, status, options=()):
    return run('gone', case, '--since', since, '-q', *options, *evidence, status=status)


def asked(case, since, *evidence, status, options=()):
    answer = json.loads(gone(case, since, *evidence, status=status, options=('--json', *options)).stdout)
    assert {'gone': 0, 'not gone': 1, 'cannot tell': 3}[answer['answer']] == status or answer['unread'], answer['answer']
    return answer


def key(kind, identity):
    """Accounts are spelled in several ways, and a web server has other names than its host."""
    if kind in ('account', 'session', 'vpn_account'):
        return kind, re.sub(r'^.*[\\ ]|@.*$', '', identity).lower()
    return kind, identity.split(' ', 1)[1] if kind == 'web_shell' else identity


def doors_of(answer):
    return {key(door['kind'], door['identity']): (incident, door) for incident in answer['incidents'] for door in incident['doors']}


def incident_of(case, intrusion):
    """The number of the incident of the case that has this intrusion's doors."""
    wanted = {key(door['kind'], door['identity']) for door in intrusion['doors']}
    numbers = {number for number, kind, identity in sqlite3.connect(os.path.join(case, 'case.db')).execute('SELECT incident, kind, identity FROM door')
               if key(kind, identity) in wanted}
    assert len(numbers) == 1, (intrusion['shape'], numbers)
    return numbers.pop()


def part_of(folder, name, keep):
    """The files of the evidence that are to be kept, as links."""
    to = os.path.join(TEMPORARY, name)
    for path, _, files in os.walk(os.path.join(folder, 'evidence')):
        for file in files:
            below = os.path.relpath(os.path.join(path, file), os.path.join(folder, 'evidence'))
            if keep(below):
                os.makedirs(os.path.dirname(os.path.join(to, below)), exist_ok=True)
                os.link(os.path.join(path, file), os.path.join(to, below))
    return to


def month_of(path):
    found = re.search(r'(20\d\d)[-.]?(\d\d)(?=[-.\dA-Za-z]*$)', os.path.basename(path))
    return found and found.group(1) + found.group(2)


def one_server_is_cleaned():
    """MX01 is cleaned and taken for all there is; the intruder reads on through MX02 for the rest of the year."""
    folder, truth = exercise(SERVER)
    intrusion = truth['intrusions'][0]
    assert intrusion['shape'] == 'mail-server'
    one, two = (next(door for door in intrusion['doors'] if door['identity'].startswith(name)) for name in ('MX01', 'MX02'))
    account = next(door for door in intrusion['doors'] if door['kind'] == 'account')
    cleaned = moment(one['closed']) + timedelta(hours=12)
    assert moment(two['last_used']) > cleaned + timedelta(days=90)
    case = hunted(folder, 'cleaned', '--to', text_of(cleaned))
    everything = os.path.join(folder, 'evidence')
    rest = part_of(folder, 'rest', lambda path: month_of(path) is None or month_of(path) >= cleaned.strftime('%Y%m'))
    for evidence in (everything, rest):
        answer = asked(case, text_of(cleaned), evidence, status=1)
        found = doors_of(answer)
        incident, door = found[key('web_shell', one['identity'])]
        assert door['state'] == 'closed' and moment(door['closed']) == moment(one['closed']), door
        assert door['in_case'] and not door['used_since'], door
        assert incident['answer'] == 'not gone' and incident['events'] >= 10, incident
        assert abs(moment(incident['last_seen']) - moment(intrusion['last'])) < timedelta(days=1), incident
        assert found[key('account', account['identity'])][1]['state'] == account['state'] == 'open', found
        seen = ' '.join(trace['what'] + trace['name'] for trace in incident['seen'])
        assert incident['seen'] and all(moment(trace['last']) >= cleaned for trace in incident['seen']), incident['seen']
        assert 'MX02' in seen or '10.10.0.17' in seen, seen
    found = doors_of(asked(case, text_of(cleaned), everything, status=1))
    door = found[key('web_shell', two['identity'])][1]
    assert door['state'] == two['state'] and not door['in_case'], door
    assert found[key('account', account['identity'])][1]['used_since'], found
    words = gone(case, text_of(cleaned), everything, status=1).stdout
    assert words.startswith('NOT GONE: '), words
    for line in ('closed ' + text_of(moment(one['closed'])) + ': page deleted', two['identity'] + '  (new: the case does not know it)', 'Seen since'):
        assert line in words, (line, words)


def every_door():
    """The case of all the evidence, followed through the same: every door's state is the truth's, and the answer follows from it."""
    counts = {}
    for seed in SEEDS:
        folder, truth = exercise(seed)
        case = hunted(folder, f'whole{seed}')
        since = max(moment(event['time']) for one in truth['intrusions'] for event in one['responses']) + timedelta(days=1)
        answer = asked(case, text_of(since), os.path.join(folder, 'evidence'), status=1)
        found = doors_of(answer)
        for intrusion in truth['intrusions']:
            for door in intrusion['doors']:
                incident, ours = found.pop(key(door['kind'], door['identity']))
                assert ours['state'] == door['state'], (seed, door, ours)
                assert moment(ours['closed']) == moment(door['closed']), (seed, door, ours)
                assert ours['used_since'] == (moment(door['last_used']) >= since), (seed, door, ours)
                assert (ours['closed_at'] is None) == (ours['closed'] is None) and ours['in_case'], ours
                counts[door['state']] = counts.get(door['state'], 0) + 1
            later = [event for event in intrusion['events'] if moment(event['time']) >= since]
            still = bool(later) or any(door['state'] == 'open' for door in intrusion['doors'])
            assert (incident['answer'] == 'not gone') == still, (seed, intrusion['shape'], incident['answer'])
        assert not found, (seed, 'doors that nobody opened', found)
    print(counts)
    assert counts['open'] >= 2 * len(SEEDS) - 1 and counts['closed'] >= 7 * len(SEEDS), counts  # it saw doors of both sorts


def closed_one(shape='provider'):
    for seed in SEEDS:
        folder, truth = exercise(seed)
        for intrusion in truth['intrusions']:
            if intrusion['shape'] == shape and all(door['state'] == 'closed' for door in intrusion['doors']):
                return folder, intrusion, hunted(folder, f'whole{seed}'), max(moment(door['closed']) for door in intrusion['doors']) + timedelta(days=1)
    raise AssertionError('no exercise in which all doors are closed')


def one_is_gone():
    folder, intrusion, case, since = closed_one()
    only = ('--incident', incident_of(case, intrusion))
    evidence = os.path.join(folder, 'evidence')
    answer = asked(case, text_of(since), evidence, status=0, options=only)
    assert [one['answer'] for one in answer['incidents']] == ['gone'] and not answer['incidents'][0]['seen'], answer
    words = gone(case, text_of(since), evidence, status=0, options=only).stdout
    assert words.startswith('GONE, as far as these logs tell: all its doors are closed'), words
    assert 'Nothing of it was seen since' in words, words
    # Before it was thrown out it was there.
    early = text_of(moment(intrusion['first']) + timedelta(hours=1))
    assert asked(case, early, evidence, status=1, options=only)['incidents'][0]['events'] > 0
    # The same on any number of processes.
    assert len({gone(case, text_of(since), evidence, status=0, options=(*only, '--json', '--threads', n)).stdout for n in (1, 3)}) == 1


def what_cannot_be_told():
    folder, intrusion, case, since = closed_one()
    only = ('--incident', incident_of(case, intrusion))
    last = max(month_of(path) for path in os.listdir(os.path.join(folder, 'evidence/windows')))
    ends = (since + timedelta(days=35)).strftime('%Y%m')
    assert ends < last
    # Nothing of the time after: closed, but who would have seen them come?
    before = part_of(folder, 'before', lambda path: not path.startswith('mail/') and (month_of(path) or '0') < since.strftime('%Y%m'))
    words = gone(case, text_of(since), before, status=3, options=only).stdout
    assert words.startswith('CANNOT TELL: ') and 'the evidence has nothing of that time' in words, words
    # Windows' logs end early, all others go on.
    short = part_of(folder, 'short', lambda path: not path.startswith('mail/') and (not path.startswith('windows/') or month_of(path) <= ends))
    answer = asked(case, text_of(since), short, status=3, options=only)
    reasons = {door['kind']: door['use_would_show'] for door in answer['incidents'][0]['doors']}
    assert 'windows/security ends on ' in str(reasons['service']) and reasons['vpn_account'] is True, reasons
    # There are none at all: what was closed in the case stays closed, and its use cannot be told.
    none = part_of(folder, 'none', lambda path: path.startswith('vpn/'))
    answer = asked(case, text_of(since), none, status=3, options=only)
    assert all(door['state'] == 'closed' for door in answer['incidents'][0]['doors']), answer
    assert any(door['use_would_show'] == 'no log in which it would show is among the evidence' for door in answer['incidents'][0]['doors']), answer
    words = gone(case, text_of(since), none, status=3, options=only).stdout
    assert re.match(r'CANNOT TELL: no sign of it since [\d-]+, but \d+ doors? of 3 cannot be told\.\n', words), words
    # A file that cannot be read, in evidence that would do.
    broken = os.path.join(TEMPORARY, 'broken')
    os.makedirs(broken)
    with open(os.path.join(broken, 'Security.evtx'), 'wb') as file:
        file.write(b'ElfFile\0' + bytes(100))
    done = gone(case, text_of(since), os.path.join(folder, 'evidence'), broken, status=3, options=only)
    assert 'NOT READ: 1 file' in done.stdout and 'Security.evtx' in done.stderr, (done.stdout, done.stderr)
    # A door that nobody closed, and no log since that would tell.
    folder, truth = exercise(SERVER)
    shell = next(door for door in truth['intrusions'][0]['doors'] if door['kind'] == 'account')
    cleaned = moment(next(door for door in truth['intrusions'][0]['doors'] if door['identity'].startswith('MX01'))['closed']) + timedelta(hours=12)
    web = part_of(folder, 'web', lambda path: path.startswith('iis/MX01') and month_of(path) > cleaned.strftime('%Y%m'))
    answer = asked(hunted(folder, 'cleaned', '--to', text_of(cleaned)), text_of(cleaned), web, status=3)
    door = doors_of(answer)[key('account', shell['identity'])][1]
    assert door['state'] == 'cannot tell' and door['how'], door


def no_case_to_ask():
    folder, _ = exercise(SERVER)
    evidence = os.path.join(folder, 'evidence', 'vpn')
    empty = os.path.join(TEMPORARY, 'empty')
    run('hunt', evidence, '--rules', os.path.join(SOURCE, 'data/rules'), '-q', '-o', empty)
    done = run('gone', empty, '--since', '2023-06-01', evidence, '-q', status=2)
    assert 'has no incident' in done.stderr, done.stderr
    case = hunted(folder, 'cleaned', '--to', '2023-01-01')
    done = run('gone', case, '--since', '2023-06-01', '--incident', '99', evidence, '-q', status=2)
    assert 'has no incident 99' in done.stderr, done.stderr


def main():
    passed = failed = 0
    try:
        for case in (one_server_is_cleaned, every_door, one_is_gone, what_cannot_be_told, no_case_to_ask):
            try:
                case()
                passed += 1
            except Exception:  # pylint: disable=broad-except
                traceback.print_exc(file=sys.stdout)
                failed += 1
    finally:
        shutil.rmtree(TEMPORARY, ignore_errors=True)
    print(f'{passed} passed, {failed} failed')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
