/*
 * plan_order: what depends on what, and the one order in which a recomputation visits it.
 *
 * The expressions are asked which nodes they can reach (xpath_depends) in a template: a tree of the form with two rows in each repeat. The
 * second row tells "my own row" (../x reaches the first only) from "any row" (an absolute path reaches both): the row before may feed
 * this one, which is no circle.
 *
 * An edge is strong when what it leads to must be known first, weak when it is only better so:
 *	- relevance that reads the relevance of another question: two questions may exclude each other;
 *	- another row of the same repeat; a default, which is taken once; what a choice filter takes away.
 * A circle of strong edges is the author's mistake and is named. Weak ones are followed where possible; where not, the plan is not settled.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/form/plan_private.h"

#define NO_VERTEX UINT32_MAX
#define CIRCLE_BYTES_MAX 240

/* A node of the template. */
struct spot {
	struct xnode x;
	uint32_t node;
	int other; /* the repeat in whose second row it stands; -1: in first rows only */
};

struct edge {
	uint32_t from; /* vertex: node * PLAN_ASPECT_COUNT + aspect */
	uint32_t to;
	bool is_strong;
};

/* How far the walk through the graph is with a vertex. */
enum colour { WHITE, GREY, BLACK };

struct frame {
	uint32_t vertex;
	size_t edge; /* next */
};

struct order {
	struct plan *plan;
	size_t vertices;
	/* template */
	struct arena *arena;
	struct xnode document;
	struct spot **main;      /* of each form node: in the first rows */
	/* what one expression reads */
	size_t reader;           /* the node whose expression it is */
	uint8_t *seen;           /* of each form node: 1, or 2 when it may be in another row of a repeat that the reader is in */
	uint32_t *touched;       /* which of them */
	size_t touched_count;
	/* graph */
	struct edge *edges;      /* sorted by from, strong ones first, once `first` is made */
	size_t edge_count;
	size_t edge_cap;
	size_t *first;           /* of each vertex: its first edge; one more at the end */
	uint8_t *colours;
	uint8_t *is_told;        /* vertices of circles that are told already */
	struct frame *stack;
	size_t stack_count;
	int rc;
};

/* ---- template ---- */

static struct spot *new_spot(struct order *o, size_t node, int other, struct xnode *parent)
{
	struct spot *s = arena_alloc(o->arena, 1, sizeof *s);

	if (!s)
		return NULL;
	s->node = (uint32_t)node;
	s->other = other;
	s->x = (struct xnode){ .kind = XNODE_ELEMENT, .name = o->plan->nodes[node].name, .local = o->plan->nodes[node].name, .data = s };
	xnode_append(parent, &s->x);
	return s;
}

/* The second row of repeat `repeat`, in which each repeat has one row. */
static bool build_other(struct order *o, size_t repeat, struct xnode *parent, struct spot **places)
{
	places[repeat] = new_spot(o, repeat, (int)repeat, parent);
	if (!places[repeat])
		return false;
	for (size_t i = repeat + 1; i < form_node(o->plan->form, repeat)->end; i++) {
		places[i] = new_spot(o, i, (int)repeat, &places[form_node(o->plan->form, i)->parent]->x);
		if (!places[i])
			return false;
	}
	return true;
}

static int build_template(struct order *o)
{
	const struct form *f = o->plan->form;
	size_t count = form_node_count(f);
	struct spot **other = arena_alloc(o->arena, count, sizeof(*other));

	o->main = arena_alloc(o->arena, count, sizeof(*o->main));
	if (!other || !o->main)
		return arena_error(o->arena);
	o->document.kind = XNODE_DOCUMENT;
	for (size_t i = 0; i < count; i++) {
		int parent = form_node(f, i)->parent;
		struct xnode *above = parent < 0 ? &o->document : &o->main[parent]->x;

		o->main[i] = new_spot(o, i, -1, above);
		if (!o->main[i] || (form_node(f, i)->kind == FORM_NODE_REPEAT && !build_other(o, i, above, other)))
			return arena_error(o->arena);
	}
	xnode_number(&o->document, 1);
	return 0;
}

/* ---- what an expression reads ---- */

