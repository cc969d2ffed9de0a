/* test_instant: times as logs write them, the ends of the range, and every day of the calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instant.h"

/* when as text; "" stands for: read, but out of range. NULL: not readable. */
static const struct {
    const char *text, *when;
    int digits;
    bool zone;
    int32_t offset_s;
} cases[] = {
    {"2021-03-14T01:40:19Z", "2021-03-14T01:40:19Z", 0, true, 0},
    {"2021-03-14T01:40:19.5Z", "2021-03-14T01:40:19.500Z", 1, true, 0},
    {"2021-03-14T01:40:19.197Z", "2021-03-14T01:40:19.197Z", 3, true, 0},
    {"2021-03-14T01:40:19.1970001Z", "2021-03-14T01:40:19.1970001Z", 7, true, 0},
    {"2021-03-14T01:40:19.123456789Z", "2021-03-14T01:40:19.123456789Z", 9, true, 0},
    {"2021-03-14T01:40:19.1234567899999Z", "2021-03-14T01:40:19.123456789Z", 9, true, 0},
    {"2021-03-14 01:40:19,197", "2021-03-14T01:40:19.197Z", 3, false, 0},
    {"2021-03-14 01:40:19", "2021-03-14T01:40:19Z", 0, false, 0},
    {"2021-03-14t01:40:19z", "2021-03-14T01:40:19Z", 0, true, 0},
    {"2021-03-14T01:40", "2021-03-14T01:40:00Z", 0, false, 0},
    {"2021-03-14", "2021-03-14T00:00:00Z", 0, false, 0},
    {"2021-03-14T01:40:19+01:00", "2021-03-14T00:40:19Z", 0, true, 3600},
    {"2021-03-14T01:40:19+0530", "2021-03-13T20:10:19Z", 0, true, 19800},
    {"2021-03-14T01:40:19-08", "2021-03-14T09:40:19Z", 0, true, -28800},
    {"2021-03-14 01:40:19 +0000", "2021-03-14T01:40:19Z", 0, true, 0},
    {"2021-03-14 01:40:19 UTC", "2021-03-14T01:40:19Z", 0, true, 0},
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 0, true, 0},
    {"2020-02-29T00:00:00Z", "2020-02-29T00:00:00Z", 0, true, 0},
    {"2000-02-29", "2000-02-29T00:00:00Z", 0, false, 0},
    {"1615686019", "2021-03-14T01:40:19Z", 0, true, 0},
    {"1615686019.25", "2021-03-14T01:40:19.250Z", 2, true, 0},
    {"1615686019.197:4711", "2021-03-14T01:40:19.197Z", 3, true, 0},
    {"1615686019197", "2021-03-14T01:40:19.197Z", 3, true, 0},
    {"1615686019197001", "2021-03-14T01:40:19.197001Z", 6, true, 0},
    {"1615686019197001002", "2021-03-14T01:40:19.197001002Z", 9, true, 0},
    {"0", "1970-01-01T00:00:00Z", 0, true, 0},
    {"-1", "1969-12-31T23:59:59Z", 0, true, 0},
    {"-0.5", "1969-12-31T23:59:59.500Z", 1, true, 0},
    {"9223372036.854775807", "2262-04-11T23:47:16.854775807Z", 9, true, 0},
    {"-9223372036.854775807", "1677-09-21T00:12:43.145224193Z", 9, true, 0},
    {"2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775807Z", 9, true, 0},
    {"1677-09-21T00:12:43.145224193Z", "1677-09-21T00:12:43.145224193Z", 9, true, 0},
    {"2262-04-11T23:47:16.854775808Z", "", 9, true, 0},
    {"1677-09-21T00:12:43.145224192Z", "", 9, true, 0}, /* would be INSTANT_NONE itself */
    {"9999-12-31T23:59:59Z", "", 0, true, 0},
    {"0001-01-01T00:00:00", "", 0, false, 0},

    /* US: month first, a 12-hour clock or a 24-hour one */
    {"5/18/2021 9:13:33 PM", "2021-05-18T21:13:33Z", 0, false, 0},
    {"5/18/2021 9:13:33 AM", "2021-05-18T09:13:33Z", 0, false, 0},
    {"5/18/2021 9:13:33PM", "2021-05-18T21:13:33Z", 0, false, 0},
    {"5/18/2021 9:13 pm", "2021-05-18T21:13:00Z", 0, false, 0},
    {"5/18/2021 12:00:00 AM", "2021-05-18T00:00:00Z", 0, false, 0},
    {"5/18/2021 12:00:00 PM", "2021-05-18T12:00:00Z", 0, false, 0},
    {"5/18/2021, 9:13:33 PM", "2021-05-18T21:13:33Z", 0, false, 0},
    {"5/18/2021, 9:13:33\xe2\x80\xafPM", "2021-05-18T21:13:33Z", 0, false, 0},
    {"5/18/2021 9:13:33.25 PM", "2021-05-18T21:13:33.250Z", 2, false, 0},
    {"05/18/2021 21:13:33", "2021-05-18T21:13:33Z", 0, false, 0},
    {"5/18/2021 21:13", "2021-05-18T21:13:00Z", 0, false, 0},
    {"5/18/2021 21:13:33 +02:00", "2021-05-18T19:13:33Z", 0, true, 7200},
    {"5/18/2021", "2021-05-18T00:00:00Z", 0, false, 0},
    {"3/4/2021", "2021-03-04T00:00:00Z", 0, false, 0},
    {"14/3/2021 7:12", "2021-03-14T07:12:00Z", 0, false, 0}, /* no month 14 */
    /* slashes and points */
    {"2019/08/25 23:59:53", "2019-08-25T23:59:53Z", 0, false, 0},
    {"2019/08/25 23:59:53.123", "2019-08-25T23:59:53.123Z", 3, false, 0},
    {"2019/8/5", "2019-08-05T00:00:00Z", 0, false, 0},
    {"2005.11.09 12:01:01", "2005-11-09T12:01:01Z", 0, false, 0},
    {"2005.11.09", "2005-11-09T00:00:00Z", 0, false, 0},
    {"9.11.2005 12:01:01", "2005-11-09T12:01:01Z", 0, false, 0},
    {"29.02.2020, 12:01", "2020-02-29T12:01:00Z", 0, false, 0},
    /* Apache */
    {"04/Dec/2005:04:47:44 +0300", "2005-12-04T01:47:44Z", 0, true, 10800},
    {"[04/Dec/2005:04:47:44 +0300]", "2005-12-04T01:47:44Z", 0, true, 10800},
    {"04/Dec/2005:04:47:44", "2005-12-04T04:47:44Z", 0, false, 0},
    /* asctime, and date(1) */
    {"Sun Dec 04 04:47:44 2005", "2005-12-04T04:47:44Z", 0, false, 0},
    {"[Sun Dec 04 04:47:44 2005]", "2005-12-04T04:47:44Z", 0, false, 0},
    {"Sun Dec 04 04:47:44.123456 2005", "2005-12-04T04:47:44.123456Z", 6, false, 0},
    {"Sun Dec  4 04:47:44 2005", "2005-12-04T04:47:44Z", 0, false, 0},
    {"Sun Dec  4 04:47:44 UTC 2005", "2005-12-04T04:47:44Z", 0, true, 0},
    {"Sun Dec  4 04:47:44 CET 2005", "2005-12-04T03:47:44Z", 0, true, 3600},
    {"Sun Dec  4 04:47:44 CST 2005", "2005-12-04T04:47:44Z", 0, false, 0}, /* Chicago, Havana, Shanghai */
    {"Sat Feb 29 04:47:44 2020", "2020-02-29T04:47:44Z", 0, false, 0},
    /* RFC 5322 */
    {"Tue, 15 Nov 1994 08:12:31 GMT", "1994-11-15T08:12:31Z", 0, true, 0},
    {"Tue, 15 Nov 1994 08:12:31 +0100", "1994-11-15T07:12:31Z", 0, true, 3600},
    {"15 Nov 1994 08:12:31 -0500", "1994-11-15T13:12:31Z", 0, true, -18000},
    {"Tue, 15 Nov 1994 08:12 +0100 (CET)", "1994-11-15T07:12:00Z", 0, true, 3600},
    {"Wed, 1 Nov 94 08:12:31 EST", "1994-11-01T13:12:31Z", 0, true, -18000},
    {"11 Dec 2025 18:59:42 (JST)", "2025-12-11T09:59:42Z", 0, true, 32400},
    {"11 Dec 2025 18:59:42 (PST)", "2025-12-11T18:59:42Z", 0, false, 0},
    {"11 Dec 2025 18:59:42.5578 (UTC)", "2025-12-11T18:59:42.557800Z", 4, true, 0},
    /* a month's name and hyphens: BIND, PHP, Oracle */
    {"08-Sep-2020 07:12:13.123", "2020-09-08T07:12:13.123Z", 3, false, 0},
    {"8-Sep-2020", "2020-09-08T00:00:00Z", 0, false, 0},
    {"[08-Sep-2020 07:12:13 Europe/Berlin]", "2020-09-08T07:12:13Z", 0, false, 0},
    {"08-SEP-20 07.12.13.123456 PM +01:00", "2020-09-08T18:12:13.123456Z", 6, true, 3600},
    {"08-SEP-49 07.12.13", "2049-09-08T07:12:13Z", 0, false, 0},
    {"08-SEP-50 07.12.13", "1950-09-08T07:12:13Z", 0, false, 0},
    /* RFC 3164 with a year, Cisco */
    {"Dec 10 2019 06:55:46", "2019-12-10T06:55:46Z", 0, false, 0},
    {"2019 Dec 10 06:55:46", "2019-12-10T06:55:46Z", 0, false, 0},

    /* Snort, Suricata: the year behind in four digits or two, in front where it cannot be a month */
    {"12/28/2021-12:55:38.765402", "2021-12-28T12:55:38.765402Z", 6, false, 0},
    {"10/05/10-10:08:59.667372", "2010-10-05T10:08:59.667372Z", 6, false, 0},
    {"21/12/28-12:55:38.765402", "2021-12-28T12:55:38.765402Z", 6, false, 0},
    {"02/29/20-00:00:00", "2020-02-29T00:00:00Z", 0, false, 0},
    {"2019 Mar  6 06:25:31.5", "2019-03-06T06:25:31.500Z", 1, false, 0},
    {"*Mar  1 2021 18:46:11.123", "2021-03-01T18:46:11.123Z", 3, false, 0},
    {".Mar  1 2021 18:46:11.123 UTC", "2021-03-01T18:46:11.123Z", 3, true, 0},
    {"Mar  1 2021 18:46:11 CEST", "2021-03-01T16:46:11Z", 0, true, 7200},
    {"Mar  1 2021 18:46:11 ACST", "2021-03-01T09:16:11Z", 0, true, 34200},
    {"Mar  1 2021 18:46:11 MSK", "2021-03-01T18:46:11Z", 0, false, 0},
    {"Mar  1 2021 18:46:11 PDT", "2021-03-01T18:46:11Z", 0, false, 0},
    {"dec 10 2019", "2019-12-10T00:00:00Z", 0, false, 0},
    /* compact */
    {"20210314 0712", "2021-03-14T07:12:00Z", 0, false, 0},
    {"20210314 071203", "2021-03-14T07:12:03Z", 0, false, 0},
    {"20210314 07:12:03", "2021-03-14T07:12:03Z", 0, false, 0},
    {"20210314 071260", "2021-03-14T07:13:00Z", 0, false, 0},
    {"20210314T071203Z", "2021-03-14T07:12:03Z", 0, true, 0},
    {"20210314T0712+0100", "2021-03-14T06:12:00Z", 0, true, 3600},
    {"20210314T071203.123Z", "2021-03-14T07:12:03.123Z", 3, true, 0},
    {"20210314071203", "2021-03-14T07:12:03Z", 0, false, 0},
    {"20210314071203.0Z", "2021-03-14T07:12:03Z", 1, true, 0},
    {"20210314", "1970-08-22T21:58:34Z", 0, true, 0}, /* seconds */
    /* seen in exports */
    {"2020-11-25 21:27:03.496000000", "2020-11-25T21:27:03.496Z", 9, false, 0},
    {"2022-02-08 09:23:37+11:00", "2022-02-07T22:23:37Z", 0, true, 39600},
    {"2021-03-14 07:12:03.123 CET", "2021-03-14T06:12:03.123Z", 3, true, 3600},
    {"2021-03-14 07:12:03.123 IST", "2021-03-14T07:12:03.123Z", 3, false, 0},
    {"/Date(1658751973240)/", "2022-07-25T12:26:13.240Z", 3, true, 0},
    {"/Date(1658751973240+0200)/", "2022-07-25T12:26:13.240Z", 3, true, 0},
    {"/Date(1500)/", "1970-01-01T00:00:01.500Z", 3, true, 0},
    {"/Date(-1500)/", "1969-12-31T23:59:58.500Z", 3, true, 0},
    {"2021-03-14 07:12:03 GMT", "2021-03-14T07:12:03Z", 0, true, 0},
    {"1286536308.779", "2010-10-08T11:11:48.779Z", 3, true, 0},
    {"1521911799.739898", "2018-03-24T17:16:39.739898Z", 6, true, 0},
    {"-1.500000", "1969-12-31T23:59:58.500Z", 6, true, 0},

    {"", NULL, 0, false, 0},
    {"-", NULL, 0, false, 0},
    {".5", NULL, 0, false, 0},
    {"/Date()/", NULL, 0, false, 0},
    {"/Date(-)/", NULL, 0, false, 0},
    {"/Date(15 )/", NULL, 0, false, 0},
    {"/Date(15)", NULL, 0, false, 0},
    {"/Date(15+02)/", NULL, 0, false, 0},
    {"/Date(15+9900)/", NULL, 0, false, 0},
    {"/Date(9223372036855)/", NULL, 0, false, 0},
    {"/Date(9223372036854775808)/", NULL, 0, false, 0},
    {"/Date(99999999999999999999999999)/", NULL, 0, false, 0},
    {"/", NULL, 0, false, 0},
    {"/tmp/x", NULL, 0, false, 0},
    {"Mar  1 2021 18:46:11 Cet", NULL, 0, false, 0},
    {"5.", NULL, 0, false, 0},
    {"1e9", NULL, 0, false, 0},
    {"+1615686019", NULL, 0, false, 0},
    {" 1615686019", NULL, 0, false, 0},
    {"1615686019.197:", NULL, 0, false, 0},
    {"1615686019.197:x", NULL, 0, false, 0},
    {"1615686019:4711", NULL, 0, false, 0},
    {"1615686019 ", NULL, 0, false, 0},
    {"1615686019197.5", NULL, 0, false, 0},
    {"9223372036.854775808", NULL, 0, false, 0},
    {"9223372037", NULL, 0, false, 0},
    {"9223372036855", NULL, 0, false, 0},
    {"9223372036854776", NULL, 0, false, 0},
    {"9223372036854775808", NULL, 0, false, 0},
    {"99999999999999999999999999", NULL, 0, false, 0},
    {"2021-02-30", NULL, 0, false, 0},
    {"2021-02-29", NULL, 0, false, 0},
    {"1900-02-29", NULL, 0, false, 0},
    {"2021-13-01", NULL, 0, false, 0},
    {"2021-00-01", NULL, 0, false, 0},
    {"2021-01-00", NULL, 0, false, 0},
    {"2021-04-31", NULL, 0, false, 0},
    {"2021-3-14", NULL, 0, false, 0},
    {"2021-03-14T", NULL, 0, false, 0},
    {"2021-03-14T24:00:00Z", NULL, 0, false, 0},
    {"2021-03-14T01:60:00Z", NULL, 0, false, 0},
    {"2021-03-14T01:40:61Z", NULL, 0, false, 0},
    {"2021-03-14T01:40:1Z", NULL, 0, false, 0},
    {"2021-03-14T01:40:19.Z", NULL, 0, false, 0},
    {"2021-03-14T01:40:19 ", NULL, 0, false, 0},
    {"2021-03-14T01:40:19X", NULL, 0, false, 0},
    {"2021-03-14T01:40:19ZZ", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+1", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+24:00", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+01:60", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+01:0", NULL, 0, false, 0},
    {"2021-03-14T01:40:19+01:00x", NULL, 0, false, 0},
    {"20211-03-14", NULL, 0, false, 0},
    {"2021-03-14T01:40:19CET", NULL, 0, false, 0},
    {"2021-03-14 01:40:19 noon", NULL, 0, false, 0},
    {"2021-03-14 01:40:19 AB", NULL, 0, false, 0},
    {"2021-03-14 01:40:19 UTC+1", NULL, 0, false, 0},
    {"2021-03-14 1:40:19", NULL, 0, false, 0},
    {"2021-03-14 01:40:19 PM", NULL, 0, false, 0},
    {"5/18/2021 13:13:33 PM", NULL, 0, false, 0},
    {"5/18/2021 0:13:33 AM", NULL, 0, false, 0},
    {"5/18/2021 9:13:33 XM", NULL, 0, false, 0},
    {"5/18/2021 9:13:33 P", NULL, 0, false, 0},
    {"5/18/2021 9:3:33 PM", NULL, 0, false, 0},
    {"5/18/2021 9 PM", NULL, 0, false, 0},
    {"5/18/2021 9:13:33. PM", NULL, 0, false, 0},
    {"5/18/2021 24:13:33", NULL, 0, false, 0},
    {"5/18/2021,", NULL, 0, false, 0},
    {"5/18/2021 ", NULL, 0, false, 0},
    {"5/18/2021:21:13:33", NULL, 0, false, 0},
    {"5/18/21 9:13:33 PM", NULL, 0, false, 0}, /* which of the three is the year? */
    {"5/18/02021", NULL, 0, false, 0},
    {"2/29/2021", NULL, 0, false, 0},
    {"13/13/2021", NULL, 0, false, 0},
    {"0/1/2021", NULL, 0, false, 0},
    {"1/0/2021", NULL, 0, false, 0},
    {"5/18/", NULL, 0, false, 0},
    {"5/18-2021", NULL, 0, false, 0},
    {"2019/13/25 23:59:53", NULL, 0, false, 0},
    {"2019/08/25T23:59:53", NULL, 0, false, 0},
    {"2019/02/30", NULL, 0, false, 0},
    {"2019/08/25 23:60:53", NULL, 0, false, 0},
    {"2019/08/25 23:59:61", NULL, 0, false, 0},
    {"2019/08.25", NULL, 0, false, 0},
    {"2019/18/8", NULL, 0, false, 0},
    {"5.18.2021", NULL, 0, false, 0}, /* with points the day is first */
    {"192.168.10.1", NULL, 0, false, 0},
    {"10.10.2010.1", NULL, 0, false, 0},
    {"04/Dec/2005", NULL, 0, false, 0},
    {"04/Dec/2005:", NULL, 0, false, 0},
    {"04/Dec/2005 04:47:44", NULL, 0, false, 0},
    {"04/Dez/2005:04:47:44 +0300", NULL, 0, false, 0},
    {"31/Apr/2005:04:47:44 +0300", NULL, 0, false, 0},
    {"04/Dec/2005:04:47:44 +2400", NULL, 0, false, 0},
    {"[04/Dec/2005:04:47:44 +0300", NULL, 0, false, 0},
    {"04/Dec/2005:04:47:44 +0300]", NULL, 0, false, 0},
    {"[[04/Dec/2005:04:47:44 +0300]]", NULL, 0, false, 0},
    {"[]", NULL, 0, false, 0},
    {"[", NULL, 0, false, 0},
    {"Sun Dec 04 04:47:44 205", NULL, 0, false, 0},
    {"Sun Dec 04 04:47:44 2005 2006", NULL, 0, false, 0},
    {"Sun Dec 04 2005 04:47:44 2005", NULL, 0, false, 0},
    {"Son Dec 04 04:47:44 2005", NULL, 0, false, 0},
    {"SunDec 04 04:47:44 2005", NULL, 0, false, 0},
    {"Sunday Dec 04 04:47:44 2005", NULL, 0, false, 0},
    {"Mon Feb 29 04:47:44 2021", NULL, 0, false, 0},
    {"Sun Dec 04 04:47 ", NULL, 0, false, 0},
    {"Tue, 15 Nov 994 08:12:31 GMT", NULL, 0, false, 0},
    {"Tue, 31 Nov 1994 08:12:31 GMT", NULL, 0, false, 0},
    {"Tue, 15 Nov 1994 08:12:31 +0100 (C", NULL, 0, false, 0},
    {"Tue, 15 Nov 1994 08:12:31 +0100 (1)", NULL, 0, false, 0},
    {"Tue, 15 Nov 1994 08:12:31 ()", NULL, 0, false, 0},
    {"Tue, 15 Nov 1994 25:12:31 GMT", NULL, 0, false, 0},
    {"Tue,15 Nov 1994 08:12:31 GMT", NULL, 0, false, 0},
    {"08-Sep-020 07:12:13", NULL, 0, false, 0},
    {"08-Sep 07:12:13", NULL, 0, false, 0},
    {"08-Sep-2020 07.12:13", NULL, 0, false, 0},
    {"Dec 32 2019 06:55:46", NULL, 0, false, 0},
    {"Dec 10 2019 06:55:46 2019", NULL, 0, false, 0},
    {"12/28/2021-", NULL, 0, false, 0},
    {"12/28-", NULL, 0, false, 0},
    {"12/28", NULL, 0, false, 0},
    {"13/28-12:55:38", NULL, 0, false, 0},
    {"02/29/21-12:55:38", NULL, 0, false, 0},
    {"13/13/13-12:55:38", NULL, 0, false, 0},
    {"12/28/21 12:55:38", NULL, 0, false, 0},
    {"12/28/21/12:55:38", NULL, 0, false, 0},
    {"12/28--12:55:38", NULL, 0, false, 0},
    {"1/128-12:55:38", NULL, 0, false, 0},
    {"Dec 10 2019 6.55", NULL, 0, false, 0},
    {"Dec 10", NULL, 0, false, 0},
    {"December 10 06:55:46", NULL, 0, false, 0},
    {"**Mar  1 2021 18:46:11", NULL, 0, false, 0},
    {"2019 Feb 29 06:55:46", NULL, 0, false, 0},
    {"Dec10 06:55:46", NULL, 0, false, 0},
    {"Dec 010 06:55:46", NULL, 0, false, 0},
    {"20210230 0712", NULL, 0, false, 0},
    {"20210314 07", NULL, 0, false, 0},
    {"20210314 07123", NULL, 0, false, 0},
    {"20210314 2412", NULL, 0, false, 0},
    {"20210314 071261", NULL, 0, false, 0},
    {"20210314T", NULL, 0, false, 0},
    {"20210314T071203X", NULL, 0, false, 0},
    {"20210314T071203.Z", NULL, 0, false, 0},
    {"20211314071203", NULL, 0, false, 0},
    {"0304 12:00:00", NULL, 0, false, 0}, /* glog writes a fraction */
    {"1304 12:00:00.123456", NULL, 0, false, 0},
    {"0230 12:00:00.123456", NULL, 0, false, 0},
    {"0304 24:00:00.123456", NULL, 0, false, 0},
    {"0304 12:00:00.123456 2021", NULL, 0, false, 0},
    {"0304T12:00:00.123456", NULL, 0, false, 0},
    {"1615686019.25 UTC", NULL, 0, false, 0},
    {"not a time at all", NULL, 0, false, 0},
};

