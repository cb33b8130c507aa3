/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AGENT_CONSOLE_OBEY_H
#define AGENT_CONSOLE_OBEY_H

/* What the words do: for the table of them alone. */

#include "agent/console/words.h"

word_obey_f obey_help, obey_info, obey_stat, obey_policies, obey_prompt,
    obey_quit, obey_shutdown;
word_obey_f obey_lists, obey_list, obey_test;
word_obey_f obey_add, obey_delete, obey_clear, obey_accept, obey_reload;
word_obey_f obey_events, obey_errors;

#endif
