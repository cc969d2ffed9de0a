/* test_kind: kind files good and bad, transforms, shapes, and which kind a record is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "codec/yaml_pack.h"
#include "event/kind_own.h"
#include "../refuse.h"

/* A set of kinds with its catalogue. */
struct set {
    struct fields *fields;
    struct kinds *kinds;
};

static void set_open(struct set *s) {
    struct err e = {0};

    assert_non_null(s->fields = fields_new());
    assert_true(kinds_new(&s->kinds, s->fields, &e));
}

static void set_close(struct set *s) {
    kinds_free(s->kinds);
    fields_free(s->fields);
}

static void set_builtin(struct set *s) {
    struct err e = {0};

    set_open(s);
    if (!kinds_load_builtin(s->kinds, &e) || !kinds_seal(s->kinds, &e))
        fail_msg("%s", e.text);
}

static const struct kind *kind_named(const struct set *s, const char *name) {
    for (size_t i = 0; i < kinds_count(s->kinds); i++)
        if (str_eq(kinds_at(s->kinds, i)->name, str_of(name)))
            return kinds_at(s->kinds, i);
    fail_msg("no kind %s", name);
    return NULL;
}

static const struct shape *shape_named(const struct set *s, const char *name) {
    for (size_t i = 0; i < shapes_count(s->kinds); i++)
        if (str_eq(shapes_at(s->kinds, i)->name, str_of(name)))
            return shapes_at(s->kinds, i);
    fail_msg("no shape %s", name);
    return NULL;
}

static bool same(str a, const char *b) {
    return str_eq(a, str_of(b));
}

/* ------------------------------------------------------------------ kind files */

#define OK NULL
static const struct {
    const char *name, *yaml, *error;
} files[] = {
    {"least", "kind: a/b\nwhen: {X: 1}\n", OK},
    {"nothing", "", OK},
    {"empty document", "---\n---\nkind: a\nwhen: {X: 1}\n", OK},
    {"everything",
     "kind: acme/door\ntitle: Doors\nreader: json\nwhen: {X: [1, two, ''], Y: {starts: z}, Z: {present: true}, "
     "W: {present: false}}\neach: X\ntime: [T, U]\nlogsources:\n  - product: Acme\n    service: DOOR\n    fields: {A: "
     "B, "
     "C: [D, '{E}@{F}', {from: G, as: hex}], H: {from: I, map: {a: b}, only_if: {J: k}}, K: {from: L, label: M, "
     "unless: {J: l}}, N: "
     "{from: O, split: true}, P: {from: [Q, R], as: registry_data}}\nkey: [A, B]\nroles: {host: H, account: ['{A}', "
     "B]}\n",
     OK},
    {"base", "kind: b\nbase: true\n---\nkind: a\nextends: b\nwhen: {X: 1}\n", OK},
    {"extends later", "kind: a\nextends: b\nwhen: {X: 1}\n---\nkind: b\nwhen: {Y: 1}\n", OK},
    {"shape",
     "shape: s\nwhen: A\nunless: [B]\nomit: x\nstrip: [C., D.*., E.**.]\nrename: {F: G}\nunspace: true\nkeep: "
     "true\nbytes: "
     "true\nwords: {list: H, numbered: i, joined: J}\n"
     "pairs: {list: L, name: n, value: v, keep: true}\n",
     OK},
    {"words without a name", "shape: s\nwhen: A\nwords: {list: H, joined: J}\n",
     "k.yml:3: `words` needs `list`, `numbered` and `joined`"},
    {"words misspelt", "shape: s\nwhen: A\nwords: {lists: H}\n",
     "k.yml:3: `words` has no key `lists`; it may have: list numbered joined"},
    {"braces", "kind: a\nwhen: {X: 1}\nroles: {object: '{{x}} {A}'}\n", OK},
    {"shape of events", "shape: s\nwhen: A\neach_of: B\n", OK},
    {"shape with XML", "shape: s\nwhen: A\nxml: B\nstrip: [B.C., B.]\n", OK},
    {"shape with XML in two fields", "shape: s\nwhen: A\nxml: [B, C]\n", "k.yml:3: `xml` must be one value"},
    {"shape that renames beginnings", "shape: s\nwhen: A\nrename: {a.: B., c: D}\n", OK},
    {"shape that makes a name of a beginning", "shape: s\nwhen: A\nrename:\n  a.: B\n",
     "k.yml:4: `rename`: a beginning (with a point at its end) becomes a beginning, a name a name"},
    {"shape that makes a beginning of a name", "shape: s\nwhen: A\nrename:\n  c: D\n  a: B.\n",
     "k.yml:5: `rename`: a beginning (with a point at its end) becomes a beginning, a name a name"},
    {"shape of two lists of events", "shape: s\nwhen: A\neach_of: [B, C]\n", "k.yml:3: `each_of` names two lists"},
    {"shape of events with both names", "---\nshape: s\nwhen: A\neach_of: B\nkeep: true\n",
     "k.yml:2: `each_of` goes with none of `keep`, `lines`, `xml`, `words`, `bytes`"},
    {"shape of events of lines", "---\nshape: s\nwhen: A\nlines: true\neach_of: B\n",
     "k.yml:2: `each_of` goes with none of `keep`, `lines`, `xml`, `words`, `bytes`"},
    {"shape of events with XML", "---\nshape: s\nwhen: A\nxml: B.C\neach_of: B\n",
     "k.yml:2: `each_of` goes with none of `keep`, `lines`, `xml`, `words`, `bytes`"},
    {"shape of events with words", "---\nshape: s\nwhen: A\nwords: {list: B.C, joined: D, numbered: E}\neach_of: B\n",
     "k.yml:2: `each_of` goes with none of `keep`, `lines`, `xml`, `words`, `bytes`"},
    {"shape of events with bytes", "---\nshape: s\nwhen: A\nbytes: true\neach_of: B\n",
     "k.yml:2: `each_of` goes with none of `keep`, `lines`, `xml`, `words`, `bytes`"},
    {"shape of events nowhere", "shape: s\nwhen: A\neach_of: ''\n", "k.yml:3: `each_of` names no field"},
    {"each of two", "kind: a\nwhen: {X: 1}\neach: [A, B]\n", "k.yml:3: `each` names two fields"},
    {"unknown key", "kind: a\nwhen: {X: 1}\nlogsource: {}\n",
     "k.yml:3: a kind has no key `logsource`; it may have: kind title base extends reader when each time witness key "
     "collect acts logsources roles"},
    {"no document head", "title: x\n",
     "k.yml:1: a document begins with `kind:`, `shape:`, `format:`, `table:` or `without:`"},
    {"a list", "- a\n", "k.yml:1: a document must be a mapping (key: value)"},
    {"no when", "kind: a\n", "k.yml:1: a kind needs `when`: which records are of it"},
    {"second document", "kind: a\nwhen: {X: 1}\n---\nkind: b\n",
     "k.yml:4: a kind needs `when`: which records are of it"},
    {"bad name", "kind: a b\nwhen: {X: 1}\n", "k.yml:1: `kind`: names are of letters, digits and - _ . /"},
    {"name of slashes", "kind: a//b\nwhen: {X: 1}\n", "k.yml:1: `kind` must be a name such as acme/door"},
    {"empty name", "kind: ''\nwhen: {X: 1}\n", "k.yml:1: `kind` must be a name such as acme/door"},
    {"condition on nothing", "kind: a\nwhen: {X: }\n", "k.yml:2: a condition is empty"},
    {"condition on empty list", "kind: a\nwhen: {X: []}\n", "k.yml:2: a condition is an empty list"},
    {"condition misspelt", "kind: a\nwhen: {X: {begins: a}}\n",
     "k.yml:2: a condition has no key `begins`; it may have: starts contains present"},
    {"condition of two", "kind: a\nwhen: {X: {starts: a, present: true}}\n",
     "k.yml:2: a condition says one of `starts`, `contains`, `present`"},
    {"starts with nothing", "kind: a\nwhen: {X: {starts: ''}}\n", "k.yml:2: `starts` holds an empty text"},
    {"present maybe", "kind: a\nwhen: {X: {present: maybe}}\n", "k.yml:2: `present` must be true or false"},
    {"when is text", "kind: a\nwhen: X\n", "k.yml:2: `when` must be a mapping (key: value)"},
    {"log sources no list", "kind: a\nwhen: {X: 1}\nlogsources: {product: x}\n",
     "k.yml:3: `logsources` must be a list (- product: ...)"},
    {"log source of nothing", "kind: a\nwhen: {X: 1}\nlogsources:\n  - {fields: {A: B}}\n",
     "k.yml:4: a log source needs a category, a product or a service"},
    {"log source misspelt", "kind: a\nwhen: {X: 1}\nlogsources:\n  - {products: x}\n",
     "k.yml:4: a log source has no key `products`; it may have: category product service fields"},
    {"no such role", "kind: a\nwhen: {X: 1}\nroles:\n  hosts: A\n",
     "k.yml:4: no role `hosts`; there are host, account, target_account, client_address, server_address, "
     "client_program, "
     "object, outcome, session, tenant"},
    {"source of nothing", "kind: a\nwhen: {X: 1}\nroles: {host: {as: hex}}\n", "k.yml:3: a source needs `from`"},
    {"source of two forms", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, as: hex, label: B}}\n",
     "k.yml:3: a source takes one of `as`, `map`, `label` (with or without `constant`), `split`, `between`, `after`, "
     "`constant`"},
    {"no such form", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, as: octal}}\n",
     "k.yml:3: no `as: octal`; there are decimal hex address lower unplus dos_path e164 ipv4_signed registry_path "
     "registry_data url_host url_path url_query url_extension request_method request_target request_path request_query "
     "http_outcome"},
    {"two fields for one", "kind: a\nwhen: {X: 1}\nroles: {host: {from: [A, B], as: hex}}\n",
     "k.yml:3: `as: hex` takes one field"},
    {"two fields, no form", "kind: a\nwhen: {X: 1}\nroles: {host: {from: [A, B]}}\n",
     "k.yml:3: only `as: registry_path` and `registry_data` take two fields"},
    {"template and form", "kind: a\nwhen: {X: 1}\nroles: {host: {from: '{A}', as: hex}}\n",
     "k.yml:3: a template cannot be transformed as well"},
    {"open brace", "kind: a\nwhen: {X: 1}\nroles: {host: '{A'}\n", "k.yml:3: a template's { without }"},
    {"empty braces", "kind: a\nwhen: {X: 1}\nroles: {host: '{}'}\n", "k.yml:3: a template names no field"},
    {"only braces", "kind: a\nwhen: {X: 1}\nroles: {host: '{{x'}\n", "k.yml:3: a template without a field"},
    {"five fields", "kind: a\nwhen: {X: 1}\nroles: {host: '{A}{B}{C}{D}{E}'}\n",
     "k.yml:3: a template of more than 4 fields"},
    {"only_if of two", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, only_if: {B: 1, C: 2}}}\n",
     "k.yml:3: `only_if` asks for one field"},
    {"unless of two", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, unless: {B: 1, C: 2}}}\n",
     "k.yml:3: `unless` asks for one field"},
    {"only_if and unless", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, only_if: {B: 1}, unless: {C: 2}}}\n",
     "k.yml:3: a source takes one of `only_if`, `unless`"},
    {"constant of nothing", "kind: a\nwhen: {X: 1}\nroles: {host: {constant: a}}\n", "k.yml:3: a source needs `from`"},
    {"constant that is empty", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, constant: ''}}\n",
     "k.yml:3: `constant` is empty"},
    {"constant and map", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, map: {a: b}, constant: a}}\n",
     "k.yml:3: a source takes one of `as`, `map`, `label` (with or without `constant`), `split`, `between`, `after`, "
     "`constant`"},
    {"template and constant", "kind: a\nwhen: {X: 1}\nroles: {host: {from: '{A}', constant: a}}\n",
     "k.yml:3: a template cannot be transformed as well"},
    {"address of two", "kind: a\nwhen: {X: 1}\nroles: {host: {from: [A, B], as: address}}\n",
     "k.yml:3: `as: address` takes one field"},
    {"witness of two", "kind: a\nwhen: {X: 1}\nwitness: [A, B]\n", "k.yml:3: `witness` names two fields"},
    {"witness without a name", "kind: a\nwhen: {X: 1}\nwitness: ''\n", "k.yml:3: `witness` names no field"},
    {"witness", "kind: a\nwhen: {X: 1}\ntime: T\nwitness: W\n", OK},
    {"key of nothing", "kind: a\nwhen: {X: 1}\nkey: []\n", "k.yml:3: `key` is an empty list"},
    {"key of one field twice", "kind: a\nwhen: {X: 1}\nkey:\n  - A\n  - B\n  - A\n",
     "k.yml:6: `key` names a field twice"},
    {"nothing collected", "kind: a\nwhen: {X: 1}\ncollect: []\n", "k.yml:3: `collect` is an empty list"},
    {"collected twice", "kind: a\nwhen: {X: 1}\ncollect: [A, A]\n", "k.yml:3: `collect` names a field twice"},
    {"collected without a name", "kind: a\nwhen: {X: 1}\ncollect: ['']\n", "k.yml:3: `collect` names no field"},
    {"key without a name", "kind: a\nwhen: {X: 1}\nkey: ['']\n", "k.yml:3: `key` names no field"},
    {"empty map", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, map: {}}}\n", "k.yml:3: `map` is empty"},
    {"no sources", "kind: a\nwhen: {X: 1}\nroles: {host: []}\n", "k.yml:3: a role has no source"},
    {"twice", "kind: a\nwhen: {X: 1}\n---\nkind: a\nwhen: {X: 2}\n", "k.yml:4: `a` is there already (k.yml:1)"},
    {"extends nothing", "kind: a\nextends: b\nwhen: {X: 1}\n", "k.yml:2: extends `b`, and there is no such kind"},
    {"extends itself", "kind: a\nextends: a\nwhen: {X: 1}\n", "k.yml:2: `a` extends itself"},
    {"extends in a ring", "kind: a\nextends: b\n---\nkind: b\nextends: c\n---\nkind: c\nextends: b\n",
     "k.yml:8: `b` extends itself"},
    {"no condition anywhere", "kind: b\nbase: true\n---\nkind: a\nextends: b\n",
     "k.yml:4: `a` has no condition: every record would be one"},
    {"shape without when", "shape: a\nstrip: x\n", "k.yml:1: a shape needs `when`: the fields that show it"},
    {"star in the middle", "shape: a\nwhen: X\nstrip:\n  - A.*.B.\n",
     "k.yml:4: `strip`: a star only at the end, as in Event.UserData.*."},
    {"empty strip", "shape: a\nwhen: X\nstrip: ['']\n", "k.yml:3: `strip` holds an empty text"},
    {"half a pair", "shape: a\nwhen: X\npairs: {list: L, name: n}\n",
     "k.yml:3: a pair needs `list`, `name` and `value`"},
    {"table",
     "table: acme/t\ntitle: T\nseparator: ';'\nleast: 3\ncolumns: [A, '-', {B: time}, {C: number?}, {D: [x, y, '']}, "
     "{E: text}, {F: unix}, {G: address?}, {H: guid}]\n",
     OK},
    {"table with a wide column",
     "table: t\nseparator: \"\\t\"\nquotes: false\nwide: B\ncolumns: [{A: time}, B, {C: number}]\n", OK},
    {"table without columns", "table: t\n", "k.yml:1: a table needs `columns`: their names, in their order"},
    {"table of one column", "table: t\ncolumns: [{A: time}]\n", "k.yml:2: `columns` must be a list of 2 to 512 names"},
    {"table told by nothing", "table: t\ncolumns: [{A: time}, B, C]\n",
     "k.yml:2: a table without header line is told by what stands in it: give two columns a test, as in `- start: "
     "time`"},
    {"table, no such test", "table: t\ncolumns: [{A: time}, {B: date}]\n",
     "k.yml:2: no test `date`; there are text, time, unix, number, address, guid, all but text with ? behind for `or "
     "nothing`, and lists of values"},
    {"table, text or nothing", "table: t\ncolumns: [{A: time}, {B: text?}]\n",
     "k.yml:2: no test `text?`; there are text, time, unix, number, address, guid, all but text with ? behind for `or "
     "nothing`, and lists of values"},
    {"table, column of two", "table: t\ncolumns: [{A: time, B: time}, C]\n",
     "k.yml:2: a column is a name, or one `name: test`"},
    {"table, column twice", "table: t\ncolumns: [{A: time}, {A: number}]\n", "k.yml:2: `columns` names a column twice"},
    {"table, separator of two", "table: t\nseparator: ', '\ncolumns: [{A: time}, {B: time}]\n",
     "k.yml:2: `separator` must be a comma, a semicolon, a bar or a tab (\"\\t\")"},
    {"table, least too many", "table: t\nleast: 3\ncolumns: [{A: time}, {B: time}]\n",
     "k.yml:2: `least` must be a number of columns, 2 to 2"},
    {"table, wide with quotes", "table: t\nwide: A\ncolumns: [A, {B: time}, {C: time}]\n",
     "k.yml:2: `wide` is for tables without quotes: add `quotes: false`"},
    {"table, wide nowhere", "table: t\nquotes: false\nwide: X\ncolumns: [A, {B: time}, {C: time}]\n",
     "k.yml:3: `wide` names no column of the table"},
    {"table, wide and least", "table: t\nquotes: false\nwide: A\nleast: 2\ncolumns: [A, {B: time}, {C: time}]\n",
     "k.yml:3: `wide` and `least`: where a row ends cannot be told"},
    {"table misspelt", "table: t\ncolumn: [A]\n",
     "k.yml:2: a table has no key `column`; it may have: table title separator quotes least wide columns"},
    {"table twice", "table: t\ncolumns: [{A: time}, {B: time}]\n---\ntable: t\ncolumns: [{A: time}, {B: time}]\n",
     "k.yml:4: `t` is there already (k.yml:1)"},
    {"acts",
     "kind: a\nwhen: {X: 1}\nacts:\n  - {act: none, when: {A: {contains: [b, c]}}}\n  - {act: file-read, when: {B: 1}, "
     "account: C, target: null, host: ['{D}', E], address: {from: F, as: address}, server: G, program: H, session: I, "
     "object: {from: J, between: [k, l]}, verb: '{M} {N}', detail: {from: O, between: p}, tenant: Q, amount: [R, S], "
     "items: T}\n  - {act: mail-read, values: U}\n",
     OK},
    {"one act, no list", "kind: a\nwhen: {X: 1}\nacts: {act: logon}\n", OK},
    {"every act", "kind: a\nwhen: {X: 1}\nacts: [{act: sign-in}, {act: sign-out}, {act: host-name}]\n", OK},
    {"an act without its name", "kind: a\nwhen: {X: 1}\nacts:\n  - {account: B}\n",
     "k.yml:4: an act needs `act`: which one"},
    {"an act that is text", "kind: a\nwhen: {X: 1}\nacts: logon\n", "k.yml:3: an act must be a mapping (key: value)"},
    {"no such act", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: login}\n",
     "k.yml:4: no act `login`; docs/kinds.md lists them"},
    {"an act named by a list", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: [logon]}\n",
     "k.yml:4: `act` must be one value"},
    {"no such text of an act", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: logon, outcome: A}\n",
     "k.yml:4: an act has no key `outcome`; it may have: act when account target host address server program session "
     "object verb detail tenant amount items values"},
    {"an act's text of nothing", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: logon, object: []}\n",
     "k.yml:4: an act's text has no source"},
    {"an act's text without a name", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: logon, object: ''}\n",
     "k.yml:4: a source names no field"},
    {"no act that tells something", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: none, object: A}\n",
     "k.yml:4: of what is no act (`none`) nothing is told"},
    {"no act that counts something", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: none, when: {A: 1}, amount: A}\n",
     "k.yml:4: of what is no act (`none`) nothing is told"},
    {"items counted twice", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: mail-read, items: A, values: B}\n",
     "k.yml:4: an act takes one of `items`, `values`"},
    {"items of nothing", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: mail-read, items: []}\n",
     "k.yml:4: `items` has no source"},
    {"values of nothing", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: mail-read, values: []}\n",
     "k.yml:4: `values` has no source"},
    {"amount of nothing", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: mail-read, amount: []}\n",
     "k.yml:4: `amount` has no source"},
    {"an act on an unknown condition", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: logon, when: {A: {ends: b}}}\n",
     "k.yml:4: a condition has no key `ends`; it may have: starts contains present"},
    {"contains nothing", "kind: a\nwhen: {X: 1}\nacts:\n  - {act: logon, when: {A: {contains: ''}}}\n",
     "k.yml:4: `contains` holds an empty text"},
    {"a kind of what contains", "kind: a\nwhen:\n  X: 1\n  Y: {contains: b}\n",
     "k.yml:4: a kind's `when` takes no `contains`: acts and sources do"},
    {"a source only if it contains", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, only_if: {B: {contains: c}}}}\n",
     OK},
    {"between from the beginning", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, between: ['', b]}}\n", OK},
    {"between nothing", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, between: []}}\n",
     "k.yml:3: `between` takes where it begins, and where it ends"},
    {"between empty texts", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, between: ['', '']}}\n",
     "k.yml:3: `between` takes where it begins, and where it ends"},
    {"between three", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, between: [b, c, d]}}\n",
     "k.yml:3: `between` takes where it begins, and where it ends"},
    {"between and a form", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, between: b, as: lower}}\n",
     "k.yml:3: a source takes one of `as`, `map`, `label` (with or without `constant`), `split`, `between`, `after`, "
     "`constant`"},
    {"after", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, after: b}}\n", OK},
    {"after two", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, after: [b, c]}}\n",
     "k.yml:3: `after` must be one value"},
    {"after and a map", "kind: a\nwhen: {X: 1}\nroles: {host: {from: A, after: b, map: {c: d}}}\n",
     "k.yml:3: a source takes one of `as`, `map`, `label` (with or without `constant`), `split`, `between`, `after`, "
     "`constant`"},
    {"template and between", "kind: a\nwhen: {X: 1}\nroles: {host: {from: '{A}', between: b}}\n",
     "k.yml:3: a template cannot be transformed as well"},
    {"time in a form", "kind: a\nwhen: {X: 1}\ntime: [{from: T, as: unix}, U]\n", OK},
    {"a time that is UTC", "kind: a\nwhen: {X: 1}\ntime: [{from: T, as: utc}, U]\n", OK},
    {"time in no form", "kind: a\nwhen: {X: 1}\ntime: {from: T}\n",
     "k.yml:3: a time is a field, or has `from` and `as`"},
    {"time in an unknown form", "kind: a\nwhen: {X: 1}\ntime: {from: T, as: roman}\n",
     "k.yml:3: `as: roman` is unknown; a time may be `unix` or `utc`"},
    {"shape twice", "shape: a\nwhen: X\n---\nshape: a\nwhen: Y\n", "k.yml:4: `a` is there already (k.yml:1)"},
};

