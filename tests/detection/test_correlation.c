/* test_correlation: correlations over small sets of events, in any order of arrival, in memory and on disk; what is cut
 * and what is counted; every allocation refused, a full disk; one group of millions within a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "detection/correlation.h"
#include "detection/finding.h"

#include "../refuse.h"

#define SECOND INT64_C(1000000000)
#define EVENTS_MAX 64u
#define CELLS_MAX 64u

/* Every set of rules: three detection rules and what the case adds. Correlations are named c, below them i and j. */
#define DETECTION(name)                                                                                                \
    "---\ntitle: " name "\nname: " name "\nlevel: low\nlogsource: {product: t}\ndetection: {s: {A: 1}, condition: "    \
    "s}\n"
#define DETECTIONS DETECTION("r1") DETECTION("r2") DETECTION("r3")
#define NAMED(name, body) "---\ntitle: " name "\nname: " name "\nlevel: low\ncorrelation: {" body "}\n"
#define C(body) NAMED("c", body)

/* An event is RULE@SECONDS, then #OFFSET and /SOURCE where they are not its place in the list and 0, then its fields;
 * "@-": no time. A hit is NAME @BECAME-TRUE FIRST..LAST COUNT =VALUE (GROUP), a rare value, [OFFSETS OF ITS EVENTS]. */
