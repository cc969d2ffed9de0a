/* test_select: which rows are chosen, construct by construct, and which are not: of each case the rows are written down, and it is checked that
 * whatever detection finds lies in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "select_rows.h"

#define KIND "kind: k\ntitle: t\nwhen: {kind: [k]}\nlogsources: [{product: p}]\n"
#define KIND_OF(fields) "kind: k\ntitle: t\nwhen: {kind: [k]}\nlogsources:\n  - product: p\n    fields: {" fields "}\n"
#define RULE_OF(logsource, detection) "title: r\nlogsource: " logsource "\ndetection: " detection "\n"
#define RULE(detection) RULE_OF("{product: p}", detection)

struct select_case {
    const char *name, *kinds, *rule;
    const char *lines; /* of JSON, a record each */
    const char *rows;  /* 1: chosen, 0: not, by record; F: chosen, and something is found in it */
    bool untrusted;
};

static const struct select_case cases[] = {
    /* ---- tests ---- */
    {"a text, in any case", KIND, RULE("{s: {A: Value}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"vALUE\"}\n{\"kind\":\"k\",\"A\":\"values\"}\n{\"kind\":\"k\",\"B\":\"value\"}\n", "F00",
     false},
    {"contained, at the start, at the end", KIND,
     RULE("{s: [{A|contains: mid}, {A|startswith: beg}, {A|endswith: end}], condition: s}"),
     "{\"kind\":\"k\",\"A\":\"xmidx\"}\n{\"kind\":\"k\",\"A\":\"begx\"}\n{\"kind\":\"k\",\"A\":\"xend\"}\n"
     "{\"kind\":\"k\",\"A\":\"xbeg endx\"}\n",
     "FFF0", false},
    {"beyond ASCII, in another case", KIND, RULE("{s: {A|contains: 'ÄÖ'}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"xäöx\"}\n{\"kind\":\"k\",\"A\":\"xaox\"}\n", "F0", false},
    {"wildcards", KIND, RULE("{s: {A: 'a?c*e'}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"abcde\"}\n{\"kind\":\"k\",\"A\":\"ac e\"}\n{\"kind\":\"k\",\"A\":\"aXcXX\"}\n", "F00",
     false},
    {"only one character", KIND, RULE("{s: {A: '?'}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"a\"}\n{\"kind\":\"k\",\"A\":\"ab\"}\n", "F0", false},
    {"with regard to case", KIND, RULE("{s: {A|contains|cased: Mid}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"xMidx\"}\n{\"kind\":\"k\",\"A\":\"xmidx\"}\n", "F0", false},
    {"any value", KIND, RULE("{s: {A: '*'}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"\"}\n{\"kind\":\"k\",\"B\":\"\"}\n", "F0", false},
    {"the empty text", KIND, RULE("{s: {A: ''}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"\"}\n{\"kind\":\"k\",\"A\":\"a\"}\n{\"kind\":\"k\"}\n", "F00", false},
    {"a regular expression with words", KIND, RULE("{s: {A|re: 'foo[0-9]+bar'}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"foo12bar\"}\n{\"kind\":\"k\",\"A\":\"fooXbar\"}\n", "F0", false},
    {"a regular expression without", KIND, RULE("{s: {A|re: '^[0-9]{3}$'}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"123\"}\n{\"kind\":\"k\",\"A\":\"12\"}\n", "F0", false},
    {"a number as a number, a text, in other spellings", KIND, RULE("{s: {A: 4688}, condition: s}"),
     "{\"kind\":\"k\",\"A\":4688}\n{\"kind\":\"k\",\"A\":\"4688\"}\n{\"kind\":\"k\",\"A\":4688.0}\n"
     "{\"kind\":\"k\",\"A\":4.688e3}\n{\"kind\":\"k\",\"A\":\"4688.0\"}\n{\"kind\":\"k\",\"A\":46880}\n{\"kind\":\"k\","
     "\"A\":\"04688\"}\n",
     "FFFF000", false},
    {"a pattern sees a number as it is spelled canonically", KIND, RULE("{s: {A|contains: '1000'}, condition: s}"),
     "{\"kind\":\"k\",\"A\":1e3}\n{\"kind\":\"k\",\"A\":\"1e3\"}\n", "F0", false},
    {"compared", KIND, RULE("{s: {A|gte: 10}, condition: s}"),
     "{\"kind\":\"k\",\"A\":10}\n{\"kind\":\"k\",\"A\":\"9\"}\n{\"kind\":\"k\",\"A\":\"x\"}\n", "F00", false},
    {"a network", KIND, RULE("{s: {A|cidr: 10.0.0.0/8}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"10.1.2.3\"}\n{\"kind\":\"k\",\"A\":\"11.1.2.3\"}\n", "F0", false},
    {"true and false", KIND, RULE("{s: {A: true}, condition: s}"),
     "{\"kind\":\"k\",\"A\":true}\n{\"kind\":\"k\",\"A\":\"True\"}\n{\"kind\":\"k\",\"A\":false}\n", "FF0", false},
    {"null: every row of the kind", KIND, RULE("{s: {A: null}, condition: s}"),
     "{\"kind\":\"k\",\"A\":null}\n{\"kind\":\"k\",\"A\":\"a\"}\n{\"kind\":\"k\"}\n{\"kind\":\"other\"}\n", "F1F0",
     false},
    {"exists", KIND, RULE("{s: {A|exists: true}, condition: s}"), "{\"kind\":\"k\",\"A\":null}\n{\"kind\":\"k\"}\n",
     "F0", false},
    {"does not exist: every row", KIND, RULE("{s: {A|exists: false}, condition: s}"),
     "{\"kind\":\"k\",\"A\":1}\n{\"kind\":\"k\"}\n", "1F", false},
    {"another field: where both might be", KIND, RULE("{s: {A|fieldref: B}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"x\",\"B\":\"X\"}\n{\"kind\":\"k\",\"A\":\"x\",\"B\":\"y\"}\n{\"kind\":\"k\",\"B\":\"y\"}"
     "\n",
     "F10", false},
    {"bytes: where there is a value", KIND, RULE("{s: {A|wide|contains: ab}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"x\"}\n{\"kind\":\"k\",\"B\":\"x\"}\n", "10", false},
    {"lists: any of its values", KIND, RULE("{s: {A: v}, condition: s}"),
     "{\"kind\":\"k\",\"A\":[\"u\",\"v\"]}\n{\"kind\":\"k\",\"A\":[\"u\",\"w\"]}\n{\"kind\":\"k\",\"A\":[]}\n", "F00",
     false},
    {"all of a list of texts, in different values", KIND, RULE("{s: {A|contains|all: [u, v]}, condition: s}"),
     "{\"kind\":\"k\",\"A\":[\"u\",\"v\"]}\n{\"kind\":\"k\",\"A\":[\"u\"]}\n", "F0", false},

    /* ---- conditions ---- */
    {"AND of two fields", KIND, RULE("{s: {A: a, B: b}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"B\":\"b\"}\n{\"kind\":\"k\",\"A\":\"a\",\"B\":\"c\"}\n{\"kind\":\"k\",\"A\":\"c\","
     "\"B\":\"b\"}\n",
     "F00", false},
    {"OR of two fields", KIND, RULE("{s: [{A: a}, {B: b}], condition: s}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"B\":\"c\"}\n{\"kind\":\"k\",\"A\":\"c\",\"B\":\"b\"}\n{\"kind\":\"k\",\"A\":\"c\","
     "\"B\":\"c\"}\n",
     "FF0", false},
    {"NOT of what is sure takes rows away", KIND, RULE("{s: {A: a}, f: {B|startswith: b}, condition: s and not f}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"B\":\"bb\"}\n{\"kind\":\"k\",\"A\":\"a\",\"B\":\"cb\"}\n{\"kind\":\"k\",\"A\":"
     "\"a\"}\n",
     "0FF", false},
    {"NOT of a list that has another value as well", KIND, RULE("{s: {A: a}, f: {B: b}, condition: s and not f}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"B\":[\"b\",\"c\"]}\n{\"kind\":\"k\",\"A\":\"a\",\"B\":[\"c\"]}\n", "0F", false},
    {"NOT of what is not sure takes none away", KIND, RULE("{s: {A: a}, f: {B: null}, condition: s and not f}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"B\":\"b\"}\n{\"kind\":\"k\",\"A\":\"a\"}\n{\"kind\":\"k\",\"A\":\"b\"}\n", "F10",
     false},
    {"NOT alone: all rows of the kind but those", KIND, RULE("{f: {A: a}, condition: not f}"),
     "{\"kind\":\"k\",\"A\":\"a\"}\n{\"kind\":\"k\",\"A\":\"b\"}\n{\"kind\":\"other\",\"A\":\"b\"}\n", "0F0", false},
    {"NOT of NOT", KIND, RULE("{f: {A: a}, condition: not (not f)}"),
     "{\"kind\":\"k\",\"A\":\"a\"}\n{\"kind\":\"k\",\"A\":\"b\"}\n", "F0", false},
    {"NOT of an AND, and of an OR", KIND, RULE("{f: {A: a, B: b}, g: [{A: c}, {B: c}], condition: not f and not g}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"B\":\"b\"}\n{\"kind\":\"k\",\"A\":\"a\",\"B\":\"c\"}\n{\"kind\":\"k\",\"A\":\"a\","
     "\"B\":\"d\"}\n",
     "00F", false},

    /* ---- all fields ---- */
    {"keywords: any value of any field", KIND, RULE("{k: [needle], condition: k}"),
     "{\"kind\":\"k\",\"X\":\"a "
     "Needle\"}\n{\"kind\":\"k\",\"Y\":{\"Z\":[\"x\",\"needle\"]}}\n{\"kind\":\"k\",\"needle\":\"x\"}\n",
     "FF0", false},
    {"keywords: not the text of an object", KIND, RULE("{k: ['\"Z\":\"needle\"'], condition: k}"),
     "{\"kind\":\"k\",\"Y\":{\"Z\":\"needle\"}}\n{\"kind\":\"k\",\"Y\":\"{\\\"Z\\\":\\\"needle\\\"}\"}\n", "0F", false},
    {"keywords and a field", KIND, RULE("{k: [needle], s: {A: a}, condition: k and s}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"B\":\"needle\"}\n{\"kind\":\"k\",\"A\":\"b\",\"B\":\"needle\"}\n{\"kind\":\"k\","
     "\"A\":\"a\"}\n",
     "F00", false},
    {"a number as keyword", KIND, RULE("{k: [4711], condition: k}"),
     "{\"kind\":\"k\",\"A\":4711}\n{\"kind\":\"k\",\"A\":\"x4711\"}\n{\"kind\":\"k\",\"A\":4771}\n", "FF0", false},
    {"a short keyword beside numbers", KIND, RULE("{k: ['10'], condition: k}"),
     "{\"kind\":\"k\",\"A\":1e1}\n{\"kind\":\"k\",\"A\":\"1e1\"}\n", "F0", false},

    /* ---- kinds ---- */
    {"rules of another log source", KIND, RULE_OF("{product: q}", "{s: {A: a}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"a\"}\n", "0", false},
    {"kinds that are not trusted: rows that may be of it", KIND, RULE("{s: {A: a}, condition: s}"),
     "{\"kind\":\"k\",\"A\":\"a\"}\n{\"kind\":\"k\",\"A\":\"b\"}\n", "F0", true},

    /* ---- aliases ---- */
    {"a plain renaming hides the field", KIND_OF("Image: exe"), RULE("{s: {Image: a}, condition: s}"),
     "{\"kind\":\"k\",\"exe\":\"a\"}\n{\"kind\":\"k\",\"Image\":\"a\"}\n", "F0", false},
    {"a renaming keeps numbers", KIND_OF("Id: id"), RULE("{s: {Id: 7}, condition: s}"),
     "{\"kind\":\"k\",\"id\":7.0}\n{\"kind\":\"k\",\"id\":\"7.0\"}\n{\"kind\":\"k\",\"id\":\"7\"}\n", "F0F", false},
    {"of several sources each", KIND_OF("Image: [exe, comm]"), RULE("{s: {Image: a}, condition: s}"),
     "{\"kind\":\"k\",\"exe\":\"a\"}\n{\"kind\":\"k\",\"comm\":\"a\"}\n{\"kind\":\"k\",\"exe\":\"b\",\"comm\":\"c\"}\n",
     "FF0", false},
    {"only_if is not asked", KIND_OF("Image: [{from: exe, only_if: {x: [y]}}]"), RULE("{s: {Image: a}, condition: s}"),
     "{\"kind\":\"k\",\"exe\":\"a\",\"x\":\"y\"}\n{\"kind\":\"k\",\"exe\":\"a\",\"x\":\"z\"}\n{\"kind\":\"k\",\"exe\":"
     "\"b\",\"x\":\"y\"}\n",
     "F10", false},
    {"unless takes no row away below a NOT", KIND_OF("U: [{from: u, unless: {x: [y]}}]"),
     RULE("{s: {A: a}, f: {U: s}, condition: s and not f}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"u\":\"s\",\"x\":\"y\"}\n{\"kind\":\"k\",\"A\":\"a\",\"u\":\"s\"}\n", "F1", false},
    {"a template: what it has not itself stands in one of its fields", KIND_OF("U: '{d}?{u}'"),
     RULE("{s: {U|contains: word}, condition: s}"),
     "{\"kind\":\"k\",\"d\":\"a "
     "Word\",\"u\":\"x\"}\n{\"kind\":\"k\",\"d\":\"x\",\"u\":\"words\"}\n{\"kind\":\"k\",\"d\":\"x\",\"u\":\"y\"}\n"
     "{\"kind\":\"k\",\"d\":\"word\"}\n{\"kind\":\"k\",\"d\":\"wo\",\"u\":\"rd\"}\n",
     "FF000", false},
    {"a template: what lies across it, by the longest part", KIND_OF("U: '{d}?{u}'"),
     RULE("{s: {U|contains: 'ab?cde'}, condition: s}"),
     "{\"kind\":\"k\",\"d\":\"xab\",\"u\":\"cdey\"}\n{\"kind\":\"k\",\"d\":\"x\",\"u\":\"zcde\"}\n{\"kind\":\"k\","
     "\"d\":\"ab\",\"u\":\"cd\"}\n",
     "F10", false},
    {"a template: only what it has itself", KIND_OF("U: '{d}?{u}'"), RULE("{s: {U|contains: '?'}, condition: s}"),
     "{\"kind\":\"k\",\"d\":\"x\",\"u\":\"y\"}\n{\"kind\":\"k\",\"d\":\"x\"}\n", "F0", false},
    {"a template: fields that meet", KIND_OF("U: '{d}{u}'"), RULE("{s: {U|contains: abcd}, condition: s}"),
     "{\"kind\":\"k\",\"d\":\"ab\",\"u\":\"cd\"}\n{\"kind\":\"k\",\"d\":\"x\",\"u\":\"y\"}\n{\"kind\":\"k\",\"d\":"
     "\"x\"}\n",
     "F10", false},
    {"a template: letters of it, in any case", KIND_OF("U: 'Ab{d}bA{u}'"),
     RULE("{s: {U|contains: 'cbad'}, condition: s}"),
     "{\"kind\":\"k\",\"d\":\"c\",\"u\":\"d\"}\n{\"kind\":\"k\",\"d\":\"x\",\"u\":\"y\"}\n", "F0", false},
    {"a template: letters of it beyond ASCII", KIND_OF("U: '{d}Ä{u}'"), RULE("{s: {U|contains: 'cäd'}, condition: s}"),
     "{\"kind\":\"k\",\"d\":\"c\",\"u\":\"d\"}\n{\"kind\":\"k\",\"d\":\"x\",\"u\":\"y\"}\n", "F1", false},
    {"a template: a field twice, numbers, and another source", KIND_OF("U: [v, '{d}.{u}.{d}']"),
     RULE("{s: {U: 47.11.47}, condition: s}"),
     "{\"kind\":\"k\",\"d\":47,\"u\":11}\n{\"kind\":\"k\",\"d\":48,\"u\":11}\n{\"kind\":\"k\",\"v\":\"47.11.47\"}\n",
     "F0F", false},
    {"a template: a regular expression", KIND_OF("U: '{d}?{u}'"),
     RULE("{s: {U|re: 'a[0-9]\\?longer[0-9]'}, condition: s}"),
     "{\"kind\":\"k\",\"d\":\"a1\",\"u\":\"longer2\"}\n{\"kind\":\"k\",\"d\":\"b1\",\"u\":\"longer2\"}\n{\"kind\":"
     "\"k\",\"d\":\"a1\",\"u\":\"long\"}\n",
     "F10", false},
    {"a template: below a NOT it takes none away", KIND_OF("U: '{d}?{u}'"),
     RULE("{s: {A: a}, f: {U|contains: word}, condition: s and not f}"),
     "{\"kind\":\"k\",\"A\":\"a\",\"d\":\"word\",\"u\":\"x\"}\n{\"kind\":\"k\",\"A\":\"a\",\"d\":\"x\",\"u\":\"y\"}\n",
     "1F", false},
    {"a template: of fields that formats make of lines",
     "kind: k\ntitle: t\nwhen: {w: {present: true}}\nlogsources:\n  - product: p\n    fields: {q: [q, "
     "'{stem}?{q}']}\n---\n"
     "shape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['get {stem:word} of {q:word}']\n",
     RULE("{s: {q|contains: 'evil?x'}, condition: s}"),
     "{\"w\":1,\"message\":\"get /evil of x=1\"}\n{\"w\":1,\"message\":\"get /even of x=1\"}\n"
     "{\"w\":1,\"message\":\"get /a of evil\"}\n",
     "F01", false},
    {"a template: where all of its fields are", KIND_OF("User: '{d}\\{u}'"), RULE("{s: {User: 'D\\x'}, condition: s}"),
     "{\"kind\":\"k\",\"d\":\"D\",\"u\":\"x\"}\n{\"kind\":\"k\",\"d\":\"D\",\"u\":\"y\"}\n{\"kind\":\"k\",\"u\":\"x\"}"
     "\n",
     "F10", false},
    {"a template of one field", KIND_OF("User: 'uid={u}'"), RULE("{s: {User: 'uid=0'}, condition: s}"),
     "{\"kind\":\"k\",\"u\":0}\n{\"kind\":\"k\",\"u\":1}\n", "F0", false},
    {"map", KIND_OF("T: {from: t, map: {a: one, b: two}}"), RULE("{s: {T: one}, condition: s}"),
     "{\"kind\":\"k\",\"t\":\"A\"}\n{\"kind\":\"k\",\"t\":\"b\"}\n{\"kind\":\"k\",\"t\":\"one\"}\n", "F00", false},
    {"decimal", KIND_OF("N: {from: n, as: decimal}"), RULE("{s: {N: '420'}, condition: s}"),
     "{\"kind\":\"k\",\"n\":\"0x1a4\"}\n{\"kind\":\"k\",\"n\":\"0x420\"}\n", "F0", false},
    {"a number of what is made is a text", KIND_OF("N: {from: n, as: decimal}"), RULE("{s: {N: 420}, condition: s}"),
     "{\"kind\":\"k\",\"n\":\"0x1a4\"}\n{\"kind\":\"k\",\"n\":420}\n{\"kind\":\"k\",\"n\":421}\n", "FF0", false},
    {"hex", KIND_OF("N: {from: n, as: hex}"), RULE("{s: {N: '0x1a4'}, condition: s}"),
     "{\"kind\":\"k\",\"n\":420}\n{\"kind\":\"k\",\"n\":421}\n", "F0", false},
    {"dos_path", KIND_OF("I: {from: i, as: dos_path}"), RULE("{s: {I|startswith: 'C:\\x'}, condition: s}"),
     "{\"kind\":\"k\",\"i\":\"\\\\device\\\\harddiskvolume3\\\\x.exe\"}\n{\"kind\":\"k\",\"i\":\"D:\\\\x\"}\n", "F0",
     false},
    {"registry_path of one field", KIND_OF("R: {from: r, as: registry_path}"),
     RULE("{s: {R|startswith: 'HKLM\\a'}, condition: s}"),
     "{\"kind\":\"k\",\"r\":\"\\\\REGISTRY\\\\MACHINE\\\\a\\\\b\"}\n{\"kind\":\"k\",\"r\":"
     "\"\\\\REGISTRY\\\\USER\\\\a\"}\n",
     "F0", false},
    {"registry_path of two: where the first is", KIND_OF("R: {from: [r, n], as: registry_path}"),
     RULE("{s: {R|endswith: 'b\\c'}, condition: s}"),
     "{\"kind\":\"k\",\"r\":\"\\\\a\\\\b\",\"n\":\"c\"}\n{\"kind\":\"k\",\"r\":\"\\\\a\"}\n{\"kind\":\"k\",\"n\":\"c\"}"
     "\n",
     "F10", false},
    {"registry_data", KIND_OF("D: {from: [v, t], as: registry_data}"),
     RULE("{s: {D: 'DWORD (0x00000001)'}, condition: s}"),
     "{\"kind\":\"k\",\"v\":\"1\",\"t\":\"%%1876\"}\n{\"kind\":\"k\",\"t\":\"%%1876\"}\n", "F0", false},
    {"address", KIND_OF("I: {from: i, as: address}"), RULE("{s: {I: 10.1.2.3}, condition: s}"),
     "{\"kind\":\"k\",\"i\":\"10.1.2.3:443\"}\n{\"kind\":\"k\",\"i\":\"10.1.2.4\"}\n", "F0", false},
    {"lower, with regard to case", KIND_OF("M: {from: m, as: lower}"),
     RULE("{s: {M|contains|cased: jo}, condition: s}"),
     "{\"kind\":\"k\",\"m\":\"JO@x\"}\n{\"kind\":\"k\",\"m\":\"AN@x\"}\n", "F0", false},
    {"constant", KIND_OF("C: {from: c, constant: yes it is}"), RULE("{s: {C: yes it is}, condition: s}"),
     "{\"kind\":\"k\",\"c\":\"x\"}\n{\"kind\":\"k\",\"c\":\"-\"}\n{\"kind\":\"k\"}\n", "F00", false},
    {"label", KIND_OF("H: {from: h, label: MD5}"), RULE("{s: {H: ab}, condition: s}"),
     "{\"kind\":\"k\",\"h\":\"SHA1=ab,MD5=AB\"}\n{\"kind\":\"k\",\"h\":\"SHA1=ab,MD5=cd\"}\n", "F0", false},
    {"split", KIND_OF("S: {from: s, split: true}"), RULE("{s: {S: b}, condition: s}"),
     "{\"kind\":\"k\",\"s\":\"a; b;c\"}\n{\"kind\":\"k\",\"s\":\"ab;c\"}\n", "F0", false},
    {"between", KIND_OF("B: {from: b, between: ['<', '>']}"), RULE("{s: {B: x}, condition: s}"),
     "{\"kind\":\"k\",\"b\":\"a<x>\"}\n{\"kind\":\"k\",\"b\":\"a>x<\"}\n", "F0", false},
    {"after: any value of the list", KIND_OF("V: {from: v, after: Name}"), RULE("{s: {V: x}, condition: s}"),
     "{\"kind\":\"k\",\"v\":[\"Name\",\"x\"]}\n{\"kind\":\"k\",\"v\":[\"x\",\"Name\"]}\n{\"kind\":\"k\",\"v\":["
     "\"Name\",\"y\"]}\n",
     "F10", false},
    {"unplus", KIND_OF("U: {from: u, as: unplus}"), RULE("{s: {U|contains: 'a b'}, condition: s}"),
     "{\"kind\":\"k\",\"u\":\"xa+bx\"}\n{\"kind\":\"k\",\"u\":\"ab\"}\n", "F0", false},
    {"ipv4_signed", KIND_OF("I: {from: i, as: ipv4_signed}"), RULE("{s: {I: 127.0.0.1}, condition: s}"),
     "{\"kind\":\"k\",\"i\":16777343}\n{\"kind\":\"k\",\"i\":16777344}\n", "F0", false},
    {"parts of a URL",
     KIND_OF("H: {from: u, as: url_host}, P: {from: u, as: url_path}, Q: {from: u, as: url_query}, E: {from: u, as: "
             "url_extension}"),
     RULE("{s: {H: h, P: /p.q, Q: r, E: q}, condition: s}"),
     "{\"kind\":\"k\",\"u\":\"http://h:80/p.q?r\"}\n{\"kind\":\"k\",\"u\":\"http://h:80/p.x?r\"}\n", "F0", false},
    {"parts of a request",
     KIND_OF("M: {from: u, as: request_method}, T: {from: u, as: request_target}, P: {from: u, as: request_path}, Q: "
             "{from: u, as: request_query}"),
     RULE("{s: {M: GET, T: /p?q, P: /p, Q: q}, condition: s}"),
     "{\"kind\":\"k\",\"u\":\"GET /p?q HTTP/1.1\"}\n{\"kind\":\"k\",\"u\":\"PUT /p?q HTTP/1.1\"}\n", "F0", false},
    {"http_outcome", KIND_OF("O: {from: o, as: http_outcome}"), RULE("{s: {O: failure}, condition: s}"),
     "{\"kind\":\"k\",\"o\":404}\n{\"kind\":\"k\",\"o\":200}\n", "F0", false},
    {"what is made is made of each value", KIND_OF("S: {from: s, as: hex}"),
     RULE("{s: {S|contains|all: [0x1, 0xf]}, condition: s}"),
     "{\"kind\":\"k\",\"s\":[16,15]}\n{\"kind\":\"k\",\"s\":[15]}\n", "F0", false},
    {"made of a null: nothing", KIND_OF("C: {from: c, constant: 'y'}"), RULE("{s: {C: 'y'}, condition: s}"),
     "{\"kind\":\"k\",\"c\":null}\n{\"kind\":\"k\",\"c\":\"x\"}\n", "0F", false},

    /* ---- shapes ---- */
    {"renamed", KIND "---\nshape: s\nwhen: [w]\nrename: {a: A}\n", RULE("{s: {A: x}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"a\":\"x\"}\n{\"kind\":\"k\",\"a\":\"x\"}\n{\"kind\":\"k\",\"w\":1,\"A\":\"x\"}\n{"
     "\"kind\":\"k\",\"w\":1,\"A\":\"y\"}\n",
     "F1F0", false},
    {"what is renamed is not there by its own name", KIND "---\nshape: s\nwhen: [w]\nrename: {a: A}\n",
     RULE("{s: {a: x}, condition: s}"), "{\"kind\":\"k\",\"w\":1,\"a\":\"x\"}\n{\"kind\":\"k\",\"w\":1,\"a\":\"y\"}\n",
     "00", false},
    {"unless another shape keeps it", KIND "---\nshape: s\nwhen: [w]\nrename: {a: A}\nkeep: true\n",
     RULE("{s: {a: x, A: x}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"a\":\"x\"}\n{\"kind\":\"k\",\"w\":1,\"a\":\"y\"}\n", "F0", false},
    {"a shape that does not fit: unless", KIND "---\nshape: s\nwhen: [w]\nunless: [n]\nrename: {a: A}\n",
     RULE("{s: {A: x}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"n\":1,\"a\":\"x\"}\n{\"kind\":\"k\",\"w\":1,\"n\":1,\"a\":\"x\"}\n", "00", false},
    {"a shape of another reader", KIND "---\nshape: s\nreader: csv\nwhen: [w]\nrename: {a: A}\n",
     RULE("{s: {A: x}, condition: s}"), "{\"kind\":\"k\",\"w\":1,\"a\":\"x\"}\n", "0", false},
    {"prefixes", KIND "---\nshape: s\nwhen: [w]\nstrip: [e.d.]\n", RULE("{s: {A: x}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"e\":{\"d\":{\"A\":\"x\"}}}\n{\"kind\":\"k\",\"w\":1,\"e\":{\"d\":{\"A\":\"y\"}}}\n",
     "F0", false},
    {"prefixes with one part, and with many", KIND "---\nshape: s\nwhen: [w]\nstrip: [e.*., f.**.]\n",
     RULE("{s: [{A: x}, {B: x}], condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"e\":{\"q\":{\"A\":\"x\"}}}\n{\"kind\":\"k\",\"w\":1,\"f\":{\"q\":{\"r\":{\"B\":\"x\"}}}"
     "}\n"
     "{\"kind\":\"k\",\"w\":1,\"e\":{\"q\":{\"r\":{\"A\":\"x\"}}}}\n",
     "FF0", false},
    {"two fields with one name: one keeps its own", KIND "---\nshape: s\nwhen: [w]\nstrip: [e., f.]\n",
     RULE("{s: [{A: x}, {f.A: x}], condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"e\":{\"A\":\"x\"},\"f\":{\"A\":\"y\"}}\n{\"kind\":\"k\",\"w\":1,\"e\":{\"A\":\"y\"},"
     "\"f\":{\"A\":\"x\"}}\n"
     "{\"kind\":\"k\",\"w\":1,\"e\":{\"A\":\"y\"},\"f\":{\"A\":\"z\"}}\n",
     "FF0", false},
    {"which of two has a name is not sure below a NOT", KIND "---\nshape: s\nwhen: [w]\nstrip: [e., f.]\n",
     RULE("{s: {B: b}, f: {A: x}, condition: s and not f}"),
     "{\"kind\":\"k\",\"w\":1,\"B\":\"b\",\"e\":{\"A\":\"y\"},\"f\":{\"A\":\"x\"}}\n", "F", false},
    {"a name that nobody knows is shared: another keeps its own", KIND "---\nshape: s\nwhen: [w]\nstrip: [e., f.]\n",
     RULE("{s: {f.Unknown: x}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"e\":{\"Unknown\":\"y\"},\"f\":{\"Unknown\":\"x\"}}\n", "F", false},
    {"pieces left out, blanks taken out; the object has the name as well",
     KIND "---\nshape: s\nwhen: [w]\nomit: ['.#text']\nunspace: true\n", RULE("{s: {ThreatName: x}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"Threat Name\":{\"#text\":\"x\"}}\n{\"kind\":\"k\",\"w\":1,\"Threat "
     "Name\":{\"#text\":\"y\"}}\n",
     "F1", false},
    {"pairs: a name of some makes a field of the values",
     KIND "---\nshape: s\nwhen: [w]\nstrip: [d.]\npairs: [{list: d, name: n, value: v}]\n",
     RULE("{s: {Image: x}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"d\":[{\"n\":\"Image\",\"v\":\"x\"}]}\n{\"kind\":\"k\",\"w\":1,\"d\":[{\"n\":\"Other\","
     "\"v\":\"x\"}]}\n"
     "{\"kind\":\"k\",\"w\":1,\"d\":[{\"n\":\"Image\",\"v\":\"y\"}]}\n",
     "F10", false},
    {"pairs: no such name anywhere",
     KIND "---\nshape: s\nwhen: [w]\nstrip: [d.]\npairs: [{list: d, name: n, value: v}]\n",
     RULE("{s: {Image: x}, condition: s}"), "{\"kind\":\"k\",\"w\":1,\"d\":[{\"n\":\"Other\",\"v\":\"x\"}]}\n", "0",
     false},
    {"pairs: a name without value is the empty text",
     KIND "---\nshape: s\nwhen: [w]\nstrip: [d.]\npairs: [{list: d, name: n, value: v}]\n",
     RULE("{s: {Image: ''}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"d\":[{\"n\":\"Image\"},{\"n\":\"B\",\"v\":\"b\"}]}\n{\"kind\":\"k\",\"w\":1}\n", "F0",
     false},
    {"pairs: a name that is that of another list",
     KIND "---\nshape: s\nwhen: [w]\npairs: [{list: d, name: n, value: v, keep: true}, {list: d, name: n, value: z, "
          "keep: true}]\n",
     RULE("{s: {d.q: x}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"d\":[{\"n\":\"n\",\"v\":\"q\"},{\"z\":\"x\"}]}\n{\"kind\":\"k\",\"w\":1,\"A\":\"x\"}\n",
     "F0", false},
    {"words: all rows that have some", KIND "---\nshape: s\nwhen: [w]\nwords: {list: args, numbered: a, joined: cmd}\n",
     RULE("{s: {cmd: 'x y'}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"args\":[\"x\",\"y\"]}\n{\"kind\":\"k\",\"w\":1,\"args\":[\"z\"]}\n{\"kind\":\"k\","
     "\"w\":1}\n",
     "F10", false},
    {"bytes", KIND "---\nshape: s\nwhen: [w]\nbytes: true\n", RULE("{s: {A: hi}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"A\":[104,105]}\n{\"kind\":\"k\",\"A\":[104,105]}\n", "F0", false},
    {"xml", KIND "---\nshape: s\nwhen: [w]\nxml: x\nstrip: [x.E.]\n", RULE("{s: {A: v}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"x\":\"<E><Data Name='A'>v</Data></E>\"}\n{\"kind\":\"k\",\"w\":1,\"y\":\"<E><Data "
     "Name='A'>v</Data></E>\"}\n",
     "F0", false},
    {"opaque rows of kinds that no rule covers", KIND "---\nshape: s\nwhen: [w]\nxml: x\n",
     RULE_OF("{product: q}", "{s: {A: v}, condition: s}"), "{\"kind\":\"k\",\"w\":1,\"x\":\"<A>v</A>\"}\n", "0", false},
    {"lines: whatever formats make of them",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['from {src:address} to "
          "{dst:address}']\n",
     RULE("{s: {src: 10.0.0.1}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from 10.0.0.1 to 10.0.0.2\"}\n{\"kind\":\"k\",\"message\":\"from 10.0.0.1 "
     "to 10.0.0.2\"}\n",
     "F0", false},
    {"lines: what stands in the line, in whatever field",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['from {src:address} to "
          "{dst:address}']\n",
     RULE("{s: {src: 10.0.0.1}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from 10.0.0.1 to 10.0.0.2\"}\n{\"kind\":\"k\",\"w\":1,\"message\":\"from "
     "10.0.0.2 to 10.0.0.1\"}\n"
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from 10.0.0.2 to 10.0.0.2\"}\n",
     "F10", false},
    {"lines: a text that the format adds, or puts together",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: [{text: 'from {src:address} to "
          "{dst:address}', set: {act: deny}}]\njoin: {both: '{src}+{dst}'}\n",
     RULE("{s: {act: deny, both: 10.0.0.1+10.0.0.2}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from 10.0.0.1 to 10.0.0.2\"}\n{\"kind\":\"k\",\"message\":\"from 10.0.0.1 "
     "to 10.0.0.2\"}\n",
     "F0", false},
    {"lines: quotes that are undone",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['say \"{m:quoted}\"']\n",
     RULE("{s: {m: 'a\"bcd'}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"say \\\"a\\\\\\\"bcd\\\"\"}\n{\"kind\":\"k\",\"w\":1,\"message\":\"say "
     "\\\"abc\\\"\"}\n",
     "F0", false},
    {"lines: names of DNS with lengths",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['ask {q:labels}']\n",
     RULE("{s: {q: www.example}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"ask (3)www(7)example(0)\"}\n{\"kind\":\"k\",\"w\":1,\"message\":\"ask of "
     "(12) others\"}\n",
     "F0", false},
    {"lines: names of DNS of which only some parts have lengths",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['ask {q:labels}']\n",
     RULE("{s: {q|contains: l.ex}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"ask (x)evil(7)example(y)\"}\n{\"kind\":\"k\",\"w\":1,\"message\":\"ask "
     "1.5 (7) others\"}\n",
     "F0", false},
    {"lines: the root of DNS",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['ask {q:labels}']\n",
     RULE("{s: {q: .}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"ask (5)\"}\n{\"kind\":\"k\",\"w\":1,\"message\":\"ask (x)\"}\n", "F1",
     false},
    {"lines: all that must stand in the line, not only the longest",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['from {a:word} to {b:word}']\n"
          "join: {both: '{a} {b}'}\n",
     RULE("{k: ['ab longer', 'of=those'], condition: k}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from xab to longer\"}\n{\"kind\":\"k\",\"w\":1,\"message\":\"from x to "
     "longer\"}\n"
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from of=those to x\"}\n{\"kind\":\"k\",\"w\":1,\"message\":\"from x to "
     "those\"}\n"
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from of to those\"}\n",
     "F0F01", false},
    {"lines: a word of two fields that are put side by side",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['from {a:word} to {b:word}']\n"
          "join: {both: '{a}{b}'}\n",
     RULE("{k: [evilexample], condition: k}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from evil to example\"}\n{\"kind\":\"k\",\"message\":\"from evil to "
     "example\"}\n",
     "F0", false},
    {"lines: a word of a part of the line, and of a text that the format adds",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: [{text: 'from {a:word}', set: "
          "{act: denied}}]\njoin: {both: '{a} {act}'}\n",
     RULE("{k: ['1 denied'], condition: k}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from 10.0.0.1\"}\n{\"kind\":\"k\",\"message\":\"from 10.0.0.1\"}\n", "F0",
     false},
    {"lines: a word of all fields",
     KIND "---\nshape: s\nwhen: [w]\nlines: true\n---\nformat: f\ntitle: t\ntemplates: ['from {src:address} to "
          "{dst:address}']\n",
     RULE("{k: ['10.0.0.1'], condition: k}"),
     "{\"kind\":\"k\",\"w\":1,\"message\":\"from 10.0.0.1 to 10.0.0.2\"}\n{\"kind\":\"k\",\"w\":1,\"message\":\"from "
     "10.0.0.2 to 10.0.0.2\"}\n",
     "F0", false},
    {"events of a list: what is true of one, or of another", KIND "---\nshape: s\nwhen: [w]\neach_of: e\n",
     RULE("{s: {e.A: a, e.B: b}, condition: s}"),
     "{\"kind\":\"k\",\"w\":1,\"e\":[{\"A\":\"a\",\"B\":\"b\"},{\"A\":\"c\"}]}\n{\"kind\":\"k\",\"w\":1,\"e\":[{\"A\":"
     "\"a\"},{\"B\":\"b\"}]}\n"
     "{\"kind\":\"k\",\"w\":1,\"e\":[{\"A\":\"a\"}]}\n",
     "F10", false},
    {"events of a list: NOT is of each of them", KIND "---\nshape: s\nwhen: [w]\neach_of: e\n",
     RULE("{s: {e.A: a}, f: {e.B: b}, condition: s and not f}"),
     "{\"kind\":\"k\",\"w\":1,\"e\":[{\"A\":\"a\"},{\"A\":\"c\",\"B\":\"b\"}]}\n", "F", false},

    /* ---- texts of objects ---- */
    {"the text of an object, for a rule that asks for it", KIND, RULE("{s: {O|contains: '\"a\":\"x\"'}, condition: s}"),
     "{\"kind\":\"k\",\"O\":{\"a\":\"x\"}}\n{\"kind\":\"k\",\"P\":{\"a\":\"x\"}}\n", "F0", false},
};

struct memory_bytes {
    struct input input;
    str bytes;
};

static bool lines_window(struct input *in, uint64_t offset, size_t want, str *out, struct err *e) {
    (void)want;
    (void)e;
    *out = str_from(((struct memory_bytes *)(void *)in)->bytes, offset);
    return true;
}

static unsigned bad;

#define say(...) (print_message(__VA_ARGS__), 1u)

static void check(const struct select_case *t) {
    struct field_log log = {0};
    struct select_options options;
    struct hunted found = {0};
    struct kept k;
    struct err e = {0};
    struct memory_bytes in = {.bytes = str_of(t->lines)};
    struct segment *s;
    uint64_t rows[4] = {0}, hit[4] = {0};
    size_t const count = strlen(t->rows);

    assert_non_null(log.fields = fields_new());
    if (!kinds_new(&log.kinds, log.fields, &e) || !kinds_load_text(log.kinds, S("k"), str_of(t->kinds), false, &e) ||
        !kinds_seal(log.kinds, &e) || !sigma_loader_new(&log.loader, &e) ||
        !sigma_load_text(log.loader, S("r"), str_of(t->rule), &e) || !sigma_load_end(log.loader, &log.set, &e) ||
        !plan_new(&log.plan, log.set, log.fields, &e))
        fail_msg("%s: %s", t->name, e.text);
    for (size_t i = 0; i < log.set->verdict_count; i++)
        if (log.set->verdicts[i].reason.len)
            fail_msg("%s: %.*s", t->name, STR_ARG(log.set->verdicts[i].reason));
    options = (struct select_options){.plan = log.plan, .kinds = log.kinds, .fields = log.fields};
    assert_true(select_new(&log.select, &options, &e) && kept_begin(&k, &log, 0, &e));
    k.reader = S("json");
    ingest_part(k.ingest, 0, k.reader);
    in.input = (struct input){lines_window, in.bytes.len};
    assert_true(reader_named(S("json"))->read(&in.input, (struct part){0, UINT64_MAX}, ingest_sink(k.ingest), &e));
    kept_end(&k, &e);
    assert_int_equal(k.count, 1);
    assert_true(segment_open(&s, buf_str(&k.segments[0]), S("s"), 0, &e));
    if (segment_info(s)->rows != count)
        fail_msg("%s: %u records and %zu rows", t->name, segment_info(s)->rows, count);
    assert_true(rows_hunt(&log, s, NULL, &found, &e));
    for (size_t i = 0; i < found.count; i++)
        hit[0] |= UINT64_C(1) << found.items[i].row;
    for (int again = 0; again < 2; again++) { /* what was learned the first time changes nothing */
        rows[0] = 0;
        assert_true(select_rows(log.select, s, &(struct select_ask){.kinds_trusted = !t->untrusted}, rows, NULL, &e));
        for (size_t i = 0; i < count; i++) {
            bool const is = rows[0] >> i & 1, finds = hit[0] >> i & 1;

            if (finds != (t->rows[i] == 'F'))
                bad += say("%s: row %zu: %s\n", t->name, i, finds ? "something is found" : "nothing is found");
            if (is != (t->rows[i] != '0'))
                bad += say("%s: row %zu is %schosen\n", t->name, i, is ? "" : "not ");
        }
    }
    segment_close(s);
    free(found.items);
    kept_free(&k);
    select_free(log.select);
    plan_free(log.plan);
    sigma_loader_free(log.loader);
    kinds_free(log.kinds);
    fields_free(log.fields);
}

static void tables(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check(&cases[i]);
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