static void reads_kind_files(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct err e = {0};
        struct set s;
        bool ok;

        set_open(&s);
        ok = kinds_load_text(s.kinds, S("k.yml"), str_of(files[i].yaml), false, &e) && kinds_seal(s.kinds, &e);
        if (ok != (files[i].error == OK) || (!ok && strcmp(e.text, files[i].error) != 0))
            fail_msg("%s: %s", files[i].name, ok ? "was read" : e.text);
        if (!ok)
            assert_int_equal(e.code, ERR_USAGE);
        set_close(&s);
    }
}

static bool load_all(struct set *s, struct err *e) {
    return kinds_new(&s->kinds, s->fields, e) &&
           kinds_load_text(s->kinds, S("my"), S("kind: a/b\nextends: windows/base\nwhen: {X: [1, 2]}\n"), false, e) &&
           kinds_load_builtin(s->kinds, e) && kinds_seal(s->kinds, e);
}

/* Requests for memory are refused one by one, or from one on: the load fails for that and nothing else, or (qsort does
 * without) comes to the same. */
static void memory_may_run_out(void **state) {
    size_t failures = 0;
    struct err none = {0};
    struct set whole;

    (void)state;
    REFUSE_OR_SKIP();
    assert_non_null(whole.fields = fields_new());
    assert_true(load_all(&whole, &none));
    for (int for_good = 0; for_good < 2; for_good++)
        for (long n = 0;; n += 1 + n / 40) {
            struct err e = {0};
            struct set s = {0};
            bool ok;

            assert_non_null(s.fields = fields_new());
            memory_gone_for_good = for_good;
            memory_refused = false;
            memory_left = n;
            ok = load_all(&s, &e);
            memory_left = -1;
            for (size_t i = 0; ok && i < kinds_count(whole.kinds); i++)
                assert_true(str_eq(kinds_at(s.kinds, i)->name, kinds_at(whole.kinds, i)->name));
            if (!ok && e.code != ERR_MEMORY && e.code != ERR_LIMIT) /* LIMIT: of the catalogue of fields */
                fail_msg("request %ld of %d: %s", n, for_good, e.text);
            failures += !ok;
            set_close(&s);
            if (!memory_refused)
                break;
        }
    assert_true(failures > 100);
    set_close(&whole);
}

