/*
 * err: see err.h. The message is thread-local so that the server's connection threads do not write over each other.
 */
#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_BYTES_MAX 512

static _Thread_local char message[MESSAGE_BYTES_MAX];

struct code_text {
	int code;
	const char *name;
	const char *arabic;
	int exit_status;
};

static const struct code_text TEXTS[] = {
	{ 0, "ok", "تم.", 0 },
	{ ERR_CORRUPT, "corrupt", "البيانات تالفة أو ليست بالصيغة المتوقعة؛ لم يُغيَّر شيء.", 1 },
	{ ERR_AUTH, "auth", "تعذّر التحقق: عبارة المرور أو المفتاح أو التوقيع غير صحيح؛ لم يُغيَّر شيء.", 1 },
	{ ERR_LIMIT, "limit", "الحجم أكبر من الحد المسموح؛ لم يُغيَّر شيء.", 1 },
	{ ERR_IO, "io", "تعذّرت القراءة من القرص أو الكتابة عليه؛ تأكد من المساحة والصلاحيات ثم أعد المحاولة.", 1 },
	{ ERR_BUSY, "busy", "المخزن مشغول ببرنامج آخر؛ أعد المحاولة بعد قليل.", 75 },
	{ ERR_OFFLINE, "offline", "لا اتصال بالمركز الآن؛ ما حُفظ باقٍ على هذا الجهاز وسيُرسل لاحقًا.", 75 },
	{ ERR_NOT_FOUND, "not_found", "غير موجود.", 1 },
	{ ERR_STALE, "stale", "لا يوافق الحال الآن: هو أقدم مما حُفظ هنا، أو يحتاج إصدارًا أحدث من البرنامج؛ لم يُغيَّر شيء.", 1 },
	{ ERR_NOMEM, "nomem", "لا تكفي الذاكرة؛ أغلق برامج أخرى ثم أعد المحاولة.", 1 },
	{ ERR_USAGE, "usage", "الأمر غير صحيح؛ راجع طريقة الاستعمال.", 2 },
	{ ERR_REFUSED, "refused", "لم يتم ذلك للأسباب المذكورة؛ لم يُغيَّر شيء.", 1 },
};

static const struct code_text *text_of(int code)
{
	for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++)
		if (TEXTS[i].code == code)
			return &TEXTS[i];
	return &TEXTS[1];
}

int err_set(int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof message, fmt, args);
	va_end(args);
	return code;
}

int err_context(int code, const char *fmt, ...)
{
	char clause[MESSAGE_BYTES_MAX];
	char whole[2 * MESSAGE_BYTES_MAX + 4];
	va_list args;

	va_start(args, fmt);
	vsnprintf(clause, sizeof clause, fmt, args);
	va_end(args);
	snprintf(whole, sizeof whole, "%s: %s", clause, message);
	memcpy(message, whole, sizeof message - 1);
	message[sizeof message - 1] = '\0';
	return code;
}

const char *err_message(void)
{
	return message;
}

const char *err_arabic(int code)
{
	return text_of(code)->arabic;
}

const char *err_name(int code)
{
	return text_of(code)->name;
}

int err_exit(int code)
{
	return text_of(code)->exit_status;
}
