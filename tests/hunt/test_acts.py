#!/usr/bin/env python3
"""test_acts: what events say that somebody did (docs/kinds.md, "Acts"), as `longwatch events --json` shows it.

Records made up here, of most products, with the act each of them is and what is told of it, and beside them records that are none. Every event
of an exercise's intrusions but its mails is an act, by the account, from the address, on the host and of the object that the exercise
says. Of the shared logs (SOURCE.md there) every event of a kind that is one act is it, with what such events always tell.
"""

import collections
import json
import os
import pathlib
import re
import subprocess
import tempfile

from evidence import BINARY, SHARED

os.environ["LONGWATCH_CACHE"] = "off"


HEAD = re.compile(r'"kind":(?:"((?:[^"\\]|\\.)*)"|null),.*?"evidence_path":"((?:[^"\\]|\\.)*)",.*?"offset":(\d+)')


def events(*paths, statuses=(0,), want=lambda kind, path, offset: True):
    """Those that are wanted, one by one: there are many."""
    command = [BINARY, "events", "--json", *map(str, paths)]
    with tempfile.TemporaryFile("w+") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
        for line in process.stdout:
            kind, path, offset = HEAD.search(line).groups()
            if want(kind, path, int(offset)):
                yield json.loads(line)
        process.wait()
        errors.seek(0)
        assert process.returncode in statuses, errors.read()[-2000:]


# ---- records made up here ----

M365 = {"CreationTime": "2024-05-06T07:08:09", "Workload": "Exchange", "UserId": "Jo@House.example", "ClientIP": "192.0.2.7:4431",
        "OrganizationId": "t1", "RecordType": 1, "ResultStatus": "Succeeded", "Id": "x"}
MAIL = {**M365, "Operation": "MailItemsAccessed", "MailboxOwnerUPN": "Al@house.example", "ClientInfoString": "Client=OWA;Mozilla/5.0",
        "SessionId": "s1", "AppAccessContext": {"AADSessionId": "s1", "UniqueTokenId": "u1"}}
ENTRA = {**M365, "Workload": "AzureActiveDirectory", "ObjectId": "Al@house.example", "ActorIpAddress": "192.0.2.7"}
WINDOWS = {"Channel": "Security", "Computer": "FS01.house.example", "TimeCreated_SystemTime": "2024-05-06T07:08:09Z", "Provider_Name":
           "Microsoft-Windows-Security-Auditing", "Keywords": "0x8020000000000000", "SubjectUserName": "jo", "SubjectDomainName": "HOUSE", "SubjectLogonId": "0x1a4"}
SYSMON = {"Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "WS1", "TimeCreated_SystemTime": "2024-05-06T07:08:09Z", "User": "HOUSE\\jo",
          "Image": "C:\\a.exe"}
TRAIL = {"eventTime": "2024-05-06T07:08:09Z", "awsRegion": "eu-1", "userIdentity": {"arn": "arn:jo", "accessKeyId": "k1", "userName": "jo"},
         "sourceIPAddress": "192.0.2.7", "userAgent": "cli/2", "recipientAccountId": "99"}
GRAPH = {"createdDateTime": "2024-05-06T07:08:09Z", "userPrincipalName": "Jo@house.example", "appDisplayName": "Mail", "ipAddress": "192.0.2.7",
         "clientAppUsed": "Browser", "userAgent": "Mozilla/5.0", "sessionId": "s1", "uniqueTokenIdentifier": "u1", "status": {"errorCode": 0},
         "deviceDetail": {"deviceId": "d1", "displayName": "WS1"}}
AUDIT = {"activityDateTime": "2024-05-06T07:08:09Z", "initiatedBy": {"user": {"userPrincipalName": "Jo@house.example", "ipAddress": "192.0.2.7"}}, "result": "success"}
AZURE = {"time": "2024-05-06T07:08:09Z", "category": "Administrative", "resourceId": "/sub/1", "resultType": "Success", "callerIpAddress": "192.0.2.7",
         "identity": "jo"}
OKTA = {"published": "2024-05-06T07:08:09Z", "actor": {"alternateId": "Jo@house.example"}, "client": {"ipAddress": "192.0.2.7"}, "outcome": {"result": "SUCCESS"}}
ZEEK = {"ts": 1714979289.5, "uid": "C1", "id.orig_h": "10.0.0.7", "id.orig_p": 4431, "id.resp_h": "192.0.2.9", "id.resp_p": 443}
EVE = {"timestamp": "2024-05-06T07:08:09Z", "flow_id": 7, "src_ip": "10.0.0.7", "dest_ip": "192.0.2.9", "src_port": 4431, "dest_port": 443, "proto": "TCP"}


def cmdlet(operation, **parameters):
    return {**M365, "Operation": operation, "SessionId": "s1", "Parameters": [{"Name": n, "Value": v} for n, v in parameters.items()]}


def changed(operation, **properties):
    return {**ENTRA, "Operation": operation, "ModifiedProperties": [{"Name": n.replace("_", "."), "NewValue": v, "OldValue": ""} for n, v in properties.items()]}


def security(number, **more):
    return {**WINDOWS, "EventID": number, **more}