static void names_the_line_of_bad_yaml(void **state) {
    struct err e = {0};
    struct set s;

    (void)state;
    set_open(&s);
    assert_false(kinds_load_text(s.kinds, S("kinds/my.yml"), S("kind: a\nwhen: {X: 1\ntitle: [\n"), false, &e));
    assert_int_equal(e.code, ERR_USAGE);
    assert_int_equal(strncmp(e.text, "kinds/my.yml:", 13), 0);
    assert_true(e.text[13] >= '1' && e.text[13] <= '9');
    set_close(&s);
}

static void put_file(const char *dir, const char *name, const char *text) {
    char path[300];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_non_null(f = fopen(path, "w"));
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void loads_a_directory(void **state) {
    static const char *const names[] = {"b.yml", "a.yaml", ".c.yml", "d.txt"};
    char dir[] = "/tmp/longwatch-kinds-XXXXXX", path[300], want[300];
    struct err e = {0};
    struct set s;

    (void)state;
    assert_non_null(mkdtemp(dir));
    put_file(dir, "b.yml", "kind: b\nwhen: {B: 1}\n");
    put_file(dir, "a.yaml", "kind: a\nwhen: {A: 1}\n");
    put_file(dir, ".c.yml", "this is no kind\n");
    put_file(dir, "d.txt", "nor is this\n");
    set_open(&s);
    assert_true(kinds_load_dir(s.kinds, dir, false, &e));
    assert_true(kinds_seal(s.kinds, &e));
    assert_int_equal(kinds_count(s.kinds), 2);
    set_close(&s);

    put_file(dir, "b.yml", "kind: b\nwhen: {B: 1}\nech: C\n");
    set_open(&s);
    assert_false(kinds_load_dir(s.kinds, dir, false, &e));
    snprintf(want, sizeof want, "%s/b.yml:3: a kind has no key `ech`", dir);
    assert_int_equal(strncmp(e.text, want, strlen(want)), 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        remove(path);
    }
    remove(dir);
    assert_false(kinds_load_dir(s.kinds, dir, false, &e));
    assert_int_equal(e.code, ERR_IO);
    set_close(&s);
}

static void joins_what_is_extended(void **state) {
    static const char yaml[] =
        "kind: a\nbase: true\nwhen: {A: 1}\ntime: t1\nlogsources: [{product: p}]\nroles: {host: H1}\n"
        "---\nkind: c\nextends: b\nwhen: {C: 3}\ntime: t3\nroles: {host: H3, object: O}\n"
        "---\nkind: b\nextends: a\nwhen: {B: 2}\neach: E\ntime: t2\nlogsources: [{service: s}]\n";
    struct err e = {0};
    struct set s;
    const struct kind *k;

    (void)state;
    set_open(&s);
    if (!kinds_load_text(s.kinds, S("k"), str_of(yaml), false, &e) || !kinds_seal(s.kinds, &e))
        fail_msg("%s", e.text);
    assert_int_equal(kinds_count(s.kinds), 2);
    k = kinds_at(s.kinds, 0);
    assert_true(same(k->name, "c"));
    assert_int_equal(k->when_count, 3);
    assert_int_equal(k->time_count, 3);
    assert_true(same(field_name(s.fields, k->times[0].field), "t3"));
    assert_true(same(field_name(s.fields, k->times[2].field), "t1"));
    assert_int_equal(k->logsource_count, 2);
    assert_int_equal(k->role_counts[ROLE_HOST], 2);
    assert_true(same(field_name(s.fields, k->roles[ROLE_HOST][0].inputs[0]), "H3"));
    assert_int_equal(k->role_counts[ROLE_OBJECT], 1);
    assert_int_equal(k->each, FIELD_NONE);
    assert_true(same(kinds_at(s.kinds, 1)->name, "b"));
    set_close(&s);
}

static void a_user_replaces_and_comes_first(void **state) {
    struct err e = {0};
    struct set s;

    (void)state;
    set_open(&s);
    assert_true(kinds_load_text(s.kinds, S("in"), S("kind: a\nwhen: {A: 1}\n---\nkind: b\nwhen: {A: 1}\n"), true, &e));
    assert_true(kinds_load_text(s.kinds, S("my"), S("kind: b\ntitle: mine\nwhen: {A: 2}\n---\nkind: z\nwhen: {A: 1}\n"),
                                false, &e));
    assert_false(kinds_load_text(s.kinds, S("my2"), S("kind: b\nwhen: {A: 3}\n"), false, &e));
    assert_string_equal(e.text, "my2:1: `b` is there already (my:1)");
    assert_true(kinds_seal(s.kinds, &e));
    assert_int_equal(kinds_count(s.kinds), 3);
    assert_true(same(kinds_at(s.kinds, 0)->name, "b"));
    assert_true(same(kinds_at(s.kinds, 0)->title, "mine"));
    assert_true(same(kinds_at(s.kinds, 1)->name, "z"));
    assert_true(same(kinds_at(s.kinds, 2)->name, "a"));
    set_close(&s);
}

static void the_particular_comes_first(void **state) {
    static const char yaml[] =
        "kind: presence\nwhen: {A: {present: true}, B: {present: true}, C: {present: true}}\n"
        "---\nkind: value\nwhen: {A: 1}\n---\nkind: value-and\nwhen: {A: 1, B: {present: true}}\n"
        "---\nkind: values\nwhen: {A: 1, B: {starts: 2}}\n";
    static const char *const order[] = {"values", "value-and", "value", "presence"};
    struct err e = {0};
    struct set s;

    (void)state;
    set_open(&s);
    assert_true(kinds_load_text(s.kinds, S("k"), str_of(yaml), true, &e));
    assert_true(kinds_seal(s.kinds, &e));
    for (size_t i = 0; i < COUNT(order); i++)
        assert_true(same(kinds_at(s.kinds, i)->name, order[i]));
    set_close(&s);
}

/* ------------------------------------------------------------------ transforms */

/* in: up to two inputs, NULL = absent. out: "|"-joined. */
static const struct {
    const char *name, *source, *in[2], *out;
} derivations[] = {
    {"copy", "A", {"x"}, "x"},
    {"copy of empty", "A", {""}, ""},
    {"absent", "A", {NULL}, NULL},
    {"template", "'{A}\\{B}'", {"D", "u"}, "D\\u"},
    {"template with repeats", "'{A}-{A}-{B}'", {"D", "u"}, "D-D-u"},
    {"template, one absent", "'{A}\\{B}'", {"D", NULL}, NULL},
    {"template, one void", "'{A}\\{B}'", {"-", "u"}, NULL},
    {"template, one empty", "'{A}\\{B}'", {"", "u"}, NULL},
    {"template of one", "'{A}'", {"-"}, NULL},
    {"map", "{from: A, map: {S-1-16-4096: Low}}", {"s-1-16-4096"}, "Low"},
    {"not in map", "{from: A, map: {x: y}}", {"z"}, NULL},
    {"decimal", "{from: A, as: decimal}", {"0x1a4"}, "420"},
    {"decimal, capitals", "{from: A, as: decimal}", {"0X1A4"}, "420"},
    {"decimal as is", "{from: A, as: decimal}", {"420"}, "420"},
    {"decimal, largest", "{from: A, as: decimal}", {"0xffffffffffffffff"}, "18446744073709551615"},
    {"decimal, too large", "{from: A, as: decimal}", {"0x10000000000000000"}, NULL},
    {"decimal of text", "{from: A, as: decimal}", {"-"}, NULL},
    {"decimal of 0x", "{from: A, as: decimal}", {"0x"}, NULL},
    {"decimal of 0xg", "{from: A, as: decimal}", {"0xg"}, NULL},
    {"hex", "{from: A, as: hex}", {"420"}, "0x1a4"},
    {"hex, tidied", "{from: A, as: hex}", {"0x00000001A4"}, "0x1a4"},
    {"hex of nothing", "{from: A, as: hex}", {""}, NULL},
    {"host of a URL", "{from: A, as: url_host}", {"http://a.example:8080/b?c"}, "a.example"},
    {"host behind a user", "{from: A, as: url_host}", {"ftp://u:p@a.example/b"}, "a.example"},
    {"host that is an IPv6 address", "{from: A, as: url_host}", {"http://[2001:db8::1]:80/"}, "2001:db8::1"},
    {"host of CONNECT", "{from: A, as: url_host}", {"a.example:443"}, "a.example"},
    {"host of a path", "{from: A, as: url_host}", {"/b?u=http://a/"}, NULL},
    {"host of a query", "{from: A, as: url_host}", {"http://a.example?x=/y@z"}, "a.example"},
    {"host that is open", "{from: A, as: url_host}", {"http://[2001:db8::1/"}, NULL},
    {"path of a URL", "{from: A, as: url_path}", {"http://a.example/b/c?d/e"}, "/b/c"},
    {"path of a URL without", "{from: A, as: url_path}", {"http://a.example"}, "/"},
    {"path of a path", "{from: A, as: url_path}", {"/b?u=http://a/"}, "/b"},
    {"path of CONNECT", "{from: A, as: url_path}", {"a.example:443"}, NULL},
    {"query of a URL", "{from: A, as: url_query}", {"http://a.example/b?c=d?e"}, "c=d?e"},
    {"query of none", "{from: A, as: url_query}", {"http://a.example/b"}, NULL},
    {"extension", "{from: A, as: url_extension}", {"http://a.example/b.c/d.tar.gz?e.f"}, "gz"},
    {"extension of none", "{from: A, as: url_extension}", {"http://a.example/b.c/d"}, NULL},
    {"extension that is empty", "{from: A, as: url_extension}", {"/b."}, NULL},
    {"method", "{from: A, as: request_method}", {"GET /b?c HTTP/1.1"}, "GET"},
    {"method of none", "{from: A, as: request_method}", {"-"}, NULL},
    {"target", "{from: A, as: request_target}", {"GET /b c?d HTTP/1.1"}, "/b c?d"},
    {"target without version", "{from: A, as: request_target}", {"GET /b"}, "/b"},
    {"target that is none", "{from: A, as: request_target}", {"GET HTTP/1.0"}, NULL},
    {"target that is empty", "{from: A, as: request_target}", {"GET  HTTP/1.0"}, NULL},
    {"path of a request", "{from: A, as: request_path}", {"GET http://a/b?c HTTP/1.1"}, "/b"},
    {"query of a request", "{from: A, as: request_query}", {"GET /b?c HTTP/1.1"}, "c"},
    {"dos path", "{from: A, as: dos_path}", {"\\device\\harddiskvolume3\\windows\\x.exe"}, "C:\\windows\\x.exe"},
    {"dos path, case", "{from: A, as: dos_path}", {"\\Device\\HarddiskVolume12\\x"}, "C:\\x"},
    {"dos path of none", "{from: A, as: dos_path}", {"System"}, "System"},
    {"dos path without number",
     "{from: A, as: dos_path}",
     {"\\device\\harddiskvolume\\x"},
     "\\device\\harddiskvolume\\x"},
    {"dos path, volume alone", "{from: A, as: dos_path}", {"\\device\\harddiskvolume1"}, "\\device\\harddiskvolume1"},
    {"registry",
     "{from: [A, B], as: registry_path}",
     {"\\REGISTRY\\MACHINE\\SOFTWARE\\x", "Run"},
     "HKLM\\SOFTWARE\\x\\Run"},
    {"registry, no value",
     "{from: [A, B], as: registry_path}",
     {"\\REGISTRY\\MACHINE\\SOFTWARE\\x", "-"},
     "HKLM\\SOFTWARE\\x"},
    {"registry of a user", "{from: A, as: registry_path}", {"\\REGISTRY\\USER\\S-1-5-21-1\\x"}, "HKU\\S-1-5-21-1\\x"},
    {"registry, control set",
     "{from: [A, B], as: registry_path}",
     {"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\x", "Start"},
     "HKLM\\SYSTEM\\CurrentControlSet\\Services\\x\\Start"},
    {"registry, bare control set",
     "{from: A, as: registry_path}",
     {"\\registry\\machine\\system\\controlset002"},
     "HKLM\\system\\CurrentControlSet"},
    {"registry, odd control set",
     "{from: A, as: registry_path}",
     {"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet00x\\y"},
     "HKLM\\SYSTEM\\ControlSet00x\\y"},
    {"registry, long control set",
     "{from: A, as: registry_path}",
     {"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet0011\\y"},
     "HKLM\\SYSTEM\\ControlSet0011\\y"},
    {"registry, classes",
     "{from: A, as: registry_path}",
     {"\\REGISTRY\\MACHINE\\SOFTWARE\\Classes\\.txt"},
     "HKLM\\SOFTWARE\\Classes\\.txt|HKCR\\.txt"},
    {"registry, root prefix only",
     "{from: A, as: registry_path}",
     {"\\REGISTRY\\MACHINERY\\x"},
     "\\REGISTRY\\MACHINERY\\x"},
    {"data, dword", "{from: [A, B], as: registry_data}", {"1", "%%1876"}, "DWORD (0x00000001)"},
    {"data, dword too large", "{from: [A, B], as: registry_data}", {"4294967296", "%%1876"}, "4294967296"},
    {"data, dword no number", "{from: [A, B], as: registry_data}", {"x", "%%1876"}, "x"},
    {"data, qword", "{from: [A, B], as: registry_data}", {"4294967298", "%%1883"}, "QWORD (0x00000001-0x00000002)"},
    {"data, binary", "{from: [A, B], as: registry_data}", {"00ff", "%%1875"}, "Binary Data"},
    {"data, text", "{from: [A, B], as: registry_data}", {"cmd.exe", "%%1873"}, "cmd.exe"},
    {"data, type unknown", "{from: [A, B], as: registry_data}", {"1", NULL}, "1"},
    {"label", "{from: A, label: MD5}", {"SHA1=aa,MD5=bb,IMPHASH=cc"}, "bb"},
    {"label, last", "{from: A, label: IMPHASH}", {"SHA1=aa,MD5=bb,IMPHASH=cc"}, "cc"},
    {"label, blanks", "{from: A, label: md5}", {"SHA1=aa, MD5=bb"}, "bb"},
    {"label, alone", "{from: A, label: SHA256}", {"SHA256=dd"}, "dd"},
    {"label, another", "{from: A, label: SHA1}", {"SHA256=dd"}, NULL},
    {"label, none", "{from: A, label: MD5}", {"-"}, NULL},
    {"label, begins alike", "{from: A, label: SHA}", {"SHA1=aa"}, NULL},
    {"label, quoted", "{from: A, label: ipAddress}", {"type=\"X\", ipAddress=\"10.1.2.3\""}, "10.1.2.3"},
    {"label, comma in quotes", "{from: A, label: username}", {"username=\"a, type=b\", type=\"X\""}, "a, type=b"},
    {"label, only in quotes", "{from: A, label: type}", {"username=\"a, type=b\""}, NULL},
    {"label, one quote", "{from: A, label: username}", {"username=\"a, type=b"}, "\"a, type=b"},
    {"label, a quote alone", "{from: A, label: username}", {"username=\""}, "\""},
    {"label for a constant", "{from: A, label: error, constant: failure}", {"type=X, error=no"}, "failure"},
    {"label for a constant, not there", "{from: A, label: error, constant: failure}", {"type=X"}, NULL},
    {"label for a constant, null", "{from: A, label: error, constant: failure}", {"type=X, error=null"}, NULL},
    {"label, null", "{from: A, label: userId}", {"type=X, userId=null"}, NULL},
    {"label, null in quotes", "{from: A, label: userId}", {"userId=\"null\""}, NULL},
    {"address", "{from: A, as: address}", {"10.1.2.3"}, "10.1.2.3"},
    {"address and port", "{from: A, as: address}", {"80.114.221.214:52378"}, "80.114.221.214"},
    {"address, IPv6", "{from: A, as: address}", {"2001:db8::1"}, "2001:db8::1"},
    {"address, IPv6 and port", "{from: A, as: address}", {"[2001:db8::1]:443"}, "2001:db8::1"},
    {"address, IPv6 in brackets", "{from: A, as: address}", {"[::1]"}, "::1"},
    {"address, IPv4 in IPv6", "{from: A, as: address}", {"[::ffff:10.1.2.3]:1"}, "10.1.2.3"},
    {"address, IPv4 in IPv6, alone", "{from: A, as: address}", {"::ffff:10.1.2.3"}, "10.1.2.3"},
    {"address, port and interface", "{from: A, as: address}", {"10.1.2.3:52878:X0"}, "10.1.2.3"},
    {"address behind a way", "{from: A, as: address}", {"ssh(192.0.2.1)"}, "192.0.2.1"},
    {"address behind a way, IPv6", "{from: A, as: address}", {"GUI(2001:db8::1)"}, "2001:db8::1"},
    {"address behind a way, none", "{from: A, as: address}", {"jsconsole()"}, NULL},
    {"address behind a way, open", "{from: A, as: address}", {"ssh(192.0.2.1"}, NULL},
    {"address, way and more", "{from: A, as: address}", {"ssh(192.0.2.1)x"}, NULL},
    {"address, bracket alone", "{from: A, as: address}", {")"}, NULL},
    {"address, IPv6 in IPv6", "{from: A, as: address}", {"::FFFF:a:b"}, "::FFFF:a:b"},
    {"address, blanks", "{from: A, as: address}", {" 10.1.2.3 "}, "10.1.2.3"},
    {"address, name of a service", "{from: A, as: address}", {"secretsmanager.amazonaws.com"}, NULL},
    {"address, name and port", "{from: A, as: address}", {"host.example.org:443"}, NULL},
    {"address, words", "{from: A, as: address}", {"AWS Internal"}, NULL},
    {"address, nobody", "{from: A, as: address}", {"<null>"}, NULL},
    {"address, bracket open", "{from: A, as: address}", {"[2001:db8::1"}, NULL},
    {"address, text behind bracket", "{from: A, as: address}", {"[2001:db8::1]x"}, NULL},
    {"address, empty brackets", "{from: A, as: address}", {"[]:443"}, NULL},
    {"address, port alone", "{from: A, as: address}", {":443"}, NULL},
    {"address, empty", "{from: A, as: address}", {""}, NULL},
    {"lower", "{from: A, as: lower}", {"Jo@EXAMPLE.org"}, "jo@example.org"},
    {"lower, beyond ASCII", "{from: A, as: lower}", {"\xc3\x84Z"}, "\xc3\x84z"},
    {"lower of empty", "{from: A, as: lower}", {""}, ""},
    {"unplus", "{from: A, as: unplus}", {"Mozilla/5.0+(X11;+Linux)"}, "Mozilla/5.0 (X11; Linux)"},
    {"unplus, none there", "{from: A, as: unplus}", {"a b"}, "a b"},
    {"unplus of empty", "{from: A, as: unplus}", {""}, ""},
    {"between", "{from: A, between: [<Command>, </Command>]}", {"<Exec><command> x y </COMMAND></Exec>"}, "x y"},
    {"between, to the end", "{from: A, between: 'Scope: '}", {"a Scope: b c"}, "b c"},
    {"between, from the beginning", "{from: A, between: ['', '\\']}", {"jo@example.org\\.\\x"}, "jo@example.org"},
    {"between, the first", "{from: A, between: [a, b]}", {"a1b a2b"}, "1"},
    {"between, no end", "{from: A, between: [a, b]}", {"a1"}, "1"},
    {"between, no beginning", "{from: A, between: [a, b]}", {"1b"}, NULL},
    {"between, nothing there", "{from: A, between: [a, b]}", {"a b"}, NULL},
    {"between, the end in front", "{from: A, between: [a, b]}", {"b a1"}, "1"},
    {"between of empty", "{from: A, between: [a, b]}", {""}, NULL},
    {"after of one value", "{from: A, after: b}", {"b"}, NULL},
    {"constant", "{from: A, constant: failure}", {"AccessDenied"}, "failure"},
    {"constant of empty", "{from: A, constant: failure}", {""}, NULL},
    {"constant of nobody", "{from: A, constant: failure}", {"-"}, NULL},
    {"constant of absent", "{from: A, constant: failure}", {NULL}, NULL},
    {"split", "{from: A, split: true}", {"a; b ;;c"}, "a|b|c"},
    {"split, label",
     "{from: A, split: 'file:_'}",
     {"file:_C:\\a; containerfile:_C:\\b"},
     "file:_C:\\a|C:\\a|containerfile:_C:\\b|C:\\b"},
    {"split, no label there", "{from: A, split: 'file:_'}", {"process:_pid:1"}, "process:_pid:1"},
    {"split of nothing", "{from: A, split: 'file:_'}", {""}, NULL},
    {"split, label alone", "{from: A, split: 'file:_'}", {"file:_"}, "file:_"},
    {"number", "{from: A, as: e164}", {"030 1234567"}, "+49301234567"}, /* kinds_country below */
    {"number, whole", "{from: A, as: e164}", {"+1 202 555 0143"}, "+12025550143"},
    {"number, short", "{from: A, as: e164}", {" 6789 "}, "6789"},
    {"number, none", "{from: A, as: e164}", {"anonymous"}, "anonymous"},
    {"number, empty", "{from: A, as: e164}", {" "}, NULL},
    /* 10.0.0.1 is 0x0a000001; its bytes reversed are 0x0100000a */
    {"status", "{from: A, as: http_outcome}", {"200"}, "success"},
    {"status, last that went well", "{from: A, as: http_outcome}", {"299"}, "success"},
    {"status, one's own fault", "{from: A, as: http_outcome}", {"404"}, "failure"},
    {"status, the server's", "{from: A, as: http_outcome}", {"503"}, "failure"},
    {"status, elsewhere", "{from: A, as: http_outcome}", {"302"}, NULL},
    {"status, more to come", "{from: A, as: http_outcome}", {"101"}, NULL},
    {"status, none", "{from: A, as: http_outcome}", {"000"}, NULL},
    {"status, too high", "{from: A, as: http_outcome}", {"600"}, NULL},
    {"status, too long", "{from: A, as: http_outcome}", {"2000"}, NULL},
    {"status, text", "{from: A, as: http_outcome}", {"2OO"}, NULL},
    {"status, dash", "{from: A, as: http_outcome}", {"-"}, NULL},
    {"signed address", "{from: A, as: ipv4_signed}", {"16777226"}, "10.0.0.1"},
    {"signed address, negative", "{from: A, as: ipv4_signed}", {"-939392758"}, "10.1.2.200"}, /* 0xc802010a */
    {"signed address, lowest", "{from: A, as: ipv4_signed}", {"-2147483648"}, "0.0.0.128"},
    {"signed address, unsigned", "{from: A, as: ipv4_signed}", {"4294967295"}, "255.255.255.255"},
    {"signed address, none", "{from: A, as: ipv4_signed}", {"0"}, NULL},
    {"signed address, minus none", "{from: A, as: ipv4_signed}", {"-0"}, NULL},
    {"signed address, too large", "{from: A, as: ipv4_signed}", {"4294967296"}, NULL},
    {"signed address, too small", "{from: A, as: ipv4_signed}", {"-2147483649"}, NULL},
    {"signed address, text", "{from: A, as: ipv4_signed}", {"10.0.0.1"}, NULL},
    {"signed address, empty", "{from: A, as: ipv4_signed}", {""}, NULL},
};

static void derives(void **state) {
    struct arena *const a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < COUNT(derivations); i++) {
        struct err e = {0};
        struct set s;
        char yaml[400], got[600] = "";
        str inputs[DERIVE_INPUTS_MAX], out[DERIVE_VALUES_MAX];
        bool present[DERIVE_INPUTS_MAX];
        const struct kind_source *source;
        size_t n;

        set_open(&s);
        snprintf(yaml, sizeof yaml, "kind: a\nwhen: {X: 1}\nroles:\n  object: %s\n", derivations[i].source);
        if (!kinds_load_text(s.kinds, S("k"), str_of(yaml), false, &e) || !kinds_seal(s.kinds, &e))
            fail_msg("%s: %s", derivations[i].name, e.text);
        kinds_country(s.kinds, phone_country(S("DE")));
        source = kinds_at(s.kinds, 0)->roles[ROLE_OBJECT];
        for (size_t j = 0; j < source->input_count; j++) {
            const char *const value = derivations[i].in[same(field_name(s.fields, source->inputs[j]), "A") ? 0 : 1];

            present[j] = value != NULL;
            inputs[j] = str_of(value);
        }
        n = kind_derive(source, inputs, present, a, out);
        assert_true(n <= DERIVE_VALUES_MAX);
        for (size_t j = 0, used = 0; j < n; j++)
            used += (size_t)snprintf(got + used, sizeof got - used, "%s%.*s", j ? "|" : "", STR_ARG(out[j]));
        if ((n == 0) != (derivations[i].out == NULL) || (n > 0 && strcmp(got, derivations[i].out) != 0))
            fail_msg("%s: %zu values: %s", derivations[i].name, n, got);
        set_close(&s);
    }
    arena_free(a);
}