static const struct {
    const char *name, *rules, *events, *hits;
    struct correlation_counts counts; /* of c; events 0: not looked at */
} cases[] = {
    /* event_count: the window */
    {"exactly as long as the time span",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gte: 3}"),
     "r1@0; r1@300; r1@600",
     "c @600 0..600 3 =3 () [0 1 2]",
     {0}},
    {"a nanosecond longer",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gte: 3}"),
     "r1@0; r1@300; r1@600.000000001",
     "",
     {0}},
    {"before 1970",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gte: 2}"),
     "r1@-300; r1@300",
     "c @300 -300..300 2 =2 () [0 1]",
     {0}},
    {"before 1970, a nanosecond longer",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gte: 2}"),
     "r1@-300.000000001; r1@300",
     "",
     {0}},
    {"the ends of time are far apart",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gte: 2}"),
     "r1@-9223372036; r1@9223372036",
     "",
     {0}},
    {"one too few",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gte: 3}"),
     "r1@0; r1@1",
     "",
     {.events = 2}},
    {"gt is not gte", C("type: event_count, rules: r1, timespan: 10m, condition: {gt: 2}"), "r1@0; r1@1", "", {0}},
    {"gt",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gt: 2}"),
     "r1@0; r1@1; r1@2",
     "c @2 0..2 3 =3 () [0 1 2]",
     {0}},
    {"windows that share an event are one hit",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gte: 2}"),
     "r1@0; r1@600; r1@1200",
     "c @600 0..1200 3 =2 () [0 1 2]",
     {0}},
    {"windows that share none are two",
     C("type: event_count, rules: r1, timespan: 10m, condition: {gte: 2}"),
     "r1@0; r1@600; r1@1300; r1@1400",
     "c @600 0..600 2 =2 () [0 1]; c @1400 1300..1400 2 =2 () [2 3]",
     {0}},
    {"what lies between two windows of a hit belongs to it",
     C("type: event_count, rules: r1, timespan: 10s, condition: {gte: 3}"),
     "r1@0; r1@1; r1@10; r1@12; r1@18; r1@19",
     "c @10 0..19 6 =4 () [0 1 2 3 4 5]",
     {0}},
    {"the peak is told, not the end",
     C("type: event_count, rules: r1, timespan: 10s, condition: {gte: 2}"),
     "r1@0; r1@1; r1@2; r1@12",
     "c @1 0..12 4 =3 () [0 1 2 3]",
     {0}},
    {"equal times come together",
     C("type: event_count, rules: r1, timespan: 1s, condition: {gte: 2}"),
     "r1@5; r1@5; r1@5",
     "c @5 5..5 3 =3 () [0 1 2]",
     {0}},
    {"one event is enough",
     C("type: event_count, rules: r1, timespan: 1s, condition: {gte: 1}"),
     "r1@5",
     "c @5 5..5 1 =1 () [0]",
     {0}},
    {"no event", C("type: event_count, rules: r1, timespan: 1s, condition: {gte: 1}"), "", "", {0}},
    {"another rule's event", C("type: event_count, rules: r1, timespan: 1s, condition: {gte: 1}"), "r2@5", "", {0}},
    /* events */
    {"an event of two rules counts once",
     C("type: event_count, rules: [r1, r2], timespan: 10s, condition: {gte: 2}"),
     "r1@0#7; r2@0#7",
     "",
     {.events = 2}},
    {"of two rules and another",
     C("type: event_count, rules: [r1, r2], timespan: 10s, condition: {gte: 2}"),
     "r1@0#7; r2@0#7; r2@1",
     "c @1 0..1 2 =2 () [7 2]",
     {0}},
    {"handed in twice",
     C("type: event_count, rules: r1, timespan: 10s, condition: {gte: 2}"),
     "r1@0#3; r1@0#3",
     "",
     {0}},
    {"the same place in another source",
     C("type: event_count, rules: r1, timespan: 10s, condition: {gte: 2}"),
     "r1@0#3; r1@0#3/1",
     "c @0 0..0 2 =2 () [3 3/1]",
     {0}},
    {"no time",
     C("type: event_count, rules: r1, timespan: 10s, condition: {gte: 1}"),
     "r1@-; r1@-; r1@4",
     "c @4 4..4 1 =1 () [2]",
     {.events = 3, .no_time = 2}},
    /* groups */
    {"groups without regard to case, first spelling, one left out",
     C("type: event_count, rules: r1, group-by: [U], timespan: 1m, condition: {gte: 3}"),
     "r1@0 U=a; r1@10 U=A; r1@20; r1@30 U=a",
     "c @30 0..30 3 =3 (a) [0 1 3]",
     {.events = 4, .no_group = 1}},
    {"the first spelling is the earliest",
     C("type: event_count, rules: r1, group-by: [U], timespan: 1m, condition: {gte: 2}"),
     "r1@9 U=\xc3\x89VA; r1@3 U=\xc3\xa9va",
     "c @9 3..9 2 =2 (\xc3\xa9va) [1 0]",
     {0}},
    {"an empty value is no group",
     C("type: event_count, rules: r1, group-by: [U], timespan: 1m, condition: {gte: 1}"),
     "r1@0 U=",
     "",
     {.events = 1, .no_group = 1}},
    {"a missing value is no group of its own",
     C("type: event_count, rules: r1, group-by: [U, H], timespan: 1m, condition: {gte: 2}"),
     "r1@0 U=a; r1@1 U=a; r1@2 H=b; r1@3 H=b",
     "",
     {.events = 4, .no_group = 4}},
    {"each value's group",
     C("type: event_count, rules: r1, group-by: [U], timespan: 1m, condition: {gte: 2}"),
     "r1@0 U=a U=b; r1@1 U=a; r1@2 U=b",
     "c @1 0..1 2 =2 (a) [0 1]; c @2 0..2 2 =2 (b) [0 2]",
     {.events = 3}},
    {"one value twice is once",
     C("type: event_count, rules: r1, group-by: [U], timespan: 1m, condition: {gte: 2}"),
     "r1@0 U=a U=A",
     "",
     {0}},
    {"combinations",
     C("type: event_count, rules: r1, group-by: [U, H], timespan: 1m, condition: {gte: 2}"),
     "r1@0 U=a U=b H=x H=y; r1@1 U=b H=y; r1@2 U=a H=z",
     "c @1 0..1 2 =2 (b, y) [0 1]",
     {0}},
    {"a pair is no other pair",
     C("type: event_count, rules: r1, group-by: [U, H], timespan: 1m, condition: {gte: 2}"),
     "r1@0 U=ab H=c; r1@1 U=a H=bc",
     "",
     {0}},
    {"hits in order of time, then group",
     C("type: event_count, rules: r1, group-by: [U], timespan: 1m, condition: {gte: 1}"),
     "r1@5 U=b; r1@5 U=a; r1@1 U=c",
     "c @1 1..1 1 =1 (c) [2]; c @5 5..5 1 =1 (a) [1]; c @5 5..5 1 =1 (b) [0]",
     {0}},
    {"an alias",
     C("type: temporal, rules: [r1, r2], group-by: [ip], aliases: {ip: {r1: dst, r2: src}}, timespan: 1m"),
     "r1@0 dst=X src=n; r2@1 src=x dst=m",
     "c @1 0..1 2 =2 (X) [0 1]",
     {0}},
    {"an alias that does not name a rule",
     C("type: temporal, rules: [r1, r2], group-by: [ip], aliases: {ip: {r1: dst}}, timespan: 1m"),
     "r1@0 dst=x; r2@1 ip=x",
     "c @1 0..1 2 =2 (x) [0 1]",
     {0}},
    {"the other rule's field is not read",
     C("type: temporal, rules: [r1, r2], group-by: [ip], aliases: {ip: {r1: dst, r2: src}}, timespan: 1m"),
     "r1@0 src=x; r2@1 src=x",
     "",
     {.events = 2, .no_group = 1}},
    /* conditions that are judged once (9.2.9) */
    {"a range, within",
     C("type: event_count, rules: r1, timespan: 10s, condition: {gt: 1, lte: 3}"),
     "r1@0; r1@1",
     "c @1 0..1 2 =2 () [0 1]",
     {0}},
    {"a range, beyond",
     C("type: event_count, rules: r1, timespan: 10s, condition: {gt: 1, lte: 3}"),
     "r1@0; r1@1; r1@2; r1@3",
     "",
     {0}},
    {"lt: the next event after the window opens one",
     C("type: event_count, rules: r1, timespan: 10m, condition: {lt: 3}"),
     "r1@0; r1@300; r1@600; r1@601",
     "c @601 601..601 1 =1 () [3]",
     {0}},
    {"eq, exactly as long as the time span",
     C("type: event_count, rules: r1, timespan: 10m, condition: {eq: 2}"),
     "r1@0; r1@600",
     "c @600 0..600 2 =2 () [0 1]",
     {0}},
    {"eq, a nanosecond longer",
     C("type: event_count, rules: r1, timespan: 10m, condition: {eq: 1}"),
     "r1@0; r1@600.000000001",
     "c @0 0..0 1 =1 () [0]; c @600.000000001 600.000000001..600.000000001 1 =1 () [1]",
     {0}},
    {"neq",
     C("type: event_count, rules: r1, timespan: 10s, condition: {neq: 2}"),
     "r1@0; r1@1; r1@20",
     "c @20 20..20 1 =1 () [2]",
     {0}},
    {"a bound that is no whole number",
     C("type: event_count, rules: r1, timespan: 10s, condition: {gt: 1.5}"),
     "r1@0; r1@1",
     "c @1 0..1 2 =2 () [0 1]",
     {0}},
    /* value_count */
    {"values without regard to case",
     C("type: value_count, rules: r1, timespan: 1m, condition: {field: X, gte: 2}"),
     "r1@0 X=v; r1@1 X=V",
     "",
     {0}},
    {"two values",
     C("type: value_count, rules: r1, timespan: 1m, condition: {field: X, gte: 2}"),
     "r1@0 X=v; r1@1 X=w; r1@2 X=v",
     "c @1 0..2 3 =2 () [0 1 2]",
     {0}},
    {"an event without the value takes no part",
     C("type: value_count, rules: r1, timespan: 1m, condition: {field: X, gte: 2}"),
     "r1@0 X=v; r1@1; r1@2 X=w",
     "c @2 0..2 2 =2 () [0 2]",
     {.events = 3}},
    {"an empty value is a value",
     C("type: value_count, rules: r1, timespan: 1m, condition: {field: X, gte: 2}"),
     "r1@0 X=; r1@1 X=w",
     "c @1 0..1 2 =2 () [0 1]",
     {0}},
    {"a value that has left the window",
     C("type: value_count, rules: r1, timespan: 10s, condition: {field: X, gte: 2}"),
     "r1@0 X=v; r1@11 X=w",
     "",
     {0}},
    {"a value that comes again does not leave",
     C("type: value_count, rules: r1, timespan: 10s, condition: {field: X, gte: 2}"),
     "r1@0 X=v; r1@5 X=v; r1@12 X=w",
     "c @12 5..12 2 =2 () [1 2]",
     {0}},
    {"a value that leaves and comes again",
     C("type: value_count, rules: r1, timespan: 10s, condition: {field: X, gte: 3}"),
     "r1@0 X=a; r1@5 X=b; r1@11 X=a; r1@14 X=c",
     "c @14 5..14 3 =3 () [1 2 3]",
     {0}},
    {"several values of one event",
     C("type: value_count, rules: r1, timespan: 10s, condition: {field: X, gte: 2}"),
     "r1@0 X=a X=b X=A",
     "c @0 0..0 1 =2 () [0]",
     {0}},
    {"tuples",
     C("type: value_count, rules: r1, timespan: 10s, condition: {field: [X, Y], gte: 2}"),
     "r1@0 X=a Y=b; r1@1 X=b Y=a; r1@2 X=A Y=B; r1@3 X=c",
     "c @1 0..2 3 =2 () [0 1 2]",
     {0}},
    {"a tuple is no other tuple",
     C("type: value_count, rules: r1, timespan: 10s, condition: {field: [X, Y], gte: 2}"),
     "r1@0 X=a Y=bc; r1@1 X=ab Y=c",
     "c @1 0..1 2 =2 () [0 1]",
     {0}},
    {"tuples of several values",
     C("type: value_count, rules: r1, timespan: 10s, condition: {field: [X, Y], gte: 4}"),
     "r1@0 X=a X=b Y=c Y=d",
     "c @0 0..0 1 =4 () [0]",
     {0}},
    {"few values, judged once a window",
     C("type: value_count, rules: r1, timespan: 10s, condition: {field: X, lte: 1}"),
     "r1@0 X=a; r1@1 X=a; r1@11 X=a; r1@12 X=b",
     "c @1 0..1 2 =1 () [0 1]",
     {0}},
    /* temporal */
    {"both", C("type: temporal, rules: [r1, r2], timespan: 10m"), "r2@0; r1@600", "c @600 0..600 2 =2 () [0 1]", {0}},
    {"both, a nanosecond too late",
     C("type: temporal, rules: [r1, r2], timespan: 10m"),
     "r1@0; r2@600.000000001",
     "",
     {0}},
    {"one twice is not both", C("type: temporal, rules: [r1, r2], timespan: 10m"), "r1@0; r1@1", "", {0}},
    {"both, in other groups",
     C("type: temporal, rules: [r1, r2], group-by: [U], timespan: 10m"),
     "r1@0 U=a; r2@1 U=b",
     "",
     {0}},
    {"one event may serve both",
     C("type: temporal, rules: [r1, r2], timespan: 10m"),
     "r1@0#5; r2@0#5",
     "c @0 0..0 1 =2 () [5]",
     {0}},
    {"two of three",
     C("type: temporal, rules: [r1, r2, r3], timespan: 10m, condition: {gte: 2}"),
     "r1@0; r3@1",
     "c @1 0..1 2 =2 () [0 1]",
     {0}},
    {"only one of three, judged once",
     C("type: temporal, rules: [r1, r2, r3], timespan: 10s, condition: {lt: 2}"),
     "r1@0; r1@1; r1@20; r2@21",
     "c @1 0..1 2 =1 () [0 1]",
     {0}},
    {"an expression",
     C("type: temporal, rules: [r1, r2, r3], timespan: 10s, condition: 'r1 and (r2 or r3)'"),
     "r1@0; r3@5; r2@30; r3@31",
     "c @5 0..5 2 = () [0 1]",
     {0}},
    {"an expression binds and before or",
     C("type: temporal, rules: [r1, r2, r3], timespan: 10s, condition: 'r1 or r2 and r3'"),
     "r1@0; r2@20",
     "c @0 0..0 1 = () [0]",
     {0}},
    {"not, alone",
     C("type: temporal, rules: [r1, r2], timespan: 5m, condition: 'r1 and not r2'"),
     "r1@0",
     "c @0 0..0 1 = () [0]",
     {0}},
    {"not, and it was there",
     C("type: temporal, rules: [r1, r2], timespan: 5m, condition: 'r1 and not r2'"),
     "r1@0; r2@300",
     "",
     {0}},
    {"not, and it came too late",
     C("type: temporal, rules: [r1, r2], timespan: 5m, condition: 'r1 and not r2'"),
     "r1@0; r2@300.000000001",
     "c @0 0..0 1 = () [0]",
     {0}},
    /* temporal_ordered */
    {"in order",
     C("type: temporal_ordered, rules: [r1, r2], timespan: 10m"),
     "r1@0; r2@600",
     "c @600 0..600 2 =2 () [0 1]",
     {0}},
    {"in order, a nanosecond too late",
     C("type: temporal_ordered, rules: [r1, r2], timespan: 10m"),
     "r1@0; r2@600.000000001",
     "",
     {0}},
    {"out of order", C("type: temporal_ordered, rules: [r1, r2], timespan: 10m"), "r2@0; r1@1", "", {0}},
    {"out of order, then in order",
     C("type: temporal_ordered, rules: [r1, r2], timespan: 10m"),
     "r2@0; r1@1; r2@2",
     "c @2 0..2 3 =2 () [0 1 2]",
     {0}},
    {"equal times stand in any order",
     C("type: temporal_ordered, rules: [r1, r2], timespan: 10m"),
     "r2@5; r1@5",
     "c @5 5..5 2 =2 () [0 1]",
     {0}},
    {"one event is not two", C("type: temporal_ordered, rules: [r1, r2], timespan: 10m"), "r1@5#1; r2@5#1", "", {0}},
    {"of one instant, each for one place",
     C("type: temporal_ordered, rules: [r1, r2, r3], timespan: 10m"),
     "r1@5#0; r2@5#0; r2@5#1; r3@5#1; r1@5#2; r3@5#2",
     "c @5 5..5 3 =3 () [0 1 2]",
     {0}},
    {"of one instant, one too few",
     C("type: temporal_ordered, rules: [r1, r2, r3], timespan: 10m"),
     "r1@5#0; r2@5#0; r3@5#0; r1@5#1; r2@5#1; r3@5#1",
     "",
     {0}},
    {"the middle of one instant",
     C("type: temporal_ordered, rules: [r1, r2, r3], timespan: 10m"),
     "r1@0; r3@5; r2@5",
     "c @5 0..5 3 =3 () [0 1 2]",
     {0}},
    {"an early start is forgotten, a late one counts",
     C("type: temporal_ordered, rules: [r1, r2], timespan: 10m"),
     "r1@0; r1@500; r2@900",
     "c @900 500..900 2 =2 () [1 2]",
     {0}},
    {"two of three in order",
     C("type: temporal_ordered, rules: [r1, r2, r3], timespan: 10m, condition: {gte: 2}"),
     "r1@0; r3@5",
     "c @5 0..5 2 =2 () [0 1]",
     {0}},
    {"two of three out of order",
     C("type: temporal_ordered, rules: [r1, r2, r3], timespan: 10m, condition: {gte: 2}"),
     "r3@0; r1@5",
     "",
     {0}},
    {"at most one of two, judged once",
     C("type: temporal_ordered, rules: [r1, r2], timespan: 10s, condition: {lte: 1}"),
     "r2@0; r1@1; r1@20; r2@21",
     "c @1 0..1 2 =1 () [0 1]",
     {0}},
    {"a chain does not reach into the next window",
     C("type: temporal_ordered, rules: [r1, r2], timespan: 10s, condition: {eq: 1}"),
     "r1@0; r2@11",
     "c @0 0..0 1 =1 () [0]; c @11 11..11 1 =1 () [1]",
     {0}},
    /* value_sum */
    {"a sum",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gt: 1000}"),
     "r1@0 X=600; r1@1 X=500",
     "c @1 0..1 2 =1100 () [0 1]",
     {0}},
    {"a sum that is the bound",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gt: 1000}"),
     "r1@0 X=600; r1@1 X=400",
     "",
     {0}},
    {"a sum out of the window",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gt: 1000}"),
     "r1@0 X=600; r1@60.000000001 X=500",
     "",
     {0}},
    {"tenths are exact",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gte: 0.3}"),
     "r1@0 X=0.1; r1@1 X=0.2",
     "c @1 0..1 2 =0.3 () [0 1]",
     {0}},
    {"tenths are exact, beyond",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gt: 0.3}"),
     "r1@0 X=0.1; r1@1 X=0.2",
     "",
     {0}},
    {"beyond 64 bits",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gte: 100000000000000000000}"),
     "r1@0 X=99999999999999999999; r1@1 X=1.0",
     "c @1 0..1 2 =100000000000000000000 () [0 1]",
     {0}},
    {"what is no number is counted",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gt: 1000}"),
     "r1@0 X=600; r1@1 X=x; r1@2 X=0x500; r1@3 X=0500; r1@4; r1@5 X=500",
     "c @5 0..5 2 =1100 () [0 5]",
     {.events = 6, .not_numeric = 3}},
    {"several numbers of one event",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gte: 3}"),
     "r1@0 X=1 X=2",
     "c @0 0..0 1 =3 () [0]",
     {0}},
    {"a negative number: judged once",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, gte: 10}"),
     "r1@0 X=15; r1@1 X=-10",
     "",
     {0}},
    {"a negative number, late: all windows are judged once",
     C("type: value_sum, rules: r1, timespan: 10s, condition: {field: X, gte: 10}"),
     "r1@0 X=4; r1@8 X=5; r1@12 X=5; r1@40 X=-1",
     "",
     {0}},
    {"a sum below",
     C("type: value_sum, rules: r1, timespan: 1m, condition: {field: X, lt: -1.5}"),
     "r1@0 X=-1; r1@1 X=-0.75",
     "c @1 0..1 2 =-1.75 () [0 1]",
     {0}},
    /* value_avg */
    {"an average",
     C("type: value_avg, rules: r1, timespan: 1m, condition: {field: X, gt: 2.33}"),
     "r1@0 X=1; r1@1 X=2; r1@2 X=4",
     "c @2 0..2 3 =2.333333333 () [0 1 2]",
     {0}},
    {"an average that is the bound",
     C("type: value_avg, rules: r1, timespan: 1m, condition: {field: X, gte: 2.5}"),
     "r1@0 X=1; r1@1 X=4",
     "c @1 0..1 2 =2.5 () [0 1]",
     {0}},
    {"an average below",
     C("type: value_avg, rules: r1, timespan: 1m, condition: {field: X, gt: 2.5}"),
     "r1@0 X=1; r1@1 X=4",
     "",
     {0}},
    {"an average counts numbers, not events",
     C("type: value_avg, rules: r1, timespan: 1m, condition: {field: X, eq: 3}"),
     "r1@0 X=2 X=2 X=2; r1@1 X=6; r1@2 X=n",
     "c @1 0..1 2 =3 () [0 1]",
     {.events = 3, .not_numeric = 1}},
    {"averages of each window",
     C("type: value_avg, rules: r1, timespan: 10s, condition: {field: X, lt: 0}"),
     "r1@0 X=5; r1@10 X=-4; r1@11 X=-1; r1@12 X=-2",
     "c @12 11..12 2 =-1.5 () [2 3]",
     {0}},
    {"no number, no average",
     C("type: value_avg, rules: r1, timespan: 10s, condition: {field: X, lt: 1}"),
     "r1@0 X=a; r1@1",
     "",
     {.events = 2, .not_numeric = 1}},
    /* value_median */
    {"the middle one",
     C("type: value_median, rules: r1, timespan: 1m, condition: {field: X, eq: 2}"),
     "r1@0 X=100; r1@1 X=1; r1@2 X=2",
     "c @2 0..2 3 =2 () [0 1 2]",
     {0}},
    {"the mean of the two in the middle",
     C("type: value_median, rules: r1, timespan: 1m, condition: {field: X, gte: 0.75}"),
     "r1@0 X=100; r1@1 X=0.5; r1@2 X=-3; r1@3 X=1",
     "c @3 0..3 4 =0.75 () [0 1 2 3]",
     {0}},
    {"numbers, not texts, are in order",
     C("type: value_median, rules: r1, timespan: 1m, condition: {field: X, eq: -2}"),
     "r1@0 X=-10; r1@1 X=-2; r1@2 X=9",
     "c @2 0..2 3 =-2 () [0 1 2]",
     {0}},
    {"fractions below zero are in order",
     C("type: value_median, rules: r1, timespan: 1m, condition: {field: X, eq: -1.5}"),
     "r1@0 X=-1; r1@1 X=-1.5; r1@2 X=-1.55",
     "c @2 0..2 3 =-1.5 () [0 1 2]",
     {0}},
    {"a median below",
     C("type: value_median, rules: r1, timespan: 1m, condition: {field: X, gt: 2}"),
     "r1@0 X=1; r1@1 X=3",
     "",
     {0}},
    /* value_percentile */
    {"nearest rank",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, percentile: 95, gte: 19}"),
     "r1@0 X=20 X=19 X=18 X=17 X=16 X=15 X=14 X=13 X=12 X=11 X=10 X=9 X=8 X=7 X=6 X=5 X=4 X=3 X=2 X=1",
     "c @0 0..0 1 =19 () [0]",
     {0}},
    {"nearest rank, not the next",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, percentile: 95, gt: 19}"),
     "r1@0 X=20 X=19 X=18 X=17 X=16 X=15 X=14 X=13 X=12 X=11 X=10 X=9 X=8 X=7 X=6 X=5 X=4 X=3 X=2 X=1",
     "",
     {0}},
    {"a rank that is no whole number goes up",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, percentile: 33.4, eq: 2}"),
     "r1@0 X=1; r1@1 X=2; r1@2 X=3",
     "c @2 0..2 3 =2 () [0 1 2]",
     {0}},
    {"a rank a little above a whole number goes up",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, percentile: 50.00000001, eq: 2}"),
     "r1@0 X=1; r1@1 X=2",
     "c @1 0..1 2 =2 () [0 1]",
     {0}},
    {"percentile 0 is the least",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, percentile: 0, eq: 1}"),
     "r1@0 X=3; r1@1 X=1",
     "c @1 0..1 2 =1 () [0 1]",
     {0}},
    {"percentile 100 is the greatest",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, percentile: 100, eq: 3}"),
     "r1@0 X=3; r1@1 X=1",
     "c @1 0..1 2 =3 () [0 1]",
     {0}},
    {"the condition decides",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, percentile: 95, gt: 1000}"),
     "r1@0 X=1; r1@1 X=1",
     "",
     {0}},
    /* rarity: value_percentile without percentile */
    {"a rare value",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, lte: 25}"),
     "r1@0 X=a; r1@1 X=A; r1@2 X=a; r1@3 X=Rare",
     "c @3 3..3 1 =25 () Rare [3]",
     {0}},
    {"rare enough is not less",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, lt: 25}"),
     "r1@0 X=a; r1@1 X=a; r1@2 X=a; r1@3 X=b",
     "",
     {0}},
    {"events without the value are no part of the whole",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, lt: 25}"),
     "r1@0 X=a; r1@1 X=a; r1@2 X=a; r1@3 X=b; r1@4; r1@5; r1@6",
     "",
     {0}},
    {"two rare values, by their text",
     C("type: value_percentile, rules: r1, timespan: 1m, condition: {field: X, lt: 50}"),
     "r1@0 X=z; r1@1 X=m; r1@2 X=b; r1@3 X=m; r1@4 X=B",
     "c @4 2..4 2 =40 () b [2 4]; c @4 1..3 2 =40 () m [1 3]; c @4 0..0 1 =20 () z [0]",
     {0}},
    {"rare in its window",
     C("type: value_percentile, rules: r1, timespan: 10s, condition: {field: X, lte: 50}"),
     "r1@0 X=a; r1@10 X=b; r1@11 X=a; r1@12 X=a",
     "c @10 0..0 1 =50 () a [0]; c @10 10..10 1 =50 () b [1]",
     {0}},
    {"several values of one event, each once",
     C("type: value_percentile, rules: r1, timespan: 10s, condition: {field: X, gte: 100}"),
     "r1@0 X=a X=b X=A",
     "c @0 0..0 1 =100 () a [0]; c @0 0..0 1 =100 () b [0]",
     {0}},
    {"rare in its group",
     C("type: value_percentile, rules: r1, group-by: [U], timespan: 10s, condition: {field: X, lt: 50}"),
     "r1@0 U=u X=a; r1@1 U=u X=a; r1@2 U=v X=b; r1@3 U=u X=b",
     "c @3 3..3 1 =33.333333333 (u) b [3]",
     {0}},
    /* chains */
    {"brute force, then a logon",
     NAMED("i", "type: event_count, rules: r1, group-by: [U], timespan: 10m, condition: {gte: 3}")
         C("type: temporal_ordered, rules: [i, r2], group-by: [U], timespan: 10m"),
     "r1@0 U=a; r1@1 U=A; r1@2 U=a; r2@100 U=a; r2@101 U=b",
     "i @2 0..2 3 =3 (a) [0 1 2]; c @100 2..100 2 =2 (a) [0 1 2 3]",
     {.events = 3}},
    {"the logon comes first",
     NAMED("i", "type: event_count, rules: r1, group-by: [U], timespan: 10m, condition: {gte: 2}")
         C("type: temporal_ordered, rules: [i, r2], group-by: [U], timespan: 10m"),
     "r1@10 U=a; r1@20 U=a; r2@19 U=a",
     "i @20 10..20 2 =2 (a) [0 1]",
     {0}},
    {"a hit's time is when it became true",
     NAMED("i", "type: event_count, rules: r1, timespan: 10s, condition: {gte: 2}")
         C("type: temporal, rules: [i, r2], timespan: 10s"),
     "r1@0; r1@9; r1@18; r2@19",
     "i @9 0..18 3 =2 () [0 1 2]; c @19 9..19 2 =2 () [0 1 2 3]",
     {0}},
    {"the outer groups are its own",
     NAMED("i", "type: event_count, rules: r1, group-by: [U, H], timespan: 10s, condition: {gte: 1}")
         C("type: event_count, rules: i, group-by: [H], timespan: 10s, condition: {gte: 2}"),
     "r1@0 U=a H=x; r1@1 U=b H=x; r1@2 U=c H=y",
     "i @0 0..0 1 =1 (a, x) [0]; i @1 1..1 1 =1 (b, x) [1]; i @2 2..2 1 =1 (c, y) [2]; c @1 0..1 2 =2 (x) [0 1]",
     {0}},
    {"a hit has no other fields",
     NAMED("i", "type: event_count, rules: r1, timespan: 10s, condition: {gte: 1}")
         C("type: event_count, rules: i, group-by: [U], timespan: 10s, condition: {gte: 1}"),
     "r1@0 U=a",
     "i @0 0..0 1 =1 () [0]",
     {.events = 1, .no_group = 1}},
    {"the count of a hit",
     NAMED("i", "type: event_count, rules: r1, group-by: [U], timespan: 10s, condition: {gte: 1}")
         C("type: value_sum, rules: i, timespan: 10s, condition: {field: count, gte: 3}"),
     "r1@0 U=a; r1@1 U=a; r1@2 U=b",
     "i @0 0..1 2 =2 (a) [0 1]; i @2 2..2 1 =1 (b) [2]; c @2 0..2 2 =3 () [0 1 2]",
     {0}},
    {"a field of the group hides the count",
     NAMED("i", "type: event_count, rules: r1, group-by: [count], timespan: 10s, condition: {gte: 1}")
         C("type: value_sum, rules: i, timespan: 10s, condition: {field: count, gte: 40}"),
     "r1@0 count=40",
     "i @0 0..0 1 =1 (40) [0]; c @0 0..0 1 =40 () [0]",
     {0}},
    {"an event of two inner hits is told once",
     NAMED("i", "type: event_count, rules: [r1, r2], timespan: 10s, condition: {gte: 2}")
         NAMED("j", "type: event_count, rules: [r2, r3], timespan: 10s, condition: {gte: 2}")
             C("type: temporal, rules: [i, j], timespan: 10s"),
     "r1@0; r2@1; r3@2",
     "i @1 0..1 2 =2 () [0 1]; j @2 1..2 2 =2 () [1 2]; c @2 1..2 2 =2 () [0 1 2]",
     {0}},
    {"three levels",
     NAMED("i", "type: event_count, rules: r1, group-by: [U], timespan: 10s, condition: {gte: 1}")
         NAMED("j", "type: temporal, rules: [i, r2], group-by: [U], timespan: 10s")
             C("type: temporal_ordered, rules: [j, r3], group-by: [U], timespan: 10s"),
     "r1@0 U=a; r2@1 U=a; r3@2 U=a",
     "i @0 0..0 1 =1 (a) [0]; j @1 0..1 2 =2 (a) [0 1]; c @2 1..2 2 =2 (a) [0 1 2]",
     {0}},
};

