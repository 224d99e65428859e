/*
 * xlsform_parameters: the parameters column: key=value pairs, each key and value checked against what the question's type understands,
 * since a misspelt one would otherwise do nothing in silence.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/author/xlsform_parts.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PARAMETERS_MAX 32
#define NEARLY_ZERO 1e-9

struct parameter {
	const char *key;
	const char *value;
};

struct parameters {
	struct parameter items[PARAMETERS_MAX];
	size_t count;
};

/* What each type understands; the others have none. */
static const struct {
	const char *word;
	const char *keys[8];
} ACCEPTED[] = {
	{ "range", { "end", "placeholder", "start", "step", "tick_interval", "tick_labelset" } },
	{ "select_one", { "randomize", "seed" } },
	{ "select_multiple", { "randomize", "seed" } },
	{ "rank", { "randomize", "seed" } },
	{ "select_one_external", { "randomize", "seed" } },
	{ "select_one_from_file", { "label", "randomize", "seed", "value" } },
	{ "select_multiple_from_file", { "label", "randomize", "seed", "value" } },
	{ "text", { "list", "rows" } },
	{ "image", { "app", "max-pixels" } },
	{ "audio", { "quality" } },
	{ "background-audio", { "quality" } },
	{ "geopoint", { "allow-mock-accuracy", "capture-accuracy", "reference-geometry", "warning-accuracy" } },
	{ "geotrace", { "allow-mock-accuracy", "incremental", "reference-geometry" } },
	{ "geoshape", { "allow-mock-accuracy", "incremental", "reference-geometry" } },
	{ "audit", { "identify-user", "location-max-age", "location-min-interval", "location-priority", "track-changes", "track-changes-reasons" } },
};

/* What a parameter may be, whatever its type of question. */
static const struct {
	const char *key;
	const char *words[5]; /* none: a number */
} VALUES[] = {
	{ "randomize", { "true", "false" } },
	{ "allow-mock-accuracy", { "true", "false" } },
	{ "incremental", { "true", "yes", "true()" } },
	{ "track-changes", { "true", "false" } },
	{ "identify-user", { "true", "false" } },
	{ "track-changes-reasons", { "on-form-edit" } },
	{ "location-priority", { "no-power", "low-power", "balanced", "high-accuracy" } },
	{ "quality", { "voice-only", "low", "normal", "external" } },
	{ "rows", { NULL } }, { "max-pixels", { NULL } }, { "capture-accuracy", { NULL } }, { "warning-accuracy", { NULL } },
	{ "location-max-age", { NULL } }, { "location-min-interval", { NULL } },
	{ "start", { NULL } }, { "end", { NULL } }, { "step", { NULL } }, { "tick_interval", { NULL } }, { "placeholder", { NULL } },
};

static bool is_number(const char *text, double *out)
{
	size_t digits = strspn(text + (*text == '-'), "0123456789.");
	char *end;

	*out = strtod(text, &end);
	return digits > 0 && *end == '\0' && text[(*text == '-') + digits] == '\0' && isfinite(*out);
}

/* ---- reading ---- */

static size_t token_len(const char *text)
{
	return strcspn(text, " \t\n=,;");
}

/* key=value with spaces, commas or semicolons between; false when it is anything else. */
static bool parse(struct xlsform *x, const char *text, struct parameters *out)
{
	out->count = 0;
	for (;;) {
		size_t key_len, value_len;
		const char *key;

		text += strspn(text, " \t\n,;");
		if (*text == '\0')
			return true;
		key = text;
		key_len = token_len(text);
		text += key_len;
		text += strspn(text, " \t\n,;");
		if (key_len == 0 || *text != '=' || out->count == PARAMETERS_MAX)
			return false;
		text++;
		text += strspn(text, " \t\n,;");
		value_len = token_len(text);
		if (value_len == 0)
			return false;
		out->items[out->count].key = xlsform_copy(x, key, key_len);
		out->items[out->count++].value = xlsform_copy(x, text, value_len);
		text += value_len;
		if (*text == '=')
			return false;
	}
}

