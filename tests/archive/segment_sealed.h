/* segment_sealed: what holds of encrypted segments alone. A part of test_segment.c, where SEALED is defined: without the key nothing is told and nothing can
 * be read off the bytes; with it, no piece is taken that was changed, moved, or comes out of another segment. */
static uint8_t const archive_key[SEAL_KEY] = {1, 2, 3}, archive_key_name[SEAL_NAME] = "key name";

static int sealed_begin(void **state) {
    struct err e = {0};

    (void)state;
    if (!key_set_new(&keys, &e) || !key_set_add(keys, archive_key_name, archive_key, &e))
        return -1;
    writing_key_new(&sealing, archive_key_name, archive_key);
    return 0;
}

static int sealed_end(void **state) {
    (void)state;
    key_set_free(keys);
    writing_key_wipe(&sealing);
    return 0;
}

/* The same records, told in the same way: not a piece of sixteen bytes is the same, but for the heads. */
static void never_the_same_bytes(void **state) {
    struct made first, again;

    (void)state;
    made_begin(&first, (struct segment_options){.seed = 1});
    random_segment(&first, 3000, 20, 7);
    str const bytes = made_end(&first);

    made_begin(&again, (struct segment_options){.seed = 1});
    random_segment(&again, 3000, 20, 7);
    str const other = made_end(&again);

    for (size_t i = SEGMENT_HEAD; i + 16 < bytes.len - SEGMENT_TRAILER && i + 16 < other.len - SEGMENT_TRAILER; i++)
        assert_memory_not_equal(bytes.ptr + i, other.ptr + i, 16);
    made_free(&first, bytes);
    made_free(&again, other);
}

/* No value, name of a field, kind or path stands in it. */
static void nothing_to_be_read(void **state) {
    static const str secrets[] = {STR("a secret value"), STR("secret-path"), STR("SecretField"), STR("secret/kind")};
    struct raw v = {.type = RAW_TEXT, .len = 14, .ptr = "a secret value"};
    struct segment_source const source = {.path = S("secret-path"), .reader = S("json")};
    struct err e = {0};
    struct made m;

    (void)state;
    for (unsigned sealed = 0; sealed < 2; sealed++) {
        struct buf out = {0};
        size_t found = 0;

        m = (struct made){.fields = fields_new()};
        assert_non_null(m.fields);
        v.field = field_intern(m.fields, S("SecretField"));
        assert_true(segment_writer_new(
            &m.w, &(struct segment_options){.fields = m.fields, .writing = sealed ? &sealing : NULL}, &e));
        assert_true(segment_writer_source(m.w, &source, &m.source, &e));
        assert_true(segment_writer_record(m.w, m.source, &(struct record){.values = &v, .count = 1, .time_text = S("")},
                                          5, S("secret/kind"), &e));
        assert_true(segment_writer_finish(m.w, &out, &m.info, &e));
        assert_int_equal(m.info.encrypted, sealed);
        assert_int_equal(segment_encrypted(buf_str(&out)), sealed);
        for (size_t i = 0; i < COUNT(secrets); i++)
            found += str_find(buf_str(&out), secrets[i]) != SIZE_MAX;
        assert_int_equal(found, sealed ? 0 : COUNT(secrets)); /* the search finds what is there */
        buf_free(&out);
        segment_writer_free(m.w);
        fields_free(m.fields);
    }
}