struct made {
    struct sigma_loader *loader;
    const struct sigma_set *set;
    struct correlator *c;
    struct buf told;
};

/* A file of these rules. */
static void rules_load(struct made *m, const char *name, const char *correlations) {
    struct err e = {0};
    struct buf text = {0};

    buf_add(&text, S(DETECTIONS));
    buf_add(&text, str_of(correlations));
    assert_true(sigma_loader_new(&m->loader, &e));
    assert_true(sigma_load_text(m->loader, S("rules.yml"), buf_str(&text), &e));
    assert_true(sigma_load_end(m->loader, &m->set, &e));
    for (size_t i = 0; i < m->set->verdict_count; i++)
        if (!m->set->verdicts[i].loaded)
            fail_msg("%s: %.*s", name, STR_ARG(m->set->verdicts[i].reason));
    buf_free(&text);
}

static uint32_t rule_named(const struct made *m, str name) {
    for (uint32_t i = 0; i < m->set->rule_count; i++)
        if (str_eq(m->set->rules[i]->name, name))
            return i;
    fail_msg("no rule %.*s", STR_ARG(name));
    return 0;
}

struct event {
    struct correlation_event event;
    str names[CELLS_MAX], values[CELLS_MAX];
    size_t count;
};

static str word(str *s, char end) {
    size_t const at = str_find_byte(*s, end);
    str const found = str_trim(str_first(*s, at));

    *s = at == SIZE_MAX ? (str){"", 0} : str_from(*s, at + 1);
    return found;
}

