#!/usr/bin/env python3
# Every door of exercises, out of the acts that their truth lists: its kind, state, when it was last used and closed, and how; also where the evidence up to the
# middle of the intrusion is followed through all of it (door_print). Behaviours and incidents take no part in this: those are tests/hunt/test_gone.py's.
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

BINARY = os.environ['LONGWATCH_BINARY']
PRINT = os.path.join(os.environ['LONGWATCH_BUILD'], 'tests/door_print')
SEEDS = (4, 7, 9, 10, 13, 16)
HOW = {  # the truth's word: ours, where it is another
    'user deleted': 'account disabled',
}
ANSWERS = {}
TEMPORARY = tempfile.mkdtemp(prefix='longwatch-doors-')


def moment(text):
    return datetime.datetime.fromisoformat(re.sub(r'\.\d+Z$', 'Z', text).replace('Z', '+00:00')) if text else None


def key(kind, identity):
    """Accounts are spelled in several ways, and a web server has other names than its host."""
    if kind in ('account', 'session', 'vpn_account'):
        return kind, re.sub(r'^.*[\\ ]|@.*$', '', identity).lower()
    return kind, identity.split(' ', 1)[1] if kind == 'web_shell' else identity


def halfway(intrusion):
    first, last = moment(intrusion['first']), moment(intrusion['last'])
    return first + (last - first) / 2


def answers(seed):
    """Of each intrusion: the truth, its doors as they are found, and as they are followed from the middle of it on."""
    if seed in ANSWERS:
        return ANSWERS[seed]
    folder = os.path.join(TEMPORARY, str(seed))
    subprocess.run([BINARY, 'exercise', '--seed', str(seed), '--years', '1', '--accounts', '20', '-o', folder], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(folder, 'TRUTH.json'), encoding='utf-8') as file:
        intrusions = json.load(file)['intrusions']
    asked = []
    for intrusion in intrusions:
        lines = ['%s\t%d\t%s' % (event['file'], event['record'], 'page' if 'visits the page' in event['what'] else '') for event in intrusion['events']]
        asked += lines + [''] + lines + ['before\t' + halfway(intrusion).strftime('%Y-%m-%dT%H:%M:%SZ'), '']
    done = subprocess.run([PRINT, os.path.join(folder, 'evidence')], input='\n'.join(asked) + '\n', capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(folder)
    lists, found = [], {}
    for line in done.stdout.splitlines():
        if line:
            door = json.loads(line)
            assert key(door['kind'], door['identity']) not in found, door
            found[key(door['kind'], door['identity'])] = door
        else:  # ends a list
            lists.append(found)
            found = {}
    assert len(lists) == 2 * len(intrusions), (len(lists), len(intrusions))
    ANSWERS[seed] = list(zip(intrusions, lists[::2], lists[1::2]))
    return ANSWERS[seed]


def near(one, other):
    """Records of one visit lie up to hours apart; the truth names one of them."""
    return abs(moment(one) - moment(other)) <= datetime.timedelta(hours=4)


def every_door():
    counts = {}
    for seed in SEEDS:
        for intrusion, found, _ in answers(seed):
            found = dict(found)
            for door in intrusion['doors']:
                ours = found.pop(key(door['kind'], door['identity']))
                assert ours['state'] == door['state'], (seed, door, ours)
                assert near(ours['last_used'], door['last_used']), (seed, door, ours)
                assert moment(ours['closed']) == moment(door['closed']), (seed, door, ours)
                assert ours['how'] == HOW.get(door.get('how'), door.get('how', '')), (seed, door, ours)
                assert bool(ours['closed_by']) == bool(ours['closed'])
                counts[door['kind'], door['state']] = counts.get((door['kind'], door['state']), 0) + 1
            assert not found, (seed, 'doors that nobody opened', found)
    print(counts)
    for kind in ('account', 'session', 'rule', 'forwarding', 'consent', 'web_shell', 'firewall_opening', 'service', 'task', 'vpn_account'):
        assert (kind, 'open') in counts, kind
        assert kind == 'forwarding' or (kind, 'closed') in counts, kind


def followed():
    """Doors that were open when half of the time had gone, in the end."""
    count = 0
    for seed in SEEDS:
        for intrusion, _, found in answers(seed):
            middle = halfway(intrusion)
            for door in intrusion['doors']:
                ours = found.get(key(door['kind'], door['identity']))
                if ours is None:  # not opened yet
                    assert moment(door['last_used']) >= middle, (seed, door)
                    continue
                if moment(door['last_used']) >= middle:  # nobody says that later acts are the intruder's: what they re-opened is not seen
                    continue
                assert (ours['state'], moment(ours['closed'])) == (door['state'], moment(door['closed'])), (seed, door, ours)
                count += 1
    assert count >= 20, count


def main():
    passed = failed = 0
    try:
        for case in (every_door, followed):
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