# Record, and the act: None, or its name and some of what is told ("" means: not told).
JSON = [
    # Microsoft 365: mail
    (MAIL | {"OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}], "OperationCount": 3,
             "Folders": [{"Path": "\\Inbox", "FolderItems": [{"InternetMessageId": "<1@x>"}, {"InternetMessageId": "<2@x>"}]}]},
     "mail-read", {"account": "jo@house.example", "target": "al@house.example", "address": "192.0.2.7", "items": 3, "object": "\\Inbox", "session": "s1", "verb": "u1",
                   "program": "Client=OWA;Mozilla/5.0"}),
    (MAIL | {"OperationProperties": [{"Name": "MailAccessType", "Value": "Sync"}], "Item": {"ParentFolder": {"Path": "\\Sent"}}}, "mail-sync",
     {"object": "\\Sent", "target": "al@house.example", "items": ""}),
    ({k: v for k, v in MAIL.items() if k not in ("SessionId", "AppAccessContext")} |
     {"UserId": "", "ClientAppId": "app-1", "AppId": "graph", "ClientInfoString": "Client=REST;Client=RESTSystem;;",
      "AppAccessContext": {"UniqueTokenId": "u2"}, "OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}]},
     "mail-read", {"account": "", "program": "app-1", "detail": "app-1", "session": "u2"}),
    (MAIL | {"Operation": "Send", "Item": {"Subject": "Hello", "InternetMessageId": "<3@x>"}}, "mail-send", {"object": "Hello", "detail": "<3@x>"}),
    (MAIL | {"Operation": "SendAs", "SendAsUserSmtp": "Boss@house.example"}, "mail-send", {"target": "boss@house.example"}),
    (MAIL | {"Operation": "HardDelete", "AffectedItems": [{"Id": "1"}, {"Id": "2"}], "Folder": {"Path": "\\Inbox"}}, "file-delete", {"items": 2, "object": "\\Inbox"}),
    (MAIL | {"Operation": "Create"}, None, {}),
    # rules, forwarding, delegates
    (cmdlet("New-InboxRule", Force="False", Name=".", ForwardTo="x@post.example", StopProcessingRules="True"), "rule-new",
     {"object": ".", "detail": "x@post.example", "target": "jo@house.example", "session": "s1"}),
    (cmdlet("New-InboxRule", Name="News", MoveToFolder="Reading"), "rule-new", {"object": "News", "detail": "move to Reading"}),
    (cmdlet("New-InboxRule", Name="bin", DeleteMessage="True"), "rule-new", {"object": "bin", "detail": "delete"}),
    (cmdlet("New-InboxRule", Name="bin", DeleteMessage="False"), "rule-new", {"object": "bin", "detail": ""}),
    (cmdlet("Set-InboxRule", Identity="al@house.example\\.", RedirectTo="y@post.example") | {"ObjectId": "al@house.example\\."}, "rule-new",
     {"object": ".", "detail": "y@post.example", "target": "al@house.example"}),
    (cmdlet("Remove-InboxRule", Identity="al@house.example\\.") | {"ObjectId": "al@house.example\\."}, "rule-end", {"object": ".", "target": "al@house.example"}),
    (cmdlet("Disable-InboxRule", Mailbox="Al@house.example", Identity="News"), "rule-end", {"target": "al@house.example"}),
    (cmdlet("Get-InboxRule", Mailbox="al@house.example"), None, {}),
    (cmdlet("New-TransportRule", Name="t", BlindCopyTo="z@post.example"), "rule-new", {"object": "t", "detail": "z@post.example", "target": ""}),
    (cmdlet("Remove-TransportRule", Identity="t") | {"ObjectId": "t"}, "rule-end", {"object": "t"}),
    (cmdlet("Set-Mailbox", Identity="al@house.example", ForwardingSmtpAddress="smtp:k@post.example") | {"ObjectId": "Al@house.example"}, "forward-new",
     {"target": "al@house.example", "detail": "k@post.example"}),
    (cmdlet("Set-Mailbox", Identity="al@house.example", ForwardingSmtpAddress="") | {"ObjectId": "Al@house.example"}, "forward-end", {"target": "al@house.example", "detail": ""}),
    (cmdlet("Set-Mailbox", Identity="al@house.example", ForwardingAddress="bo"), "forward-new", {"target": "al@house.example", "detail": "bo"}),
    (cmdlet("Set-Mailbox", Identity="al@house.example", ProhibitSendQuota="90 GB"), None, {}),
    (cmdlet("Set-Mailbox", Identity="al@house.example", AuditEnabled="False") | {"ObjectId": "Al@house.example"}, "audit-off", {"target": "al@house.example"}),
    (cmdlet("Set-Mailbox", Identity="al@house.example", AuditEnabled="True") | {"ObjectId": "Al@house.example"}, "audit-on", {"target": "al@house.example"}),
    (cmdlet("Set-AdminAuditLogConfig", UnifiedAuditLogIngestionEnabled="False"), "audit-off", {"object": "unified audit log"}),
    (cmdlet("Set-AdminAuditLogConfig", AdminAuditLogEnabled="True"), None, {}),
    (cmdlet("Add-MailboxPermission", Identity="Al@house.example", User="Bo@house.example", AccessRights="FullAccess"), "delegate-new",
     {"target": "al@house.example", "detail": "bo@house.example", "object": "FullAccess"}),
    (cmdlet("Remove-MailboxPermission", Identity="al@house.example", User="bo", AccessRights="FullAccess"), "delegate-end", {"target": "al@house.example", "detail": "bo"}),
    (cmdlet("Add-MailboxPermission", Identity="a", User="b") | {"UserId": "NT AUTHORITY\\SYSTEM (Host)", "UserType": 3}, None, {}),
    (cmdlet("New-MailboxExportRequest", Mailbox="al"), "export", {"object": "al", "target": "al"}),
    # the directory
    (changed("Consent to application.", ConsentContext_OnBehalfOfAll="False", ConsentAction_Permissions="[] => [[Scope: Mail.Read User.Read]]; ") | {"ObjectId": "app-1"}, "consent-new",
     {"object": "app-1", "detail": "Mail.Read User.Read", "target": "jo@house.example", "verb": "one"}),
    (changed("Consent to application.", ConsentContext_OnBehalfOfAll="True") | {"ObjectId": "app-1"}, "consent-new", {"verb": "everybody"}),
    (changed("Remove delegated permission grant.", DelegatedPermissionGrant_Scope="Mail.Read", ServicePrincipal_ObjectID="sp"), "consent-end", {"object": "sp", "detail": "Mail.Read"}),
    (changed("Add app role assignment to service principal.", AppRole_Value="Mail.ReadWrite", ServicePrincipal_AppId="app-1"), "consent-new", {"object": "app-1", "detail": "Mail.ReadWrite", "verb": "everybody"}),
    (changed("Add service principal credentials.") | {"ObjectId": "ServicePrincipal_sp1"}, "key-new", {"target": "sp1"}),
    (changed("Update application – Certificates and secrets management ", KeyDescription="[x]") | {"ObjectId": "Application_a1"}, "key-new", {"target": "a1", "detail": "[x]"}),
    (changed("Remove service principal credentials.") | {"ObjectId": "ServicePrincipal_sp1"}, "key-end", {"target": "sp1"}),
    (changed("Add member to role.", Role_DisplayName="Global Administrator"), "role-new", {"target": "al@house.example", "object": "Global Administrator"}),
    (changed("Remove member from role.", Role_DisplayName="Global Administrator"), "role-end", {"target": "al@house.example"}),
    (changed("Add member to group.", Group_DisplayName="Staff"), "role-new", {"object": "Staff", "target": "al@house.example"}),
    (changed("Add user."), "account-new", {"target": "al@house.example", "account": "jo@house.example"}),
    (changed("Disable account."), "account-end", {"target": "al@house.example"}),
    (changed("Delete user."), "account-end", {"target": "al@house.example"}),
    (changed("Reset user password."), "password", {"target": "al@house.example"}),
    (changed("Update StsRefreshTokenValidFrom Timestamp."), "sessions-end", {"target": "al@house.example"}),
    (changed("Update user.", StrongAuthenticationMethod="[..]"), "factor-new", {"target": "al@house.example"}),
    (changed("Update user.", Mobile="1"), None, {}),
    (changed("User registered security info."), "factor-new", {"target": "al@house.example"}),
    (changed("Add application.", DisplayName='[ "Helper" ]'), "app-new", {"object": "Helper"}),
    (changed("Update group."), None, {}),
    (ENTRA | {"Operation": "UserLoggedIn", "ExtendedProperties": [{"Name": "UserAgent", "Value": "Mozilla/5.0"}], "ApplicationId": "app-2",
              "DeviceProperties": [{"Name": "SessionId", "Value": "s1"}]}, "sign-in", {"account": "jo@house.example", "address": "192.0.2.7", "program": "Mozilla/5.0", "object": "app-2", "session": "s1"}),
    (ENTRA | {"Operation": "UserLoginFailed", "LogonError": "InvalidUserNameOrPassword"}, "sign-in", {"detail": "InvalidUserNameOrPassword"}),
    (M365 | {"Workload": "SharePoint", "Operation": "FileDownloaded", "ObjectId": "https://h/a.docx", "SiteUrl": "https://h/", "UserAgent": "curl/8"}, "file-read",
     {"object": "https://h/a.docx", "detail": "https://h/", "program": "curl/8", "account": "jo@house.example"}),
    (M365 | {"Workload": "OneDrive", "Operation": "FileUploaded", "ObjectId": "https://h/b"}, "file-write", {"object": "https://h/b"}),
    (M365 | {"Workload": "OneDrive", "Operation": "FileRecycled", "ObjectId": "https://h/b"}, "file-delete", {"object": "https://h/b"}),
    (M365 | {"Workload": "OneDrive", "Operation": "AnonymousLinkCreated", "ObjectId": "https://h/b"}, "opening-new", {"object": "https://h/b"}),
    (M365 | {"Workload": "SharePoint", "Operation": "PageViewed", "ObjectId": "https://h/b"}, None, {}),
    # Entra and Azure in their own dresses
    (GRAPH, "sign-in", {"account": "jo@house.example", "address": "192.0.2.7", "session": "s1", "object": "Mail", "verb": "Browser", "host": "WS1", "detail": "d1"}),
    (GRAPH | {"status": {"errorCode": 50126}, "authenticationProtocol": "deviceCode"}, "sign-in", {"verb": "deviceCode", "detail": "50126"}),
    ({k: v for k, v in GRAPH.items() if k != "sessionId"}, "sign-in", {"session": "u1"}),
    ({"time": "2024-05-06T07:08:09Z", "category": "SignInLogs", "properties": {k: v for k, v in GRAPH.items() if k != "createdDateTime"}}, "sign-in", {"session": "s1", "account": "jo@house.example"}),
    (AUDIT | {"activityDisplayName": "Consent to application", "targetResources": [{"displayName": "Helper", "modifiedProperties": [{"displayName": "ConsentAction.Permissions", "newValue": "Scope: Mail.Read]"}]}]},
     "consent-new", {"account": "jo@house.example", "target": "jo@house.example", "object": "Helper", "detail": "Mail.Read"}),
    ({"time": "2024-05-06T07:08:09Z", "category": "AuditLogs", "operationName": "Reset user password", "properties": {**AUDIT, "targetResources": [{"userPrincipalName": "Al@house.example"}]}},
     "password", {"target": "al@house.example", "account": "jo@house.example"}),
    ({"TimeGenerated": "2024-05-06T07:08:09Z", "ActivityDisplayName": "Add member to role", "OperationName": "Add member to role", "LoggedByService": "Core",
      "InitiatedBy": {"user": {"userPrincipalName": "jo@house.example"}}, "TargetResources": [{"userPrincipalName": "Al@house.example"}]}, "role-new", {"target": "al@house.example"}),
    (AUDIT | {"activityDisplayName": "Update user", "targetResources": []}, None, {}),
    (AZURE | {"operationName": "Microsoft.Compute/virtualMachines/write"}, "api-call", {"object": "Microsoft.Compute/virtualMachines/write", "detail": "/sub/1", "account": "jo"}),
    (AZURE | {"operationName": "MICROSOFT.AUTHORIZATION/roleAssignments/write"}, "role-new", {"object": "/sub/1"}),
    (AZURE | {"operationName": "Microsoft.Insights/diagnosticSettings/delete"}, "audit-off", {"object": "/sub/1"}),
    # AWS, Google, Okta
    (TRAIL | {"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "requestParameters": {"userName": "al"}, "responseElements": {"accessKey": {"accessKeyId": "AK"}}}, "key-new",
     {"account": "arn:jo", "target": "al", "object": "AK", "address": "192.0.2.7"}),
    (TRAIL | {"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey"}, "key-new", {"target": "jo"}),
    (TRAIL | {"eventSource": "iam.amazonaws.com", "eventName": "DeleteAccessKey", "requestParameters": {"userName": "al", "accessKeyId": "AK"}}, "key-end", {"object": "AK"}),
    (TRAIL | {"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "requestParameters": {"name": "t"}}, "audit-off", {"object": "t"}),
    (TRAIL | {"eventSource": "s3.amazonaws.com", "eventName": "GetObject", "requestParameters": {"bucketName": "b", "key": "k"}, "additionalEventData": {"bytesTransferredOut": 12}}, "file-read",
     {"object": "b/k", "amount": 12}),
    (TRAIL | {"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}}, "sign-in", {"verb": "ConsoleLogin"}),
    (TRAIL | {"eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances"}, "api-call", {"object": "DescribeInstances"}),
    ({"timestamp": "2024-05-06T07:08:09Z", "protoPayload": {"methodName": "google.iam.admin.v1.CreateServiceAccountKey", "serviceName": "iam.googleapis.com", "resourceName": "sa1",
      "authenticationInfo": {"principalEmail": "Jo@house.example"}, "requestMetadata": {"callerIp": "192.0.2.7"}}}, "key-new", {"account": "jo@house.example", "target": "sa1"}),
    ({"timestamp": "2024-05-06T07:08:09Z", "protoPayload": {"methodName": "storage.buckets.list", "serviceName": "storage.googleapis.com"}}, "api-call", {"object": "storage.buckets.list"}),
    ({"id": {"applicationName": "token", "time": "2024-05-06T07:08:09Z"}, "actor": {"email": "Jo@house.example"}, "ipAddress": "192.0.2.7", "name": "authorize",
      "parameters": {"client_id": "c1", "app_name": "Helper", "scope": "mail"}}, "consent-new", {"object": "c1", "verb": "Helper", "detail": "mail", "target": "jo@house.example"}),
    ({"id": {"applicationName": "login", "time": "2024-05-06T07:08:09Z"}, "actor": {"email": "jo@house.example"}, "name": "login_failure", "parameters": {"login_type": "google_password"}}, "sign-in",
     {"verb": "google_password"}),
    ({"id": {"applicationName": "login", "time": "2024-05-06T07:08:09Z"}, "name": "account_disabled_generic"}, None, {}),
    (OKTA | {"eventType": "user.session.start"}, "sign-in", {"account": "jo@house.example", "address": "192.0.2.7"}),
    (OKTA | {"eventType": "user.mfa.factor.deactivate", "target": [{"alternateId": "Al@house.example", "displayName": "push"}]}, "factor-end", {"target": "al@house.example", "object": "push"}),
    (OKTA | {"eventType": "user.session.clear", "target": [{"alternateId": "al@house.example"}]}, "sessions-end", {"target": "al@house.example"}),
    (OKTA | {"eventType": "policy.evaluate_sign_on"}, None, {}),
    ({"realmId": "r", "clientId": "c", "type": "LOGIN_ERROR", "ipAddress": "192.0.2.7", "time": 1714979289000, "details": {"username": "jo"}, "error": "invalid_user_credentials"}, "sign-in",
     {"account": "jo", "detail": "invalid_user_credentials", "object": "c"}),
    ({"realmId": "r", "clientId": "c", "type": "REFRESH_TOKEN", "ipAddress": "192.0.2.7", "time": 1714979289000}, None, {}),
    # Windows
    (security(4624, LogonType=3, TargetUserName="jo", TargetDomainName="HOUSE", TargetLogonId="0x1B", IpAddress="10.0.0.7", WorkstationName="WS1", AuthenticationPackageName="NTLM", LmPackageName="-"),
     "logon", {"account": "HOUSE\\jo", "host": "FS01.house.example", "address": "10.0.0.7", "detail": "WS1", "verb": "3", "object": "NTLM", "session": "0x1b", "target": ""}),
    (security(4624, LogonType=5, TargetUserName="SYSTEM", TargetDomainName="NT AUTHORITY"), None, {}),
    (security(4624, LogonType=3, TargetUserName="ANONYMOUS LOGON", TargetDomainName="NT AUTHORITY"), "logon", {"account": "NT AUTHORITY\\ANONYMOUS LOGON"}),
    (security(4625, LogonType=10, TargetUserName="al", TargetDomainName="HOUSE", IpAddress="-"), "logon", {"account": "HOUSE\\al", "verb": "10", "address": ""}),
    (security(4648, TargetUserName="al", TargetDomainName="HOUSE", TargetServerName="DC1", IpAddress="-"), "logon", {"account": "HOUSE\\jo", "target": "HOUSE\\al", "host": "DC1", "detail": "FS01.house.example", "verb": "explicit"}),
    (security(4648, TargetUserName="al", TargetDomainName="HOUSE", TargetServerName="localhost"), "logon", {"host": "FS01.house.example"}),
    (security(4634, TargetUserName="jo"), None, {}),
    (security(4672), None, {}),
    (security(4769, TargetUserName="jo@HOUSE", ServiceName="sql$", TicketEncryptionType="0x17", IpAddress="::ffff:10.0.0.7", Status="0x0"), "ticket", {"account": "jo@HOUSE", "object": "sql$", "verb": "0x17", "address": "10.0.0.7"}),
    (security(4776, TargetUserName="jo", Workstation="WS1", Status="0x0"), "sign-in", {"account": "jo", "detail": "WS1", "object": "NTLM"}),
    (security(4688, NewProcessName="C:\\a.exe", ParentProcessName="C:\\b.exe", CommandLine="a -x", TargetUserName="-", TargetDomainName="-"), "process",
     {"account": "HOUSE\\jo", "program": "C:\\a.exe", "object": "a -x", "detail": "C:\\b.exe"}),
    (security(4688, NewProcessName="C:\\a.exe", TargetUserName="al", TargetDomainName="HOUSE"), "process", {"account": "HOUSE\\al", "object": "C:\\a.exe"}),
    (security(4663, ObjectType="File", ObjectName="C:\\a.aspx", AccessList="%%1537\n\t\t\t\t", AccessMask="0x10000", ProcessName="C:\\c.exe"), "file-delete", {"object": "C:\\a.aspx", "detail": "C:\\c.exe"}),
    (security(4663, ObjectType="File", ObjectName="C:\\a", AccessList="%%4417 %%1537"), "file-write", {"object": "C:\\a"}),
    (security(4663, ObjectType="File", ObjectName="C:\\a", AccessList="%%4416"), "file-read", {"object": "C:\\a"}),
    (security(4663, ObjectType="Key", ObjectName="\\REGISTRY\\a", AccessList="%%4416"), None, {}),
    (security(5145, ShareName="\\\\*\\Docs", RelativeTargetName="a.docx", AccessList="%%4416", AccessMask="0x1", IpAddress="10.0.0.7"), "file-read", {"object": "a.docx", "detail": "\\\\*\\Docs", "address": "10.0.0.7"}),
    (security(5145, ShareName="\\\\*\\Docs", RelativeTargetName="a.docx", AccessList="%%4416 %%4417", AccessMask="0x3"), "file-write", {"object": "a.docx"}),
    (security(5145, ShareName="\\\\*\\Docs", RelativeTargetName="a.docx", AccessList="%%1537 %%1541", AccessMask="0x110000"), "file-delete", {"object": "a.docx"}),
    (security(5145, ShareName="\\\\*\\IPC$", RelativeTargetName="svcctl", AccessList="%%4416 %%4417", AccessMask="0x3"), "share-open", {"object": "\\\\*\\IPC$", "detail": "svcctl"}),
    (security(5145, ShareName="\\\\*\\Docs", RelativeTargetName="a", AccessList="%%4423", AccessMask="0x80"), None, {}),
    (security(5140, ShareName="\\\\*\\C$", ShareLocalPath="\\??\\C:\\", IpAddress="10.0.0.7"), "share-open", {"object": "\\\\*\\C$"}),
    (security(4697, ServiceName="s", ServiceFileName="C:\\s.exe", ServiceAccount="LocalSystem"), "service-new", {"object": "s", "detail": "C:\\s.exe", "target": "LocalSystem", "account": "HOUSE\\jo"}),
    (security(4698, TaskName="\\t", TaskContent="<Exec>\n<Command>C:\\t.exe</Command>\n<Arguments>-x</Arguments></Exec>"), "task-new", {"object": "\\t", "detail": "C:\\t.exe"}),
    (security(4699, TaskName="\\t"), "task-end", {"object": "\\t"}),
    (security(4720, TargetUserName="al", TargetDomainName="HOUSE"), "account-new", {"target": "HOUSE\\al", "account": "HOUSE\\jo"}),
    (security(4726, TargetUserName="al", TargetDomainName="HOUSE"), "account-end", {"target": "HOUSE\\al"}),
    (security(4724, TargetUserName="al", TargetDomainName="HOUSE"), "password", {"target": "HOUSE\\al"}),
    (security(4732, TargetUserName="Administrators", TargetDomainName="Builtin", MemberName="-", MemberSid="S-1-5-9"), "role-new", {"target": "S-1-5-9", "object": "Builtin\\Administrators"}),
    (security(4733, TargetUserName="Administrators", TargetDomainName="Builtin", MemberName="CN=Al"), "role-end", {"target": "CN=Al"}),
    (security(1102), "log-clear", {"object": "Security", "account": "HOUSE\\jo"}),
    (security(4719, AuditPolicyChanges="%%8448, %%8450", SubcategoryId="%%12288"), "audit-off", {"object": "%%12288"}),
    (security(4719, AuditPolicyChanges="%%8449", SubcategoryId="%%12288"), "audit-on", {"object": "%%12288"}),
    (security(4662, Properties="%%7688 {1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}", ObjectName="%{1}"), "export", {"object": "%{1}", "account": "HOUSE\\jo"}),
    (security(4662, Properties="%%7688 {bf967aba-0de6-11d0-a285-00aa003049e2}", ObjectName="%{1}"), None, {}),
    (security(5136, AttributeLDAPDisplayName="msDS-KeyCredentialLink", OperationType="%%14674", ObjectDN="CN=Al"), "key-new", {"target": "CN=Al"}),
    (security(5136, AttributeLDAPDisplayName="msDS-KeyCredentialLink", OperationType="%%14675", ObjectDN="CN=Al"), "key-end", {"target": "CN=Al"}),
    (security(4657, ObjectName="\\REGISTRY\\MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run", ObjectValueName="x", OperationType="%%1904", NewValue="C:\\x.exe"), "autorun-new",
     {"object": "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\x", "detail": "C:\\x.exe"}),
    (security(4657, ObjectName="\\REGISTRY\\MACHINE\\SOFTWARE\\A", ObjectValueName="x", OperationType="%%1904", NewValue="1"), None, {}),
    (WINDOWS | {"Channel": "System", "EventID": 7045, "Provider_Name": "Service Control Manager", "ServiceName": "s", "ImagePath": "C:\\s.exe", "AccountName": "LocalSystem"}, "service-new", {"object": "s", "detail": "C:\\s.exe"}),
    (WINDOWS | {"Channel": "System", "EventID": 7045, "Provider_Name": "Other"}, None, {}),
    (WINDOWS | {"Channel": "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "EventID": 2004, "RuleName": "r", "Direction": 1, "Action": 3, "Protocol": 6, "LocalPorts": "99", "ModifyingApplication": "C:\\n.exe"},
     "opening-new", {"object": "r", "verb": "99/tcp", "program": "C:\\n.exe"}),
    (WINDOWS | {"Channel": "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "EventID": 2004, "RuleName": "r", "Direction": 2, "Action": 3}, None, {}),
    (WINDOWS | {"Channel": "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "EventID": 2004, "RuleName": "r", "Direction": 1, "Action": 2}, None, {}),
    (WINDOWS | {"Channel": "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "EventID": 2006, "RuleName": "r"}, "opening-end", {"object": "r"}),
    (WINDOWS | {"Channel": "MSExchange Management", "EventID": 1, "Data": ["New-MailboxExportRequest", '-Mailbox "al" -FilePath "\\\\FS\\a.pst"', "house.example/jo"]}, "export", {"object": "al", "detail": "\\\\FS\\a.pst"}),
    (WINDOWS | {"Channel": "MSExchange Management", "EventID": 1, "Data": ["Get-Mailbox", '-Identity "al"', "house.example/jo"]}, None, {}),
    (SYSMON | {"EventID": 1, "CommandLine": "a -x", "ParentImage": "C:\\b.exe", "LogonId": "0x2"}, "process", {"account": "HOUSE\\jo", "object": "a -x", "detail": "C:\\b.exe", "program": "C:\\a.exe"}),
    (SYSMON | {"EventID": 3, "SourceIp": "10.0.0.7", "DestinationIp": "192.0.2.9", "DestinationPort": 443, "Protocol": "tcp"}, "connection", {"verb": "443/tcp", "server": "192.0.2.9", "program": "C:\\a.exe"}),
    (SYSMON | {"EventID": 11, "TargetFilename": "C:\\x"}, "file-write", {"object": "C:\\x", "detail": "C:\\a.exe"}),
    (SYSMON | {"EventID": 11, "TargetFilename": "C:\\Users\\jo\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\x.lnk"}, "autorun-new", {}),
    (SYSMON | {"EventID": 22, "QueryName": "a.example", "QueryResults": "192.0.2.9"}, "lookup", {"object": "a.example"}),
    (SYSMON | {"EventID": 13, "EventType": "SetValue", "TargetObject": "HKU\\S\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\x", "Details": "C:\\x.exe"}, "autorun-new", {"detail": "C:\\x.exe"}),
    (SYSMON | {"EventID": 13, "EventType": "SetValue", "TargetObject": "HKU\\S\\Software\\Microsoft\\Windows\\CurrentVersion\\Runtime\\x", "Details": "1"}, None, {}),
    (SYSMON | {"EventID": 10, "TargetImage": "C:\\lsass.exe"}, None, {}),
    # the wire
    (ZEEK | {"_path": "conn", "conn_state": "SF", "proto": "tcp", "service": "ssl", "orig_bytes": 7, "resp_bytes": 9}, "connection",
     {"address": "10.0.0.7", "server": "192.0.2.9", "verb": "443/tcp", "amount": 7, "detail": "9", "object": "ssl"}),
    (ZEEK | {"_path": "dns", "query": "a.example", "qtype_name": "A"}, "lookup", {"object": "a.example", "verb": "A"}),
    (ZEEK | {"_path": "http", "host": "a.example", "uri": "/x", "method": "GET", "status_code": 200, "response_body_len": 5, "user_agent": "curl"}, "web-visit", {"object": "a.example/x", "verb": "GET 200", "amount": 5}),
    (ZEEK | {"_path": "http", "id.resp_h": "172.20.0.1", "host": "in.example", "uri": "/x", "method": "GET"}, "web-request", {"host": "in.example", "object": "/x", "verb": "GET"}),
    (ZEEK | {"_path": "http", "id.resp_h": "172.2.0.1", "host": "out.example", "uri": "/x", "method": "GET"}, "web-visit", {"object": "out.example/x"}),
    (ZEEK | {"_path": "http", "id.resp_h": "10.0.0.1", "host": "out.example", "uri": "http://out.example/x", "method": "GET"}, "web-visit", {"object": "http://out.example/x"}),
    (ZEEK | {"_path": "ssl", "server_name": "a.example"}, "web-visit", {"object": "a.example", "verb": "TLS"}),
    (ZEEK | {"_path": "dhcp", "host_name": "ws1", "assigned_addr": "10.0.0.8"}, "host-name", {"host": "ws1", "address": "10.0.0.8"}),
    (ZEEK | {"_path": "weird", "name": "x"}, None, {}),
    (EVE | {"event_type": "flow", "app_proto": "tls", "flow": {"bytes_toserver": 7, "bytes_toclient": 9}}, "connection", {"verb": "443/tcp", "amount": 7, "detail": "9"}),
    (EVE | {"event_type": "dns", "dns": {"type": "query", "rrname": "a.example", "rrtype": "A"}}, "lookup", {"object": "a.example"}),
    (EVE | {"event_type": "dns", "dns": {"type": "answer", "rrname": "a.example"}}, None, {}),
    (EVE | {"event_type": "tls", "tls": {"sni": "a.example"}}, "web-visit", {"object": "a.example"}),
    (EVE | {"event_type": "alert", "alert": {"signature": "s"}}, None, {}),
    # what else comes as JSON
    ({"timestamp": "2024-05-06T07:08:09Z", "env_from": "x@out.example", "hdr_from": "X@out.example", "hdr_to": "jo@house.example", "recipient_count": 1, "message_id": "m", "subject": "Hi", "src_ip": "192.0.2.9",
      "recipients": [{"action": "allowed", "email": "Jo@house.example"}], "size": 100}, "mail-out", {"account": "x@out.example", "object": "jo@house.example", "detail": "Hi", "address": "192.0.2.9", "amount": 100}),
    ({"auditID": "1", "verb": "create", "stage": "ResponseComplete", "requestReceivedTimestamp": "2024-05-06T07:08:09Z", "user": {"username": "jo"}, "objectRef": {"resource": "clusterrolebindings", "name": "b"},
      "requestObject": {"roleRef": {"name": "cluster-admin"}, "subjects": [{"name": "al"}]}}, "role-new", {"object": "cluster-admin", "target": "al", "account": "jo"}),
    ({"action": "org.add_member", "actor": "jo", "created_at": 1714979289000, "org": "o", "user": "al"}, "role-new", {"target": "al", "account": "jo"}),
]

SYSLOG = "May  6 07:08:09 h1 "
# Lines; a file each, as a log of one program is.
LINES = [
    (SYSLOG + "sshd[7]: Accepted publickey for jo from 192.0.2.7 port 4431 ssh2: RSA SHA256:x", "logon", {"account": "jo", "host": "h1", "address": "192.0.2.7", "verb": "ssh", "object": "publickey"}),
    (SYSLOG + "sshd[7]: Failed password for invalid user al from 192.0.2.7 port 4431 ssh2", "logon", {"account": "al", "address": "192.0.2.7"}),
    (SYSLOG + "sshd[7]: input_userauth_request: invalid user al [preauth]", None, {}),
    (SYSLOG + "sshd[7]: pam_unix(sshd:session): session opened for user jo by (uid=0)", None, {}),
    (SYSLOG + "sudo:  jo : TTY=pts/0 ; PWD=/home/jo ; USER=root ; COMMAND=/usr/bin/id -u", "process", {"account": "jo", "target": "root", "object": "/usr/bin/id -u", "program": "/usr/bin/id", "detail": "sudo"}),
    (SYSLOG + "su: Successful su for root by jo", "logon", {"account": "jo", "target": "root", "verb": "su"}),
    (SYSLOG + "useradd[7]: new user: name=al, UID=1001, GID=1001, home=/home/al, shell=/bin/sh", "account-new", {"target": "al", "host": "h1"}),
    (SYSLOG + "useradd[7]: new group: name=al, GID=1001", None, {}),
    (SYSLOG + "userdel[7]: delete user 'al'", "account-end", {"target": "al"}),
    (SYSLOG + "usermod[7]: add 'al' to group 'sudo'", "role-new", {"target": "al", "object": "sudo"}),
    (SYSLOG + "CRON[7]: (root) CMD (/usr/bin/x -y)", "process", {"account": "root", "object": "/usr/bin/x -y", "program": "/usr/bin/x", "detail": "cron"}),
    (SYSLOG + "dhcpd: DHCPACK on 10.0.0.8 to 00:11:22:33:44:55 (ws1) via eth0", "host-name", {"host": "ws1", "address": "10.0.0.8", "object": "00:11:22:33:44:55"}),
    (SYSLOG + "dhcpd: DHCPACK on 10.0.0.8 to 00:11:22:33:44:55 via eth0", None, {}),
    (SYSLOG + "named[7]: client 10.0.0.7#53: query: a.example IN A + (10.0.0.1)", "lookup", {"object": "a.example", "address": "10.0.0.7", "verb": "A"}),
    (SYSLOG + "dovecot: imap-login: Login: user=<jo@house.example>, method=PLAIN, rip=192.0.2.7, lip=10.0.0.1, mpid=7, TLS, session=<x>", "sign-in", {"account": "jo@house.example", "address": "192.0.2.7", "object": "imap", "verb": "PLAIN"}),
    (SYSLOG + "postfix/smtp[7]: ABC: to=<x@out.example>, relay=mx.out.example[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (ok)", "mail-out", {"object": "x@out.example", "server": "192.0.2.9", "session": "ABC", "verb": "sent", "account": ""}),
    (SYSLOG + "kernel: [UFW BLOCK] IN=eth0 OUT= MAC= SRC=192.0.2.9 DST=10.0.0.7 LEN=40 PROTO=TCP SPT=1 DPT=22", "connection", {"address": "192.0.2.9", "server": "10.0.0.7", "verb": "22/tcp"}),
    (SYSLOG + "%ASA-6-302013: Built outbound TCP connection 7 for outside:192.0.2.9/443 (192.0.2.9/443) to inside:10.0.0.7/4431 (192.0.2.1/4431)", "connection", {"address": "10.0.0.7", "server": "192.0.2.9", "verb": "443/tcp"}),
    (SYSLOG + "%ASA-6-302014: Teardown TCP connection 7 for outside:192.0.2.9/443 to inside:10.0.0.7/4431 duration 0:00:01 bytes 100 TCP FINs", None, {}),
    ('192.0.2.7 - jo [06/May/2024:07:08:09 +0000] "POST /a.php?b=c HTTP/1.1" 200 12 "-" "curl/8"', "web-request",
     {"address": "192.0.2.7", "account": "jo", "object": "/a.php?b=c", "verb": "POST 200", "detail": "", "program": "curl/8", "amount": 12}),
    ('10.0.0.7 - jo [06/May/2024:07:08:09 +0000] "CONNECT a.example:443 HTTP/1.1" 200 12 "-" "curl/8"', "web-visit", {"object": "a.example:443", "account": "jo", "verb": "CONNECT 200"}),
    ('10.0.0.7 - - [06/May/2024:07:08:09 +0000] "GET http://a.example/x HTTP/1.1" 302 - "http://r.example/" "curl/8"', "web-visit", {"object": "http://a.example/x", "detail": "http://r.example/", "verb": "GET 302"}),
    ("#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-bytes\n"
     "2024-05-06 07:08:09 10.0.0.1 GET /owa/ a=b 443 HOUSE\\jo 192.0.2.7 Mozilla/5.0+(X11) - 200 77", "web-request",
     {"server": "10.0.0.1", "object": "/owa/?a=b", "account": "HOUSE\\jo", "program": "Mozilla/5.0 (X11)", "verb": "GET 200", "amount": 77, "detail": ""}),
    ("1714979289.123    10 10.0.0.7 TCP_MISS/200 99 GET http://a.example/x jo HIER_DIRECT/192.0.2.9 text/html", "web-visit", {"object": "http://a.example/x", "account": "jo", "server": "192.0.2.9", "verb": "GET 200", "amount": 99}),
    ('date=2024-05-06 time=07:08:09 devname="F1" devid="F" eventtime=1714979289000000000 tz="+0000" logid="1" type="event" subtype="vpn" level="information" vd="root" action="tunnel-up" tunneltype="ssl-tunnel" tunnelid=7 remip=192.0.2.7 tunnelip=10.9.0.8 user="jo" reason="N/A"',
     "sign-in", {"account": "jo", "address": "192.0.2.7", "host": "F1", "detail": "10.9.0.8", "session": "7"}),
    ('date=2024-05-06 time=07:08:09 devname="F1" devid="F" eventtime=1714979289000000000 tz="+0000" logid="1" type="event" subtype="vpn" level="information" vd="root" action="tunnel-down" tunneltype="ssl-tunnel" tunnelid=7 remip=192.0.2.7 user="jo" sentbyte=100',
     "sign-out", {"account": "jo", "session": "7", "amount": 100}),
    ('date=2024-05-06 time=07:08:09 devname="F1" devid="F" eventtime=1714979289000000000 tz="+0000" logid="1" type="traffic" subtype="forward" level="notice" vd="root" srcip=10.0.0.7 dstip=192.0.2.9 dstport=443 proto=6 action="close" sentbyte=5 rcvdbyte=9',
     "connection", {"verb": "443/tcp", "amount": 5, "detail": "9"}),
    ('date=2024-05-06 time=07:08:09 devname="F1" devid="F" eventtime=1714979289000000000 tz="+0000" logid="1" type="event" subtype="system" level="information" vd="root" cfgpath="firewall.policy" cfgobj="9" cfgattr="srcaddr[all]" action="Add" user="jo"',
     "opening-new", {"object": "firewall.policy 9", "account": "jo", "detail": "srcaddr[all]"}),
    ("CUCM01: May 06 2024 07:08:09 UTC : %UC_AUDITLOG-4-AdministrativeEvent: %[ UserID =jo][ ClientAddress =10.0.0.7][ Severity =4][ EventType =CDRExport][ ResourceAccessed=CAR][EventStatus =Success][CompulsoryEvent =No][AuditCategory =AdministrativeEvent][ComponentID =Cisco CAR]"
     "[AuditDetails =Exported CDR records of 2024-04][App ID=Cisco CAR][Cluster ID=c][Node ID=N1]: Audit Event is generated by this application", "export", {"account": "jo", "address": "10.0.0.7", "object": "Exported CDR records of 2024-04", "host": "N1"}),
]


def compare(name, event, act, told):
    got = event.get("act")
    assert (got or {}).get("act") == act, f"{name}: {got} of {event['kind']} instead of {act}"
    for key, value in told.items():
        assert str(got.get(key, "")) == str(value), f"{name}: {key} is {got.get(key)!r}, not {value!r}: {got}"


def made_up(folder):
    path = folder / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record, _, _ in JSON), encoding="utf-8")
    found = list(events(path))
    assert len(found) == len(JSON), (len(found), len(JSON))
    for (record, act, told), event in zip(JSON, found):
        assert event["kind"], record
        compare(json.dumps(record)[:300], event, act, told)
    for i, (text, act, told) in enumerate(LINES):
        path = folder / f"{i}.log"
        path.write_text(text + "\n", encoding="utf-8")
        found = list(events(path))
        assert len(found) == 1, (text, found)
        compare(text, found[0], act, told)
    return f"{len(JSON) + len(LINES)} records"


# ---- an exercise ----

def account_of(text):
    """finn.wagner, however it is written."""
    return text.lower().split("\\")[-1].split("@")[0]


# What the exercise says of its events, and what their acts must say. {}: groups of the words.
WHAT = [
    (r"signed in as (?P<account>\S+) from (?P<address>\S+)$", "sign-in", ("account", "address")),
    (r"the provider's account comes from (?P<address>\S+)$", "sign-in", ("address",)),
    (r"the provider's account leaves$", "sign-out", ()),
    (r"inbox rule of (?P<target>\S+) sends mail on$", "rule-new", ("target",)),
    (r"mailbox of (?P<target>\S+) sends all mail on$", "forward-new", ("target",)),
    (r"(?P<account>\S+) lets the application .* read mail$", "consent-new", ("account",)),
    (r"the application reads the mailbox of (?P<target>\S+)$", "mail-read", ("target",)),
    (r"(?P<account>\S+) comes to (?P<host>\S+)$", "logon", ("account", "host")),
    (r"(?P<account>\S+) reads (?P<object>\S.*)$", "file-read", ("account", "object")),
    (r"(?P<amount>\d+) bytes from \S+ to (?P<server>\S+)$", "connection", ("amount", "server")),
    (r"(?P<account>\S+) opened the tracking mail$", "web-visit", ("account",)),
    (r"call records of .* exported$", "export", ()),
]


def truth(folder):
    subprocess.run([BINARY, "exercise", "--seed", "9", "--years", "2", "-o", str(folder / "drill")], check=True, capture_output=True, timeout=600)
    told = json.loads((folder / "drill/TRUTH.json").read_text(encoding="utf-8"))
    wanted = {(re.sub(r"^evidence/", "", item["file"]), item["offset"]) for intrusion in told["intrusions"] for item in intrusion["events"]}
    places = {}
    for event in events(folder / "drill/evidence", want=lambda _, path, offset: (path.split("/drill/evidence/")[1], offset) in wanted):
        places[event["evidence_path"].split("/drill/evidence/")[1], event["offset"]] = event
    seen, checked = collections.Counter(), collections.Counter()
    for intrusion in told["intrusions"]:
        known = {account_of(text) for text in intrusion["accounts"]} | {text.lower() for text in intrusion["addresses"] + intrusion["hosts"]}
        for item in intrusion["events"]:
            event = places[re.sub(r"^evidence/", "", item["file"]), item["offset"]]
            act = event.get("act")
            if item["source"] == "mail":
                assert act is None, event
                continue
            assert act, (item, event)
            seen[act["act"]] += 1
            texts = {account_of(str(act.get(key, ""))) for key in ("account", "target")}
            texts |= {str(act.get(key, "")).lower() for key in ("address", "server")}
            texts |= {str(act.get(key, "")).lower().split(".")[0] for key in ("host", "detail")}
            words = {account_of(word) for word in item["what"].split()}
            assert texts & (known | {h.split(".")[0] for h in known} | words), (item, act)
            for pattern, name, keys in WHAT:
                match = re.match(pattern, item["what"])
                if not match or (name != act["act"] and name != "web-visit"):
                    continue
                checked[name] += 1
                for key in keys:
                    want, got = match.group(key).lower(), str(act.get(key, "")).lower()
                    if not got and name == "web-visit":
                        continue  # the wire knows no accounts
                    if key in ("account", "target"):
                        want, got = account_of(want), account_of(got)
                    if key == "amount":  # they go out, whoever made the connection
                        assert want in (got, act["detail"]), (item, act)
                        continue
                    if key == "server":
                        assert want in (got, act["address"]), (item, act)
                        continue
                    if key == "host":
                        want, got = want.split(".")[0], got.split(".")[0]
                    assert want == got, (item, key, act)
                break
    assert sum(seen.values()) > 500, seen
    missing = {name for _, name, _ in WHAT} - set(checked)
    assert not missing, missing
    return f"{sum(seen.values())} events, of {len(seen)} acts"


# ---- the shared logs ----

# Kinds all of whose events with a time are one act, and what such events always tell.
ALWAYS = {
    "m365/entra/UserLoggedIn": ("sign-in", "account object tenant"),
    "m365/entra/UserLoginFailed": ("sign-in", "account detail"),
    "m365/exchange/Send": ("mail-send", "account target program"),
    "m365/exchange/New-InboxRule": ("rule-new", "account target object detail"),
    "m365/entra/Consent to application.": ("consent-new", "account object detail"),
    "m365/entra/Add member to role.": ("role-new", "target object"),
    "windows/sysmon/1": ("process", "account host program object"),
    "windows/sysmon/3": ("connection", "address server verb"),
    "windows/sysmon/22": ("lookup", "host object"),
    "windows/security/4625": ("logon", "account host verb"),
    "windows/security/4648": ("logon", "host target detail"),
    "windows/security/4688": ("process", "account host program object"),
    "windows/security/5140": ("share-open", "account host address object"),
    "windows/security/5156": ("connection", "address server program"),
    "windows/security/4720": ("account-new", "account target host"),
    "windows/security/4728": ("role-new", "account target object"),
    "windows/security/1102": ("log-clear", "host object"),
    "windows/system/104": ("log-clear", "host object"),
    "windows/security/kerberos/4769": ("ticket", "account object verb address"),
    "zeek/conn": ("connection", "address server verb"),
    "web/access": ("web-request", "address verb"),
    "web/iis": ("web-request", "server object verb"),
    "call/asterisk": ("call", "account object session"),
    "call/mobile": ("call", "account object host"),
}


def shared(folder):
    names = ("m365", "evtx", "windows-json", "zeek", "web", "cdr")
    if not all((SHARED / "data" / name).is_dir() for name in names):
        return "SKIP: no shared data (set LONGWATCH_SHARED)"
    counts = collections.Counter()
    for event in events(*(SHARED / "data" / name for name in names), statuses=(0, 3), want=lambda kind, *_: kind in ALWAYS):  # some are damaged
        rule = ALWAYS[event["kind"]]
        if event["time"] is None:
            assert "act" not in event, event
            continue
        counts[event["kind"]] += 1
        assert event.get("act", {}).get("act") == rule[0], (event["kind"], event.get("act"))
        for key in rule[1].split():
            assert event["act"].get(key), (event["kind"], key, event["act"], event["fields"])
    assert set(ALWAYS) == set(counts), set(ALWAYS) - set(counts)
    # Mailbox audit, by what the records themselves say.
    read = collections.Counter()
    for event in events(SHARED / "data/m365", statuses=(0, 3), want=lambda kind, *_: kind == "m365/exchange/MailItemsAccessed"):
        fields = event["fields"]
        way = fields["OperationProperties.MailAccessType"][0]
        assert event["act"]["act"] == {"Bind": "mail-read", "Sync": "mail-sync"}[way], event
        assert event["act"].get("items", 0) == int(fields.get("OperationCount", 0) if way == "Bind" else 0), event
        read[way] += 1
    assert read["Bind"] and read["Sync"], read
    return f"{sum(counts.values())} events of {len(counts)} kinds"


def main():
    for check in (made_up, truth, shared):
        with tempfile.TemporaryDirectory() as folder:
            print(f"{check.__name__}: {check(pathlib.Path(folder))}", flush=True)


if __name__ == "__main__":
    main()