/* Seconds with up to nine decimals. */
static int64_t instant_of(str s) {
    bool const minus = s.len && s.ptr[0] == '-';
    str left = str_from(s, minus);
    str const whole = word(&left, '.');
    uint64_t seconds, fraction = 0;

    assert_true(str_u64(whole, INT64_MAX, &seconds));
    if (left.len) {
        assert_int_equal(left.len, 9);
        assert_true(str_u64(left, INT64_MAX, &fraction));
    }
    int64_t const when = (int64_t)seconds * SECOND + (int64_t)fraction;

    return minus ? -when : when;
}

static size_t events_read(const struct made *m, const char *text, struct event *out) {
    str left = str_of(text);
    size_t n = 0;

    while (left.len) {
        str one = word(&left, ';');
        str place = word(&one, ' ');
        struct event *const e = &out[n];
        str const rule = word(&place, '@');
        size_t const sharp = str_find_byte(place, '#');
        uint64_t offset = n, source = 0;
        str when = place;

        assert_true(n < EVENTS_MAX);
        if (sharp != SIZE_MAX) {
            str numbers = str_from(place, sharp + 1);
            str const first = word(&numbers, '/');

            when = str_first(place, sharp);
            assert_true(str_u64(first, 1000, &offset) && (!numbers.len || str_u64(numbers, 1000, &source)));
        }
        *e = (struct event){.event = {.rule = rule_named(m, rule),
                                      .when = str_eq(when, S("-")) ? INSTANT_NONE : instant_of(when),
                                      .source = (uint32_t)source,
                                      .offset = offset,
                                      .number = offset}};
        while (one.len) {
            str cell = word(&one, ' ');

            assert_true(e->count < CELLS_MAX);
            e->names[e->count] = word(&cell, '=');
            e->values[e->count++] = cell;
        }
        n++;
    }
    return n;
}

