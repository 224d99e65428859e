/*
 * xlsx_kind: what a file is that somebody gave instead of an .xlsx, by its first bytes and, in an archive, by the parts it has; and
 * what to do about it, in both languages.
 *
 * The old formats of Microsoft's programs and encrypted .xlsx files are one kind of container (OLE), that names its streams in UTF-16.
 */
#include "server/author/xlsx.h"

#include <string.h>
#include <strings.h>

#include "proto/base/text.h"

#define LOOK_BYTES 4096

struct kind {
	const char *sign;     /* the first bytes, or the name of a part; NULL where a function looks closer */
	size_t len;
	const char *english;
	const char *arabic;
};

#define SAVE_IT "open it in a spreadsheet program and save it as .xlsx"
#define SAVE_IT_ARABIC "؛ افتحه في برنامج الجداول واحفظه بصيغة .xlsx."
#define COPY_IT "copy its tables into a spreadsheet and save it as .xlsx"
#define COPY_IT_ARABIC "؛ انسخ جداوله إلى برنامج الجداول واحفظه بصيغة .xlsx."
#define SIGN(text) text, sizeof(text) - 1

static const struct kind STARTS[] = {
	{ SIGN("%PDF"), "the file is a PDF, not a workbook: send the workbook it was printed from",
	  "الملف وثيقة PDF وليس مصنفًا؛ أرسل المصنف الذي طُبعت منه." },
	{ SIGN("{\\rtf"), "the file is a text document (RTF), not a workbook: " COPY_IT,
	  "الملف مستند نصي (RTF) وليس مصنفًا" COPY_IT_ARABIC },
	{ SIGN("\xff\xfe"), "the file is text in UTF-16, not .xlsx: " SAVE_IT, "الملف نص بترميز UTF-16 وليس بصيغة .xlsx" SAVE_IT_ARABIC },
	{ SIGN("\xfe\xff"), "the file is text in UTF-16, not .xlsx: " SAVE_IT, "الملف نص بترميز UTF-16 وليس بصيغة .xlsx" SAVE_IT_ARABIC },
	{ SIGN("\x89PNG"), "the file is a picture, not a workbook: send the workbook", "الملف صورة وليس مصنفًا؛ أرسل المصنف نفسه." },
	{ SIGN("\xff\xd8\xff"), "the file is a picture, not a workbook: send the workbook", "الملف صورة وليس مصنفًا؛ أرسل المصنف نفسه." },
	{ SIGN("Rar!"), "the file is a RAR archive: unpack it and send the .xlsx inside",
	  "الملف أرشيف RAR؛ فُكّه وأرسل ملف .xlsx الذي بداخله." },
	{ SIGN("7z\xbc\xaf"), "the file is a 7-Zip archive: unpack it and send the .xlsx inside",
	  "الملف أرشيف 7-Zip؛ فُكّه وأرسل ملف .xlsx الذي بداخله." },
};

static const struct kind PARTS[] = {
	{ SIGN("xl/workbook.bin"), "the file is a binary workbook (.xlsb), not .xlsx: " SAVE_IT,
	  "الملف مصنف ثنائي (.xlsb) وليس .xlsx" SAVE_IT_ARABIC },
	{ SIGN("word/document.xml"), "the file is a Word document, not a workbook: " COPY_IT,
	  "الملف مستند Word وليس مصنفًا" COPY_IT_ARABIC },
	{ SIGN("ppt/presentation.xml"), "the file is a presentation, not a workbook: send the workbook",
	  "الملف عرض تقديمي وليس مصنفًا؛ أرسل المصنف نفسه." },
	{ SIGN("Index/Document.iwa"), "the file is a Numbers document: in Numbers choose Export To, Excel, and send that .xlsx",
	  "الملف من برنامج Numbers؛ اختر فيه التصدير إلى Excel وأرسل ملف .xlsx الناتج." },
	{ SIGN("content.xml"), "the file is an OpenDocument file (.ods), not .xlsx: " SAVE_IT,
	  "الملف بصيغة OpenDocument (.ods) وليس .xlsx" SAVE_IT_ARABIC },
};

static const struct kind ARCHIVE = { NULL, 0, "the file is an archive without a workbook in it: send the .xlsx itself",
	"الملف أرشيف لا مصنف فيه؛ أرسل ملف .xlsx نفسه." };
static const struct kind EMPTY = { NULL, 0, "the file is empty: " SAVE_IT, "الملف فارغ؛ احفظ المصنف من جديد بصيغة .xlsx." };
static const struct kind LOCKED = { NULL, 0, "the file is protected with a password: remove the password and save it again as .xlsx",
	"الملف محمي بكلمة مرور؛ أزل كلمة المرور واحفظه من جديد بصيغة .xlsx." };
static const struct kind OLD = { NULL, 0, "the file is in the old Excel format (.xls), not .xlsx: " SAVE_IT,
	"الملف بصيغة Excel القديمة (.xls) وليس .xlsx" SAVE_IT_ARABIC };
static const struct kind PAGE = { NULL, 0, "the file is a web page, not .xlsx: " SAVE_IT, "الملف صفحة ويب وليس .xlsx" SAVE_IT_ARABIC };
static const struct kind OLD_XML = { NULL, 0, "the file is in the XML format of Excel 2003, not .xlsx: " SAVE_IT,
	"الملف بصيغة XML من Excel 2003 وليس .xlsx" SAVE_IT_ARABIC };
