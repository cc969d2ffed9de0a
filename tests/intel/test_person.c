/* test_person: published lists in each of their formats, right and wrong, all made up here; which names are told of whom and how sure, with many near
 * misses; addresses, numbers, sites; memory that runs out. No person in these lists is real but for two names that court papers made public. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "intel/name.h"
#include "intel/group.h"
#include "intel/person.h"
#include "../refuse.h"

static const char sdn_xml[] =
    "<?xml version=\"1.0\" standalone=\"yes\"?>\n"
    "<sdnList xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns=\"http://tempuri.org/sdnList.xsd\">\n"
    "<publshInformation><Publish_Date>03/25/2024</Publish_Date><Record_Count>9</Record_Count></publshInformation>\n"
    "<sdnEntry><uid>101</uid><firstName>Gaobin</firstName><lastName>NI</lastName><sdnType>Individual</sdnType>"
    "<programList><program>CYBER2</program></programList>"
    "<idList><id><uid>1</uid><idType>Passport</idType><idNumber>E0000001</idNumber><idCountry>China</idCountry></id>"
    "<id><uid>2</uid><idType>Email Address</idType><idNumber>ni.example@mail.example</idNumber></id>"
    "<id><uid>3</uid><idType>Gender</idType><idNumber>Male</idNumber></id></idList>"
    "<akaList><aka><uid>4</uid><type>a.k.a.</type><category>weak</category><lastName>Wind "
    "Lake</lastName></aka></akaList>"
    "<nationalityList><nationality><uid>5</uid><country>China</country><mainEntry>true</mainEntry></nationality>"
    "</nationalityList><dateOfBirthList><dateOfBirthItem><uid>6</uid><dateOfBirth>01 Jan 1985</dateOfBirth>"
    "<mainEntry>true</mainEntry></dateOfBirthItem></dateOfBirthList></sdnEntry>\n"
    "<sdnEntry><uid>102</uid><firstName>Grigory Pavlovich</firstName><lastName>SHCHERBATOV</lastName>"
    "<sdnType>Individual</sdnType><remarks>(Linked To: NORTH &amp; WIND LTD).</remarks></sdnEntry>\n"
    "<sdnEntry><uid>103</uid><firstName>Abd al-Rahman Khalid</firstName><lastName>AL-ZUBAYRI</lastName>"
    "<sdnType>Individual</sdnType></sdnEntry>\n"
    "<sdnEntry><uid>104</uid><lastName>Wuhan Xiaoruizhi Science and Technology Company, Limited</lastName>"
    "<sdnType>Entity</sdnType><idList><id><idType>Website</idType><idNumber>www.xrz.example</idNumber></id>"
    "<id><idType>Phone Number</idType><idNumber>+86 27 5550 1234</idNumber></id></idList></sdnEntry>\n"
    "<sdnEntry><uid>105</uid><firstName>Wei</firstName><lastName>LI</lastName><sdnType>Individual</sdnType></"
    "sdnEntry>\n"
    "<sdnEntry><uid>106</uid><firstName>John</firstName><lastName>SMITH</lastName><sdnType>Individual</sdnType></"
    "sdnEntry>\n"
    "<sdnEntry><uid>107</uid><lastName>General Trading Company LLC</lastName><sdnType>Entity</sdnType></sdnEntry>\n"
    "<sdnEntry><uid>108</uid><lastName>ROSNAFTA</lastName><sdnType>Entity</sdnType></sdnEntry>\n"
    "<sdnEntry><uid>109</uid><firstName>An</firstName><lastName>FANG</lastName><sdnType>Individual</sdnType></"
    "sdnEntry>\n"
    "<sdnEntry><uid>110</uid><firstName>Yevgeniy</firstName><lastName>ZHURAVLYOV</lastName><sdnType>Individual</"
    "sdnType>"
    "</sdnEntry>\n"
    "</sdnList>\n";

static const char uk_csv[] =
    "Report Date: 25-Mar-2024\r\n"
    "Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name "
    "type,Alias "
    "strength,Title,Name non-latin script,Non-latin script type,Non-latin script language,Regime Name,Designation "
    "Type,Designation source,Sanctions Imposed,Other Information,UK Statement of Reasons,Address Line 1,Phone "
    "number,Website,Email address,Date Designated,D.O.B,Nationality(/ies)\r\n"
    "25/03/2024,CYB9001,16001,,ZHAO,Guangyun,,,,,Primary "
    "Name,,,\xe8\xb5\xb5\xe5\x85\x89\xe4\xba\x91,,,Cyber,Individual,UK,"
    "Asset freeze,,A made up reason,,,,zgy@post.example; zgy2@post.example,25/03/2024,00/00/1980,China\r\n"
    "25/03/2024,CYB9001,16001,,WONG,Ken,,,,,Alias,Weak,,,,,Cyber,Individual,UK,Asset freeze,,,,,,,25/03/2024,,\r\n"
    "25/03/2024,CYB9002,16002,,\"Sea, Sand & Co\",,,,,,Primary Name,,,,,,Cyber,Entity,UK,Asset freeze,,,,"
    "+44 20 7946 0000,https://www.seasand.example/,,25/03/2024,,\r\n"
    "25/03/2024,CYB9003,16003,,PETRENKO,Vasyl,Hryhorovych,,,,Primary "
    "Name,,,\xd0\x9f\xd0\xb5\xd1\x82\xd1\x80\xd0\xb5\xd0\xbd\xd0\xba\xd0\xbe "
    "\xd0\x92\xd0\xb0\xd1\x81\xd0\xb8\xd0\xbb\xd1\x8c,,,Cyber,Individual,UK,,,,,,,,25/03/2024,01/02/1970,\r\n"
    "25/03/2024,CYB9004,16004,,AL-TAMIMI,Mahmoud,Saleh,,,,Primary Name,,,\xd9\x85\xd8\xad\xd9\x85\xd9\x88\xd8\xaf "
    "\xd8\xb5\xd8\xa7\xd9\x84\xd8\xad "
    "\xd8\xa7\xd9\x84\xd8\xaa\xd9\x85\xd9\x8a\xd9\x85\xd9\x8a,,,Cyber,Individual,UK,,,,,,,,25/03/2024,,\r\n"
    ",,,,NOBODY,,,,,,Primary Name,,,,,,,,,,,,,,,,,,\r\n";

static const struct {
    const char *why, *value;
    enum person_asked as;
    const char *id; /* of the one that is told first; NULL: nobody */
    enum person_how how;
    unsigned quality;
} asked[] = {
    /* One name, written in many ways. */
    {"as the list writes it", "Gaobin Ni", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"the family's name in front", "Ni Gaobin", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"with a comma, divided", "NI, Gao-Bin", PERSON_NAME, "101", PERSON_TRANSLITERATED, 95},
    {"with a comma", "NI, Gaobin", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"divided, behind", "Gao Bin Ni", PERSON_NAME, "101", PERSON_TRANSLITERATED, 95},
    {"with an apostrophe", "Ni Gao'bin", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"with tones as marks", "N\xc3\xad G\xc4\x81ob\xc4\xabn", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"with tones as digits", "Ni2 Gao1bin1", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"in characters", "\xe5\x80\xaa\xe9\xab\x98\xe5\xbd\xac", PERSON_NAME, "101", PERSON_TRANSLITERATED, 90},
    {"in full-width letters", "\xef\xbc\xae\xef\xbd\x89 Gaobin", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"with both", "\xe5\x80\xaa\xe9\xab\x98\xe5\xbd\xac (Ni Gaobin)", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"both without brackets", "\xe5\x80\xaa\xe9\xab\x98\xe5\xbd\xac Ni Gaobin", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"with a title", "Dr. Ni Gaobin", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"in quotes", "'Ni Gaobin'", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"with a place behind", "Ni Gaobin, Wuhan", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"with a house behind", "Ni Gaobin (Wuhan)", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"by somebody else's system", "Ni Gaobin via Lists", PERSON_NAME, "101", PERSON_EXACT, 100},
    {"as a local part", "gaobin.ni@mail.example", PERSON_MAIL, "101", PERSON_EXACT, 90},
    {"as a local part with digits", "ni_gaobin88@mail.example", PERSON_MAIL, "101", PERSON_EXACT, 90},
    {"run together in a local part", "nigaobin@mail.example", PERSON_MAIL, "101", PERSON_TRANSLITERATED, 70},
    {"the address itself", "NI.Example@Mail.example", PERSON_MAIL, "101", PERSON_EXACT, 100},
    {"an alias that the list calls weak", "Wind Lake", PERSON_NAME, "101", PERSON_EXACT, 80},
    /* What is not it. */
    {"the family's name alone", "Ni", PERSON_NAME, NULL, 0, 0},
    {"the given name alone", "Gaobin", PERSON_NAME, NULL, 0, 0},
    {"an initial", "G. Ni", PERSON_NAME, NULL, 0, 0},
    {"another family", "Li Gaobin", PERSON_NAME, NULL, 0, 0},
    {"one letter more", "Ni Gaobing", PERSON_NAME, NULL, 0, 0},
    {"a word more", "Ni Gaobin Chen", PERSON_NAME, NULL, 0, 0},
    {"a syllable less", "Ni Gao", PERSON_NAME, NULL, 0, 0},
    {"run together elsewhere than in a local part", "nigaobin", PERSON_NAME, NULL, 0, 0},
    {"divided where no family's name ends", "Niga Obin", PERSON_NAME, NULL, 0, 0},
    {"the same letters, another division", "Fan Gan", PERSON_NAME, NULL, 0, 0},
    {"the same letters, the right division", "Fang An", PERSON_NAME, "109", PERSON_EXACT, 70},
    {"an address that has the initial only", "g.ni@mail.example", PERSON_MAIL, NULL, 0, 0},
    {"an address with the given name only", "gaobin@mail.example", PERSON_MAIL, NULL, 0, 0},
    {"other characters that are read alike", "\xe8\xb5\xb5\xe5\xb9\xbf\xe4\xba\x91", PERSON_NAME, NULL, 0, 0},
    /* Characters that the list gives. */
    {"its characters", "\xe8\xb5\xb5\xe5\x85\x89\xe4\xba\x91", PERSON_NAME, "CYB9001", PERSON_EXACT, 100},
    {"in their traditional form", "\xe8\xb6\x99\xe5\x85\x89\xe9\x9b\xb2", PERSON_NAME, "CYB9001", PERSON_EXACT, 100},
    {"in Pinyin", "Zhao Guangyun", PERSON_NAME, "CYB9001", PERSON_EXACT, 100},
    {"in Pinyin, divided", "Zhao Guang-yun", PERSON_NAME, "CYB9001", PERSON_TRANSLITERATED, 95},
    {"a weak alias of a usual kind", "Ken Wong", PERSON_NAME, "CYB9001", PERSON_EXACT, 50},
    {"the second of two addresses in a cell", "zgy2@post.example", PERSON_MAIL, "CYB9001", PERSON_EXACT, 100},
    /* Names that many bear. */
    {"two syllables", "Li Wei", PERSON_NAME, "105", PERSON_EXACT, 70},
    {"two characters", "\xe6\x9d\x8e\xe4\xbc\x9f", PERSON_NAME, "105", PERSON_TRANSLITERATED, 60},
    {"two usual words", "John Smith", PERSON_NAME, "106", PERSON_EXACT, 70},
    {"two usual words in an address", "john.smith@mail.example", PERSON_MAIL, "106", PERSON_EXACT, 60},
    {"half of them", "John Smithson", PERSON_NAME, NULL, 0, 0},
    {"with a middle name", "John Albert Smith", PERSON_NAME, NULL, 0, 0},
    /* Cyrillic and its schemes. */
    {"as the list writes it", "Grigory Pavlovich Shcherbatov", PERSON_NAME, "102", PERSON_EXACT, 100},
    {"in another order", "Shcherbatov Grigory Pavlovich", PERSON_NAME, "102", PERSON_ORDER, 97},
    {"with a comma", "SHCHERBATOV, Grigory Pavlovich", PERSON_NAME, "102", PERSON_EXACT, 100},
    {"in Cyrillic",
     "\xd0\xa9\xd0\xb5\xd1\x80\xd0\xb1\xd0\xb0\xd1\x82\xd0\xbe\xd0\xb2 "
     "\xd0\x93\xd1\x80\xd0\xb8\xd0\xb3\xd0\xbe\xd1\x80\xd0\xb8\xd0\xb9 "
     "\xd0\x9f\xd0\xb0\xd0\xb2\xd0\xbb\xd0\xbe\xd0\xb2\xd0\xb8\xd1\x87",
     PERSON_NAME, "102", PERSON_TRANSLITERATED, 86},
    {"by scholars",
     "Grigorij Pavlovi\xc4\x8d \xc5\xa0\xc4\x8d"
     "erbatov",
     PERSON_NAME, "102", PERSON_TRANSLITERATED, 88},
    {"as Germans do", "Grigorij Pawlowitsch Schtscherbatow", PERSON_NAME, NULL, 0, 0},
    {"without the patronymic", "Grigory Shcherbatov", PERSON_NAME, "102", PERSON_CLOSE, 75},
    {"with another patronymic", "Grigory Ivanovich Shcherbatov", PERSON_NAME, NULL, 0, 0},
    {"another given name", "Georgy Pavlovich Shcherbatov", PERSON_NAME, NULL, 0, 0},
    {"one letter is another", "Grigory Pavlovich Shcherbatof", PERSON_NAME, "102", PERSON_TRANSLITERATED, 88},
    {"one letter is another, within", "Grigory Pavlovich Shcherbitov", PERSON_NAME, "102", PERSON_CLOSE, 70},
    {"two letters are others", "Grigory Pavlovich Shcherbiton", PERSON_NAME, NULL, 0, 0},
    {"another scheme", "Evgeny Zhuravlev", PERSON_NAME, "110", PERSON_TRANSLITERATED, 88},
    {"another scheme yet", "Jewgenij Zhuravljow", PERSON_NAME, "110", PERSON_TRANSLITERATED, 88},
    {"with carons", "Evgenij \xc5\xbduravlev", PERSON_NAME, "110", PERSON_TRANSLITERATED, 88},
    {"in Cyrillic",
     "\xd0\x95\xd0\xb2\xd0\xb3\xd0\xb5\xd0\xbd\xd0\xb8\xd0\xb9 "
     "\xd0\x96\xd1\x83\xd1\x80\xd0\xb0\xd0\xb2\xd0\xbb\xd1\x91\xd0\xb2",
     PERSON_NAME, "110", PERSON_TRANSLITERATED, 86},
    {"in an address", "e.zhuravlev@mail.example", PERSON_MAIL, NULL, 0, 0},
    {"whole in an address", "evgeny.zhuravlev@mail.example", PERSON_MAIL, "110", PERSON_TRANSLITERATED, 78},
    {"the list's Cyrillic",
     "\xd0\x92\xd0\xb0\xd1\x81\xd0\xb8\xd0\xbb\xd1\x8c "
     "\xd0\x9f\xd0\xb5\xd1\x82\xd1\x80\xd0\xb5\xd0\xbd\xd0\xba\xd0\xbe",
     PERSON_NAME, "CYB9003", PERSON_ORDER, 97},
    /* Arabic. */
    {"as the list writes it", "Abd al-Rahman Khalid al-Zubayri", PERSON_NAME, "103", PERSON_EXACT, 100},
    {"otherwise", "Abdul Rahman Khaled Al Zubairi", PERSON_NAME, "103", PERSON_TRANSLITERATED, 80},
    {"in one word", "Abdulrahman Khaled El-Zubeiri", PERSON_NAME, "103", PERSON_TRANSLITERATED, 80},
    {"as the French do", "Abderrahmane Khalid Zubayri", PERSON_NAME, "103", PERSON_TRANSLITERATED, 80},
    {"in Arabic",
     "\xd8\xb9\xd8\xa8\xd8\xaf \xd8\xa7\xd9\x84\xd8\xb1\xd8\xad\xd9\x85\xd9\x86 \xd8\xae\xd8\xa7\xd9\x84\xd8\xaf "
     "\xd8\xa7\xd9\x84\xd8\xb2\xd8\xa8\xd9\x8a\xd8\xb1\xd9\x8a",
     PERSON_NAME, "103", PERSON_TRANSLITERATED, 85},
    {"the list's Arabic",
     "\xd9\x85\xd8\xad\xd9\x85\xd9\x88\xd8\xaf \xd8\xb5\xd8\xa7\xd9\x84\xd8\xad "
     "\xd8\xa7\xd9\x84\xd8\xaa\xd9\x85\xd9\x8a\xd9\x85\xd9\x8a",
     PERSON_NAME, "CYB9004", PERSON_EXACT, 100},
    {"the list's Latin otherwise", "Mahmud Salih At-Tamimi", PERSON_NAME, "CYB9004", PERSON_TRANSLITERATED, 85},
    {"the list's Latin otherwise, with al", "Mahmud Salih Al Tamimi", PERSON_NAME, "CYB9004", PERSON_TRANSLITERATED,
     85},
    {"another family", "Abdul Rahman Khaled Al Tamimi", PERSON_NAME, NULL, 0, 0},
    {"the given names only", "Abdul Rahman Khaled", PERSON_NAME, NULL, 0, 0},
    /* Companies. */
    {"as the list writes it", "Wuhan Xiaoruizhi Science and Technology Company, Limited", PERSON_NAME, "104",
     PERSON_EXACT, 100},
    {"without its legal form", "Wuhan Xiaoruizhi Science and Technology", PERSON_NAME, "104", PERSON_EXACT, 95},
    {"with another legal form", "Wuhan Xiaoruizhi Science and Technology Co., Ltd.", PERSON_NAME, "104", PERSON_EXACT,
     95},
    {"half of it", "Wuhan Xiaoruizhi", PERSON_NAME, NULL, 0, 0},
    {"another", "Wuhan Science and Technology Company, Limited", PERSON_NAME, NULL, 0, 0},
    {"its site", "http://www.xrz.example/index.html", PERSON_SITE, "104", PERSON_EXACT, 95},
    {"below its site", "mail.xrz.example", PERSON_SITE, "104", PERSON_EXACT, 95},
    {"a mail from its site", "info@xrz.example", PERSON_MAIL, "104", PERSON_EXACT, 95},
    {"its site with a port", "xrz.example:8443", PERSON_SITE, "104", PERSON_EXACT, 95},
    {"its site with a port and a path", "https://www.xrz.example:8443/a", PERSON_SITE, "104", PERSON_EXACT, 95},
    {"its site with a query", "https://xrz.example?a=1", PERSON_SITE, "104", PERSON_EXACT, 95},
    {"a site that ends so", "notxrz.example", PERSON_SITE, NULL, 0, 0},
    {"its site behind another's port", "other.example:80/xrz.example", PERSON_SITE, NULL, 0, 0},
    {"its number, written otherwise", "0086 (27) 5550-1234", PERSON_PHONE, "104", PERSON_EXACT, 100},
    {"a part of its number", "5550 1234", PERSON_PHONE, NULL, 0, 0},
    {"a comma within a company's name", "Sea, Sand & Co", PERSON_NAME, "CYB9002", PERSON_EXACT, 100},
    {"nothing but what all have", "General Trading", PERSON_NAME, NULL, 0, 0},
    {"nothing but what all have, whole", "General Trading Company LLC", PERSON_NAME, NULL, 0, 0},
    {"a company of one word", "Rosnafta", PERSON_NAME, NULL, 0, 0},
    /* Nothing. */
    {"empty", "", PERSON_NAME, NULL, 0, 0},
    {"blanks", "   ", PERSON_NAME, NULL, 0, 0},
    {"signs", "(),<>@", PERSON_NAME, NULL, 0, 0},
    {"digits", "123 456", PERSON_NAME, NULL, 0, 0},
    {"no UTF-8", "\xff\xfe \xff", PERSON_NAME, NULL, 0, 0},
    {"no address", "@", PERSON_MAIL, NULL, 0, 0},
    {"no number", "none", PERSON_PHONE, NULL, 0, 0},
};

