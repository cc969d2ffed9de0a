/* test_import_stix: objects in all the wrappings that there are, versions, markings, relationships; what breaks the specification, taken and
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import_show.h"

/* Ids that differ in one digit. */
#define ID(type, n) "`id`:`" type "--0000000" n "-0000-4000-8000-000000000000`"
#define REF(type, n) "`" type "--0000000" n "-0000-4000-8000-000000000000`"
#define WHEN "`created`:`2021-01-01T00:00:00Z`,`modified`:`2021-01-02T00:00:00.000Z`"
#define INDICATOR(n, pattern, more)                                                                                    \
    "{`type`:`indicator`,`spec_version`:`2.1`," ID(                                                                    \
        "indicator", n) "," WHEN ",`pattern`:`" pattern                                                                \
                        "`,`pattern_type`:`stix`,`valid_from`:`2021-01-01T00:00:00Z`" more "}"
#define NAMED(type, n, name, more)                                                                                     \
    "{`type`:`" type "`,`spec_version`:`2.1`," ID(type, n) "," WHEN ",`name`:`" name "`" more "}"
#define LINK(n, how, from, to)                                                                                         \
    "{`type`:`relationship`,`spec_version`:`2.1`," ID("relationship", n) "," WHEN ",`relationship_type`:`" how         \
                                                                         "`,`source_ref`:" from ",`target_ref`:" to    \
                                                                         "}"
#define BUNDLE(objects) "{`type`:`bundle`," ID("bundle", "9") ",`objects`:[" objects "]}"
#define ADDRESS "[ipv4-addr:value = '192.0.2.1']"
#define MARKED(more) BUNDLE(INDICATOR("1", ADDRESS, more))
#define TOLD(n, type)                                                                                                  \
    "out " n " objects " type ": no indicators: what they say stands with the indicators and groups "                  \
    "that they are linked to\n"
#define SEEN(n, type) "out " n " objects " type ": observed, and not called indicators by anybody\n"
#define ITEM "item object 1 address 192.0.2.1"

static const struct show_case wrappings[] = {
    {"bundle", BUNDLE(INDICATOR("1", ADDRESS, "")), "", ITEM "\n", true, false},
    {"bare object", INDICATOR("1", ADDRESS, ""), "", ITEM "\n", true, false},
    {"array", "[" INDICATOR("1", ADDRESS, "") "," INDICATOR("2", "[url:value = 'http://b.example/x']", "") "]", "",
     ITEM "\nitem object 2 url http://b.example/x\n", true, false},
    {"lines", INDICATOR("1", ADDRESS, "") "\n" INDICATOR("2", "[domain-name:value = 'b.example']", "") "\n", "",
     ITEM "\nitem object 2 domain b.example\n", true, false},
    {"lines, one broken", INDICATOR("1", ADDRESS, "") "\n{`type`:`indica\n" INDICATOR("2", ADDRESS, "") "\n", "",
     ITEM
     "\nitem object 2 address 192.0.2.1\nout  damage: 1 places are no JSON, the first: no JSON: line 1, column 15: "
     "premature end of input near '`indica'\n",
     false, false},
    {"envelope", "{`more`:true,`next`:7,`objects`:[" INDICATOR("1", ADDRESS, "") "]}", "", ITEM "\n", true, false},
    {"bundle in a bundle", BUNDLE(BUNDLE(INDICATOR("1", ADDRESS, ""))), "", ITEM "\n", true, false},
    {"bundle of 2.0 without an id",
     "{`type`:`bundle`,`spec_version`:`2.0`,`objects`:[" INDICATOR("1", ADDRESS, "") "]}", "", ITEM "\n", false, false},
    {"truncated bundle, an object a line",
     "{`type`:`bundle`,`objects`:[\n" INDICATOR("1", ADDRESS, "") ",\n{`type`:`ind", "",
     ITEM
     "\nout  damage: 3 places are no JSON, the first: no JSON: line 3, column 12: premature end of input near '`ind'\n",
     false, false},
    {"nothing in it", BUNDLE(""), "", "", true, false},
    /* Refused. */
    {"strict: a line is broken", INDICATOR("1", ADDRESS, "") "\n{`type`:`indica\n", "", "error: no JSON: line 1", true,
     false},
    {"strict: bundle without an id", "{`type`:`bundle`,`objects`:[]}", "", "error: the bundle has no id", true, false},
    {"strict: an object without a type", BUNDLE("{" ID("indicator", "1") "}"), "", "error: object 1 is no STIX object",
     true, false},
    {"truncated in one line", "{`type`:`bundle`,`objects`:[" INDICATOR("1", ADDRESS, ""), "", "error: no JSON: line 1",
     false, false},
    {"bundles without end", BUNDLE(BUNDLE(BUNDLE(BUNDLE(BUNDLE(BUNDLE(BUNDLE(BUNDLE(BUNDLE(""))))))))), "",
     "error: bundles within bundles", false, false},
    {"an object without a type", BUNDLE("{" ID("indicator", "1") "},7"), "",
     "out 2 objects values: no STIX objects: they have no type\n", false, false},
};