static void texts(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t const len = strlen(cases[i].text);
        char *const exact = malloc(len ? len : 1); /* so that a read past the end is seen */
        char out[INSTANT_TEXT];
        struct wall w;

        assert_non_null(exact);
        memcpy(exact, cases[i].text, len);
        bool const ok = wall_parse((str){exact, len}, &w);

        if (ok != (cases[i].when != NULL))
            fail_msg("'%s' is %s", cases[i].text, ok ? "read" : "not read");
        str const text = instant_format(instant_parse((str){exact, len}), out);

        if (!str_eq(text, str_of(cases[i].when)))
            fail_msg("'%s' is %.*s", cases[i].text, STR_ARG(text));
        if (ok && !w.year_given)
            fail_msg("'%s' has no year", cases[i].text);
        if (ok && (w.digits != cases[i].digits || w.zone_given != cases[i].zone || w.offset_s != cases[i].offset_s))
            fail_msg("'%s': digits %d, zone %d, offset %d", cases[i].text, w.digits, w.zone_given, w.offset_s);
        free(exact);
    }
}

/* Every beginning of every case, in exactly its room. */
static void no_prefix_crashes(void **state) {
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t len = 0; len <= strlen(cases[i].text); len++) {
            char *const exact = malloc(len ? len : 1);
            struct wall w;

            assert_non_null(exact);
            memcpy(exact, cases[i].text, len);
            (void)!wall_parse((str){exact, len}, &w);
            free(exact);
        }
}

