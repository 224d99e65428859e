/*
 * render: see render.h. The document around the body: head, style, title, what is said in the margin of each sheet of paper.
 *
 * One style element serves screen and paper. It uses logical properties only, so that right to left needs no second sheet; colours hold
 * AA contrast (on white: #595959 7:1, #a30000 8:1, #6b4a00 8:1) and nothing is said by colour alone. Letters are 18 px and more on the
 * screen, lines far enough apart for Arabic marks.
 *
 * The number of the case and "page x of y" stand in the margin by @page rules: that is the only place on every sheet that no answer can
 * cover, and Chromium, which prints here, has it. The content is our own words and the reference, written so that it can neither end
 * the text nor the element.
 */
#include <string.h>

#include "proto/base/html.h"
#include "proto/form/markdown.h"
#include "proto/form/render_private.h"

#define TITLE_BYTES_MAX (64 * 1024)

static const char STYLE[] =
	"*{box-sizing:border-box}"
	"body{margin:0 auto;padding:1rem;max-width:56rem;color:#1a1a1a;background:#fff;font-size:1.125rem;line-height:1.7;overflow-wrap:anywhere;"
	"font-family:\"IBM Plex Sans Arabic\",\"Noto Sans Arabic\",\"Noto Naskh Arabic\",\"Segoe UI\",Tahoma,sans-serif}"
	"bdi,textarea{white-space:pre-line}"
	"header{border-block-end:2px solid #1a1a1a;margin-block-end:1rem;padding-block-end:.25rem}"
	"h1,h2,h3,h4,h5,h6{line-height:1.5;text-wrap:balance}h1{font-size:1.6rem;margin:0}"
	"h2{font-size:1.35rem;border-block-end:1px solid #767676;margin-block:2rem .5rem}"
	"h3,h4,h5,h6{font-size:1.15rem;margin-block:1.25rem .25rem}"
	"p,.note,.hint,.wrong,.soft,.number{margin-block:.25rem}"
	".facts{display:flex;flex-wrap:wrap;gap:0 2rem;margin:.25rem 0}"
	".question{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:.25rem 1.25rem;padding-block:.6rem;border-block-end:1px solid #d0d0d0}"
	".wide{grid-template-columns:minmax(0,1fr)}"
	".label{font-weight:600}.label>:first-child,.note>:first-child{margin-block-start:0}"
	".label :is(h1,h2,h3,h4,h5,h6),.note :is(h1,h2,h3,h4,h5,h6){font-size:1em;border:0;margin-block:.25rem}.label ul,.label ol{margin-block:.25rem}"
	".note{padding:.4rem .8rem;background:#f2f2f2;border-inline-start:.25rem solid #767676;break-inside:avoid}"
	".none,.hint,.number{color:#595959}.hint{font-size:.95em}"
	".wrong{color:#a30000}.wrong::before{content:\"\\2715\\00a0\"}.soft{color:#6b4a00}.soft::before{content:\"\\26a0\\00a0\"}"
	".required{display:inline-block;font-weight:400;font-size:.85em;line-height:1.6;border:1px solid #595959;border-radius:.25rem;padding:0 .4rem;"
	"margin-inline-start:.5rem}"
	".row{border:1px solid #767676;border-radius:.3rem;padding:.4rem .8rem;margin-block:.6rem;-webkit-box-decoration-break:clone;"
	"box-decoration-break:clone}.row>.number{font-weight:600}"
	".row>:last-child,section>.question:last-child{border-block-end:0}"
	".choices{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(11rem,100%),1fr));gap:.5rem 1rem}"
	"input[type=text],textarea,select{font:inherit;color:inherit;background:#fff;inline-size:100%;min-block-size:3rem;padding:.3rem .6rem;"
	"border:1px solid #595959;border-radius:.25rem}[readonly]{background:#f2f2f2}"
	"[dir=rtl] input[dir=ltr]{text-align:end}[dir=ltr] input[dir=ltr]{text-align:start}"
	".tap{display:flex;align-items:center;gap:.6rem;min-block-size:2.75rem}"
	"input[type=radio],input[type=checkbox]{flex:none;margin:.2rem;inline-size:1.5rem;block-size:1.5rem;accent-color:#1a1a1a}"
	"button{font:inherit;min-block-size:2.75rem;padding:0 1.5rem}"
	":focus-visible{outline:3px solid #1a1a1a;outline-offset:3px;box-shadow:0 0 0 3px #fff}"
	".box{display:flex;gap:.4rem}.box i,.sign i{font-style:normal}.box i{font-size:1.3em;line-height:1.25}"
	".line{border-block-end:1px solid #595959;block-size:9mm;flex:1}.short{max-inline-size:60mm}"
	".part{display:flex;flex-wrap:wrap;align-items:flex-end;gap:0 2mm}.part span{flex:none}.part .line{min-inline-size:12mm;max-inline-size:24mm}"
	".pad{border:1px dashed #595959;min-block-size:30mm;padding:.3rem;color:#595959}"
	".places{display:inline-flex;flex-wrap:wrap;gap:1mm 0}.places i{font-style:normal;text-align:center;border:1px solid #595959;margin-inline-start:-1px;"
	"inline-size:6.5mm;block-size:8.5mm;line-height:8.5mm}.wide .places i:nth-child(4n):not(:last-child){margin-inline-end:2mm}"
	".signature{display:block;inline-size:16rem;max-inline-size:100%;block-size:auto;max-block-size:8rem;fill:none;stroke:#1a1a1a;stroke-width:6;"
	"stroke-linecap:round;stroke-linejoin:round}"
	".sign{display:flex;flex-wrap:wrap;gap:2rem;justify-content:space-between;margin-block-start:20mm;break-inside:avoid}"
	".sign span{border-block-start:1px solid #1a1a1a;min-inline-size:14rem;padding-block-start:.25rem}"
	".office{break-before:page}.page{margin-block:2.5rem 0}.page+section>h2{margin-block-start:.25rem}"
	"@media (max-width:36rem){.question{grid-template-columns:minmax(0,1fr)}}"
	"@media print{html{font-size:10pt}body{max-width:none;padding:0;font-size:10.5pt;line-height:1.6}.question,.sign,.keep,.choices{break-inside:avoid}"
	".question{padding-block:.3rem;grid-template-columns:minmax(0,5fr) minmax(0,12fr)}.wide{grid-template-columns:minmax(0,1fr)}.note{background:none}"
	".choices{grid-template-columns:repeat(auto-fill,minmax(min(28mm,100%),1fr));gap:.1rem .6rem}.wide .choices{grid-template-columns:"
	"repeat(auto-fill,minmax(min(34mm,100%),1fr))}"
	"h1,h2,h3,h4,h5,h6,h2+.hint,h3+.hint,h4+.hint,.number,.lead{break-after:avoid}p,.note{orphans:3;widows:3}}";

