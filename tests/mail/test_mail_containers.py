#!/usr/bin/env python3
"""test_mail_containers: no message of the shared mails is lost or told twice, in whatever it lies: EML, Maildir, mailboxes of every
variant, compressed ones; each is told where it begins, and shown as it lies there."""
import json
import mailbox
import pathlib
import subprocess
import tempfile

from mails import BINARY, MAIL, MARK, NO_BEGINNING, Reasons, beginnings, events, files, head, messages, run, values

# Counted by hand or by others: messages of each mailbox. mimekit's own summary says 29.
BOXES = {
    'mbox-perceval/mbox_complex.mbox': 2,
    'mbox-perceval/mbox_iso8859_encoding.mbox': 1,
    'mbox-perceval/mbox_multipart.mbox': 2,
    'mbox-perceval/mbox_no_fields.mbox': 6,
    'mbox-perceval/mbox_single.mbox': 1,
    'mbox-perceval/mbox_unixfrom_encoding.mbox': 1,
    'mbox-perceval/mbox_unknown_encoding.mbox': 1,
    'mbox-perceval/pipermail_pipermail_2015_november.mbox': 4,
    'mbox-perceval/pipermail_pipermail_2016_april.mbox': 3,
    'mbox-perceval/pipermail_pipermail_2016_march.mbox': 1,
    'mimekit/mbox_content-length.mbox.txt.gz': 29,
    'mimekit/mbox_simple.mbox.txt': 3,
    'mimekit/mbox_unmunged.mbox.txt': 2,
    'spamassassin-corpus/easy-ham-1.mbox.gz': 160,
    'spamassassin-corpus/easy-ham-2.mbox.gz': 60,
    'spamassassin-tests/nice.mbox': 3,
}
# Messages by folder, as SOURCE.md counts them.
FOLDERS = {'phishing-pot': 175, 'spamassassin-corpus/hard-ham-1': 110, 'spamassassin-corpus/spam-2': 50}

ANY_MAIL = """
title: A mail
id: 6d1c7c3e-4444-4a53-9d51-6d5f2d3b1a04
status: test
level: low
logsource: {category: email}
detection:
  selection: {html.images|exists: true}
  condition: selection
"""


def said():
    if not hasattr(said, 'told'):
        said.told, said.errors = events(MAIL)
    return said.told


def our_rules_split_as_others_do():
    """The split that all is measured by, measured itself: by counts made by hand, and by Python's mailbox where it can."""
    for name, data in files():
        starts = beginnings(name, data)
        if name in BOXES:
            assert len(starts) == BOXES[name], f'{name}: {len(starts)}'
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            theirs = len(mailbox.mbox(file.name, create=False))
        if data.startswith(b'From '):
            strange = sum(1 for file, _ in NO_BEGINNING if file == name)  # a From_ line is one wherever it stands, to Python
            assert theirs == len(starts) + strange, f'{name}: Python says {theirs}, we {len(starts)}'
        elif data.startswith(MARK + b'From '):
            assert (theirs, len(starts)) == (3, 2), name  # it sees no mark, and breaks at From Russia


def every_message_once():
    found = {name: list(messages(name, data)) for name, data in files()}
    told = said()
    wrong = []
    for name in sorted(found.keys() | told.keys()):
        theirs = [at for at, _, _ in found.get(name, [])]
        ours = [event['offset'] for event in told.get(name, [])]
        if theirs != ours:
            wrong.append(f'{name}: at {theirs[:9]}, told at {ours[:9]}')
        for number, event in enumerate(told.get(name, []), 1):
            if event['record'] != number:
                wrong.append(f'{name}: record {event["record"]} is the {number}th')
    assert not wrong, '\n'.join(wrong)
    for folder, count in FOLDERS.items():
        seen = sum(len(list_) for name, list_ in told.items() if name.startswith(folder + '/'))
        assert seen == count, f'{folder}: {seen} of {count}'
    print('%d messages in %d files' % (sum(map(len, found.values())), len(found)))


def every_message_is_the_one_that_lies_there():
    """By the names of its headers in their order."""
    reasons = Reasons({})
    for name, data in files():
        for (at, _, body), event in zip(messages(name, data), said().get(name, [])):
            theirs = [header.decode('latin-1').lower() for header, _ in head(body)[0]]
            ours = (values(event, 'headers') or [''])[0].split(',')
            if theirs != (ours if ours != [''] else []):
                reasons.differs(f'{name} at {at}', theirs, ours, body)
    reasons.close()


def every_byte_of_a_mailbox_is_shown():
    """Findings of a rule that finds every mail, each shown: the records one behind the other are the file."""
    with tempfile.TemporaryDirectory() as folder:
        rule = pathlib.Path(folder) / 'any.yml'
        rule.write_text(ANY_MAIL, encoding='utf-8')
        case = pathlib.Path(folder) / 'case'
        boxes = [name for name in BOXES if BOXES[name] < 60]
        subprocess.run([BINARY, 'hunt', '--quiet', *[MAIL / name for name in boxes], '--rules', rule, '-o', case],
                       capture_output=True, check=False, timeout=120)
        findings = [json.loads(line) for line in (case / 'findings.jsonl').read_text().splitlines()]
        assert len(findings) == sum(BOXES[name] for name in boxes), len(findings)
        shown = {}
        for number, finding in enumerate(findings, 1):
            out = subprocess.run([BINARY, 'show', case, str(number)], capture_output=True, check=True, timeout=60).stdout
            name = str(pathlib.Path(finding['evidence_path'].split('!')[0]).relative_to(MAIL))
            shown.setdefault(name, []).append((finding['offset'], out))
        for name, data in files():
            for offset, raw, _ in messages(name, data) if name in shown else []:
                out = next(out for at, out in shown[name] if at == offset)
                assert out.endswith(raw) or out.endswith(raw + b'\n'), \
                    f'{name} at {offset}: of {len(raw)} bytes {raw[:60]!r}... shown {out[-len(raw):][:60]!r}...'


if __name__ == '__main__':
    run([our_rules_split_as_others_do, every_message_once, every_message_is_the_one_that_lies_there,
         every_byte_of_a_mailbox_is_shown])