static const char *get(const struct parameters *p, const char *key)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcasecmp(p->items[i].key, key) == 0)
			return p->items[i].value;
	return NULL;
}

static int compare_parameters(const void *a, const void *b)
{
	return strcmp(((const struct parameter *)a)->key, ((const struct parameter *)b)->key);
}

/* The one spelling: lower-case keys in order, one space between; of a key that stands twice the last counts. */
static const char *spell(struct xlsform *x, struct parameters *p)
{
	const char *out = "";

	for (size_t i = 0; i < p->count; i++) {
		char *key = arena_copy(x->arena, p->items[i].key, strlen(p->items[i].key));

		for (size_t c = 0; key != NULL && key[c] != '\0'; c++)
			if (key[c] >= 'A' && key[c] <= 'Z')
				key[c] = (char)(key[c] - 'A' + 'a');
		p->items[i].key = key != NULL ? key : "";
	}
	qsort(p->items, p->count, sizeof(p->items[0]), compare_parameters);
	for (size_t i = 0; i < p->count; i++)
		if (i + 1 == p->count || strcmp(p->items[i].key, p->items[i + 1].key) != 0)
			out = xlsform_print(x, "%s%s%s=%s", out, out[0] != '\0' ? " " : "", p->items[i].key, p->items[i].value);
	return out;
}

/* ---- checking ---- */

struct check {
	struct xlsform *x;
	struct problem_place at;
	const struct parameters *p;
	const struct xlsform_type *type;
	const char *appearance;
};

/* "The parameter "step": <what>" in both languages. */
static void wrong(const struct check *c, const char *key, const char *english, const char *arabic)
{
	const char *quoted = xlsform_quote(c->x, key);

	xlsform_say(c->x, false, c->at, xlsform_print(c->x, "The parameter \"%s\" %s.", quoted, english),
		xlsform_print(c->x, "المعامل «%s» %s.", quoted, arabic));
}

/* Whether all keys are understood by the type; tells those that are not, with the ones that are. */
static bool check_keys(const struct check *c)
{
	for (size_t t = 0; t < COUNT(ACCEPTED); t++) {
		const char *all = "";
		bool is_sound = true;

		if (strcmp(ACCEPTED[t].word, c->type->word) != 0)
			continue;
		for (size_t k = 0; k < COUNT(ACCEPTED[t].keys) && ACCEPTED[t].keys[k] != NULL; k++)
			all = xlsform_print(c->x, "%s%s%s", all, k > 0 ? ", " : "", ACCEPTED[t].keys[k]);
		for (size_t i = 0; i < c->p->count; i++) {
			bool is_known = false;

			for (size_t k = 0; k < COUNT(ACCEPTED[t].keys) && ACCEPTED[t].keys[k] != NULL; k++)
				is_known = is_known || strcasecmp(ACCEPTED[t].keys[k], c->p->items[i].key) == 0;
			if (is_known)
				continue;
			is_sound = false;
			wrong(c, c->p->items[i].key, xlsform_print(c->x, "is not known here; this type understands: %s", all),
				xlsform_print(c->x, "غير معروف هنا، وهذا النوع يقبل: %s", all));
		}
		return is_sound;
	}
	if (c->p->count > 0)
		xlsform_warning(c->x, c->at, "A question of the type \"%s\" has no parameters; they are passed over.",
			"ليس للأسئلة من النوع «%s» معاملات، ولن تُقرأ.", c->type->word);
	return true;
}

static bool has_parameters(const char *word)
{
	for (size_t t = 0; t < COUNT(ACCEPTED); t++)
		if (strcmp(ACCEPTED[t].word, word) == 0)
			return true;
	return false;
}