static struct persons *loaded(void) {
    struct persons *p = NULL;
    struct err e = {0};

    assert_true(persons_new(&p, &e));
    assert_true(persons_add(p, S("sdn.xml"), str_of(sdn_xml), &e));
    assert_true(persons_add(p, S("uk.csv"), str_of(uk_csv), &e));
    assert_true(persons_ready(p, &e));
    return p;
}

static void names_are_found(void **state) {
    struct persons *const p = loaded();
    size_t wrong = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(asked); i++) {
        struct person_match m[4];
        size_t const count = persons_find(p, asked[i].as, str_of(asked[i].value), 1, m, 4);
        bool const right = asked[i].id ? count == 1 && str_eq(m[0].person->id, str_of(asked[i].id)) &&
                                             m[0].how == asked[i].how && m[0].quality == asked[i].quality
                                       : count == 0;

        if (!right) {
            wrong++;
            print_error("%s: '%s': %zu", asked[i].why, asked[i].value, count);
            for (size_t k = 0; k < count; k++)
                print_error(" %.*s %.*s %u (%s)", STR_ARG(m[k].person->id), STR_ARG(person_how_name(m[k].how)),
                            m[k].quality, m[k].reason);
            print_error("; expected %s %u\n", asked[i].id ? asked[i].id : "nobody", asked[i].quality);
        }
    }
    assert_int_equal(wrong, 0);
    persons_free(p);
}

