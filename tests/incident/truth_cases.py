"""Cases whose story is known: what a hunt must end in, read from the truth files and from the records themselves, before any of it was hunted.

A case names its evidence (below ../shared/data) and its incidents. Of an incident:
  first, last   between which times its first and its last act lie. Both ends are named where two readings are right: the session in which a thing
                was done begins with its sign-in, and the tool that did it says a moment earlier that it is there. Compared to the minute.
  accounts      whose accounts it made use of, came to, or made; hosts, addresses likewise: all of them must be told
  objects       rules, applications, files, secrets, pages: must be told, as entity, act, reach or door; a name of one letter is the whole name
  untold        what the truth file names and we do not tell, and why: printed each time, and no difference
  strangers     accounts that have nothing to do with it, and must not be told as the intruder's or reached
Every line ends with what it rests on: a sentence of the truth file, or a record.
"""

M365 = "m365/dutchmasterz-ual.auditdata.ndjson.zst"
PROXYLOGON = "windows-json/proxylogon_ssrf_rce_poc_2021-03-14T01401970.json.zst"

CASES = [
    {
        "name": "m365 tenant",
        "evidence": [M365],
        "incidents": [
            {
                "first": (
                    "2021-03-25T12:36:15",  # record: UserLoggedIn A.Thulile from 34.99.77.20, the session in which it was done
                    "2021-03-25T12:39:51",  # "First malicious act in this file: 2021-03-25 12:39:51"
                ),
                "last": (
                    "2021-05-05T09:48:35",  # "8. 2021-05-05 ... mails moved to deleted items", the last that TRUTH.md lists
                    "2021-05-16T18:15:17",  # records: 178.85.138.132, from which passwords were guessed (2.), copies joey's mailbox until then
                ),
                "accounts": [
                    ("a.thulile", "Accounts reached: A.Thulile, joey, GradyA, HenriettaM, JoniS, AdeleV (mailbox permission)"),
                    ("joey", "3. joey registers look-alike applications"),
                    ("gradya", "6. GradyA opens and downloads \"Accounts Overview.docx\""),
                    ("henriettam", "5. A.Thulile gives GradyA and HenriettaM eight admin roles each"),
                    ("jonis", "5. 11:53 JoniS"),
                    ("adelev", "7. FullAccess on the mailboxes of HenriettaM, AdeleV and A.Thulile"),
                    ("itcornpany", "made by the attacker: ITCornpany"),
                ],
                "hosts": [],
                "addresses": [
                    ("178.85.138.132", "2. password spray from 178.85.138.132"),
                    ("62.149.20.10", "7. 2021-04-16 12:07:14, from 62.149.20.10"),
                ],
                "objects": [
                    ("rnicrosoft_office", "1. registers the application rnicrosoft_office and adds a client secret"),
                    ("rnicrosoft", "3. rnicrosoft (app id 768fb398-...) gets a secret"),
                    ("768fb398-1e3f-4a25-8989-2141f5eb5ebd", "4. admin consent of joey and A.Thulile to rnicrosoft and rnicrosoft_office"),
                    ("ea0056b2-87ac-4765-ba13-e2768da6fba7", "4. likewise"),
                    ("Email Security Solution", "6. application \"Email Security Solution\", admin consent"),
                    ("Accounts Overview.docx", "6. opens and downloads \"Accounts Overview.docx\", makes an anonymous link"),
                    (".", "7. inbox rule named \".\"; transport rule \".\""),
                    ("Move meetings to junk folder", "7. inbox rule \"Move meetings to junk folder\" (GradyA)"),
                    ("Exchange Security", "6. group \"Exchange Security\" made Global Administrator"),
                ],
                "untold": [
                    (
                        "5.253.204.108",
                        "8. 2021-05-05 09:42 to 09:48, from 5.253.204.108: one sitting of six minutes at joey's, by a browser and from a network that were never there"
                        " before; no more than that tells it from joey on a journey, and the intruder is elsewhere for three weeks before and eleven days after",
                    ),
                ],
                "strangers": [
                    ("NT AUTHORITY\\SYSTEM", "Background noise that must not alarm: NT AUTHORITY\\SYSTEM maintenance"),
                    ("Certificate", "service principals created by Microsoft (\"Certificate\" as user)"),
                    ("MiriamG", "record: her mailbox is read by Microsoft's own indexing (RESTSystem) and by nobody else"),
                    ("IsaiahL", "record: likewise"),
                ],
            }
        ],
    },
    {
        "name": "CloudTrail run",
        "evidence": ["cloud/cloudtrail-stratus-sim"],
        "incidents": [
            {
                "first": (
                    "2023-07-10T11:54:33",  # record: DescribeAccountAttributes, the first call that the tool makes (user agent stratus-red-team_...)
                    "2023-07-10T11:54:47",  # "GetPasswordData 29 times refused (11:54:47)"
                ),
                "last": (
                    "2023-07-10T12:07:49",  # record: DeleteBucketLifecycle, the last call under the tool's user agent
                    "2023-07-10T12:08:48",  # "ModifyInstanceAttribute (12:08:05)"; record: last call of bert-jan in this part
                ),
                "accounts": [
                    ("bert-jan", "Actor: IAM user bert-jan"),
                    ("stratus-red-team-ec2-get-password-data-role", "GetPasswordData 29 times refused; record: by this role, which bert-jan assumed"),
                    ("stratus-red-team-ec2-steal-credentials-role", "instance credentials (role stratus-red-team-ec2-steal-credentials-role)"),
                ],
                "hosts": [],
                "addresses": [("192.168.10.20", "record: every call of bert-jan comes from it")],
                "objects": [
                    ("stratus-red-team-retrieve-secret-", "user data and secrets read (GetSecretValue, ...)"),
                    ("stratus-red-team-ctes-trail-qyxyekjbtk", "PutEventSelectors (12:00:08, 12:07:49); record: of this trail"),
                    ("stratus-red-team-ct-stop-trail-qzbgnfqisx", "StopLogging refused three times (trail not found)"),
                    ("DeleteFlowLogs", "DeleteFlowLogs (12:02:26)"),
                    ("GetPasswordData", "GetPasswordData 29 times refused (11:54:47)"),
                    ("LeaveOrganization", "LeaveOrganization refused (12:02:05)"),
                    ("SendCommand", "SendCommand (11:57:16; refused 12:05:12)"),
                ],
                "strangers": [
                    ("benjamin", "user benjamin is an ordinary console user"),
                    ("AWSServiceRoleForAmazonInspector2", "record: Amazon's own inspection, called by inspector2.amazonaws.com"),
                ],
            }
        ],
    },
    {
        "name": "Zeek APT29 day 1",
        "evidence": ["zeek/apt29-day1"],
        "incidents": [
            {
                "first": (
                    "2020-04-30T00:08:02",  # "00:08:02 10.0.1.4 to 192.168.0.5:1234 (first remote shell)"
                    "2020-04-30T00:08:03",
                ),
                "last": (
                    "2020-04-30T00:44:44",  # "00:40:44 to 00:44:44 10.0.1.6 to 192.168.0.4:8443, 376 connections (beacon)"
                    "2020-04-30T00:45:01",  # records: 10.0.1.4 tries 10.0.1.6:55121 until then, as it does since 00:36:17 (the lateral movement)
                ),
                "accounts": [],
                "hosts": [],
                "addresses": [
                    ("192.168.0.4", "192.168.0.4 and .5 are the attacker's"),
                    ("192.168.0.5", "likewise"),
                    ("10.0.1.4", "00:08:02 10.0.1.4 to 192.168.0.5:1234"),
                    ("10.0.1.6", "00:33:26 WinRM 10.0.1.4 to 10.0.1.6:5985 and 00:35:25 SMB (lateral movement)"),
                ],
                "objects": [
                    ("/webdav/OfficeSupplies.7z", "/webdav/OfficeSupplies.7z uploaded with PUT (exfiltration)"),
                    ("/webdav/python.exe", "/webdav/python.exe fetched with GET"),
                ],
                "strangers": [("10.0.0.4", "record: the domain controller (DNS, LDAP, Kerberos, time) of both, as before and after")],
            }
        ],
    },
    {
        "name": "ProxyLogon",
        "evidence": [PROXYLOGON],
        "incidents": [
            {
                "first": (
                    "2021-03-14T06:40:10",  # record: python.exe of wardog calls the server's own port 443 from 06:40:10.965: the proof of concept runs there
                    "2021-03-14T06:40:12",  # "01:40:12.987Z Set-OabVirtualDirectory"; the true time is 5 hours later
                ),
                "last": (
                    "2021-03-14T06:40:15",  # "01:40:15.342Z and .347Z w3wp.exe starts cmd /c whoami as SYSTEM"
                    "2021-03-14T06:40:17",  # record: New-OabVirtualDirectory, which puts back what was changed, 06:40:17.518
                ),
                "accounts": [],
                "hosts": [("mxs01", "Exchange server MXS01.azsentinel.local")],
                "addresses": [],
                "objects": [
                    ("ohyeah.aspx", "web shell ...\\V15\\FrontEnd\\HttpProxy\\owa\\auth\\ohyeah.aspx (Sysmon 11)"),
                    ("cmd /c whoami", "w3wp.exe starts cmd /c whoami as SYSTEM (Sysmon 1, 4688)"),
                    ("OabVirtualDirectory", "Set-OabVirtualDirectory with a script in ExternalUrl"),
                ],
                "strangers": [("HealthMailbox", "record: Exchange's own probes, all through the file")],
            }
        ],
    },
    {
        # The identifiers are changed in the night to the eighth day: 1, 5, 3, 2 and 200 fall silent, 309, 306, 360, 397 and 300 take over. These are days one
        # to six: who calls whom is there, and nothing has happened. What the change looks like is told by test_behaviour_call.c.
        "name": "VAST 2008 calls",
        "evidence": ["cdr/vast2008-calls-day01-06.csv"],
        "incidents": [],
        "why": "SOURCE.md: 5,871 mobile calls, 2006-06-01 to 06-06, invented data; no act of an intruder among them",
    },
    # log4shell: no record of ../shared/data holds a lookup ("jndi" in any file, unpacked): there is no such case to be shown.
]