static const struct show_case indicators[] = {
    {"all that it says",
     BUNDLE(INDICATOR(
         "1", ADDRESS,
         ",`name`:`C2`,`description`:`seen`,`confidence`:70,`valid_until`:`2022-01-01T00:00:00Z`,`created_by_ref`:" REF(
             "identity", "5") ",`indicator_types`:[`anonymization`],`external_references`:[{`source_name`:`CERT`,`url`:"
                              "`https://cert.example/1`},{`source_name`:`mitre-attack`,`url`:`https://attack.example/"
                              "T1`,`external_id`:`T1`},{`source_name`:`ACME`,`external_id`:`R-7`}]")),
     NULL,
     ITEM
     " id=indicator--00000001-0000-4000-8000-000000000000 title=C2 comment=seen created=2021-01-01T00:00:00Z "
     "modified=2021-01-02T00:00:00Z from=2021-01-01T00:00:00Z until=2022-01-01T00:00:00Z confidence=70 nature=relay "
     "origins=00000001-0000-4000-8000-000000000000,00000005-0000-4000-8000-000000000000,https://cert.example/1,R-7\n",
     true, false},
    {"one of several values",
     BUNDLE(INDICATOR("1", "[ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'a.example']", "")), "",
     ITEM "\nitem object 1 domain a.example\n", true, false},
    {"more than a value", BUNDLE(INDICATOR("1", "[file:name = 'a.exe' AND file:size = 7]", "")), "",
     "item object 1 pattern [file:name = 'a.exe' AND file:size = 7]\n", true, false},
    {"a network as an address", BUNDLE(INDICATOR("1", "[ipv4-addr:value = '198.51.100.0/24']", "")), "",
     "item object 1 network 198.51.100.0/24\n", false, false},
    {"a host as an address", BUNDLE(INDICATOR("1", "[ipv4-addr:value = 'a.example.com']", "")), "",
     "item object 1 domain a.example.com\n", false, false},
    {"defanged", BUNDLE(INDICATOR("1", "[domain-name:value = 'a[.]example[.]com']", "")), "raw",
     "item object 1 domain a.example.com raw=a[.]example[.]com\n", false, false},
    {"one value of two is none",
     BUNDLE(INDICATOR("1", "[domain-name:value = 'two words' OR ipv4-addr:value = '192.0.2.1']", "")), "",
     "out object 1 two words: not a host name\n" ITEM "\n", false, false},
    {"another language",
     BUNDLE("{`type`:`indicator`," ID("indicator", "1") ",`pattern`:`rule a {}`,`pattern_type`:`yara`}"), "",
     "out object 1 indicator--00000001-0000-4000-8000-000000000000: a rule in the language of yara, not a STIX "
     "pattern: it is "
     "read where such rules are, as a file of its own\n",
     false, false},
    {"no pattern", BUNDLE("{`type`:`indicator`," ID("indicator", "1") "}"), "",
     "out object 1 indicator--00000001-0000-4000-8000-000000000000: an indicator without a pattern\n", false, false},
    {"2.0: no pattern_type; times with a zone; a number as text; a label alone",
     BUNDLE("{`type`:`indicator`," ID(
         "indicator", "1") ",`created`:`2021-01-01T02:00:00+02:00`,`labels`:`benign`,`pattern`:`" ADDRESS
                           "`,`valid_from`:`2021-01-01 00:00:00`,`confidence`:`85`,`revoked`:`true`}"),
     "created,from,confidence",
     ITEM " created=2021-01-01T00:00:00Z from=2021-01-01T00:00:00Z confidence=85 revoked context\n", false, false},
    {"it ends before it begins",
     BUNDLE(INDICATOR("1", ADDRESS, ",`valid_until`:`2021-01-01T00:00:00Z`,`description`:`x`")), "until,comment",
     ITEM " comment=[valid_until 2021-01-01T00:00:00Z is not after valid_from, and is taken as not said] x\n", false,
     false},
    {"confidence out of bounds", BUNDLE(INDICATOR("1", ADDRESS, ",`confidence`:101")), "confidence", ITEM "\n", false,
     false},
    {"no id", BUNDLE("{`type`:`indicator`,`pattern`:`" ADDRESS "`}"), NULL, ITEM "\n", false, false},
    {"a pattern that is none", BUNDLE(INDICATOR("1", "[ipv4-addr:value == ]", "")), "",
     "out object 1 [ipv4-addr:value == ]: its pattern cannot be read: at byte 21: a value is expected, not ]\n", false,
     false},
};

