/* completion: for each shell the same three things: which command the words before the cursor name, what its options are, and
 * what kind of value is wanted here. */
#include "cli/completion.h"

#include "cli/command.h"
#include "cli/manual.h"

const char *const completion_shells[] = {"bash", "zsh", "fish", NULL};

/* What stands behind the words `name`: the next word of every command that begins with them, each once. The next word of the
 * i-th command is in *word; false: it has none, or it was there already. */
static bool next_word(str name, size_t i, str *word) {
    str rest;

    if (!command_within(commands[i], name) || strlen(commands[i]->name) <= name.len)
        return false;
    rest = str_from(str_of(commands[i]->name), name.len + (name.len > 0));
    *word = str_first(rest, strcspn(rest.ptr, " "));
    for (size_t k = 1; k < i; k++) {
        str const other = str_from(str_of(commands[k]->name), name.len + (name.len > 0));

        if (command_within(commands[k], name) && str_eq(str_first(other, strcspn(other.ptr, " ")), *word))
            return false;
    }
    return true;
}

/* The first word of the i-th command, if it is no command itself ("rules") and did not come before. */
static bool first_word_only(size_t i, str *word) {
    if (!next_word(S(""), i, word))
        return false;
    for (size_t k = 1; k < command_count; k++)
        if (str_eq(str_of(commands[k]->name), *word))
            return false;
    return true;
}

/* The same, and the first words of all commands where a command is wanted. */
static bool offered(str name, const struct command *c, size_t i, str *word) {
    for (size_t k = 0; c && k < c->option_count; k++)
        if (c->options[k].type == OPTION_COMMAND && next_word(S(""), i, word))
            return true;
    return next_word(name, i, word);
}

/* Is it the whole name of commands[i], which then has a summary to show? */
static bool is_whole(size_t i, str name, str word) {
    const char *const whole = commands[i]->name;

    return str_eq(str_of(whole), word) || strlen(whole) == name.len + (name.len > 0) + word.len;
}

static bool takes_path(const struct option *o) {
    return o->type == OPTION_PATH || o->type == OPTION_FOLDER;
}

static void words_add(struct buf *b, const struct option *o, const char *between) {
    for (const char *const *word = option_words(o); word && *word; word++)
        buf_format(b, "%s%s", word == option_words(o) ? "" : between, *word);
}

/* In quotes of the shell: what ends them is taken out of them. */
static void quoted(struct buf *b, str text, const char *quote) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_add(b, str_of(quote));
        else
            buf_byte(b, text.ptr[i]);
    }
}

/* Every name of a command and every beginning of one, as alternatives of a case or switch. */
static void names_add(struct buf *b, const char *between) {
    bool first = true;
    str word;

    for (size_t i = 1; i < command_count; i++) {
        if (first_word_only(i, &word)) {
            buf_format(b, "%s'%.*s'", first ? "" : between, STR_ARG(word));
            first = false;
        }
        buf_format(b, "%s'%s'", first ? "" : between, commands[i]->name);
        first = false;
    }
}

/* ---- bash ---- */

/* The call that offers the values of an option or operand; nothing when any word may stand there. */
static void bash_value(struct buf *b, const struct option *o) {
    if (takes_path(o)) {
        buf_add(b, o->type == OPTION_FOLDER ? S("_longwatch_paths -d; ") : S("_longwatch_paths -f; "));
    } else if (option_words(o)) {
        buf_add(b, S("_longwatch_words '"));
        words_add(b, o, " ");
        buf_add(b, S("'; "));
    }
}

static void bash_command(struct buf *b, str name, const struct command *c) {
    bool valued = false;
    str word;

    buf_format(b, "    '%.*s')\n", STR_ARG(name));
    for (size_t i = 0; c && i < c->option_count; i++) {
        const struct option *const o = &c->options[i];

        if (!o->name || !o->argument)
            continue;
        buf_format(b, "%s        --%s", valued ? "" : "        case $previous in\n", o->name);
        if (o->letter)
            buf_format(b, " | -%c", o->letter);
        buf_add(b, S(") "));
        bash_value(b, o);
        buf_add(b, S("return ;;\n"));
        valued = true;
    }
    buf_add(b, valued ? S("        esac\n") : S(""));
    buf_add(b, S("        case $ended$current in\n        -*) _longwatch_words '--help"));
    for (size_t i = 0; c && i < c->option_count; i++)
        if (c->options[i].name)
            buf_format(b, " --%s", c->options[i].name);
    buf_add(b, S("' ;;\n        *) "));
    for (size_t i = 1; i < command_count; i++)
        if (offered(name, c, i, &word))
            buf_format(b, "_longwatch_words %.*s; ", STR_ARG(word));
    for (size_t i = 0; c && i < c->option_count; i++)
        if (!c->options[i].name)
            bash_value(b, &c->options[i]);
    buf_add(b, S(";;\n        esac\n        ;;\n"));
}

