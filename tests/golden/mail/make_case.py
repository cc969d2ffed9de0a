#!/usr/bin/env python3
# make_case: puts two campaigns of mail into a case that a hunt has written; made up. Usage: make_case.py CASE
import json
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1] + "/case.db")
SENDERS = ["jane%d@post-desk%d.example" % (n, n) for n in range(5)]
CAMPAIGNS = [
    (1, 12.5, "The article\x1b[31m", "", SENDERS, [s.split("@")[1] for s in SENDERS], ["img.pictures.example"],
     ["The article\x1b[31m"], "2021-01-18T08:00:00Z", "2021-02-03T17:30:00Z", 1200, 1260, 400, 1200),
    (2, -5.0, "", "Mailchimp", ["news@news.example"], ["news.example"], ["track.list-manage.com"], ["=SUM(1)", "News"],
     None, None, 60, 60, 1, 0),
]
REASONS = [
    (1, 1, "claims to be another", 4.0, '"BBC News" (BBC) writes from post-desk0.example, in 1,200 of 1,200 messages'),
    (1, 2, "unique tokens", 3.0, "1,200 tokens for 400 recipients at img.pictures.example"),
    (2, 1, "known mailing service", -3.0, "Mailchimp, signed by the sender's domain, with a way to unsubscribe"),
]
RECIPIENTS = [
    (1, "anna@parl.example", "members", 3, 3, "2021-01-18T08:00:00Z", "2021-02-03T17:30:00Z", "a1b2c3",
     "https://img.pictures.example/i/a1b2c3.gif", "opened", "2021-01-18T09:15:30Z", "192.0.2.17", "Mozilla/5.0 (X11)",
     "squid/access proxy.log, record 17", 2, "new inbox rule, 2021-01-20T06:00:00Z\nnew client, 2021-01-21T06:00:00Z"),
    (1, "bert@parl.example", "staff", 2, 2, "2021-01-18T08:00:00Z", "2021-01-27T08:00:00Z", "d4e5f6",
     "https://img.pictures.example/i/d4e5f6.gif", "fetched", "2021-01-18T08:00:04Z", "192.0.2.99", "GoogleImageProxy",
     "zeek/http http.log, record 3", 0, ""),
    (1, "=cmd@parl.example", "", 1, 0, None, None, "", "", "delivered", None, "", "", "", 0, ""),
    (2, "anna@parl.example", "members", 60, 0, None, None, "", "", "addressed", None, "", "", "", 0, ""),
]
for row in CAMPAIGNS:
    db.execute("INSERT INTO mail_campaign VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
               [json.dumps(value) if isinstance(value, list) else value for value in row])
db.executemany("INSERT INTO mail_reason VALUES (?,?,?,?,?)", REASONS)
db.executemany("INSERT INTO mail_recipient VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", RECIPIENTS)
db.commit()
