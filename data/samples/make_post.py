#!/usr/bin/env python3
"""make_post: writes post.mbox and proxy.log, samples of `./dev demo`: make_post.py mail > post.mbox; make_post.py proxy > proxy.log

Everything in them is made up: the post of the same small parliament office, in the weeks before its Tuesday. Among newsletters and letters lies
a campaign that only wants to know who opens it; the office's web proxy saw two who did, and the mail filter that opens everything. Names end in
.example or .test (RFC 2606), addresses are documentation addresses (RFC 5737). The same bytes come out of every run.
"""

import datetime
import hashlib
import sys

OWN, PAPER = "assembly.example", "stadtanzeiger.example"
PEOPLE = [("Kaja Lind", "k.lind"), ("Aline Moreau", "a.moreau"), ("Petr Novak", "p.novak"), ("Sade Okafor", "s.okafor"),
          ("Mira Haas", "m.haas"), ("Jan Oberholzer", "j.oberholzer"), ("Ines Duarte", "i.duarte"), ("Tom Berger", "t.berger")]  # fmt: skip
START = datetime.datetime(2021, 2, 22, 7, 0)
BEACONS = "img.pressefoto-cdn.test"
ARTICLES = [
    ("Wer regiert, wenn niemand regiert?", "Seit acht Wochen verhandeln die Fraktionen, und noch immer steht kein Haushalt. Im Haus erzählt man sich, dass die Vorsitzenden sich auf eine Frist geeinigt haben, die niemand nennen will."),
    ("Das Register und seine Lücken", "Vierzig Prüfer haben sich ein halbes Jahr lang das Verzeichnis der Wahlberechtigten angesehen. Ihr Bericht nennt keine Namen, aber er nennt Zahlen, und die sind größer als erwartet."),
    ("Streit um den Sitz im Ausschuss", "Der Ausschuss für auswärtige Fragen soll kleiner werden. Wer dort bleibt, entscheidet sich am Donnerstag, und manche haben schon begonnen, um Stimmen zu werben."),
]
FILTER = "203.0.113.200"  # the mail filter, which opens everything

mails, requests = [], []


def token(*words):
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:24]


def mail(when, sender, to, subject, body, kind="text/plain; charset=utf-8", checks="spf=pass; dkim=pass; dmarc=pass", by="mail.sender.test", address="198.51.100.70", more=""):
    stamp = when.strftime("%a, %d %b %Y %H:%M:%S +0000")
    number = token(subject, to, stamp)
    text = (
        f"Return-Path: <{sender.rpartition('<')[2].strip('>')}>\nReceived: from {by} ({by} [{address}])\n\tby mx.{OWN} with ESMTPS id {number[:10]} for <{to}>;\n\t{stamp}\n"
        f"Authentication-Results: mx.{OWN}; {checks}\n{more}From: {sender}\nTo: {to}\nSubject: {subject}\nDate: {stamp}\nMessage-ID: <{number}@{by}>\nMIME-Version: 1.0\nContent-Type: {kind}\n\n{body}\n"
    )
    mails.append((when, text))


def page(name, title, text, link, picture):
    return (
        f"<html><head><style>.v{{display:none}}</style></head><body><p>Guten Tag {name},</p><h2>{title}</h2><p>{text}</p>"
        f'<p><a href="{link}">Weiterlesen</a></p><div class="v"><img src="{picture}" width="1" height="1"></div></body></html>'
    )