static const struct show_case unlawful[] = {
    {"pattern", BUNDLE(INDICATOR("1", "[ipv4-addr:value ='", "")), "", "error: object 1: pattern: ", true, false},
    {"no pattern_type",
     BUNDLE("{`type`:`indicator`,`spec_version`:`2.1`," ID("indicator", "1") "," WHEN ",`pattern`:`" ADDRESS
                                                                             "`,`valid_from`:`2021-01-01T00:00:00Z`}"),
     "", "error: object 1 (indicator--00000001-0000-4000-8000-000000000000): it has no pattern_type", true, false},
    {"window", BUNDLE(INDICATOR("1", ADDRESS, ",`valid_until`:`2021-01-01T00:00:00Z`")), "", "error: object 1 (", true,
     false},
    {"confidence", BUNDLE(INDICATOR("1", ADDRESS, ",`confidence`:`85`")), "", "error: object 1 (", true, false},
    {"id", BUNDLE("{`type`:`tool`,`id`:`malware--00000001-0000-4000-8000-000000000000`," WHEN "}"), "",
     "error: object 1 (", true, false},
    {"id without a UUID", BUNDLE("{`type`:`tool`,`id`:`tool--1`," WHEN "}"), "", "error: object 1 (", true, false},
    {"zone", BUNDLE("{`type`:`tool`," ID("tool", "1") ",`created`:`2021-01-01T00:00:00+00:00`}"), "",
     "error: object 1 (", true, false},
    {"point without digits", BUNDLE("{`type`:`tool`," ID("tool", "1") ",`created`:`2021-01-01T00:00:00.Z`}"), "",
     "error: object 1 (", true, false},
    {"no such day", BUNDLE("{`type`:`tool`," ID("tool", "1") ",`created`:`2021-02-30T00:00:00Z`}"), "",
     "error: object 1 (", true, false},
    {"modified before created",
     BUNDLE("{`type`:`tool`," ID("tool", "1") ",`created`:`2021-01-03T00:00:00Z`,`modified`:`2021-01-02T00:00:00Z`}"),
     "", "error: object 1 (", true, false},
    {"relationship to nothing",
     BUNDLE("{`type`:`relationship`," ID("relationship", "1") "," WHEN ",`relationship_type`:`uses`,`source_ref`:`x`}"),
     "", "error: object 1 (", true, false},
    {"2.0 without labels",
     BUNDLE("{`type`:`indicator`," ID("indicator", "1") "," WHEN ",`pattern`:`" ADDRESS
                                                        "`,`valid_from`:`2021-01-01T00:00:00Z`}"),
     "", "error: object 1 (", true, false},
};