/* ---- the margin of paper ---- */

/*
 * Inside a text of the style sheet every character but letters of ASCII and digits is written by its number, so that no text can end
 * there.
 */
static void write_style_text(struct buf *out, const char *text)
{
	for (const char *at = text; *at; at++) {
		unsigned char c = (unsigned char)*at;

		if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ')
			buf_append(out, at, 1);
		else
			buf_printf(out, "\\%x ", c);
	}
}

/* The reference, or room to write it: a sheet that fell out of its file must find back. */
static void write_margin(struct render *r)
{
	const char *digits = r->o->is_arabic ? ", arabic-indic" : "";

	buf_printf(r->out, "@page{size:A4;margin:14mm 14mm 18mm;@bottom-center{font-size:9pt;font-family:\"Noto Sans Arabic\",sans-serif;"
			   "direction:%s;content:\"", r->o->is_arabic ? "rtl" : "ltr");
	if (r->o->reference && *r->o->reference) {
		buf_printf(r->out, "%s: \\2066 ", render_word(r, RENDER_WORD_REFERENCE));
		write_style_text(r->out, r->o->reference);
		buf_text(r->out, "\\2069 \\00a0\\00a0\\2013 \\00a0\\00a0");
	} else if (r->o->purpose == RENDER_BLANK) {
		buf_printf(r->out, "%s: ______________ \\00a0\\00a0\\2013 \\00a0\\00a0", render_word(r, RENDER_WORD_REFERENCE));
	}
	buf_printf(r->out, "%s \" counter(page%s) \" %s \" counter(pages%s)}}", render_word(r, RENDER_WORD_PAGE), digits,
		   render_word(r, RENDER_WORD_OF), digits);
}

/* ---- head ---- */