/* ---- formats ---- */

static const char sdn_csv[] = "9001,\"NI, Gaobin\",\"individual\",\"CYBER2] [CHINA-EO1\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- "
                              ",-0- ,\"DOB 01 Jan 1985; alt. DOB 1984; "
                              "nationality China; Passport E0000001 (China); Email Address a@mail.example; alt. Email "
                              "Address b@mail.example; a.k.a. "
                              "'WIND LAKE'; Gender Male.\"\r\n"
                              "9002,\"NORTH & WIND, LTD.\",-0- ,\"CYBER2\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n"
                              "9003,\"SEA \"\"STAR\"\"\",\"vessel\",\"IRAN\",-0- "
                              ",\"CALL\",\"Tanker\",\"1\",\"2\",\"Panama\",-0- ,\"Website www.star.example; "
                              "Phone Number 8627 5550 1234.\"\r\n"
                              "\x1a\r\n";
static const char alt_csv[] = "9001,1,\"aka\",\"NI, Gao Bin\",-0- \r\n9002,2,\"fka\",\"SOUTH & WIND, LTD.\",-0- \r\n";
static const char add_csv[] = "9001,1,-0- ,\"Wuhan\",\"China\",-0- \r\n9001,2,\"Street 1\",-0- ,-0- ,-0- \r\n";
static const char ofsi_csv[] =
    "Last Updated,25/03/2024\r\n"
    "Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Title,Name Non-Latin Script,Non-Latin Script Type,Non-Latin Script "
    "Language,DOB,Town of Birth,Country of Birth,Nationality,Passport Number,Passport Details,National Identification "
    "Number,National Identification Details,Position,Address 1,Address 2,Address 3,Address 4,Address 5,Address "
    "6,Post/Zip Code,Country,Other Information,Group Type,Alias Type,Alias Quality,Regime,Listed On,UK Sanctions List "
    "Date "
    "Designated,Last Updated,Group ID\r\n"
    "PETRENKO,Vasyl,H,,,,,,,,00/00/1970,,,Ukraine,,,,,,,,,,,,,,\"(UK Sanctions List Ref):CYB9003. "
    "(Email):v@mail.example "
    "(Website):www.v.example\",Individual,Primary name,,Cyber,25/03/2024,25/03/2024,25/03/2024,7001\r\n"
    "PETRENKO,Vasya,,,,,,,,,,,,,,,,,,,,,,,,,,,Individual,AKA,Low,Cyber,25/03/2024,25/03/2024,25/03/2024,7001\r\n"
    "HOUSE OF ROCKS,,,,,,,,,,,,,,,,,,,,,,,,,,,,Entity,Primary name,,Cyber,25/03/2024,25/03/2024,25/03/2024,7002\r\n";