/* A kind's key replaces that of the kind it extends; without one it has that. So it is with what it collects. */
static void keys(void **state) {
    struct err e = {0};
    struct set s;

    (void)state;
    set_open(&s);
    assert_true(kinds_load_text(
        s.kinds, S("k"),
        S("kind: b\nbase: true\nkey: [A, B]\ncollect: [P, Q]\n---\nkind: c\nextends: b\nwhen: {X: 1}\n---\n"
          "kind: d\nextends: b\nwhen: {X: 2}\nkey: C\ncollect: R\n---\nkind: e\nwhen: {X: 3}\n"),
        false, &e));
    assert_true(kinds_seal(s.kinds, &e));
    assert_int_equal(kind_named(&s, "c")->key_count, 2);
    assert_true(same(field_name(s.fields, kind_named(&s, "c")->keys[0]), "A"));
    assert_true(same(field_name(s.fields, kind_named(&s, "c")->keys[1]), "B"));
    assert_int_equal(kind_named(&s, "d")->key_count, 1);
    assert_true(same(field_name(s.fields, kind_named(&s, "d")->keys[0]), "C"));
    assert_int_equal(kind_named(&s, "e")->key_count, 0);
    assert_int_equal(kind_named(&s, "c")->collect_count, 2);
    assert_true(same(field_name(s.fields, kind_named(&s, "c")->collects[1]), "Q"));
    assert_int_equal(kind_named(&s, "d")->collect_count, 1);
    assert_true(same(field_name(s.fields, kind_named(&s, "d")->collects[0]), "R"));
    assert_int_equal(kind_named(&s, "e")->collect_count, 0);
    set_close(&s);
}