static bool check_value(const struct check *c, const struct parameter *p)
{
	for (size_t v = 0; v < COUNT(VALUES); v++) {
		const char *words = "";
		double number;

		if (strcasecmp(VALUES[v].key, p->key) != 0)
			continue;
		if (VALUES[v].words[0] == NULL) {
			if (is_number(p->value, &number))
				return true;
			wrong(c, p->key, "must be a number", "يجب أن يكون عددًا");
			return false;
		}
		for (size_t w = 0; w < COUNT(VALUES[v].words) && VALUES[v].words[w] != NULL; w++) {
			/* A recording in the background has no recorder of its own. */
			if (strcasecmp(p->value, VALUES[v].words[w]) == 0 && !(w == 3 && strcmp(c->type->word, "background-audio") == 0))
				return true;
			words = xlsform_print(c->x, "%s%s%s", words, w > 0 ? ", " : "", VALUES[v].words[w]);
		}
		wrong(c, p->key, xlsform_print(c->x, "must be one of: %s", words), xlsform_print(c->x, "يجب أن يكون واحدًا مما يلي: %s", words));
		return false;
	}
	return true;
}

static bool is_reference(const char *text)
{
	size_t len = strlen(text);

	return len > 3 && text[0] == '$' && text[1] == '{' && strchr(text, '}') == text + len - 1;
}

static void check_select(const struct check *c)
{
	const char *seed = get(c->p, "seed"), *randomize = get(c->p, "randomize");
	double number;

	if (seed != NULL && randomize == NULL)
		wrong(c, "seed", "needs randomize=true beside it", "يحتاج إلى randomize=true معه");
	else if (seed != NULL && !is_reference(seed) && !is_number(seed, &number))
		wrong(c, "seed", "must be a number or the name of a question, as ${name}", "يجب أن يكون عددًا أو اسم سؤال بالصيغة ${name}");
	for (size_t i = 0; i < 2; i++) {
		const char *key = i == 0 ? "value" : "label";
		const char *value = get(c->p, key);

		if (value != NULL && !form_is_name(value))
			wrong(c, key, "must be the name of a column of the file: letters, digits and _", "يجب أن يكون اسم عمود في الملف: حروف وأرقام و_");
	}
}

static void check_image(const struct check *c)
{
	const char *app = get(c->p, "app");
	bool is_sound = app == NULL || strchr(app, '.') != NULL;
	bool is_first = true;

	if (c->appearance[0] != '\0' && strcmp(c->appearance, "annotate") != 0)
		return;
	for (const char *at = app; at != NULL && *at != '\0'; at++) {
		bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
		bool is_other = (*at >= '0' && *at <= '9') || *at == '_';

		if (*at == '.' ? is_first : is_first ? !is_letter : !is_letter && !is_other)
			is_sound = false;
		is_first = *at == '.';
	}
	if (!is_sound || (app != NULL && is_first))
		wrong(c, "app", "must be the name of an Android package, as org.example.camera", "يجب أن يكون اسم حزمة أندرويد مثل org.example.camera");
}

static void check_audit(const struct check *c)
{
	const char *priority = get(c->p, "location-priority"), *interval = get(c->p, "location-min-interval");
	const char *age = get(c->p, "location-max-age");
	double a = 0, b = 0;

	if (priority == NULL && interval == NULL && age == NULL)
		return;
	if (priority == NULL || interval == NULL || age == NULL)
		wrong(c, "location-…", "needs all three of location-priority, location-min-interval, location-max-age",
			"يحتاج إلى الثلاثة معًا: location-priority وlocation-min-interval وlocation-max-age");
	else if (is_number(interval, &a) && is_number(age, &b) && (a < 0 || b < a))
		wrong(c, "location-max-age", "must not be smaller than location-min-interval, nor either of them below 0",
			"يجب ألا يقل عن location-min-interval، ولا يقل أيهما عن الصفر");
}

/* ---- range ---- */

struct range {
	double start, end, step, tick;
	bool has_tick;
	bool is_decimal;
};

static bool is_multiple(double value, double of)
{
	double left = fabs(remainder(value, of));

	return left < NEARLY_ZERO * fmax(1, fabs(of));
}

static bool is_inside(const struct range *r, double value)
{
	return value >= fmin(r->start, r->end) && value <= fmax(r->start, r->end);
}

static double number_of(const struct check *c, const char *key, double standard, bool *is_decimal)
{
	const char *text = get(c->p, key);
	double out = standard;

	if (text != NULL && is_number(text, &out) && strchr(text, '.') != NULL)
		*is_decimal = true;
	return out;
}