static void print_texts(struct buf *b, const char *what, const struct person_texts *t) {
    for (size_t i = 0; i < t->count; i++)
        buf_format(b, " %s<%.*s>", what, STR_ARG(t->items[i]));
}

static void print_all(const struct persons *p, struct buf *b) {
    for (size_t i = 0; i < persons_count(p); i++) {
        const struct person *const x = persons_at(p, i);

        buf_format(b, "%.*s %.*s %.*s", STR_ARG(x->list), STR_ARG(x->id), STR_ARG(person_type_name(x->type)));
        for (size_t k = 0; k < x->name_count; k++)
            buf_format(b, " %s%s<%.*s>", x->names[k].first ? "first" : "name", x->names[k].weak ? "-weak" : "",
                       STR_ARG(x->names[k].text));
        print_texts(b, "programme", &x->programmes);
        print_texts(b, "born", &x->births);
        print_texts(b, "country", &x->countries);
        print_texts(b, "listed", &x->listed);
        print_texts(b, "document", &x->documents);
        print_texts(b, "mail", &x->mails);
        print_texts(b, "phone", &x->phones);
        print_texts(b, "site", &x->sites);
        buf_byte(b, '\n');
    }
    buf_byte(b, '\0');
    assert_false(b->failed);
}

static const char ofac_says[] =
    "OFAC 9001 individual first<Gaobin NI> name<Gao Bin NI> name-weak<WIND LAKE> programme<CHINA-EO1> "
    "programme<CYBER2> "
    "born<01 Jan 1985> born<1984> country<China> country<China (address)> document<Passport E0000001 (China)> "
    "mail<a@mail.example> mail<b@mail.example>\n"
    "OFAC 9002 company first<NORTH & WIND, LTD.> name<SOUTH & WIND, LTD.> programme<CYBER2>\n"
    "OFAC 9003 ship first<SEA \"STAR\"> programme<IRAN> phone<8627 5550 1234> site<www.star.example>\n";