static void see(void *ctx, const struct xnode *n)
{
	struct order *o = ctx;
	const struct spot *s = n->data;

	if (!s)
		return; /* the document itself */
	if (!o->seen[s->node])
		o->touched[o->touched_count++] = s->node;
	if (s->other >= 0 && o->reader >= (size_t)s->other && o->reader < form_node(o->plan->form, (size_t)s->other)->end)
		o->seen[s->node] = 2;
	else if (!o->seen[s->node])
		o->seen[s->node] = 1;
}

static int look(struct order *o, const struct xpath *x, size_t node)
{
	for (size_t i = 0; i < o->touched_count; i++)
		o->seen[o->touched[i]] = 0;
	o->touched_count = 0;
	return xpath_depends(x, &o->main[node]->x, see, o);
}

/* ---- edges ---- */

static uint32_t vertex_of(size_t node, enum plan_aspect aspect)
{
	return (uint32_t)(node * PLAN_ASPECT_COUNT + aspect);
}

static bool has_aspect(const struct plan *p, size_t node, enum plan_aspect aspect)
{
	const struct plan_node *n = &p->nodes[node];
	bool is_repeat = form_node(p->form, node)->kind == FORM_NODE_REPEAT;

	switch (aspect) {
	case PLAN_RELEVANT: return true;
	case PLAN_COUNT: return is_repeat && n->columns[FORM_REPEAT_COUNT];
	case PLAN_ROWS: return is_repeat;
	case PLAN_VALUE: return (n->columns[FORM_CALCULATION] && !n->is_triggered) || n->columns[FORM_DEFAULT];
	case PLAN_FILTER: return n->columns[FORM_CHOICE_FILTER] || n->member >= 0;
	}
	return false;
}

static void add_edge(struct order *o, uint32_t from, uint32_t to, bool is_strong)
{
	if (o->rc)
		return;
	if (o->edge_count == o->edge_cap) {
		size_t cap = o->edge_cap ? 2 * o->edge_cap : 4096;
		struct edge *edges = cap > PLAN_EDGES_MAX ? NULL : realloc(o->edges, cap * sizeof *edges);

		if (!edges) {
			o->rc = err_set(cap > PLAN_EDGES_MAX ? ERR_LIMIT : ERR_NOMEM,
				"the expressions of the form depend on more than %d places", PLAN_EDGES_MAX / 2);
			return;
		}
		o->edges = edges;
		o->edge_cap = cap;
	}
	o->edges[o->edge_count++] = (struct edge){ from, to, is_strong };
}

/* Where the relevance of what is inside `node` comes from. */
static uint32_t inside_of(const struct plan *p, size_t node)
{
	return vertex_of(node, form_node(p->form, node)->kind == FORM_NODE_REPEAT ? PLAN_ROWS : PLAN_RELEVANT);
}

/* What an aspect needs whatever its expression says. */
static void add_frame_edges(struct order *o, size_t node)
{
	const struct plan *p = o->plan;
	int parent = form_node(p->form, node)->parent;
	uint32_t relevant = vertex_of(node, PLAN_RELEVANT);

	if (parent >= 0)
		add_edge(o, relevant, inside_of(p, (size_t)parent), true);
	if (has_aspect(p, node, PLAN_COUNT)) {
		add_edge(o, vertex_of(node, PLAN_COUNT), relevant, true);
		add_edge(o, vertex_of(node, PLAN_ROWS), vertex_of(node, PLAN_COUNT), true);
	}
	if (has_aspect(p, node, PLAN_ROWS))
		add_edge(o, vertex_of(node, PLAN_ROWS), relevant, true);
	if (has_aspect(p, node, PLAN_VALUE))
		add_edge(o, vertex_of(node, PLAN_VALUE), relevant, true);
	if (has_aspect(p, node, PLAN_FILTER)) {
		add_edge(o, vertex_of(node, PLAN_FILTER), relevant, true);
		if (has_aspect(p, node, PLAN_VALUE))
			add_edge(o, vertex_of(node, PLAN_FILTER), vertex_of(node, PLAN_VALUE), false);
		if (p->nodes[node].member >= 0)
			add_edge(o, vertex_of(node, PLAN_FILTER), inside_of(p, (size_t)p->nodes[node].member), false);
	}
}