/* Kinds of one family have one clock for one field that some kind of it has a witness for; what is the witness has none. */
static void clocks(void **state) {
    static const struct {
        const char *kind, *field, *clock; /* clock: the field it is of, NULL: none */
    } cases[] = {
        {"a/1", "T", "T"},  {"a/1", "W", NULL}, {"a/1", "U", "U"},  {"a/2", "T", "T"}, {"a/2", "V", NULL},
        {"a/3", "W", NULL}, {"a/3", "T", "T"},  {"b/1", "T", NULL}, {"a", "U", "U"},
    };
    struct err e = {0};
    struct set s;

    (void)state;
    set_open(&s);
    assert_true(kinds_load_text(s.kinds, S("k"),
                                S("kind: a/1\nwhen: {X: 1}\ntime: [T, W, U]\nwitness: W\n---\n"
                                  "kind: a/2\nwhen: {X: 2}\ntime: [T, V]\n---\n"
                                  "kind: a/3\nextends: a/1\nwhen: {Y: 2}\n---\n"
                                  "kind: b/1\nwhen: {X: 3}\ntime: T\n---\nkind: a\nwhen: {X: 4}\ntime: U\n"),
                                false, &e));
    assert_true(kinds_seal(s.kinds, &e));
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct kind *const k = kind_named(&s, cases[i].kind);
        bool found = false;

        for (size_t t = 0; t < k->time_count; t++) {
            field_id const clock = kinds_clock_field(s.kinds, k->times[t].clock);

            if (!same(field_name(s.fields, k->times[t].field), cases[i].field))
                continue;
            found = true;
            if (cases[i].clock ? clock == FIELD_NONE || !same(field_name(s.fields, clock), cases[i].clock)
                               : clock != FIELD_NONE)
                fail_msg("%s %s", cases[i].kind, cases[i].field);
        }
        if (!found)
            fail_msg("%s has no %s", cases[i].kind, cases[i].field);
    }
    assert_true(kind_named(&s, "a/1")->witness == kind_named(&s, "a/3")->witness);
    assert_true(kind_named(&s, "a/2")->witness == FIELD_NONE && kind_named(&s, "a/2")->clocked);
    assert_true(kind_named(&s, "a/1")->clocked && !kind_named(&s, "b/1")->clocked);
    assert_int_equal(kinds_clock_field(s.kinds, 3), FIELD_NONE);
    set_close(&s);
}

/* Unix seconds with what Asterisk and Cisco write around them. NULL: no time. */
static void times_in_other_forms(void **state) {
    static const struct {
        const char *value, *text;
    } cases[] = {
        {"1497952162.0", "1497952162"}, /* .0 is a number, no fraction */
        {"1497952162.99", "1497952162"},
        {"1497952162", "1497952162"},
        {"pbx1-1497952162.12", "1497952162"},
        {"pbx-2017-1497952162.12", "1497952162"},
        {" 1497952162 ", "1497952162"},
        {"0", ""},
        {"0.0", ""},
        {"", ""},
        {"pbx1497952162.1", ""},
        {".5", ""},
        {"pbx-", ""},
        {"2017-06-20 09:49:22", ""},
    };
    struct kind_time const as_written = {0, false, false, 0}, unix_seconds = {0, true, false, 0};
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        str const text = kind_time_text(&unix_seconds, str_of(cases[i].value));

        assert_true(str_eq(kind_time_text(&as_written, str_of(cases[i].value)), str_of(cases[i].value)));
        if (!str_eq(text, str_of(cases[i].text)))
            fail_msg("'%s' is '%.*s'", cases[i].value, STR_ARG(text));
    }
}

/* What an attacker writes may have more pieces than room, and memory may be out. */
static void derives_within_bounds(void **state) {
    struct err e = {0};
    struct set s;
    char pieces[1000];
    str out[DERIVE_VALUES_MAX], in[2] = {{pieces, sizeof pieces}, {pieces, sizeof pieces}};
    bool const present[2] = {true, true};
    struct arena *const none = arena_new(0), *const some = arena_new(1 << 16);

    (void)state;
    set_open(&s);
    assert_true(kinds_load_text(
        s.kinds, S("k"), S("kind: a\nwhen: {X: 1}\nroles:\n  host: {from: A, split: true}\n  object: '{A}{B}'\n"),
        false, &e));
    assert_true(kinds_seal(s.kinds, &e));
    for (size_t i = 0; i < sizeof pieces; i++)
        pieces[i] = i % 2 ? ';' : 'a';
    assert_int_equal(kind_derive(kinds_at(s.kinds, 0)->roles[ROLE_HOST], in, present, some, out), DERIVE_VALUES_MAX);
    assert_int_equal(kind_derive(kinds_at(s.kinds, 0)->roles[ROLE_OBJECT], in, present, some, out), 1);
    assert_true(kind_derive(kinds_at(s.kinds, 0)->roles[ROLE_OBJECT], in, present, none, out) == SIZE_MAX);
    arena_free(none);
    arena_free(some);
    set_close(&s);
}

/* ------------------------------------------------------------------ shapes */

static const struct {
    const char *shape, *from, *to;
} names[] = {
    {"windows/event", "Event.System.EventID", "EventID"},
    {"m365/lowercase", "parameters", "Parameters"},
    {"m365/lowercase", "parameters.ForwardTo", "Parameters.ForwardTo"},
    {"m365/lowercase", "parameters.", "Parameters."},
    {"m365/lowercase", "parameters.", "Parameters."},
    {"m365/lowercase", "x.parameters.y", "x.parameters.y"},
    {"windows/event", "Event.System.EventID.#text", "EventID"},
    {"windows/event", "Event.System.EventID.Value", "EventID"},
    {"windows/event", "Event.System.EventID.@Qualifiers", "EventID_Qualifiers"},
    {"windows/event", "Event.System.Provider.#attributes.Name", "Provider_Name"},
    {"windows/event", "Event.System.Provider.@attributes.Name", "Provider_Name"},
    {"windows/event", "Event.System.Provider._attributes.Name", "Provider_Name"},
    {"windows/event", "Event.System.Provider_attributes.Name", "Provider_Name"},
    {"windows/event", "Event.System.Provider.Name", "Provider_Name"},
    {"windows/event", "Event.System.Provider.@Name", "Provider_Name"},
    {"windows/event", "Event.System.TimeCreated.#attributes.SystemTime", "TimeCreated_SystemTime"},
    {"windows/event", "Event.System.Execution.#attributes.ProcessID", "Execution_ProcessID"},
    {"windows/event", "Event.System.Security.#attributes.UserID", "Security_UserID"},
    {"windows/event", "Event.System.Correlation.#attributes.ActivityID", "Correlation_ActivityID"},
    {"windows/event", "Event.System.Computer", "Computer"},
    {"windows/event", "Event.EventData.CommandLine", "CommandLine"},
    {"windows/event", "Event.EventData.Threat Name", "ThreatName"},
    {"windows/event", "Event.EventData.Data", "Data"},
    {"windows/event", "Event.EventData.Data.#text", "Data"},
    {"windows/event", "Event.EventData.Data.Image", "Image"},
    {"windows/event", "Event.UserData.Operation_ClientFailure.User", "User"},
    {"windows/event", "Event.UserData.LogFileCleared.SubjectUserName", "SubjectUserName"},
    {"windows/event", "Event.UserData.A.B.Leaf", "Leaf"},
    {"windows/event", "Other", "Other"},
    {"windows/event", "Event.System.", "Event.System."},
    {"windows/system", "System.Provider.Name", "Provider_Name"},
    {"windows/system", "EventData.Image", "Image"},
    {"windows/winlogbeat", "winlog.channel", "Channel"},
    {"windows/winlogbeat", "winlog.event_id", "EventID"},
    {"windows/winlogbeat", "winlog.computer_name", "Computer"},
    {"windows/winlogbeat", "winlog.process.thread.id", "Execution_ThreadID"},
    {"windows/winlogbeat", "winlog.event_data.NewProcessName", "NewProcessName"},
    {"windows/winlogbeat", "winlog.event_data.Threat Name", "ThreatName"},
    {"windows/winlogbeat", "winlog.user_data.SubjectUserName", "SubjectUserName"},
    {"windows/winlogbeat", "event.code", "event.code"},
    {"windows/winlogbeat-old", "log_name", "Channel"},
    {"windows/winlogbeat-old", "event_data.Image", "Image"},
    {"windows/winlogbeat-old", "source_name", "Provider_Name"},
    {"windows/nxlog", "Hostname", "Computer"},
    {"windows/nxlog", "SourceName", "Provider_Name"},
    {"windows/nxlog", "Threat Name", "ThreatName"},
    {"windows/nxlog", "ExecutionProcessID", "Execution_ProcessID"},
    {"windows/nxlog", "ProcessID", "ProcessID"},
    {"windows/flat", "ComputerName", "Computer"},
    {"m365/auditdata", "AuditData.Operation", "Operation"},
    {"m365/lowercase", "clientip", "ClientIP"},
    {"zeek/underscore", "id_orig_h", "id.orig_h"},
};

static void shapes_rename(void **state) {
    struct set s;

    (void)state;
    set_builtin(&s);
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct shape *const shape = shape_named(&s, names[i].shape);
        field_id const to = shape_field(shape, s.fields, field_intern(s.fields, str_of(names[i].from)));

        if (!same(field_name(s.fields, to), names[i].to))
            fail_msg("%s: %s became %.*s", names[i].shape, names[i].from, STR_ARG(field_name(s.fields, to)));
    }
    assert_int_equal(shape_field(shapes_at(s.kinds, 0), s.fields, FIELD_NONE), FIELD_NONE);
    set_close(&s);
}

static void system_wins_over_data(void **state) {
    const struct shape *shape;
    struct set s;
    field_id system, data, user;

    (void)state;
    set_builtin(&s);
    shape = shape_named(&s, "windows/event");
    system = field_intern(s.fields, S("Event.System.Level"));
    data = field_intern(s.fields, S("Event.EventData.Level"));
    user = field_intern(s.fields, S("Event.UserData.X.Level"));
    assert_true(shape_rank(shape, s.fields, system) < shape_rank(shape, s.fields, data));
    assert_true(shape_rank(shape, s.fields, data) < shape_rank(shape, s.fields, user));
    assert_int_equal(shape_rank(shape, s.fields, field_intern(s.fields, S("Event.System.Provider.Name"))), 0);
    set_close(&s);
}

