/*
 * call: what a function sees of its call and how it gives its result; see function.h.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/eval.h"

const struct xpath_context *xcall_context(const struct xcall *call)
{
	return call->context;
}

size_t xcall_count(const struct xcall *call)
{
	return call->expr->argument_count;
}

int xcall_slot(struct xcall *call, size_t i, struct xslot *v)
{
	assert(i < call->expr->argument_count);
	return xeval(call->run, call->expr->arguments[i], call->context, v);
}

int xcall_slot_or_context(struct xcall *call, size_t i, struct xslot *v)
{
	if (i < call->expr->argument_count)
		return xcall_slot(call, i, v);
	v->type = XPATH_NODESET;
	xset_init(&v->set);
	return xset_add(&v->set, call->context->node);
}

static int value_of(struct xrun *r, const struct xexpr *e, const struct xpath_context *c, struct xpath_value *out)
{
	struct xslot v;
	int rc = xeval(r, e, c, &v);

	*out = (struct xpath_value){ 0 };
	if (rc != 0)
		return rc;
	return xslot_hand_out(&v, out);
}

int xcall_value(struct xcall *call, size_t i, struct xpath_value *out)
{
	assert(i < call->expr->argument_count);
	return value_of(call->run, call->expr->arguments[i], call->context, out);
}

int xcall_boolean(struct xcall *call, size_t i, bool *out)
{
	assert(i < call->expr->argument_count);
	return xeval_boolean(call->run, call->expr->arguments[i], call->context, out);
}

int xcall_number(struct xcall *call, size_t i, double *out)
{
	assert(i < call->expr->argument_count);
	return xeval_number(call->run, call->expr->arguments[i], call->context, out);
}

int xcall_string(struct xcall *call, size_t i, struct buf *out)
{
	struct xslot v;
	int rc = xcall_slot(call, i, &v);

	return rc != 0 ? rc : xslot_put(call->run, &v, out);
}

int xcall_string_or_context(struct xcall *call, size_t i, struct buf *out)
{
	struct xslot v;
	int rc = xcall_slot_or_context(call, i, &v);

	return rc != 0 ? rc : xslot_put(call->run, &v, out);
}

int xcall_nodes(struct xcall *call, size_t i, struct xpath_value *out)
{
	int rc = xcall_value(call, i, out);

	if (rc == 0 && out->type != XPATH_NODESET) {
		xpath_value_fini(out);
		rc = err_set(ERR_USAGE, "%s(): argument %zu must be questions or groups, not a value", call->expr->function->name, i + 1);
	}
	return rc;
}

int xcall_charge(struct xcall *call, uint64_t steps)
{
	return xrun_charge(call->run, steps);
}

int xreturn_boolean(struct xpath_value *out, bool b)
{
	*out = (struct xpath_value){ .type = XPATH_BOOLEAN, .boolean = b };
	return 0;
}

int xreturn_number(struct xpath_value *out, double d)
{
	*out = (struct xpath_value){ .type = XPATH_NUMBER, .number = d };
	return 0;
}

int xreturn_string(struct xpath_value *out, const char *text, size_t len)
{
	char *copy;

	if (len > XPATH_STRING_BYTES_MAX)
		return err_set(ERR_LIMIT, "a text of more than %d bytes in an expression", XPATH_STRING_BYTES_MAX);
	copy = malloc(len + 1);
	if (!copy)
		return err_set(ERR_NOMEM, "no memory for a text");
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	*out = (struct xpath_value){ .type = XPATH_STRING, .string = copy };
	return 0;
}

int xreturn_buf(struct xpath_value *out, struct buf *b)
{
	int rc = buf_error(b);

	if (rc == 0)
		rc = xreturn_string(out, buf_string(b), b->len);
	buf_fini(b);
	return rc;
}