static void without_the_key(void **state) {
    static const uint8_t other_name[SEAL_NAME] = "other", wrong[SEAL_KEY] = {9};
    struct key_set *none = NULL, *other = NULL, *lying = NULL, *closed = NULL;
    struct err e = {0};
    struct segment *s;
    struct made m;

    (void)state;
    assert_true(key_set_new(&none, &e) && key_set_new(&other, &e) && key_set_new(&lying, &e) &&
                key_set_new(&closed, &e));
    assert_true(key_set_add(other, other_name, archive_key, &e) && key_set_add(lying, archive_key_name, wrong, &e) &&
                key_set_closed(closed, archive_key_name, S("ana has the key"), &e));
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, 20, 3, 11);
    str const bytes = made_end(&m);

    const struct {
        const char *name;
        const struct key_set *keys;
        enum err_code code;
        const char *says;
    } cases[] = {
        {"nobody asked for keys", NULL, ERR_REFUSED, "--key"},
        {"no key", none, ERR_REFUSED, "--key"},
        {"the key of another archive", other, ERR_REFUSED, "--key"},
        {"somebody else has it", closed, ERR_REFUSED, "ana has the key"},
        {"a key of this name, and another", lying, ERR_CORRUPT, "head"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_false(segment_open_with(&s, bytes, S("x.lws"), &(struct segment_opening){.keys = cases[i].keys}, &e));
        if (e.code != cases[i].code || !strstr(e.text, cases[i].says) || !strstr(e.text, "x.lws"))
            fail_msg("%s: %d, %s", cases[i].name, e.code, e.text);
    }
    check_same(&m, bytes);
    key_set_free(none);
    key_set_free(other);
    key_set_free(lying);
    key_set_free(closed);
    made_free(&m, bytes);
}

/* Whoever changes the bytes can make the sum of the head fit. */
static void head_changed(void **state) {
    struct err e = {0};
    struct segment *s;
    struct made m;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, 20, 3, 11);
    str const bytes = made_end(&m);
    char *const mine = (char *)(uintptr_t)bytes.ptr;

    for (size_t i = 16; i < SEGMENT_SEAL_AT + SEAL_NAME + SEAL_KEY + SEAL_MORE + 32;
         i++) { /* the name, the key, the salt */
        mine[i] ^= (char)(1 << i % 8);
        uint64_t const sum = hash_sum(str_first(bytes, SEGMENT_HEAD - 8));

        memcpy(mine + SEGMENT_HEAD - 8, &sum, 8);
        if (open_some(&s, bytes, S("x.lws"), 0, &e))
            fail_msg("byte %zu of the head was changed, and it opens", i);
        assert_true(e.code == ERR_CORRUPT || e.code == ERR_REFUSED);
        mine[i] ^= (char)(1 << i % 8);
    }
    uint64_t const sum = hash_sum(str_first(bytes, SEGMENT_HEAD - 8));

    memcpy(mine + SEGMENT_HEAD - 8, &sum, 8);
    check_same(&m, bytes);
    made_free(&m, bytes);
}

/* Can the chunk be had when its bytes are these, and the sum fits? */
static bool takes(struct segment *s, uint32_t chunk, str bytes, struct err *e) {
    struct opened_chunk const was = s->chunks[chunk];
    str const all = s->bytes;
    struct cursor c;

    s->bytes = bytes;
    s->chunks[chunk] = (struct opened_chunk){.offset = 0, .sum = hash_sum(bytes), .size = (uint32_t)bytes.len};
    bool const ok = segment_chunk(s, chunk, &c, e);

    s->bytes = all;
    s->chunks[chunk] = was;
    return ok;
}

static str chunk_of(const struct segment *s, uint32_t i) {
    return (str){s->bytes.ptr + s->chunks[i].offset, s->chunks[i].size};
}