def campaign():
    """Three waves to eight people, from three accounts of a service that merges names into letters."""
    for wave, (title, text) in enumerate(ARTICLES):
        for n, (name, account) in enumerate(PEOPLE):
            when = START + datetime.timedelta(days=2 + 6 * wave, minutes=3 * n)
            mark = token("wave", str(wave), account)
            picture = f"https://{BEACONS}/o/{mark}.gif"
            body = page(name, title, text, f"https://{BEACONS}/r?u={mark}", picture)
            mail(when, f'"Jonas Weber, {PAPER.capitalize()}" <redaktion{wave + 1}@post-verteiler.test>', f"{account}@{OWN}", title, body, "text/html; charset=utf-8",
                 by="m1.post-verteiler.test", address="198.51.100.90", more="List-Unsubscribe: <mailto:aus@post-verteiler.test>\nPrecedence: bulk\n")  # fmt: skip
            requests.append((when + datetime.timedelta(seconds=4 + n % 3), FILTER, "-", picture, "MailFilter/3.1"))
            if account in ("k.lind", "p.novak") and wave:
                opened = when + datetime.timedelta(hours=1 + wave, minutes=17 * n)
                requests.append((opened, f"192.0.2.{20 + n}", account, picture, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/85.0"))


def ordinary():
    for week in range(3):
        for name, account in PEOPLE[:6]:
            when = START + datetime.timedelta(days=7 * week, hours=1)
            mark = token("news", str(week), account)
            body = page(name, "Die Woche im Rat", f"Was der Rat in der {week + 8}. Woche beschlossen hat, in fünf Absätzen und mit allen Vorlagen.", f"https://news.rat-aktuell.example/l/{mark}", f"https://news.rat-aktuell.example/p/{mark}.png")
            mail(when, '"Rat aktuell" <brief@rat-aktuell.example>', f"{account}@{OWN}", f"Die Woche im Rat, Nummer {week + 8}", body, "text/html; charset=utf-8", by="news.rat-aktuell.example",
                 address="198.51.100.80", more="List-Id: Rat aktuell <brief.rat-aktuell.example>\nList-Unsubscribe: <https://news.rat-aktuell.example/aus>\n")  # fmt: skip
            requests.append((when + datetime.timedelta(minutes=40), "192.0.2.30", account, f"https://news.rat-aktuell.example/p/{mark}.png", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15) Gecko/20100101 Firefox/85.0"))
        mail(START + datetime.timedelta(days=7 * week, hours=5), f"Sade Okafor <s.okafor@{OWN}>", f"h.kern@{PAPER}", "Anfrage zum Haushalt", "Guten Tag Frau Kern,\n\nim Anhang steht, was wir sagen können.\n\nSade Okafor\n")
        mail(START + datetime.timedelta(days=7 * week, hours=7), f"Hanna Kern <h.kern@{PAPER}>", f"s.okafor@{OWN}", "Re: Anfrage zum Haushalt", "Vielen Dank, das hilft.\n\nHanna Kern\n")


def after_accounts():
    """One for each rule of ours that looks at mail."""
    day = START + datetime.timedelta(days=9)
    part = '--b\nContent-Type: text/plain\n\nBitte ansehen.\n--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename="{}"\nContent-Transfer-Encoding: base64\n\n{}\n--b--'
    mail(day, f"Verwaltung <it@{OWN}>", f"t.berger@{OWN}", "Neue Durchwahlen", "Die Liste liegt im Netz.\n", checks="spf=fail; dkim=none; dmarc=fail")
    mail(day, f"Hanna Kern <h.kern@{PAPER.replace('zeiger', 'zeiqer')}>", f"s.okafor@{OWN}", "Noch eine Frage", "Können wir telefonieren?\n")
    mail(day, "Post <post@other.test>", f"m.haas@{OWN}", "Ihre Unterlagen", f"Sie liegen bereit: https://assembly-login.test/akte\n")
    mail(day, f'"president@{OWN}" <praesidium@other.test>', f"i.duarte@{OWN}", "Kurz erreichbar?", "Ich brauche heute noch eine Antwort.\n")
    mail(day, "IT Service <service@other.test>", f"j.oberholzer@{OWN}", "Ihr Passwort läuft ab: bitte bestätigen", '<p><a href="https://konto.other.test/">Bestätigen</a></p>', "text/html; charset=utf-8", "spf=softfail; dkim=none; dmarc=none")
    mail(day, "Buchhaltung <rechnung@other.test>", f"a.moreau@{OWN}", "Rechnung 2021-118", part.format("Rechnung.pdf.lnk", "c3ludGhldGlj"), "multipart/mixed; boundary=b")
    mail(day, "Telefonanlage <voice@other.test>", f"p.novak@{OWN}", "Neue Nachricht", part.format("Nachricht.html", "PHA+c3ludGhldGljPC9wPg=="), "multipart/mixed; boundary=b", "spf=fail; dkim=none; dmarc=none")
    signature = f"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d={OWN}; s=mail;\n h=from:to:subject; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n b={'A' * 86}==\n"
    mail(day, f"Druckerei <druck@{OWN}>", f"k.lind@{OWN}", "Korrekturfahnen", "Bitte bis Freitag.\n", more=signature)


def main():
    campaign()
    ordinary()
    after_accounts()
    if sys.argv[1:] == ["mail"]:
        for when, text in sorted(mails, key=lambda mail: mail[0]):
            sys.stdout.write(f"From mailer@mx.{OWN} {when.strftime('%a %b %d %H:%M:%S %Y')}\n{text}\n")
    else:
        for when, address, account, url, program in sorted(requests):
            sys.stdout.write(f'{address} - {account} [{when.strftime("%d/%b/%Y:%H:%M:%S")} +0000] "GET {url} HTTP/1.1" 200 43 "-" "{program}"\n')


if __name__ == "__main__":
    main()
