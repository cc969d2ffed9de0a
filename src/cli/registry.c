/* registry: the table of all commands. */
#include "cli/command.h"

const struct command *const commands[] = {
    &command_longwatch,
    &command_hunt,
    &command_events,
    &command_ledger,
    &command_show,
    &command_dossier,
    &command_export,
    &command_sign,
    &command_verify,
    &command_mail_campaigns,
    &command_mail_recipients,
    &command_intel_add,
    &command_intel_list,
    &command_intel_show,
    &command_intel_stats,
    &command_intel_review,
    &command_intel_remove,
    &command_update,
    &command_groups_list,
    &command_groups_show,
    &command_persons,
    &command_exercise,
    &command_rules_check,
    &command_kinds,
    &command_kinds_suggest,
    &command_help,
    &command_help_man,
    &command_help_completion,
};
const size_t command_count = COUNT(commands);