/* A row written as "name=value name=value", with another separator where values hold blanks. ":inner" behind a value marks
 * it. */
static void row_with(struct fields *f, const char *text, char separator, struct raw *values, struct record *r) {
    str rest = str_of(text);

    *r = (struct record){.values = values, .when = INSTANT_NONE};
    while (rest.len > 0) {
        size_t const blank = str_find_byte(rest, separator);
        str const cell = str_first(rest, blank);
        size_t const is = str_find_byte(cell, '=');
        str value = str_from(cell, is + 1);
        bool const inner = str_ends(value, S(":inner"));

        assert_true(is != SIZE_MAX);
        if (inner)
            value.len -= 6;
        values[r->count++] =
            (struct raw){field_intern(f, str_first(cell, is)), RAW_TEXT, inner, 0, (uint32_t)value.len, value.ptr};
        rest = blank == SIZE_MAX ? S("") : str_from(rest, blank + 1);
    }
}

static void row_of(struct fields *f, const char *text, struct raw *values, struct record *r) {
    row_with(f, text, ' ', values, r);
}

static void text_of(const struct fields *f, const struct record *r, char *out, size_t room) {
    size_t used = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < r->count; i++) {
        str const name = field_name(f, r->values[i].field);

        used += (size_t)snprintf(out + used, room - used, "%s%.*s=%.*s%s", i ? " " : "", STR_ARG(name),
                                 (int)r->values[i].len, r->values[i].ptr, r->values[i].inner ? ":inner" : "");
        assert_true(used < room);
    }
}

static const struct {
    const char *name, *in, *out, *kept; /* kept: with keep: true */
} rows[] = {
    {"names first", "A=0 L.n=x L.v=1 L.n=y L.v=2 B=9", "A=0 L.x=1 L.y=2 B=9", "A=0 L.n=x L.x=1 L.n=y L.y=2 B=9"},
    {"values first", "L.v=1 L.n=x L.v=2 L.n=y", "L.x=1 L.y=2", "L.n=x L.x=1 L.n=y L.y=2"},
    {"a value missing", "L.n=x L.n=y L.v=2", "L.x= L.y=2", "L.n=x L.n=y L.y=2"},
    {"the last value missing", "L.n=x L.v=1 L.n=y", "L.x=1 L.y=", "L.n=x L.x=1 L.n=y"},
    {"a name missing", "L.n=x L.v=1 L.v=2", "L.x=1 L=2", "L.n=x L.x=1 L=2"},
    {"first name missing", "L.v=1 L.n=x L.v=2", "L=1 L.x=2", "L=1 L.n=x L.x=2"},
    {"no names", "L.v=1 L.v=2", "L.v=1 L.v=2", "L.v=1 L.v=2"},
    {"no values", "L.n=x L.n=y", "L.n=x L.n=y", "L.n=x L.n=y"},
    {"values first, a name missing", "L.v=1 L.v=2 L.n=x", "L=1 L.x=2", "L=1 L.n=x L.x=2"},
    {"plain texts", "L=a L=b", "L=a L=b", "L=a L=b"},
    {"serialised", "L={}:inner L.n=x L.v=1", "L.x=1", "L={}:inner L.n=x L.x=1"},
    {"empty name", "L.n= L.v=1", "L.n= L.v=1", "L.n= L.v=1"},
    {"nothing", "A=1", "A=1", "A=1"},
};

static void pairs_become_fields(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        bool const keep = i % 2;
        const char *const want = keep ? rows[i / 2].kept : rows[i / 2].out;
        char got[300], yaml[200];
        struct raw values[16];
        struct record r;
        struct err e = {0};
        struct set s;

        set_open(&s);
        snprintf(yaml, sizeof yaml, "shape: a\nwhen: X\npairs: {list: L, name: n, value: v, keep: %s}\n",
                 keep ? "true" : "false");
        assert_true(kinds_load_text(s.kinds, S("k"), str_of(yaml), false, &e));
        assert_true(kinds_seal(s.kinds, &e));
        row_of(s.fields, rows[i / 2].in, values, &r);
        shape_pairs(shapes_at(s.kinds, 0), s.fields, &r);
        text_of(s.fields, &r, got, sizeof got);
        if (strcmp(got, want) != 0)
            fail_msg("%s%s: %s", rows[i / 2].name, keep ? ", kept" : "", got);
        set_close(&s);
    }
}

/* ------------------------------------------------------------------ which kind */

/* The record unwrapped as ingest does it; the shape, or NULL. */
static const struct shape *unwrap(const struct set *s, str reader, struct record *r) {
    for (size_t i = 0; i < shapes_count(s->kinds); i++) {
        const struct shape *const shape = shapes_at(s->kinds, i);

        if (!shape_matches(shape, reader, r))
            continue;
        shape_pairs(shape, s->fields, r);
        for (uint32_t j = 0; j < r->count; j++)
            r->values[j].field = shape_field(shape, s->fields, r->values[j].field);
        return shape;
    }
    return NULL;
}

/* Lists of event data in the spellings of converters; D stands for Event.EventData.Data. */
static const struct {
    const char *row, *unwrapped;
} lists[] = {
    {"D.@Name=Image D.#text=a.exe D.@Name=User D.#text=u", "Image=a.exe User=u"},
    {"D.#attributes.Name=Image D.#text=a.exe D.#attributes.Name=User D.#text=u", "Image=a.exe User=u"},
    {"D.#text=a.exe D.#attributes.Name=Image D.#text=u D.#attributes.Name=User", "Image=a.exe User=u"},
    {"D.@attributes.Name=Image D.#text=a.exe", "Image=a.exe"},
    {"D._attributes.Name=Image D._text=a.exe", "Image=a.exe"},
    {"D.Name=Image D.#text=a.exe D.Name=User", "Image=a.exe User="},
    {"D.Name=Image D.Value=a.exe", "Image=a.exe"},
    {"D=a D=b", "Data=a Data=b"},
    {"D.#text=a D.#text=b", "Data=a Data=b"},
    {"D={}:inner D.@Name=Image D.#text=a.exe", "Image=a.exe"},
};

static void unwraps_lists_of_data(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct raw values[16];
        struct record r;
        struct set s;
        char row[600] = "Event.System.Channel=C ", got[300];
        size_t used = strlen(row);

        set_builtin(&s);
        for (const char *c = lists[i].row; *c; c++) {
            bool const list = *c == 'D' && (c == lists[i].row || c[-1] == ' ');

            used += (size_t)snprintf(row + used, sizeof row - used, "%.*s", list ? 20 : 1,
                                     list ? "Event.EventData.Data" : c);
        }
        row_of(s.fields, row, values, &r);
        assert_non_null(unwrap(&s, S("json"), &r));
        text_of(s.fields, &r, got, sizeof got);
        if (strcmp(got + strlen("Channel=C "), lists[i].unwrapped) != 0)
            fail_msg("%s: %s", lists[i].row, got);
        set_close(&s);
    }
}

static const struct kind *kind_of(const struct set *s, const struct record *r) {
    const struct kind *found = NULL;
    struct buf room = {0};

    for (size_t i = 0; i < kinds_count(s->kinds); i++)
        if (!found && kind_matches(kinds_at(s->kinds, i), r, &room))
            found = kinds_at(s->kinds, i);
    assert_false(room.failed);
    buf_free(&room);
    return found;
}

/* _ stands for a blank in values. */
static const struct {
    const char *row, *shape, *kind;
} decisions[] = {
    {"Channel=Security EventID=4624 Provider_Name=x", "windows/flat", "windows/security/4624"},
    {"Channel=security EventID=4688 SourceName=x Hostname=h", "windows/nxlog", "windows/security/4688"},
    {"Channel=Security EventID=1 Provider_Name=x", "windows/flat", "windows/security"},
    {"Channel=Acme/Own EventID=7 Provider_Name=x", "windows/flat", "windows/other"},
    {"winlog.channel=Security winlog.event_id=5156", "windows/winlogbeat", "windows/security/5156"},
    {"log_name=System event_id=7045", "windows/winlogbeat-old", "windows/system"},
    {"Event.System.Channel=Microsoft-Windows-Sysmon/Operational Event.System.EventID.#text=13", "windows/event",
     "windows/sysmon/13"},
    {"System.Channel=Application System.EventID.Value=1000", "windows/system", "windows/application"},
    {"Id=4104 LogName=Microsoft-Windows-PowerShell/Operational ProviderName=p MachineName=m", "windows/get-winevent",
     "windows/powershell/4104"},
    {"properties.Channel=Security properties.EventId=4719", "windows/azure-diagnostics", "windows/security"},
    {"properties.Channel=Security properties.EventId=4719 properties.RawXml=x", "windows/azure-diagnostics-xml",
     "windows/security"},
    {"EventLog=Security EventID=4719 Source=x EventData=x", "windows/log-analytics", "windows/security"},
    {"Channel=Security EventID=4719 EventSourceName=x EventData=x", "windows/security-event", "windows/security"},
    /* sigma-logsources 10, 3: a forwarded event has the channel it was written to */
    {"Channel=Microsoft-Windows-Sysmon/Operational EventID=1 Provider_Name=x", "windows/flat", "windows/sysmon/1"},
    /* 10, 4 */
    {"Channel=Microsoft-Windows-Sysmon/Operational EventID=12 EventType=DeleteValue", "windows/flat",
     "windows/sysmon/12/delete"},
    {"Channel=Microsoft-Windows-Sysmon/Operational EventID=12 EventType=DeleteKey", "windows/flat",
     "windows/sysmon/12/delete"},
    {"Channel=Microsoft-Windows-Sysmon/Operational EventID=12 EventType=CreateKey", "windows/flat",
     "windows/sysmon/12/create"},
    {"Channel=Microsoft-Windows-Sysmon/Operational EventID=12 EventType=Odd", "windows/flat", "windows/sysmon/12"},
    /* 10, 5 */
    {"Channel=PowerShellCore/Operational EventID=4104", "windows/flat", "windows/powershell/4104"},
    {"Channel=Windows_PowerShell EventID=400", "windows/flat", "windows/powershell-classic/400"},
    /* 10, 7 */
    {"Channel=Microsoft-Windows-Windows_Defender/Operational EventID=1116", "windows/flat", "windows/windefend/threat"},
    {"Channel=Microsoft-Windows-Windows_Defender/Operational EventID=5001", "windows/flat", "windows/windefend"},
    /* 10, 9 */
    {"Channel=Microsoft-Windows-DNS-Client/Operational EventID=3008", "windows/flat", "windows/dns-client"},
    {"Channel=Microsoft-Windows-DNS_Client_Events/Operational EventID=3008", "windows/flat", "windows/dns-client"},
    {"Channel=Microsoft-Windows-SMBClient/Security EventID=31001", "windows/flat", "windows/smbclient-security"},
    {"Channel=Microsoft-Windows-Hyper-V-Worker-Admin EventID=1", "windows/flat", "windows/hyper-v-worker"},
    {"Channel=Security EventID=4657 OperationType=%%1904", "windows/flat", "windows/security/4657/created"},
    {"Channel=Security EventID=4657 OperationType=%%1905", "windows/flat", "windows/security/4657/modified"},
    {"Channel=Security EventID=4657 OperationType=%%1906", "windows/flat", "windows/security/4657/deleted"},
    {"Channel=Security EventID=4657", "windows/flat", "windows/security/4657"},
    {"Channel=Microsoft-Windows-WMI-Activity/Operational EventID=5861", "windows/flat", "windows/wmi/5861"},
    /* 5.5: Sysmon for Linux, in its own channel and in the Windows one */
    {"Channel=Linux-Sysmon/Operational EventID=1 Provider_Name=Linux-Sysmon", "windows/flat", "linux/sysmon/1"},
    {"Channel=Microsoft-Windows-Sysmon/Operational EventID=1 Provider_Name=Linux-Sysmon", "windows/flat",
     "linux/sysmon/1"},
    {"Channel=Microsoft-Windows-Sysmon/Operational EventID=2 Provider_Name=Linux-Sysmon", "windows/flat",
     "linux/sysmon/in-windows-channel"},
    {"Operation=MailItemsAccessed Workload=Exchange CreationTime=t", "m365/record", "m365/exchange"},
    {"Operation=X Workload=PowerBI", "m365/record", "m365/audit"},
    {"AuditData.Operation=X AuditData.Workload=SharePoint", "m365/auditdata", "m365/sharepoint"},
    {"operation=X workload=Exchange creationtime=t", "m365/lowercase", "m365/exchange"},
    {"category=AuditLogs operationName=x time=t", NULL, "azure/auditlogs"},
    {"category=NonInteractiveUserSignInLogs operationName=x", NULL, "azure/signinlogs"},
    {"category=Administrative operationName=x resourceId=y", NULL, "azure/activitylogs"},
    {"activityDisplayName=x activityDateTime=t", NULL, "azure/auditlogs/graph"},
    {"riskEventType=unfamiliarFeatures", NULL, "azure/riskdetection"},
    {"eventSource=s3.amazonaws.com eventName=GetObject awsRegion=x", NULL, "aws/cloudtrail"},
    {"protoPayload.methodName=m protoPayload.serviceName=compute.googleapis.com", NULL, "gcp/audit"},
    {"protoPayload.methodName=m protoPayload.serviceName=login.googleapis.com", NULL,
     "gcp/google_workspace/cloud-login"},
    {"id.applicationName=admin id.time=t events.name=x", "google/reports", "gcp/google_workspace/admin"},
    {"eventType=x published=t actor.alternateId=a", NULL, "okta/system"},
    {"action=repo.create actor=a created_at=1 org=o", NULL, "github/audit"},
    {"action=repo.create actor=a created_at=1 business=b", NULL, "github/audit/enterprise"},
    {"action=repo.create actor=a created_at=1 repo=r", NULL, "github/audit/repository"},
    {"action=repo.create actor=a created_at=1", NULL, NULL},
    {"auditID=1 verb=get stage=ResponseComplete", NULL, "kubernetes/audit"},
    {"_path=http ts=1 uid=C1 id.orig_h=1.2.3.4", NULL, "zeek/http"},
    {"_path=radius ts=1", NULL, "zeek/other"},
    {"ts=1 uid=C id_orig_h=1 id_resp_h=2 query=x qtype_name=A", "zeek/underscore", "zeek/plain/dns"},
    {"action=x actor={}:inner created_at=1", NULL, NULL},
    {"message=hello", NULL, "text/line"},
    {"EventID=1", NULL, NULL},
};