/* The expression of `from`, an aspect of `node`, reads `read`; `is_soft`: nothing must wait for it. */
static void add_read_edges(struct order *o, uint32_t from, size_t node, size_t read, bool is_soft)
{
	const struct plan *p = o->plan;
	enum plan_aspect aspect = (enum plan_aspect)(from % PLAN_ASPECT_COUNT);
	bool is_relevance = aspect == PLAN_RELEVANT || aspect == PLAN_ROWS;
	bool is_inside = read >= node && read < form_node(p->form, node)->end;
	bool is_strong = !is_soft && o->seen[read] == 1 && aspect != PLAN_FILTER;

	/* A question may look at what it holds itself when its choices are filtered; its relevance may not. */
	add_edge(o, from, inside_of(p, read), is_strong && (!is_relevance || is_inside));
	if (has_aspect(p, read, PLAN_VALUE))
		add_edge(o, from, vertex_of(read, PLAN_VALUE), is_strong && p->nodes[read].columns[FORM_CALCULATION]);
	if (has_aspect(p, read, PLAN_FILTER))
		add_edge(o, from, vertex_of(read, PLAN_FILTER), false);
	/* A question without an expression of its own, read by its own relevance. */
	if (is_relevance && read == node)
		add_edge(o, from, from, is_strong);
}

static void add_expression(struct order *o, size_t node, enum plan_aspect aspect, const struct xpath *x, bool is_soft)
{
	int rc;

	if (!x || o->rc)
		return;
	o->reader = node;
	/* A count is taken outside the rows that it counts. */
	if (aspect == PLAN_COUNT)
		o->reader = (size_t)form_node(o->plan->form, node)->parent;
	rc = look(o, x, node);
	if (rc) {
		o->rc = rc;
		return;
	}
	for (size_t i = 0; i < o->touched_count; i++)
		add_read_edges(o, vertex_of(node, aspect), node, o->touched[i], is_soft);
}

static void add_node(struct order *o, size_t node)
{
	struct plan_node *n = &o->plan->nodes[node];
	bool is_repeat = form_node(o->plan->form, node)->kind == FORM_NODE_REPEAT;

	add_frame_edges(o, node);
	if (!n->fixed[FORM_RELEVANT])
		add_expression(o, node, is_repeat ? PLAN_ROWS : PLAN_RELEVANT, n->columns[FORM_RELEVANT], false);
	if (is_repeat && !n->fixed[FORM_RELEVANT])
		add_expression(o, node, PLAN_RELEVANT, n->columns[FORM_RELEVANT], false);
	if (is_repeat)
		add_expression(o, node, PLAN_COUNT, n->columns[FORM_REPEAT_COUNT], false);
	if (!n->is_triggered)
		add_expression(o, node, PLAN_VALUE, n->columns[FORM_CALCULATION], false);
	add_expression(o, node, PLAN_VALUE, n->columns[FORM_DEFAULT], true);
	if (n->columns[FORM_CHOICE_FILTER])
		add_expression(o, node, PLAN_FILTER, n->items, true);
}

/* By where they come from, strong ones first: a counting sort, since there may be many. */
static int sort_edges(struct order *o)
{
	struct edge *sorted = calloc(o->edge_count + 1, sizeof *sorted);
	size_t *next = calloc(o->vertices + 2, sizeof *next);
	int strong;

	o->first = next;
	if (!sorted || !next) {
		free(sorted);
		return err_set(ERR_NOMEM, "no memory for the order of a form");
	}
	for (size_t i = 0; i < o->edge_count; i++)
		next[o->edges[i].from + 2]++;
	for (size_t v = 2; v < o->vertices + 2; v++)
		next[v] += next[v - 1];
	/* next[v + 1] is where the next edge of v goes; in the end it is where those of v + 1 begin. */
	for (strong = 1; strong >= 0; strong--)
		for (size_t i = 0; i < o->edge_count; i++)
			if (o->edges[i].is_strong == (strong == 1))
				sorted[next[o->edges[i].from + 1]++] = o->edges[i];
	free(o->edges);
	o->edges = sorted;
	return 0;
}

/* ---- circles ---- */

