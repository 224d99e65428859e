/*
 * vault_command: the commands `vault ...` of the device: its encrypted file as a whole, not what is in it.
 *
 * What both programs do alike is in proto/base/vaultcli. Only the device has a lease, and only here may erasing lose answers that nobody
 * else has: it is refused while something has no verified receipt, unless the same command has put it on a stick, or the person types
 * the device's own phrase.
 */
#ifndef AGENT_COMMAND_VAULT_COMMAND_H
#define AGENT_COMMAND_VAULT_COMMAND_H

#include "agent/command/shell.h"

/* How long a device whose lease was returned by code may stay without a contact. */
#define VAULT_COMMAND_RETURN_DAYS 7

extern const struct cli_option VAULT_COMMAND_STATUS_OPTIONS[];
extern const struct cli_option VAULT_COMMAND_SLOT_OPTIONS[];
extern const struct cli_option VAULT_COMMAND_RECOVER_OPTIONS[];
extern const struct cli_option VAULT_COMMAND_REKEY_OPTIONS[];
extern const struct cli_option VAULT_COMMAND_VERIFY_OPTIONS[];
extern const struct cli_option VAULT_COMMAND_LEASE_OPTIONS[];
extern const struct cli_option VAULT_COMMAND_ERASE_OPTIONS[];

int vault_command_status(void *ctx, const struct cli_args *args) MUST_CHECK;
int vault_command_slot(void *ctx, const struct cli_args *args) MUST_CHECK;
int vault_command_recover(void *ctx, const struct cli_args *args) MUST_CHECK;
int vault_command_rekey(void *ctx, const struct cli_args *args) MUST_CHECK;
int vault_command_verify(void *ctx, const struct cli_args *args) MUST_CHECK;
int vault_command_lease(void *ctx, const struct cli_args *args) MUST_CHECK;
int vault_command_erase(void *ctx, const struct cli_args *args) MUST_CHECK;

#endif