#define MODIFIED(when, value, more)                                                                                    \
    "{`type`:`indicator`," ID("indicator", "1") ",`modified`:`" when "`,`pattern`:`[ipv4-addr:value = '" value         \
                                                "']`" more "}"
#define OLDER(n) "out " n " objects versions: older or repeated versions of objects that are here in a newer one\n"

static const struct show_case versions[] = {
    {"the newest counts, wherever it stands",
     "[" MODIFIED("2021-01-01T00:00:00Z", "192.0.2.9", "") "," MODIFIED(
         "2021-03-01T00:00:00Z", "192.0.2.1", "") "," MODIFIED("2021-02-01T00:00:00Z", "192.0.2.8", "") "]",
     "", "item object 2 address 192.0.2.1\n" OLDER("2"), false, false},
    {"revoked is the last, whatever comes in later",
     "[" MODIFIED("2021-02-01T00:00:00Z", "192.0.2.1", ",`revoked`:true") "," MODIFIED("2021-03-01T00:00:00Z",
                                                                                       "192.0.2.9", "") "]",
     "", ITEM " revoked\n" OLDER("1"), false, false},
    {"instants, not texts",
     "[" MODIFIED("2021-01-01T00:00:00+02:00", "192.0.2.9", "") "," MODIFIED("2020-12-31T23:00:00Z", "192.0.2.1",
                                                                             "") "]",
     "", "item object 2 address 192.0.2.1\n" OLDER("1"), false, false},
    {"said twice",
     "[" MODIFIED("2021-01-01T00:00:00Z", "192.0.2.1", "") "," MODIFIED("2021-01-01T00:00:00Z", "192.0.2.1", "") "]",
     "", ITEM "\n" OLDER("1"), false, false},
};

#define MARKING(id) ",`object_marking_refs`:[`marking-definition--" id "`]"
#define OWN(more) "{`type`:`marking-definition`,`spec_version`:`2.1`," ID("marking-definition", "7") "," WHEN more "}"
#define BY_OWN(more) BUNDLE(INDICATOR("1", ADDRESS, MARKING("00000007-0000-4000-8000-000000000000")) "," OWN(more))

static const struct show_case markings[] = {
    {"TLP 1.0 white", MARKED(MARKING("613f2e26-407d-48c7-9eca-b8e91df99dc9")), "tlp", ITEM " tlp=TLP:CLEAR\n", true,
     false},
    {"TLP 1.0 amber", MARKED(MARKING("f88d31f6-486f-44da-b317-01333bde0b82")), "tlp", ITEM " tlp=TLP:AMBER\n", true,
     false},
    {"TLP 2.0 amber+strict", MARKED(MARKING("939a9414-2ddd-4d32-a0cd-375ea402b003")), "tlp",
     ITEM " tlp=TLP:AMBER+STRICT\n", true, false},
    {"none", MARKED(""), "tlp", ITEM "\n", true, false},
    {"nobody says what it means", MARKED(MARKING("00000001-0000-4000-8000-000000000000")), "tlp", ITEM " tlp=unknown\n",
     true, false},
    {"the strictest of two",
     MARKED(",`object_marking_refs`:[`marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1`,`marking-definition--"
            "94868c89-83c2-464b-929b-a1a8aa3c8487`]"),
     "tlp", ITEM " tlp=TLP:RED\n", true, false},
    {"of a part",
     MARKED(MARKING("94868c89-83c2-464b-929b-a1a8aa3c8487") ",`granular_markings`:[{`selectors`:[`pattern`],`marking_"
                                                            "ref`:`marking-definition--55d920b0-5e8b-4f79-9ee9-"
                                                            "91f868d9b421`},{`selectors`:[`name`],`lang`:`de`}]"),
     "tlp", ITEM " tlp=TLP:AMBER\n", true, false},
    {"of a part, not understood",
     MARKED(",`granular_markings`:[{`selectors`:[`pattern`],`marking_ref`:`marking-definition--00000001-0000-4000-8000-"
            "000000000000`}]"),
     "tlp", ITEM " tlp=unknown\n", true, false},
    {"somebody's own TLP", BY_OWN(",`definition_type`:`tlp`,`definition`:{`tlp`:`green`}"), "tlp",
     ITEM " tlp=TLP:GREEN\n" TOLD("1", "marking-definition"), false, false},
    {"somebody's own TLP 2.0",
     BY_OWN(",`extensions`:{`extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d`:{`extension_type`:`property-"
            "extension`,`tlp_2_0`:`amber+strict`}}"),
     "tlp", ITEM " tlp=TLP:AMBER+STRICT\n" TOLD("1", "marking-definition"), false, false},
    {"a level that there is not",
     BY_OWN(",`extensions`:{`extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d`:{`tlp_2_0`:`purple`}}"), "tlp",
     ITEM " tlp=unknown\n" TOLD("1", "marking-definition"), false, false},
    {"PAP by name", BY_OWN(",`name`:`PAP:RED`"), "tlp,pap", ITEM " pap=PAP:RED\n" TOLD("1", "marking-definition"),
     false, false},
    {"a statement alone is terms that nobody here has read",
     BY_OWN(",`definition_type`:`statement`,`definition`:{`statement`:`Copyright 2021`}"), "tlp",
     ITEM " tlp=unknown\n" TOLD("1", "marking-definition"), false, false},
    {"a statement beside a level",
     BUNDLE(INDICATOR("1", ADDRESS,
                      ",`object_marking_refs`:[" REF("marking-definition",
                                                     "7") ",`marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487`"
                                                          "]") "," OWN(",`definition_type`:`statement`,`definition`:{`"
                                                                       "statement`:`Copyright 2021`}")),
     "tlp", ITEM " tlp=TLP:CLEAR\n" TOLD("1", "marking-definition"), false, false},
    {"labels", MARKED(",`labels`:[`tlp:amber`,`PAP:GREEN`,`x`]"), "tlp,pap", ITEM " tlp=TLP:AMBER pap=PAP:GREEN\n",
     true, false},
};

