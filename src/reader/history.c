/* history: commands with their times, as bash, zsh and fish keep them; and without, where nothing else can be meant.
 * docs/formats/history.md says it all in prose.
 *
 * A command may have lines of its own, and what a line is depends on those before it: a source is one part. */
#include "reader/history.h"

#include <assert.h>

#include "base/utf.h"
#include "reader/lined.h"

#define HEAD_MAX ((size_t)64 << 10)
#define COMMAND_BYTES_MAX ((size_t)1 << 20) /* with several lines, but for the last */
#define PATHS_MAX 256u
#define META '\x83' /* zsh: the next byte has bit 5 turned over */
/* Of a history without times: so many lines must be there, so many of ten begin with a command, of so many sorts. */
#define PLAIN_LINES_MIN 5u
#define PLAIN_TENTHS 7u
#define PLAIN_SORTS_MIN 4u
#define PLAIN_LINES_MAX 1000u

enum shell { SHELL_NONE, SHELL_BASH, SHELL_ZSH, SHELL_FISH, SHELL_PLAIN };

enum made { MADE_SHELL, MADE_TIMESTAMP, MADE_DURATION, MADE_COMMAND, MADE_PATH, MADES };
static const str made_names[MADES] = {STR("shell"), STR("timestamp"), STR("duration"), STR("command"), STR("paths")};

struct reading {
    struct lined lined;
    struct buf *show;
    bool shown;

    enum shell shell;
    field_id made[MADES]; /* FIELD_NONE: nobody wants it */