/* Sums are against damage; this is against somebody who makes them fit. */
static void pieces_changed(void **state) {
    struct err e = {0};
    struct made m, other;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, 300, 3, 11);
    str const bytes = made_end(&m);
    made_begin(&other, (struct segment_options){0});
    random_segment(&other, 300, 3, 11);
    str const more = made_end(&other);
    struct segment *const s = opened(bytes), *const t = opened(more);

    assert_int_equal(s->info.chunks, t->info.chunks);
    assert_true(s->info.chunks > 10);
    for (uint32_t i = 0; i < s->info.chunks; i++) {
        str const is = chunk_of(s, i);
        struct buf b = {0};

        assert_true(takes(s, i, is, &e));
        /* Each byte changed; cut at each length; a byte more. */
        buf_add(&b, is);
        buf_byte(&b, 0);
        assert_false(b.failed);
        for (size_t k = 0; k<is.len; k += is.len> 4000 ? 13 : 1) {
            b.ptr[k] ^= (char)(1 << k % 8);
            if (takes(s, i, (str){b.ptr, is.len}, &e))
                fail_msg("byte %zu of chunk %u was changed, and it is taken", k, i);
            assert_int_equal(e.code, ERR_CORRUPT);
            b.ptr[k] ^= (char)(1 << k % 8);
            assert_false(takes(s, i, (str){b.ptr, k}, &e));
            assert_int_equal(e.code, ERR_CORRUPT);
        }
        assert_false(takes(s, i, buf_str(&b), &e));
        /* Another chunk of this segment; the same chunk of another, of the same records. */
        for (uint32_t k = 0; k < s->info.chunks; k++)
            if (takes(s, i, chunk_of(s, k), &e) != (k == i))
                fail_msg("chunk %u stands for chunk %u", k, i);
        assert_false(takes(s, i, chunk_of(t, i), &e));
        buf_free(&b);
    }
    segment_close(s);
    segment_close(t);
    check_same(&m, bytes);
    made_free(&m, bytes);
    made_free(&other, more);
}

/* The directory of another segment, with the end that goes with it. */
static void directory_of_another(void **state) {
    struct err e = {0};
    struct made m, other;
    struct segment *s;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, 300, 3, 11);
    str const bytes = made_end(&m);
    made_begin(&other, (struct segment_options){0});
    random_segment(&other, 300, 3, 11);
    str const more = made_end(&other);
    struct buf b = {0};
    uint64_t footer, footer_of_other;

    memcpy(&footer, bytes.ptr + bytes.len - 48, sizeof footer);
    memcpy(&footer_of_other, more.ptr + more.len - 48, sizeof footer);
    size_t const body = bytes.len - SEGMENT_TRAILER - footer;

    assert_int_equal(body, more.len - SEGMENT_TRAILER - footer_of_other);
    buf_add(&b, str_first(bytes, body));
    buf_add(&b, str_from(more, body));
    assert_false(b.failed);
    assert_false(open_some(&s, buf_str(&b), S("x.lws"), 0, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    /* And with its head as well: then it opens, and not one chunk of this one is taken. */
    memcpy(b.ptr, more.ptr, SEGMENT_HEAD);
    assert_true(open_some(&s, buf_str(&b), S("x.lws"), 0, &e));
    for (uint32_t i = 0; i < s->info.chunks; i++)
        assert_false(takes(s, i, chunk_of(s, i), &e));
    segment_close(s);
    buf_free(&b);
    made_free(&m, bytes);
    made_free(&other, more);
}

/* Not encrypted any more, if its flags are to be believed. */
static void flags_taken_off(void **state) {
    struct err e = {0};
    struct segment *s;
    struct made m;

    (void)state;
    made_begin(&m, (struct segment_options){0});
    random_segment(&m, 20, 3, 11);
    str const bytes = made_end(&m);
    char *const mine = (char *)(uintptr_t)bytes.ptr;

    mine[SEGMENT_FLAGS_AT] = 0;
    mine[bytes.len - SEGMENT_TRAILER + SEGMENT_FLAGS_AT] = 0;
    uint64_t const sum = hash_sum(str_first(bytes, SEGMENT_HEAD - 8));

    memcpy(mine + SEGMENT_HEAD - 8, &sum, 8);
    assert_false(open_some(&s, bytes, S("x.lws"), 0, &e));
    assert_int_equal(e.code, ERR_CORRUPT);
    made_free(&m, bytes);
}

#define SEALED_TESTS                                                                                                   \
    cmocka_unit_test(never_the_same_bytes), cmocka_unit_test(nothing_to_be_read), cmocka_unit_test(without_the_key),   \
        cmocka_unit_test(head_changed), cmocka_unit_test(pieces_changed), cmocka_unit_test(directory_of_another),      \
        cmocka_unit_test(flags_taken_off),