static const struct kind XML = { NULL, 0, "the file is an XML file, not .xlsx: send the workbook",
	"الملف XML وليس مصنفًا؛ أرسل المصنف نفسه." };
static const struct kind TEXT = { NULL, 0, "the file is plain text or CSV, not .xlsx: give it a name ending in .csv, or " SAVE_IT,
	"الملف نص أو CSV وليس .xlsx؛ اجعل اسمه ينتهي بـ .csv، أو افتحه في برنامج الجداول واحفظه بصيغة .xlsx." };
static const struct kind UNKNOWN = { NULL, 0, "the file is no .xlsx: " SAVE_IT, "الملف ليس بصيغة .xlsx" SAVE_IT_ARABIC };

static bool has_bytes(const void *data, size_t len, const void *wanted, size_t wanted_len)
{
	return memmem(data, len, wanted, wanted_len) != NULL;
}

static const struct kind *ole_kind(const void *data, size_t len)
{
	static const char ENCRYPTED[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

	return has_bytes(data, len, ENCRYPTED, sizeof(ENCRYPTED) - 1) ? &LOCKED : &OLD;
}

/* Whether `text` begins with `word`, whatever the case. */
static bool begins(const char *text, size_t len, const char *word)
{
	size_t word_len = strlen(word);

	return len >= word_len && strncasecmp(text, word, word_len) == 0;
}

static const struct kind *text_kind(const char *text, size_t len)
{
	static const char OLD_XML_SPACE[] = "urn:schemas-microsoft-com:office:spreadsheet";
	size_t look = len < LOOK_BYTES ? len : LOOK_BYTES;

	if (look >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		look -= 3;
	}
	while (look > 0 && strchr(" \t\r\n", *text)) {
		text++;
		look--;
	}
	if (begins(text, look, "<!doctype html") || begins(text, look, "<html") || begins(text, look, "<table"))
		return &PAGE;
	if (look > 0 && *text == '<')
		return has_bytes(text, look, OLD_XML_SPACE, sizeof(OLD_XML_SPACE) - 1) ? &OLD_XML : &XML;
	return &TEXT;
}

/* Whether the beginning is text: UTF-8 up to the last character, which may be cut, and no NUL. */
static bool is_text(const char *text, size_t len)
{
	size_t look = len < LOOK_BYTES ? len : LOOK_BYTES;
	size_t tail = look < len ? 4 : 0;

	if (memchr(text, '\0', look))
		return false;
	for (size_t cut = 0; cut <= tail && cut < look; cut++)
		if (text_is_utf8(text, look - cut))
			return true;
	return false;
}

static const struct kind *archive_kind(const struct zip *z)
{
	for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++)
		if (zip_find(z, PARTS[i].sign) >= 0)
			return &PARTS[i];
	return &ARCHIVE;
}

/* By the bytes alone; NULL for what begins as an archive. */
static const struct kind *plain_kind(const void *data, size_t len)
{
	static const char OLE[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

	if (len == 0)
		return &EMPTY;
	if (len >= 2 && memcmp(data, "PK", 2) == 0)
		return NULL;
	if (len >= sizeof(OLE) - 1 && memcmp(data, OLE, sizeof(OLE) - 1) == 0)
		return ole_kind(data, len);
	for (size_t i = 0; i < sizeof(STARTS) / sizeof(STARTS[0]); i++)
		if (len >= STARTS[i].len && memcmp(data, STARTS[i].sign, STARTS[i].len) == 0)
			return &STARTS[i];
	return is_text(data, len) ? text_kind(data, len) : &UNKNOWN;
}

int xlsx_kind_refuse(const void *data, size_t len, const struct zip *z)
{
	const struct kind *k = z ? archive_kind(z) : plain_kind(data, len);

	return k ? err_set(ERR_CORRUPT, "%s", k->english) : 0;
}

/* The sentence for an archive: it may be locked, of another kind, or a damaged workbook (NULL). */
static const char *archive_arabic(const void *data, size_t len)
{
	struct zip *z;
	const char *sentence = NULL;

	if (zip_open(data, len, 0, &z) != 0)
		return strstr(err_message(), "password") ? LOCKED.arabic : NULL;
	if (zip_find(z, "xl/workbook.xml") < 0)
		sentence = archive_kind(z)->arabic;
	zip_close(z);
	return sentence;
}

const char *xlsx_kind_arabic(int code, const void *data, size_t len)
{
	const struct kind *k = plain_kind(data, len);
	const char *sentence = k ? k->arabic : NULL;

	if (code == ERR_LIMIT)
		return "المصنف أكبر مما يُقرأ؛ احذف منه ما لا يلزم من أوراق وصفوف وأعمدة وصور ثم احفظه من جديد.";
	if (code != ERR_CORRUPT)
		return err_arabic(code);
	if (!k)
		sentence = archive_arabic(data, len);
	return sentence ? sentence : "الملف تالف؛ افتحه في برنامج الجداول واحفظه من جديد بصيغة .xlsx.";
}