/* Hands over of the event's fields those that are asked for, as a worker does. */
static bool event_add(struct made *m, const struct event *from, struct err *e) {
    struct correlation_cell cells[CELLS_MAX];
    struct correlation_event event = from->event;
    size_t names, n = 0;
    const str *const asked = correlator_fields(m->c, event.rule, &names);

    if (!correlator_wants(m->c, event.rule))
        return true;
    for (size_t i = 0; i < names; i++)
        for (size_t k = 0; k < from->count; k++)
            if (str_eq(from->names[k], asked[i])) {
                assert_true(n < CELLS_MAX);
                cells[n++] = (struct correlation_cell){(uint32_t)i, from->values[k]};
            }
    event.cells = cells;
    event.cell_count = n;
    return correlator_add(m->c, &event, e);
}

static void tell_instant(struct buf *b, int64_t when) {
    if (when < 0)
        buf_byte(b, '-');
    buf_format(b, "%ld", labs(when / SECOND));
    if (when % SECOND)
        buf_format(b, ".%09ld", labs(when % SECOND));
}

static bool on_hit(void *ctx, const struct correlation_hit *hit, struct err *e) {
    struct made *const m = ctx;
    struct buf *const b = &m->told;

    (void)e;
    if (b->len)
        buf_add(b, S("; "));
    buf_add(b, m->set->rules[hit->rule]->name);
    buf_add(b, S(" @"));
    tell_instant(b, hit->when);
    buf_byte(b, ' ');
    tell_instant(b, hit->first);
    buf_add(b, S(".."));
    tell_instant(b, hit->last);
    buf_format(b, " %lu =%.*s (", (unsigned long)hit->count, STR_ARG(hit->value));
    for (size_t i = 0; i < hit->group_count; i++)
        buf_format(b, "%s%.*s", i ? ", " : "", STR_ARG(hit->group[i]));
    buf_format(b, ") %.*s%s[", STR_ARG(hit->rare), hit->rare.len ? " " : "");
    for (size_t i = 0; i < hit->event_count; i++) {
        const struct correlation_part *const p = &hit->events[i];

        assert_int_equal(p->number, p->offset);
        assert_true(p->rule < m->set->rule_count && m->set->rules[p->rule]->type == SIGMA_DETECTION);
        buf_format(b, "%s%lu", i ? " " : "", (unsigned long)p->offset);
        if (p->source)
            buf_format(b, "/%u", p->source);
    }
    buf_byte(b, ']');
    return true;
}