    /* The command that is being read. */
    bool begun, timed, open;     /* open: the next line belongs to it (zsh) */
    uint64_t offset, end;        /* of its first byte, and behind its last */
    struct buf command, numbers; /* numbers: time and duration */
    size_t time_len;             /* of numbers */
    struct buf paths;            /* one behind the other */
    size_t path_ends[PATHS_MAX];
    uint32_t path_count;
    bool cut;
    struct raw values[PATHS_MAX + MADES];
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Seconds since 1970, from 1973 to the year 5138. Returns how many digits they have, or 0. */
static size_t seconds_len(str s) {
    size_t n = 0;

    while (n < s.len && n < 12 && is_digit(s.ptr[n]))
        n++;
    return n >= 9 && n <= 11 ? n : 0;
}

/* `#1380630977` */
static bool is_bash_time(str line) {
    return line.len > 1 && line.ptr[0] == '#' && seconds_len(str_from(line, 1)) == line.len - 1;
}

/* `: 1457771210:0;` and how long that is, or 0. *time, *duration: of its numbers. */
static size_t zsh_time(str line, str *time, str *duration) {
    size_t at, n;

    if (!str_starts(line, S(": ")))
        return 0;
    at = 2;
    while (at < line.len && at < 16 && line.ptr[at] == ' ') /* old ones are filled up with blanks */
        at++;
    if (!(n = seconds_len(str_from(line, at))))
        return 0;
    *time = (str){line.ptr + at, n};
    at += n;
    if (at == line.len || line.ptr[at] != ':')
        return 0;
    for (n = at + 1; n < line.len && is_digit(line.ptr[n]) && n - at <= 10; n++)
        continue;
    if (n == at + 1 || n == line.len || line.ptr[n] != ';')
        return 0;
    *duration = (str){line.ptr + at + 1, n - at - 1};
    return n + 1;
}

/* ------------------------------------------------------------------ commands */

/* Of the command that is being read: it, not its last line, decides whose part it is. */
static bool is_mine(const struct reading *r) {
    return r->offset >= r->lined.part.from && r->offset < r->lined.part.to;
}

static void damage(const struct reading *r, uint64_t size, const char *why) {
    if (r->lined.to && is_mine(r))
        r->lined.to->damage(r->lined.to, r->offset, size, why);
}

static void add(struct reading *r, uint32_t *count, enum made what, enum raw_type type, str text) {
    if (r->made[what] != FIELD_NONE)
        r->values[(*count)++] =
            (struct raw){.field = r->made[what], .type = (uint8_t)type, .len = (uint32_t)text.len, .ptr = text.ptr};
}

static bool emit(struct reading *r) {
    static const str shells[] = {STR(""), STR("bash"), STR("zsh"), STR("fish"), STR("")};
    str const numbers = buf_str(&r->numbers), command = buf_str(&r->command);
    uint32_t count = 0;
    size_t from = 0;

    if (shells[r->shell].len)
        add(r, &count, MADE_SHELL, RAW_TEXT, shells[r->shell]);
    if (r->time_len)
        add(r, &count, MADE_TIMESTAMP, RAW_NUMBER, str_first(numbers, r->time_len));
    if (r->time_len < numbers.len)
        add(r, &count, MADE_DURATION, RAW_NUMBER, str_from(numbers, r->time_len));
    add(r, &count, MADE_COMMAND, RAW_TEXT, command);
    for (uint32_t i = 0; i < r->path_count; from = r->path_ends[i++])
        add(r, &count, MADE_PATH, RAW_TEXT, (str){r->paths.ptr + from, r->path_ends[i] - from});
    if (utf8_valid(command) < command.len)
        damage(r, 1, "text that is no Unicode: repaired");
    if (r->cut)
        damage(r, 0, "more than 256 paths: the rest was left out");
    return lined_record(&r->lined, r->values, count, S(""), r->offset, r->end - r->offset);
}

/* The command that is being read is complete. */
static bool finish(struct reading *r) {
    bool ok = true;

    if (!r->begun)
        return true;
    r->begun = false;
    if (r->command.failed || r->numbers.failed || r->paths.failed || (r->show && r->show->failed))
        return err_set(r->lined.e, ERR_MEMORY, r->offset, "no memory for a command");
    if (r->command.len == 0)
        damage(r, r->end - r->offset, "a time without a command");
    else if (r->show)
        r->shown = is_mine(r);
    else if (is_mine(r))
        ok = emit(r);
    return ok;
}

static bool begin(struct reading *r, str time, str duration) {
    if (!finish(r))
        return false;
    r->begun = true;
    r->timed = time.len > 0;
    r->open = r->cut = false;
    r->offset = r->lined.lines.offset;
    r->command.len = r->numbers.len = r->paths.len = 0;
    r->path_count = 0;
    r->time_len = time.len;
    if (r->show && !r->shown)
        r->show->len = 0;
    buf_add(&r->numbers, time);
    buf_add(&r->numbers, duration);
    return true;
}

/* The line that was given last belongs to the command. */
static void extend(struct reading *r) {
    r->end = r->lined.lines.offset + r->lined.lines.line.len;
    if (r->show && is_mine(r)) {
        if (r->show->len)
            buf_byte(r->show, '\n');
        buf_add(r->show, r->lined.lines.line);
    }
}

/* More than it can hold: what follows is a command of its own. */
static bool is_full(const struct reading *r) {
    return r->command.len > COMMAND_BYTES_MAX;
}

static bool bash_line(struct reading *r) {
    str const line = r->lined.lines.line;

    if (is_bash_time(line)) {
        if (!begin(r, str_from(line, 1), S("")))
            return false;
        extend(r);
        return true;
    }
    if (!r->begun || !r->timed || is_full(r)) {
        if (line.len == 0)
            return true;
        if (!begin(r, S(""), S("")))
            return false;
    } else if (r->command.len) {
        buf_byte(&r->command, '\n');
    } else if (line.len == 0) {
        return true;
    }
    buf_add(&r->command, line);
    extend(r);
    return r->timed || finish(r);
}

/* As zsh keeps it: bytes it has meanings for stand behind META, with one bit turned over. */
static void add_metafied(struct buf *to, str s) {
    size_t meta;

    while ((meta = str_find_byte(s, META)) != SIZE_MAX && meta + 1 < s.len) {
        buf_add(to, str_first(s, meta));
        buf_byte(to, (char)(s.ptr[meta + 1] ^ 32));
        s = str_from(s, meta + 2);
    }
    buf_add(to, s);
}

static bool zsh_line(struct reading *r) {
    str line = r->lined.lines.line, time, duration;
    size_t const head = zsh_time(line, &time, &duration);

    if (head && !r->open) {
        if (!begin(r, time, duration))
            return false;
        line = str_from(line, head);
    } else if (!r->begun || !r->open) {
        if (line.len == 0)
            return true;
        if (!begin(r, S(""), S("")))
            return false;
    }
    r->open = str_ends(line, S("\\")) && !is_full(r);
    add_metafied(&r->command, r->open ? str_first(line, line.len - 1) : line);
    if (r->open)
        buf_byte(&r->command, '\n');
    extend(r);
    return r->open || finish(r);
}

static void add_unescaped(struct buf *to, str s) {
    size_t at;

    while ((at = str_find_byte(s, '\\')) != SIZE_MAX && at + 1 < s.len) {
        char const c = s.ptr[at + 1];

        buf_add(to, str_first(s, at));
        if (c != 'n' && c != '\\')
            buf_byte(to, '\\');
        buf_byte(to, c == 'n' ? '\n' : c);
        s = str_from(s, at + 2);
    }
    buf_add(to, s);
}

static bool fish_line(struct reading *r) {
    static const str cmd = STR("- cmd: "), when = STR("  when: "), paths = STR("  paths:"), path = STR("    - ");
    str const line = r->lined.lines.line;

    if (str_starts(line, cmd)) {
        if (!begin(r, S(""), S("")))
            return false;
        add_unescaped(&r->command, str_from(line, cmd.len));
    } else if (r->begun && str_starts(line, when) && seconds_len(str_from(line, when.len)) == line.len - when.len) {
        r->numbers.len = 0;
        r->time_len = line.len - when.len;
        buf_add(&r->numbers, str_from(line, when.len));
    } else if (r->begun && str_starts(line, path)) {
        if (r->path_count == PATHS_MAX) {
            r->cut = true;
        } else {
            add_unescaped(&r->paths, str_from(line, path.len));
            r->path_ends[r->path_count++] = r->paths.len;
        }
    } else if (!r->begun || !str_eq(line, paths)) {
        lined_line_damage(&r->lined, "a line that belongs to no command");
        return true;
    }
    extend(r);
    return true;
}

/* ------------------------------------------------------------------ what it is */

/* Programs and words of the shell that people type. */
static bool is_command(str word) {
    static const char *const words[] = {
        "alias",   "apt",    "apt-get", "awk",      "base64",  "bash",      "bg",         "bzip2",  "cat",
        "cd",      "chgrp",  "chmod",   "chown",    "clear",   "cp",        "crontab",    "curl",   "cut",
        "date",    "dd",     "df",      "diff",     "dig",     "dmesg",     "dnf",        "docker", "dpkg",
        "du",      "echo",   "env",     "exit",     "export",  "fdisk",     "fg",         "find",   "free",
        "gcc",     "gdb",    "git",     "grep",     "groups",  "gunzip",    "gzip",       "head",   "history",
        "host",    "htop",   "id",      "ifconfig", "ip",      "iptables",  "journalctl", "kill",   "killall",
        "kubectl", "last",   "less",    "ln",       "ls",      "lsblk",     "lsof",       "make",   "man",
        "md5sum",  "mkdir",  "more",    "mount",    "mv",      "mysql",     "nano",       "nc",     "netstat",
        "nmap",    "node",   "npm",     "openssl",  "passwd",  "perl",      "ping",       "pip",    "pip3",
        "ps",      "psql",   "pwd",     "python",   "python3", "reboot",    "rm",         "rmdir",  "rsync",
        "scp",     "screen", "sed",     "service",  "sftp",    "sha256sum", "shutdown",   "sh",     "sort",
        "source",  "ss",     "ssh",     "strace",   "su",      "sudo",      "systemctl",  "tail",   "tar",
        "tcpdump", "tee",    "tmux",    "top",      "touch",   "tr",        "traceroute", "umount", "uname",
        "uniq",    "unset",  "unzip",   "uptime",   "useradd", "userdel",   "usermod",    "vi",     "vim",
        "vmstat",  "w",      "wc",      "wget",     "which",   "who",       "whoami",     "xargs",  "xz",
        "yum",     "zip",    "zsh",
    };

    if (word.len > 2 && word.ptr[0] == '.' && word.ptr[1] == '/')
        return true;
    for (size_t i = 0; i < COUNT(words); i++)
        if (str_eq(word, str_of(words[i])))
            return true;
    return false;
}

/* A history of commands alone looks like any text: nearly all lines must begin with commands, of several sorts, with no
 * comment, no blank in front and no full stop behind, as scripts and letters have them. */
static bool is_plain(str head, bool whole) {
    size_t lines = 0, commands = 0, sorts = 0;
    uint64_t seen = 0; /* by length and first letter: a bound from below of how many sorts there are */

    while (head.len && lines < PLAIN_LINES_MAX) {
        size_t const end = str_find_byte(head, '\n');
        str const line = str_first(head, end);
        str const word = str_first(line, str_find_byte(line, ' '));

        head = end == SIZE_MAX ? S("") : str_from(head, end + 1);
        if (end == SIZE_MAX && !whole)
            break;
        if (line.len == 0)
            continue;
        if (line.ptr[0] == '#' || line.ptr[0] == ' ' || line.ptr[0] == '\t' || utf8_valid(line) < line.len)
            return false;
        for (size_t i = 0; i < line.len; i++)
            if ((unsigned char)line.ptr[i] < 0x20 && line.ptr[i] != '\t' && line.ptr[i] != '\r')
                return false;
        lines++;
        if (!is_command(word) || (str_ends(line, S(".")) && !str_ends(line, S(" .")) && !str_ends(line, S("/."))))
            continue;
        commands++;
        uint64_t const bit = (uint64_t)1 << ((unsigned char)word.ptr[0] * 3u + word.len) % 64;

        sorts += !(seen & bit);
        seen |= bit;
    }
    return lines >= PLAIN_LINES_MIN && commands * 10 >= lines * PLAIN_TENTHS && sorts >= PLAIN_SORTS_MIN;
}

static enum shell shell_of(str head, bool whole) {
    size_t lines = 0, bash = 0, zsh = 0, fish_times = 0, first_bash = SIZE_MAX;
    bool fish = false, zsh_first = false, after_time = false, commands = false;
    str const all = head;

