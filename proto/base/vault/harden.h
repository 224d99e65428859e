/*
 * harden: the machine around the keys (private to proto/base/vault/; programs call vault_harden_process() and vault_memory_look()).
 */
#ifndef PROTO_BASE_VAULT_HARDEN_H
#define PROTO_BASE_VAULT_HARDEN_H

#include "proto/base/vault/vault.h"

/* vault_memory_look() on these files: Linux's list of swap areas, its list of sleep states, and the device for the memory's image. */
void vault_memory_look_at(const char *swaps, const char *state, const char *resume, struct vault_memory *out);

#endif