static void decides_the_kind(void **state) {
    struct set s;

    (void)state;
    set_builtin(&s);
    for (size_t i = 0; i < COUNT(decisions); i++) {
        struct raw values[16];
        struct record r;
        char texts[16][100];
        const struct shape *shape;
        const struct kind *k;

        row_of(s.fields, decisions[i].row, values, &r);
        for (uint32_t j = 0; j < r.count; j++) {
            assert_true(values[j].len < sizeof texts[j]);
            for (uint32_t c = 0; c < values[j].len; c++)
                texts[j][c] = values[j].ptr[c] == '_' ? ' ' : values[j].ptr[c];
            values[j].ptr = texts[j];
        }
        shape = unwrap(&s, S("json"), &r);
        k = kind_of(&s, &r);
        if ((shape == NULL) != (decisions[i].shape == NULL) || (shape && !same(shape->name, decisions[i].shape)))
            fail_msg("%s: shape %.*s", decisions[i].row, STR_ARG(shape ? shape->name : S("none")));
        if ((k == NULL) != (decisions[i].kind == NULL) || (k && !same(k->name, decisions[i].kind)))
            fail_msg("%s: kind %.*s", decisions[i].row, STR_ARG(k ? k->name : S("none")));
    }
    set_close(&s);
}

/* EVTX gives binary numbers and UTF-16; its records have no shape. */
static void decides_on_binary_values(void **state) {
    static const char id[8] = {0x50, 0x12};
    static const char channel[] = "S\0e\0c\0u\0r\0i\0t\0y\0\0";
    struct set s;
    struct raw values[2];
    struct record r = {.values = values, .count = 2};
    struct buf room = {0};
    const struct kind *k;

    (void)state;
    set_builtin(&s);
    values[0] = (struct raw){FIELD_EVENT_ID, RAW_U64, false, 0, sizeof id, id};
    values[1] = (struct raw){FIELD_CHANNEL, RAW_UTF16, false, 0, sizeof channel - 1, channel};
    assert_null(unwrap(&s, S("evtx"), &r));
    assert_non_null(k = kind_of(&s, &r));
    assert_true(same(k->name, "windows/security/4688"));
    values[0] = (struct raw){FIELD_EVENT_ID, RAW_NUMBER, false, 0, 4, "4688"};
    assert_true(kind_matches(k, &r, &room));
    values[0] = (struct raw){FIELD_EVENT_ID, RAW_NULL, false, 0, 0, ""};
    assert_false(kind_matches(k, &r, &room));
    assert_true(same(kind_of(&s, &r)->name, "windows/security"));
    buf_free(&room);
    set_close(&s);
}

/* ------------------------------------------------------------------ log sources */

static const struct kind_logsource *logsource(const struct kind *k, const char *category, const char *service) {
    for (size_t i = 0; i < k->logsource_count; i++)
        if (same(k->logsources[i].category, category) && same(k->logsources[i].service, service))
            return &k->logsources[i];
    return NULL;
}

/* All values that sources make of a record, "|"-joined; of a role: those of the first that makes any. */
static void made_of(const struct kind_source *sources, size_t count, bool role, const struct record *r, char *out,
                    size_t room) {
    struct arena *const a = arena_new(1 << 16);
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && !(role && used); i++) {
        const struct kind_source *const source = &sources[i];
        str in[DERIVE_INPUTS_MAX], values[DERIVE_VALUES_MAX], test = S("");
        bool present[DERIVE_INPUTS_MAX] = {false}, tested = false;
        size_t n;

        for (uint32_t j = 0; j < r->count; j++) {
            for (size_t x = 0; x < source->input_count; x++)
                if (source->inputs[x] == r->values[j].field) {
                    in[x] = (str){r->values[j].ptr, r->values[j].len};
                    present[x] = true;
                }
            if (source->only_if && source->only_if->field == r->values[j].field) {
                test = (str){r->values[j].ptr, r->values[j].len};
                tested = true;
            }
        }
        if (source->only_if && kind_condition_holds(source->only_if, &test, tested) == source->unless)
            continue;
        n = kind_derive(source, in, present, a, values);
        for (size_t j = 0; j < n; j++)
            used += (size_t)snprintf(out + used, room - used, "%s%.*s", used ? "|" : "", STR_ARG(values[j]));
    }
    arena_free(a);
}

/* All values of a field under a log source; the record's own when there is no alias. */
static void seen_as(const struct set *s, const struct kind_logsource *l, const char *field, const struct record *r,
                    char *out, size_t room) {
    size_t used = 0;

    for (size_t i = 0; i < l->alias_count; i++)
        if (same(field_name(s->fields, l->aliases[i].field), field)) {
            made_of(l->aliases[i].sources, l->aliases[i].source_count, false, r, out, room);
            return;
        }
    out[0] = '\0';
    for (uint32_t i = 0; i < r->count; i++)
        if (same(field_name(s->fields, r->values[i].field), field))
            used += (size_t)snprintf(out + used, room - used, "%s%.*s", used ? "|" : "", (int)r->values[i].len,
                                     r->values[i].ptr);
}

static const struct {
    const char *kind, *category, *service, *row, *field, *values;
} views[] = {
    /* sigma-logsources 10, 2 */
    {"windows/security/4688", "process_creation", "", "NewProcessName=C:\\a.exe", "Image", "C:\\a.exe"},
    {"windows/security/4688", "process_creation", "", "NewProcessId=0x1a4 ProcessId=0x10", "ProcessId", "420|0x1a4"},
    {"windows/security/4688", "process_creation", "", "NewProcessId=0x1a4 ProcessId=0x10", "ParentProcessId",
     "16|0x10"},
    {"windows/security/4688", "", "security", "NewProcessId=0x1a4 ProcessId=0x10", "ProcessId", "0x10"},
    {"windows/security/4688", "", "security", "NewProcessName=C:\\a.exe", "Image", ""},
    {"windows/security/4688", "process_creation", "", "SubjectUserName=u SubjectDomainName=D", "User", "u|D\\u"},
    {"windows/security/4688", "process_creation", "", "SubjectUserName=u SubjectDomainName=D TargetUserName=-", "User",
     "u|D\\u"},
    {"windows/security/4688", "process_creation", "",
     "SubjectUserName=u SubjectDomainName=D TargetUserName=t TargetDomainName=E", "User", "t|E\\t"},
    {"windows/security/4688", "process_creation", "", "MandatoryLabel=S-1-16-12288", "IntegrityLevel",
     "S-1-16-12288|High"},
    {"windows/security/4688", "process_creation", "", "SubjectLogonId=0x00003E7", "LogonId", "0x3e7"},
    {"windows/security/5156", "network_connection", "", "Application=\\device\\harddiskvolume2\\a.exe", "Image",
     "C:\\a.exe"},
    {"windows/security/5156", "network_connection", "", "Direction=%%14593", "Initiated", "true"},
    {"windows/security/5156", "network_connection", "", "Direction=%%14592", "Initiated", "false"},
    {"windows/security/5156", "network_connection", "", "Direction=%%14592 SourceAddress=1.1.1.1 DestAddress=2.2.2.2",
     "DestinationIp", "2.2.2.2"},
    {"windows/security/5156", "network_connection", "", "Protocol=6", "Protocol", "tcp|6"},
    {"windows/security/4657/created", "registry_add", "", "OperationType=%%1904", "EventType", "CreateKey"},
    {"windows/security/4657/created", "registry_set", "", "OperationType=%%1904", "EventType", "SetValue"},
    {"windows/security/4657/modified", "registry_set", "", "NewValue=1 NewValueType=%%1876", "Details",
     "DWORD (0x00000001)"},
    {"windows/security/4657/modified", "registry_event", "",
     "ObjectName=\\REGISTRY\\MACHINE\\SOFTWARE\\R ObjectValueName=v", "TargetObject", "HKLM\\SOFTWARE\\R\\v"},
    {"windows/security/4657/deleted", "registry_delete", "", "OperationType=%%1906", "EventType", "DeleteValue"},
    {"windows/windefend/threat", "antivirus", "", "ThreatName=Evil", "Signature", "Evil"},
    {"windows/windefend/threat", "antivirus", "", "Path=file:_C:\\a.exe", "Filename", "file:_C:\\a.exe|C:\\a.exe"},
    {"windows/windefend/threat", "", "windefend", "ThreatName=Evil", "ThreatName", "Evil"},
    {"windows/windefend", "", "windefend", "FeatureName=%%886", "Feature_Name", "%%886"},
    {"windows/windefend", "", "windefend", "FeatureName=%%886", "FeatureName", "%%886"},
    {"windows/security", "", "security", "Computer=pc1", "ComputerName", "pc1"},
    {"windows/security/4624", "", "security", "Computer=pc1", "Computer", "pc1"},
    {"windows/application", "", "application", "Computer=pc1", "ComputerName", "pc1"},
    {"windows/other", "", "", "Computer=pc1", "ComputerName", "pc1"},
    {"windows/security", "", "security", "SubjectUserName=SYSTEM", "SubjectAccountName", "SYSTEM"},
    {"windows/security", "", "security", "SubjectUserName=SYSTEM SubjectAccountName=me", "SubjectAccountName",
     "me|SYSTEM"},
    {"windows/wmi/5861", "wmi_event", "", "PossibleCause=x", "Destination", "x"},
    {"windows/sysmon/1", "process_creation", "", "Hashes=SHA1=a,MD5=b,IMPHASH=c", "Imphash", "c"},
    {"windows/sysmon/15", "create_stream_hash", "", "Hash=SHA256=d", "sha256", "d"},
    {"windows/powershell-classic/400", "ps_classic_start", "", "param1=a param3=b", "Data", "a|b"},
    {"m365/exchange", "", "threat_management", "Operation=X Workload=Exchange ResultStatus=Succeeded", "status",
     "Succeeded|success"},
    /* 10, 12 */
    {"m365/compliance", "", "threat_management", "Operation=AlertTriggered Name=Ransom", "eventName",
     "AlertTriggered|Ransom"},
    {"m365/compliance", "", "threat_management", "Operation=AlertTriggered Name=Ransom", "status", "success"},
    {"m365/compliance", "", "threat_management", "Operation=Search Name=Ransom", "eventName", "Search"},
    {"m365/compliance", "", "threat_management", "Workload=SecurityComplianceCenter", "eventSource",
     "SecurityComplianceCenter"},
    {"m365/exchange", "", "audit", "ExtendedProperties.RequestType=Saml", "RequestType", "Saml"},
    /* 10, 13 */
    {"azure/signinlogs", "", "signinlogs", "resultType=50057", "ResultType", "50057"},
    {"azure/signinlogs", "", "signinlogs", "resultType=0", "Status", "Success"},
    {"azure/auditlogs", "", "auditlogs", "properties.activityDisplayName=x", "ActivityDisplayName", "x"},
    {"gcp/google_workspace/admin", "", "google_workspace.admin", "id.applicationName=admin", "eventService",
     "admin.googleapis.com"},
    {"gcp/audit", "", "gcp.audit", "protoPayload.methodName=m", "gcp.audit.method_name", "m"},
};