static bool has_expression(const struct plan *p, uint32_t vertex, enum form_column *column)
{
	const struct plan_node *n = &p->nodes[vertex / PLAN_ASPECT_COUNT];

	switch ((enum plan_aspect)(vertex % PLAN_ASPECT_COUNT)) {
	case PLAN_RELEVANT:
	case PLAN_ROWS: *column = FORM_RELEVANT; break;
	case PLAN_COUNT: *column = FORM_REPEAT_COUNT; break;
	case PLAN_VALUE: *column = FORM_CALCULATION; break;
	case PLAN_FILTER: *column = FORM_CHOICE_FILTER; break;
	}
	return n->columns[*column] != NULL;
}

/* The circle is the stack from `from` on, and back. */
static void write_circle(const struct order *o, size_t from, struct buf *out)
{
	const char *first = NULL;
	uint32_t last = NO_VERTEX;
	enum form_column column;

	for (size_t i = from; i < o->stack_count; i++) {
		uint32_t v = o->stack[i].vertex;
		const char *name = form_node(o->plan->form, v / PLAN_ASPECT_COUNT)->name;

		if (!has_expression(o->plan, v, &column) || v / PLAN_ASPECT_COUNT == last)
			continue;
		last = v / PLAN_ASPECT_COUNT;
		buf_printf(out, "%s (%s) → ", name, plan_problem_column(column));
		first = first ? first : name;
		if (out->len > CIRCLE_BYTES_MAX / 2) {
			buf_text(out, "… → ");
			break;
		}
	}
	buf_text(out, first ? first : "");
}

static int tell_circle(struct order *o, size_t from)
{
	struct plan_place at = { .node = FORM_NODE_ROOT, .column = "relevant" };
	enum form_column column;
	struct buf circle, english, arabic;
	bool is_new = false;
	int rc;

	for (size_t i = o->stack_count; i-- > from;) {
		uint32_t v = o->stack[i].vertex;

		is_new = is_new || !o->is_told[v];
		o->is_told[v] = 1;
		if (has_expression(o->plan, v, &column))
			at = (struct plan_place){ .node = v / PLAN_ASPECT_COUNT, .column = plan_problem_column(column) };
	}
	if (!is_new)
		return 0;
	buf_init(&circle, 4 * CIRCLE_BYTES_MAX);
	buf_init(&english, 8 * CIRCLE_BYTES_MAX);
	buf_init(&arabic, 8 * CIRCLE_BYTES_MAX);
	write_circle(o, from, &circle);
	buf_printf(&english, "These depend on each other in a circle: %s. Please take one of the references out.", buf_string(&circle));
	buf_printf(&arabic, "هذه العبارات تعتمد بعضها على بعض في حلقة: %s. يُرجى حذف إحدى الإشارات.", buf_string(&circle));
	rc = buf_error(&english) ? buf_error(&english) : buf_error(&arabic);
	if (!rc)
		rc = plan_problem_add(o->plan, &at, false, buf_string(&english), buf_string(&arabic));
	buf_fini(&circle);
	buf_fini(&english);
	buf_fini(&arabic);
	return rc;
}

/* ---- the walk: depth first, without recursion ---- */

static void push(struct order *o, uint32_t vertex)
{
	o->colours[vertex] = GREY;
	o->stack[o->stack_count++] = (struct frame){ vertex, o->first[vertex] };
}

static void emit(struct order *o, uint32_t vertex)
{
	size_t node = vertex / PLAN_ASPECT_COUNT;
	enum plan_aspect aspect = (enum plan_aspect)(vertex % PLAN_ASPECT_COUNT);

	if (has_aspect(o->plan, node, aspect))
		o->plan->steps[o->plan->step_count++] = (struct plan_step){ (uint32_t)node, aspect };
}