#define I REF("indicator", "1")
#define AROUND(objects) BUNDLE(INDICATOR("1", ADDRESS, "") "," objects)
#define GROUP_LINE(n, more) "group G" n " intrusion-set--0000000" n "-0000-4000-8000-000000000000" more "\n"
#define NAMES "groups,campaigns,malware,techniques,nature,aliases,countries"

static const struct show_case chains[] = {
    {"a group, by its campaign",
     AROUND(NAMED("campaign", "2", "C", "") "," NAMED("intrusion-set", "3", "G3", "") "," LINK(
         "4", "indicates", I, REF("campaign", "2")) "," LINK("5", "attributed-to", REF("campaign", "2"),
                                                             REF("intrusion-set", "3"))),
     NAMES, ITEM " groups=G3 campaigns=C\n" GROUP_LINE("3", "") TOLD("1", "campaign") TOLD("2", "relationship"), true,
     false},
    {"relationships in front of what they join",
     BUNDLE(LINK("4", "indicates", I, REF("intrusion-set", "3")) "," NAMED("intrusion-set", "3", "G3",
                                                                           "") "," INDICATOR("1", ADDRESS, "")),
     NAMES, GROUP_LINE("3", "") "item object 3 address 192.0.2.1 groups=G3\n" TOLD("1", "relationship"), true, false},
    {"malware and who wrote it",
     AROUND(NAMED("malware", "2", "M", "") "," NAMED("threat-actor", "3", "A", "") "," LINK(
         "4", "indicates", I, REF("malware", "2")) "," LINK("5", "authored-by", REF("malware", "2"),
                                                            REF("threat-actor", "3"))),
     NAMES,
     ITEM " groups=A malware=M\ngroup A threat-actor--00000003-0000-4000-8000-000000000000\n" TOLD("1", "malware")
         TOLD("2", "relationship"),
     true, false},
    {"who uses the same malware is not who is behind the indicator",
     AROUND(NAMED("malware", "2", "M", "") "," NAMED("intrusion-set", "3", "G3", "") "," LINK(
         "4", "indicates", I, REF("malware", "2")) "," LINK("5", "uses", REF("intrusion-set", "3"),
                                                            REF("malware", "2"))),
     NAMES, ITEM " malware=M\n" GROUP_LINE("3", " malware=M") TOLD("1", "malware") TOLD("2", "relationship"), true,
     false},
    {"what a campaign uses besides is not of each of its indicators",
     AROUND(NAMED("campaign", "2", "C", "") "," NAMED("malware", "3", "M", "") "," LINK(
         "4", "indicates", I, REF("campaign", "2")) "," LINK("5", "uses", REF("campaign", "2"), REF("malware", "3"))),
     NAMES, ITEM " campaigns=C\n" TOLD("1", "campaign") TOLD("1", "malware") TOLD("2", "relationship"), true, false},
    {"infrastructure, and whose it is",
     AROUND(NAMED("infrastructure", "2", "N", ",`infrastructure_types`:[`command-and-control`]") "," NAMED(
         "intrusion-set", "3", "G3",
         "") "," LINK("4", "indicates", I, REF("infrastructure", "2")) "," LINK("5", "uses", REF("intrusion-set", "3"),
                                                                                REF("infrastructure", "2"))),
     NAMES,
     ITEM " nature=operation groups=G3\n" GROUP_LINE("3", "") TOLD("1", "infrastructure") TOLD("2", "relationship"),
     true, false},
    {"a tool, a technique",
     AROUND(NAMED("tool", "2", "T", "") "," NAMED(
         "attack-pattern", "3", "Phishing",
         ",`external_references`:[{`source_name`:`mitre-attack`,`external_id`:`T1566`}"
         "]") "," LINK("4", "indicates", I, REF("tool", "2")) "," LINK("5", "indicates", I,
                                                                       REF("attack-pattern", "3"))),
     NAMES,
     ITEM " nature=tool malware=T techniques=T1566\n" TOLD("1", "tool") TOLD("1", "attack-pattern")
         TOLD("2", "relationship"),
     true, false},
    {"related-to, as some feeds have it",
     AROUND(NAMED("intrusion-set", "3", "G3", "") "," LINK("4", "related-to", I, REF("intrusion-set", "3"))), NAMES,
     ITEM " groups=G3\n" GROUP_LINE("3", "") TOLD("1", "relationship"), false, false},
    {"related-to says nothing to the strict",
     AROUND(NAMED("intrusion-set", "3", "G3", "") "," LINK("4", "related-to", I, REF("intrusion-set", "3"))), NAMES,
     ITEM "\n" GROUP_LINE("3", "") TOLD("1", "relationship"), true, false},
    {"a circle",
     AROUND(NAMED("intrusion-set", "2", "G2", "") "," NAMED("intrusion-set", "3", "G3", "") "," LINK(
         "4", "indicates", I,
         REF("intrusion-set", "2")) "," LINK("5", "attributed-to", REF("intrusion-set", "2"),
                                             REF("intrusion-set", "3")) "," LINK("6", "attributed-to",
                                                                                 REF("intrusion-set", "3"),
                                                                                 REF("intrusion-set", "2"))),
     NAMES, ITEM " groups=G2,G3\n" GROUP_LINE("2", "") GROUP_LINE("3", "") TOLD("3", "relationship"), true, false},
    {"a relationship that is revoked",
     AROUND(NAMED("intrusion-set", "3", "G3", "") ",{`type`:`relationship`," ID(
         "relationship", "4") "," WHEN ",`revoked`:true,`relationship_type`:`indicates`,`source_ref`:" I
                              ",`target_ref`:" REF("intrusion-set", "3") "}"),
     NAMES, ITEM "\n" GROUP_LINE("3", "") TOLD("1", "relationship"), true, false},
    {"to something that is not here", AROUND(LINK("4", "indicates", I, REF("intrusion-set", "3"))), NAMES,
     ITEM "\n" TOLD("1", "relationship") "out 1 objects relationships: one of their ends is not in this file\n", true,
     false},
    {"a report that it stands in, and what it was made from",
     AROUND("{`type`:`report`," ID(
         "report", "2") "," WHEN ",`object_refs`:[" I
                        "],`external_references`:[{`source_name`:`x`,`url`:`https://r.example/1`}]}," LINK(
                            "4", "derived-from", I,
                            REF("indicator", "6")) "," INDICATOR("6", "[url:value = 'http://b.example/x']", "")),
     "origins",
     ITEM " origins=00000001-0000-4000-8000-000000000000,00000002-0000-4000-8000-000000000000,https://r.example/1,"
          "00000006-0000-4000-8000-000000000000\nitem object 4 url http://b.example/x "
          "origins=00000006-0000-4000-8000-000000000000\n" TOLD("1", "report") TOLD("1", "relationship"),
     true, false},
    {"sightings; looked for and not seen is none",
     AROUND("{`type`:`sighting`," ID(
         "sighting",
         "2") "," WHEN ",`first_seen`:`2021-02-01T00:00:00Z`,`last_seen`:`2021-03-01T00:00:00Z`,`sighting_of_ref`:" I
              "},{`type`:`sighting`," ID("sighting", "3") "," WHEN
                                                          ",`first_seen`:`2020-01-01T00:00:00Z`,`last_seen`:`2024-01-"
                                                          "01T00:00:00Z`,`count`:0,`sighting_of_ref`:" I "}"),
     "first,last", ITEM " first=2021-02-01T00:00:00Z last=2021-03-01T00:00:00Z\n" TOLD("2", "sighting"), true, false},
    {"a group: names, country, what it uses, who was put in its place",
     BUNDLE(NAMED("intrusion-set", "2", "G2", ",`aliases`:[`G2`,`Two`],`external_references`:[{`source_name`:`mitre-attack`,`external_id`:`G0002`}]") "," NAMED(
         "intrusion-set", "3", "Old",
         ",`revoked`:true,`aliases`:[`Older`]") "," NAMED("location", "4", "here",
                                                          ",`country`:`XA`") "," LINK("5", "located-at",
                                                                                      REF("intrusion-set", "2"),
                                                                                      REF("location",
                                                                                          "4")) "," LINK("6",
                                                                                                         "revoked-by",
                                                                                                         REF("intrusion"
                                                                                                             "-set",
                                                                                                             "3"),
                                                                                                         REF("intrusion"
                                                                                                             "-set",
                                                                                                             "2")) "," NAMED("attack-pattern",
                                                                                                                             "7",
                                                                                                                             "P",
                                                                                                                             "") "," LINK("8",
                                                                                                                                          "uses",
                                                                                                                                          REF("intrusion-set",
                                                                                                                                              "2"),
                                                                                                                                          REF("attack-pattern",
                                                                                                                                              "7"))),
     NAMES,
     "group G2 G0002 aliases=Two,Old,Older countries=XA techniques=P\n"
     "group Old intrusion-set--00000003-0000-4000-8000-000000000000 aliases=Older retired\n" TOLD("1", "location")
         TOLD("3", "relationship") TOLD("1", "attack-pattern"),
     true, false},
    {"a group without a name", BUNDLE("{`type`:`intrusion-set`," ID("intrusion-set", "2") "}"), "",
     "out object 1 intrusion-set--00000002-0000-4000-8000-000000000000: a group without a name\n", false, false},
};

