/*
 * convert: the conversions of XPath 1.0 section 4, of values under way (struct xslot) and of values handed out (struct xpath_value).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/form/xpath/eval.h"

/* The string value of a node that has no text of its own; it costs what there is below it. */
static const char *build_text(struct xrun *r, const struct xnode *n, struct buf *scratch)
{
	uint64_t seen = 0;

	buf_clear(scratch);
	xnode_string(n, scratch);
	for (const struct xnode *d = n; d; d = xnode_after(d, n))
		seen++;
	xrun_drain(r, seen + scratch->len / XRUN_STEP_BYTES);
	return buf_string(scratch);
}

const char *xslot_node_text(struct xrun *r, const struct xnode *n, struct buf *scratch)
{
	const char *text = xnode_text(n);

	return text ? text : build_text(r, n, scratch);
}

double xslot_node_number(struct xrun *r, const struct xnode *n)
{
	const char *text = xnode_text(n);
	struct buf scratch;
	double d;

	if (text)
		return xpath_number_read(text, r->tz_minutes);
	buf_init(&scratch, XPATH_STRING_BYTES_MAX);
	d = xpath_number_read(build_text(r, n, &scratch), r->tz_minutes);
	buf_fini(&scratch);
	return d;
}

static bool number_is_true(double d)
{
	return d != 0 && !isnan(d);
}

/* ---- values under way ---- */

void xslot_fini(struct xslot *v)
{
	if (v->type == XPATH_NODESET)
		xset_fini(&v->set);
	else if (v->type == XPATH_STRING)
		free(v->owned);
}

bool xslot_boolean(const struct xslot *v)
{
	switch (v->type) {
	case XPATH_BOOLEAN:
		return v->boolean;
	case XPATH_NUMBER:
		return number_is_true(v->number);
	case XPATH_STRING:
		return *v->text;
	case XPATH_NODESET:
		return v->set.count > 0;
	}
	return false;
}

double xslot_number(struct xrun *r, const struct xslot *v)
{
	switch (v->type) {
	case XPATH_BOOLEAN:
		return v->boolean;
	case XPATH_NUMBER:
		return v->number;
	case XPATH_STRING:
		return xpath_number_read(v->text, r->tz_minutes);
	case XPATH_NODESET:
		return v->set.count > 0 ? xslot_node_number(r, v->set.at[0]) : (double)NAN;
	}
	return (double)NAN;
}

const char *xslot_text(struct xrun *r, const struct xslot *v, struct buf *scratch)
{
	switch (v->type) {
	case XPATH_BOOLEAN:
		return v->boolean ? "true" : "false";
	case XPATH_NUMBER:
		buf_clear(scratch);
		xpath_number_format(v->number, scratch);
		return buf_string(scratch);
	case XPATH_STRING:
		return v->text;
	case XPATH_NODESET:
		return v->set.count > 0 ? xslot_node_text(r, v->set.at[0], scratch) : "";
	}
	return "";
}

/* ---- values handed out ---- */

static char *take_string(struct xslot *v)
{
	char *text = v->owned ? v->owned : strdup(v->text);

	if (!text)
		(void)err_set(ERR_NOMEM, "no memory for a text");
	return text;
}

static const struct xnode **take_nodes(struct xslot *v)
{
	const struct xnode **nodes = v->set.at;

	if (nodes != v->set.few)
		return nodes;
	nodes = malloc((v->set.count + 1) * sizeof *nodes);
	if (nodes)
		memcpy(nodes, v->set.few, v->set.count * sizeof *nodes);
	else
		(void)err_set(ERR_NOMEM, "no memory for %zu nodes", v->set.count);
	return nodes;
}

int xslot_hand_out(struct xslot *v, struct xpath_value *out)
{
	*out = (struct xpath_value){ .type = v->type };
	switch (v->type) {
	case XPATH_BOOLEAN:
		out->boolean = v->boolean;
		return 0;
	case XPATH_NUMBER:
		out->number = v->number;
		return 0;
	case XPATH_STRING:
		out->string = take_string(v);
		return out->string ? 0 : ERR_NOMEM;
	case XPATH_NODESET:
		out->nodes = take_nodes(v);
		out->node_count = out->nodes ? v->set.count : 0;
		return out->nodes ? 0 : ERR_NOMEM;
	}
	return 0;
}

int xslot_put(struct xrun *r, struct xslot *v, struct buf *out)
{
	struct buf scratch;
	size_t from = out->len;
	int rc;

	buf_init(&scratch, XPATH_STRING_BYTES_MAX);
	buf_text(out, xslot_text(r, v, &scratch));
	rc = buf_error(&scratch);
	if (rc == 0)
		rc = buf_error(out);
	xrun_drain(r, (out->len - from) / XRUN_STEP_BYTES);
	buf_fini(&scratch);
	xslot_fini(v);
	return rc;
}

void xpath_value_fini(struct xpath_value *v)
{
	free(v->string);
	free(v->nodes);
	*v = (struct xpath_value){ 0 };
}

bool xpath_value_boolean(const struct xpath_value *v)
{
	switch (v->type) {
	case XPATH_BOOLEAN:
		return v->boolean;
	case XPATH_NUMBER:
		return number_is_true(v->number);
	case XPATH_STRING:
		return v->string && *v->string;
	case XPATH_NODESET:
		return v->node_count > 0;
	}
	return false;
}

static double node_number(const struct xnode *n, int tz_minutes)
{
	struct xrun r = { .tz_minutes = tz_minutes };

	return xslot_node_number(&r, n);
}

double xpath_value_number(const struct xpath_value *v, int tz_minutes)
{
	switch (v->type) {
	case XPATH_BOOLEAN:
		return v->boolean;
	case XPATH_NUMBER:
		return v->number;
	case XPATH_STRING:
		return xpath_number_read(v->string ? v->string : "", tz_minutes);
	case XPATH_NODESET:
		return v->node_count > 0 ? node_number(v->nodes[0], tz_minutes) : (double)NAN;
	}
	return (double)NAN;
}

int xpath_value_string(const struct xpath_value *v, struct buf *out)
{
	switch (v->type) {
	case XPATH_BOOLEAN:
		buf_text(out, v->boolean ? "true" : "false");
		break;
	case XPATH_NUMBER:
		xpath_number_format(v->number, out);
		break;
	case XPATH_STRING:
		buf_text(out, v->string ? v->string : "");
		break;
	case XPATH_NODESET:
		if (v->node_count > 0)
			xnode_string(v->nodes[0], out);
		break;
	}
	return buf_error(out);
}