/* One vertex and all it needs. With `is_circles` strong edges alone, telling circles; otherwise all edges, giving the steps. */
static int walk_from(struct order *o, uint32_t start, bool is_circles)
{
	int rc = 0;

	push(o, start);
	while (!rc && o->stack_count > 0) {
		struct frame *top = &o->stack[o->stack_count - 1];
		const struct edge *e = &o->edges[top->edge];
		size_t at;

		if (top->edge == o->first[top->vertex + 1] || (is_circles && !e->is_strong)) {
			o->colours[top->vertex] = BLACK;
			if (!is_circles)
				emit(o, top->vertex);
			o->stack_count--;
			continue;
		}
		top->edge++;
		if (o->colours[e->to] == WHITE) {
			push(o, e->to);
		} else if (o->colours[e->to] == GREY && is_circles) {
			for (at = o->stack_count - 1; o->stack[at].vertex != e->to;)
				at--;
			rc = tell_circle(o, at);
		} else if (o->colours[e->to] == GREY) {
			o->plan->is_settled = false;
		}
	}
	o->stack_count = 0;
	return rc;
}

static int walk_all(struct order *o, bool is_circles)
{
	int rc = 0;

	memset(o->colours, WHITE, o->vertices);
	for (size_t v = 0; !rc && v < o->vertices; v++)
		if (o->colours[v] == WHITE)
			rc = walk_from(o, (uint32_t)v, is_circles);
	return rc;
}

/* ---- acknowledge: "OK" or "yes" ---- */

static bool has_literal(const char *text, const char *word)
{
	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
		char quote = at > text ? at[-1] : '\0';

		if ((quote == '\'' || quote == '"') && at[strlen(word)] == quote)
			return true;
	}
	return false;
}

/* ODK stores "OK"; our own forms ask for 'yes'. Which one an expression means is seen from what it compares with. */
static int find_yes(struct order *o, size_t node)
{
	const struct form_node *n = form_node(o->plan->form, node);
	int rc = 0;

	for (int c = 0; !rc && c < FORM_COLUMN_COUNT; c++) {
		const struct xpath *x = o->plan->nodes[node].columns[c];

		if (!x || c == FORM_CHOICE_FILTER || !has_literal(n->columns[c], "yes") || has_literal(n->columns[c], "OK"))
			continue;
		rc = look(o, x, node);
		for (size_t i = 0; i < o->touched_count; i++)
			if (form_node(o->plan->form, o->touched[i])->type == FORM_ACKNOWLEDGE)
				o->plan->nodes[o->touched[i]].reads_yes = true;
	}
	return rc;
}

static int find_all_yes(struct order *o)
{
	bool is_any = false;
	int rc = 0;

	for (size_t i = 0; i < form_node_count(o->plan->form); i++)
		is_any = is_any || form_node(o->plan->form, i)->type == FORM_ACKNOWLEDGE;
	for (size_t i = 0; is_any && !rc && i < form_node_count(o->plan->form); i++)
		rc = find_yes(o, i);
	return rc;
}

/* ---- all of it ---- */

static int prepare(struct order *o)
{
	size_t count = form_node_count(o->plan->form);

	o->vertices = count * PLAN_ASPECT_COUNT;
	o->arena = arena_new(PLAN_BYTES_MAX);
	if (!o->arena)
		return err_set(ERR_NOMEM, "no memory for the order of a form");
	o->seen = arena_alloc(o->arena, count, sizeof *o->seen);
	o->touched = arena_alloc(o->arena, count, sizeof *o->touched);
	o->colours = arena_alloc(o->arena, o->vertices, sizeof *o->colours);
	o->is_told = arena_alloc(o->arena, o->vertices, sizeof *o->is_told);
	o->stack = arena_alloc(o->arena, o->vertices, sizeof *o->stack);
	o->plan->steps = arena_alloc(o->plan->arena, o->vertices, sizeof *o->plan->steps);
	if (!o->stack || !o->plan->steps)
		return err_set(ERR_NOMEM, "no memory for the order of a form");
	return build_template(o);
}

static int find_order(struct order *o)
{
	int rc = prepare(o);

	if (rc)
		return rc;
	for (size_t i = 0; i < form_node_count(o->plan->form); i++)
		add_node(o, i);
	rc = o->rc ? o->rc : sort_edges(o);
	if (!rc)
		rc = walk_all(o, true);
	if (rc || o->plan->error_count > 0)
		return rc;
	o->plan->is_settled = true;
	rc = walk_all(o, false);
	return rc ? rc : find_all_yes(o);
}

int plan_order_all(struct plan *p)
{
	struct order o = { .plan = p };
	int rc = find_order(&o);

	free(o.edges);
	free(o.first);
	arena_free(o.arena);
	return rc;
}