/* latest: NULL is INSTANT_NONE. when: "" stands for: the year stays unknown. */
static const struct {
    const char *text, *latest, *when;
} yearless[] = {
    {"Dec 10 06:55:46", "2019-12-10T06:55:46Z", "2019-12-10T06:55:46Z"},
    {"Dec 10 06:55:46", "2019-12-10T06:55:45Z", "2019-12-10T06:55:46Z"}, /* a clock ahead */
    {"Dec 10 06:55:46", "2019-12-09T06:55:46Z", "2019-12-10T06:55:46Z"}, /* a day, */
    {"Dec 10 06:55:46", "2019-12-09T06:55:45Z", "2018-12-10T06:55:46Z"}, /* and a second more */
    {"Dec 31 23:59:59", "2020-01-01T00:10:00Z", "2019-12-31T23:59:59Z"}, /* New Year */
    {"Jan  1 00:00:01", "2019-12-31T23:00:00Z", "2020-01-01T00:00:01Z"},
    {"Dec 31 23:59:59 -0500", "2020-01-01T05:00:00Z", "2020-01-01T04:59:59Z"},
    {"Jan  1 03:00:00 +0500", "2019-12-31T22:00:00Z",
     "2019-12-31T22:00:00Z"}, /* a year behind the bound's in its zone */
    {"Jan  1 00:30:00 +1400", "2019-12-30T10:30:00Z", "2019-12-31T10:30:00Z"},
    {"Mar  6 06:25:31", "2021-06-01", "2021-03-06T06:25:31Z"},
    {"Mar  6 06:25:31.123456789", "2021-06-01", "2021-03-06T06:25:31.123456789Z"},
    {"Feb 29 12:00:00", "2021-03-01", "2020-02-29T12:00:00Z"},
    {"Feb 29 12:00:00", "2020-02-27T12:00:00Z", "2016-02-29T12:00:00Z"},
    {"Feb 29 12:00:00", "1904-02-01", "1896-02-29T12:00:00Z"}, /* 1900 had none */
    {"*Mar  1 18:46:11.123", "1993-03-01T19:00:00Z", "1993-03-01T18:46:11.123Z"},
    {".Mar  1 18:46:11.123 UTC", "1993-03-01T19:00:00Z", "1993-03-01T18:46:11.123Z"},
    {"Sun Mar  1 18:46:11", "2021-03-01T19:00:00Z", "2021-03-01T18:46:11Z"},
    {"Jan  1 00:00:00", "2262-04-11T23:47:16.854775807Z", "2262-01-01T00:00:00Z"},
    {"Dec 31 00:00:00", "2262-04-11T23:47:16.854775807Z", "2261-12-31T00:00:00Z"},
    {"Jan  1 00:00:00", "1677-09-21T00:12:43.145224193Z", ""}, /* none was before */
    {"Dec 10 06:55:46", NULL, ""},
    {"1231 23:59:59.000001", "2020-01-01T00:10:00Z", "2019-12-31T23:59:59.000001Z"}, /* glog */
    {"0229 12:00:00.5", "2021-03-01", "2020-02-29T12:00:00.500Z"},
    {"12/28-12:55:38.765402", "2022-01-01T00:00:00Z", "2021-12-28T12:55:38.765402Z"},
    {"02/29-12:55:38", "2023-06-01T00:00:00Z", "2020-02-29T12:55:38Z"},
    {"12/28-12:55:38.765402", NULL, ""},
};