static const char ofsi_says[] =
    "UK (OFSI) 7001 individual first<Vasyl H PETRENKO> name-weak<Vasya PETRENKO> programme<Cyber> born<1970> "
    "country<Ukraine> listed<25/03/2024> mail<v@mail.example> site<www.v.example>\n"
    "UK (OFSI) 7002 company first<HOUSE OF ROCKS> programme<Cyber> listed<25/03/2024>\n";

/* The three tables of OFAC belong together, whichever comes first. */
static void tables_come_in_any_order(void **state) {
    static const char *const tables[] = {sdn_csv, alt_csv, add_csv};
    static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    (void)state;

    for (size_t i = 0; i < COUNT(orders); i++) {
        struct persons *p = NULL;
        struct buf b = {0};
        struct err e = {0};

        assert_true(persons_new(&p, &e));
        for (size_t k = 0; k < 3; k++)
            assert_true(persons_add(p, S("x"), str_of(tables[orders[i][k]]), &e));
        assert_true(persons_ready(p, &e));
        print_all(p, &b);
        assert_string_equal(b.ptr, ofac_says);
        assert_int_equal(persons_counted(p).rows_odd, 0);
        buf_free(&b);
        persons_free(p);
    }
}

/* Each text alone: what is read of it, or why it is not. */
static const struct {
    const char *name, *text;
    enum err_code code;
    const char *says; /* of the error, or of the persons */
    size_t odd;
} texts[] = {
    {"OFSI", ofsi_csv, ERR_NONE, ofsi_says, 0},
    {"the old name of a column of the FCDO's",
     "Report Date: 1\nUnique ID,Name 6,Name 1,Name type,\"Individual, Entity, Ship\"\nCYB1,STAR,,Primary Name,Ship\n",
     ERR_NONE, "UK CYB1 ship first<STAR>\n", 0},
    {"columns in another order", "Name type,Name 1,Unique ID,Name 6\nAlias,A,CYB1,B\n", ERR_NONE,
     "UK CYB1  name<A B>\n", 0},
    {"a byte order mark", "\xef\xbb\xbfName type,Name 1,Unique ID,Name 6\nAlias,A,CYB1,B\n", ERR_NONE,
     "UK CYB1  name<A B>\n", 0},
    {"windows-1252", "Name type,Name 1,Unique ID,Name 6\nAlias,Andr\xe9,CYB1,B\n", ERR_NONE,
     "UK CYB1  name<Andr\xc3\xa9 B>\n", 0},
    {"a row without number", "Name type,Name 1,Unique ID,Name 6\nAlias,A,,B\nAlias,C,CYB1,D\n", ERR_NONE,
     "UK CYB1  name<C D>\n", 1},
    {"a name without anybody", "Name type,Name 1,Unique ID,Name 6\nAlias,,CYB1,\n", ERR_NONE, "", 0},
    {"columns' names and no more", "Name type,Name 1,Unique ID,Name 6\n", ERR_NONE, "", 0},
    {"an open quote", "Name type,Name 1,Unique ID,Name 6\nAlias,C,CYB1,D\nAlias,\"A,CYB2,B\n", ERR_NONE,
     "UK CYB1  name<C D>\n", 1},
    {"OFAC, a row too short", "1,\"A B\",-0- ,\"P\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n2,\"C\"\n", ERR_NONE,
     "OFAC 1 company first<A B> programme<P>\n", 1},
    {"XML, an empty list", "<sdnList/>", ERR_NONE, "", 0},
    {"XML, an entry without number", "<sdnList><sdnEntry><lastName>A</lastName></sdnEntry></sdnList>", ERR_NONE, "", 1},
    {"XML, references", "<sdnList><sdnEntry><uid>1</uid><lastName>A &amp; B</lastName></sdnEntry></sdnList>", ERR_NONE,
     "OFAC 1  first<A & B>\n", 0},
    {"XML with a prefix", "<x:sdnList><x:sdnEntry><x:uid>1</x:uid><x:lastName>A</x:lastName></x:sdnEntry></x:sdnList>",
     ERR_NONE, "OFAC 1  first<A>\n", 0},
    {"XML, a country of an address is none of birth",
     "<sdnList><sdnEntry><uid>1</uid><lastName>A</lastName><addressList><address><country>X</country></address>"
     "</addressList></sdnEntry></sdnList>",
     ERR_NONE, "OFAC 1  first<A>\n", 0},
    {"XML that breaks off", "<sdnList><sdnEntry><uid>1</uid><lastName>A</last", ERR_CORRUPT, "x: breaks off", 0},
    {"XML that does not nest", "<sdnList><sdnEntry></sdnList></sdnEntry>", ERR_CORRUPT, "x: breaks off", 0},
    {"SDN_ADVANCED", "<?xml version=\"1.0\"?><Sanctions xmlns=\"x\"></Sanctions>", ERR_UNSUPPORTED, "give SDN.XML", 0},
    {"another XML", "<html></html>", ERR_UNSUPPORTED, "no list that is known", 0},
    {"another CSV", "a,b,c\n1,2,3\n", ERR_UNSUPPORTED, "no list that is known", 0},
    {"numbers", "1,2,3,4,5\n", ERR_UNSUPPORTED, "no list that is known", 0},
    {"prose", "This is no list, is it?\n", ERR_UNSUPPORTED, "no list that is known", 0},
    {"nothing", "", ERR_UNSUPPORTED, "no list that is known", 0},
    {"the columns' names too late", "a\nb\nc\nd\ne\nName type,Name 1,Unique ID,Name 6\nAlias,A,CYB1,B\n",
     ERR_UNSUPPORTED, "no list that is known", 0},
};

