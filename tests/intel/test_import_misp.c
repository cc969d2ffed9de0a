/* test_import_misp: events and collections in all their wrappings, types, tags, sightings; a feed's other files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import_show.h"

#define U(n) "0000000" n "-0000-4000-8000-000000000000"
#define EVENT(more)                                                                                                    \
    "{`Event`:{`uuid`:`" U("1") "`,`info`:`title`,`date`:`2021-03-01`,`Orgc`:{`uuid`:`" U("2") "`,`name`:`o`}" more "}}"
#define ATTRIBUTE(type, value, more)                                                                                   \
    "{`uuid`:`" U("3") "`,`type`:`" type "`,`category`:`Network activity`,`value`:`" value "`,`to_ids`:true" more "}"
#define ONE(type, value, more) EVENT(",`Attribute`:[" ATTRIBUTE(type, value, more) "]")
#define WHERE "Attribute 1 of event " U("1")
#define ADDRESS ATTRIBUTE("ip-dst", "192.0.2.1", "")
#define ITEM "item " WHERE " address 192.0.2.1"

static const struct show_case wrappings[] = {
    {"event", EVENT(",`Attribute`:[" ADDRESS "]"), NULL,
     ITEM " id=" U("3") " title=title created=2021-03-01T00:00:00Z origins=" U("3") "," U("1") "," U("2") "\n", true,
     false},
    {"bare event", "{`uuid`:`" U("1") "`,`info`:`title`,`Attribute`:[" ADDRESS "]}", "", ITEM "\n", true, false},
    {"collection of events", "{`response`:[" EVENT(",`Attribute`:[" ADDRESS "]") "]}", "", ITEM "\n", true, false},
    {"array of events", "[" EVENT(",`Attribute`:[" ADDRESS "]") "]", "", ITEM "\n", true, false},
    {"lines", EVENT(",`Attribute`:[" ADDRESS "]") "\n" EVENT(",`Attribute`:[" ADDRESS "]") "\n", "",
     ITEM "\n" ITEM "\n", true, false},
    {"collection of attributes", "{`response`:{`Attribute`:[" ADDRESS "," ATTRIBUTE("domain", "a.example", "") "]}}",
     "", "item Attribute 1 address 192.0.2.1\nitem Attribute 2 domain a.example\n", true, false},
    {"an attribute that says what event it is of",
     "{`response`:{`Attribute`:[" ATTRIBUTE("ip-dst", "192.0.2.1",
                                            ",`Event`:{`uuid`:`" U("1") "`,`info`:`theirs`}") "]}}",
     "title,origins", ITEM " title=theirs origins=" U("3") "," U("1") "\n", true, false},
    {"collection of objects",
     "{`response`:[{`Object`:{`name`:`x`,`meta-category`:`network`,`Attribute`:[" ADDRESS "]}}]}", "",
     "item Object 1, Attribute 1 address 192.0.2.1\n", true, false},
    {"attributes one by one", "[{`Attribute`:" ADDRESS "},{`Attribute`:" ADDRESS "}]", "",
     "item Attribute 1 address 192.0.2.1\nitem Attribute 2 address 192.0.2.1\n", true, false},
    {"objects of an event",
     EVENT(",`Object`:[{`name`:`x`,`comment`:`c`,`uuid`:`" U("4") "`,`Attribute`:[" ADDRESS "]}]"), "comment,origins",
     "item Object 1, Attribute 1 of event " U("1") " address 192.0.2.1 comment=c origins=" U("3") "," U("1") "," U(
         "2") "," U("4") "\n",
     true, false},
    {"manifest",
     "{`" U("1") "`:{`info`:`a`,`Orgc`:{`name`:`o`},`timestamp`:1},`" U(
         "2") "`:{`info`:`b`,`Orgc`:{`name`:`o`},`timestamp`:1}}",
     "",
     "out 2 events manifest: the table of contents of a feed: its events are in the files beside it, one for each\n",
     true, false},
    {"hashes.csv", "0123456789abcdef0123456789abcdef," U("1") "\n0123456789abcdef0123456789abcde0," U("1") "\n", "",
     "out 2 lines hashes.csv: a feed's look-up aid: MD5 of values, not values; these are in the event files beside "
     "it\n",
     true, false},
    /* Refused or left out. */
    {"a line is broken", EVENT(",`Attribute`:[" ADDRESS "]") "\n{`Event`:\n" EVENT(",`Attribute`:[" ADDRESS "]"), "",
     ITEM
     "\n" ITEM
     "\nout  damage: 1 places are no JSON, the first: no JSON: line 1, column 9: unexpected token near end of file\n",
     false, false},
    {"strict: a line is broken", EVENT(",`Attribute`:[" ADDRESS "]") "\n{`Event`:\n", "", "error: no JSON: line 1",
     true, false},
    {"truncated", "{`Event`:{`info`:`x`,`Orgc`:{},`Attribute`:[", "", "error: no JSON: line 1", false, false},
    {"strict: an event without a uuid", "{`Event`:{`info`:`x`,`Orgc`:{}}}", "",
     "error: event 1 has no info, or no uuid", true, false},
    {"strict: no value", ONE("ip-dst", "", ""), "", "error: " WHERE " has no value", true, false},
    {"no value", ONE("ip-dst", "", ""), "", "out " WHERE " : an attribute without a value\n", false, false},
    {"no type", ONE("", "x", ""), "", "out " WHERE " x: an attribute without a type\n", false, false},
    {"deleted", ONE("ip-dst", "192.0.2.1", ",`deleted`:true"), "",
     "out " WHERE " 192.0.2.1: its owner has deleted it\n", false, false},
    {"a deleted object", EVENT(",`Object`:[{`name`:`x`,`deleted`:`1`,`Attribute`:[" ADDRESS "]}]"), "",
     "out Object 1 of event " U("1") " x: its owner has deleted it\n", false, false},
    {"proposals, reports", EVENT(",`ShadowAttribute`:[{},{}],`EventReport`:[{}]"), "",
     "out of event " U(
         "1") " EventReport: 1 texts: what they name is read out of them when they are given by themselves\n"
              "out of event " U("1") " proposals: 2 attributes that somebody proposes, and nobody has accepted\n",
     false, false},
    {"something else in a collection", "{`response`:[{`Sighting`:{}}," EVENT("") "]}", "",
     "out 1 values values: neither events nor attributes nor objects of MISP\n", false, false},
};