static void years(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(yearless); i++) {
        char out[INSTANT_TEXT];
        struct wall w;

        if (!wall_parse(str_of(yearless[i].text), &w))
            fail_msg("'%s' is not read", yearless[i].text);
        if (w.year_given || w.year != 0 || wall_instant(&w) != INSTANT_NONE ||
            instant_parse(str_of(yearless[i].text)) != INSTANT_NONE)
            fail_msg("'%s' has a year", yearless[i].text);
        wall_year_guess(&w, yearless[i].latest ? instant_parse(str_of(yearless[i].latest)) : INSTANT_NONE);
        str const text = instant_format(wall_instant(&w), out);

        if (!str_eq(text, str_of(yearless[i].when)) || w.year_given != (text.len > 0))
            fail_msg("'%s' by %s is %.*s", yearless[i].text, yearless[i].latest, STR_ARG(text));
    }
}

static void a_given_year_stays(void **state) {
    struct wall w;
    (void)state;

    assert_true(wall_parse(S("Dec 10 2031 06:55:46"), &w));
    wall_year_guess(&w, instant_parse(S("2021-01-01")));
    assert_int_equal(w.year, 2031);
}

/* Against a calendar that counts one day at a time. */
static void every_day(void **state) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 1678, month = 1, day = 1, weekday = 5; /* a Saturday; Monday is 0 */
    int64_t when = instant_parse(S("1678-01-01"));
    (void)state;

    for (; year < 2262; when += INT64_C(86400000000000)) {
        struct wall const w = instant_wall(when);

        assert_int_equal(w.year, year);
        assert_int_equal(w.month, month);
        assert_int_equal(w.day, day);
        assert_int_equal(wall_instant(&w), when);
        /* ISO 8601: 4 January is always in week 1, a week begins on Monday. */
        if (month == 1 && day == 4)
            assert_int_equal(wall_week(&w), 1);
        if (month == 12 && day == 28)
            assert_in_range(wall_week(&w), 52, 53);
        struct wall const before = instant_wall(when - INT64_C(86400000000000));

        if (weekday != 0)
            assert_int_equal(wall_week(&w), wall_week(&before));
        else
            assert_int_not_equal(wall_week(&w), wall_week(&before));
        weekday = (weekday + 1) % 7;
        if (++day > days[month - 1] + (month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0))) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
    }
}