static void lists_are_known_by_content(void **state) {
    (void)state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct persons *p = NULL;
        struct err e = {0};
        struct buf b = {0};

        assert_true(persons_new(&p, &e));
        bool const ok = persons_add(p, S("x"), str_of(texts[i].text), &e);

        if (ok != (texts[i].code == ERR_NONE) || e.code != texts[i].code)
            print_error("%s: %s\n", texts[i].name, ok ? "read" : e.text);
        assert_int_equal(e.code, texts[i].code);
        if (ok) {
            assert_true(persons_ready(p, &e));
            print_all(p, &b);
            if (strcmp(b.ptr, texts[i].says) != 0)
                print_error("%s:\n", texts[i].name);
            assert_string_equal(b.ptr, texts[i].says);
            assert_int_equal(persons_counted(p).rows_odd, texts[i].odd);
        } else {
            assert_non_null(strstr(e.text, texts[i].says));
        }
        buf_free(&b);
        persons_free(p);
    }
}

/* SDN.XML and SDN.CSV of one day say of whom they speak by the same numbers. */
static void two_formats_of_one_list(void **state) {
    struct persons *p = NULL;
    struct err e = {0};
    (void)state;

    assert_true(persons_new(&p, &e));
    assert_true(persons_add(p, S("x"),
                            S("<sdnList><sdnEntry><uid>9001</uid><firstName>Gaobin</firstName><lastName>NI</lastName>"
                              "<sdnType>Individual</sdnType></sdnEntry></sdnList>"),
                            &e));
    assert_true(persons_add(p, S("y"), str_of(sdn_csv), &e));
    assert_true(persons_ready(p, &e));
    assert_int_equal(persons_count(p), 3);
    assert_int_equal(persons_at(p, 0)->name_count, 2);
    persons_free(p);
}