#define TYPE(name, type, value, is)                                                                                    \
    { name, ONE(type, value, ""), "port", "item " WHERE " " is "\n", true, false }
#define NO_TYPE(type, value)                                                                                           \
    {                                                                                                                  \
        type, ONE(type, value, ""), "",                                                                                \
            "out " WHERE " " value ": nothing of the type " type " can be looked for in logs\n", true, false           \
    }

static const struct show_case types[] = {
    TYPE("a network", "ip-src", "198.51.100.0/24", "network 198.51.100.0/24"),
    TYPE("an address with a port", "ip-dst|port", "192.0.2.1|443", "address 192.0.2.1 port=443"),
    TYPE("IPv6 with a port", "ip-dst|port", "2001:db8::1|8080", "address 2001:db8::1 port=8080"),
    TYPE("a host with a port", "hostname|port", "a.example|80", "domain a.example port=80"),
    TYPE("a port that is none", "ip-dst|port", "192.0.2.1|any", "address 192.0.2.1"),
    TYPE("host and address", "domain|ip", "a.example|192.0.2.1", "domain a.example\nitem " WHERE " address 192.0.2.1"),
    TYPE("name and hash", "filename|md5", "a|b.exe|0123456789abcdef0123456789abcdef",
         "file-name a|b.exe\nitem " WHERE " md5 0123456789abcdef0123456789abcdef"),
    TYPE("a path", "filename", "C:\\\\Temp\\\\a.exe", "file-path C:\\Temp\\a.exe"),
    TYPE("a key and its data", "regkey|value", "HKLM\\\\Software\\\\a|run",
         "registry HKLM\\Software\\a\nout " WHERE
         " run: the second half of a regkey|value cannot be looked for in logs"),
    TYPE("mail", "email-src", "a@b.example", "mail a@b.example"),
    TYPE("user agent", "user-agent", "Mozilla/4.0", "user-agent Mozilla/4.0"),
    TYPE("JA3", "ja3-fingerprint-md5", "0123456789abcdef0123456789abcdef", "ja3 0123456789abcdef0123456789abcdef"),
    TYPE("pattern", "stix2-pattern", "[url:value = 'http://a.example/x']", "url http://a.example/x"),
    {"a number without quotes", EVENT(",`Attribute`:[{`type`:`AS`,`category`:`x`,`value`:64496,`to_ids`:`1`}]"), "",
     "item " WHERE " as 64496\n", true, false},
    {"a message's id", ONE("email-message-id", "<1@a.example>", ""), "raw",
     "item " WHERE " text 1@a.example raw=<1@a.example>\n", true, false},
    NO_TYPE("ssdeep", "3:a:b"),
    NO_TYPE("comment", "x"),
    NO_TYPE("no-such-type", "x"),
    {"rule", ONE("yara", "rule a {}", ""), "",
     "out " WHERE " rule a {}: a rule in the language of yara: it is read where such rules are, as a file of its own\n",
     true, false},
    {"not what its type says", ONE("md5", "xyz", ""), "", "out " WHERE " xyz: not 32 hexadecimal digits\n", false,
     false},
    {"by its place in an object",
     EVENT(",`Object`:[{`name`:`x509`,`Attribute`:[{`type`:`text`,`object_relation`:`serial-number`,`category`:`x`,`"
           "value`:`4c:0b`},{`type`:`text`,`object_relation`:`issuer`,`category`:`x`,`value`:`CN=a`}]}]"),
     "",
     "item Object 1, Attribute 1 of event " U(
         "1") " certificate 4c:0b context\n"
              "out Object 1, Attribute 2 of event " U(
                  "1") " CN=a: nothing of the type text can be looked for in logs\n",
     true, false},
};

