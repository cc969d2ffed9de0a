#!/usr/bin/env python3
"""test_exercise: the planted campaign of make_exercise: found whole and alone, above every wanted mail; who opened it, when, from where,
with what; and what followed on their accounts. Prints the ranked table."""
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import make_exercise
from mails import BINARY, SOURCE, run

RULES = SOURCE / 'data/rules'


def told(*arguments):
    done = subprocess.run([BINARY, 'mail', *map(str, arguments), '--json'], capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode('utf-8', 'replace')
    return [json.loads(line) for line in done.stdout.splitlines()]


class Hunt:
    """One hunt for all tests: the truth, and what the case says."""

    def __init__(self, folder):
        make_exercise.make(folder)
        folder = pathlib.Path(folder)
        self.truth = json.loads((folder / 'truth.json').read_text())
        done = subprocess.run([BINARY, 'hunt', folder / 'evidence', '-o', folder / 'case', '--rules', RULES, '--roster', folder / 'roster.csv', '--quiet',
                               *[word for domain in self.truth['own'] for word in ('--own-domain', domain)]],
                              capture_output=True, check=False, timeout=250)
        assert done.returncode in (1, 3), (done.returncode, done.stderr.decode('utf-8', 'replace')[-2000:])
        self.campaigns = told('campaigns', folder / 'case')
        self.first = self.campaigns[0]
        self.recipients = {one['address']: one for one in told('recipients', folder / 'case', self.first['campaign'])}


def the_table():
    """Not a test of its own: a look at what was found."""
    print('%s messages of the shared data' % ('With' if HUNT.truth['shared'] else 'Without'))
    for one in HUNT.campaigns[:25]:
        print('%3d %5.1f %-8s %5d messages %4d recipients  %s | %s' % (
            one['campaign'], one['score'], one['rating'], one['messages'], one['recipients'], one['senders'][0][:40] if one['senders'] else '-', one['subject'][:50]))
    print('... of %d campaigns' % len(HUNT.campaigns))


def it_is_first():
    """No newsletter and nothing else stands above it, or beside it."""
    assert set(HUNT.first['senders']) == set(HUNT.truth['senders']), HUNT.first['senders']
    assert HUNT.first['rating'] == 'strong', HUNT.first['score']
    assert HUNT.campaigns[1]['score'] < HUNT.first['score'] - 3, HUNT.campaigns[1]
    for one in HUNT.campaigns[1:]:
        assert not set(one['senders']) & set(HUNT.truth['senders']), one
        assert not any(domain in sender for sender in one['senders'] for _, domain, *_ in make_exercise.NEWSLETTERS) or one['score'] < 4, one


def messages_are_all_and_no_others():
    """Each of its messages once, whatever lies in two places: precision and recall 1."""
    truth = HUNT.truth
    assert HUNT.first['messages'] == truth['messages'] == 1200, HUNT.first['messages']
    assert HUNT.first['copies'] in (truth['messages'] + truth['copies'], truth['copies']), (HUNT.first['copies'], truth['copies'])
    assert truth['copies'] > 20
    assert sum(one['messages'] for one in HUNT.recipients.values()) == truth['messages']
    assert set(HUNT.first['hosts']) == set(truth['hosts']), HUNT.first['hosts']


def recipients_are_all_and_no_others():
    truth = HUNT.truth['recipients']
    found = set(HUNT.recipients)
    precision, recall = len(found & set(truth)) / len(found), len(found & set(truth)) / len(truth)
    print(f'recipients: precision {precision:.3f}, recall {recall:.3f}')
    assert (precision, recall) == (1.0, 1.0) and HUNT.first['recipients'] == len(truth) == 400
    for address, one in HUNT.recipients.items():
        assert one['group'] == truth[address]['group'], one
        assert one['messages'] == truth[address]['messages'] == 3, one
        assert any(token in one['token'] for token in truth[address]['tokens']), (one['token'], truth[address]['tokens'])


def openers_are_exact():
    """Gateways, image proxies, an address of many and hosts alone are told apart."""
    truth, wrong = HUNT.truth['recipients'], []
    for address, one in sorted(HUNT.recipients.items()):
        expected = truth[address]
        theirs = (expected['status'],) + ((expected['opened'], expected['from'], expected['with']) if expected['status'] == 'opened' else ())
        ours = (one['status'],) + ((one['opened'], one['opened_from'], one['opened_with']) if one['status'] == 'opened' else ())
        if theirs != ours:
            wrong.append(f'{address} ({expected["way"]}): {theirs}\n   told {ours}, {one["source"]}')
    counts = collections.Counter(one['status'] for one in HUNT.recipients.values())
    print(dict(counts), dict(collections.Counter(one['way'] for one in truth.values() if one['way'])))
    assert not wrong, '%d of 400 otherwise:\n%s' % (len(wrong), '\n'.join(wrong[:30]))
    assert HUNT.first['opened'] == counts['opened'] == 120 and HUNT.first['fetched'] == counts['fetched']


def what_followed_is_exact():
    """On accounts of those who opened, within ninety days; the same things elsewhere are noise."""
    truth, seen = HUNT.truth['recipients'], collections.Counter()
    for address, one in sorted(HUNT.recipients.items()):
        ours = sorted((m[2], m[1]) for line in one['follow_ups_text'].split('\n') if (m := re.match(r'(\S+) ([a-z ]+): ', line)))
        theirs = sorted((what, when) for what, when in truth[address]['followed'])
        assert ours == theirs and one['follow_ups'] == len(theirs), f'{address}: {theirs}\n   told {one["follow_ups_text"]!r}'
        seen.update(what for what, _ in theirs)
    print(dict(seen))
    assert len(seen) == 6 and sum(seen.values()) >= 12, seen


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as temporary:
        HUNT = Hunt(sys.argv[1] if len(sys.argv) > 1 else temporary + '/x')
        the_table()
        run([it_is_first, messages_are_all_and_no_others, recipients_are_all_and_no_others, openers_are_exact, what_followed_is_exact], shared=False)