/* More than is kept is counted. */
static void bounds(void **state) {
    struct persons *p = NULL;
    struct buf b = {0};
    struct err e = {0};
    (void)state;

    buf_add(&b, S("Name type,Name 1,Unique ID,Name 6\n"));
    for (unsigned i = 0; i < PERSON_TEXTS_MAX + 7; i++)
        buf_format(&b, "Alias,Given%u,CYB1,Family\n", i);
    buf_add(&b, S("Alias,Given,CYB2,"));
    for (unsigned i = 0; i < NAME_BYTES_MAX; i++)
        buf_byte(&b, 'a');
    buf_byte(&b, '\n');
    assert_false(b.failed);
    assert_true(persons_new(&p, &e));
    assert_true(persons_add(p, S("x"), buf_str(&b), &e));
    assert_true(persons_ready(p, &e));
    assert_int_equal(persons_count(p), 1);
    assert_int_equal(persons_at(p, 0)->name_count, PERSON_TEXTS_MAX);
    assert_int_equal(persons_counted(p).beyond, 8);
    assert_int_equal(persons_counted(p).unnamed, 1);
    persons_free(p);
    buf_free(&b);
}

static void whom_groups_name(void **state) {
    struct persons *p = NULL;
    struct groups *g = NULL;
    struct err e = {0};
    struct person_match m[2];
    (void)state;

    assert_true(groups_new(&g, &e) && groups_join(g, &e));
    assert_true(persons_new(&p, &e) && persons_add_groups(p, g, &e));
    groups_free(g);
    assert_true(persons_ready(p, &e));
    assert_int_equal(persons_find(p, PERSON_NAME, S("Wuhan Xiaoruizhi Science & Technology Co., Ltd."), 75, m, 2), 1);
    assert_true(str_eq(m[0].person->programmes.items[0], S("APT31 (alleged)")));
    /* a ministry is named as well, and is no party that writes mails */
    assert_int_equal(persons_find(p, PERSON_NAME, S("Hubei State Security Department"), 1, m, 2), 0);
    persons_free(p);
}

