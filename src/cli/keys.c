/* keys: files of minisign. */
#include "cli/keys.h"

#include "base/file.h"
#include "cli/command.h"

#define PASSWORD_MAX 4096u

bool keys_password(const char *path, struct buf *out, struct err *e) {
    size_t end;

    if (!path)
        return true;
    if (!file_read(path, PASSWORD_MAX, out, e))
        return false;
    if ((end = str_find_byte(buf_str(out), '\n')) != SIZE_MAX)
        out->len = end;
    if (out->len && out->ptr[out->len - 1] == '\r')
        out->len--;
    return out->len > 0 || err_set(e, ERR_USAGE, 0, "%s: the first line is empty: no password", path);
}

void keys_wipe(struct buf *b) {
    if (b->ptr)
        explicit_bzero(b->ptr, b->room);
    buf_free(b);
}

bool keys_open(const char *path, const char *password_path, struct signature_key **out, struct err *e) {
    struct arguments const named = {(const char **)(uintptr_t)&path, 1};
    struct buf file = {0}, password = {0};
    bool const ok = paths_exist(&named, "key", false, e) && keys_password(password_path, &password, e) &&
                    file_read(path, SIGNATURE_FILE_MAX, &file, e) &&
                    (signature_key_read(out, buf_str(&file), buf_str(&password), e) || err_wrap(e, "%s", path));

    keys_wipe(&file);
    keys_wipe(&password);
    if (!ok && e->code != ERR_MEMORY)
        e->code = ERR_USAGE; /* a file that was named is not what it should be */
    return ok;
}