/* What comes of the events in this order; false: e says why. */
static bool told_of(struct made *m, const struct event *events, const size_t *order, size_t count, size_t memory,
                    struct err *e) {
    bool ok;

    m->told.len = 0;
    if (!correlator_new(&m->c, m->set, NULL, memory, NULL, e))
        return false;
    ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = event_add(m, &events[order[i]], e);
    return ok && correlator_run(m->c, on_hit, m, e);
}

static void made_free(struct made *m) {
    correlator_free(m->c);
    sigma_loader_free(m->loader);
    buf_free(&m->told);
}

/* A linear congruence is shuffled enough, and the same on every run. */
static void shuffle(size_t *order, size_t count, unsigned seed) {
    uint64_t x = seed;

    for (size_t i = count; i > 1; i--) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        size_t const k = (x >> 33) % i, swap = order[k];

        order[k] = order[i - 1];
        order[i - 1] = swap;
    }
}

/* With memory for everything, and with so little that each record goes to disk. */
static const size_t memories[] = {(size_t)1 << 24, 0};

static void every_case(void **state) {
    static struct event events[EVENTS_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m = {0};
        size_t order[EVENTS_MAX];

        rules_load(&m, cases[i].name, cases[i].rules);
        size_t const count = events_read(&m, cases[i].events, events);

        for (size_t k = 0; k < count; k++)
            order[k] = k;
        for (unsigned turn = 0; turn < 6; turn++) {
            struct err e = {0};

            if (turn == 1)
                for (size_t k = 0; k < count; k++)
                    order[k] = count - 1 - k;
            else if (turn)
                shuffle(order, count, turn);
            if (!told_of(&m, events, order, count, memories[turn % COUNT(memories)], &e))
                fail_msg("%s: %s", cases[i].name, e.text);
            buf_byte(&m.told, '\0');
            if (strcmp(m.told.ptr, cases[i].hits) != 0)
                fail_msg("%s, order %u:\n%s\nnot\n%s", cases[i].name, turn, m.told.ptr, cases[i].hits);
            if (cases[i].counts.events) {
                const struct correlation_counts *const n = correlator_counts(m.c, rule_named(&m, S("c")));

                if (memcmp(n, &cases[i].counts, sizeof *n) != 0)
                    fail_msg("%s: counts %lu %lu %lu %lu", cases[i].name, (unsigned long)n->events,
                             (unsigned long)n->no_time, (unsigned long)n->no_group, (unsigned long)n->not_numeric);
            }
            correlator_free(m.c);
            m.c = NULL;
        }
        made_free(&m);
    }
}

/* ---- what is cut, and what is left out ---- */

struct last {
    struct correlation_hit hit; /* without its views */
    size_t calls;
    struct buf value, rare, offsets; /* offsets: of its events, uint64_t each */
    uint32_t rule;                   /* that is looked at */
};

static bool on_last(void *ctx, const struct correlation_hit *hit, struct err *e) {
    struct last *const l = ctx;

    (void)e;
    if (hit->rule != l->rule)
        return true;
    l->calls++;
    l->hit = *hit;
    l->value.len = l->rare.len = l->offsets.len = 0;
    buf_add(&l->value, hit->value);
    buf_add(&l->rare, hit->rare);
    for (size_t i = 0; i < hit->event_count; i++)
        buf_add(&l->offsets, (str){(const char *)&hit->events[i].offset, sizeof hit->events[i].offset});
    buf_byte(&l->value, '\0');
    buf_byte(&l->rare, '\0');
    return true;
}

static void last_free(struct last *l) {
    buf_free(&l->value);
    buf_free(&l->rare);
    buf_free(&l->offsets);
}

static uint64_t offset_of(const struct last *l, size_t i) {
    uint64_t n;

    assert_true((i + 1) * sizeof n <= l->offsets.len);
    memcpy(&n, l->offsets.ptr + i * sizeof n, sizeof n);
    return n;
}

/* Events 0 to count - 1 of r1, a second apart, handed in from the last to the first. */
static void add_backwards(struct made *m, size_t count, struct event *pattern) {
    struct err e = {0};

    for (size_t i = count; i-- > 0;) {
        pattern->event.rule = rule_named(m, S("r1"));
        pattern->event.when = (int64_t)i * SECOND;
        pattern->event.offset = pattern->event.number = i;
        assert_true(event_add(m, pattern, &e));
    }
}