static void memory_may_be_out(void **state) {
    bool done = false;
    (void)state;

    REFUSE_OR_SKIP();
    for (long n = 0; !done; n += n < 300 ? 1 : 29) {
        struct persons *p = NULL;
        struct person_match m;
        struct err e = {0};
        bool ok;

        memory_left = n;
        memory_gone_for_good = true;
        memory_refused = false;
        ok = persons_new(&p, &e) && persons_add(p, S("a"), str_of(sdn_xml), &e) &&
             persons_add(p, S("b"), str_of(uk_csv), &e) && persons_add(p, S("c"), str_of(alt_csv), &e) &&
             persons_ready(p, &e);
        done = !memory_refused;
        memory_left = -1;
        /* qsort asks for memory, and does without */
        assert_true(ok || !done);
        if (ok)
            assert_int_equal(persons_find(p, PERSON_NAME, S("Ni Gaobin"), 100, &m, 1), 1);
        else
            assert_int_equal(e.code, ERR_MEMORY);
        persons_free(p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(tables_come_in_any_order),
        cmocka_unit_test(lists_are_known_by_content),
        cmocka_unit_test(two_formats_of_one_list),
        cmocka_unit_test(bounds),
        cmocka_unit_test(whom_groups_name),
        cmocka_unit_test(memory_may_be_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