static void bash(struct buf *b) {
    str word;

    buf_add(b,
            S("# longwatch " LONGWATCH_VERSION ": completion for bash. Made by: longwatch help completion bash\n"
              "_longwatch_words() {\n"
              "    local IFS=$' \\t\\n'\n"
              "    COMPREPLY+=($(compgen -W \"$1\" -- \"$current\"))\n"
              "}\n"
              "_longwatch_paths() {\n"
              "    local IFS=$'\\n'\n"
              "    compopt -o filenames 2>/dev/null\n"
              "    COMPREPLY+=($(compgen \"$1\" -- \"$current\"))\n"
              "}\n"
              "_longwatch() {\n"
              "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= ended= at\n"
              "    COMPREPLY=()\n"
              "    # --name=value is three words of a line here.\n"
              "    if [ \"$current\" = = ]; then\n"
              "        current=\n"
              "    elif [ \"$previous\" = = ] && [ \"$COMP_CWORD\" -ge 2 ]; then\n"
              "        previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
              "    fi\n"
              "    for ((at = 1; at < COMP_CWORD; at++)); do\n"
              "        case \"$command${command:+ }${COMP_WORDS[at]}\" in\n        "));
    names_add(b, " | ");
    buf_add(b, S(") command=\"$command${command:+ }${COMP_WORDS[at]}\" ;;\n"
                 "        *) break ;;\n"
                 "        esac\n"
                 "    done\n"
                 "    for ((; at < COMP_CWORD; at++)); do\n"
                 "        [ \"${COMP_WORDS[at]}\" != -- ] || ended=. previous=\n"
                 "    done\n"
                 "    case $command in\n"));
    bash_command(b, S(""), commands[0]);
    for (size_t i = 1; i < command_count; i++) {
        if (first_word_only(i, &word))
            bash_command(b, word, NULL);
        bash_command(b, str_of(commands[i]->name), commands[i]);
    }
    buf_add(b, S("    esac\n"
                 "}\n"
                 "complete -F _longwatch longwatch\n"));
}

/* ---- zsh ---- */

/* Text inside [...] of a specification of _arguments. */
static void zsh_text(struct buf *b, const char *text) {
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            buf_add(b, S("'\\''"));
        else if (strchr("[]:\\", *c))
            buf_format(b, "\\%c", *c);
        else
            buf_byte(b, *c);
    }
}

static void zsh_value(struct buf *b, const struct option *o) {
    buf_format(b, ":%s:", o->argument);
    if (takes_path(o)) {
        buf_add(b, o->type == OPTION_FOLDER ? S("_files -/") : S("_files"));
    } else if (option_words(o)) {
        buf_byte(b, '(');
        words_add(b, o, " ");
        buf_byte(b, ')');
    }
}

static void zsh_option(struct buf *b, const struct option *o) {
    if (!o->name) {
        buf_format(b, " \\\n            '%s", o->many ? "*" : "");
        zsh_value(b, o);
        buf_byte(b, '\'');
        return;
    }
    buf_add(b, S(" \\\n            "));
    if (o->letter)
        buf_format(b, "'(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->name, o->letter, o->argument ? "+" : "", o->name,
                   o->argument ? "=" : "");
    else
        buf_format(b, "'%s--%s%s[", o->many ? "*" : "", o->name, o->argument ? "=" : "");
    zsh_text(b, o->help);
    buf_byte(b, ']');
    if (o->argument)
        zsh_value(b, o);
    buf_byte(b, '\'');
}

static void zsh_command(struct buf *b, str name, const struct command *c) {
    bool first = true;
    str word;

    buf_format(b, "    '%.*s')\n        _arguments -s -S :", STR_ARG(name));
    zsh_option(b, &option_help);
    for (size_t i = 0; c && i < c->option_count; i++)
        if (c->options[i].type != OPTION_COMMAND)
            zsh_option(b, &c->options[i]);
    for (size_t i = 1; i < command_count; i++)
        if (offered(name, c, i, &word)) {
            buf_add(b, first ? S(" \\\n            '1:word:((") : S(" "));
            buf_format(b, "%.*s", STR_ARG(word));
            if (is_whole(i, name, word)) {
                buf_add(b, S("\\:\""));
                zsh_text(b, commands[i]->summary);
                buf_byte(b, '"');
            }
            first = false;
        }
    buf_add(b, first ? S("\n        ;;\n") : S("))'\n        ;;\n"));
}