    if (str_starts(head, S("\xef\xbb\xbf")))
        head = str_from(head, 3);
    while (head.len) {
        size_t const end = str_find_byte(head, '\n');
        str line = str_first(head, end), time, duration;
        bool is_time, is_zsh;

        head = end == SIZE_MAX ? S("") : str_from(head, end + 1);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len == 0)
            continue;
        is_time = is_bash_time(line);
        is_zsh = zsh_time(line, &time, &duration) != 0;
        if (lines == 0) {
            fish = str_starts(line, S("- cmd: "));
            zsh_first = is_zsh;
        }
        fish_times += str_starts(line, S("  when: ")) && seconds_len(str_from(line, 8)) > 0;
        commands = commands || (after_time && !is_time);
        after_time = is_time;
        if (is_time && first_bash == SIZE_MAX)
            first_bash = lines;
        bash += is_time;
        zsh += is_zsh;
        lines++;
    }
    if (fish && fish_times)
        return SHELL_FISH;
    if (zsh_first || (zsh && zsh * 4 >= lines))
        return SHELL_ZSH;
    if (commands && (first_bash < 2 || bash * 4 >= lines))
        return SHELL_BASH;
    return is_plain(all, whole) ? SHELL_PLAIN : SHELL_NONE;
}

/* ------------------------------------------------------------------ reader */

