/*
 * core_text: the functions of XPath 1.0 section 4.2, about texts; the table is in function_core.c. Inside proto/form/xpath only.
 */
#ifndef PROTO_FORM_XPATH_CORE_TEXT_H
#define PROTO_FORM_XPATH_CORE_TEXT_H

#include "proto/form/xpath/function.h"

int core_text_string(struct xcall *call, struct xpath_value *out);
int core_text_concat(struct xcall *call, struct xpath_value *out);
int core_text_starts_with(struct xcall *call, struct xpath_value *out);
int core_text_contains(struct xcall *call, struct xpath_value *out);
int core_text_substring_before(struct xcall *call, struct xpath_value *out);
int core_text_substring_after(struct xcall *call, struct xpath_value *out);
int core_text_substring(struct xcall *call, struct xpath_value *out);
int core_text_string_length(struct xcall *call, struct xpath_value *out);
int core_text_normalize_space(struct xcall *call, struct xpath_value *out);
int core_text_translate(struct xcall *call, struct xpath_value *out);

#endif