static bool appearance_has_ticks(const char *appearance)
{
	while (*appearance != '\0') {
		size_t len = strcspn(appearance, " ");

		if (len > 0 && !(len == 8 && strncmp(appearance, "vertical", len) == 0) && !(len == 8 && strncmp(appearance, "no-ticks", len) == 0))
			return false;
		appearance += len + (appearance[len] == ' ');
	}
	return true;
}

/* The labels of ticks are choices whose names are places of the range. */
static void check_ticks(const struct check *c, const struct range *r, const char *name)
{
	const struct xlsform_list *list = xlsform_choices_find(c->x, name);
	bool has_ends_only = strstr(c->appearance, "no-ticks") != NULL;
	double value;

	if (list == NULL) {
		wrong(c, "tick_labelset", "must be the name of a list of the sheet choices", "يجب أن يكون اسم قائمة في الورقة choices");
		return;
	}
	if (has_ends_only && list->count > 2) {
		wrong(c, "tick_labelset", "may name a list of two choices only where the appearance is no-ticks",
			"لا يقبل إلا قائمة من خيارين حين يكون المظهر no-ticks");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const char *code = xlsform_quote(c->x, list->choices[i].code);
		const char *english = NULL, *arabic = NULL;

		if (!is_number(list->choices[i].code, &value)) {
			english = "names a list in which a choice is not a number";
			arabic = "يشير إلى قائمة فيها خيار ليس عددًا";
		} else if (!is_inside(r, value)) {
			english = "names a list in which a choice is outside the range";
			arabic = "يشير إلى قائمة فيها خيار خارج المدى";
		} else if (has_ends_only && fabs(value - r->start) > NEARLY_ZERO && fabs(value - r->end) > NEARLY_ZERO) {
			english = "names a list in which a choice is neither start nor end";
			arabic = "يشير إلى قائمة فيها خيار ليس بداية المدى ولا نهايته";
		} else if (!has_ends_only && !is_multiple(value - r->start, r->has_tick ? r->tick : r->step)) {
			english = "names a list in which a choice lies between two steps";
			arabic = "يشير إلى قائمة فيها خيار يقع بين خطوتين";
		}
		if (english == NULL)
			continue;
		wrong(c, "tick_labelset", xlsform_print(c->x, "%s: \"%s\"", english, code), xlsform_print(c->x, "%s: «%s»", arabic, code));
		return;
	}
}

static bool check_range(const struct check *c)
{
	struct range r = { .is_decimal = false };
	double placeholder = 0;
	double width;
	const char *ticks = get(c->p, "tick_labelset");

	r.start = number_of(c, "start", 1, &r.is_decimal);
	r.end = number_of(c, "end", 10, &r.is_decimal);
	r.step = number_of(c, "step", 1, &r.is_decimal);
	r.tick = number_of(c, "tick_interval", 1, &r.is_decimal);
	r.has_tick = get(c->p, "tick_interval") != NULL;
	placeholder = number_of(c, "placeholder", r.start, &r.is_decimal);
	width = fabs(r.end - r.start);
	if (fabs(r.step) < NEARLY_ZERO)
		wrong(c, "step", "must not be 0", "يجب ألا يكون صفرًا");
	else if (fabs(r.step) > width + NEARLY_ZERO)
		wrong(c, "step", "must not be larger than the range from start to end", "يجب ألا يزيد على المدى من البداية إلى النهاية");
	else if (r.has_tick && fabs(r.tick) < NEARLY_ZERO)
		wrong(c, "tick_interval", "must not be 0", "يجب ألا يكون صفرًا");
	else if (r.has_tick && fabs(r.tick) > width + NEARLY_ZERO)
		wrong(c, "tick_interval", "must not be larger than the range from start to end", "يجب ألا يزيد على المدى من البداية إلى النهاية");
	else if (r.has_tick && !is_multiple(r.tick, r.step))
		wrong(c, "tick_interval", "must be a multiple of step", "يجب أن يكون من مضاعفات step");
	else if (!is_inside(&r, placeholder))
		wrong(c, "placeholder", "must lie between start and end", "يجب أن يقع بين البداية والنهاية");
	else if (!is_multiple(placeholder - r.start, r.step))
		wrong(c, "placeholder", "must be a multiple of step from start on", "يجب أن يكون على بعد مضاعف من step عن البداية");
	else if (!appearance_has_ticks(c->appearance) && (ticks != NULL || r.has_tick || get(c->p, "placeholder") != NULL))
		wrong(c, ticks != NULL ? "tick_labelset" : r.has_tick ? "tick_interval" : "placeholder",
			"goes with the appearances vertical and no-ticks, or none, only", "لا يصلح إلا مع المظهر vertical أو no-ticks أو دون مظهر");
	else if (ticks != NULL)
		check_ticks(c, &r, ticks);
	return r.is_decimal;
}