#define TAGS(tags) ",`Tag`:[" tags "]"
#define TAG(name) "{`name`:`" name "`}"

static const struct show_case words[] = {
    {"not for detection", EVENT(",`Attribute`:[{`type`:`ip-dst`,`category`:`x`,`value`:`192.0.2.1`,`to_ids`:false}]"),
     "", ITEM " context\n", true, false},
    {"to_ids as a text", EVENT(",`Attribute`:[{`type`:`ip-dst`,`category`:`x`,`value`:`192.0.2.1`,`to_ids`:`1`}]"), "",
     ITEM "\n", true, false},
    {"to_ids not said", EVENT(",`Attribute`:[{`type`:`ip-dst`,`category`:`x`,`value`:`192.0.2.1`}]"), "",
     ITEM " context\n", true, false},
    {"times",
     ONE("ip-dst", "192.0.2.1",
         ",`timestamp`:`1614556800`,`first_seen`:`2021-01-01T00:00:00+00:00`,`last_seen`:`2021-02-01T00:00:00.000000+"
         "00:00`"),
     "modified,first,last",
     ITEM " modified=2021-03-01T00:00:00Z first=2021-01-01T00:00:00Z last=2021-02-01T00:00:00Z\n", true, false},
    {"marking of the event", EVENT(",`Attribute`:[" ADDRESS "]" TAGS(TAG("tlp:amber") "," TAG("PAP:GREEN"))), "tlp,pap",
     ITEM " tlp=TLP:AMBER pap=PAP:GREEN\n", true, false},
    {"the attribute's is stricter",
     EVENT(",`Attribute`:[" ATTRIBUTE("ip-dst", "192.0.2.1", TAGS(TAG("tlp:red"))) "]" TAGS(TAG("tlp:green"))), "tlp",
     ITEM " tlp=TLP:RED\n", true, false},
    {"the attribute's is more open: the event's title goes with it",
     EVENT(",`Attribute`:[" ATTRIBUTE("ip-dst", "192.0.2.1", TAGS(TAG("tlp:white"))) "]" TAGS(TAG("tlp:amber"))), "tlp",
     ITEM " tlp=TLP:AMBER\n", true, false},
    {"a level that there is not", ONE("ip-dst", "192.0.2.1", TAGS(TAG("tlp:purple"))), "tlp", ITEM " tlp=unknown\n",
     true, false},
    {"tags as texts", ONE("ip-dst", "192.0.2.1", TAGS("`tlp:clear`")), "tlp", ITEM " tlp=TLP:CLEAR\n", true, false},
    {"galaxies",
     ONE("ip-dst", "192.0.2.1",
         TAGS(TAG("misp-galaxy:threat-actor=\\`APT31\\`") "," TAG(
             "misp-galaxy:mitre-intrusion-set=\\`ZIRCONIUM - "
             "G0128\\`") "," TAG("misp-galaxy:mitre-attack-"
                                 "pattern=\\`Phishing - "
                                 "T1566.001\\`") "," TAG("misp-galaxy:malpedia=\\`Cobalt Strike\\`") "," TAG("misp-"
                                                                                                             "galaxy:"
                                                                                                             "sector="
                                                                                                             "\\`"
                                                                                                             "Bank\\"
                                                                                                             "`"))),
     "groups,malware,techniques", ITEM " groups=APT31,ZIRCONIUM malware=Cobalt Strike techniques=T1566.001\n", true,
     false},
    {"confidence", ONE("ip-dst", "192.0.2.1", TAGS(TAG("misp:confidence-level=\\`usually-confident\\`"))), "confidence",
     ITEM " confidence=75\n", true, false},
    {"admiralty", ONE("ip-dst", "192.0.2.1", TAGS(TAG("admiralty-scale:information-credibility=\\`2\\`"))),
     "confidence", ITEM " confidence=70\n", true, false},
    {"a cluster is a group of its own",
     EVENT(",`Attribute`:[" ADDRESS "],`Galaxy`:[{`type`:`threat-actor`,`GalaxyCluster`:[{`value`:`APT31`,`uuid`:`" U(
         "5") "`,`meta`:{`synonyms`:[`ZIRCONIUM`],`country`:[`CN`]}}]}]"),
     "groups,aliases,countries", "group APT31 " U("5") " aliases=ZIRCONIUM countries=CN\n" ITEM " groups=APT31\n", true,
     false},
    {"who it is about, and what it was made from",
     EVENT(",`Attribute`:[" ADDRESS ",{`type`:`link`,`category`:`External "
           "analysis`,`value`:`https://r.example/"
           "1`},{`type`:`threat-actor`,`category`:`Attribution`,`value`:`APT40`},{`type`:`campaign-name`,`category`:`"
           "Attribution`,`value`:`C`}],`extends_uuid`:`" U("6") "`"),
     "groups,campaigns,origins",
     ITEM " groups=APT40 campaigns=C origins=" U("3") "," U("1") "," U("6") "," U(
         "2") ",https://r.example/1\n"
              "out Attribute 2 of event " U(
                  "1") " https://r.example/1: it is about the event, and stands with what else is in it\n"
                       "out Attribute 3 of event " U(
                           "1") " APT40: it is about the event, and stands with what else is in it\n"
                                "out Attribute 4 of event " U(
                                    "1") " C: it is about the event, and stands with what else is in it\n",
     true, false},
    {"seen",
     ONE("ip-dst", "192.0.2.1",
         ",`Sighting`:[{`type`:`0`,`date_sighting`:`1614556800`},{`type`:0,`date_sighting`:1609459200}]"),
     "first,last", ITEM " first=2021-01-01T00:00:00Z last=2021-03-01T00:00:00Z\n", true, false},
    {"expired", ONE("ip-dst", "192.0.2.1", ",`Sighting`:[{`type`:`2`,`date_sighting`:`1614556800`}]"), "until",
     ITEM " until=2021-03-01T00:00:00Z\n", true, false},
    {"expired, and seen again",
     ONE("ip-dst", "192.0.2.1",
         ",`Sighting`:[{`type`:`2`,`date_sighting`:`1609459200`},{`type`:`0`,`date_sighting`:`1614556800`}]"),
     "until", ITEM "\n", true, false},
    {"called a false positive",
     ONE("ip-dst", "192.0.2.1", ",`comment`:`c`,`Sighting`:[{`type`:`1`,`date_sighting`:`1614556800`}]"),
     "comment,confidence", ITEM " comment=c [called a false positive 1 time, last 2021-03-01] confidence=15\n", true,
     false},
    {"called one, and seen after",
     ONE("ip-dst", "192.0.2.1",
         ",`Sighting`:[{`type`:`1`,`date_sighting`:`1609459200`},{`type`:`1`},{`type`:`0`,`date_sighting`:`1614556800`}"
         "]"),
     "comment,confidence", ITEM " comment=[called a false positive 2 times, last 2021-01-01]\n", true, false},
    {"a payload's hash",
     EVENT(",`Attribute`:[{`type`:`md5`,`category`:`Payload "
           "delivery`,`value`:`0123456789abcdef0123456789abcdef`,`to_ids`:true}]"),
     "nature", "item " WHERE " md5 0123456789abcdef0123456789abcdef nature=malware\n", true, false},
    {"a victim's address",
     EVENT(",`Attribute`:[{`type`:`target-email`,`category`:`Targeting data`,`value`:`a@b.example`}]"), "nature",
     "item " WHERE " mail a@b.example nature=victim context\n", true, false},
};

static void all_of(const struct show_case *cases, size_t count) {
    size_t bad = 0;

    for (size_t i = 0; i < count; i++)
        bad += !show_is(&cases[i], NULL);
    assert_int_equal(bad, 0);
}

#define TEST(table)                                                                                                    \
    static void table##_are_read(void **state) {                                                                       \
        (void)state;                                                                                                   \
        all_of(table, COUNT(table));                                                                                   \
    }
TEST(wrappings)
TEST(types)
TEST(words)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrappings_are_read),
        cmocka_unit_test(types_are_read),
        cmocka_unit_test(words_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