static void log_sources_see(void **state) {
    struct set s;

    (void)state;
    set_builtin(&s);
    for (size_t i = 0; i < COUNT(views); i++) {
        const struct kind_logsource *const l =
            logsource(kind_named(&s, views[i].kind), views[i].category, views[i].service);
        struct raw values[16];
        struct record r;
        char got[300];

        if (!l)
            fail_msg("%s has no log source %s%s", views[i].kind, views[i].category, views[i].service);
        row_of(s.fields, views[i].row, values, &r);
        seen_as(&s, l, views[i].field, &r, got, sizeof got);
        if (strcmp(got, views[i].values) != 0)
            fail_msg("%s, %s%s: %s of %s is %s", views[i].kind, views[i].category, views[i].service, views[i].field,
                     views[i].row, got);
    }
    set_close(&s);
}

/* What became of calls, and who called whom over what. */
static void roles_of_calls(void **state) {
    static const struct {
        const char *kind, *row;
        enum role role;
        const char *value;
    } cases[] = {
        {"call/asterisk", "disposition=ANSWERED", ROLE_OUTCOME, "answered"},
        {"call/asterisk", "disposition=NO ANSWER", ROLE_OUTCOME, "no answer"},
        {"call/asterisk", "disposition=BUSY", ROLE_OUTCOME, "busy"},
        {"call/asterisk", "disposition=CONGESTION", ROLE_OUTCOME, "failed"},
        {"call/asterisk", "disposition=", ROLE_OUTCOME, ""},
        {"call/asterisk", "uniqueid=1497952162.0", ROLE_SESSION, "1497952162.0"},
        {"call/asterisk", "src=anonymous;dst=6789", ROLE_ACCOUNT, "anonymous"},
        {"call/freeswitch", "hangup_cause=NORMAL_CLEARING;billsec=54", ROLE_OUTCOME, "answered"},
        {"call/freeswitch", "hangup_cause=NORMAL_CLEARING;billsec=0", ROLE_OUTCOME, "no answer"},
        {"call/freeswitch", "hangup_cause=USER_BUSY;billsec=0", ROLE_OUTCOME, "busy"},
        {"call/freeswitch", "hangup_cause=RECOVERY_ON_TIMER_EXPIRE;billsec=0", ROLE_OUTCOME,
         "RECOVERY_ON_TIMER_EXPIRE"},
        {"call/neutral", "hangup_cause_id=16;billsec=5", ROLE_OUTCOME, "answered"},
        {"call/neutral", "hangup_cause_id=16;billsec=0", ROLE_OUTCOME, "no answer"},
        {"call/neutral", "hangup_cause_id=17;billsec=0", ROLE_OUTCOME, "busy"},
        {"call/neutral", "hangup_cause_id=;billsec=0", ROLE_OUTCOME, ""},
        {"call/cucm", "cdrRecordType=1;origCause_value=0;destCause_value=16;duration=60", ROLE_OUTCOME, "answered"},
        {"call/cucm", "cdrRecordType=1;origCause_value=16;destCause_value=0;duration=0", ROLE_OUTCOME, "no answer"},
        {"call/cucm", "cdrRecordType=1;origCause_value=0;destCause_value=17;duration=0", ROLE_OUTCOME, "busy"},
        {"call/cucm", "cdrRecordType=1;origCause_value=1;destCause_value=0;duration=0", ROLE_OUTCOME, "failed"},
        {"call/cucm", "origIpAddr=-939392758", ROLE_CLIENT_ADDRESS, "10.1.2.200"},
        {"call/cucm", "origIpAddr=0", ROLE_CLIENT_ADDRESS, ""},
        {"call/cucm", "origIpAddr=0;origIpv4v6Addr=192.0.2.1", ROLE_CLIENT_ADDRESS, "192.0.2.1"},
        {"call/cucm", "globalCallID_callManagerId=1;globalCallID_callId=4711", ROLE_SESSION, "1-4711"},
        {"call/cucm", "finalCalledPartyNumber=;originalCalledPartyNumber=6789", ROLE_OBJECT, "6789"},
        {"call/3cx", "time-answered=;reason-terminated=TerminatedBySrc", ROLE_OUTCOME, "no answer"},
        {"call/3cx", "time-answered=2021/03/14 07:12:05;reason-terminated=TerminatedByDst", ROLE_OUTCOME, "answered"},
        {"call/3cx", "dial-no=;to-no=6789", ROLE_OBJECT, "6789"},
        {"call/teams-direct", "successfulCall=true;finalSipCode=0", ROLE_OUTCOME, "answered"},
        {"call/teams-direct", "successfulCall=false;finalSipCode=486", ROLE_OUTCOME, "busy"},
        {"call/teams-direct", "successfulCall=false;finalSipCode=500", ROLE_OUTCOME, "failed"},
        {"call/teams-direct", "callerNumber=+49301234***", ROLE_ACCOUNT, "+49301234***"},
        {"call/teams-pstn", "userPrincipalName=ann@example.org;callerNumber=+49301234567", ROLE_ACCOUNT,
         "ann@example.org"},
        {"call/mobile", "Cell Tower=24", ROLE_HOST, "24"},
        {"database/mariadb", "retcode=0", ROLE_OUTCOME, "success"},
        {"database/mariadb", "retcode=1045", ROLE_OUTCOME, "1045"},
        {"database/oracle", "OBJECT_SCHEMA=CDR;OBJECT_NAME=CALLS", ROLE_OBJECT, "CDR.CALLS"},
        {"database/oracle", "OBJECT_SCHEMA=;OBJECT_NAME=CALLS", ROLE_OBJECT, "CALLS"},
    };
    struct set s;
    (void)state;

    set_builtin(&s);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct kind *const k = kind_named(&s, cases[i].kind);
        struct raw values[16];
        struct record r;
        char got[300];

        row_with(s.fields, cases[i].row, ';', values, &r);
        made_of(k->roles[cases[i].role], k->role_counts[cases[i].role], true, &r, got, sizeof got);
        if (strcmp(got, cases[i].value) != 0)
            fail_msg("%s, %s: %s", cases[i].kind, cases[i].row, got);
    }
    set_close(&s);
}

/* sigma-logsources 10, 4: what must not be there. */
static void log_sources_do_not_see(void **state) {
    static const struct {
        const char *kind, *category;
    } never[] = {
        {"windows/sysmon/12", "registry_add"},
        {"windows/sysmon/12", "registry_delete"},
        {"windows/sysmon/12/create", "registry_delete"},
        {"windows/sysmon/12/delete", "registry_add"},
        {"windows/security/4657", "registry_set"},
        {"windows/security/4657/deleted", "registry_set"},
        {"windows/windefend", "antivirus"},
        {"windows/powershell", "ps_script"},
        {"windows/other", "process_creation"},
    };
    struct set s;

    (void)state;
    set_builtin(&s);
    for (size_t i = 0; i < COUNT(never); i++)
        if (logsource(kind_named(&s, never[i].kind), never[i].category, ""))
            fail_msg("%s is %s", never[i].kind, never[i].category);
    set_close(&s);
}

static void builtin_kinds_are_sound(void **state) {
    struct set s;

    (void)state;
    set_builtin(&s);
    assert_true(kinds_count(s.kinds) > 150);
    for (size_t i = 0; i < kinds_count(s.kinds); i++) {
        const struct kind *const k = kinds_at(s.kinds, i);

        assert_true(k->builtin);
        if (k->time_count == 0 || k->logsource_count + k->role_counts[ROLE_ACCOUNT] == 0)
            fail_msg("%.*s: no time, or nothing to find", STR_ARG(k->name));
    }
    set_close(&s);
}

/* What was read when the program was built is what its files say, byte for byte. */
static void holds_the_trees_of_its_files(void **state) {
    const char *const source = getenv("LONGWATCH_SOURCE");

    (void)state;
    if (!source)
        skip();
    assert_true(kinds_builtin_count > 20);
    for (size_t i = 0; i < kinds_builtin_count; i++) {
        struct arena *const a = arena_new(KINDS_BYTES_MAX);
        struct buf path = {0}, text = {0}, trees = {0};
        struct yaml_node **documents;
        struct err e = {0};
        size_t count = 0;

        buf_format(&path, "%s/data/%.*s", source, STR_ARG(kinds_builtin[i].path));
        buf_byte(&path, '\0');
        if (!file_read(path.ptr, KINDS_BYTES_MAX, &text, &e) || !yaml_read(buf_str(&text), a, &documents, &count, &e))
            fail_msg("%s", e.text);
        assert_true(yaml_pack(documents, count, arena_used(a), &trees));
        if (!str_eq(buf_str(&trees), kinds_builtin[i].trees))
            fail_msg("%s: the program was built with something else", path.ptr);
        arena_free(a);
        buf_free(&path);
        buf_free(&text);
        buf_free(&trees);
    }
}

static uint64_t fingerprint_of(const char *const *texts, size_t count, bool builtin) {
    struct err e = {0};
    struct set s;

    set_open(&s);
    for (size_t i = 0; i < count; i++)
        if (!kinds_load_text(s.kinds, S("kinds.yml"), str_of(texts[i]), builtin, &e))
            fail_msg("%s", e.text);
    uint64_t const fingerprint = kinds_fingerprint(s.kinds);

    set_close(&s);
    return fingerprint;
}

/* Two sets have the same number if the same files were loaded in the same order, and else not. */
static void has_a_fingerprint(void **state) {
    const char *const one = "kind: a\ntitle: A\nwhen:\n  x: present\n",
                      *const two = "kind: a\ntitle: A\nwhen:\n  y: present\n",
                      *const three = "kind: b\ntitle: B\nwhen:\n  x: present\n";
    const char *const forth[] = {one, three}, *const back[] = {three, one};

    (void)state;
    assert_true(fingerprint_of(&one, 1, true) == fingerprint_of(&one, 1, true));
    assert_true(fingerprint_of(&one, 1, true) != fingerprint_of(&two, 1, true));
    assert_true(fingerprint_of(&one, 1, true) != fingerprint_of(&one, 1, false));
    assert_true(fingerprint_of(forth, 2, false) != fingerprint_of(forth, 1, false));
    assert_true(fingerprint_of(forth, 2, false) != fingerprint_of(back, 2, false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_the_trees_of_its_files),
        cmocka_unit_test(has_a_fingerprint),
        cmocka_unit_test(reads_kind_files),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(names_the_line_of_bad_yaml),
        cmocka_unit_test(loads_a_directory),
        cmocka_unit_test(joins_what_is_extended),
        cmocka_unit_test(a_user_replaces_and_comes_first),
        cmocka_unit_test(the_particular_comes_first),
        cmocka_unit_test(derives),
        cmocka_unit_test(derives_within_bounds),
        cmocka_unit_test(keys),
        cmocka_unit_test(clocks),
        cmocka_unit_test(roles_of_calls),
        cmocka_unit_test(times_in_other_forms),
        cmocka_unit_test(shapes_rename),
        cmocka_unit_test(system_wins_over_data),
        cmocka_unit_test(pairs_become_fields),
        cmocka_unit_test(unwraps_lists_of_data),
        cmocka_unit_test(decides_the_kind),
        cmocka_unit_test(decides_on_binary_values),
        cmocka_unit_test(log_sources_see),
        cmocka_unit_test(log_sources_do_not_see),
        cmocka_unit_test(builtin_kinds_are_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