/* More events than are told: the first of them, and how many there were. */
static void first_events_are_told(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(memories); i++)
        for (unsigned anchored = 0; anchored < 2; anchored++) {
            struct made m = {0};
            struct event pattern = {0};
            struct err e = {0};

            rules_load(&m, "cut",
                       anchored ? C("type: event_count, rules: r1, timespan: 1d, condition: {neq: 3}")
                                : C("type: event_count, rules: r1, timespan: 10s, condition: {gte: 3}"));
            assert_true(correlator_new(&m.c, m.set, NULL, memories[i] / 16, NULL, &e));
            add_backwards(&m, 2500, &pattern);
            struct last l = {.rule = rule_named(&m, S("c"))};

            assert_true(correlator_run(m.c, on_last, &l, &e));
            assert_int_equal(l.calls, 1);
            assert_int_equal(l.hit.count, 2500);
            assert_int_equal(l.hit.event_count, FINDING_EVENTS_MAX);
            assert_string_equal(l.value.ptr, anchored ? "2500" : "11");
            assert_int_equal(l.hit.when, (anchored ? 2499 : 2) * SECOND);
            assert_int_equal(l.hit.first, 0);
            assert_int_equal(l.hit.last, 2499 * SECOND);
            for (size_t k = 0; k < FINDING_EVENTS_MAX; k++)
                assert_int_equal(offset_of(&l, k), k);
            last_free(&l);
            made_free(&m);
        }
}

/* The same events in very many inner hits: each is told once, and copies push none of the first out. */
static void copies_push_nothing_out(void **state) {
    enum { GROUPS = CELLS_MAX, TOLD = 1100 };
    static struct event pattern;
    static char names[GROUPS][8];
    struct made m = {0};
    struct err e = {0};

    (void)state;
    rules_load(&m, "copies",
               NAMED("i", "type: event_count, rules: r1, group-by: [U], timespan: 1d, condition: {gte: 1}")
                   C("type: event_count, rules: i, timespan: 1d, condition: {gte: 1}"));
    assert_true(correlator_new(&m.c, m.set, NULL, (size_t)1 << 20, NULL, &e));
    for (size_t i = 0; i < GROUPS; i++) {
        snprintf(names[i], sizeof names[i], "u%zu", i);
        pattern.names[i] = S("U");
        pattern.values[i] = str_of(names[i]);
        pattern.count++;
    }
    add_backwards(&m, TOLD, &pattern);
    pattern.values[0] = S("one more");
    pattern.count = 1;
    add_backwards(&m, TOLD, &pattern);
    struct last l = {.rule = rule_named(&m, S("c"))};

    assert_true(correlator_run(m.c, on_last, &l, &e));
    assert_int_equal(l.calls, 1);
    assert_int_equal(l.hit.count, GROUPS + 1);
    assert_int_equal(l.hit.event_count, FINDING_EVENTS_MAX);
    for (size_t k = 0; k < FINDING_EVENTS_MAX; k++)
        assert_int_equal(offset_of(&l, k), k);
    last_free(&l);
    made_free(&m);
}

/* What refers to a rule that is skipped is skipped; the others are not. */
static void skipped_rules(void **state) {
    struct made m = {0};
    struct err e = {0};
    static struct event events[EVENTS_MAX];
    bool *skip;

    (void)state;
    rules_load(&m, "skip",
               NAMED("i", "type: event_count, rules: r1, timespan: 1d, condition: {gte: 1}")
                   C("type: event_count, rules: [i, r2], timespan: 1d, condition: {gte: 1}")
                       NAMED("j", "type: event_count, rules: r2, timespan: 1d, condition: {gte: 1}"));
    skip = calloc(m.set->rule_count, sizeof *skip);
    assert_non_null(skip);
    skip[rule_named(&m, S("r1"))] = true;
    assert_true(correlator_new(&m.c, m.set, skip, 1 << 20, NULL, &e));
    assert_false(correlator_wants(m.c, rule_named(&m, S("r1"))));
    assert_true(correlator_wants(m.c, rule_named(&m, S("r2"))));
    assert_false(correlator_wants(m.c, rule_named(&m, S("r3"))));
    assert_int_equal(events_read(&m, "r2@0", events), 1);
    assert_true(event_add(&m, &events[0], &e));
    assert_true(correlator_run(m.c, on_hit, &m, &e));
    buf_byte(&m.told, '\0');
    assert_string_equal(m.told.ptr, "j @0 0..0 1 =1 () [0]");
    assert_int_equal(correlator_counts(m.c, rule_named(&m, S("c")))->events, 0);
    free(skip);
    made_free(&m);
}

static bool stop(void *ctx, const struct correlation_hit *hit, struct err *e) {
    (void)hit;
    return ++*(size_t *)ctx < 2 || err_set(e, ERR_INTERRUPTED, 0, "enough");
}

static void stopped(void **state) {
    struct made m = {0};
    struct err e = {0};
    static struct event events[EVENTS_MAX];
    size_t calls = 0;

    (void)state;
    rules_load(&m, "stop", C("type: event_count, rules: r1, timespan: 1s, condition: {gte: 1}"));
    assert_true(correlator_new(&m.c, m.set, NULL, 1 << 20, NULL, &e));
    size_t const count = events_read(&m, "r1@0; r1@10; r1@20", events);

    for (size_t i = 0; i < count; i++)
        assert_true(event_add(&m, &events[i], &e));
    assert_false(correlator_run(m.c, stop, &calls, &e));
    assert_int_equal(calls, 2);
    assert_int_equal(e.code, ERR_INTERRUPTED);
    made_free(&m);
}

/* ---- failures ---- */

/* Every case, run until nothing fails; left: what may still be had, of memory or of the disk. */
static void every_case_failing(enum err_code code,
                               bool (*fails)(struct made *m, const struct event *events, const size_t *order,
                                             size_t count, size_t memory, long left, struct err *e)) {
    static struct event events[EVENTS_MAX];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct made m = {0};
        size_t order[EVENTS_MAX];

        rules_load(&m, cases[i].name, cases[i].rules);
        size_t const count = events_read(&m, cases[i].events, events);

        for (size_t k = 0; k < count; k++)
            order[k] = k;
        assert_non_null(buf_reserve(&m.told, 4096)); /* the test's own must not fail */
        for (size_t turn = 0; turn < COUNT(memories); turn++)
            for (long left = 0;; left++) {
                struct err e = {0};

                memory_refused = false;
                bool const failed = fails(&m, events, order, count, memories[turn], left, &e);

                correlator_free(m.c);
                m.c = NULL;
                if (!failed) {
                    buf_byte(&m.told, '\0');
                    if (strcmp(m.told.ptr, cases[i].hits) != 0)
                        fail_msg("%s, %ld:\n%s\nnot\n%s", cases[i].name, left, m.told.ptr, cases[i].hits);
                    if (!memory_refused)
                        break;
                } else if (e.code != code) {
                    fail_msg("%s, %ld: %d, %s", cases[i].name, left, e.code, e.text);
                }
            }
        made_free(&m);
    }
}

static bool fails_without_memory(struct made *m, const struct event *events, const size_t *order, size_t count,
                                 size_t memory, long left, struct err *e) {
    memory_left = left;
    bool const ok = told_of(m, events, order, count, memory, e);

    memory_left = -1;
    return !ok;
}

