/* observed: what somebody observed, out of text. */
#include "attribution/model.h"
#include "base/compiler.h"

#define OBSERVED_MAX 10000u

static bool parts(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

static bool add(struct observed *o, token *techniques, token *software, str word, size_t line, struct err *e) {
    token const t = token_parse(word);

    if (!t)
        return err_set(e, ERR_USAGE, 0, "line %zu: %.*s is no technique (T1059.003) and no software (S0002)", line,
                       STR_ARG(str_first(word, 60)));
    if (o->technique_count + o->software_count == OBSERVED_MAX)
        return err_set(e, ERR_LIMIT, 0, "more than %u observations", OBSERVED_MAX);
    if (token_software(t))
        software[o->software_count++] = t;
    else
        techniques[o->technique_count++] = t;
    return true;
}

bool observed_read(struct observed *out, str text, struct err *e) {
    token *const techniques = calloc(OBSERVED_MAX, sizeof *techniques), *const software =
                                                                            calloc(OBSERVED_MAX, sizeof *software);
    bool ok = (techniques && software) || err_set(e, ERR_MEMORY, 0, "no memory for what was observed");
    size_t line = 1;

    *out = (struct observed){techniques, software, 0, 0};
    for (size_t i = 0; ok && i < text.len;) {
        if (text.ptr[i] == '#') {
            while (i < text.len && text.ptr[i] != '\n')
                i++;
        } else if (parts(text.ptr[i])) {
            line += text.ptr[i++] == '\n';
        } else {
            size_t const from = i;

            while (i < text.len && !parts(text.ptr[i]) && text.ptr[i] != '#')
                i++;
            ok = add(out, techniques, software, (str){text.ptr + from, i - from}, line, e);
        }
    }
    if (ok) {
        out->technique_count = tokens_sort(techniques, out->technique_count);
        out->software_count = tokens_sort(software, out->software_count);
    } else {
        observed_free(out);
    }
    return ok;
}

void observed_free(struct observed *o) {
    free((token *)o->techniques);
    free((token *)o->software);
    *o = (struct observed){0};
}