static void filetimes(void **state) {
    static const struct {
        uint64_t ticks;
        int64_t when;
    } ticks[] = {
        {0, INSTANT_NONE},
        {UINT64_C(116444736000000000), 0},
        {UINT64_C(116444736000000001), 100},
        {UINT64_C(116444735999999999), -100},
        {1, INSTANT_NONE}, /* 1601 */
        {UINT64_C(0x7fffffffffffffff), INSTANT_NONE},
        {UINT64_MAX, INSTANT_NONE},
        {UINT64_C(208678456368547758), INT64_C(9223372036854775800)},
        {UINT64_C(208678456368547759), INSTANT_NONE},
        {UINT64_C(24211015631452242), INT64_C(-9223372036854775800)},
        {UINT64_C(24211015631452241), INSTANT_NONE},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(ticks); i++)
        if (instant_from_filetime(ticks[i].ticks) != ticks[i].when)
            fail_msg("filetime %lu is %ld", (unsigned long)ticks[i].ticks, (long)instant_from_filetime(ticks[i].ticks));
}

static void unix_seconds(void **state) {
    (void)state;
    assert_int_equal(instant_from_unix(-1, 999999999), -1);
    assert_int_equal(instant_from_unix(-1, 0), -1000000000);
    assert_int_equal(instant_from_unix(-9223372037, 145224193), INT64_MIN + 1);
    assert_int_equal(instant_from_unix(9223372036, 854775807), INT64_MAX);
    assert_int_equal(instant_from_unix(9223372036, 854775808), INSTANT_NONE);
    assert_int_equal(instant_from_unix(INT64_MIN, 999999999), INSTANT_NONE);
    assert_int_equal(instant_from_unix(INT64_MAX, 0), INSTANT_NONE);
}