static void no_memory(void **state) {
    (void)state;
    if (!REFUSES)
        skip();
    every_case_failing(ERR_MEMORY, fails_without_memory);
}

/* A limit on file sizes stands for the full disk. */
static bool fails_without_disk(struct made *m, const struct event *events, const size_t *order, size_t count,
                               size_t memory, long left, struct err *e) {
    struct rlimit before;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)left * 61, before.rlim_max}), 0);
    bool const ok = told_of(m, events, order, count, memory, e);

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    return !ok;
}

static void disk_full(void **state) {
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    every_case_failing(ERR_IO, fails_without_disk);
}

/* ---- one group, however large ---- */

#if REFUSES
#define LARGE 600000u
#else
#define LARGE 20000u
#endif
#define LARGE_MEMORY ((size_t)8 << 20)
#define LARGE_SLACK ((size_t)16 << 20) /* what is merged is read through buffers */

/* Event i is i ms after 1970; X is i, Y is "rare" once and else one of 1,000, Z one of 100 groups. n is LARGE. */
static const struct {
    const char *name, *rules;
    const char *value, *rare; /* of the only hit of c; value "n": LARGE, "m": the middle of 0 to n - 1 */
    size_t count;
} large[] = {
    {"event_count", C("type: event_count, rules: r1, timespan: 30d, condition: {gte: 10}"), "n", "", LARGE},
    {"event_count, judged once", C("type: event_count, rules: r1, timespan: 30d, condition: {neq: 10}"), "n", "",
     LARGE},
    {"value_count", C("type: value_count, rules: r1, timespan: 30d, condition: {field: X, gte: 2}"), "n", "", LARGE},
    {"value_count, judged once", C("type: value_count, rules: r1, timespan: 30d, condition: {field: X, neq: 2}"), "n",
     "", LARGE},
    {"value_count, few values", C("type: value_count, rules: r1, timespan: 30d, condition: {field: Y, gte: 2}"), "1001",
     "", LARGE},
    {"value_sum", C("type: value_sum, rules: r1, timespan: 30d, condition: {field: One, gte: 5}"), "n", "", LARGE},
    {"value_avg", C("type: value_avg, rules: r1, timespan: 30d, condition: {field: X, gte: 5}"), "m", "", LARGE},
    {"value_median", C("type: value_median, rules: r1, timespan: 30d, condition: {field: X, gte: 5}"), "m", "", LARGE},
    {"value_percentile",
     C("type: value_percentile, rules: r1, timespan: 30d, condition: {field: One, percentile: 99, eq: 1}"), "1", "",
     LARGE},
    {"rarity", C("type: value_percentile, rules: r1, timespan: 30d, condition: {field: Y, lt: 0.01}"), NULL, "rare", 1},
    {"temporal", C("type: temporal, rules: [r1, r2, r3], timespan: 30d, condition: {gte: 1}"), "1", "", LARGE},
    {"temporal_ordered", C("type: temporal_ordered, rules: [r1, r2, r3], timespan: 30d, condition: {gte: 1}"), "1", "",
     LARGE},
    {"a chain",
     NAMED("i", "type: event_count, rules: r1, group-by: [X], timespan: 1s, condition: {gte: 1}")
         C("type: event_count, rules: i, timespan: 30d, condition: {gte: 1}"),
     "n", "", LARGE},
    {"a chain of large groups",
     NAMED("i", "type: event_count, rules: r1, group-by: [Z], timespan: 30d, condition: {gte: 1}")
         C("type: event_count, rules: i, timespan: 30d, condition: {gte: 1}"),
     "100", "", 100},
};

static long peak_kib(void) {
    struct rusage u;

    assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
    return u.ru_maxrss;
}

/* In a process of its own, whose peak is its own. */
static void large_group(size_t i, bool one_instant) {
    struct made m = {0};
    struct err e = {0};
    char x[24], y[24], z[24], value[24];

    rules_load(&m, large[i].name, large[i].rules);
    assert_true(correlator_new(&m.c, m.set, NULL, LARGE_MEMORY, NULL, &e));
    struct event event = {.names = {S("X"), S("Y"), S("Z"), S("One")}, .count = 4};
    struct last l = {.rule = rule_named(&m, S("c"))};
    long const before = peak_kib();

    event.event.rule = rule_named(&m, S("r1"));
    for (uint64_t k = 0; k < LARGE; k++) {
        uint64_t const n = k * 7919 % LARGE; /* a prime that does not divide it: every number once */

        snprintf(x, sizeof x, "%lu", (unsigned long)n);
        snprintf(y, sizeof y, "y%lu", (unsigned long)(n % 1000));
        snprintf(z, sizeof z, "z%lu", (unsigned long)(n % 100));
        event.event.when = one_instant ? 0 : (int64_t)n * (SECOND / 1000);
        event.event.offset = event.event.number = n;
        event.values[0] = str_of(x);
        event.values[1] = n == LARGE / 2 ? S("rare") : str_of(y);
        event.values[2] = str_of(z);
        event.values[3] = S("1");
        if (!event_add(&m, &event, &e))
            fail_msg("%s: %s", large[i].name, e.text);
    }
    if (!correlator_run(m.c, on_last, &l, &e))
        fail_msg("%s: %s", large[i].name, e.text);
    long const grown = peak_kib() - before;

    snprintf(value, sizeof value, "%u", LARGE);
    if (large[i].value && strcmp(large[i].value, "m") == 0)
        snprintf(value, sizeof value, "%u.5", (LARGE - 2) / 2);
    else if (large[i].value && strcmp(large[i].value, "n") != 0)
        snprintf(value, sizeof value, "%s", large[i].value);
    if (l.calls != 1 || l.hit.count != large[i].count || (large[i].value && strcmp(l.value.ptr, value) != 0))
        fail_msg("%s: %zu hits, %lu events, %s", large[i].name, l.calls, (unsigned long)l.hit.count,
                 l.value.ptr ? l.value.ptr : "");
    assert_string_equal(l.rare.ptr, large[i].rare);
    assert_int_equal(l.hit.event_count, l.hit.count == 1 ? 1 : FINDING_EVENTS_MAX);
    for (size_t k = 0; k < l.hit.event_count; k++)
        assert_int_equal(offset_of(&l, k), l.hit.count == 1 ? LARGE / 2 : k);
    if (REFUSES && (size_t)grown * 1024 > LARGE_MEMORY + LARGE_SLACK)
        fail_msg("%s: %ld KiB", large[i].name, grown);
    last_free(&l);
    made_free(&m);
}

static void large_groups_are_bounded(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(large); i++)
        for (int one_instant = 0; one_instant < 2; one_instant++) {
            int status;

            fflush(NULL);
            pid_t const pid = fork();

            assert_true(pid >= 0);
            if (pid == 0) {
                large_group(i, one_instant);
                _exit(0);
            }
            assert_int_equal(waitpid(pid, &status, 0), pid);
            if (status != 0)
                fail_msg("%s%s", large[i].name, one_instant ? ", all at one instant" : "");
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(first_events_are_told),
        cmocka_unit_test(copies_push_nothing_out),
        cmocka_unit_test(skipped_rules),
        cmocka_unit_test(stopped),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(disk_full),
        cmocka_unit_test(large_groups_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