static bool read_all(struct reading *r) {
    struct input *const in = r->lined.lines.in;
    enum line_found found;
    str head;

    if (!in->window(in, 0, HEAD_MAX, &head, r->lined.e))
        return false;
    r->shell = shell_of(str_first(head, HEAD_MAX), head.len < HEAD_MAX);
    while ((found = lined_next(&r->lined)) < LINE_NONE) {
        bool ok = true;

        if (r->lined.lines.offset >= r->lined.part.to && !(r->begun && r->offset < r->lined.part.to))
            break;
        if (found == LINE_WHOLE && (r->lined.lines.line.len || r->lined.lines.zeros == 0))
            ok = r->shell == SHELL_ZSH ? zsh_line(r) : r->shell == SHELL_FISH ? fish_line(r) : bash_line(r);
        if (!ok)
            return false;
        if (r->shown)
            return true;
    }
    return found != LINE_FAILED && finish(r);
}

static void close_reading(struct reading *r) {
    buf_free(&r->command);
    buf_free(&r->numbers);
    buf_free(&r->paths);
    free(r);
}

static bool history_read(struct input *in, struct part part, struct event_sink *to, struct err *e) {
    struct reading *const r = calloc(1, sizeof *r);
    bool ok;

    if (!r)
        return err_set(e, ERR_MEMORY, 0, "no memory to read a history");
    r->lined = lined_begin(in, part, to, e);
    for (size_t i = 0; i < MADES; i++)
        r->made[i] = lined_field(&r->lined, made_names[i]);
    if (r->lined.overflow)
        to->damage(to, part.from, 0, "too many field names: some values were left out");
    ok = read_all(r);
    close_reading(r);
    return ok;
}

/* The lines of the command, as they stand. */
static bool history_show(struct input *in, uint64_t offset, struct buf *out, struct err *e) {
    struct reading *const r = calloc(1, sizeof *r);
    struct buf lines = {0};
    bool ok;

    if (!r)
        return err_set(e, ERR_MEMORY, 0, "no memory to read a history");
    r->lined = lined_begin(in, (struct part){offset, offset + 1}, NULL, e);
    r->show = &lines;
    ok = read_all(r) && (r->shown || err_set(e, ERR_CORRUPT, offset, "no command begins here"));
    if (ok)
        buf_add(out, buf_str(&lines));
    ok = ok && (!out->failed || err_set(e, ERR_MEMORY, offset, "no memory to show a record"));
    buf_free(&lines);
    close_reading(r);
    return ok;
}

static bool history_looks_like(str head) {
    return shell_of(head, head.len < HEAD_MAX) != SHELL_NONE;
}

const struct reader history_reader = {
    .name = "history",
    .title = "Histories of shells (bash, zsh, fish)",
    .looks_like = history_looks_like,
    .counts_in_part = true,
    .read = history_read,
    .show = history_show,
};