/* A place is taken here without a map, so there is nothing to lay other places under. */
static void drop_geometry(const struct check *c, struct parameters *p)
{
	size_t kept = 0;

	if (get(p, "reference-geometry") == NULL)
		return;
	for (size_t i = 0; i < p->count; i++)
		if (strcasecmp(p->items[i].key, "reference-geometry") != 0)
			p->items[kept++] = p->items[i];
	p->count = kept;
	xlsform_warning(c->x, c->at, "\"%s\" is not supported by Mandoob, which shows no map; it is passed over.",
		"المعامل «%s» غير مدعوم في مندوب، فهو لا يعرض خريطة، ولن يُقرأ.", "reference-geometry");
}

/* A range says where it begins and ends, since that is what makes it one. */
static void fill_range(struct parameters *p)
{
	static const struct parameter STANDARD[] = { { "start", "1" }, { "end", "10" }, { "step", "1" } };

	for (size_t i = 0; i < COUNT(STANDARD); i++)
		if (get(p, STANDARD[i].key) == NULL && p->count < PARAMETERS_MAX)
			p->items[p->count++] = STANDARD[i];
}

void xlsform_parameters_read(struct xlsform *x, struct xlsform_row *row, const struct xlsform_type *type)
{
	struct parameters p;
	struct check c = { x, xlsform_at_cell(row->line, FORM_PARAMETERS), &p, type, row->plain[FORM_APPEARANCE] };
	bool is_sound = true;

	if (row->plain[XLSFORM_ROWS][0] != '\0' && strstr(row->plain[FORM_PARAMETERS], "rows") == NULL)
		row->plain[FORM_PARAMETERS] = xlsform_print(x, "%s rows=%s", row->plain[FORM_PARAMETERS], row->plain[XLSFORM_ROWS]);
	if (!parse(x, row->plain[FORM_PARAMETERS], &p)) {
		xlsform_error(x, c.at, "Parameters are written as key=value with spaces between; this is not: \"%s\".",
			"تُكتب المعاملات بصيغة key=value وبينها مسافات، وهذا ليس كذلك: «%s».", xlsform_quote(x, row->plain[FORM_PARAMETERS]));
		return;
	}
	is_sound = check_keys(&c);
	for (size_t i = 0; i < p.count; i++)
		is_sound = check_value(&c, &p.items[i]) && is_sound;
	if (is_sound && type->kind == XLSFORM_RANGE && check_range(&c))
		row->type = form_type_name(FORM_DECIMAL);
	if (is_sound && (type->kind == XLSFORM_SELECT || type->kind == XLSFORM_SELECT_FILE))
		check_select(&c);
	if (is_sound && type->type == FORM_IMAGE)
		check_image(&c);
	if (is_sound && strcmp(type->word, "audit") == 0)
		check_audit(&c);
	drop_geometry(&c, &p);
	if (type->kind == XLSFORM_RANGE)
		fill_range(&p);
	row->plain[FORM_PARAMETERS] = has_parameters(type->word) && type->kind != XLSFORM_DRAWN ? spell(x, &p) : "";
}

const char *xlsform_parameters_get(struct xlsform *x, const char *parameters, const char *key)
{
	struct parameters p;
	const char *value = parse(x, parameters, &p) ? get(&p, key) : NULL;

	return value != NULL ? value : "";
}