static void write_head(struct render *r, const char *title)
{
	buf_printf(r->out, "<!doctype html>\n<html lang=\"%s\" dir=\"%s\"><head><meta charset=\"utf-8\">", r->o->is_arabic ? "ar" : "en",
		   r->o->is_arabic ? "rtl" : "ltr");
	buf_text(r->out, "<meta name=\"viewport\" content=\"width=device-width\">"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
	html_element(r->out, "title", NULL, title);
	buf_printf(r->out, "<style>%s", STYLE);
	write_margin(r);
	buf_text(r->out, "</style></head>\n<body>\n");
}

static void write_fact(struct render *r, enum render_word word, const char *value)
{
	buf_printf(r->out, "<span>%s: <bdi dir=\"ltr\">", render_word(r, word));
	html_text(r->out, value);
	buf_text(r->out, "</bdi></span>");
}

static void write_facts(struct render *r)
{
	buf_text(r->out, "<p class=\"facts\">");
	if (r->o->reference && *r->o->reference)
		write_fact(r, RENDER_WORD_REFERENCE, r->o->reference);
	write_fact(r, RENDER_WORD_VERSION, form_version(r->form));
	if (r->o->purpose == RENDER_BLANK)
		html_element(r->out, "span", NULL, render_word(r, RENDER_WORD_BLANK_TITLE));
	else if (r->o->purpose == RENDER_PREVIEW)
		html_element(r->out, "span", NULL, render_word(r, RENDER_WORD_PREVIEW_TITLE));
	buf_text(r->out, "</p>\n");
}

/* What whoever fills in the paper writes first. */
static void write_blank_head(struct render *r)
{
	static const enum render_word FIRST[] = { RENDER_WORD_REFERENCE, RENDER_WORD_REPRESENTATIVE, RENDER_WORD_DATE };

	buf_text(r->out, "<div class=\"part\">");
	for (size_t i = 0; i < sizeof FIRST / sizeof FIRST[0]; i++)
		if (FIRST[i] != RENDER_WORD_REFERENCE || !r->o->reference || !*r->o->reference)
			buf_printf(r->out, "<span>%s:</span><div class=\"line\" style=\"max-inline-size:none\"></div>", render_word(r, FIRST[i]));
	buf_text(r->out, "</div>\n");
	html_element(r->out, "p", "hint", render_word(r, RENDER_WORD_LEGEND));
}

/*
 * The name of the case, unless it says what this rendering does not. A title that cannot be made is left out: the number says which
 * case it is.
 */
static void write_case_title(struct render *r)
{
	struct buf title;
	int err;

	if (!render_tells(r, form_setting(r->form, "instance_name")))
		return;
	buf_init(&title, TITLE_BYTES_MAX);
	err = model_title(r->m, &title);
	if (!err && title.len) {
		buf_text(r->out, "<p class=\"facts\"><bdi>");
		html_text(r->out, buf_string(&title));
		buf_text(r->out, "</bdi></p>\n");
	}
	if (err && err != ERR_LIMIT)
		r->err = err;
	buf_fini(&title);
}

/* ---- the language of the form ---- */

/* "Arabic (ar)" or "ar": the code as BCP 47 has it; false when there is none. */
static bool read_code(const char *name, char code[static 16])
{
	const char *open = strrchr(name, '(');
	const char *from = open ? open + 1 : name;
	size_t len = strspn(from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	if (len < 2 || len > (open ? 15u : 3u) || from[len] != (open ? ')' : '\0'))
		return false;
	memcpy(code, from, len);
	code[len] = '\0';
	return true;
}

static bool is_rtl(const char *code)
{
	static const char *const RTL[] = { "ar", "ur", "fa", "ps", "ckb", "sd", "ug", "he", "dv", "yi" };
	size_t len = strcspn(code, "-");

	for (size_t i = 0; i < sizeof RTL / sizeof RTL[0]; i++)
		if (strlen(RTL[i]) == len && strncmp(code, RTL[i], len) == 0)
			return true;
	return false;
}

/*
 * All that is the form's stands in one element that has its language; where the author did not say which, its first letters say the
 * direction.
 */
static void open_main(struct render *r)
{
	char code[16];

	r->is_mixed = true;
	if (!read_code(form_language(r->form, r->o->language), code)) {
		buf_text(r->out, "<main dir=\"auto\">\n");
		return;
	}
	r->is_mixed = strcmp(code, r->o->is_arabic ? "ar" : "en") != 0;
	if (r->is_mixed)
		buf_printf(r->out, "<main lang=\"%s\" dir=\"%s\">\n", code, is_rtl(code) ? "rtl" : "ltr");
	else
		buf_text(r->out, "<main>\n");
}

int render_document(struct model *m, const struct render_options *o, struct buf *out)
{
	struct render r = { .m = m, .form = model_form(m), .o = o, .out = out, .heading = 2 };
	const char *title = form_title(r.form, o->is_arabic);

	write_head(&r, title);
	buf_text(out, "<header>");
	html_element(out, "h1", NULL, title);
	write_facts(&r);
	if (o->purpose == RENDER_BLANK)
		write_blank_head(&r);
	else
		write_case_title(&r);
	buf_text(out, "</header>\n");
	open_main(&r);
	if (o->purpose == RENDER_BLANK)
		render_blank(&r);
	else
		render_case(&r);
	buf_text(out, "</main></body></html>\n");
	return r.err ? r.err : buf_error(out);
}