static void moved(void **state) {
    (void)state;
    assert_int_equal(instant_moved(5, 7), 12);
    assert_int_equal(instant_moved(5, -7), -2);
    assert_int_equal(instant_moved(INSTANT_NONE, 7), INSTANT_NONE);
    assert_int_equal(instant_moved(INT64_MAX - 1, 1), INT64_MAX);
    assert_int_equal(instant_moved(INT64_MAX, 1), INT64_MAX);
    assert_int_equal(instant_moved(-INT64_MAX, -1), -INT64_MAX); /* not INSTANT_NONE */
    assert_int_equal(instant_moved(-INT64_MAX, -2), -INT64_MAX);
}

static void none_is_no_text(void **state) {
    char out[INSTANT_TEXT];
    (void)state;

    assert_int_equal(instant_format(INSTANT_NONE, out).len, 0);
}

static void days(void **state) {
    static const struct {
        unsigned year, month, day;
        bool is;
        int64_t days;
    } calendar[] = {
        {1970, 1, 1, true, 0},         {1969, 12, 31, true, -1},         {2000, 2, 29, true, 11016},
        {1900, 2, 29, false, 0},       {2021, 2, 29, false, 0},          {2024, 2, 29, true, 19782},
        {9999, 12, 31, true, 2932896}, {10000, 1, 1, false, 0},          {0, 1, 1, true, -719528},
        {2021, 0, 1, false, 0},        {2021, 13, 1, false, 0},          {2021, 1, 0, false, 0},
        {2021, 4, 31, false, 0},       {2021, 4, 4294967295u, false, 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(calendar); i++) {
        int64_t d = 0;

        if (instant_day(calendar[i].year, calendar[i].month, calendar[i].day, &d) != calendar[i].is ||
            d != calendar[i].days)
            fail_msg("%u-%u-%u: %lld", calendar[i].year, calendar[i].month, calendar[i].day, (long long)d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(no_prefix_crashes),
        cmocka_unit_test(every_day),
        cmocka_unit_test(filetimes),
        cmocka_unit_test(unix_seconds),
        cmocka_unit_test(none_is_no_text),
        cmocka_unit_test(moved),
        cmocka_unit_test(years),
        cmocka_unit_test(a_given_year_stays),
        cmocka_unit_test(days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