static void zsh(struct buf *b) {
    str word;

    buf_add(b, S("#compdef longwatch\n"
                 "# longwatch " LONGWATCH_VERSION ": completion for zsh. Made by: longwatch help completion zsh\n"
                 "_longwatch() {\n"
                 "    local curcontext=$curcontext command=\n"
                 "    local -i at=2\n"
                 "    while (( at < CURRENT )); do\n"
                 "        case \"$command${command:+ }${words[at]}\" in\n        "));
    names_add(b, " | ");
    buf_add(b, S(") command=\"$command${command:+ }${words[at]}\" ;;\n"
                 "        *) break ;;\n"
                 "        esac\n"
                 "        (( at++ ))\n"
                 "    done\n"
                 "    # _arguments counts from the last word of the command.\n"
                 "    words=(longwatch \"${(@)words[at,-1]}\")\n"
                 "    (( CURRENT -= at - 2 ))\n"
                 "    case $command in\n"));
    zsh_command(b, S(""), commands[0]);
    for (size_t i = 1; i < command_count; i++) {
        if (first_word_only(i, &word))
            zsh_command(b, word, NULL);
        zsh_command(b, str_of(commands[i]->name), commands[i]);
    }
    buf_add(b, S("    esac\n"
                 "}\n"
                 "if [ \"$funcstack[1]\" = _longwatch ]; then\n"
                 "    _longwatch \"$@\"\n"
                 "else\n"
                 "    compdef _longwatch longwatch\n"
                 "fi\n"));
}

/* ---- fish ---- */

static void fish_words(struct buf *b, str name, const struct command *c) {
    str word;

    for (size_t i = 1; i < command_count; i++)
        if (offered(name, c, i, &word)) {
            buf_format(b, "complete -c longwatch -n \"__longwatch_command '%.*s'\" -a %.*s", STR_ARG(name),
                       STR_ARG(word));
            if (is_whole(i, name, word)) {
                buf_add(b, S(" -d '"));
                quoted(b, str_of(commands[i]->summary), "\\'");
                buf_byte(b, '\'');
            }
            buf_byte(b, '\n');
        }
}

static void fish_option(struct buf *b, str name, const struct option *o) {
    if (!o->name && !takes_path(o) && !option_words(o))
        return; /* any word may stand there */
    buf_format(b, "complete -c longwatch -n \"__longwatch_command '%.*s'\"", STR_ARG(name));
    if (o->name)
        buf_format(b, " -l %s", o->name);
    if (o->letter)
        buf_format(b, " -s %c", o->letter);
    if (o->name && o->argument)
        buf_add(b, takes_path(o) ? S(" -r -F") : S(" -x"));
    else if (!o->name && takes_path(o))
        buf_add(b, S(" -F"));
    if (option_words(o)) {
        buf_add(b, S(" -a '"));
        words_add(b, o, " ");
        buf_byte(b, '\'');
    }
    if (o->name) {
        buf_add(b, S(" -d '"));
        quoted(b, str_of(o->help), "\\'");
        buf_byte(b, '\'');
    }
    buf_byte(b, '\n');
}

static void fish(struct buf *b) {
    str word;

    buf_add(b, S("# longwatch " LONGWATCH_VERSION ": completion for fish. Made by: longwatch help completion fish\n"
                 "function __longwatch_command\n"
                 "    set -l command ''\n"
                 "    set -l words (commandline -opc)\n"
                 "    for word in $words[2..-1]\n"
                 "        switch (string trim \"$command $word\")\n"
                 "            case "));
    names_add(b, " ");
    buf_add(b, S("\n"
                 "                set command (string trim \"$command $word\")\n"
                 "            case '*'\n"
                 "                break\n"
                 "        end\n"
                 "    end\n"
                 "    test \"$command\" = \"$argv[1]\"\n"
                 "end\n"
                 "complete -c longwatch -f\n"));
    for (size_t i = 0; i < command_count; i++) {
        const struct command *const c = commands[i];

        if (i && first_word_only(i, &word))
            fish_words(b, word, NULL);
        fish_words(b, str_of(c->name), c);
        fish_option(b, str_of(c->name), &option_help);
        for (size_t k = 0; k < c->option_count; k++)
            fish_option(b, str_of(c->name), &c->options[k]);
    }
}

void completion_script(struct buf *b, const char *shell) {
    static void (*const scripts[])(struct buf * b) = {bash, zsh, fish};

    for (size_t i = 0; i < COUNT(scripts); i++)
        if (strcmp(shell, completion_shells[i]) == 0)
            scripts[i](b);
}