#define FILE21                                                                                                         \
    "{`type`:`file`,`spec_version`:`2.1`," ID(                                                                         \
        "file", "3") ",`name`:`a.exe`,`hashes`:{`MD5`:`0123456789abcdef0123456789abcdef`,`SSDEEP`:`3:x`}}"
#define OBSERVED                                                                                                       \
    "{`type`:`observed-data`," ID(                                                                                     \
        "observed-data",                                                                                               \
        "2") "," WHEN                                                                                                  \
             ",`first_observed`:`2021-01-01T00:00:00Z`,`last_observed`:`2021-01-02T00:00:00Z`,`number_observed`:1,"

static const struct show_case seen[] = {
    {"left out", BUNDLE(OBSERVED "`object_refs`:[" REF("file", "3") "]}," FILE21), "",
     SEEN("1", "observed-data") SEEN("1", "file"), true, false},
    {"asked for", BUNDLE(OBSERVED "`object_refs`:[" REF("file", "3") "]}," FILE21), "first,last",
     "item object 2 file-name a.exe first=2021-01-01T00:00:00Z last=2021-01-02T00:00:00Z context\n"
     "item object 2 md5 0123456789abcdef0123456789abcdef first=2021-01-01T00:00:00Z last=2021-01-02T00:00:00Z "
     "context\n",
     true, true},
    {"2.0",
     BUNDLE(
         OBSERVED
         "`objects`:{`0`:{`type`:`ipv4-addr`,`value`:`192.0.2.1`},`1`:{`type`:`autonomous-system`,`number`:64496}}}"),
     "first", ITEM " first=2021-01-01T00:00:00Z context\nitem object 1 as 64496 first=2021-01-01T00:00:00Z context\n",
     true, true},
    {"nothing in it", BUNDLE("{`type`:`software`," ID("software", "2") ",`name`:`x`}"), "",
     "out object 1 software--00000002-0000-4000-8000-000000000000: observed, and nothing in it can be looked for\n",
     true, true},
    {"others", BUNDLE(NAMED("vulnerability", "2", "CVE", "") "," NAMED("x-own", "3", "x", "")), "",
     "out 1 objects vulnerability: nothing in them can be looked for\nout 1 objects x-own: nothing in them can be "
     "looked for\n",
     true, false},
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
TEST(indicators)
TEST(unlawful)
TEST(versions)
TEST(markings)
TEST(chains)
TEST(seen)

/* A group that uses more than one mention holds is told until all is said, and nothing twice. */
static void nothing_of_a_group_is_lost(void **state) {
    struct import_about const about = show_about();
    struct shown s = {.only = "techniques"};
    struct intel_sink const sink = show_sink(&s);
    const struct importer *used;
    struct buf text = {0};
    struct err e = {0};
    size_t commas = 0;

    (void)state;
    buf_add(&text, S("[{\"type\":\"intrusion-set\",\"id\":\"intrusion-set--00000001-0000-4000-8000-000000000000\","
                     "\"name\":\"G\"}"));
    for (int i = 0; i < 40; i++) {
        buf_format(&text, ",{\"type\":\"attack-pattern\",\"id\":\"attack-pattern--%08d\",\"name\":\"P%d\"}", i, i);
        buf_format(
            &text,
            ",{\"type\":\"relationship\",\"id\":\"relationship--%08d\",\"relationship_type\":\"uses\",\"source_ref\":"
            "\"intrusion-set--00000001-0000-4000-8000-000000000000\",\"target_ref\":\"attack-pattern--%08d\"}",
            i, i);
    }
    buf_byte(&text, ']');
    assert_true(import_bytes(buf_str(&text), NULL, &about, &sink, &used, &e));
    assert_int_equal(s.groups, 3);
    for (size_t i = 0; i < s.lines.len; i++)
        commas += s.lines.ptr[i] == ',';
    assert_int_equal(commas, 40 - 3);
    buf_free(&text);
    buf_free(&s.lines);
}

/* Whatever call of the sink fails, reading ends with its error. */
static void the_sink_may_stop_it(void **state) {
    char *const text = show_quoted(chains[0].text);

    (void)state;
    for (size_t after = 1; after <= 4; after++) {
        struct import_about const about = show_about();
        struct shown s = {.stop_after = after};
        struct intel_sink const sink = show_sink(&s);
        const struct importer *used;
        struct err e = {0};

        assert_false(import_bytes(str_of(text), NULL, &about, &sink, &used, &e));
        assert_int_equal(e.code, ERR_INTERRUPTED);
        buf_free(&s.lines);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrappings_are_read),   cmocka_unit_test(indicators_are_read),
        cmocka_unit_test(unlawful_are_read),    cmocka_unit_test(versions_are_read),
        cmocka_unit_test(markings_are_read),    cmocka_unit_test(chains_are_read),
        cmocka_unit_test(seen_are_read),        cmocka_unit_test(nothing_of_a_group_is_lost),
        cmocka_unit_test(the_sink_may_stop_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
